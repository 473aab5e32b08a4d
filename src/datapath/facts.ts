/** What is known of a block's values: from their operands, from assumptions, and from both together. */

import { deepest, isMadeOf, type Graph, type Value } from "./graph.ts";
import {
  amounts,
  anything,
  between,
  binaryInterval,
  callInterval,
  covers,
  hull,
  isZero,
  negated,
  only,
  overlap,
  signed,
  type Interval,
} from "./interval.ts";
import { sumRange, type Known, type Sum } from "./linear.ts";
import { operandsOf, without } from "./narrow.ts";

/** Operations through which what is learned of a value is followed back. */
const deepestLearned = 50;

/** How many intervals may still be worked out before assumptions are no longer followed through. */
export interface Work {
  left: number;
}

/** Everything known under some assumptions; `under` gives what is known under one more. */
export class Facts implements Known {
  readonly sums: Map<Value, Sum> = new Map();
  readonly #graph: Graph;
  readonly #work: Work;
  readonly #parent: Facts | null;
  readonly #learned = new Map<Value, Interval>();
  readonly #settled = new Map<Value, Interval>();
  readonly #ranges = new Map<Value, Interval | null>();
  readonly #under = new Map<Value, { yes?: Facts | null; no?: Facts | null }>();

  constructor(graph: Graph, work: Work, parent: Facts | null = null) {
    this.#graph = graph;
    this.#work = work;
    this.#parent = parent;
  }

  /** What a value can be where it is worked out; null: it never is, or never has a result. */
  range(value: Value): Interval | null {
    const before = this.#ranges.get(value);
    if (before !== undefined) return before;
    if (this.#parent !== null && !this.#touches(value)) return this.#parent.range(value);
    this.#work.left--;
    const range = this.#limited(value, this.#forward(value));
    this.#ranges.set(value, range);
    return range;
  }

  /** The facts when a condition holds too, or does not; null where it cannot. */
  under(condition: Value, holds: boolean): Facts | null {
    const known = this.#under.get(condition) ?? {};
    this.#under.set(condition, known);
    const key = holds ? "yes" : "no";
    known[key] ??= this.#assume(condition, holds);
    return known[key];
  }

  #assume(condition: Value, holds: boolean): Facts | null {
    const range = this.range(condition);
    const own = range && (holds ? without(range, 0n) : overlap(range, only(0n)));
    if (own === null) return null;
    return own.low === range!.low && own.high === range!.high && own.low === own.high
      ? this
      : this.when(condition, own);
  }

