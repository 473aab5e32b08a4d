/**
 * The interval reading of a block: what every subexpression can be when its names lie in given intervals. Sound for
 * every operation: a value that the plain walk can give lies in the interval of its node.
 */

import {
  amounts,
  anything,
  between,
  binaryInterval,
  callInterval,
  contains,
  hull,
  isZero,
  negated,
  only,
  overlap,
  covers,
  type Interval,
} from "./interval.ts";
import type { BinaryOperator, Block, Expression } from "./syntax.ts";

export { isBounded, type Interval } from "./interval.ts";

/** Whether something happens: on no value of the names, on all of them, or perhaps on some. */
export type Happens = "never" | "maybe" | "always";

export interface BlockRanges {
  /** What every subexpression can be, by its node; nodes that can never be evaluated are absent. */
  readonly of: ReadonlyMap<Expression, Interval>;
  /** What each assigned name is after the block; none when every run of the block fails. */
  readonly results: ReadonlyMap<string, Interval>;
  /**
   * By node. A call of `wrap`, `saturate` or `clamp`: whether it changes its first argument. A `?:`: whether its
   * condition holds. Nodes that can never be evaluated are absent.
   */
  readonly acts: ReadonlyMap<Expression, Happens>;
  /** Operations that may have no result (a negative shift, a divisor of 0), by node. */
  readonly fails: ReadonlyMap<Expression, "maybe" | "always">;
}

/**
 * Read a block in intervals.
 *
 * @param inputs what each name can be at the entry of the block; one that is missing can be anything
 */
export function rangesOf(block: Block, inputs: ReadonlyMap<string, Interval>): BlockRanges {
  const walk = new Walk(inputs);
  const names = new Map(inputs);
  const results = new Map<string, Interval>();
  for (const line of block) {
    const value = walk.expression(line.value, names);
    if (value === null) return { ...walk, results: new Map() };
    names.set(line.name, value);
    results.set(line.name, value);
  }
  return { ...walk, results };
}

type Names = ReadonlyMap<string, Interval>;

class Walk {
  readonly of = new Map<Expression, Interval>();
  readonly acts = new Map<Expression, Happens>();
  readonly fails = new Map<Expression, "maybe" | "always">();
  readonly #entry: Names;

  constructor(entry: Names) {
    this.#entry = entry;
  }

  /** What an expression can be, or null where it never has a value. */
  expression(expression: Expression, names: Names): Interval | null {
    const value = this.value(expression, names);
    if (value === null) return null;
    const before = this.of.get(expression);
    this.of.set(expression, before === undefined ? value : hull(before, value));
    return value;
  }

  private value(expression: Expression, names: Names): Interval | null {
    switch (expression.kind) {
      case "number":
        return only(BigInt(expression.value));
      case "name":
        return names.get(expression.name) ?? anything;
      case "old":
        return this.#entry.get(expression.name) ?? anything;
      case "unary": {
        const operand = this.expression(expression.operand, names);
        return operand && (expression.operator === "-" ? negated(operand) : isZero(operand));
      }
      case "choice":
        return this.choice(expression, names);
      case "binary":
        return this.binary(expression, names);
      case "call":
        return this.call(expression, names);
    }
  }

  private choice(expression: Extract<Expression, { kind: "choice" }>, names: Names): Interval | null {
    const condition = this.expression(expression.condition, names);
    if (condition === null) return null;
    const zero = isZero(condition);
    const no = zero.high === 1n ? this.under(expression.condition, false, expression.no, names) : null;
    const yes = zero.low === 0n ? this.under(expression.condition, true, expression.yes, names) : null;
    this.note(expression, zero.high === 0n ? "always" : zero.low === 1n ? "never" : "maybe");
    return yes === null ? no : no === null ? yes : hull(yes, no);
  }

  /** An expression where a condition holds, or does not. */
  private under(condition: Expression, holds: boolean, expression: Expression, names: Names): Interval | null {
    const narrowed = narrow(condition, holds, names, this.of);
    return narrowed === null ? null : this.expression(expression, narrowed);
  }

  private binary(expression: Extract<Expression, { kind: "binary" }>, names: Names): Interval | null {
    const { operator } = expression;
    const left = this.expression(expression.left, names);
    if (left === null) return null;
    if (operator === "&&" || operator === "||") {
      const decided = operator === "||";
      const zero = isZero(left);
      if (decided ? zero.high === 0n : zero.low === 1n) return only(decided ? 1n : 0n);
      const right = this.under(expression.left, !decided, expression.right, names);
      const own = right === null ? null : isZero(isZero(right));
      const other = (decided ? zero.low === 0n : zero.high === 1n) ? only(decided ? 1n : 0n) : null;
      return own === null ? other : other === null ? own : hull(own, other);
    }
    const right = this.expression(expression.right, names);
    if (right === null) return null;
    if (operator === "<<" || operator === ">>") this.amount(expression, right, 0n);
    return binaryInterval(operator, left, right);
  }

