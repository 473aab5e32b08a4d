/**
 * The scale of a population: how many membrane LSBs make one float unit. Larger is finer; too large and a register
 * overflows. Chosen from the weights so that worst-case input cannot overflow, then moved down a little so that the
 * largest weight uses the whole width of its mantissa.
 */

import type { Datapath } from "../datapath/datapath.ts";
import { evaluateReal, parseReal } from "../datapath/real.ts";
import type { RecipeSpec } from "../target/types.ts";
import { slicedSteps, worstCase, worstStep, type Bounds, type Slack, type WorstStep } from "./bounds.ts";
import { encodingOf, mentions, roundTo, wantedValue } from "./encode.ts";
import { exactScale } from "./exact.ts";
import { broughtBy, inputReach } from "./input-range.ts";
import { keptOf } from "./kept.ts";
import type { FloatSynapses } from "./linear.ts";
import { quantitiesAt, slicedTo, type PopulationQuantities } from "./quantities.ts";
import type { ProjectionConstants, WeightFormat } from "./weights.ts";

/** One projection while its integers are being chosen; weights already multiplied with the target's gain. */
export interface Candidate {
  readonly name: string;
  readonly synapses: FloatSynapses;
  /** Largest |float value| that one source sends in a step. */
  readonly reach: number;
  /** A source may send negative values. */
  readonly bothSigns: boolean;
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
  /** Membrane LSBs per float unit, [neurons] or [1]. */
  readonly scales: Float64Array;
  /** By projection. */
  readonly exponents: ReadonlyMap<string, number>;
  /** False: a long row of worst steps may drive a register out of its range. */
  readonly proved: boolean;
  /** What the scale leaves room for: any single step, or a long row of them. */
  readonly limit: "hard" | "soft";
}

/** Thresholds of fewer LSBs than this are too coarse to be worth a proof against long-term saturation. */
const finestThreshold = 256;
/** So much of the mantissa has to be in use before the proof is worth more than finer weights. */
const fullWidth = 0.9;
/** A program carries 32-bit integers. */
const largestLoaded = 2 ** 31 - 1;
/** A leak slower than this gathers, for the choice, no more than this many worst steps. */
const longestGathering = 64;
/** Room for rounding takes a few per cent at most. */
const mostRounds = 50;
/** A bias of 12 bits beside its sign is off by less than this share. */
const biasRounding = 2 ** -11;

/** The exponents that fit a scale which a recipe fixes. */
export function fixedScale(scale: number, candidates: readonly Candidate[], format: WeightFormat): ScaleChoice {
  const exponents = fittingExponents(candidates, scale, format);
  return { scales: Float64Array.of(scale), exponents, proved: false, limit: "hard" };
}

/** Choose scale and exponents for the projections into one population, so that weights fill their width. */
export function chooseScale(chooser: Chooser): ScaleChoice {
  const { datapath, recipe, quantities, candidates, format } = chooser;
  const { hard, soft } = chooser.limits(noSlack(quantities), longestGathering);
  const safe = chooser.roomy(best(candidates, weightLimit(candidates, format, soft), format), "soft");
  const steps = safe * smallestFinite(quantities.threshold) * thresholdFactor(datapath, recipe);
  const fine = steps >= finestThreshold && worstUse(candidates, safe, format) >= fullWidth;
  const finest = (): number => best(candidates, weightLimit(candidates, format, hard), format);
  const limit = fine || soft === hard ? "soft" : "hard";
  const scale = limit === "soft" ? safe : chooser.roomy(finest(), "hard");
  const exponents = fittingExponents(candidates, scale, format);
  return { scales: Float64Array.of(scale), exponents, proved: chooser.proves(scale), limit };
}

/** The same with a scale at which nothing is lost, where there is one that leaves as much room. */
export function withExactScale(chooser: Chooser, choice: ScaleChoice): ScaleChoice {
  const { candidates, format } = chooser;
  const weights = candidates.map(({ synapses }) => synapses.weight);
  const scale = exactScale(chooser, weights, choice.scales[0]!, choice.limit);
  if (scale === null) return choice;
  const exponents = fittingExponents(candidates, scale, format);
  return { ...choice, scales: Float64Array.of(scale), exponents, proved: chooser.proves(scale, true) };
}

/** What the worst input leaves of a scale. */
export class Chooser {
  readonly datapath: Datapath;
  readonly recipe: RecipeSpec | null;
  readonly quantities: PopulationQuantities;
  readonly candidates: readonly Candidate[];
  readonly format: WeightFormat;
  private readonly worst: readonly WorstStep[];
  /** Largest |input| of one step that the equations leave whole, in float units and LSBs of scale. */
  private readonly input: number;

  constructor(
    datapath: Datapath,
    recipe: RecipeSpec | null,
    quantities: PopulationQuantities,
    candidates: readonly Candidate[],
    format: WeightFormat,
    worst: readonly WorstStep[] = candidates.map(worstStep),
    input: number = inputLimit(datapath, candidates, format),
  ) {
    this.datapath = datapath;
    this.recipe = recipe;
    this.quantities = quantities;
    this.candidates = candidates;
    this.format = format;
    this.worst = worst;
    this.input = input;
  }