  /** The facts when a value lies in an interval too; null where it cannot. */
  when(value: Value, interval: Interval): Facts | null {
    const facts = new Facts(this.#graph, this.#work, this);
    return facts.learn(value, interval) && facts.#revisit() ? facts : null;
  }

  /** Take in that a value lies in an interval, with what follows for its operands; false: it cannot. */
  learn(value: Value, interval: Interval, levels: number = deepestLearned): boolean {
    const before = this.range(value);
    const now = before && overlap(before, interval);
    if (now === null) return false;
    if (now.low === before!.low && now.high === before!.high) return true;
    this.#learned.set(value, now);
    for (const memory of [this.#ranges, this.#under, this.sums]) memory.clear();
    return (
      levels === 0 || (this.#learnOperands(value, now, levels - 1) && this.#learnDifference(value, now, levels - 1))
    );
  }

  /** Take in what a value was found to be, its cases looked at one by one; nothing follows for its operands. */
  settle(value: Value, range: Interval): void {
    const before = this.range(value);
    if (before !== null && covers(range, before)) return;
    this.#settled.set(value, range);
    this.#ranges.delete(value);
  }

  handedOn(value: Value): Value {
    let last = value;
    for (let next = this.#passes(last); next !== null; next = this.#passes(last)) last = next;
    return last;
  }

  /** What was known of a value before may now say more of its operands. */
  #revisit(facts: Facts = this): boolean {
    for (const [value, range] of facts.#learned) {
      if (this.#work.left-- <= 0) return true;
      const isNews = value.args.length > 0 && this.#touches(value);
      if (isNews && !this.#learnOperands(value, range, deepestLearned)) return false;
    }
    return facts.#parent === null || this.#revisit(facts.#parent);
  }

  #learnOperands({ operation, args }: Value, result: Interval, levels: number): boolean {
    if (operation === "?:") return this.#learnChoice(args as [Value, Value, Value], result, levels);
    // The right side of && and || need not have been worked out.
    const ranges = args.map((argument) => this.range(argument) ?? anything);
    const narrowed = operandsOf(operation, result, ranges);
    if (narrowed === null) return false;
    return args.every((argument, i) => covers(narrowed[i]!, ranges[i]!) || this.learn(argument, narrowed[i]!, levels));
  }

  #learnChoice([condition, yes, no]: readonly [Value, Value, Value], result: Interval, levels: number): boolean {
    const zero = isZero(this.range(condition) ?? anything);
    // Without the condition as a further assumption: those would multiply.
    const possible = (branch: Value): boolean => overlap(this.range(branch) ?? anything, result) !== null;
    const canYes = zero.low === 0n && possible(yes);
    const canNo = zero.high === 1n && possible(no);
    if (canYes && canNo) return true;
    if (!canYes && !canNo) return false;
    const own = this.range(condition);
    const known = own && (canYes ? without(own, 0n) : overlap(own, only(0n)));
    return known !== null && this.learn(condition, known, levels) && this.learn(canYes ? yes : no, result, levels);
  }

  /** A comparison says between which numbers the difference of its sides lies. */
  #learnDifference({ operation, args }: Value, result: Interval, levels: number): boolean {
    const difference =
      result.low === result.high ? (result.low === 1n ? differences : opposites)[operation] : undefined;
    if (difference === undefined) return true;
    const [a, b] = args as [Value, Value];
    return (
      this.learn(this.#graph.operation("-", [a, b]), difference, levels) &&
      this.learn(this.#graph.operation("-", [b, a]), negated(difference), levels)
    );
  }

  /** Whether something was learned about a value or what it is made of. */
  #touches(value: Value): boolean {
    if (value.depth > deepest || this.#work.left <= 0) return this.#learned.has(value) || this.#settled.has(value);
    for (const one of this.#learned.keys()) if (isMadeOf(value, one)) return true;
    for (const one of this.#settled.keys()) if (isMadeOf(value, one)) return true;
    return false;
  }

  /** A range cut to everything else that is known of the value. */
  #limited(value: Value, range: Interval | null): Interval | null {
    const found = [this.#learned.get(value) ?? anything, this.#settled.get(value) ?? anything];
    const own = found.reduce<Interval | null>((left, known) => left && overlap(left, known), range);
    return this.#parent === null ? own : this.#parent.#limited(value, own);
  }

  /** What follows for a value from its operands. */
  #forward(value: Value): Interval | null {
    const { operation, args } = value;
    switch (operation) {
      case "number":
        return only(value.number!);
      case "entry":
        return anything;
      case "?:":
        return this.#choice(args as [Value, Value, Value]);
      case "&&":
      case "||":
        return this.#decision(operation, args as [Value, Value]);
    }
    const ranges: Interval[] = [];
    for (const argument of args) {
      const range = this.range(argument);
      if (range === null) return null;
      ranges.push(range);
    }
    const plain = resultOf(operation, ranges);
    const related = plain === null ? null : this.#related(value);
    return plain === null || related === null ? plain : overlap(plain, related);
  }

  #choice([condition, yes, no]: readonly [Value, Value, Value]): Interval | null {
    return either(this.#where(condition, true)?.range(yes), this.#where(condition, false)?.range(no));
  }

  /** The facts where a condition holds, or does not: those of `under` where it was asked for, else no more than here. */
  #where(condition: Value, holds: boolean): Facts | null {
    const known = this.#under.get(condition)?.[holds ? "yes" : "no"];
    if (known !== undefined) return known;
    const range = this.range(condition);
    if (range === null) return null;
    const zero = isZero(range);
    return (holds ? zero.low === 1n : zero.high === 0n) ? null : this;
  }

  #decision(operation: "&&" | "||", [left, right]: readonly [Value, Value]): Interval | null {
    const goesOn = operation === "&&";
    const rest = this.#where(left, goesOn)?.range(right);
    const decided = this.#where(left, !goesOn) === null ? null : only(goesOn ? 0n : 1n);
    return either(rest && isZero(isZero(rest)), decided);
  }

  /** What the operands say together: of sums that cancel, and of what a division takes away. */
  #related(value: Value): Interval | null {
    const { operation, args } = value;
    const [a, b] = args as [Value, Value];
    if (operation === "*") {
      const limit = this.#multipleBelow(a, b) ?? this.#multipleBelow(b, a);
      return limit === null ? null : between(anything.low, limit.high > 0n ? limit.high : 0n);
    }
    if (operation !== "+" && operation !== "-") return null;
    const sum = shares(a, b) ? sumRange(value, this) : null;
    const rest = operation === "-" ? this.#restOf(a, this.handedOn(b)) : null;
    return sum === null || rest === null ? (sum ?? rest) : overlap(sum, rest);
  }

  /** Of `dividend - count * divisor`, where the count is no larger than the quotient. */
  #restOf(dividend: Value, { operation, args }: Value): Interval | null {
    if (operation !== "*") return null;
    const [a, b] = args as [Value, Value];
    return this.#restAfter(dividend, a, b) ?? this.#restAfter(dividend, b, a);
  }

  #restAfter(dividend: Value, count: Value, divisor: Value): Interval | null {
    const [times, by, range] = [this.range(count), this.range(divisor), this.range(dividend)];
    if (times === null || by === null || range === null || by.low <= 0n) return null;
    const whole = this.handedOn(count);
    const isQuotient = whole.operation === "div_down" && whole.args[1] === divisor;
    if (isQuotient && this.handedOn(whole.args[0]!) === this.handedOn(dividend)) return between(0n, by.high - 1n);
    if (times.low < 0n || !this.#isBelow(whole, dividend, divisor, deepestQuotient)) return null;
    return { low: range.low < 0n ? range.low : 0n, high: range.high };
  }

  /** The dividend whose quotient a count is made of, if the count times the divisor cannot exceed it. */
  #multipleBelow(count: Value, divisor: Value): Interval | null {
    const by = this.range(divisor);
    if (by === null || by.low <= 0n) return null;
    const dividend = this.#dividendOf(count, divisor, deepestQuotient);
    if (dividend === null || !this.#isBelow(count, dividend, divisor, deepestQuotient)) return null;
    return this.range(dividend);
  }

  #dividendOf(count: Value, divisor: Value, levels: number): Value | null {
    const { operation, args } = this.handedOn(count);
    if (operation === "div_down") return args[1] === divisor ? args[0]! : null;
    if (levels === 0 || !["?:", "min", "max"].includes(operation)) return null;
    for (const argument of args) {
      const found = this.#dividendOf(argument, divisor, levels - 1);
      if (found !== null) return found;
    }
    return null;
  }

  /** Whether count * divisor is at most the dividend, or 0 where that is negative; the divisor is positive. */
  #isBelow(count: Value, dividend: Value, divisor: Value, levels: number): boolean {
    const value = this.handedOn(count);
    const range = this.range(value);
    if (range === null || range.high <= 0n) return true;
    const [a, b, c] = value.args;
    const below = (one: Value | undefined): boolean => this.#isBelow(one!, dividend, divisor, levels - 1);
    if (value.operation === "div_down") return b === divisor && this.#isAtMost(a!, dividend);
    if (levels === 0) return false;
    if (value.operation === "?:") return below(b) && below(c);
    if (value.operation === "min") return below(a) || below(b);
    return value.operation === "max" && below(a) && below(b);
  }

