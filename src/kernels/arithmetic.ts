/**
 * The operations of the language on values of vectors. What the intervals prove is computed in the narrowest lanes that
 * hold it. Where an intermediate may leave its lanes, the value is lost there, and with it everything computed from it; where
 * an operation may have no result (a negative shift, a divisor of 0), a flag is raised at once.
 */

import { binaryInterval, callInterval, hull, overlap, valueOf, type Interval } from "../datapath/interval.ts";
import type { Instruction } from "./encode.ts";
import { Graph, lowBits, type Lane, type Vector } from "./vector.ts";

/** A value of a block: one number for all neurons, numbers in lanes, or truths. */
export type Value =
  | { readonly kind: "number"; readonly range: Interval; readonly lost: null }
  | {
      readonly kind: "lanes" | "truth";
      /** What it can be where it is not lost. */
      readonly range: Interval;
      readonly node: Vector;
      /** Truths: where lanes did not hold something on the way. */
      readonly lost: Vector | null;
      /** The name of the parameter that it is, unchanged. */
      readonly parameter?: string;
      /** What it is the quotient of, rounded down: a number and one above 0. */
      readonly quotient?: { readonly of: Value; readonly by: bigint };
    };

/** Powers of two by parameters are worked out once: an array of 2^(add + value) or 2^(add - value), by name. */
export type Powers = (parameter: string, direction: 1 | -1, add: number, range: Interval) => Vector;

export type Rounding = "down" | "toward_zero" | "nearest_even";

const widths: readonly Lane[] = ["i16", "i32", "f64"];

/** What the lanes hold exactly. */
export const holds: Readonly<Record<Lane, Interval>> = {
  i16: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  i32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  f64: { low: -(2n ** 53n) + 1n, high: 2n ** 53n - 1n },
};

/** Powers of two by which a double may be multiplied: 2^-1000 of 2^53 is still an ordinary one. */
export const longestShift = 1000n;

const truths: Interval = { low: 0n, high: 1n };

export function within({ low, high }: Interval, outer: Interval): boolean {
  return outer.low <= low && high <= outer.high;
}

export function numberValue(value: bigint): Value {
  return { kind: "number", range: { low: value, high: value }, lost: null };
}

export function narrower(a: Lane, b: Lane): Lane {
  return widths.indexOf(a) <= widths.indexOf(b) ? a : b;
}

/** Makes vectors of operations on values. */
export class Arithmetic {
  readonly graph: Graph = new Graph();
  readonly narrowest: "i16" | "i32";
  readonly #raise: (truth: Vector) => void;
  readonly #powers: Powers;

  /**
   * @param narrowest lanes to use: 16 bits take 8 neurons at a time, and wider values then several vectors
   * @param raise told where an operation has no result
   */
  constructor(narrowest: "i16" | "i32", raise: (truth: Vector) => void, powers: Powers) {
    this.narrowest = narrowest;
    this.#raise = raise;
    this.#powers = powers;
  }

  /** The narrowest lane that holds all of some intervals; doubles where none does. */
  lane(...ranges: readonly Interval[]): Lane {
    const first = widths.indexOf(this.narrowest);
    return widths.find((lane, i) => i >= first && ranges.every((range) => within(range, holds[lane]))) ?? "f64";
  }

  constant(lane: Lane, value: bigint): Vector {
    return this.graph.constant(lane, lane === "f64" ? Number(value) : lowBits(lane, value));
  }

  /** Numbers made from other values, lost where those are. */
  made(range: Interval, node: Vector, ...from: readonly Value[]): Value {
    return { kind: "lanes", range, node, lost: this.union(...from.map(({ lost }) => lost)) };
  }

  truthMade(node: Vector, ...from: readonly Value[]): Value {
    return { kind: "truth", range: truths, node, lost: this.union(...from.map(({ lost }) => lost)) };
  }

  /** Where any of some truths holds. */
  union(...all: readonly (Vector | null)[]): Vector | null {
    return all.reduce((a, b) => (a === null || a === b ? b : b === null ? a : this.either(a, b)), null);
  }

  either(a: Vector, b: Vector): Vector {
    const lane = narrower(a.lane, b.lane);
    return this.graph.or(this.graph.convert(lane, a, "truth"), this.graph.convert(lane, b, "truth"));
  }

  both(a: Vector, b: Vector): Vector {
    const lane = narrower(a.lane, b.lane);
    return this.graph.and(this.graph.convert(lane, a, "truth"), this.graph.convert(lane, b, "truth"));
  }

  /** A value as numbers in a lane that holds it. */
  lanes(value: Value, lane: Lane): Vector {
    if (value.kind === "number") return this.constant(lane, value.range.low);
    if (value.kind === "lanes") return this.graph.convert(lane, value.node);
    return this.graph.and(this.graph.convert(lane, value.node, "truth"), this.graph.constant(lane, 1));
  }