  /** For some of the neurons alone. @param candidates with the extremes of the weights into them */
  part(neurons: readonly number[], candidates: readonly Candidate[]): Chooser {
    const { datapath, recipe, quantities, format, worst, input } = this;
    const own = slicedTo(quantities, neurons);
    const steps = worst.map((step) => slicedSteps(step, neurons));
    return new Chooser(datapath, recipe, own, candidates, format, steps, input);
  }

  /** Whether not even an endless row of worst steps leaves the registers. @param exact no parameter is rounded */
  proves(scale: number, exact = false): boolean {
    return scale <= this.limits(this.slack(scale, exact), Infinity).soft;
  }

  /** Whether a scale at which no parameter is rounded has room for the worst step (hard), or a long row of them (soft). */
  leavesRoom(scale: number, limit: "hard" | "soft"): boolean {
    return scale <= this.limits(this.slack(scale, true), longestGathering)[limit];
  }

  /** The scale beyond which weights do not fit, or there is no room even where nothing is rounded. */
  most(limit: "hard" | "soft"): number {
    const room = this.limits(noSlack(this.quantities), longestGathering)[limit];
    return weightLimit(this.candidates, this.format, room);
  }

  /** The constants of each projection at a scale, with the exponent that serves it best. */
  constantsAt(scale: number): ProjectionConstants[] {
    const exponents = fittingExponents(this.candidates, scale, this.format);
    return this.candidates.map((one) => withExponent(one, exponents));
  }

  /** The scales beyond which the worst step (hard), or a long row of them (soft), leaves the registers. */
  limits(slack: Slack, longest: number): { hard: number; soft: number } {
    const { datapath, recipe, quantities, worst } = this;
    const bounds = worstCase(worst, quantities, slack, longest);
    const loaded = Math.min(parameterLimit(datapath, recipe, quantities), initialLimit(datapath, quantities));
    const arriving = bounds.input === 0 ? Infinity : this.input / bounds.input;
    const hard = Math.min(loaded, arriving, registerLimit(datapath, bounds), thresholdRoom(datapath, quantities));
    return { hard, soft: Math.min(hard, settledLimit(datapath, recipe, bounds)) };
  }

  /** The scale made smaller until there is room for what rounding adds, which depends on the scale. */
  roomy(first: number, limit: "hard" | "soft"): number {
    let scale = first;
    for (let round = 0; round < mostRounds; round++) {
      const most = this.limits(this.slack(scale), longestGathering)[limit];
      if (scale <= most) return scale;
      scale = Math.min(most, scale * 0.999);
    }
    return scale;
  }

  /** What rounding may add at a scale. @param exact weights and biases are not rounded */
  slack(scale: number, exact = false): Slack {
    const { candidates, recipe, format, quantities, datapath } = this;
    const constants = exact ? [] : this.constantsAt(scale);
    const weight = constants.map((own, i): [string, number] => {
      const { name, payloadScale } = candidates[i]!;
      return [name, format.rounding(scale / payloadScale, own)];
    });
    const kept = (name: "alpha" | "beta"): Float64Array =>
      keptMore(datapath, recipe, quantities, name, format.settings);
    const membrane = register(datapath, "membrane");
    const step = membrane === null ? 0 : 1 / (membrane.factor * scale);
    const bias = exact ? 0 : biasRounding;
    return { weight: new Map(weight), alpha: kept("alpha"), beta: kept("beta"), bias, step };
  }
}

/** What one step may bring, times the scale. */
function inputLimit(datapath: Datapath, candidates: readonly Candidate[], format: WeightFormat): number {
  const reach = inputReach(datapath, format.settings);
  if (reach === Infinity) return Infinity;
  const limits = candidates.flatMap((one) => {
    const [constants = one.constants] = settings(one);
    const perUnit = format.kept(1, constants) * broughtBy(datapath, format.settings, constants);
    return perUnit > 0 ? [reach / perUnit] : [];
  });
  return Math.min(Infinity, ...limits);
}

function noSlack({ beta }: PopulationQuantities): Slack {
  const zeros = new Float64Array(beta.length);
  return { weight: new Map(), alpha: zeros, beta: zeros, bias: 0, step: 0 };
}

