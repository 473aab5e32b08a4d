/** Everything that separates a chip's integers from its equations in real numbers, one by one, and how to undo one. */

import { lossPlaces, openReal, settledBlocks, type RealReading } from "../chip/real.ts";
import type { Program } from "../compile/program.ts";
import type { LossPlace, LossyBlock, RealValues } from "../core/real.ts";
import { lossOf, type LossKind } from "../datapath/losses.ts";
import { printExpression } from "../datapath/print.ts";
import { childrenOf, type Expression } from "../datapath/syntax.ts";
import type { Engine } from "../engine.ts";

/** One thing that is rounded or cut: when the program was compiled, when an input is fed, or in each timestep. */
export type Quantization =
  | { readonly kind: "weights"; readonly where: string }
  | { readonly kind: "parameter"; readonly where: string; readonly name: string }
  | { readonly kind: "initial"; readonly where: string; readonly name: string }
  | { readonly kind: "payloads"; readonly where: string }
  | {
      readonly kind: "arithmetic";
      readonly where: string;
      readonly block: LossyBlock;
      /** Of the block, counted from 0. */
      readonly line: number;
      /** What the line assigns. */
      readonly name: string;
      readonly loss: LossKind;
    };

/** Which of its two parts a quantization belongs to. */
export type QuantizationPart = "parameters" | "arithmetic";

/** The part of the ladder in which a quantization is made. */
export function partOf({ kind }: Quantization): QuantizationPart {
  return kind === "arithmetic" ? "arithmetic" : "parameters";
}

