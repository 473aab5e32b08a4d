/** Operations read backward: what the operands can be when something is known of the result. */

import {
  amounts,
  anything,
  between,
  contains,
  covers,
  hull,
  isBounded,
  negated,
  only,
  overlap,
  signed,
  valueOf,
  type Interval,
} from "./interval.ts";

/** Intervals of the operands, in order. */
type Operands = readonly Interval[];

/**
 * What the operands of an operation can be.
 *
 * @param result what its value is known to be
 * @param args what the operands are known to be; the operation has a value for them
 * @returns the operands' intervals, none larger than before; null where no operands give such a result
 */
export function operandsOf(operation: string, result: Interval, args: Operands): Operands | null {
  const limits = limitsOf(operation, result, args);
  if (limits === null) return null;
  const narrowed: Interval[] = [];
  for (const [index, own] of args.entries()) {
    const left = overlap(own, limits[index] ?? anything);
    if (left === null) return null;
    narrowed.push(left);
  }
  return narrowed;
}

/** Intervals in which the operands lie, as far as the result says; the first ones, the others being free. */
function limitsOf(operation: string, result: Interval, args: Operands): Operands | null {
  const [a = anything, b = anything, c = anything] = args;
  switch (operation) {
    case "negate":
      return [negated(result)];
    case "+":
      return [between(result.low - b.high, result.high - b.low), between(result.low - a.high, result.high - a.low)];
    case "-":
      return [between(result.low + b.low, result.high + b.high), between(a.low - result.high, a.high - result.low)];
    case "*":
      return [factorOf(result, a, b), factorOf(result, b, a)];
    case "<<":
      return [shiftedBack(result, b, (amount) => ({ low: -(-result.low >> amount), high: result.high >> amount }))];
    case ">>":
      return [
        shiftedBack(result, b, (amount) => {
          return { low: result.low << amount, high: ((result.high + 1n) << amount) - 1n };
        }),
      ];
    case "toward_zero":
      return [
        shiftedBack(result, b, (amount) => ({
          low: result.low > 0n ? result.low << amount : ((result.low - 1n) << amount) + 1n,
          high: result.high < 0n ? result.high << amount : ((result.high + 1n) << amount) - 1n,
        })),
      ];
    case "div_down": {
      const by = valueOf(b);
      if (by === null || by <= 0n || !isBounded(result)) return [];
      return [between(result.low * by, result.high * by + by - 1n)];
    }
    case "min":
      return [belowUnless(result, b.low > result.high), belowUnless(result, a.low > result.high)];
    case "max":
      return [aboveUnless(result, b.high < result.low), aboveUnless(result, a.high < result.low)];
    case "abs": {
      if (result.high < 0n) return null;
      const near = between(-result.high, result.high);
      return [a.low >= 0n ? { low: larger(0n, result.low), high: near.high } : near];
    }
    case "sign":
      return [{ low: floorOfSign(result.low), high: -floorOfSign(-result.high) }];
    case "clamp":
    case "saturate":
      return [
        {
          low: result.low > b.high ? result.low : anything.low,
          high: result.high < c.low ? result.high : anything.high,
        },
      ];
    case "wrap": {
      const width = amounts(b, 1n);
      if (width === null) return null;
      return covers(signed(width.low), a) ? [result] : [];
    }
    default:
      return truths.has(operation) ? truthOf(operation, result, a, b) : [];
  }
}

/** Operations that give 0 or 1. */
const truths: ReadonlySet<string> = new Set(["!", "&&", "||", "==", "!=", "<", "<=", ">", ">="]);

function truthOf(operation: string, result: Interval, a: Interval, b: Interval): Operands | null {
  if (overlap(result, { low: 0n, high: 1n }) === null) return null;
  const isFalse = !contains(result, 1n);
  if (!isFalse && contains(result, 0n)) return [];
  switch (isFalse ? (opposites[operation] ?? operation) : operation) {
    case "!":
      return isFalse ? one(without(a, 0n)) : [only(0n)];
    case "&&":
      if (!isFalse) return both(without(a, 0n), without(b, 0n));
      return !contains(a, 0n) ? [anything, only(0n)] : !contains(b, 0n) ? [only(0n)] : [];
    case "||":
      if (isFalse) return [only(0n), only(0n)];
      return valueOf(a) === 0n ? both(a, without(b, 0n)) : valueOf(b) === 0n ? one(without(a, 0n)) : [];
    case "==":
      return [b, a];
    case "!=": {
      const [valueA, valueB] = [valueOf(a), valueOf(b)];
      return both(valueB === null ? a : without(a, valueB), valueA === null ? b : without(b, valueA));
    }
    case "<":
      return [upTo(b.high - 1n), from(a.low + 1n)];
    case "<=":
      return [upTo(b.high), from(a.low)];
    case ">":
      return [from(b.low + 1n), upTo(a.high - 1n)];
    case ">=":
      return [from(b.low), upTo(a.high)];
    default:
      return [];
  }
}

const opposites: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

function upTo(high: bigint): Interval {
  return between(anything.low, high);
}

function from(low: bigint): Interval {
  return between(low, anything.high);
}

function one(a: Interval | null): Operands | null {
  return a && [a];
}

function both(a: Interval | null, b: Interval | null): Operands | null {
  return a && b && [a, b];
}

/** Without one value, which changes something where it is an end. */
export function without({ low, high }: Interval, value: bigint): Interval | null {
  if (low === high && low === value) return null;
  return { low: low === value ? low + 1n : low, high: high === value ? high - 1n : high };
}

/** What `a` can be when a * b lies in `result`. */
function factorOf(result: Interval, a: Interval, b: Interval): Interval {
  if (contains(b, 0n) || !isBounded(result)) return a;
  // |a * b| >= |a|, and more where b is far from 0.
  const [low, high] = b.low > 0n ? [b.low, b.high] : [-b.high, -b.low];
  const ends = b.low > 0n ? result : negated(result);
  const least = ends.low > 0n ? ceiling(ends.low, high) : ceiling(ends.low, low);
  const most = ends.high < 0n ? floor(ends.high, high) : floor(ends.high, low);
  return between(least, most);
}

/** Quotients by a positive number. */
function floor(a: bigint, by: bigint): bigint {
  return a >= 0n ? a / by : -((-a + by - 1n) / by);
}

function ceiling(a: bigint, by: bigint): bigint {
  return -floor(-a, by);
}

/** What a shifted number was, worked out for one amount; for several, all of them together. */
function shiftedBack(result: Interval, bits: Interval, before: (amount: bigint) => Interval): Interval {
  const amount = amounts(bits);
  if (amount === null || !isBounded(result)) return anything;
  const [least, most] = [before(amount.low), before(amount.high)];
  return hull(between(least.low, least.high), between(most.low, most.high));
}

function belowUnless(result: Interval, fromHere: boolean): Interval {
  return { low: result.low, high: fromHere ? result.high : anything.high };
}

function aboveUnless(result: Interval, fromHere: boolean): Interval {
  return { low: fromHere ? result.low : anything.low, high: result.high };
}

/** The least number whose sign is at least this. */
function floorOfSign(sign: bigint): bigint {
  return sign > 0n ? 1n : sign === 0n ? 0n : anything.low;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
