/** Float quantities to the integers that a target's `encodes` expressions ask for. */

import { evaluateReal, parseReal, type Quantities } from "../datapath/real.ts";
import type { ParameterSpec, Rounding } from "../datapath/spec.ts";
import { namesIn, type Expression } from "../datapath/syntax.ts";
import type { RecipeSpec } from "../target/types.ts";
import type { Decision } from "./program.ts";

/** How one parameter is derived: a constant, or an expression and its rounding. */
export type Encoding =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "expression"; readonly expression: Expression; readonly round: Rounding };

/** The encoding of a parameter: a recipe's, else the target's own; null where neither says. */
export function encodingOf(name: string, spec: ParameterSpec, recipe: RecipeSpec | null): Encoding | null {
  const own = recipe?.parameters[name];
  if (typeof own === "number") return { kind: "constant", value: own };
  const text = own?.encodes ?? spec.encodes;
  if (text === undefined) return null;
  return { kind: "expression", expression: parseReal(text), round: own?.round ?? spec.round ?? "nearest" };
}

/** Whether an encoding depends on a quantity. */
export function mentions(encoding: Encoding | null, quantity: string): boolean {
  return encoding?.kind === "expression" && namesIn(encoding.expression).has(quantity);
}

/** The real number that an encoding asks for. */
export function wantedValue(encoding: Encoding, quantities: Quantities): number {
  return encoding.kind === "constant" ? encoding.value : evaluateReal(encoding.expression, quantities);
}

/** Round a real number; ties of `nearest` go up, as the field's tools do with floor(x + 0.5). */
export function roundTo(value: number, rounding: Rounding): number {
  switch (rounding) {
    case "nearest":
      return Math.floor(value + 0.5);
    case "nearest-even": {
      const floor = Math.floor(value);
      const rest = value - floor;
      return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
    }
    case "down":
      return Math.floor(value);
    case "toward-zero":
      return Math.trunc(value) + 0;
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

  decision(where: string, parameter: string, note: string | null): Decision {
    const { integer, wanted, error, saturated, count } = this;
    return { where, parameter, integer, wanted, error, saturated, count, note };
  }
}