/** What a program's integers would be without rounding, and whose payloads are rounded. */
export interface Unrounded {
  readonly values: RealValues;
  /** Inputs of which some value is not a whole payload. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Every quantization of a program that changes a number.
 *
 * @param acted places of the equations where a number was lost in the run that is to be explained
 */
export function quantizationsOf(
  program: Program,
  { values, inputs }: Unrounded,
  acted: (place: LossPlace) => boolean,
): readonly Quantization[] {
  const payloads = [...inputs].map((where): Quantization => ({ kind: "payloads", where }));
  const weights = program.projections.flatMap(({ name, synapses }): Quantization[] => {
    return differ(synapses.weight, values.weights.get(name)) ? [{ kind: "weights", where: name }] : [];
  });
  const own = program.populations.flatMap(({ name: where, parameters, initial }): Quantization[] => [
    ...changed(parameters, values.parameters.get(where)).map((name): Quantization => ({
      kind: "parameter",
      where,
      name,
    })),
    ...changed(initial, values.initial.get(where)).map((name): Quantization => ({ kind: "initial", where, name })),
  ]);
  const arithmetic = lossPlaces(program)
    .filter(acted)
    .map(({ population: where, block, line, name, kind: loss }): Quantization => {
      return { kind: "arithmetic", where, block, line, name, loss };
    });
  return [...payloads, ...weights, ...own, ...arithmetic];
}

/** Names whose numbers are not what they were before rounding. */
function changed(
  integers: Readonly<Record<string, ArrayLike<number>>>,
  exact: Readonly<Record<string, Float64Array>> = {},
): string[] {
  return Object.entries(exact).flatMap(([name, values]) => (differ(integers[name] ?? [0], values) ? [name] : []));
}

/** Numbers that differ by less than this share are the same but for the last bits of a formula in doubles. */
const lastBits = 2 ** -40;

function differ(integers: ArrayLike<number>, exact: Float64Array | undefined): boolean {
  return (
    exact?.some((value, i) => {
      const integer = integers[integers.length === 1 ? 0 : i]!;
      return Math.abs(value - integer) > lastBits * Math.max(1, Math.abs(value));
    }) === true
  );
}

/**
 * Read a program with some of its quantizations made and the others undone.
 *
 * @param all what `quantizationsOf` gives
 * @param made whether a quantization is made
 * @param others whether losses of the arithmetic happen that are not in `all`: they changed no number on the chip, and may
 *   once something else is undone
 */
export function readWith(
  all: readonly Quantization[],
  { values, inputs }: Unrounded,
  made: (quantization: Quantization) => boolean,
  others: boolean,
): RealReading {
  const undone = all.filter((one) => !made(one));
  const has = (kind: Quantization["kind"], where: string, name?: string): boolean =>
    undone.some((one) => one.kind === kind && one.where === where && (name === undefined || nameOf(one) === name));
  const numbers = (
    kind: "parameter" | "initial",
    from: ReadonlyMap<string, Readonly<Record<string, Float64Array>>>,
  ): Map<string, Record<string, Float64Array>> =>
    new Map(
      [...from].map(([where, own]) => [
        where,
        Object.fromEntries(Object.entries(own).filter(([name]) => has(kind, where, name))),
      ]),
    );
  const arithmetic = all.flatMap((one) =>
    one.kind === "arithmetic" ? [[keyOf(placeOf(one)), made(one)] as const] : [],
  );
  const acting = new Map(arithmetic);
  return {
    values: {
      parameters: numbers("parameter", values.parameters),
      initial: numbers("initial", values.initial),
      weights: new Map([...values.weights].filter(([name]) => has("weights", name))),
    },
    exactInputs: new Set([...inputs].filter((name) => has("payloads", name))),
    acts: (place) => acting.get(keyOf(place)) ?? others,
  };
}

/** The same, opened. */
export function openWith(
  program: Program,
  all: readonly Quantization[],
  unrounded: Unrounded,
  made: (quantization: Quantization) => boolean,
  others: boolean,
): Engine {
  return openReal(program, readWith(all, unrounded, made, others));
}

function nameOf(quantization: Quantization): string {
  return "name" in quantization ? quantization.name : "";
}

function placeOf({ where, block, line, loss }: Quantization & { readonly kind: "arithmetic" }): LossPlace {
  return { population: where, block, line, kind: loss };
}

/** A place as a key of maps. */
export function keyOf({ population, block, line, kind }: LossPlace): string {
  return JSON.stringify([population, block, line, kind]);
}

/** A quantization as the object of a sentence: `rounding the weights of fc1 to 8 bits`. */
export function quantizationText(quantization: Quantization, program: Program): string {
  const { where } = quantization;
  switch (quantization.kind) {
    case "weights":
      return `rounding the weights of ${where} to integers ${weightsText(quantization, program)}`;
    case "parameter":
      return `rounding ${quantization.name} of ${where}${valuesText(quantization, program)}`;
    case "initial":
      return `rounding what ${quantization.name} of ${where} begins with`;
    case "payloads":
      return `rounding the values of ${where} to payloads`;
    case "arithmetic": {
      const { name, loss } = quantization;
      const what = { rounding: "the rounding", wrap: "the wrap", saturate: "the saturation" }[loss];
      return `${what} in ${name} of ${where}, \`${operationsText(quantization, program)}\``;
    }
  }
}

/** `from -256 to 204 in steps of 2`. */
function weightsText({ where }: Quantization, { projections }: Program): string {
  const { weight } = projections.find(({ name }) => name === where)!.synapses;
  let [low, high, step] = [Infinity, -Infinity, 0];
  for (const value of weight) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    step = greatestDivisor(step, Math.abs(value));
  }
  return `from ${low} to ${high}${step > 1 ? ` in steps of ${step}` : ""}`;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The integer that all neurons share. */
function valuesText({ where, name }: Quantization & { readonly kind: "parameter" }, { populations }: Program): string {
  const values = populations.find((one) => one.name === where)!.parameters[name]!;
  return values.length === 1 ? ` to ${values[0]}` : "";
}

/** Operations that take more room are shown without what they are applied to. */
const longestOperation = 56;

/** The operations that lose something, as the target writes them. */
function operationsText(
  { where, block, line, loss }: Quantization & { readonly kind: "arithmetic" },
  program: Program,
): string {
  const population = program.populations.find((one) => one.name === where)!;
  const lines = settledBlocks(program, population).get(block)!;
  const texts = lossyIn(lines[line]!.value, loss).map((operation) => {
    const whole = printExpression(operation);
    if (loss === "rounding" && whole.length <= longestOperation) return whole;
    const [, ...rest] = childrenOf(operation).map(printExpression);
    return operation.kind === "call" ? `${operation.name}(.., ${rest.join(", ")})` : `.. >> ${rest.join("")}`;
  });
  return [...new Set(texts)].join("`, `");
}

function lossyIn(expression: Expression, loss: LossKind): Expression[] {
  const operation =
    expression.kind === "binary" ? expression.operator : expression.kind === "call" ? expression.name : "";
  const inner = childrenOf(expression).flatMap((child) => lossyIn(child, loss));
  return lossOf(operation) === loss ? [expression, ...inner] : inner;
}
