/** Float weights to the integers that a chip stores. */

import { narrowest, type Weights } from "../core/synapses.ts";
import { evaluate, runBlock } from "../datapath/evaluate.ts";
import type { Datapath } from "../datapath/datapath.ts";
import { parseExpression } from "../datapath/parse.ts";
import { evaluateReal, parseReal, type Quantities } from "../datapath/real.ts";
import { calls } from "../datapath/syntax.ts";
import type { Target, RecipeSpec } from "../target/types.ts";
import { encodingOf, Loss, roundTo, unroundedValue, wantedValue, type Encoding } from "./encode.ts";
import { leadsTo, type FloatSynapses } from "./linear.ts";
import type { Moments } from "./moments.ts";
import type { Decision, Synapses } from "./program.ts";
import { weightExtremes } from "./recipe.ts";
import { roundAll } from "./together.ts";

/** Constants of a projection by name; words as their numbers. */
export type ProjectionConstants = Readonly<Record<string, number>>;

interface Limits {
  readonly low: number;
  readonly high: number;
}

/** What the weights of one datapath may be. */
export class WeightFormat {
  private readonly target: Target;
  private readonly datapath: Datapath;
  private readonly encoding: Encoding;
  readonly settings: Readonly<Record<string, number>>;
  private readonly numbers: Quantities;
  private readonly ownStep: string | undefined;
  private readonly knownLimits = new Map<string, Limits>();

  /**
   * @param settings the chip-wide options, which `on load` may read
   * @param numbers what the recipe worked out for the population
   */
  constructor(
    target: Target,
    datapath: Datapath,
    recipe: RecipeSpec | null,
    settings: Readonly<Record<string, number>> = {},
    numbers: Quantities = {},
  ) {
    this.target = target;
    this.datapath = datapath;
    this.encoding = encodingOf("weight", target.weights, recipe)!;
    this.settings = settings;
    this.numbers = numbers;
    const own = recipe?.parameters["weight"];
    this.ownStep = typeof own === "object" ? own.step : undefined;
  }

  /** Weight LSBs per float unit of weight and membrane LSB, for one setting of the projection. */
  factor(scale: number, constants: ProjectionConstants): number {
    return wantedValue(this.encoding, { ...this.numbers, ...constants, weight: 1, scale });
  }

  /** What the chip keeps per float unit of weight and membrane LSB where nothing is lost. */
  kept(scale: number, constants: ProjectionConstants): number {
    return this.factor(scale, constants) * this.unit(constants);
  }

  /** Smallest and largest weight that can be stored without loss. */
  limits(constants: ProjectionConstants): Limits {
    const key = JSON.stringify(constants);
    const known = this.knownLimits.get(key);
    if (known !== undefined) return known;
    const step = this.step(constants);
    const unit = this.unit(constants);
    const lossy = (weight: number): boolean => this.stored(weight, constants) !== weight * unit;
    // What `on load` cuts, such as one of the two signs.
    const low = lastWhole(Math.ceil(this.target.weights.low / step), (steps) => lossy(steps * step)) * step;
    const high = lastWhole(Math.floor(this.target.weights.high / step), (steps) => lossy(steps * step)) * step;
    const limits = { low: low + 0, high: high + 0 };
    this.knownLimits.set(key, limits);
    return limits;
  }

  /** By how much a stored weight may be larger than the wanted one, in float units. */
  rounding(scale: number, constants: ProjectionConstants): number {
    const nearest = this.encoding.kind === "expression" && this.encoding.round.startsWith("nearest");
    return ((nearest ? 0.5 : 1) * this.step(constants)) / this.factor(scale, constants);
  }

  /** What one weight LSB is worth in what the chip keeps. */
  private unit(constants: ProjectionConstants): number {
    const { stored } = this.target.weights;
    return stored === undefined ? 1 : evaluateReal(parseReal(stored), { ...constants, weight: 1 });
  }

  /** Distance between the weights that can be stored. */
  step(constants: ProjectionConstants): number {
    return this.stepBy(this.target.weights.step, constants);
  }

  private stepBy(text: string | undefined, constants: ProjectionConstants): number {
    if (text === undefined) return 1;
    const value = (name: string): bigint => BigInt(this.datapath.words.get(name) ?? constants[name]!);
    return Number(evaluate(parseExpression(text, "integer"), { value, old: value }));
  }

  /** What the chip keeps of a weight: its `on load` block. */
  stored(weight: number, constants: ProjectionConstants): number {
    const block = this.datapath.onLoad;
    if (block === null) return weight;
    const values = new Map([["weight", BigInt(weight)]]);
    const known = [...this.datapath.words, ...Object.entries(this.settings), ...Object.entries(constants)];
    for (const [name, value] of known) values.set(name, BigInt(value));
    runBlock(block, values);
    return Number(values.get("stored")!);
  }