  /** Where a value is not 0. */
  truth(value: Value): Vector {
    if (value.kind === "truth") return value.node;
    if (value.kind === "number") return this.constant("i32", value.range.low === 0n ? 0n : -1n);
    const { lane } = value.node;
    if (value.range.low >= 0n) return this.compare(">", lane, value.node, this.graph.constant(lane, 0));
    return this.graph.not(this.compare("==", lane, value.node, this.graph.constant(lane, 0)));
  }

  not(value: Value): Value {
    return this.truthMade(this.graph.not(this.truth(value)), value);
  }

  /** Both, or either; the second side counts only where the first does not decide. */
  logical(operator: "&&" | "||", a: Value, b: Value): Value {
    const [first, second] = [this.truth(a), this.truth(b)];
    const matters = operator === "&&" ? first : this.graph.not(first);
    const lost = this.union(a.lost, b.lost === null ? null : this.both(matters, b.lost));
    const node = operator === "&&" ? this.both(first, second) : this.either(first, second);
    return { kind: "truth", range: truths, node, lost };
  }

  comparison(operator: string, a: Value, b: Value): Value {
    const lane = this.lane(a.range, b.range);
    return this.truthMade(this.compare(operator, lane, this.lanes(a, lane), this.lanes(b, lane)), a, b);
  }

  /** A truth of the lane. Processors compare integers by `==` and `>` only: the others are made of these. */
  compare(operator: string, lane: Lane, a: Vector, b: Vector): Vector {
    const { graph } = this;
    if (lane === "f64") return graph.apply(lane, doubleComparisons[operator]!, a, b);
    const [equal, greater]: [Instruction, Instruction] =
      lane === "i16" ? ["i16x8.eq", "i16x8.gt_s"] : ["i32x4.eq", "i32x4.gt_s"];
    switch (operator) {
      case "==":
        return graph.apply(lane, equal, a, b);
      case "!=":
        return graph.not(graph.apply(lane, equal, a, b));
      case ">":
        return graph.apply(lane, greater, a, b);
      case "<":
        return graph.apply(lane, greater, b, a);
      case "<=":
        return graph.not(graph.apply(lane, greater, a, b));
      default:
        return graph.not(graph.apply(lane, greater, b, a));
    }
  }

  /** One value where the condition holds, and the other where it does not. */
  select(condition: Value, yes: Value, no: Value): Value {
    const where = this.truth(condition);
    const range = hull(yes.range, no.range);
    const lost = this.union(
      condition.lost,
      yes.lost === null ? null : this.both(where, yes.lost),
      no.lost === null ? null : this.both(this.graph.not(where), no.lost),
    );
    if (within(range, truths) && yes.kind !== "lanes" && no.kind !== "lanes") {
      return { kind: "truth", range: truths, node: this.selectTruth(where, this.truth(yes), this.truth(no)), lost };
    }
    const lane = this.lane(range);
    const wanted = this.graph.convert(lane, where, "truth");
    return { kind: "lanes", range, node: this.graph.select(wanted, this.lanes(yes, lane), this.lanes(no, lane)), lost };
  }

  private selectTruth(where: Vector, yes: Vector, no: Vector): Vector {
    const otherwise = this.graph.not(where);
    if (yes.kind === "constant") return yes.value === 0 ? this.both(no, otherwise) : this.either(where, no);
    if (no.kind === "constant") return no.value === 0 ? this.both(yes, where) : this.either(yes, otherwise);
    return this.either(this.both(yes, where), this.both(no, otherwise));
  }

  /**
   * `a + b` or `a - b`.
   *
   * @param wide the sum may well leave 32 bits in a healthy run: it is computed, not lost
   * @param proved what it can be, by more than its operands' ranges
   */
  sum(operator: "+" | "-", a: Value, b: Value, wide: boolean, proved: Interval | null = null): Value {
    const all = binaryInterval(operator, a.range, b.range)!;
    const range = proved === null ? all : (overlap(all, proved) ?? all);
    const lane = this.lane(a.range, b.range, range);
    if (lane === "f64" && this.lane(a.range, b.range) !== "f64" && !wide) return this.shortSum(operator, a, b, range);
    return this.arithmetic(operator, lane, a, b, range);
  }

  private arithmetic(operator: "+" | "-" | "*", lane: Lane, a: Value, b: Value, range: Interval): Value {
    const node = this.graph.apply(lane, operators[operator][lane], this.lanes(a, lane), this.lanes(b, lane));
    return lane === "f64" ? this.exact(node, range, a, b) : this.made(range, node, a, b);
  }

