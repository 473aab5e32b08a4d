/** What the integers of a chip's decays keep, where a target says so (`decodes`), and what follows from it. */

import type { Datapath } from "../datapath/datapath.ts";
import { evaluateReal, parseReal } from "../datapath/real.ts";
import { namesIn } from "../datapath/syntax.ts";
import type { Warning } from "../errors.ts";
import type { RecipeSpec } from "../target/types.ts";
import { encodingOf, roundTo, wantedValue } from "./encode.ts";
import { quantitiesAt, type PopulationQuantities } from "./quantities.ts";

/** A decay that is off by more than this share of what the network loses per timestep is told. */
const noticeable = 0.1;

/** Integers further apart than this are not looked at to tell what an LSB is worth. */
const mostApart = 2 ** 20;

/** A parameter that is a decay. */
export interface Decay {
  readonly parameter: string;
  readonly quantity: "alpha" | "beta";
  /** Share kept per timestep with an integer. */
  keeps(integer: number): number;
}

type Settings = Readonly<Record<string, number>>;

/** The parameters of which a target says what they keep. */
export function decaysOf({ spec }: Datapath, settings: Settings): Decay[] {
  return Object.entries(spec.parameters).flatMap(([parameter, { encodes, decodes }]): Decay[] => {
    if (encodes === undefined || decodes === undefined) return [];
    const expression = parseReal(decodes);
    const quantity = namesIn(parseReal(encodes)).has("alpha") ? "alpha" : "beta";
    return [
      { parameter, quantity, keeps: (integer) => evaluateReal(expression, { ...settings, [parameter]: integer }) },
    ];
  });
}

/** The share of a quantity that each neuron will keep, [neurons]; null where the target does not say. */
export function keptOf(
  quantity: "alpha" | "beta",
  datapath: Datapath,
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  settings: Settings,
): Float64Array | null {
  const decay = decaysOf(datapath, settings).find((one) => one.quantity === quantity);
  if (decay === undefined) return null;
  const spec = datapath.spec.parameters[decay.parameter]!;
  const encoding = encodingOf(decay.parameter, spec, recipe)!;
  return quantities[quantity].map((_, i) => {
    const wanted = wantedValue(encoding, quantitiesAt(quantities, i));
    const rounded = encoding.kind === "constant" ? encoding.value : roundTo(wanted, encoding.round);
    return decay.keeps(Math.max(spec.low, Math.min(spec.high, rounded)));
  });
}

/**
 * The same quantities with gains that make up for what the chip's current does with a weight: over all timesteps as much
 * reaches the membrane as in the network, however far the chip's decay is from the one that was asked for.
 */
export function withCharge(
  datapath: Datapath,
  quantities: PopulationQuantities,
  settings: Settings,
): PopulationQuantities {
  const { charge } = datapath.spec;
  const kept = keptOf("alpha", datapath, null, quantities, settings);
  if (charge === undefined || kept === null) return quantities;
  const expression = parseReal(charge);
  const gain = quantities.gain.map((own, i) => {
    const wanted = 1 / (1 - quantities.alpha[i]!);
    const got = evaluateReal(expression, { alpha: kept[i]! });
    // A current that never leaks has no end.
    return Number.isFinite(wanted) ? (own * wanted) / got : own;
  });
  return { ...quantities, gain };
}

/**
 * How far a decay is from the network's though its integer is the one asked for, in steps between decays that the chip has:
 * where it has no such decay, or drops bits of what is loaded.
 */
export function lsbsOff({ keeps }: Decay, integer: number, share: number): number {
  const off = share - keeps(integer);
  if (off === 0) return 0;
  for (let apart = 1; apart < mostApart; apart *= 2) {
    const steps = [-apart, apart].map((by) => keeps(integer + by) - keeps(integer));
    const toward = steps.find((step) => step * off > 0);
    if (toward !== undefined) return off / toward;
  }
  return 1;
}

/**
 * What to say of decays that are far from those of the network.
 *
 * @param parameters integers as loaded, [neurons] or [1]
 */
export function decayWarnings(
  population: string,
  datapath: Datapath,
  parameters: Readonly<Record<string, Int32Array>>,
  quantities: PopulationQuantities,
  settings: Settings,
): Warning[] {
  return decaysOf(datapath, settings).flatMap(({ parameter, quantity, keeps }) => {
    const wanted = quantities[quantity];
    const integers = parameters[parameter]!;
    const share = wanted.map((_, i) => keeps(integers[integers.length === 1 ? 0 : i]!));
    const off = (i: number): number => Math.abs(share[i]! - wanted[i]!) / Math.max(1 - wanted[i]!, Number.MIN_VALUE);
    const far = [...share.keys()].filter((i) => off(i) > noticeable);
    if (far.length === 0) return [];
    const worst = far.reduce((most, i) => (off(i) > off(most) ? i : most));
    const message =
      `${population}: ${parameter} keeps ${share[worst]!.toPrecision(4)} of the ` +
      `${quantity === "alpha" ? "current" : "membrane"} per timestep where the network keeps ` +
      `${wanted[worst]!.toPrecision(4)} (a time constant of ${timeOf(share[worst]!)} timesteps instead of ` +
      `${timeOf(wanted[worst]!)}); ${far.length} of ${share.length} neuron(s) are off by more than ${noticeable * 100} %.`;
    return [{ code: "COMPILE_DECAY", message, place: { node: population } }];
  });
}

/** A share that is kept as a time constant, in timesteps. */
function timeOf(kept: number): string {
  if (kept <= 0) return "0";
  return kept >= 1 ? "infinity" : (-1 / Math.log(kept)).toPrecision(3);
}
