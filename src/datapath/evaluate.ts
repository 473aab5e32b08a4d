/**
 * The meaning of the language: a plain walk over an expression in unbounded integers. Slow on purpose and short on
 * purpose; every other reading must give the same numbers.
 */

import { mistake } from "../errors.ts";
import type { Block, Expression } from "./syntax.ts";

/** Where an expression finds the values of names. */
export interface Scope {
  value(name: string): bigint;
  /** A register's value at the entry of the block. */
  old(name: string): bigint;
}

/** Told of every expression that is evaluated, operands first. */
export type Observer = (expression: Expression, value: bigint) => void;

/** Shifts beyond this are a mistake, not arithmetic: 2^4096 would fill memory before it meant anything. */
const longestShift = 4096n;

/**
 * The value of an expression.
 *
 * @throws DATAPATH_SHIFT_AMOUNT, DATAPATH_DIVISOR where an operation has no result
 */
export function evaluate(expression: Expression, scope: Scope, observe?: Observer): bigint {
  // One function, not two: a long sum is as many calls deep as it has terms.
  let value: bigint;
  switch (expression.kind) {
    case "number":
      value = BigInt(expression.value);
      break;
    case "name":
      value = scope.value(expression.name);
      break;
    case "old":
      value = scope.old(expression.name);
      break;
    case "unary": {
      const operand = evaluate(expression.operand, scope, observe);
      value = expression.operator === "-" ? -operand : truth(operand === 0n);
      break;
    }
    case "choice": {
      const condition = evaluate(expression.condition, scope, observe);
      value = evaluate(condition !== 0n ? expression.yes : expression.no, scope, observe);
      break;
    }
    case "binary":
      value = binary(expression, scope, observe);
      break;
    case "call":
      value = call(
        expression,
        expression.args.map((argument) => evaluate(argument, scope, observe)),
      );
  }
  observe?.(expression, value);
  return value;
}

/**
 * Run the lines of a block in order.
 *
 * @param values names and their values; assignments are added to it or replace what is there
 */
export function runBlock(block: Block, values: Map<string, bigint>, observe?: Observer): void {
  const entry = new Map(values);
  const scope: Scope = { value: (name) => values.get(name)!, old: (name) => entry.get(name)! };
  for (const line of block) values.set(line.name, evaluate(line.value, scope, observe));
}

function truth(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

function binary(
  expression: Extract<Expression, { kind: "binary" }>,
  scope: Scope,
  observe: Observer | undefined,
): bigint {
  const left = evaluate(expression.left, scope, observe);
  const { operator } = expression;
  // && and || look at the right side only where the left does not decide.
  if (operator === "&&") return left === 0n ? 0n : truth(evaluate(expression.right, scope, observe) !== 0n);
  if (operator === "||") return left !== 0n ? 1n : truth(evaluate(expression.right, scope, observe) !== 0n);
  const right = evaluate(expression.right, scope, observe);
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "<<":
      return left << amount(right, expression);
    case ">>":
      return left >> amount(right, expression);
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "<":
      return truth(left < right);
    case "<=":
      return truth(left <= right);
    case ">":
      return truth(left > right);
    case ">=":
      return truth(left >= right);
    case "/":
      throw mistake("DATAPATH_DIVISION", {}, expression.at);
  }
}

function amount(bits: bigint, { at }: Expression): bigint {
  if (bits < 0n || bits > longestShift) throw mistake("DATAPATH_SHIFT_AMOUNT", { amount: String(bits) }, at);
  return bits;
}

function call(expression: Extract<Expression, { kind: "call" }>, args: readonly bigint[]): bigint {
  const [a = 0n, b = 0n, c = 0n] = args;
  switch (expression.name) {
    case "min":
      return a < b ? a : b;
    case "max":
      return a > b ? a : b;
    case "abs":
      return a < 0n ? -a : a;
    case "sign":
      return a > 0n ? 1n : a < 0n ? -1n : 0n;
    // Both cut at the limits; `saturate` says that the register overflows, `clamp` that the model floors.
    case "clamp":
    case "saturate": {
      const floored = a < b ? b : a;
      return floored > c ? c : floored;
    }
    case "wrap":
      if (b < 1n) throw mistake("DATAPATH_SHIFT_AMOUNT", { amount: String(b) }, expression.at);
      return BigInt.asIntN(Number(amount(b, expression)), a);
    case "toward_zero": {
      const shift = amount(b, expression);
      return a < 0n ? -(-a >> shift) : a >> shift;
    }
    case "down":
      return a >> amount(b, expression);
    case "nearest_even":
      return nearestEven(a, amount(b, expression));
    case "div_down":
      return divideDown(a, divisor(b, expression));
    case "rem":
      return a - divideDown(a, divisor(b, expression)) * b;
    case "bits":
      return BigInt.asUintN(Number(amount(c, expression)), a >> amount(b, expression));
    default:
      throw new Error(`the parser let an unknown function through: ${expression.name}`);
  }
}

function divisor(value: bigint, { at }: Expression): bigint {
  if (value === 0n) throw mistake("DATAPATH_DIVISOR", {}, at);
  return value;
}

function divideDown(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function nearestEven(a: bigint, bits: bigint): bigint {
  if (bits === 0n) return a;
  const floor = a >> bits;
  const rest = a - (floor << bits);
  const half = 1n << (bits - 1n);
  const up = rest > half || (rest === half && (floor & 1n) === 1n);
  return up ? floor + 1n : floor;
}