  /** A double is lost where it may have been rounded. */
  private exact(node: Vector, range: Interval, ...from: readonly Value[]): Value {
    const value = this.made(range, node, ...from);
    if (within(range, holds.f64)) return value;
    const magnitude = this.graph.apply("f64", "f64x2.abs", node);
    const small = this.graph.apply("f64", "f64x2.lt", magnitude, this.graph.constant("f64", 2 ** 53));
    return this.lose(value, this.graph.not(small), holds.f64);
  }

  /** A value that is lost where some truth holds, and elsewhere lies in a range. */
  private lose(value: Value, where: Vector, range: Interval): Value {
    if (value.kind === "number") return value;
    return { ...value, range: overlap(value.range, range) ?? range, lost: this.union(value.lost, where) };
  }

  /** A sum or difference cut at the ends of 16 bits by the instruction itself; null where lanes or operands are wider. */
  saturatedSum(operator: "+" | "-", a: Value, b: Value): Value | null {
    if (this.narrowest !== "i16" || !within(a.range, holds.i16) || !within(b.range, holds.i16)) return null;
    const { low, high } = binaryInterval(operator, a.range, b.range)!;
    const range = {
      low: low < holds.i16.low ? holds.i16.low : low,
      high: high > holds.i16.high ? holds.i16.high : high,
    };
    const op = operator === "+" ? "i16x8.add_sat_s" : "i16x8.sub_sat_s";
    return this.made(range, this.graph.apply("i16", op, this.lanes(a, "i16"), this.lanes(b, "i16")), a, b);
  }

  /** 32 bits hold the operands but perhaps not the result. */
  private shortSum(operator: "+" | "-", a: Value, b: Value, range: Interval): Value {
    const { graph } = this;
    const [x, y] = [this.lanes(a, "i32"), this.lanes(b, "i32")];
    const node = graph.apply("i32", operators[operator].i32, x, y);
    // It overflowed where the sign differs from those of both operands (of the first and the negated second).
    const against = graph.apply("i32", "v128.xor", operator === "+" ? y : x, operator === "+" ? node : y);
    const overflow = graph.and(graph.apply("i32", "v128.xor", x, node), against);
    return this.lose(this.made(range, node, a, b), graph.shift("i32", "i32x4.shr_s", overflow, 31), holds.i32);
  }

  /** @param proved what it can be, by more than its operands' ranges */
  multiply(a: Value, b: Value, proved: Interval | null = null): Value {
    if (a.kind === "truth") return this.select(a, b, numberValue(0n));
    if (b.kind === "truth") return this.select(b, a, numberValue(0n));
    const all = binaryInterval("*", a.range, b.range)!;
    const range = proved === null ? all : (overlap(all, proved) ?? all);
    const lane = this.lane(a.range, b.range, range);
    if (lane !== "i32") return this.arithmetic("*", lane, a, b, range);
    return this.made(range, this.product(a, b), a, b);
  }

  /** The product, which 32 bits hold. */
  private product(a: Value, b: Value): Vector {
    const { graph } = this;
    const [power, other] = [powerOf(b) ?? powerOf(a), powerOf(b) === null ? b : a];
    if (power !== null) return graph.shift("i32", "i32x4.shl", this.lanes(other, "i32"), power);
    const short = within(a.range, holds.i16) && within(b.range, holds.i16);
    if (short && this.narrowest === "i16" && isShort(a) && isShort(b)) {
      return graph.product(this.lanes(a, "i16"), this.lanes(b, "i16"));
    }
    // Products of both halves are added; the upper half of a factor that is not negative is 0.
    const halves = short && (a.range.low >= 0n || b.range.low >= 0n);
    const op = halves ? "i32x4.dot_i16x8_s" : "i32x4.mul";
    return graph.apply("i32", op, this.lanes(a, "i32"), this.lanes(b, "i32"));
  }

  /** A value that has to lie in a range: a flag is raised where it does not. */
  required(value: Value, range: Interval): Value {
    if (value.lost !== null) this.#raise(value.lost);
    const outside = this.outside(value, range);
    if (outside !== null) this.#raise(outside);
    const sure = overlap(value.range, range) ?? range;
    return value.kind === "number" ? numberValue(sure.low) : { ...value, range: sure, lost: null };
  }

  /** Where a value is not in a range. */
  private outside(value: Value, range: Interval): Vector | null {
    if (within(value.range, range)) return null;
    const lane = this.lane(value.range, range);
    const node = this.lanes(value, lane);
    return this.union(
      value.range.low < range.low ? this.compare("<", lane, node, this.constant(lane, range.low)) : null,
      value.range.high > range.high ? this.compare(">", lane, node, this.constant(lane, range.high)) : null,
    );
  }