  /** What the encoding asks for of a weight. */
  private exactly(
    synapses: FloatSynapses,
    scales: Float64Array,
    constants: ProjectionConstants,
  ): (weight: number, index: number) => number {
    const { encoding } = this;
    const known = { ...this.numbers, ...constants, ...weightExtremes([synapses]), scale: scales[0]! };
    if (encoding.kind === "constant" || encoding.roundEach !== undefined || calls(encoding.expression, "float32")) {
      return (weight) => wantedValue(encoding, { ...known, weight });
    }
    // In float64 an encoding is a multiple of the weight.
    const factors = scales.map((scale) => wantedValue(encoding, { ...known, scale, weight: 1 }));
    if (factors.length === 1) return (weight) => weight * factors[0]!;
    const neuronOf = leadsTo(synapses);
    return (weight, i) => weight * factors[neuronOf(i)]!;
  }

  /** What `quantize` rounds: one number for each weight, in the units of what the chip keeps. Same arguments. */
  unrounded(synapses: FloatSynapses, scales: Float64Array, constants: ProjectionConstants): Float64Array {
    const { encoding } = this;
    const unit = this.unit(constants);
    if (encoding.kind === "constant") return synapses.weight.map(() => encoding.value * unit);
    const known = { ...this.numbers, ...constants, ...weightExtremes([synapses]) };
    // Nothing rounds, so an encoding is a multiple of the weight.
    const factors = scales.map((scale) => unroundedValue(encoding, { ...known, scale, weight: 1 }) * unit);
    if (factors.length === 1) return synapses.weight.map((weight) => weight * factors[0]!);
    const neuronOf = leadsTo(synapses);
    return synapses.weight.map((weight, i) => weight * factors[neuronOf(i)]!);
  }

  /**
   * Quantize all weights of a projection.
   *
   * @param scales membrane LSBs per float unit and payload, [neurons] or [1]; those of a recipe are one
   * @param moments what is known to arrive, by group; each weight is rounded for itself where nothing is known
   */
  quantize(
    where: string,
    synapses: FloatSynapses,
    scales: Float64Array,
    constants: ProjectionConstants,
    note: string,
    moments: readonly Moments[] | null = null,
  ): { synapses: Synapses; decision: Decision } {
    const { low, high } = this.target.weights;
    const exact = synapses.weight.map(this.exactly(synapses, scales, constants));
    const round = this.encoding.kind === "expression" ? this.encoding.round : "nearest";
    const spacing = this.ownStep === undefined ? this.step(constants) : this.stepBy(this.ownStep, constants);
    const step = round.startsWith("nearest") ? spacing : 1;
    const limits = this.limits(constants);
    const unit = this.unit(constants);
    const together = moments === null ? null : roundAll(exact, { step, ...limits }, synapses, moments);
    const loss = new Loss();
    const known = new Map<number, number>();
    const weight = Int32Array.from(synapses.weight, (wanted, i) => {
      const rounded = step * roundTo(exact[i]! / step, round);
      const offered = together?.values[i] ?? Math.max(low, Math.min(high, rounded));
      let kept = known.get(offered);
      if (kept === undefined) known.set(offered, (kept = this.stored(offered, constants)));
      if (rounded < limits.low || rounded > limits.high) loss.cut();
      loss.add(kept, wanted, exact[i]! * unit, unit);
      return kept;
    });
    const text = together === null || loss.isNone ? note : `${note}, ${shareText(together.share)}`;
    return { synapses: withWeights(synapses, narrowest(weight)), decision: loss.decision(where, "weight", text) };
  }
}

/** The number furthest from 0, up to an end, before others are lossy; by halving. */
function lastWhole(end: number, lossy: (value: number) => boolean): number {
  if (end === 0 || !lossy(end)) return end;
  let [whole, outside] = [0, end];
  while (Math.abs(outside - whole) > 1) {
    const middle = Math.trunc((whole + outside) / 2);
    if (lossy(middle)) outside = middle;
    else whole = middle;
  }
  return whole;
}

function shareText(share: number): string {
  return `rounded together: ${(100 * share).toFixed(0)} % of the error of sums is left`;
}

function withWeights(synapses: FloatSynapses, weight: Weights): Synapses {
  switch (synapses.kind) {
    case "dense":
      return { kind: "dense", weight };
    case "sparse":
      return { kind: "sparse", start: synapses.start, target: synapses.target, weight };
    case "conv2d": {
      const { inputShape, outputShape, kernel, stride, padding, dilation, groups } = synapses;
      return { kind: "conv2d", weight, inputShape, outputShape, kernel, stride, padding, dilation, groups };
    }
  }
}
