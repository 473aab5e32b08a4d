/** In which parts of a network the neurons of each source have synapses. */

import { openRows } from "../core/rows.ts";
import { sizeOf } from "../network/types.ts";
import type { Mapped, MappedProjection } from "./types.ts";

/** Told of a neuron and the parts that it reaches: the first `count` of `parts`, in no order; overwritten afterwards. */
export type VisitReach = (neuron: number, parts: Int32Array, count: number) => void;

/**
 * Go through all neurons of a source, in order.
 *
 * @param partOf by population: the part of each neuron, [neurons]; -1: none
 * @param parts how many there are
 * @param stored synapses with a weight of 0 count too
 */
export function eachReach(
  { populations, projections }: Pick<Mapped, "populations" | "projections">,
  { name, neurons }: { readonly name: string; readonly neurons: number },
  partOf: ReadonlyMap<string, Int32Array>,
  parts: number,
  stored: boolean,
  visit: VisitReach,
): void {
  const ways = projections
    .filter(({ from }) => from === name)
    .map((way) => openWay(way, populations.find((one) => one.name === way.to)!.neurons, partOf.get(way.to)!, stored));
  if (ways.length === 0) return;
  const seen = new Int32Array(parts).fill(-1);
  const found = new Int32Array(parts);
  for (let neuron = 0; neuron < neurons; neuron++) {
    let count = 0;
    for (const way of ways) {
      way(neuron, (part) => {
        if (part < 0 || seen[part] === neuron) return;
        seen[part] = neuron;
        found[count++] = part;
      });
    }
    visit(neuron, found, count);
  }
}

/** Tells of every part that one source reaches by a projection, some of them several times. */
function openWay(
  { synapses }: MappedProjection,
  neurons: number,
  part: Int32Array,
  stored: boolean,
): (source: number, tell: (part: number) => void) => void {
  const rows = openRows(synapses, neurons, 0, neurons);
  if (rows.dense && stored) {
    const all = [...new Set(part)];
    return (_, tell) => all.forEach((one) => tell(one));
  }
  return (source, tell) => {
    rows.seek(source);
    for (let i = rows.begin; i < rows.end; i++) {
      if (stored || rows.weight[i] !== 0) tell(part[rows.dense ? i - rows.begin : rows.target[i]!]!);
    }
  };
}

/** Inputs and populations, as sources of events. */
export function sourcesIn({ inputs, populations }: Pick<Mapped, "inputs" | "populations">): readonly {
  readonly name: string;
  readonly neurons: number;
}[] {
  return [...inputs.map(({ name, shape }) => ({ name, neurons: sizeOf(shape) })), ...populations];
}