  shiftLeft(a: Value, bits: Value, wide: boolean): Value {
    const { graph } = this;
    const by = this.required(bits, { low: 0n, high: longestShift });
    const range = binaryInterval("<<", a.range, by.range)!;
    const n = valueOf(by.range);
    if (n === null) return this.shiftLeftEach(a, by, range);
    const lane = this.lane(a.range, range);
    if (lane !== "f64") {
      return this.made(range, graph.shift(lane, shifts.left[lane], this.lanes(a, lane), Number(n)), a);
    }
    if (!wide && n < 32n && within(a.range, holds.i32)) {
      const from = this.lanes(a, "i32");
      const node = graph.shift("i32", "i32x4.shl", from, Number(n));
      const back = graph.shift("i32", "i32x4.shr_s", node, Number(n));
      return this.lose(this.made(range, node, a), this.compare("!=", "i32", back, from), holds.i32);
    }
    return this.exact(this.scaled(this.lanes(a, "f64"), 2 ** Number(n)), range, a);
  }

  /** Each neuron by an amount of its own. */
  private shiftLeftEach(a: Value, by: Value, range: Interval): Value {
    const factor = { low: 2n ** by.range.low, high: 2n ** by.range.high };
    if (by.kind === "lanes" && by.parameter !== undefined && within(range, holds.i32) && within(factor, holds.i32)) {
      const node = this.#powers(by.parameter, 1, 0, factor);
      return this.made(range, this.product(a, this.made(factor, node)), a);
    }
    return this.exact(this.graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(by)), range, a);
  }

  private scaled(node: Vector, factor: number): Vector {
    return factor === 1 ? node : this.graph.apply("f64", "f64x2.mul", node, this.graph.constant("f64", factor));
  }

  /** 2^n, or 2^-n, as doubles. */
  private power(n: Value, negative = false): Vector {
    if (n.kind === "number") {
      return this.graph.constant("f64", 2 ** (negative ? -Number(n.range.low) : Number(n.range.low)));
    }
    const node = this.lanes(n, "i32");
    return this.graph.power(negative ? this.graph.apply("i32", "i32x4.neg", node) : node);
  }

  /** A shift to the right that rounds as named. */
  shiftRight(rounding: Rounding, a: Value, bits: Value): Value {
    const by = this.required(bits, { low: 0n, high: longestShift });
    const range = callInterval(rounding, [a.range, by.range])!;
    const n = valueOf(by.range);
    if (n === null) return this.made(range, this.shiftRightEach(rounding, a, by), a);
    const lane = this.lane(a.range);
    if (lane === "f64") {
      const quotient = this.scaled(this.lanes(a, lane), 2 ** -Number(n));
      return this.made(range, this.graph.apply(lane, roundings[rounding], quotient), a);
    }
    return this.made(range, this.shiftLanes(rounding, lane, a, Number(n)), a);
  }

  private shiftRightEach(rounding: Rounding, a: Value, by: Value): Vector {
    const { graph } = this;
    const most = by.range.high;
    // x >> n is (x << (most - n)) >> most.
    const factor = { low: 1n, high: most <= 30n ? 2n ** (most - by.range.low) : 2n ** 32n };
    const raised = binaryInterval("*", a.range, factor)!;
    const down = rounding === "down" || (rounding === "toward_zero" && a.range.low >= 0n);
    if (by.kind === "lanes" && by.parameter !== undefined && down && within(raised, holds.i32)) {
      const node = this.#powers(by.parameter, -1, Number(most), factor);
      return graph.shift("i32", "i32x4.shr_s", this.product(a, this.made(factor, node)), Number(most));
    }
    const quotient = graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(by, true));
    return graph.apply("f64", roundings[rounding], quotient);
  }

  private shiftLanes(rounding: Rounding, lane: "i16" | "i32", a: Value, n: number): Vector {
    const { graph } = this;
    const bits = lane === "i16" ? 16 : 32;
    const node = this.lanes(a, lane);
    if (n === 0) return node;
    if (rounding === "down" || (rounding === "toward_zero" && a.range.low >= 0n)) {
      return graph.shift(lane, shifts.down[lane], node, Math.min(n, bits - 1));
    }
    if (rounding === "nearest_even") return this.halfToEven(lane, a, n);
    if (n >= bits) return graph.constant(lane, 0);
    // 2^n - 1 is added to what is negative.
    const sign = graph.shift(lane, shifts.down[lane], node, bits - 1);
    const ends = graph.shift(lane, shifts.fill[lane], sign, bits - n);
    return graph.shift(lane, shifts.down[lane], graph.apply(lane, operators["+"][lane], node, ends), n);
  }

  private halfToEven(lane: "i16" | "i32", a: Value, n: number): Vector {
    const { graph } = this;
    const half = 2n ** BigInt(n - 1);
    if (!within({ low: a.range.low, high: a.range.high + half }, holds[lane])) {
      const quotient = this.scaled(this.lanes(a, "f64"), 2 ** -n);
      return graph.convert(lane, graph.apply("f64", "f64x2.nearest", quotient));
    }
    // A half less a bit, and the bit where the quotient rounded down is odd.
    const node = this.lanes(a, lane);
    const odd = graph.and(graph.shift(lane, shifts.down[lane], node, n), graph.constant(lane, 1));
    const add = operators["+"][lane];
    const raised = graph.apply(lane, add, graph.apply(lane, add, node, this.constant(lane, half - 1n)), odd);
    return graph.shift(lane, shifts.down[lane], raised, n);
  }

  /**
   * `a * b` shifted by n bits where 32 bits do not hold the product: one factor is split at bit n, both parts are multiplied,
   * and only the product of the lower part is shifted. Exact, since the other is whole. A factor that is a power of two is
   * part of the shift.
   *
   * @returns null where some part would not fit
   */
  shiftedProduct(rounding: Rounding, a: Value, b: Value, n: number): Value | null {
    const [power, other] = powerOf(b) === null ? [powerOf(a), b] : [powerOf(b), a];
    if (power !== null && other.kind !== "truth") {
      const more = power - n;
      return more > 0
        ? this.shiftLeft(other, numberValue(BigInt(more)), true)
        : this.shiftRight(rounding, other, numberValue(BigInt(-more)));
    }
    if (rounding === "nearest_even") return null;
    const product = binaryInterval("*", a.range, b.range)!;
    if (within(product, holds.i32) || n < 1 || n > 31) return null;
    const range = callInterval(rounding, [product, { low: BigInt(n), high: BigInt(n) }])!;
    if (!within(range, holds.i32)) return null;
    // The smaller factor stays whole.
    const [split, whole] = spanOf(a.range) >= spanOf(b.range) ? [a, b] : [b, a];
    const node = this.nearlyWhole(rounding, split, whole, n) ?? this.splitProduct(rounding, split, whole, n);
    return node === null ? null : this.made(range, node, a, b);
  }

  /** `a * (2^n - s)` shifted by n bits, where s is a small number: what is taken from a is short. */
  private nearlyWhole(rounding: "down" | "toward_zero", a: Value, r: Value, n: number): Vector | null {
    const rest = valueOf(r.range) === null ? null : 2n ** BigInt(n) - r.range.low;
    if (rest === null || rest <= 0n || !within(a.range, holds.i32)) return null;
    const taken = binaryInterval("*", a.range, { low: rest, high: rest })!;
    // 1 is taken from it below.
    if (!within({ low: taken.low - 1n, high: taken.high }, holds.i32)) return null;
    const { graph } = this;
    const node = this.lanes(a, "i32");
    const product = this.product(a, numberValue(rest));
    // What is taken is rounded up, as (x - 1 >> n) + 1, but down where a is below 0 and the rest is to be cut.
    const cut = rounding === "toward_zero" && a.range.low < 0n;
    const up = cut ? this.compare(">", "i32", node, graph.constant("i32", -1)) : graph.constant("i32", -1);
    const quotient = graph.shift("i32", "i32x4.shr_s", graph.apply("i32", "i32x4.add", product, up), n);
    return graph.apply("i32", "i32x4.sub", graph.apply("i32", "i32x4.add", node, up), quotient);
  }

  private splitProduct(rounding: "down" | "toward_zero", a: Value, r: Value, n: number): Vector | null {
    if (!within(a.range, holds.i32) || !within(r.range, holds.i32)) return null;
    const { graph } = this;
    const upper = callInterval("down", [a.range, { low: BigInt(n), high: BigInt(n) }])!;
    const lower = { low: 0n, high: 2n ** BigInt(n) - 1n };
    const signed = rounding === "toward_zero" && (a.range.low < 0n || r.range.low < 0n);
    if (signed && r.range.low < 0n) return null;
    const low = binaryInterval("*", lower, r.range)!;
    const raised = signed ? { low: low.low, high: low.high + lower.high } : low;
    if (!within(binaryInterval("*", upper, r.range)!, holds.i32) || !within(raised, holds.i32)) return null;
    const node = this.lanes(a, "i32");
    const high = this.product(this.made(upper, graph.shift("i32", "i32x4.shr_s", node, n)), r);
    const mask = graph.constant("i32", 2 ** n - 1);
    let rest = this.product(this.made(lower, graph.and(node, mask)), r);
    if (signed) {
      // Where the whole is negative, 2^n - 1 more rounds up. Where r is 0 that adds nothing either.
      const sign = graph.shift("i32", "i32x4.shr_s", node, 31);
      rest = graph.apply("i32", "i32x4.add", rest, graph.and(sign, mask));
    }
    return graph.apply("i32", "i32x4.add", high, graph.shift("i32", "i32x4.shr_s", rest, n));
  }

  /** The smaller or the larger of two. */
  extreme(name: "min" | "max", a: Value, b: Value): Value {
    const ofQuotient = this.quotientCut(name, a, b);
    if (ofQuotient !== null) return ofQuotient;
    const range = callInterval(name, [a.range, b.range])!;
    const [below, above] = [a.range.high <= b.range.low, b.range.high <= a.range.low];
    if (below || above) {
      const one = below === (name === "min") ? a : b;
      return one.kind === "number" && a.lost === null && b.lost === null
        ? one
        : this.made(range, this.lanes(one, this.lane(one.range)), a, b);
    }
    const lane = this.lane(a.range, b.range);
    const node = this.graph.apply(lane, extremes[name][lane], this.lanes(a, lane), this.lanes(b, lane));
    return this.made(range, node, a, b);
  }

  /** A quotient is cut where its dividend is; null where there is none, or nothing is gained. */
  private quotientCut(name: "min" | "max", a: Value, b: Value): Value | null {
    if (a.kind === "number") return b.kind === "number" ? null : this.quotientCut(name, b, a);
    const limit = valueOf(b.range);
    if (a.kind !== "lanes" || a.quotient === undefined || limit === null || b.lost !== null) return null;
    const { of, by } = a.quotient;
    const range = callInterval(name, [a.range, b.range])!;
    const most = limit * by + (name === "min" ? by - 1n : 0n);
    if (within(range, truths)) return this.comparison(">=", of, numberValue(by));
    const cut = numberValue(most);
    if (!within(cut.range, holds.i32)) return null;
    const dividend = this.extreme(name, of, cut);
    const short = this.divideNarrow(dividend, by);
    const lane = this.lane(a.range, b.range);
    const node = short ?? this.graph.apply(lane, extremes[name][lane], this.lanes(a, lane), this.lanes(b, lane));
    return { kind: "lanes", range, node, lost: a.lost, quotient: { of: dividend, by } };
  }

  magnitude(a: Value): Value {
    if (a.range.low >= 0n) return a;
    const range = callInterval("abs", [a.range])!;
    const lane = this.lane(a.range, range);
    return this.made(range, this.graph.apply(lane, magnitudes[lane], this.lanes(a, lane)), a);
  }

  sign(a: Value): Value {
    const range = callInterval("sign", [a.range])!;
    const lane = this.lane(a.range);
    const [node, zero] = [this.lanes(a, lane), this.graph.constant(lane, 0)];
    const own = lane === "f64" ? "i32" : lane;
    // A truth is -1.
    const below = this.graph.convert(own, this.compare("<", lane, node, zero), "truth");
    const above = this.graph.convert(own, this.compare(">", lane, node, zero), "truth");
    return this.made(range, this.graph.apply(own, operators["-"][own], below, above), a);
  }

  /** The low n bits, up to 16 or 32, as two's complement. */
  wrapLow(low: Value, lane: "i16" | "i32", n: number): Value {
    const rest = (lane === "i16" ? 16 : 32) - n;
    const raised = this.graph.shift(lane, shifts.left[lane], this.lanes(low, lane), rest);
    const range = { low: -(2n ** BigInt(n - 1)), high: 2n ** BigInt(n - 1) - 1n };
    return this.made(range, this.graph.shift(lane, shifts.down[lane], raised, rest), low);
  }

  /** x - size * (x + size / 2) / size, rounded down, where size is 2^bits. */
  wrapDouble(a: Value, bits: Value): Value {
    const { graph } = this;
    const [x, size] = [this.lanes(a, "f64"), this.power(bits)];
    const half = graph.apply("f64", "f64x2.mul", size, graph.constant("f64", 0.5));
    const most = binaryInterval("+", a.range, { low: 0n, high: 2n ** (bits.range.high - 1n) })!;
    const raised = this.exact(graph.apply("f64", "f64x2.add", x, half), most, a);
    const turns = graph.apply("f64", "f64x2.mul", this.lanes(raised, "f64"), this.power(bits, true));
    const whole = graph.apply("f64", "f64x2.mul", graph.apply("f64", "f64x2.floor", turns), size);
    return this.made(callInterval("wrap", [a.range, bits.range])!, graph.apply("f64", "f64x2.sub", x, whole), raised);
  }

  /** The low 16 or 32 bits of a value, as numbers of those lanes. */
  low(value: Value, lane: "i16" | "i32"): Value {
    if (value.kind === "number") return this.made(holds[lane], this.constant(lane, value.range.low));
    if (value.kind === "truth" || within(value.range, holds[lane])) {
      return this.made(holds[lane], this.lanes(value, lane), value);
    }
    const { graph } = this;
    let { node } = value;
    if (node.lane === "f64" && !within(value.range, { low: -(2n ** 50n), high: 2n ** 50n })) {
      const turns = graph.apply("f64", "f64x2.floor", this.scaled(node, 2 ** -32));
      node = graph.apply("f64", "f64x2.sub", node, this.scaled(turns, 2 ** 32));
    }
    if (node.lane === "f64") node = graph.convert("i32", node, "low");
    return this.made(holds[lane], graph.convert(lane, node, "low"), value);
  }

  /** Low bits of a sum, difference or product, of those of its operands. */
  lowArithmetic(operator: "+" | "-" | "*", lane: "i16" | "i32", a: Value, b: Value): Value {
    const node = this.graph.apply(lane, operators[operator][lane], this.lanes(a, lane), this.lanes(b, lane));
    return this.made(holds[lane], node, a, b);
  }

  lowShifted(lane: "i16" | "i32", a: Value, n: number): Value {
    if (n >= (lane === "i16" ? 16 : 32)) return this.made(holds[lane], this.graph.constant(lane, 0), a);
    return this.made(holds[lane], this.graph.shift(lane, shifts.left[lane], this.lanes(a, lane), n), a);
  }

  divide(name: "div_down" | "rem", a: Value, b: Value): Value {
    const range = callInterval(name, [a.range, b.range]) ?? holds.f64;
    if (b.lost !== null) this.#raise(b.lost);
    if (b.range.low <= 0n && b.range.high >= 0n) {
      const lane = this.lane(b.range);
      this.#raise(this.compare("==", lane, this.lanes(b, lane), this.graph.constant(lane, 0)));
    }
    const value =
      this.divideShift(name, a, b) ?? this.divideShort(name, a, b, range) ?? this.divideDoubles(name, a, b, range);
    const by = valueOf(b.range);
    if (name === "rem" || by === null || by <= 0n || value.kind !== "lanes") return value;
    return { ...value, quotient: { of: a, by } };
  }

  /** By a power of two; null by anything else. */
  private divideShift(name: "div_down" | "rem", a: Value, b: Value): Value | null {
    const power = powerOf(b);
    if (power === null || !within(a.range, holds.i32)) return null;
    const quotient = this.shiftRight("down", a, numberValue(BigInt(power)));
    if (name === "div_down") return quotient;
    const rest = { low: 0n, high: 2n ** BigInt(power) - 1n };
    const lane = this.lane(a.range, rest);
    if (lane === "f64") return null;
    return this.made(rest, this.graph.and(this.lanes(a, lane), this.constant(lane, rest.high)), a);
  }

  /**
   * Quotients of 16-bit lanes from 0 on, by a number d from 2 to 2^14: a - d / 2 times 2^15 / d rounded down, in units of 2^15
   * and rounded to the nearest, is the quotient or one less, as what remains then tells.
   *
   * @returns null where something is wider
   */
  private divideNarrow(a: Value, by: bigint): Vector | null {
    if (this.narrowest !== "i16" || !within(a.range, { low: 0n, high: holds.i16.high }) || !isShort(a)) return null;
    if (by < 2n || by > 2n ** 14n) return null;
    const { graph } = this;
    const node = this.lanes(a, "i16");
    const raised = graph.apply("i16", "i16x8.sub", node, this.constant("i16", by / 2n));
    const near = graph.apply("i16", "i16x8.q15mulr_sat_s", raised, this.constant("i16", 2n ** 15n / by));
    const rest = graph.apply("i16", "i16x8.sub", node, graph.apply("i16", "i16x8.mul", near, this.constant("i16", by)));
    // A truth is -1.
    return graph.apply("i16", "i16x8.sub", near, graph.apply("i16", "i16x8.gt_s", rest, this.constant("i16", by - 1n)));
  }

  /** Quotients of doubles below 2^52 are never rounded up to a whole number that they have not reached. */
  private divideDoubles(name: "div_down" | "rem", a: Value, b: Value, range: Interval): Value {
    const { graph } = this;
    const limit = { low: -(2n ** 52n), high: 2n ** 52n };
    const [x, y] = [this.lanes(a, "f64"), this.lanes(b, "f64")];
    const quotient = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.div", x, y));
    const whole = (): Vector => graph.apply("f64", "f64x2.mul", quotient, y);
    const node = name === "div_down" ? quotient : graph.apply("f64", "f64x2.sub", x, whole());
    const lost = this.union(this.outside(a, limit), this.outside(b, limit));
    const value = this.made(range, node, a, b);
    return lost === null ? value : this.lose(value, lost, range);
  }

  /** The same for floats where all is below 2^23, four at a time. */
  private divideShort(name: "div_down" | "rem", a: Value, b: Value, range: Interval): Value | null {
    const { graph } = this;
    const limit = { low: -(2n ** 22n), high: 2n ** 22n };
    if (!within(a.range, limit) || !within(b.range, limit)) return null;
    const [x, y] = [this.lanes(a, "i32"), this.lanes(b, "i32")];
    const quotient =
      this.reciprocal(a, b) ??
      graph.apply("i32", "f32x4.floor", graph.apply("i32", "f32x4.div", this.float(x), this.float(y)));
    // The number stands in the low bits of the mantissa once 1.5 * 2^23 is added, which rounds to the nearest.
    const magic = graph.constant("i32", 0x4b400000);
    const whole = graph.apply("i32", "i32x4.sub", graph.apply("i32", "f32x4.add", quotient, magic), magic);
    if (name === "div_down") return this.made(range, whole, a, b);
    const quotients = callInterval("div_down", [a.range, b.range]) ?? limit;
    const taken = this.product(this.made(quotients, whole), this.made(b.range, y));
    return this.made(range, graph.apply("i32", "i32x4.sub", x, taken), a, b);
  }

  /**
   * (a + 1/2) / b - 1/2 as a float, for a number b: 1/(2b) or more from where it would be rounded to another number than a / b
   * rounded down, and below 2^20 all three roundings together err by less.
   */
  private reciprocal(a: Value, b: Value): Vector | null {
    const [by, limit] = [valueOf(b.range), 2n ** 20n];
    if (by === null || by < 1n || by > limit || !within(a.range, { low: -limit, high: limit })) return null;
    const { graph } = this;
    const factor = 1 / Number(by);
    const scaled = graph.apply("i32", "f32x4.mul", this.float(this.lanes(a, "i32")), this.floatConstant(factor));
    return graph.apply("i32", "f32x4.add", scaled, this.floatConstant(factor / 2 - 0.5));
  }

  /** 32-bit integers as floats. */
  private float(node: Vector): Vector {
    if (node.kind !== "constant") return this.graph.apply("i32", "f32x4.convert_i32x4_s", node);
    return this.floatConstant(node.value);
  }

  private floatConstant(value: number): Vector {
    return this.graph.constant("i32", new Int32Array(Float32Array.of(value).buffer)[0]!);
  }

  /** Bits of the low 32 bits of a value: `count` of them from `low` on. */
  fieldLow(bits: Value, low: number, count: number): Value {
    const moved = this.graph.shift("i32", "i32x4.shr_u", this.lanes(bits, "i32"), low);
    const most = { low: 0n, high: 2n ** BigInt(count) - 1n };
    return this.made(most, this.graph.and(moved, this.constant("i32", most.high)), bits);
  }

  /** The same of any value. */
  field(a: Value, low: Value, count: Value): Value {
    const { graph } = this;
    const moved = graph.apply(
      "f64",
      "f64x2.floor",
      graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(low, true)),
    );
    const turns = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.mul", moved, this.power(count, true)));
    const whole = graph.apply("f64", "f64x2.mul", turns, this.power(count));
    const range = { low: 0n, high: 2n ** count.range.high - 1n };
    return this.made(range, graph.apply("f64", "f64x2.sub", moved, whole), a);
  }
}

