/** A population's integer parameters and initial registers, and what each lost. */

import type { Datapath } from "../datapath/datapath.ts";
import { runBlock } from "../datapath/evaluate.ts";
import type { Quantities } from "../datapath/real.ts";
import type { ParameterSpec } from "../datapath/spec.ts";
import { mistake, type Warning } from "../errors.ts";
import type { RecipeSpec } from "../target/types.ts";
import { encodingOf, Loss, mentions, roundTo, unroundedValue, wantedValue, type Encoding } from "./encode.ts";
import { decaysOf, lsbsOff } from "./kept.ts";
import type { Decision } from "./program.ts";
import { quantitiesAt, type PopulationQuantities } from "./quantities.ts";

export interface EncodedPopulation {
  readonly parameters: Readonly<Record<string, Int32Array>>;
  readonly initial: Readonly<Record<string, Int32Array>>;
  readonly decisions: readonly Decision[];
  readonly warnings: readonly Warning[];
}

/** What expressions and blocks may read beside a population's quantities. */
export interface Known {
  /** Chip-wide options. */
  readonly settings: Readonly<Record<string, number>>;
  /** What the recipe worked out for the population. */
  readonly numbers: Quantities;
}

/**
 * Derive every parameter of a population.
 *
 * @param scale membrane LSBs per float unit; one for all neurons, or [neurons]
 * @throws COMPILE_PARAMETER, COMPILE_NO_VALUE, COMPILE_INITIAL
 */
export function encodePopulation(
  name: string,
  datapath: Datapath,
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  scale: number | Float64Array,
  known: Known = { settings: {}, numbers: {} },
): EncodedPopulation {
  const scales = typeof scale === "number" ? Float64Array.of(scale) : scale;
  const encoder = new Encoder(name, datapath, recipe, quantities, scales, known);
  const parameters: Record<string, Int32Array> = {};
  for (const [parameter, spec] of Object.entries(datapath.spec.parameters)) {
    parameters[parameter] = shared(encoder.parameter(parameter, spec));
  }
  return { parameters, initial: encoder.initial(), decisions: encoder.decisions, warnings: encoder.warnings };
}

/** A population's parameters and initial registers before rounding, [neurons]; those that nothing rounds are left out. */
export interface ExactPopulation {
  readonly parameters: Readonly<Record<string, Float64Array>>;
  readonly initial: Readonly<Record<string, Float64Array>>;
}

/** What `encodePopulation` rounds. Same arguments. */
export function exactPopulation(
  name: string,
  datapath: Datapath,
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  scales: Float64Array,
  known: Known,
): ExactPopulation {
  const encoder = new Encoder(name, datapath, recipe, quantities, scales, known);
  const parameters = Object.entries(datapath.spec.parameters).flatMap(([parameter, spec]) => {
    const exact = encoder.exactParameter(parameter, spec);
    return exact === null ? [] : [[parameter, exact] as const];
  });
  return { parameters: Object.fromEntries(parameters), initial: encoder.exactInitial() };
}

/** Whether every parameter and initial register that depends on the scale comes out at one scale without any loss. */
export function isEncodedExactly(
  datapath: Datapath,
  quantities: PopulationQuantities,
  scale: number,
  settings: Known["settings"],
): boolean {
  return new Encoder("", datapath, null, quantities, Float64Array.of(scale), { settings, numbers: {} }).losesNothing();
}