  /** Whether a value is the other, or that cut off at the top, or at the bottom at 0 or below. */
  #isAtMost(value: Value, other: Value): boolean {
    const { operation, args } = this.handedOn(value);
    const isOther = (one: Value): boolean => this.handedOn(one) === this.handedOn(other);
    if (isOther(value)) return true;
    if (operation === "min") return args.some(isOther);
    return operation === "max" && args.some((one, i) => isOther(one) && (this.range(args[1 - i]!)?.high ?? 1n) <= 0n);
  }

  /** The operand that an operation gives unchanged, as far as is known; null when it does something. */
  #passes({ operation, args }: Value): Value | null {
    const [a, b, c] = args;
    switch (operation) {
      case "?:": {
        const zero = isZero(this.range(a!) ?? { low: 0n, high: 1n });
        return zero.high === 0n ? b! : zero.low === 1n ? c! : null;
      }
      case "wrap":
      case "saturate":
      case "clamp": {
        const ranges = args.map((argument) => this.range(argument));
        return ranges.every((range) => range !== null) && cuts(operation, ranges) === "never" ? a! : null;
      }
      case "min":
      case "max": {
        const [x, y] = [this.range(a!), this.range(b!)];
        if (x === null || y === null) return null;
        const firstIsLess = x.high <= y.low;
        if (!firstIsLess && y.high > x.low) return null;
        return firstIsLess === (operation === "min") ? a! : b!;
      }
      default:
        return null;
    }
  }
}

