/**
 * The scale of a population: how many membrane LSBs make one float unit. Larger is finer; too large and a register
 * overflows. Chosen from the weights so that worst-case input cannot overflow, then moved down a little so that the
 * largest weight uses the whole width of its mantissa.
 */

import type { Datapath } from "../datapath/datapath.ts";
import { evaluateReal, parseReal } from "../datapath/real.ts";
import type { RecipeSpec } from "../target/types.ts";
import { encodingOf, mentions, wantedValue } from "./encode.ts";
import { forEachSynapse, type FloatSynapses } from "./linear.ts";
import { quantitiesAt, type PopulationQuantities } from "./quantities.ts";
import type { ProjectionConstants, WeightFormat } from "./weights.ts";

/** One projection while its integers are being chosen; weights already multiplied with the target's gain. */
export interface Candidate {
  readonly name: string;
  readonly synapses: FloatSynapses;
  /** Largest |float value| that one source sends in a step. */
  readonly reach: number;
  /** Payload units per float unit; 1 for plain spikes. */
  readonly payloadScale: number;
  /** Projection constants without the exponent. */
  readonly constants: ProjectionConstants;
  /** Name of the exponent and the values it may take; null where the chip has none. */
  readonly exponent: { readonly name: string; readonly values: readonly number[] } | null;
  readonly largest: number;
  readonly smallest: number;
}

export interface ScaleChoice {
  readonly scale: number;
  /** By projection. */
  readonly exponents: ReadonlyMap<string, number>;
  /** False: the input of one step is proved to keep within the registers, but not a long row of such steps. */
  readonly proved: boolean;
}

/** Thresholds of fewer LSBs than this are too coarse to be worth a proof against long-term saturation. */
const finestThreshold = 256;
/** So much of the mantissa has to be in use before the proof is worth more than finer weights. */
const fullWidth = 0.9;
/** A program carries 32-bit integers. */
const largestLoaded = 2 ** 31 - 1;
/** A leak slower than this gathers, for the bound, no more than this many worst steps. */
const longestGathering = 64;

/** Choose scale and exponents for the projections into one population. */
export function chooseScale(
  datapath: Datapath,
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  candidates: readonly Candidate[],
  format: WeightFormat,
): ScaleChoice {
  if (recipe?.scale !== undefined) {
    const fixed = recipe.scale;
    return { scale: fixed, exponents: fittingExponents(candidates, fixed, recipe, format), proved: false };
  }
  const bounds = worstInput(candidates, quantities);
  const loaded = Math.min(parameterLimit(datapath, recipe, quantities), initialLimit(datapath, quantities));
  const hard = Math.min(loaded, registerLimit(datapath, bounds));
  const soft = Math.min(hard, settledLimit(datapath, bounds));
  const safe = best(candidates, weightLimit(candidates, format, soft), format);
  const steps = safe * smallestFinite(quantities.threshold) * thresholdFactor(datapath, recipe);
  const fine = steps >= finestThreshold && worstUse(candidates, safe, format) >= fullWidth;
  const proved = fine || soft === hard;
  const scale = proved ? safe : best(candidates, weightLimit(candidates, format, hard), format);
  return { scale, exponents: fittingExponents(candidates, scale, recipe, format), proved };
}

interface Bounds {
  /** Largest |current| over any number of steps, float units. */
  readonly current: number;
  /** Largest |drive| of the membrane in one step. */
  readonly drive: number;
  /** How far below zero a membrane can be driven by the worst input for ever. */
  readonly lowest: number;
}

function worstInput(candidates: readonly Candidate[], quantities: PopulationQuantities): Bounds {
  const { alpha, beta, bias, initialCurrent, initialMembrane } = quantities;
  const up = new Float64Array(beta.length);
  const down = new Float64Array(beta.length);
  for (const { synapses, reach } of candidates) {
    forEachSynapse(synapses, (_, target, weight) => {
      if (weight > 0) up[target]! += weight * reach;
      else down[target]! -= weight * reach;
    });
  }
  let [current, drive, lowest] = [0, 0, 0];
  for (let i = 0; i < beta.length; i++) {
    const gathers = gathering(alpha[i]!);
    const most = Math.max(up[i]!, down[i]!) * gathers + Math.abs(initialCurrent[i]!);
    current = Math.max(current, most);
    drive = Math.max(drive, most + Math.abs(bias[i]!) + Math.abs(initialMembrane[i]!));
    lowest = Math.max(lowest, (down[i]! * gathers + Math.max(0, -bias[i]!)) * gathering(beta[i]!));
  }
  return { current, drive, lowest };
}

/** 1 + kept + kept^2 + ..: how many worst steps a leaky sum gathers. */
function gathering(kept: number): number {
  return kept >= 1 ? longestGathering : Math.min(longestGathering, 1 / (1 - kept));
}

function smallestFinite(values: Float64Array): number {
  return values.reduce((least, value) => (value > 0 && value < least ? value : least), Infinity);
}

function thresholdFactor(datapath: Datapath, recipe: RecipeSpec | null): number {
  const spec = datapath.spec.parameters["threshold"];
  const encoding = spec === undefined ? null : encodingOf("threshold", spec, recipe);
  return encoding === null ? 1 : wantedValue(encoding, { threshold: 1, scale: 1 });
}

