/**
 * From the lines of a block to vector operations. What the intervals prove is computed in the narrowest lanes that hold
 * it; what they cannot prove (an intermediate that may leave its lanes, a register that may leave its type, a negative
 * shift, a divisor of 0) raises a flag in the neurons where it happens, so that the caller computes those by the plain
 * walk. A value in a branch that is not taken may be anything: it is not selected, and flags there count only where the
 * branch is taken.
 */

import { binaryInterval, callInterval, hull, overlap, valueOf, type Interval } from "../datapath/interval.ts";
import type { BlockRanges } from "../datapath/ranges.ts";
import { childrenOf, type Block, type Expression } from "../datapath/syntax.ts";
import type { Instruction } from "./encode.ts";
import type { Region } from "./memory.ts";
import { Graph, lowBits, type Lane, type Vector } from "./vector.ts";

/** What a name stands for at the entry of a block; numbers are put in before. */
export type Source =
  | { readonly kind: "array"; readonly region: Region; readonly range: Interval }
  | { readonly kind: "uniform"; readonly argument: number; readonly lane: "i32" | "f64"; readonly range: Interval };

/** A value of the block: all neurons alike, whole numbers, or truths. */
type Value = { readonly range: Interval } & (
  | { readonly kind: "number" }
  | { readonly kind: "lanes"; readonly node: Vector }
  | { readonly kind: "truth"; readonly node: Vector }
);

type Binary = Extract<Expression, { kind: "binary" }>;
type Call = Extract<Expression, { kind: "call" }>;

const widths: readonly Lane[] = ["i16", "i32", "f64"];
const holds: Readonly<Record<Lane, Interval>> = {
  i16: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  i32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  f64: { low: -(2n ** 53n) + 1n, high: 2n ** 53n - 1n },
};
/** Powers of two by which a double may be multiplied: 2^-1000 of 2^53 is still an ordinary one. */
const longestShift = 1000n;

const truths: Interval = { low: 0n, high: 1n };

export function within({ low, high }: Interval, outer: Interval): boolean {
  return outer.low <= low && high <= outer.high;
}

/** Translates one block into a graph. */
export class Translator {
  readonly graph: Graph = new Graph();
  readonly flags: Set<Vector> = new Set();
  readonly #ranges: BlockRanges;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #narrowest: "i16" | "i32";
  readonly #names = new Map<string, Value>();
  readonly #entry = new Map<string, Value>();
  /** Truths that hold where the expression at hand is evaluated. */
  readonly #where: Vector[] = [];

  /** @param narrowest lanes to use: 16 bits take 8 neurons at a time, and wider values then several vectors */
  constructor(ranges: BlockRanges, sources: ReadonlyMap<string, Source>, narrowest: "i16" | "i32") {
    this.#ranges = ranges;
    this.#sources = sources;
    this.#narrowest = narrowest;
  }

  /** Translate the lines in order; `result` then gives the value of a name. */
  block(block: Block): void {
    const cut = namesThatAreCut(block);
    for (const line of block) this.#names.set(line.name, this.expression(line.value, cut.has(line.name)));
  }