/** Nested choices, minima and maxima that a quotient may be wrapped in. */
const deepestQuotient = 6;

/** Differences of the sides where a comparison holds; `!=` says nothing. */
const differences: Readonly<Record<string, Interval>> = {
  "==": only(0n),
  "<": { low: anything.low, high: -1n },
  "<=": { low: anything.low, high: 0n },
  ">": { low: 1n, high: anything.high },
  ">=": { low: 0n, high: anything.high },
};
const opposites: Readonly<Record<string, Interval>> = {
  "!=": only(0n),
  ">=": differences["<"]!,
  ">": differences["<="]!,
  "<=": differences[">"]!,
  "<": differences[">="]!,
};

/** Whether something happens: on no value of the names, on all of them, or perhaps on some. */
export type Happens = "never" | "maybe" | "always";

/** Whether `wrap`, `saturate` or `clamp` changes its first argument. */
export function cuts(name: string, [a, b, c = anything]: readonly Interval[]): Happens {
  if (name !== "wrap") {
    if (b!.high <= a!.low && a!.high <= c.low) return "never";
    // Ends that are the wrong way round leave alone what lies at the upper one.
    return (a!.high < b!.low && overlap(a!, c) === null) || a!.low > c.high ? "always" : "maybe";
  }
  const width = amounts(b!, 1n);
  if (width === null) return "maybe";
  if (covers(signed(width.low), a!)) return "never";
  return overlap(signed(width.high), a!) === null ? "always" : "maybe";
}

/** Operations whose later operands are amounts of bits. */
const shifting: ReadonlySet<string> = new Set(["<<", ">>", "wrap", "toward_zero", "down", "nearest_even", "bits"]);
const dividing: ReadonlySet<string> = new Set(["div_down", "rem"]);

/** Whether an operation has no result: a negative or huge amount of bits, a divisor of 0. */
export function fails(operation: string, args: readonly Interval[]): Happens {
  if (dividing.has(operation)) return happensWhere(isZero(args[1]!));
  if (!shifting.has(operation)) return "never";
  const bits = args.slice(1);
  const possible = bits.map((own) => amounts(own, operation === "wrap" ? 1n : 0n));
  if (possible.includes(null)) return "always";
  return possible.every((own, i) => covers(own!, bits[i]!)) ? "never" : "maybe";
}

/** Of a truth, 0 or 1. */
export function happensWhere({ low, high }: Interval): Happens {
  return low === 1n ? "always" : high === 0n ? "never" : "maybe";
}

function resultOf(operation: string, ranges: readonly Interval[]): Interval | null {
  const [a, b] = ranges as [Interval, Interval?];
  if (operation === "negate") return negated(a);
  if (operation === "!") return isZero(a);
  return isOperator(operation) ? binaryInterval(operation, a, b!) : callInterval(operation, ranges);
}

const operators = ["+", "-", "*", "<<", ">>", "==", "!=", "<", "<=", ">", ">="] as const;

function isOperator(operation: string): operation is (typeof operators)[number] {
  return (operators as readonly string[]).includes(operation);
}

function either(a: Interval | null | undefined, b: Interval | null | undefined): Interval | null {
  return a && b ? hull(a, b) : (a ?? b ?? null);
}

/** Whether two values are made of something in common, so that a sum of them may cancel. */
function shares(a: Value, b: Value): boolean {
  for (const entry of a.entries) if (b.entries.has(entry)) return true;
  return false;
}