const roundings = { down: "f64x2.floor", toward_zero: "f64x2.trunc", nearest_even: "f64x2.nearest" } as const;

const operators = {
  "+": { i16: "i16x8.add", i32: "i32x4.add", f64: "f64x2.add" },
  "-": { i16: "i16x8.sub", i32: "i32x4.sub", f64: "f64x2.sub" },
  "*": { i16: "i16x8.mul", i32: "i32x4.mul", f64: "f64x2.mul" },
} as const;

const shifts = {
  left: { i16: "i16x8.shl", i32: "i32x4.shl" },
  down: { i16: "i16x8.shr_s", i32: "i32x4.shr_s" },
  fill: { i16: "i16x8.shr_u", i32: "i32x4.shr_u" },
} as const;

const extremes = {
  min: { i16: "i16x8.min_s", i32: "i32x4.min_s", f64: "f64x2.pmin" },
  max: { i16: "i16x8.max_s", i32: "i32x4.max_s", f64: "f64x2.pmax" },
} as const;

const magnitudes = { i16: "i16x8.abs", i32: "i32x4.abs", f64: "f64x2.abs" } as const;

const doubleComparisons: Readonly<Record<string, Instruction>> = {
  "==": "f64x2.eq",
  "!=": "f64x2.ne",
  "<": "f64x2.lt",
  "<=": "f64x2.le",
  ">": "f64x2.gt",
  ">=": "f64x2.ge",
};

function spanOf({ low, high }: Interval): bigint {
  return high - low;
}

/** n of a number 2^n. */
function powerOf({ range }: Value): number | null {
  const value = valueOf(range);
  if (value === null || value < 1n || (value & (value - 1n)) !== 0n) return null;
  return value.toString(2).length - 1;
}

/** Held in 16 bits already, or a number. */
function isShort(value: Value): boolean {
  return value.kind === "number" || (value.kind === "lanes" && value.node.lane === "i16");
}