  /**
   * The value of a name after the block, in a lane; raises a flag where it is not in `range`.
   *
   * @returns null when it is still what it was at entry
   */
  result(name: string, range: Interval, lane: Lane): Vector | null {
    const value = this.#names.get(name);
    if (value === undefined || (this.#sources.has(name) && same(value, this.entry(name)))) return null;
    return this.lanes(this.checked(value, range), lane);
  }

  /** Where a name is not 0, and what it is; null where it is always 0. */
  spike(name: string, range: Interval): { mask: Vector; payload: Vector | null } | null {
    const value = this.checked(this.#names.get(name)!, range);
    if (valueOf(value.range) === 0n) return null;
    const payload = within(value.range, truths) ? null : this.lanes(value, "i32");
    const mask = this.truth(value);
    return { mask: mask.lane === "f64" ? this.graph.convert("i32", mask, "truth") : mask, payload };
  }

  /** What a name is at entry, in a lane. */
  before(name: string, lane: Lane): Vector {
    return this.lanes(this.entry(name), lane);
  }

  private checked(value: Value, range: Interval): Value {
    if (within(value.range, range)) return value;
    const lane = this.lane(value.range, range);
    const node = this.lanes(value, lane);
    if (value.range.low < range.low) this.raise(this.compare("<", lane, node, this.constant(lane, range.low)));
    if (value.range.high > range.high) this.raise(this.compare(">", lane, node, this.constant(lane, range.high)));
    return { ...value, range: overlap(value.range, range) ?? range };
  }

  /** Send neurons where something holds back to the caller. */
  private raise(truth: Vector): void {
    let flag = truth;
    for (const where of this.#where) {
      const lane = narrower(flag.lane, where.lane);
      flag = this.graph.and(this.graph.convert(lane, flag, "truth"), this.graph.convert(lane, where, "truth"));
    }
    this.flags.add(flag);
  }

  private under<T>(truth: Vector, translate: () => T): T {
    this.#where.push(truth);
    const result = translate();
    this.#where.pop();
    return result;
  }

  /** The narrowest lane that holds all of some intervals; doubles where none does. */
  private lane(...ranges: readonly Interval[]): Lane {
    const first = widths.indexOf(this.#narrowest);
    return widths.find((lane, i) => i >= first && ranges.every((range) => within(range, holds[lane]))) ?? "f64";
  }

  private constant(lane: Lane, value: bigint): Vector {
    return this.graph.constant(lane, lane === "f64" ? Number(value) : lowBits(lane, value));
  }

  private number(value: bigint): Value {
    return { kind: "number", range: { low: value, high: value } };
  }

  /** A value as numbers in a lane that holds it. */
  private lanes(value: Value, lane: Lane): Vector {
    switch (value.kind) {
      case "number":
        if (lane === "f64" && !within(value.range, holds.f64)) this.raise(this.graph.constant("i32", -1));
        return this.constant(lane, value.range.low);
      case "truth":
        return this.graph.and(this.graph.convert(lane, value.node, "truth"), this.graph.constant(lane, 1));
      case "lanes":
        return this.graph.convert(lane, value.node);
    }
  }

  /** Where a value is not 0. */
  private truth(value: Value): Vector {
    if (value.kind === "truth") return value.node;
    if (value.kind === "number") return this.constant("i32", value.range.low === 0n ? 0n : -1n);
    const { lane } = value.node;
    return this.graph.not(this.compare("==", lane, value.node, this.graph.constant(lane, 0)));
  }

  private entry(name: string): Value {
    const known = this.#entry.get(name);
    if (known !== undefined) return known;
    const value = this.load(this.#sources.get(name)!);
    this.#entry.set(name, value);
    return value;
  }

  private load(source: Source): Value {
    const { range } = source;
    if (valueOf(range) !== null) return { kind: "number", range };
    if (source.kind === "uniform") {
      return { kind: "lanes", range, node: this.graph.uniform(source.argument, source.lane) };
    }
    const { region } = source;
    const lane = region.storage === "f64" ? "f64" : region.storage === "i16" ? this.#narrowest : "i32";
    return { kind: "lanes", range, node: this.graph.load(lane, region) };
  }

  /** @param wide the value may well leave 32 bits in a healthy run: do not flag that, compute it */
  private expression(expression: Expression, wide = false): Value {
    const own = this.#ranges.of.get(expression);
    if (own === undefined) {
      // Without any value: it is never evaluated, or fails whenever it is.
      this.raise(this.graph.constant("i32", -1));
      return this.number(0n);
    }
    const value = this.compute(expression, wide);
    const range = overlap(own, value.range) ?? own;
    return valueOf(range) === null ? { ...value, range } : { kind: "number", range };
  }

  private compute(expression: Expression, wide: boolean): Value {
    switch (expression.kind) {
      case "number":
        return this.number(BigInt(expression.value));
      case "name":
        return this.#names.get(expression.name) ?? this.entry(expression.name);
      case "old":
        return this.entry(expression.name);
      case "unary":
        return expression.operator === "-"
          ? this.sum("-", this.number(0n), this.expression(expression.operand), wide)
          : this.not(this.expression(expression.operand));
      case "choice":
        return this.choice(expression, wide);
      case "binary":
        return this.binary(expression, wide);
      case "call":
        return this.call(expression, wide);
    }
  }

  private not(value: Value): Value {
    return this.truthValue(this.graph.not(this.truth(value)));
  }

  private truthValue(node: Vector): Value {
    return { kind: "truth", range: truths, node };
  }

  private choice({ condition, yes, no }: Extract<Expression, { kind: "choice" }>, wide: boolean): Value {
    const value = this.expression(condition);
    if (value.range.low > 0n || value.range.high < 0n) return this.expression(yes, wide);
    if (valueOf(value.range) === 0n) return this.expression(no, wide);
    const where = this.truth(value);
    const one = this.under(where, () => this.expression(yes, wide));
    const other = this.under(this.graph.not(where), () => this.expression(no, wide));
    return this.select(where, one, other);
  }

  private select(where: Vector, yes: Value, no: Value): Value {
    const range = hull(yes.range, no.range);
    if (within(range, truths) && yes.kind !== "lanes" && no.kind !== "lanes") {
      return this.truthValue(this.selectTruth(where, this.truth(yes), this.truth(no)));
    }
    const lane = this.lane(range);
    const condition = this.graph.convert(lane, where, "truth");
    return { kind: "lanes", range, node: this.graph.select(condition, this.lanes(yes, lane), this.lanes(no, lane)) };
  }

  private selectTruth(where: Vector, yes: Vector, no: Vector): Vector {
    const lane = [yes.lane, no.lane].reduce(narrower, where.lane);
    const as = (truth: Vector): Vector => this.graph.convert(lane, truth, "truth");
    if (yes.kind === "constant")
      return yes.value !== 0 ? this.graph.or(as(where), as(no)) : this.graph.and(as(no), this.graph.not(as(where)));
    if (no.kind === "constant")
      return no.value === 0 ? this.graph.and(as(yes), as(where)) : this.graph.or(as(yes), this.graph.not(as(where)));
    return this.graph.select(as(where), as(yes), as(no));
  }

  private binary(expression: Binary, wide: boolean): Value {
    const { operator, left, right } = expression;
    switch (operator) {
      case "&&":
      case "||":
        return this.logical(expression);
      case "+":
      case "-":
        return this.sum(operator, this.expression(left, wide), this.expression(right, wide), wide);
      case "*":
        return this.multiply(this.expression(left), this.expression(right));
      case "<<":
        return this.shiftLeft(this.expression(left), this.expression(right), wide);
      case ">>":
        return this.shiftRight("down", left, this.expression(right));
      default:
        return this.comparison(operator, this.expression(left), this.expression(right));
    }
  }

  private logical({ operator, left, right }: Binary): Value {
    const first = this.truth(this.expression(left));
    const where = operator === "&&" ? first : this.graph.not(first);
    const second = this.truth(this.under(where, () => this.expression(right)));
    const lane = narrower(first.lane, second.lane);
    const [a, b] = [this.graph.convert(lane, first, "truth"), this.graph.convert(lane, second, "truth")];
    return this.truthValue(operator === "&&" ? this.graph.and(a, b) : this.graph.or(a, b));
  }

  private comparison(operator: string, a: Value, b: Value): Value {
    const lane = this.lane(a.range, b.range);
    return this.truthValue(this.compare(operator, lane, this.lanes(a, lane), this.lanes(b, lane)));
  }

  /** A truth of the lane. A processor compares integers by `==` and `>` only: the others are made of these. */
  private compare(operator: string, lane: Lane, a: Vector, b: Vector): Vector {
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

  /** `a + b` or `a - b`. */
  private sum(operator: "+" | "-", a: Value, b: Value, wide: boolean): Value {
    const range = binaryInterval(operator, a.range, b.range)!;
    const lane = this.lane(a.range, b.range, range);
    if (lane === "f64" && this.lane(a.range, b.range) !== "f64" && !wide) return this.sumChecked(operator, a, b, range);
    return this.arithmetic(operator, lane, a, b, range);
  }

  private arithmetic(operator: "+" | "-" | "*", lane: Lane, a: Value, b: Value, range: Interval): Value {
    const op = arithmeticOps[operator][lane];
    const node = this.graph.apply(lane, op, this.lanes(a, lane), this.lanes(b, lane));
    return lane === "f64" ? this.exact(node, range) : { kind: "lanes", range, node };
  }

  /** A double that may have been rounded raises a flag. */
  private exact(node: Vector, range: Interval): Value {
    if (within(range, holds.f64)) return { kind: "lanes", range, node };
    const magnitude = this.graph.apply("f64", "f64x2.abs", node);
    this.raise(this.graph.not(this.graph.apply("f64", "f64x2.lt", magnitude, this.graph.constant("f64", 2 ** 53))));
    return { kind: "lanes", range: overlap(range, holds.f64) ?? holds.f64, node };
  }

  /** 32 bits hold the operands but perhaps not the result: then a flag is raised. */
  private sumChecked(operator: "+" | "-", a: Value, b: Value, range: Interval): Value {
    const { graph } = this;
    const [x, y] = [this.lanes(a, "i32"), this.lanes(b, "i32")];
    const node = graph.apply("i32", arithmeticOps[operator].i32, x, y);
    // The result overflowed where its sign differs from that of both operands (of the first and the negated second).
    const against = operator === "+" ? graph.apply("i32", "v128.xor", y, node) : graph.apply("i32", "v128.xor", x, y);
    const overflow = graph.and(graph.apply("i32", "v128.xor", x, node), against);
    this.raise(graph.shift("i32", "i32x4.shr_s", overflow, 31));
    return { kind: "lanes", range: overlap(range, holds.i32) ?? holds.i32, node };
  }

  private multiply(a: Value, b: Value): Value {
    const range = binaryInterval("*", a.range, b.range)!;
    if (a.kind === "truth") return this.select(a.node, b, this.number(0n));
    if (b.kind === "truth") return this.select(b.node, a, this.number(0n));
    const lane = this.lane(a.range, b.range, range);
    if (lane !== "i32") return this.arithmetic("*", lane, a, b, range);
    return { kind: "lanes", range, node: this.product(a, b) };
  }

  /** The product, which 32 bits hold. */
  private product(a: Value, b: Value): Vector {
    const { graph } = this;
    const short = within(a.range, holds.i16) && within(b.range, holds.i16);
    if (short && this.#narrowest === "i16" && isShort(a) && isShort(b)) {
      return graph.product(this.lanes(a, "i16"), this.lanes(b, "i16"));
    }
    // Products of both halves are added; the upper half of a factor that is not negative is 0.
    const halves = short && (a.range.low >= 0n || b.range.low >= 0n);
    const op = halves ? "i32x4.dot_i16x8_s" : "i32x4.mul";
    return graph.apply("i32", op, this.lanes(a, "i32"), this.lanes(b, "i32"));
  }

  /** An amount to shift by, flagged where it is none or larger than `most`. */
  private amount(value: Value, least: bigint, most: bigint): Value {
    return this.checked(value, { low: least, high: most });
  }

  private shiftLeft(a: Value, bits: Value, wide: boolean): Value {
    const by = this.amount(bits, 0n, longestShift);
    const range = binaryInterval("<<", a.range, by.range)!;
    const n = valueOf(by.range);
    if (n === null) {
      return this.exact(this.graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(by)), range);
    }
    const lane = this.lane(a.range, range);
    if (lane !== "f64") {
      return {
        kind: "lanes",
        range,
        node: this.graph.shift(lane, shiftOps.left[lane], this.lanes(a, lane), Number(n)),
      };
    }
    if (!wide && n < 32n && within(a.range, holds.i32)) {
      const from = this.lanes(a, "i32");
      const node = this.graph.shift("i32", "i32x4.shl", from, Number(n));
      const back = this.graph.shift("i32", "i32x4.shr_s", node, Number(n));
      this.raise(this.compare("!=", "i32", back, from));
      return { kind: "lanes", range: overlap(range, holds.i32) ?? holds.i32, node };
    }
    return this.exact(this.scaled(this.lanes(a, "f64"), 2 ** Number(n)), range);
  }

  private scaled(node: Vector, factor: number): Vector {
    return factor === 1 ? node : this.graph.apply("f64", "f64x2.mul", node, this.graph.constant("f64", factor));
  }

  /** 2^n, or 2^-n. */
  private power(n: Value, negative = false): Vector {
    const number = valueOf(n.range);
    if (number !== null) return this.graph.constant("f64", 2 ** (negative ? -Number(number) : Number(number)));
    const node = this.lanes(n, "i32");
    return this.graph.power(negative ? this.graph.apply("i32", "i32x4.neg", node) : node);
  }

  /** A shift to the right that rounds as named. */
  private shiftRight(rounding: Rounding, left: Expression, bits: Value): Value {
    const by = this.amount(bits, 0n, longestShift);
    const n = valueOf(by.range);
    if (n !== null && rounding !== "nearest_even" && left.kind === "binary" && left.operator === "*") {
      const split = this.shiftedProduct(rounding, left, Number(n));
      if (split !== null) return split;
    }
    const a = this.expression(left);
    const range = callInterval(rounding, [a.range, by.range])!;
    if (n === null) {
      const quotient = this.graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(by, true));
      return { kind: "lanes", range, node: this.graph.apply("f64", roundings[rounding], quotient) };
    }
    const lane = this.lane(a.range);
    const node =
      lane === "f64"
        ? this.graph.apply(lane, roundings[rounding], this.scaled(this.lanes(a, lane), 2 ** -Number(n)))
        : this.shiftLanes(rounding, lane, a, Number(n));
    return { kind: "lanes", range, node };
  }

  private shiftLanes(rounding: Rounding, lane: "i16" | "i32", a: Value, n: number): Vector {
    const { graph } = this;
    const bits = lane === "i16" ? 16 : 32;
    const node = this.lanes(a, lane);
    const { down, down0 } = shiftOps;
    const by = Math.min(n, bits - 1);
    if (n === 0) return node;
    if (rounding === "down" || (rounding === "toward_zero" && a.range.low >= 0n)) {
      return graph.shift(lane, down[lane], node, by);
    }
    const add = arithmeticOps["+"][lane];
    if (rounding === "toward_zero") {
      if (n >= bits) return graph.constant(lane, 0);
      // 2^n - 1 is added to what is negative.
      const sign = a.range.high < 0n ? graph.constant(lane, -1) : graph.shift(lane, down[lane], node, bits - 1);
      const ends = graph.shift(lane, down0[lane], sign, bits - n);
      return graph.shift(lane, down[lane], graph.apply(lane, add, node, ends), n);
    }
    const half = 2n ** BigInt(n - 1);
    if (!within({ low: a.range.low, high: a.range.high + half }, holds[lane])) {
      const wide = this.scaled(this.lanes(a, "f64"), 2 ** -n);
      return graph.convert(lane, graph.apply("f64", "f64x2.nearest", wide));
    }
    // A half less a bit, and the bit where the quotient rounded down is odd.
    const odd = graph.and(graph.shift(lane, down[lane], node, n), graph.constant(lane, 1));
    const raised = graph.apply(lane, add, graph.apply(lane, add, node, this.constant(lane, half - 1n)), odd);
    return graph.shift(lane, down[lane], raised, n);
  }

  /**
   * `a * r` shifted by n bits, where the product leaves 32 bits: both parts of a, split at bit n, are multiplied, and
   * only the product of the lower part is shifted. Exact, since the other is whole.
   *
   * @returns null where some part would not fit
   */
  private shiftedProduct(rounding: "down" | "toward_zero", { left, right }: Binary, n: number): Value | null {
    const [one, other] = [this.expression(left), this.expression(right)];
    if (one.kind !== "lanes" && other.kind !== "lanes") return null;
    const product = binaryInterval("*", one.range, other.range)!;
    if (within(product, holds.i32) || n < 1 || n > 31) return null;
    const shifted = callInterval(rounding, [product, { low: BigInt(n), high: BigInt(n) }])!;
    if (!within(shifted, holds.i32)) return null;
    // The smaller factor stays whole.
    const [a, r] = spanOf(one.range) >= spanOf(other.range) ? [one, other] : [other, one];
    const node = this.splitProduct(rounding, a, r, n);
    return node === null ? null : { kind: "lanes", range: shifted, node };
  }

  private splitProduct(rounding: "down" | "toward_zero", a: Value, r: Value, n: number): Vector | null {
    if (a.kind !== "lanes" || !within(a.range, holds.i32) || !within(r.range, holds.i32)) return null;
    const { graph } = this;
    const upper = callInterval("down", [a.range, { low: BigInt(n), high: BigInt(n) }])!;
    const lower = { low: 0n, high: 2n ** BigInt(n) - 1n };
    const signed = rounding === "toward_zero" && (a.range.low < 0n || r.range.low < 0n);
    if (signed && r.range.low < 0n) return null;
    const low = binaryInterval("*", lower, r.range)!;
    const raised = signed ? { low: low.low, high: low.high + lower.high } : low;
    if (!within(binaryInterval("*", upper, r.range)!, holds.i32) || !within(raised, holds.i32)) return null;
    const node = this.lanes(a, "i32");
    const high = this.product({ kind: "lanes", range: upper, node: graph.shift("i32", "i32x4.shr_s", node, n) }, r);
    const mask = graph.constant("i32", 2 ** n - 1);
    let rest = this.product({ kind: "lanes", range: lower, node: graph.and(node, mask) }, r);
    if (signed) {
      // Where the whole is negative, rounding up: 2^n - 1 more. Where r is 0 that adds nothing either.
      const sign = graph.shift("i32", "i32x4.shr_s", node, 31);
      rest = graph.apply("i32", "i32x4.add", rest, graph.and(sign, mask));
    }
    return graph.apply("i32", "i32x4.add", high, graph.shift("i32", "i32x4.shr_s", rest, n));
  }

  private call({ name, args }: Call, wide: boolean): Value {
    const at = (i: number): Value => this.expression(args[i]!);
    switch (name) {
      case "min":
      case "max":
        return this.extreme(name, this.expression(args[0]!, true), this.expression(args[1]!, true));
      case "abs":
        return this.magnitude(at(0));
      case "sign":
        return this.sign(at(0));
      case "clamp":
      case "saturate": {
        const value = this.expression(args[0]!, true);
        const [low, high] = [at(1), at(2)];
        return this.extreme("min", this.extreme("max", value, low), high);
      }
      case "wrap":
        return this.wrap(args[0]!, at(1), wide);
      case "down":
      case "toward_zero":
      case "nearest_even":
        return this.shiftRight(name, args[0]!, at(1));
      case "div_down":
      case "rem":
        return this.divide(name, at(0), at(1));
      default:
        return this.field(args[0]!, at(1), at(2));
    }
  }

  private extreme(name: "min" | "max", a: Value, b: Value): Value {
    const range = callInterval(name, [a.range, b.range])!;
    if (name === "min" ? a.range.high <= b.range.low : a.range.low >= b.range.high) return a;
    if (name === "min" ? b.range.high <= a.range.low : b.range.low >= a.range.high) return b;
    const lane = this.lane(a.range, b.range);
    return {
      kind: "lanes",
      range,
      node: this.graph.apply(lane, extremes[name][lane], this.lanes(a, lane), this.lanes(b, lane)),
    };
  }

  private magnitude(a: Value): Value {
    if (a.range.low >= 0n) return a;
    const range = callInterval("abs", [a.range])!;
    const lane = this.lane(a.range, range);
    const op = ({ i16: "i16x8.abs", i32: "i32x4.abs", f64: "f64x2.abs" } as const)[lane];
    return { kind: "lanes", range, node: this.graph.apply(lane, op, this.lanes(a, lane)) };
  }

  private sign(a: Value): Value {
    const range = callInterval("sign", [a.range])!;
    const lane = this.lane(a.range);
    const [node, zero] = [this.lanes(a, lane), this.graph.constant(lane, 0)];
    const own = lane === "f64" ? "i32" : lane;
    // A truth is -1.
    const below = this.graph.convert(own, this.compare("<", lane, node, zero), "truth");
    const above = this.graph.convert(own, this.compare(">", lane, node, zero), "truth");
    return { kind: "lanes", range, node: this.graph.apply(own, arithmeticOps["-"][own], below, above) };
  }

  private wrap(argument: Expression, bits: Value, wide: boolean): Value {
    const by = this.amount(bits, 1n, 52n);
    const n = valueOf(by.range);
    if (n === null) {
      const a = this.expression(argument, true);
      return this.wrapDouble(this.lanes(a, "f64"), this.power(by), this.power(by, true), a, by);
    }
    const own = this.#ranges.of.get(argument);
    const type = { low: -(2n ** (n - 1n)), high: 2n ** (n - 1n) - 1n };
    if (own !== undefined && within(own, type)) return this.expression(argument, wide);
    if (n > 32n) {
      const a = this.expression(argument, true);
      const size = 2 ** Number(n);
      const constants = [this.graph.constant("f64", size), this.graph.constant("f64", 1 / size)] as const;
      return this.wrapDouble(this.lanes(a, "f64"), ...constants, a, by);
    }
    const lane = n <= 16n ? this.#narrowest : "i32";
    const rest = (lane === "i16" ? 16 : 32) - Number(n);
    const low = this.low(argument, lane);
    const shifted = this.graph.shift(lane, shiftOps.left[lane], low, rest);
    return { kind: "lanes", range: type, node: this.graph.shift(lane, shiftOps.down[lane], shifted, rest) };
  }

  /** x - size * (x + size / 2) / size, rounded down. */
  private wrapDouble(x: Vector, size: Vector, inverse: Vector, a: Value, by: Value): Value {
    const { graph } = this;
    const half = graph.apply("f64", "f64x2.mul", size, graph.constant("f64", 0.5));
    const most = { low: 0n, high: 2n ** (by.range.high - 1n) };
    const raised = this.exact(graph.apply("f64", "f64x2.add", x, half), binaryInterval("+", a.range, most)!);
    const turns = graph.apply("f64", "f64x2.mul", this.lanes(raised, "f64"), inverse);
    const whole = graph.apply("f64", "f64x2.mul", graph.apply("f64", "f64x2.floor", turns), size);
    const range = callInterval("wrap", [a.range, by.range])!;
    return { kind: "lanes", range, node: graph.apply("f64", "f64x2.sub", x, whole) };
  }

  /**
   * The low 16 or 32 bits of an expression, however large it is. Sums, products and left shifts need no more than the
   * low bits of their operands.
   */
  private low(expression: Expression, lane: "i16" | "i32"): Vector {
    const own = this.#ranges.of.get(expression);
    if (own === undefined || valueOf(own) !== null || within(own, holds[lane])) {
      return this.lowOf(this.expression(expression, true), lane);
    }
    switch (expression.kind) {
      case "unary":
        if (expression.operator !== "-") break;
        return this.graph.apply(
          lane,
          arithmeticOps["-"][lane],
          this.graph.constant(lane, 0),
          this.low(expression.operand, lane),
        );
      case "choice":
        return this.lowChoice(expression, lane);
      case "binary": {
        const { operator, left, right } = expression;
        if (operator === "+" || operator === "-" || operator === "*") {
          return this.graph.apply(lane, arithmeticOps[operator][lane], this.low(left, lane), this.low(right, lane));
        }
        if (operator !== "<<") break;
        const n = valueOf(this.#ranges.of.get(right) ?? holds.f64);
        if (n === null || n < 0n || n > longestShift) break;
        const from = this.low(left, lane);
        if (n >= (lane === "i16" ? 16n : 32n)) return this.graph.constant(lane, 0);
        return this.graph.shift(lane, shiftOps.left[lane], from, Number(n));
      }
    }
    return this.lowOf(this.expression(expression, true), lane);
  }

  private lowChoice({ condition, yes, no }: Extract<Expression, { kind: "choice" }>, lane: "i16" | "i32"): Vector {
    const value = this.expression(condition);
    if (value.range.low > 0n || value.range.high < 0n) return this.low(yes, lane);
    if (valueOf(value.range) === 0n) return this.low(no, lane);
    const where = this.truth(value);
    const one = this.under(where, () => this.low(yes, lane));
    const other = this.under(this.graph.not(where), () => this.low(no, lane));
    return this.graph.select(this.graph.convert(lane, where, "truth"), one, other);
  }

  private lowOf(value: Value, lane: "i16" | "i32"): Vector {
    if (value.kind === "number") return this.constant(lane, value.range.low);
    if (value.kind === "truth" || within(value.range, holds[lane])) return this.lanes(value, lane);
    if (value.node.lane !== "f64") return this.graph.convert(lane, value.node, "low");
    const { graph } = this;
    let { node } = value;
    if (!within(value.range, { low: -(2n ** 50n), high: 2n ** 50n })) {
      const turns = graph.apply("f64", "f64x2.floor", this.scaled(node, 2 ** -32));
      node = graph.apply("f64", "f64x2.sub", node, this.scaled(turns, 2 ** 32));
    }
    return graph.convert(lane, graph.convert("i32", node, "low"), "low");
  }

  /** Quotients of doubles below 2^52 are never rounded up to a whole number they have not reached. */
  private divide(name: "div_down" | "rem", a: Value, b: Value): Value {
    const { graph } = this;
    const limit = { low: -(2n ** 52n), high: 2n ** 52n };
    const range = callInterval(name, [a.range, b.range]) ?? holds.f64;
    const [dividend, divisor] = [this.checked(a, limit), this.checked(b, limit)];
    const [x, y] = [this.lanes(dividend, "f64"), this.lanes(divisor, "f64")];
    if (b.range.low <= 0n && b.range.high >= 0n) {
      this.raise(graph.apply("f64", "f64x2.eq", y, graph.constant("f64", 0)));
    }
    const quotient = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.div", x, y));
    const whole = (): Vector => graph.apply("f64", "f64x2.mul", quotient, y);
    const node = name === "div_down" ? quotient : graph.apply("f64", "f64x2.sub", x, whole());
    return { kind: "lanes", range, node };
  }

  /** `bits(x, low, n)`. */
  private field(argument: Expression, first: Value, count: Value): Value {
    const { graph } = this;
    const [from, width] = [this.amount(first, 0n, longestShift), this.amount(count, 0n, 52n)];
    const [low, n] = [valueOf(from.range), valueOf(width.range)];
    const most = { low: 0n, high: 2n ** width.range.high - 1n };
    if (low !== null && n !== null && low + n <= 32n && n < 32n) {
      const shifted = graph.shift("i32", "i32x4.shr_u", this.low(argument, "i32"), Number(low));
      return { kind: "lanes", range: most, node: graph.and(shifted, graph.constant("i32", 2 ** Number(n) - 1)) };
    }
    const a = this.expression(argument, true);
    const shift = graph.apply("f64", "f64x2.mul", this.lanes(a, "f64"), this.power(from, true));
    const moved = graph.apply("f64", "f64x2.floor", shift);
    const turns = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.mul", moved, this.power(width, true)));
    const whole = graph.apply("f64", "f64x2.mul", turns, this.power(width));
    return { kind: "lanes", range: most, node: graph.apply("f64", "f64x2.sub", moved, whole) };
  }
}

type Rounding = "down" | "toward_zero" | "nearest_even";

const roundings = { down: "f64x2.floor", toward_zero: "f64x2.trunc", nearest_even: "f64x2.nearest" } as const;

const arithmeticOps = {
  "+": { i16: "i16x8.add", i32: "i32x4.add", f64: "f64x2.add" },
  "-": { i16: "i16x8.sub", i32: "i32x4.sub", f64: "f64x2.sub" },
  "*": { i16: "i16x8.mul", i32: "i32x4.mul", f64: "f64x2.mul" },
} as const;

const shiftOps = {
  left: { i16: "i16x8.shl", i32: "i32x4.shl" },
  down: { i16: "i16x8.shr_s", i32: "i32x4.shr_s" },
  down0: { i16: "i16x8.shr_u", i32: "i32x4.shr_u" },
} as const;

const extremes = {
  min: { i16: "i16x8.min_s", i32: "i32x4.min_s", f64: "f64x2.pmin" },
  max: { i16: "i16x8.max_s", i32: "i32x4.max_s", f64: "f64x2.pmax" },
} as const;

const doubleComparisons: Readonly<Record<string, Instruction>> = {
  "==": "f64x2.eq",
  "!=": "f64x2.ne",
  "<": "f64x2.lt",
  "<=": "f64x2.le",
  ">": "f64x2.gt",
  ">=": "f64x2.ge",
};

function narrower(a: Lane, b: Lane): Lane {
  return widths.indexOf(a) <= widths.indexOf(b) ? a : b;
}

/** The same numbers for certain. */
function same(a: Value, b: Value): boolean {
  if (a.kind === "number") return b.kind === "number" && a.range.low === b.range.low;
  return a.kind === "lanes" && b.kind === "lanes" && a.node === b.node;
}

function spanOf({ low, high }: Interval): bigint {
  return high - low;
}

/** Held in 16 bits already, or a number. */
function isShort(value: Value): boolean {
  return value.kind === "number" || (value.kind === "lanes" && value.node.lane === "i16");
}

/** Names that are cut or compared with limits when they are used: they may well leave 32 bits before. */
function namesThatAreCut(block: Block): ReadonlySet<string> {
  const names = new Set<string>();
  const note = (expression: Expression): void => {
    if (expression.kind === "name") names.add(expression.name);
    if (expression.kind === "binary" && (expression.operator === "+" || expression.operator === "-")) {
      note(expression.left);
      note(expression.right);
    }
  };
  const visit = (expression: Expression): void => {
    if (expression.kind === "call" && cutting.has(expression.name)) note(expression.args[0]!);
    childrenOf(expression).forEach(visit);
  };
  for (const line of block) visit(line.value);
  return names;
}

const cutting: ReadonlySet<string> = new Set(["saturate", "clamp", "min", "max", "wrap"]);
