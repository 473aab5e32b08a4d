/** The values of some registers over the steps of a window. */

import * as tf from "@tensorflow/tfjs-core";
import type { Registers } from "./cells.ts";
import { lookup } from "./lookup.ts";

/** Collects the wanted registers of one cell, step by step. It owns no tensors; it says which may be freed. */
export class History {
  private readonly steps: ReadonlyMap<string, tf.Tensor2D[]>;
  private readonly recorded = new Set<tf.Tensor>();

  constructor(wanted: ReadonlySet<string>) {
    this.steps = new Map([...wanted].map((name) => [name, []]));
  }

  /** The registers after one more step. */
  add(registers: Registers): void {
    for (const [name, steps] of this.steps) {
      const values = lookup(registers, name);
      steps.push(values);
      this.recorded.add(values);
    }
  }

  names(): Iterable<string> {
    return this.steps.keys();
  }

  /** One register at all steps so far, [steps * batch][size]. */
  joined(name: string): tf.Tensor2D {
    return tf.concat(lookup(this.steps, name), 0);
  }

  /** Those of some earlier registers that nobody needs any more. */
  unrecorded(registers: Registers): readonly tf.Tensor[] {
    return [...registers.values()].filter((values) => !this.recorded.has(values));
  }

  /** All that was collected, except what is among the registers still in use. */
  superseded(inUse: Registers): readonly tf.Tensor[] {
    const kept = new Set<tf.Tensor>(inUse.values());
    return [...this.recorded].filter((values) => !kept.has(values));
  }
}
