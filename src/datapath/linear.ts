/**
 * Values as sums of multiples of other values, so that what cancels is seen to cancel: `x - (x >> 3)`, `old + change - old`.
 *
 * Coefficients are intervals of real numbers, kept as integers with 64 binary places and rounded outward.
 */

import { deepest, type Value } from "./graph.ts";
import { amounts, between, isBounded, valueOf, type Interval } from "./interval.ts";

const places = 64n;
const unit = 1n << places;

/** The sum of `coefficient * value` over the terms, plus `rest`; all intervals in units of 2^-64. */
export interface Sum {
  readonly terms: ReadonlyMap<Value, Interval>;
  readonly rest: Interval;
}

/** What is known of the values. */
export interface Known {
  /** What a value can be, or null where it has none. */
  range(value: Value): Interval | null;
  /** The operand that an operation hands on unchanged (a cut that never acts, a choice that is made), or itself. */
  handedOn(value: Value): Value;
  /** Sums already worked out. */
  readonly sums: Map<Value, Sum>;
}

/** The interval of a sum or difference whose operands share something; null where this says nothing. */
export function sumRange(value: Value, known: Known): Interval | null {
  if (value.depth > deepest) return null;
  const sum = sumOf(value, known);
  let { low, high } = sum.rest;
  for (const [term, coefficient] of sum.terms) {
    const range = known.range(term);
    if (range === null || !isBounded(range)) return null;
    const product = times(coefficient, range);
    low += product.low;
    high += product.high;
  }
  return between(-(-low >> places), high >> places);
}

function sumOf(value: Value, known: Known): Sum {
  const before = known.sums.get(value);
  if (before !== undefined) return before;
  const sum = value.depth > deepest ? alone(value) : workedOut(known.handedOn(value), known);
  known.sums.set(value, sum);
  return sum;
}

function workedOut(value: Value, known: Known): Sum {
  const [a, b] = value.args;
  switch (value.operation) {
    case "number":
      return { terms: new Map(), rest: scaled(value.number!) };
    case "negate":
      return multiplied(sumOf(a!, known), { low: -unit, high: -unit });
    case "+":
      return added(sumOf(a!, known), sumOf(b!, known));
    case "-":
      return added(sumOf(a!, known), multiplied(sumOf(b!, known), { low: -unit, high: -unit }));
    case "*":
      return productOf(value, known) ?? alone(value);
    case "<<":
    case ">>":
    case "toward_zero":
    case "nearest_even":
      return shiftOf(value, known) ?? alone(value);
    case "div_down":
      return quotientOf(value, known) ?? alone(value);
    default:
      return alone(value);
  }
}

function alone(value: Value): Sum {
  return { terms: new Map([[value, { low: unit, high: unit }]]), rest: { low: 0n, high: 0n } };
}

function scaled(value: bigint): Interval {
  return { low: value << places, high: value << places };
}

function added(a: Sum, b: Sum): Sum {
  const terms = new Map(a.terms);
  for (const [value, own] of b.terms) {
    const other = terms.get(value) ?? { low: 0n, high: 0n };
    terms.set(value, { low: own.low + other.low, high: own.high + other.high });
  }
  return { terms, rest: { low: a.rest.low + b.rest.low, high: a.rest.high + b.rest.high } };
}

/** A sum times a real number, both in units of 2^-64. */
function multiplied({ terms, rest }: Sum, by: Interval): Sum {
  const product = (own: Interval): Interval => {
    const { low, high } = times(own, by);
    return { low: low >> places, high: -(-high >> places) };
  };
  return { terms: new Map([...terms].map(([value, own]) => [value, product(own)])), rest: product(rest) };
}

function times(a: Interval, b: Interval): Interval {
  const all = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return { low: all.reduce((x, y) => (x < y ? x : y)), high: all.reduce((x, y) => (x > y ? x : y)) };
}

/** One factor as it is, times all that the other (the one that varies less) can be. */
function productOf({ args }: Value, known: Known): Sum | null {
  const [a, b] = args as [Value, Value];
  const [rangeA, rangeB] = [known.range(a), known.range(b)];
  if (rangeA === null || rangeB === null) return null;
  const [kept, factor] = rangeA.high - rangeA.low < rangeB.high - rangeB.low ? [b, rangeA] : [a, rangeB];
  if (!isBounded(factor)) return null;
  return multiplied(sumOf(kept, known), { low: factor.low << places, high: factor.high << places });
}

/** A shift is a multiplication by 2^n or 2^-n and, to the right, what rounding takes away. */
function shiftOf({ operation, args }: Value, known: Known): Sum | null {
  const [shifted, bits] = args as [Value, Value];
  const [range, amount] = [known.range(shifted), known.range(bits)];
  const possible = amount === null ? null : amounts(amount);
  if (range === null || possible === null || possible.high > places) return null;
  const left = operation === "<<";
  const factor = left
    ? { low: unit << possible.low, high: unit << possible.high }
    : { low: unit >> possible.high, high: unit >> possible.low };
  const exact = multiplied(sumOf(shifted, known), factor);
  if (left || possible.high === 0n) return exact;
  // The largest share of an LSB that can be lost.
  const most = unit - (unit >> possible.high);
  const rounding = {
    ">>": { low: -most, high: 0n },
    toward_zero: { low: range.high <= 0n ? 0n : -most, high: range.low >= 0n ? 0n : most },
    nearest_even: { low: -unit / 2n, high: unit / 2n },
  }[operation as ">>" | "toward_zero" | "nearest_even"];
  return added(exact, { terms: new Map(), rest: rounding });
}

function quotientOf({ args }: Value, known: Known): Sum | null {
  const [dividend, divisor] = args as [Value, Value];
  const by = known.range(divisor);
  const fixed = by === null ? null : valueOf(by);
  if (fixed === null || fixed <= 0n) return null;
  const factor = { low: unit / fixed, high: (unit + fixed - 1n) / fixed };
  const rounding = { low: -unit + unit / fixed, high: 0n };
  return added(multiplied(sumOf(dividend, known), factor), { terms: new Map(), rest: rounding });
}
