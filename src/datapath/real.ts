/** Real expressions: what an integer of the chip encodes, over float quantities such as beta, threshold and scale. */

import { parseExpression } from "./parse.ts";
import type { Block, Definition, Expression } from "./syntax.ts";

/** Values of the quantities an expression may name. */
export type Quantities = Readonly<Record<string, number>>;

/** How a result is rounded after each operation; `Math.fround` for float32. */
export type Round = (value: number) => number;

/** Parse an `encodes` expression, definitions put in. @throws DATAPATH_ codes with line and column */
export function parseReal(text: string, definitions: readonly Definition[] = []): Expression {
  return parseExpression(text, "real", definitions);
}

/**
 * The value of a real expression; a quantity that is not there is NaN. Comparisons give 0 or 1.
 *
 * @param round applied to every quantity and result; none means float64
 */
export function evaluateReal(expression: Expression, quantities: Quantities, round: Round = asIs): number {
  const again = (child: Expression): number => evaluateReal(child, quantities, round);
  switch (expression.kind) {
    case "number":
      return round(expression.value);
    case "name":
    case "old":
      return round(quantities[expression.name] ?? NaN);
    case "unary":
      return expression.operator === "-" ? -again(expression.operand) : Number(again(expression.operand) === 0);
    case "choice":
      return again(again(expression.condition) !== 0 ? expression.yes : expression.no);
    case "binary":
      return round(binary(expression.operator, again(expression.left), again(expression.right)));
    case "call":
      return round(call(expression.name, expression.args.map(again)));
  }
}

/** The names that the lines of a block assign, each with its value; `quantities` are known from the start. */
export function evaluateLines(lines: Block, quantities: Quantities, round: Round = asIs): Record<string, number> {
  const values: Record<string, number> = {};
  for (const { name, value } of lines) values[name] = evaluateReal(value, { ...quantities, ...values }, round);
  return values;
}

function asIs(value: number): number {
  return value;
}

function binary(operator: Extract<Expression, { kind: "binary" }>["operator"], a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "<<":
      return a * 2 ** b;
    case ">>":
      return Math.floor(a / 2 ** b);
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
    case "<":
      return Number(a < b);
    case "<=":
      return Number(a <= b);
    case ">":
      return Number(a > b);
    case ">=":
      return Number(a >= b);
    case "&&":
      return Number(a !== 0 && b !== 0);
    case "||":
      return Number(a !== 0 || b !== 0);
  }
}

function call(name: string, [a = NaN, b = NaN]: readonly number[]): number {
  switch (name) {
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "abs":
      return Math.abs(a);
    case "floor":
      return Math.floor(a);
    case "nearest_even":
      return nearestEven(a / 2 ** b);
    case "exp":
      return Math.exp(a);
    case "log":
      return Math.log(a);
    case "log2":
      return Math.log2(a);
    case "pow2":
      return 2 ** a;
    case "float32":
      return Math.fround(a);
    default:
      throw new Error(`the parser let an unknown function through: ${name}`);
  }
}

/** The nearest whole number, the even one of two equally near. */
export function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
