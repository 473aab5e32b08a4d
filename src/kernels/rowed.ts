/** Rows of synapses as the program has them, onto the targets that are here, and which form holds them best. */

import type { Sum } from "../core/sums.ts";
import { blocksOf } from "../core/blocks.ts";
import { openRows } from "../core/rows.ts";
import type { BlockSynapses, DenseSynapses, SparseSynapses, Weights } from "../core/synapses.ts";
import { fit, spreadOf, type Fit, type Spread } from "./fit.ts";
import type { Targets } from "./form.ts";

/** Synapses that have one row per source. */
export type Rowed = DenseSynapses | SparseSynapses | BlockSynapses;

/** Reads one row at a time. */
export interface Rows {
  readonly sources: number;
  /** Targets that are here. */
  readonly width: number;
  /** Synapses of every row, which all count whatever their weight; null where rows list them. */
  readonly each: number | null;
  /** [width] weights of one row, 0 where there is no synapse; valid until the next call */
  whole(source: number): Weights;
  /** Weights of all synapses that are stored in one row; valid until the next call */
  stored(source: number): Weights;
  /** Tell of each synapse that must be stored, targets ascending and counted from the first that is here. */
  list(source: number, tell: (target: number, weight: number) => void): void;
}

export function readRows(synapses: Rowed, targets: Targets): Rows {
  switch (synapses.kind) {
    case "dense":
      return denseRows(synapses, targets);
    case "sparse":
      return listedRows(synapses.start.length - 1, targets, sparseLists(synapses, targets));
    case "blocks":
      return blockRows(synapses, targets);
  }
}

function denseRows({ weight }: DenseSynapses, { neurons, low, high }: Targets): Rows {
  const width = high - low;
  const whole = (source: number): Weights => weight.subarray(source * neurons + low, source * neurons + high);
  return {
    sources: neurons === 0 ? 0 : weight.length / neurons,
    width,
    each: width,
    whole,
    stored: whole,
    list(source, tell) {
      const row = whole(source);
      for (let target = 0; target < width; target++) if (row[target] !== 0) tell(target, row[target]!);
    },
  };
}

type Lists = Rows["list"];

function sparseLists({ start, target, weight }: SparseSynapses, { low, high }: Targets): Lists {
  return (source, tell) => {
    for (let i = start[source]!; i < start[source + 1]!; i++) {
      const neuron = target[i]!;
      if (neuron >= low && neuron < high) tell(neuron - low, weight[i]!);
    }
  };
}

function blockRows(synapses: BlockSynapses, targets: Targets): Rows {
  const rows = openRows(synapses, targets.neurons, targets.low, targets.high);
  const sources = (synapses.start.length - 1) / blocksOf(targets.neurons);
  return listedRows(sources, targets, (source, tell) => {
    rows.seek(source);
    for (let i = rows.begin; i < rows.end; i++) tell(rows.target[i]!, rows.weight[i]!);
  });
}

function listedRows(sources: number, { low, high }: Targets, list: Lists): Rows {
  const width = high - low;
  const row = new Int32Array(width);
  return {
    sources,
    width,
    each: null,
    whole(source) {
      row.fill(0);
      list(source, (neuron, one) => (row[neuron]! += one));
      return row;
    },
    stored(source) {
      let count = 0;
      list(source, (_, one) => (row[count++] = one));
      return row.subarray(0, count);
    },
    list,
  };
}

/** What decides about the form. */
export interface Census {
  /** Of all weights, with the 0 of synapses that do not exist. */
  readonly spread: Spread;
  /** Synapses that lists would hold. */
  readonly entries: number;
}

export function census(rows: Rows): Census {
  const { sources, width, each } = rows;
  let spread: Spread | null = null;
  let entries = 0;
  const tell = (): void => {
    entries++;
  };
  for (let source = 0; source < sources; source++) {
    spread = spreadOf(rows.stored(source), spread);
    rows.list(source, tell);
  }
  if (each === null && entries < sources * width) spread = spreadOf(Int8Array.of(0), spread);
  return { spread: spread ?? { low: 0, high: 0, step: 0 }, entries };
}

/** Widths of weights that whole rows can have. Payloads multiply weights one by one, so bytes are the narrowest there. */
export function fitRows({ spread }: Census, sum: Sum): Fit {
  return fit(spread, sum === "weight" ? [1, 4, 8, 16, 32] : [8, 16, 32]);
}

/** Share of synapses that exist from which on whole rows are faster than lists of targets, by bits of a weight. */
const crossover: Readonly<Record<Sum, Readonly<Record<Fit["bits"], number>>>> = {
  weight: { 1: 0.015, 4: 0.05, 8: 0.05, 16: 0.1, 32: 0.3 },
  "weight * payload": { 1: 0.1, 4: 0.1, 8: 0.1, 16: 0.1, 32: 0.3 },
};
/** Bytes of whole rows beyond which lists are taken if they are shorter. */
export const mostWhole: number = 2 ** 30;

/** Whether lists of targets are the better form. */
export function listsAreBetter(rows: Rows, found: Census, sum: Sum): boolean {
  const { bits } = fitRows(found, sum);
  const pairs = rows.sources * rows.width;
  const [whole, listed] = [(pairs * bits) / 8, found.entries * (2 + Math.max(1, bits / 8))];
  return found.entries < pairs * crossover[sum][bits] || (whole > mostWhole && listed < whole);
}
