/** Equations back to text, with no more parentheses than parsing needs. */

import { strengthOf } from "./parse.ts";
import type { Expression } from "./syntax.ts";

/** An expression as text; parsing it gives the expression again, positions aside. A negative number, which only folding makes, comes back as the negative of a number. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "name":
      return expression.name;
    case "old":
      return `old(${expression.name})`;
    case "unary":
      return expression.operator + inside(expression.operand, binds(expression.operand) < unary);
    case "choice": {
      const { condition, yes, no } = expression;
      return `${inside(condition, binds(condition) === 0)} ? ${printExpression(yes)} : ${printExpression(no)}`;
    }
    case "binary":
      return printBinary(expression);
    case "call":
      return `${expression.name}(${expression.args.map(printExpression).join(", ")})`;
  }
}

const unary = 10;
const primary = 11;

/** How strongly the parts of an expression hold together; 0 for a choice. */
function binds(expression: Expression): number {
  switch (expression.kind) {
    case "choice":
      return 0;
    case "binary":
      return strengthOf(expression.operator);
    case "unary":
      return unary;
    case "number":
      return expression.value < 0 ? unary : primary;
    default:
      return primary;
  }
}

function printBinary({ operator, left, right }: Extract<Expression, { kind: "binary" }>): string {
  const own = strengthOf(operator);
  const first = inside(left, binds(left) < own || isUnclear(operator, left));
  const second = inside(right, binds(right) <= own || isUnclear(operator, right));
  return `${first} ${operator} ${second}`;
}

/** What the parser asks parentheses for though precedence does not: sums in shifts, comparisons of comparisons. */
function isUnclear(operator: string, operand: Expression): boolean {
  if (operand.kind !== "binary") return false;
  const inner = operand.operator;
  return (isShift(operator) && (inner === "+" || inner === "-")) || (isComparison(operator) && isComparison(inner));
}

function isShift(operator: string): boolean {
  return operator === "<<" || operator === ">>";
}

function isComparison(operator: string): boolean {
  return ["==", "!=", "<", "<=", ">", ">="].includes(operator);
}

function inside(expression: Expression, parenthesized: boolean): string {
  const text = printExpression(expression);
  return parenthesized ? `(${text})` : text;
}