/** One element when all are equal. */
function shared(values: Int32Array): Int32Array {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

class Encoder {
  readonly decisions: Decision[] = [];
  readonly warnings: Warning[] = [];
  private readonly name: string;
  private readonly datapath: Datapath;
  private readonly recipe: RecipeSpec | null;
  private readonly quantities: PopulationQuantities;
  private readonly scales: Float64Array;
  private readonly known: Known;
  private readonly neurons: number;
  private readonly exponents = new Map<string, Int32Array>();

  constructor(
    name: string,
    datapath: Datapath,
    recipe: RecipeSpec | null,
    quantities: PopulationQuantities,
    scales: Float64Array,
    known: Known,
  ) {
    this.name = name;
    this.known = known;
    this.datapath = datapath;
    this.recipe = recipe;
    this.quantities = quantities;
    this.scales = scales;
    this.neurons = quantities.beta.length;
    for (const [parameter, spec] of Object.entries(datapath.spec.parameters)) {
      if (spec.chosen === "exponent") this.exponents.set(parameter, this.chooseExponent(parameter, spec));
    }
  }

  parameter(parameter: string, spec: ParameterSpec): Int32Array {
    const chosen = this.exponents.get(parameter);
    if (chosen !== undefined) return chosen;
    const encoding = encodingOf(parameter, spec, this.recipe);
    if (encoding === null) {
      if (spec.default === undefined) throw mistake("COMPILE_PARAMETER", { parameter }, { node: this.name });
      return Int32Array.of(spec.default);
    }
    const loss = new Loss();
    const stored = this.storing(parameter);
    const decay = decaysOf(this.datapath, this.known.settings).find((one) => one.parameter === parameter);
    const values = Int32Array.from({ length: this.neurons }, (_, i) => {
      const wanted = wantedValue(encoding, this.at(i));
      if (Number.isNaN(wanted)) {
        throw mistake("COMPILE_NO_VALUE", { parameter, population: this.name, neuron: i }, { node: this.name });
      }
      const value = this.fitted(wanted, encoding, spec, loss, stored);
      if (decay !== undefined && (value === wanted || !Number.isFinite(wanted)))
        loss.atLeast(lsbsOff(decay, value, this.quantities[decay.quantity][i]!));
      return value;
    });
    this.decisions.push(loss.decision(this.name, parameter, this.noteOn(encoding)));
    this.warnOutside(parameter, spec, values);
    this.warnSeveral(parameter, spec, values);
    return values;
  }

  /** [neurons] what a parameter would be without rounding; null: nothing rounds it. */
  exactParameter(parameter: string, spec: ParameterSpec): Float64Array | null {
    const encoding = encodingOf(parameter, spec, this.recipe);
    if (encoding?.kind !== "expression" || this.exponents.has(parameter)) return null;
    const used = this.parameter(parameter, spec);
    return Float64Array.from({ length: this.neurons }, (_, i) => {
      const exact = unroundedValue(encoding, this.at(i));
      // A threshold that is never reached is the end of the range in either reading.
      return Number.isFinite(exact) ? exact : used[i]!;
    });
  }

  /** [neurons] of each register that does not start at 0, without rounding. */
  exactInitial(): Record<string, Float64Array> {
    const { initialCurrent, initialMembrane } = this.quantities;
    const exact: Record<string, Float64Array> = {};
    for (const [register, values] of Object.entries({ current: initialCurrent, membrane: initialMembrane })) {
      const spec = this.datapath.spec.state[register];
      const encoding = spec === undefined ? null : encodingOf(register, spec, this.recipe);
      if (encoding?.kind !== "expression" || values.every((value) => value === 0)) continue;
      exact[register] = values.map((value, i) => {
        return unroundedValue(encoding, { ...this.known.numbers, [register]: value, scale: this.scaleOf(i) });
      });
    }
    return exact;
  }

  /** Whether what depends on the scale comes out without loss; ends at the first that does not. */
  losesNothing(): boolean {
    const scaled = Object.entries(this.datapath.spec.parameters).flatMap(([name, spec]) => {
      const encoding = encodingOf(name, spec, this.recipe);
      return encoding !== null && mentions(encoding, "scale") ? [{ spec, encoding, stored: this.storing(name) }] : [];
    });
    const loss = new Loss();
    for (const { spec, encoding, stored } of scaled) {
      for (let i = 0; i < this.neurons && loss.isNone; i++) {
        if (i === 0 || !this.isLikeLast(i))
          this.fitted(wantedValue(encoding, this.at(i)), encoding, spec, loss, stored);
      }
    }
    if (!loss.isNone) return false;
    this.initial();
    return this.decisions.every(({ error, saturated }) => error === 0 && saturated === 0);
  }

  /** Whether a neuron has the quantities of the one before it. */
  private isLikeLast(i: number): boolean {
    const { alpha, beta, threshold, bias, lowerBound } = this.quantities;
    return [alpha, beta, threshold, bias, lowerBound].every((values) => values[i] === values[i - 1]);
  }

  /** Registers that do not start at 0. */
  initial(): Record<string, Int32Array> {
    const { initialCurrent, initialMembrane } = this.quantities;
    const initial: Record<string, Int32Array> = {};
    for (const [register, values] of Object.entries({ current: initialCurrent, membrane: initialMembrane })) {
      if (values.every((value) => value === 0)) continue;
      const spec = this.datapath.spec.state[register];
      const encoding = spec === undefined ? null : encodingOf(register, spec, this.recipe);
      if (spec === undefined || encoding === null) {
        throw mistake("COMPILE_INITIAL", { register }, { node: this.name });
      }
      const loss = new Loss();
      // What is loaded has 32 bits, however wide the register is.
      const range = { low: Math.max(spec.low, -(2 ** 31)), high: Math.min(spec.high, 2 ** 31 - 1) };
      const loaded = Int32Array.from(values, (value, i) => {
        const known = { ...this.known.numbers, [register]: value, scale: this.scaleOf(i) };
        return this.fitted(wantedValue(encoding, known), encoding, range, loss);
      });
      this.decisions.push(loss.decision(this.name, `initial ${register}`, null));
      initial[register] = shared(loaded);
    }
    return initial;
  }

  private fitted(
    wanted: number,
    encoding: Encoding,
    spec: Pick<ParameterSpec, "low" | "high" | "documented">,
    loss: Loss,
    stored: (value: number) => number = (value) => value,
  ): number {
    const rounded = encoding.kind === "constant" ? encoding.value : roundTo(wanted, encoding.round);
    // A neuron that never fires has the threshold Infinity: the end of the range is what is meant, not a loss.
    const { low, high } = Number.isFinite(wanted) ? spec : (spec.documented ?? spec);
    const offered = Math.max(low, Math.min(high, rounded)) + 0;
    if (offered !== rounded && Number.isFinite(wanted)) loss.cut();
    const value = stored(offered);
    // Firing at the next whole number is firing above the one that was asked for; only a reset that subtracts it shows it.
    const isNext = encoding.kind === "expression" && encoding.round === "above" && this.quantities.subtract === 0;
    loss.add(value, wanted, isNext && value === rounded ? value : wanted);
    return value;
  }

  /** What the chip makes of a value that is loaded. */
  private storing(parameter: string): (value: number) => number {
    const block = this.datapath.loads.get(parameter);
    if (block === undefined) return (value) => value;
    const constants = [...this.datapath.words, ...Object.entries(this.known.settings)];
    return (value) => {
      const values = new Map([...constants, [parameter, value] as const].map(([name, own]) => [name, BigInt(own)]));
      runBlock(block, values);
      return Number(values.get("stored")!);
    };
  }

  private noteOn(encoding: Encoding): string | null {
    const never = mentions(encoding, "threshold") && this.quantities.threshold.some((value) => value === Infinity);
    return never ? "never fires: set to the end of the range" : null;
  }

  private warnSeveral(parameter: string, { per }: ParameterSpec, values: Int32Array): void {
    const count = new Set(values).size;
    if (per !== "population" || count === 1) return;
    const message =
      `${this.name}: ${parameter} takes ${count} values; the chip holds one for all neurons of a population, ` +
      "so this one has to be split into as many.";
    this.warnings.push({ code: "COMPILE_SHARED", message, place: { node: this.name } });
  }

  private warnOutside(parameter: string, spec: ParameterSpec, values: Int32Array): void {
    const { documented } = spec;
    if (documented === undefined) return;
    const outside = values.filter((value) => value < documented.low || value > documented.high);
    if (outside.length === 0) return;
    const message =
      `${this.name}: ${parameter} is ${outside[0]} in ${outside.length} of ${values.length} neuron(s); ` +
      `the chip documents ${documented.low}..${documented.high}.`;
    this.warnings.push({ code: "COMPILE_UNDOCUMENTED", message, place: { node: this.name } });
  }

  /** Per neuron the smallest exponent with which every parameter that depends on it fits its type. */
  private chooseExponent(exponent: string, spec: ParameterSpec): Int32Array {
    const fixed = this.recipe?.parameters[exponent];
    if (typeof fixed === "number") return new Int32Array(this.neurons).fill(fixed);
    const dependents = Object.entries(this.datapath.spec.parameters).flatMap(([name, own]) => {
      const encoding = encodingOf(name, own, this.recipe);
      return mentions(encoding, exponent) ? [{ own, encoding: encoding! }] : [];
    });
    const { low, high } = spec.documented ?? spec;
    return Int32Array.from({ length: this.neurons }, (_, i) => {
      for (let value = low; value < high; value++) {
        const quantities = { ...this.at(i), [exponent]: value };
        const fits = dependents.every(({ own, encoding }) => {
          const rounded = Math.round(wantedValue(encoding, quantities));
          return rounded >= own.low && rounded <= own.high;
        });
        if (fits) return value;
      }
      return high;
    });
  }

  private scaleOf(i: number): number {
    return this.scales[this.scales.length === 1 ? 0 : i]!;
  }

  private at(i: number): Quantities {
    const exponents = [...this.exponents].map(([name, values]) => [name, values[i]!]);
    const own = { ...this.known.numbers, ...quantitiesAt(this.quantities, i), scale: this.scaleOf(i) };
    return { ...own, ...Object.fromEntries(exponents) };
  }
}
