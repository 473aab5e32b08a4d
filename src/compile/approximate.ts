/** What can stand in for what a chip's neurons lack, where the user says that it may. */

import type { Warning } from "../errors.ts";
import type { Need } from "./needs.ts";
import type { PopulationQuantities } from "./quantities.ts";

/** What may be approximated, by the names that users give. */
export const approximations = ["current", "leak", "bias", "lower-bound", "reset", "delays"] as const;
export type Approximation = (typeof approximations)[number];

/** A need that something can stand in for. */
export type Replaceable = Exclude<Need, "threshold">;

/** How one thing that is missing is approximated. */
interface StandIn {
  readonly name: Approximation;
  /** What the chip does, for a warning. */
  readonly does: string;
  readonly changes: (exact: PopulationQuantities) => Partial<PopulationQuantities>;
}

const standIns: Readonly<Record<Replaceable, StandIn>> = {
  alpha: {
    name: "current",
    does: "has no synaptic current: all that an event would bring over time acts at once",
    changes: ({ alpha, gain, initialCurrent }) => ({
      alpha: alpha.map(() => 0),
      gain: gain.map((value, i) => value * charge(alpha[i]!)),
      initialCurrent: initialCurrent.map(() => 0),
    }),
  },
  beta: {
    name: "leak",
    does: "has no leak by a factor: membranes keep all that they gathered",
    changes: ({ beta }) => ({ beta: beta.map(() => 1) }),
  },
  bias: {
    name: "bias",
    does: "has no bias: it is left out",
    changes: ({ bias }) => ({ bias: bias.map(() => 0) }),
  },
  lower_bound: {
    name: "lower-bound",
    does: "has no lower bound of the membrane: it falls as far as its register reaches",
    changes: ({ lowerBound }) => ({ lowerBound: lowerBound.map(() => -Infinity) }),
  },
  subtract: { name: "reset", does: "resets to zero, where the network subtracts", changes: () => ({ subtract: 0 }) },
  zero: {
    name: "reset",
    does: "subtracts the threshold, where the network resets to zero",
    changes: () => ({ subtract: 1 }),
  },
};

/** What an event brings over all timesteps, as a multiple of what it brings in the first; a current that never decays stays one. */
function charge(alpha: number): number {
  return alpha < 1 ? 1 / (1 - alpha) : 1;
}

/** The name that allows a chip to do without; null for what nothing can stand in for. */
export function approximationOf(need: Need): Approximation | null {
  return need === "threshold" ? null : standIns[need].name;
}

/** Whether the user allows it. */
export function mayApproximate(need: Need, allowed: readonly Approximation[]): need is Replaceable {
  const name = approximationOf(need);
  return name !== null && allowed.includes(name);
}

/** The quantities of neurons that do without. */
export function approximated(exact: PopulationQuantities, needs: readonly Replaceable[]): PopulationQuantities {
  return needs.reduce((own, need) => ({ ...own, ...standIns[need].changes(own) }), exact);
}

/** Says what the chip does otherwise than the network. */
export function approximationWarning(population: string, need: Replaceable): Warning {
  const message = `${population}: approximated as asked for: the chip ${standIns[need].does}.`;
  return { code: "COMPILE_APPROXIMATED", message, place: { node: population } };
}
