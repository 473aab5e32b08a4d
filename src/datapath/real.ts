/** Real expressions: what an integer of the chip encodes, over float quantities such as beta, threshold and scale. */

import { parseExpression } from "./parse.ts";
import type { Expression } from "./syntax.ts";

/** Values of the quantities an expression may name. */
export type Quantities = Readonly<Record<string, number>>;

/** Parse an `encodes` expression. @throws DATAPATH_ codes with line and column */
export function parseReal(text: string): Expression {
  return parseExpression(text, "real");
}

/** The value of a real expression in float64; a quantity that is not there is NaN. Comparisons give 0 or 1. */
export function evaluateReal(expression: Expression, quantities: Quantities): number {
  const again = (child: Expression): number => evaluateReal(child, quantities);
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
    case "old":
      return quantities[expression.name] ?? NaN;
    case "unary":
      return expression.operator === "-" ? -again(expression.operand) : Number(again(expression.operand) === 0);
    case "choice":
      return again(again(expression.condition) !== 0 ? expression.yes : expression.no);
    case "binary":
      return binary(expression.operator, again(expression.left), again(expression.right));
    case "call":
      return call(expression.name, expression.args.map(again));
  }
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
    case "exp":
      return Math.exp(a);
    case "log":
      return Math.log(a);
    case "pow2":
      return 2 ** a;
    default:
      throw new Error(`the parser let an unknown function through: ${name}`);
  }
}
