/** Float quantities to the integers that a target's `encodes` expressions ask for. */

import { parseDefinitions } from "../datapath/parse.ts";
import { evaluateReal, nearestEven, parseReal, type Quantities, type Round } from "../datapath/real.ts";
import type { ParameterSpec, Rounding } from "../datapath/spec.ts";
import { mapChildren, namesIn, type Definition, type Expression } from "../datapath/syntax.ts";
import type { RecipeSpec } from "../target/types.ts";
import type { Decision } from "./program.ts";

/** How one parameter is derived: a constant, or an expression and its rounding. */
export type Encoding =
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "expression";
      readonly expression: Expression;
      readonly round: Rounding;
      /** How every operation is rounded; absent: float64. */
      readonly roundEach?: Round | undefined;
    };

/** The encoding of a parameter: a recipe's, else the target's own; null where neither says. */
export function encodingOf(name: string, spec: ParameterSpec, recipe: RecipeSpec | null): Encoding | null {
  const own = recipe?.parameters[name];
  if (typeof own === "number") return { kind: "constant", value: own };
  const text = own?.encodes ?? spec.encodes;
  if (text === undefined) return null;
  const expression = parseReal(text, definitionsOf(recipe));
  return { kind: "expression", expression, round: own?.round ?? spec.round ?? "nearest", roundEach: roundOf(recipe) };
}

/** Float64, or every result rounded to float32. */
export function roundOf(recipe: RecipeSpec | null): Round | undefined {
  return recipe?.arithmetic === "float32" ? Math.fround : undefined;
}

/** The named expressions of a recipe. */
export function definitionsOf(recipe: RecipeSpec | null): readonly Definition[] {
  return recipe?.define === undefined ? [] : parseDefinitions(recipe.define, "real");
}

/** Whether an encoding depends on a quantity. */
export function mentions(encoding: Encoding | null, quantity: string): boolean {
  return encoding?.kind === "expression" && namesIn(encoding.expression).has(quantity);
}

/** The real number that an encoding asks for. */
export function wantedValue(encoding: Encoding, quantities: Quantities): number {
  if (encoding.kind === "constant") return encoding.value;
  return evaluateReal(encoding.expression, quantities, encoding.roundEach);
}

/**
 * The real number that an encoding stands for before anything rounds it: float32 is float64, `nearest_even` the quotient. What a
 * formula floors it means (the exponent of a scale, say), and stays. A bound that lies just above is just above.
 */
export function unroundedValue(encoding: Encoding & { readonly kind: "expression" }, quantities: Quantities): number {
  const value = evaluateReal(unrounded(encoding.expression), quantities);
  return encoding.round === "above" && Number.isFinite(value) ? nextAfter(value) : value;
}

function unrounded(expression: Expression): Expression {
  const inner = mapChildren(expression, unrounded);
  if (inner.kind !== "call") return inner;
  const [first, second] = inner.args;
  const { at } = inner;
  if (inner.name === "float32") return first!;
  if (inner.name !== "nearest_even") return inner;
  return {
    kind: "binary",
    operator: "/",
    left: first!,
    right: { kind: "call", name: "pow2", args: [second!], at },
    at,
  };
}

/** The smallest double above a number, by its bits. */
function nextAfter(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0]! += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0]!;
}

/** Round a real number; ties of `nearest` go up, as the field's tools do with floor(x + 0.5). */
export function roundTo(value: number, rounding: Rounding): number {
  switch (rounding) {
    case "nearest":
      return Math.floor(value + 0.5);
    case "nearest-even":
      return nearestEven(value);
    case "down":
      return Math.floor(value);
    case "toward-zero":
      return Math.trunc(value) + 0;
    case "above":
      // A whole number that a double missed by its last bits is that number.
      return Math.floor(value * (1 + Math.sign(value) * 2 ** -40)) + 1;
  }
}

/** Counts what was lost while one parameter's values became integers. */
export class Loss {
  private readonly integer: [number, number] = [Infinity, -Infinity];
  private readonly wanted: [number, number] = [Infinity, -Infinity];
  private error = 0;
  private saturated = 0;
  private count = 0;

  /**
   * One value: the integer used, the float it stands for, the real number that the encoding asked for, and what an LSB
   * of the parameter is worth in both.
   */
  add(integer: number, wanted: number, exact: number, lsb = 1): void {
    this.count++;
    this.integer[0] = Math.min(this.integer[0], integer);
    this.integer[1] = Math.max(this.integer[1], integer);
    this.wanted[0] = Math.min(this.wanted[0], wanted);
    this.wanted[1] = Math.max(this.wanted[1], wanted);
    if (Number.isFinite(exact)) this.error = Math.max(this.error, Math.abs(exact - integer) / lsb);
  }

  cut(): void {
    this.saturated++;
  }

  /** An error that the number asked for does not show, in LSBs. */
  atLeast(error: number): void {
    this.error = Math.max(this.error, error);
  }

  /** Nothing was rounded or cut so far. */
  get isNone(): boolean {
    return this.error === 0 && this.saturated === 0;
  }

  decision(where: string, parameter: string, note: string | null): Decision {
    const { integer, wanted, error, saturated, count } = this;
    return { where, parameter, integer, wanted, error, saturated, count, note };
  }
}
