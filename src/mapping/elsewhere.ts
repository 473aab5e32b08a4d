/** Whether other chips have room for what was compiled for one. */

import type { Target } from "../target/types.ts";
import { placeOnCores } from "./place.ts";
import type { Fit, Mapped } from "./types.ts";

/** Programs with more stored weights are not tried elsewhere. */
const mostWeights = 10_000_000;

/** A chip with room for a network, and what the network takes of it. */
export interface Elsewhere extends Pick<Fit, "cores" | "coresAvailable" | "chips"> {
  readonly target: string;
}

/**
 * Chips on whose cores the same neurons and synapses find room, with weights as wide as each chip stores them. Whether its
 * equations can run the network is not looked at. Chips with addresses or types of axons are left out, since what they take
 * depends on the weights that they would be given; so are settings that neurons of a core share, whose values would be others.
 */
export function roomElsewhere(mapped: Mapped, targets: Iterable<Target>): Elsewhere[] {
  const stored = mapped.projections.reduce((sum, { synapses }) => sum + synapses.weight.length, 0);
  if (stored > mostWeights) return [];
  return [...targets].flatMap((target) => {
    if (target.events !== null || target.weights.axonTypes !== undefined) return [];
    const roomy = { ...target, noc: undefined, core: { ...target.core, constants: undefined } };
    const { fits, cores, coresAvailable, chips } = placeOnCores(roomy, mapped);
    return fits ? [{ target: target.name, cores, coresAvailable, chips }] : [];
  });
}
