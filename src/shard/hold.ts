/** Large lists of synapses in memories that all workers read, instead of a copy in the memory of each. */

import type { Program, Synapses } from "../compile/program.ts";
import { isMemory } from "../core/synapses.ts";
import { synapsesByRow } from "../kernels/by-row.ts";

/** Bytes of a list from which a copy for each worker matters more than that kernels read a copy a little faster. */
const leastBytes = 2 ** 26;
/** Share of all pairs from which on kernels rather store whole rows. */
const mostListed = 0.05;

/** The same program, its large lists in memories of their own. @param least bytes of a list */
export function holdLarge(program: Program, least: number = leastBytes): Program {
  const sizes = new Map([...program.populations].map(({ name, neurons }) => [name, neurons]));
  const projections = program.projections.map((projection) => {
    return { ...projection, synapses: held(projection.synapses, sizes.get(projection.to)!, least) };
  });
  return { ...program, projections };
}

function held(synapses: Synapses, targets: number, least: number): Synapses {
  if (synapses.kind !== "sparse" || isMemory(synapses.memory)) return synapses;
  const { start, target, weight } = synapses;
  const sources = start.length - 1;
  const bytes = weight.length * (weight.BYTES_PER_ELEMENT + target.BYTES_PER_ELEMENT);
  if (bytes < least || weight.length > mostListed * sources * targets || !ascending(start, target)) return synapses;
  const bits = (8 * weight.BYTES_PER_ELEMENT) as 8 | 16 | 32;
  return synapsesByRow({ sources, targets, bits }, (source, add) => {
    for (let i = start[source]!; i < start[source + 1]!; i++) add(target[i]!, weight[i]!);
  });
}

/** Whether no row has a target twice. */
function ascending(start: Uint32Array, target: Uint32Array): boolean {
  for (let source = 0; source + 1 < start.length; source++) {
    for (let i = start[source]! + 1; i < start[source + 1]!; i++) if (target[i]! <= target[i - 1]!) return false;
  }
  return true;
}