  private call(expression: Extract<Expression, { kind: "call" }>, names: Names): Interval | null {
    const args: Interval[] = [];
    for (const argument of expression.args) {
      const value = this.expression(argument, names);
      if (value === null) return null;
      args.push(value);
    }
    const { name } = expression;
    for (const [index, argument] of args.entries()) {
      if (index > 0 && shifting.has(name)) this.amount(expression, argument, name === "wrap" ? 1n : 0n);
    }
    if (name === "div_down" || name === "rem") this.fail(expression, isZero(args[1]!));
    const value = callInterval(name, args);
    if (value !== null && cutting.has(name))
      this.note(expression, acting(name, args as [Interval, Interval, Interval]));
    return value;
  }

  private amount(expression: Expression, bits: Interval, least: bigint): void {
    const possible = amounts(bits, least);
    if (possible === null) this.fail(expression, only(1n));
    else if (!covers(possible, bits)) this.fail(expression, { low: 0n, high: 1n });
  }

  private fail(expression: Expression, { low, high }: Interval): void {
    if (high === 0n) return;
    const own = low === 1n ? "always" : "maybe";
    const before = this.fails.get(expression);
    this.fails.set(expression, before === undefined || before === own ? own : "maybe");
  }

  private note(expression: Expression, happens: Happens): void {
    const before = this.acts.get(expression);
    this.acts.set(expression, before === undefined || before === happens ? happens : "maybe");
  }
}

const shifting: ReadonlySet<string> = new Set(["wrap", "toward_zero", "down", "nearest_even", "bits"]);
const cutting: ReadonlySet<string> = new Set(["wrap", "saturate", "clamp"]);

/** Whether `wrap`, `saturate` or `clamp` changes its first argument. */
function acting(name: string, [a, b, c]: readonly [Interval, Interval, Interval]): Happens {
  if (name === "wrap") {
    const half = 1n << ((amounts(b, 1n)?.low ?? 1n) - 1n);
    const most = 1n << ((amounts(b, 1n)?.high ?? 1n) - 1n);
    if (covers({ low: -half, high: half - 1n }, a)) return "never";
    return overlap({ low: -most, high: most - 1n }, a) === null ? "always" : "maybe";
  }
  if (b.high <= a.low && a.high <= c.low) return "never";
  return a.high < b.low || a.low > c.high ? "always" : "maybe";
}

const opposite: Readonly<Partial<Record<BinaryOperator, BinaryOperator>>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};
const mirrored: Readonly<Partial<Record<BinaryOperator, BinaryOperator>>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};

/** The names' intervals where a condition holds (or does not), null where it cannot. */
function narrow(
  condition: Expression,
  holds: boolean,
  names: Names,
  of: ReadonlyMap<Expression, Interval>,
): Names | null {
  if (condition.kind === "unary" && condition.operator === "!") return narrow(condition.operand, !holds, names, of);
  if (condition.kind === "name") return holds ? without(condition, 0n, names) : within(condition, only(0n), names);
  if (condition.kind !== "binary") return names;
  const { operator, left, right } = condition;
  if (operator === (holds ? "&&" : "||")) {
    const first = narrow(left, holds, names, of);
    return first === null ? null : narrow(right, holds, first, of);
  }
  const relation = holds ? operator : opposite[operator];
  if (relation === undefined || mirrored[relation] === undefined) return names;
  const first = limit(left, relation, of.get(right) ?? anything, names);
  return first === null ? null : limit(right, mirrored[relation]!, of.get(left) ?? anything, first);
}

/** Narrow what a name (or the argument of an `abs`) can be by how it compares with something. */
function limit(side: Expression, relation: BinaryOperator, other: Interval, names: Names): Names | null {
  if (relation === "!=") return other.low === other.high ? without(side, other.low, names) : names;
  const range = between(
    relation === ">" ? other.low + 1n : relation === ">=" || relation === "==" ? other.low : anything.low,
    relation === "<" ? other.high - 1n : relation === "<=" || relation === "==" ? other.high : anything.high,
  );
  if (side.kind === "call" && side.name === "abs" && range.high !== anything.high) {
    return range.high < 0n ? null : within(side.args[0]!, { low: -range.high, high: range.high }, names);
  }
  return within(side, range, names);
}

function within(side: Expression, range: Interval, names: Names): Names | null {
  if (side.kind !== "name") return names;
  const own = overlap(names.get(side.name) ?? anything, range);
  return own === null ? null : new Map([...names, [side.name, own]]);
}

/** Without one value, if it is at an end. */
function without(side: Expression, value: bigint, names: Names): Names | null {
  if (side.kind !== "name") return names;
  const { low, high } = names.get(side.name) ?? anything;
  if (!contains({ low, high }, value)) return names;
  if (low === high) return null;
  const own = low === value ? { low: low + 1n, high } : high === value ? { low, high: high - 1n } : { low, high };
  return new Map([...names, [side.name, own]]);
}
