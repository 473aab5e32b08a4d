/**
 * How far events reach: blocks of neurons from the first target of any to the last. Where synapses are local, as in columns
 * or in a sheet of neurons, a timestep with few events is few neurons' work.
 */

import type { EventList } from "../core/events.ts";
import type { Synapses } from "../core/synapses.ts";
import type { Values } from "../datapath/prepare.ts";
import { fold } from "../datapath/fold.ts";
import type { Block } from "../datapath/syntax.ts";
import type { Targets } from "./form.ts";

/** Neurons `first` to `end` (excluded), counted from the first that is here. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** Finds the neurons that some events can reach. */
export interface Reach extends Span {
  /** Set `first` and `end`, both multiples of a block unless `end` is the last neuron's. */
  find(events: EventList): void;
}

/** A multiple of the neurons that rest together. */
const block = 512;
/** With fewer neurons it takes longer to find out than it can save. */
const fewest = 8 * block;
/** Blocks are numbered by 16 bits. */
const mostBlocks = 65_536;

/** @returns null where synapses are no lists of targets, or lead far away from each other */
export function openReach(synapses: Synapses, targets: Targets): Reach | null {
  const size = targets.high - targets.low;
  const blocks = Math.ceil(size / block);
  if (synapses.kind !== "sparse" || size < fewest || blocks > mostBlocks) return null;
  const spans = spansOf(synapses, targets);
  let covered = 0;
  for (let i = 0; i < spans.length; i += 2) covered += Math.max(0, spans[i + 1]! - spans[i]! + 1);
  return covered > (blocks * spans.length) / 2 / 4 ? null : new Spans(spans, size);
}

/** [sources][2] first and last block; of a source without targets here the last is before the first. */
function spansOf({ start, target }: Synapses & { readonly kind: "sparse" }, { low, high }: Targets): Uint16Array {
  const sources = start.length - 1;
  const spans = new Uint16Array(2 * sources);
  for (let source = 0; source < sources; source++) {
    // Targets are ascending.
    let from = start[source]!;
    let to = start[source + 1]! - 1;
    while (from <= to && target[from]! < low) from++;
    while (from <= to && target[to]! >= high) to--;
    spans[2 * source] = from > to ? 1 : (target[from]! - low) / block;
    spans[2 * source + 1] = from > to ? 0 : (target[to]! - low) / block;
  }
  return spans;
}

class Spans implements Reach {
  first = 0;
  end = 0;
  readonly #spans: Uint16Array;
  readonly #size: number;

  constructor(spans: Uint16Array, size: number) {
    this.#spans = spans;
    this.#size = size;
  }

  find({ neuron, begin, count }: EventList): void {
    const spans = this.#spans;
    let first = mostBlocks;
    let last = -1;
    for (let i = begin; i < begin + count; i++) {
      const at = 2 * neuron[i]!;
      const own = spans[at]!;
      const end = spans[at + 1]!;
      if (end < own) continue;
      if (own < first) first = own;
      if (end > last) last = end;
    }
    this.first = last < 0 ? 0 : first * block;
    this.end = Math.min(this.#size, (last + 1) * block);
  }
}

/** Whether `on total` leaves everything as it is where the total is 0: every line adds nothing. */
export function keepsAtZero(onTotal: Block, constants: ReadonlyMap<string, Values>): boolean {
  const known = new Map([["total", 0]]);
  for (const [name, value] of constants) if (typeof value === "number") known.set(name, value);
  return onTotal.every(({ name, value }) => {
    if (value.kind !== "binary" || value.operator !== "+") return false;
    if (value.left.kind !== "name" || value.left.name !== name) return false;
    const added = fold(value.right, known);
    return added.kind === "number" && added.value === 0;
  });
}