/** How much more than wanted each neuron keeps, once its decay is an integer: 0 or more. */
function keptMore(
  datapath: Datapath,
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  quantity: "alpha" | "beta",
  settings: Readonly<Record<string, number>>,
): Float64Array {
  const kept = keptOf(quantity, datapath, recipe, quantities, settings);
  if (kept !== null) return kept.map((share, i) => Math.max(0, share - quantities[quantity][i]!));
  const more = new Float64Array(quantities.beta.length);
  for (const [name, spec] of Object.entries(datapath.spec.parameters)) {
    const encoding = encodingOf(name, spec, recipe);
    if (encoding?.kind !== "expression" || !mentions(encoding, quantity)) continue;
    for (let i = 0; i < more.length; i++) {
      const exact = quantitiesAt(quantities, i);
      const wanted = wantedValue(encoding, exact);
      const nearby = wantedValue(encoding, { ...exact, [quantity]: exact[quantity]! - 1e-6 });
      const rounded = Math.max(spec.low, Math.min(spec.high, roundTo(wanted, encoding.round)));
      const own = ((rounded - wanted) / (wanted - nearby)) * 1e-6;
      more[i] = Number.isFinite(own) ? Math.max(0, own) : 0;
    }
  }
  return more;
}

function smallestFinite(values: Float64Array): number {
  return values.reduce((least, value) => (value > 0 && value < least ? value : least), Infinity);
}

function thresholdFactor(datapath: Datapath, recipe: RecipeSpec | null): number {
  const encoding = thresholdOf(datapath, recipe)?.encoding ?? null;
  return encoding === null ? 1 : wantedValue(encoding, { threshold: 1, scale: 1 });
}

/** The parameter that stands for the threshold. */
function thresholdOf(datapath: Datapath, recipe: RecipeSpec | null) {
  const all = Object.entries(datapath.spec.parameters).map(([name, spec]) => {
    return { spec, encoding: encodingOf(name, spec, recipe) };
  });
  return all.find(({ encoding }) => mentions(encoding, "threshold")) ?? null;
}

/** The scale beyond which a membrane at the end of its register would not lie above the threshold. */
function thresholdRoom(datapath: Datapath, { threshold }: PopulationQuantities): number {
  const membrane = register(datapath, "membrane");
  const largest = threshold.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, value) : most), 0);
  return membrane === null || largest === 0 ? Infinity : (membrane.high - 2) / (largest * membrane.factor);
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
    const up = encoding.kind === "expression" && encoding.round === "above" ? 1 : 0;
    for (let i = 0; i < quantities.beta.length; i++) {
      const wanted = wantedValue(encoding, { ...quantitiesAt(quantities, i), ...exponents, scale: 1 });
      if (!Number.isFinite(wanted) || wanted === 0) continue;
      const own = (wanted > 0 ? high - up : low) / wanted;
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

/**
 * Register LSBs per float unit and LSB of scale, the register's end, and how far it reaches from 0 on both sides; one
 * without negative values is cut at 0 and reaches up only.
 */
function register(datapath: Datapath, name: string): { factor: number; reach: number; high: number } | null {
  const spec = datapath.spec.state[name];
  if (spec?.encodes === undefined) return null;
  const { low, high, encodes } = spec;
  const factor = evaluateReal(parseReal(encodes), { [name]: 1, scale: 1 });
  return { factor, reach: low < 0 ? Math.min(high, -low) : high, high };
}

function registerLimit(datapath: Datapath, { current, drive }: Bounds): number {
  const limit = (name: string, value: number): number => {
    const found = register(datapath, name);
    return found === null || value === 0 ? Infinity : found.reach / (value * found.factor);
  };
  return Math.min(limit("current", current), limit("membrane", drive));
}

function settledLimit(datapath: Datapath, recipe: RecipeSpec | null, { lowest, highest }: Bounds): number {
  const membrane = register(datapath, "membrane");
  if (membrane === null) return Infinity;
  const { factor, reach } = membrane;
  // A neuron that never fires has the largest threshold there is, which its membrane must not reach.
  const threshold = thresholdOf(datapath, recipe);
  const ceiling = threshold === null ? reach : (threshold.spec.high * factor) / thresholdFactor(datapath, recipe);
  const down = lowest === 0 ? Infinity : reach / (lowest * factor);
  const up = highest === 0 ? Infinity : Math.min(reach, ceiling) / (highest * factor);
  return Math.min(down, up);
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

/** The projection's constants with the exponent that was chosen, by projection. */
export function withExponent(
  { name, constants, exponent }: Candidate,
  exponents: ReadonlyMap<string, number>,
): ProjectionConstants {
  const chosen = exponents.get(name);
  return exponent === null || chosen === undefined ? constants : { ...constants, [exponent.name]: chosen };
}

/** The scale at which the largest weight just fills its width; Infinity without weights. */
export function filling(one: Candidate, constants: ProjectionConstants, format: WeightFormat): number {
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
    .filter((scale) => scale > 0 && scale <= most && Number.isFinite(scale));
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
  format: WeightFormat,
): ReadonlyMap<string, number> {
  const exponents = new Map<string, number>();
  for (const one of candidates) {
    if (one.exponent === null) continue;
    const { name, values } = one.exponent;
    const rated = values.map((value) => resolution(one, { ...one.constants, [name]: value }, scale, format));
    const finest = Math.max(...rated);
    const chosen = finest > 0 ? values[rated.findIndex((own) => own > finest * 0.9999)]! : values.at(-1)!;
    exponents.set(one.name, chosen);
  }
  return exponents;
}
