/**
 * From the lines of a block to vector operations and flags. Both branches of a `?:` are computed for all neurons, and one
 * of the values is selected: that of a branch that is not taken may be anything, and flags count only where it is taken.
 */

import { overlap, valueOf, type Interval } from "../datapath/interval.ts";
import type { BlockRanges } from "../datapath/ranges.ts";
import { childrenOf, type Block, type Expression } from "../datapath/syntax.ts";
import { fieldLow, fieldOf, lowOf, lowArithmetic, lowShifted, wrapDouble, wrapLow } from "./arithmetic/bits.ts";
import { comparison, logical, not, select } from "./arithmetic/choice.ts";
import { divide } from "./arithmetic/divide.ts";
import { extreme, magnitude, signOf } from "./arithmetic/extreme.ts";
import { multiply } from "./arithmetic/product.ts";
import { shiftLeft, shiftRight, type Rounding } from "./arithmetic/shift.ts";
import { shiftedProduct } from "./arithmetic/shifted-product.ts";
import { saturatedSum, sum } from "./arithmetic/sum.ts";
import { holds, longestShift, numberValue, truths, within, type Value } from "./arithmetic/value.ts";
import { Vectors, type Powers } from "./arithmetic/vectors.ts";
import type { Region, Storage } from "./memory.ts";
import type { Graph, Lane, Vector } from "./vector.ts";

/** What a name stands for at the entry of a block; numbers are put in before. */
export type Source =
  | { readonly kind: "array"; readonly region: Region; readonly range: Interval; readonly parameter: boolean }
  /** An array whose address is an argument. */
  | { readonly kind: "row"; readonly storage: Storage; readonly argument: number; readonly range: Interval }
  | { readonly kind: "uniform"; readonly argument: number; readonly lane: "i32" | "f64"; readonly range: Interval };

type Binary = Extract<Expression, { kind: "binary" }>;
type Call = Extract<Expression, { kind: "call" }>;
type Choice = Extract<Expression, { kind: "choice" }>;

/** Translates one block into a graph. */
export class Translator {
  /** Truths that send a neuron back to the caller. */
  readonly flags: Set<Vector> = new Set();
  readonly #ranges: BlockRanges;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #vectors: Vectors;
  readonly #names = new Map<string, Value>();
  readonly #entry = new Map<string, Value>();
  /** Truths that hold where the expression at hand is evaluated. */
  readonly #where: Vector[] = [];

  /** @param narrowest lanes to use */
  constructor(
    ranges: BlockRanges,
    sources: ReadonlyMap<string, Source>,
    narrowest: "i16" | "i32",
    powers: (parameter: string, direction: 1 | -1, add: number) => Region,
  ) {
    this.#ranges = ranges;
    this.#sources = sources;
    const power: Powers = (parameter, direction, add) => this.load(powers(parameter, direction, add));
    this.#vectors = new Vectors(narrowest, (truth) => this.raise(truth), power);
  }

  get graph(): Graph {
    return this.#vectors.graph;
  }

  /** Translate the lines in order; `result` then gives the value of a name. */
  block(block: Block): void {
    const cut = namesThatAreCut(block);
    for (const line of block) this.#names.set(line.name, this.expression(line.value, cut.has(line.name)));
  }

