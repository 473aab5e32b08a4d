/** What would help a network that does not fit: changes that are tried by dividing it anew. */

import type { Target } from "../target/types.ts";

/**
 * Smaller weights, and fewer of them, with which the network would find room, each of them tried.
 *
 * @param divide cores that the network takes on a chip; null: more than there are, or more than one has for a neuron
 */
export function adviceFor(target: Target, divide: (target: Target) => number | null): string[] {
  const { bits } = target.weights;
  const memory = target.core.synapseMemory;
  // Weights are not to blame where there is room enough for them.
  if (memory === undefined || divide(target) !== null) return [];
  const taking = (share: number): number | null => {
    const larger = { ...memory, value: memory.value / share };
    return divide({ ...target, core: { ...target.core, synapseMemory: larger } });
  };
  const fewer = largest(1, bits - 1, (wanted) => taking(wanted / bits));
  const kept = largest(1, 99, (percent) => taking(percent / 100));
  return [
    ...(fewer === null
      ? []
      : [`With weights of ${fewer.value} bits instead of ${bits} it would take ${coresText(fewer.cores)}.`]),
    ...(kept === null
      ? []
      : [
          `With ${100 - kept.value} % fewer synapses onto every neuron it would take ${coresText(kept.cores)}; a weight of 0 in a dense layer is stored as any other.`,
        ]),
  ];
}

function coresText(cores: number): string {
  return `${cores} core${cores === 1 ? "" : "s"}`;
}

/** The largest whole number of a range that does, where smaller ones do too, and what comes of it; null: none. */
function largest(
  low: number,
  high: number,
  divide: (value: number) => number | null,
): { readonly value: number; readonly cores: number } | null {
  let found: { value: number; cores: number } | null = null;
  let [least, most] = [low, high];
  while (least <= most) {
    const value = Math.floor((least + most + 1) / 2);
    const cores = divide(value);
    if (cores === null) most = value - 1;
    else [found, least] = [{ value, cores }, value + 1];
  }
  return found;
}
