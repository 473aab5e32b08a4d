/** Nodes that run step by step: neurons, delays, and stateless nodes on a loop. */

import * as tf from "@tensorflow/tfjs-core";
import type { DiscreteNode, StepDelayNode } from "../network/types.ts";
import { layerOf, type Layer } from "./layers.ts";
import { populationCell } from "./neurons.ts";
import { total, type Tensors } from "./tensors.ts";

/** Values of a node after one timestep by name, [batch][size] each. What is remembered is among them. */
export type Registers = ReadonlyMap<string, tf.Tensor2D>;

/** One node of a running batch. */
export interface Cell {
  /** Name of the register that leaves the node. */
  readonly output: string;
  /** Whether there is a register `fired` to be recorded as spikes. */
  readonly fires: boolean;
  /** Registers before the first timestep. */
  start(): Registers;
  /**
   * One timestep, given the registers of the previous one and at least one input [batch][size]. Inputs are added up; what
   * comes around a loop stands behind what comes from outside, so that it can be added last.
   */
  step(before: Registers, inputs: readonly tf.Tensor2D[]): Registers;
}

/** How the cells of a run are made. */
export interface CellOptions {
  readonly batch: number;
  /** Timesteps of the run. */
  readonly steps: number;
  /** Owner of what the cell needs beside its registers. */
  readonly tensors: Tensors;
  /** Registers to give beside those that are remembered. */
  readonly probed: ReadonlySet<string>;
}

export type CellMaker = (options: CellOptions) => Cell;

/** Prepare a node; its parameters belong to `tensors`. */
export function cellMaker(node: DiscreteNode, tensors: Tensors): CellMaker {
  if (node.kind === "stepDelay") return (options) => delayCell(node, options);
  if (node.kind === "population") return (options) => populationCell(node, options);
  const layer = layerOf(node, tensors);
  return () => statelessCell(layer);
}

function statelessCell(layer: Layer): Cell {
  const step: Cell["step"] = (_, inputs) => new Map([["output", layer(total(inputs)!)]]);
  return { output: "output", fires: false, start: () => new Map(), step };
}

/** The inputs of the last steps lie in a ring in plain memory, since every element may have a delay of its own. */
function delayCell(node: StepDelayNode, { batch, steps }: CellOptions): Cell {
  const size = node.steps.length;
  // Nothing comes out of a delay as long as the run.
  const delays = node.steps.map((delay) => Math.min(delay, steps));
  const slots = longestDelay(node, steps) + 1;
  const ring = new Float32Array(slots * batch * size);
  let now = 0;
  return {
    output: "output",
    fires: false,
    start: () => new Map(),
    step(_, inputs) {
      ring.set(total(inputs)!.dataSync(), now * batch * size);
      const output = new Float32Array(batch * size);
      for (let i = 0; i < output.length; i++) {
        const slot = (now + slots - delays[i % size]!) % slots;
        output[i] = ring[slot * batch * size + i]!;
      }
      now = (now + 1) % slots;
      return new Map([["output", tf.tensor2d(output, [batch, size])]]);
    },
  };
}

/** Timesteps that a delay node must remember in a run. */
export function longestDelay(node: StepDelayNode, steps: number): number {
  return node.steps.reduce((longest, delay) => Math.max(longest, Math.min(delay, steps)), 0);
}