/** The scale beyond which some neuron's threshold or bias no longer fits, even with the largest exponents. */
function parameterLimit(datapath: Datapath, recipe: RecipeSpec | null, quantities: PopulationQuantities): number {
  const specs = Object.entries(datapath.spec.parameters);
  const exponents = Object.fromEntries(
    specs
      .filter(([, spec]) => spec.chosen === "exponent")
      .map(([name, spec]) => [name, (spec.documented ?? spec).high]),
  );
  let limit = Infinity;
  for (const [name, spec] of specs) {
    const encoding = encodingOf(name, spec, recipe);
    if (encoding === null || !mentions(encoding, "scale")) continue;
    const { low, high } = spec.documented ?? spec;
    for (let i = 0; i < quantities.beta.length; i++) {
      const wanted = wantedValue(encoding, { ...quantitiesAt(quantities, i), ...exponents, scale: 1 });
      if (!Number.isFinite(wanted) || wanted === 0) continue;
      const own = (wanted > 0 ? high : low) / wanted;
      if (own > 0) limit = Math.min(limit, own);
    }
  }
  return limit;
}

/** The scale beyond which what a register starts with no longer fits what can be loaded. */
function initialLimit(datapath: Datapath, { initialCurrent, initialMembrane }: PopulationQuantities): number {
  const limit = (name: string, values: Float64Array): number => {
    const found = register(datapath, name);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return found === null || largest === 0 ? Infinity : Math.min(found.reach, largestLoaded) / (largest * found.factor);
  };
  return Math.min(limit("current", initialCurrent), limit("membrane", initialMembrane));
}

/** Register LSBs per float unit and LSB of scale, and how far the register reaches from 0 on both sides. */
function register(datapath: Datapath, name: string): { factor: number; reach: number } | null {
  const spec = datapath.spec.state[name];
  if (spec?.encodes === undefined) return null;
  return {
    factor: evaluateReal(parseReal(spec.encodes), { [name]: 1, scale: 1 }),
    reach: Math.min(spec.high, -spec.low),
  };
}

function registerLimit(datapath: Datapath, { current, drive }: Bounds): number {
  const limit = (name: string, value: number): number => {
    const found = register(datapath, name);
    return found === null || value === 0 ? Infinity : found.reach / (value * found.factor);
  };
  return Math.min(limit("current", current), limit("membrane", drive));
}

function settledLimit(datapath: Datapath, { lowest }: Bounds): number {
  const membrane = register(datapath, "membrane");
  return membrane === null || lowest === 0 ? Infinity : membrane.reach / (lowest * membrane.factor);
}

/** The scale beyond which some weight no longer fits, whatever its exponent. */
function weightLimit(candidates: readonly Candidate[], format: WeightFormat, most: number): number {
  return candidates.reduce(
    (limit, one) => Math.min(limit, Math.max(...settings(one).map((s) => filling(one, s, format)))),
    most,
  );
}

/** The projection's constants with each exponent it may have. */
function settings({ constants, exponent }: Candidate): readonly ProjectionConstants[] {
  if (exponent === null) return [constants];
  return exponent.values.map((value) => ({ ...constants, [exponent.name]: value }));
}

/** The scale at which the largest weight just fills its width; Infinity without weights. */
function filling(one: Candidate, constants: ProjectionConstants, format: WeightFormat): number {
  const { low, high } = format.limits(constants);
  const factor = format.factor(1, constants) / one.payloadScale;
  const up = one.largest > 0 ? high / (one.largest * factor) : Infinity;
  const down = one.smallest < 0 ? low / (one.smallest * factor) : Infinity;
  return Math.min(up, down);
}

/** Among the scales at which some projection fills its width: the one that leaves the coarsest projection finest. */
function best(candidates: readonly Candidate[], most: number, format: WeightFormat): number {
  const options = candidates
    .flatMap((one) => settings(one).map((constants) => filling(one, constants, format)))
    .filter((scale) => scale > 0 && scale <= most);
  if (!Number.isFinite(most) && options.length === 0) return 1;
  if (Number.isFinite(most)) options.push(most);
  const rated = options.map((scale) => ({ scale, use: worstUse(candidates, scale, format) }));
  return rated.reduce((a, b) => (b.use > a.use * 1.0001 || (b.use > a.use * 0.9999 && b.scale > a.scale) ? b : a))
    .scale;
}

/** Share of its best resolution that the least lucky projection has, each with the exponent that serves it best. */
function worstUse(candidates: readonly Candidate[], scale: number, format: WeightFormat): number {
  const weighty = candidates.filter(({ largest, smallest }) => largest > 0 || smallest < 0);
  const shares = weighty.map((one) => {
    const own = settings(one);
    const got = Math.max(...own.map((constants) => resolution(one, constants, scale, format)));
    return got / Math.max(...own.map((constants) => widest(constants, format)));
  });
  return Math.min(1, ...shares);
}

/** Steps between 0 and the largest weight that can be stored. */
function widest(constants: ProjectionConstants, format: WeightFormat): number {
  const { low, high } = format.limits(constants);
  return Math.max(high, -low) / format.step(constants);
}

/** Steps between 0 and the largest weight there is; 0 where it does not fit. */
function resolution(one: Candidate, constants: ProjectionConstants, scale: number, format: WeightFormat): number {
  const full = filling(one, constants, format);
  return full < scale * (1 - 1e-12) ? 0 : (scale / full) * widest(constants, format);
}

/** The exponent that gives the weights most steps, the smaller of two equals; the largest where none fits. */
function fittingExponents(
  candidates: readonly Candidate[],
  scale: number,
  recipe: RecipeSpec | null,
  format: WeightFormat,
): ReadonlyMap<string, number> {
  const exponents = new Map<string, number>();
  for (const one of candidates) {
    if (one.exponent === null) continue;
    const { name, values } = one.exponent;
    const fixed = recipe?.parameters[name];
    const rated = values.map((value) => resolution(one, { ...one.constants, [name]: value }, scale, format));
    const finest = Math.max(...rated);
    const chosen = finest > 0 ? values[rated.findIndex((own) => own > finest * 0.9999)]! : values.at(-1)!;
    exponents.set(one.name, typeof fixed === "number" ? fixed : chosen);
  }
  return exponents;
}