  /**
   * The value of a name after the block, in a lane; a flag is raised where it is not in `range`.
   *
   * @returns null when it is still what it was at entry
   */
  result(name: string, range: Interval, lane: Lane): Vector | null {
    const value = this.#names.get(name);
    if (value === undefined || (this.#sources.has(name) && same(value, this.entry(name)))) return null;
    return this.#vectors.lanes(this.#vectors.required(value, range), lane);
  }

  /** Where a name is not 0 (inverted: where it is 0), and what it is; null where it is always 0. */
  spike(name: string, range: Interval): { mask: Vector; inverted: boolean; payload: Vector | null } | null {
    const value = this.#vectors.required(this.#names.get(name)!, range);
    if (valueOf(value.range) === 0n) return null;
    const lane = this.#vectors.lane(value.range);
    const payload = within(value.range, truths) ? null : this.#vectors.lanes(value, lane);
    const truth = this.#vectors.truth(value);
    const mask = truth.lane === "f64" ? this.graph.convert("i32", truth, "truth") : truth;
    const opposite = this.graph.opposite(mask);
    return { mask: opposite ?? mask, inverted: opposite !== null, payload };
  }

  /** What a name is at entry, in a lane. */
  before(name: string, lane: Lane): Vector {
    return this.#vectors.lanes(this.entry(name), lane);
  }

  /** Send neurons where something holds back to the caller. */
  private raise(truth: Vector): void {
    this.flags.add(this.#where.reduce((flag, where) => this.#vectors.both(flag, where), truth));
  }

  /** Translate something that is evaluated only where a condition holds (or does not). */
  private under<T>(condition: Value, holding: boolean, translate: () => T): T {
    const truth = this.#vectors.truth(condition);
    const where = holding ? truth : this.graph.not(truth);
    // Where it is not known whether it holds, it may.
    this.#where.push(condition.lost === null ? where : this.#vectors.either(where, condition.lost));
    const result = translate();
    this.#where.pop();
    return result;
  }

  private entry(name: string): Value {
    const known = this.#entry.get(name);
    if (known !== undefined) return known;
    const value = this.entryValue(name, this.#sources.get(name)!);
    this.#entry.set(name, value);
    return value;
  }

  private entryValue(name: string, source: Source): Value {
    const { range } = source;
    const value = valueOf(range);
    if (value !== null) return numberValue(value);
    if (source.kind === "uniform") {
      return this.#vectors.made(range, this.graph.uniform(source.argument, source.lane));
    }
    if (source.kind === "row") {
      const { storage, argument } = source;
      return this.#vectors.made(range, this.graph.row(this.laneOf(storage), storage, argument));
    }
    const node = this.load(source.region);
    return source.parameter
      ? { kind: "lanes", range, node, lost: null, parameter: name }
      : this.#vectors.made(range, node);
  }

  private load(region: Region): Vector {
    return this.graph.load(this.laneOf(region.storage), region);
  }

  /** The lane in which stored elements arrive. */
  private laneOf(storage: Storage): Lane {
    if (storage === "f64") return "f64";
    return storage === "i8" || storage === "i16" ? this.#vectors.narrowest : "i32";
  }

  /** @param wide the value may well leave 32 bits in a healthy run: it is not to be lost then */
  private expression(expression: Expression, wide = false): Value {
    const own = this.#ranges.of.get(expression);
    if (own === undefined) {
      // Without any value: it is never evaluated, or fails whenever it is.
      this.raise(this.graph.constant("i32", -1));
      return numberValue(0n);
    }
    const value = this.compute(expression, wide);
    const number = valueOf(own);
    if (number !== null) return this.number(number);
    if (value.kind === "number") return value;
    return { ...value, range: overlap(own, value.range) ?? value.range };
  }

  /** A number that doubles cannot hold is lost. */
  private number(value: bigint): Value {
    const number = numberValue(value);
    if (within(number.range, holds.f64)) return number;
    const node = this.graph.constant("f64", 0);
    return { kind: "lanes", range: holds.f64, node, lost: this.graph.constant("i32", -1) };
  }

  private compute(expression: Expression, wide: boolean): Value {
    switch (expression.kind) {
      case "number":
        return this.number(BigInt(expression.value));
      case "name":
        return this.#names.get(expression.name) ?? this.entry(expression.name);
      case "old":
        return this.entry(expression.name);
      case "unary": {
        const operand = this.expression(expression.operand, wide);
        return expression.operator === "-"
          ? sum(this.#vectors, "-", numberValue(0n), operand, wide)
          : not(this.#vectors, operand);
      }
      case "choice":
        return this.choice(expression, (branch) => this.expression(branch, wide));
      case "binary":
        return this.binary(expression, wide);
      case "call":
        return this.call(expression, wide);
    }
  }

  private choice({ condition, yes, no }: Choice, translate: (branch: Expression) => Value): Value {
    const value = this.expression(condition);
    const own = this.#ranges.of.get(condition);
    if (own !== undefined && (own.low > 0n || own.high < 0n)) return translate(yes);
    if (value.kind === "number") return translate(no);
    const one = this.under(value, true, () => translate(yes));
    const other = this.under(value, false, () => translate(no));
    return select(this.#vectors, value, one, other);
  }

  private binary(expression: Binary, wide: boolean): Value {
    const { operator, left, right } = expression;
    switch (operator) {
      case "&&":
      case "||": {
        const first = this.expression(left);
        const second = this.under(first, operator === "&&", () => this.expression(right));
        return logical(this.#vectors, operator, first, second);
      }
      case "+":
      case "-": {
        const proved = this.#ranges.of.get(expression) ?? null;
        return sum(this.#vectors, operator, this.expression(left, wide), this.expression(right, wide), wide, proved);
      }
      case "*": {
        const shifted = this.signedShift(left, right) ?? this.signedShift(right, left);
        if (shifted !== null) return shifted;
        const proved = this.#ranges.of.get(expression) ?? null;
        return multiply(this.#vectors, this.expression(left), this.expression(right), proved);
      }
      case "<<":
        return shiftLeft(this.#vectors, this.expression(left), this.expression(right), wide);
      case ">>":
        return this.shiftRight("down", left, this.expression(right));
      default:
        return comparison(this.#vectors, operator, this.expression(left), this.expression(right));
    }
  }

  private shiftRight(rounding: Rounding, left: Expression, bits: Value): Value {
    const n = valueOf(bits.range);
    if (n !== null && n >= 0n && bits.lost === null && left.kind === "binary" && left.operator === "*") {
      const [a, b] = [this.expression(left.left), this.expression(left.right)];
      const split = shiftedProduct(this.#vectors, rounding, a, b, Number(n));
      if (split !== null) return split;
    }
    return shiftRight(this.#vectors, rounding, this.expression(left), bits);
  }

  /** `sign(x) * (abs(x) * r >> n)`, which is `toward_zero(x * r, n)` where r is not below 0; null for anything else. */
  private signedShift(sign: Expression, shifted: Expression): Value | null {
    if (sign.kind !== "call" || sign.name !== "sign" || shifted.kind !== "binary" || shifted.operator !== ">>")
      return null;
    const { left, right } = shifted;
    if (left.kind !== "binary" || left.operator !== "*") return null;
    const [x] = sign.args;
    for (const [size, factor] of [
      [left.left, left.right],
      [left.right, left.left],
    ] as const) {
      if (size.kind !== "call" || size.name !== "abs" || !isSameName(size.args[0]!, x!)) continue;
      const [r, bits] = [this.expression(factor), this.expression(right)];
      const n = valueOf(bits.range);
      if (r.range.low < 0n || n === null || n < 0n || bits.lost !== null) continue;
      const value = this.expression(x!);
      return (
        shiftedProduct(this.#vectors, "toward_zero", value, r, Number(n)) ??
        shiftRight(this.#vectors, "toward_zero", multiply(this.#vectors, value, r), bits)
      );
    }
    return null;
  }

  private call({ name, args }: Call, wide: boolean): Value {
    const at = (i: number): Value => this.expression(args[i]!);
    // What is cut may be large before.
    const large = (i: number): Value => this.expression(args[i]!, true);
    switch (name) {
      case "min":
      case "max":
        return extreme(this.#vectors, name, large(0), large(1));
      case "abs":
        return magnitude(this.#vectors, at(0));
      case "sign":
        return signOf(this.#vectors, at(0));
      case "clamp":
      case "saturate": {
        const [low, high] = [at(1), at(2)];
        const value = this.saturatedSum(args[0]!, low, high) ?? large(0);
        return extreme(this.#vectors, "min", extreme(this.#vectors, "max", value, low), high);
      }
      case "wrap":
        return this.wrap(args[0]!, at(1), wide);
      case "down":
      case "toward_zero":
      case "nearest_even":
        return this.shiftRight(name, args[0]!, at(1));
      case "div_down":
      case "rem":
        return divide(this.#vectors, name, at(0), at(1));
      default:
        return this.field(args[0]!, at(1), at(2));
    }
  }

  /** A sum of 16-bit lanes that is going to be cut to limits that these hold: null where it is none. */
  private saturatedSum(argument: Expression, low: Value, high: Value): Value | null {
    if (argument.kind !== "binary" || (argument.operator !== "+" && argument.operator !== "-")) return null;
    if (!within(low.range, holds.i16) || !within(high.range, holds.i16)) return null;
    const [a, b] = [this.expression(argument.left, true), this.expression(argument.right, true)];
    return saturatedSum(this.#vectors, argument.operator, a, b);
  }

  private wrap(argument: Expression, bits: Value, wide: boolean): Value {
    const by = this.#vectors.required(bits, { low: 1n, high: 52n });
    const n = valueOf(by.range);
    const own = this.#ranges.of.get(argument);
    if (n === null || n > 32n) return wrapDouble(this.#vectors, this.expression(argument, true), by);
    if (own !== undefined && within(own, { low: -(2n ** (n - 1n)), high: 2n ** (n - 1n) - 1n })) {
      return this.expression(argument, wide);
    }
    const lane = n <= 16n ? this.#vectors.narrowest : "i32";
    return wrapLow(this.#vectors, this.low(argument, lane), lane, Number(n));
  }

  private field(argument: Expression, low: Value, count: Value): Value {
    const [from, width] = [
      this.#vectors.required(low, { low: 0n, high: longestShift }),
      this.#vectors.required(count, { low: 0n, high: 52n }),
    ];
    const [first, n] = [valueOf(from.range), valueOf(width.range)];
    if (first !== null && n !== null && first + n <= 32n && n < 32n) {
      return fieldLow(this.#vectors, this.low(argument, "i32"), Number(first), Number(n));
    }
    return fieldOf(this.#vectors, this.expression(argument, true), from, width);
  }

  /**
   * The low 16 or 32 bits of an expression, however large it is. Sums, products and left shifts need no more than the
   * low bits of their operands.
   */
  private low(expression: Expression, lane: "i16" | "i32"): Value {
    const own = this.#ranges.of.get(expression);
    if (own !== undefined && valueOf(own) !== null) {
      this.expression(expression, true);
      return lowOf(this.#vectors, { kind: "number", range: own, lost: null }, lane);
    }
    const part =
      own === undefined || within(own, holds[lane]) || expression.kind === "call"
        ? null
        : this.lowPart(expression, lane);
    return part ?? lowOf(this.#vectors, this.expression(expression, true), lane);
  }

  /** @returns null for an operation whose low bits need more than those of its operands */
  private lowPart(expression: Expression, lane: "i16" | "i32"): Value | null {
    if (expression.kind === "choice") return this.choice(expression, (branch) => this.low(branch, lane));
    if (expression.kind === "unary" && expression.operator === "-") {
      const zero = lowOf(this.#vectors, numberValue(0n), lane);
      return lowArithmetic(this.#vectors, "-", lane, zero, this.low(expression.operand, lane));
    }
    if (expression.kind !== "binary") return null;
    const { operator, left, right } = expression;
    if (operator === "+" || operator === "-" || operator === "*") {
      return lowArithmetic(this.#vectors, operator, lane, this.low(left, lane), this.low(right, lane));
    }
    const amount = operator === "<<" ? this.#ranges.of.get(right) : undefined;
    const n = amount === undefined ? null : valueOf(amount);
    if (n === null || n < 0n || n > longestShift) return null;
    this.expression(right);
    return lowShifted(this.#vectors, lane, this.low(left, lane), Number(n));
  }
}

/** The same numbers for certain. */
function same(a: Value, b: Value): boolean {
  if (a.kind === "number") return b.kind === "number" && a.range.low === b.range.low;
  return a.kind === "lanes" && b.kind === "lanes" && a.node === b.node && a.lost === null;
}

function isSameName(a: Expression, b: Expression): boolean {
  return a.kind === "name" && b.kind === "name" && a.name === b.name;
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
