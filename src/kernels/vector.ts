/**
 * What a kernel computes for one group of neurons, as a graph of vector operations: equal operations are one node, so
 * that nothing is computed twice. A node stands for all neurons of the group and takes as many 128-bit vectors as its
 * lanes need.
 */

import type { Instruction } from "./encode.ts";
import type { Region, Storage } from "./memory.ts";

/** How one neuron's number is held: two's complement of 16 or 32 bits, or a double. Truths fill a lane with ones. */
export type Lane = "i16" | "i32" | "f64";

/** Lanes of a 128-bit vector. */
export const lanesPerVector: Readonly<Record<Lane, number>> = { i16: 8, i32: 4, f64: 2 };

/** A vector with a number in every lane. */
export function constantBytes(lane: Lane, value: number): Uint8Array {
  if (lane === "f64") return new Uint8Array(Float64Array.of(value, value).buffer);
  if (lane === "i32") return new Uint8Array(new Int32Array(4).fill(value).buffer);
  return new Uint8Array(new Int16Array(8).fill(value).buffer);
}

/** How a conversion treats what it converts: a number that fits, a truth, or the low bits of any number. */
export type Conversion = "number" | "truth" | "low";

interface Common {
  /** Operands come before what uses them. */
  readonly id: number;
  readonly lane: Lane;
  readonly args: readonly Vector[];
}

export type Vector =
  | (Common & { readonly kind: "constant"; readonly value: number })
  /** Elements of an array, one per neuron. */
  | (Common & { readonly kind: "load"; readonly region: Region })
  /** Elements of an array whose address is given at each call: which of the call's arguments. */
  | (Common & { readonly kind: "row"; readonly storage: Storage; readonly argument: number })
  /** A number given at each call, the same for all neurons: which of the call's arguments. */
  | (Common & { readonly kind: "uniform"; readonly argument: number })
  /** An instruction on each vector. */
  | (Common & { readonly kind: "apply"; readonly op: Instruction })
  /** An instruction on each vector with one shift amount for all lanes. */
  | (Common & { readonly kind: "shift"; readonly op: Instruction; readonly amount: number })
  /** From the lanes of the operand to others. */
  | (Common & { readonly kind: "convert"; readonly as: Conversion })
  /** Products of 16-bit lanes, in 32 bits; the second operand may be a number that 16 bits hold, with zeros above. */
  | (Common & { readonly kind: "product" })
  /** 2 to the power of 32-bit lanes from -1022 to 1023, as doubles. */
  | (Common & { readonly kind: "power" });

/** A node without its number. */
type Draft = Vector extends infer V ? (V extends Vector ? Omit<V, "id"> : never) : never;

/** Added to a double of magnitude below 2^51, it leaves the number's low 32 bits in those of the mantissa. */
export const mantissaMagic: number = 2 ** 52 + 2 ** 51;

/** Makes nodes, one for equal ones. */
export class Graph {
  readonly nodes: Vector[] = [];
  readonly #known = new Map<string, Vector>();

  constant(lane: Lane, value: number): Vector {
    // -0 is a number of its own among doubles, and no whole number.
    return this.add({ kind: "constant", lane, args: [], value: value + 0 });
  }

  load(lane: Lane, region: Region): Vector {
    return this.add({ kind: "load", lane, args: [], region });
  }

  row(lane: Lane, storage: Storage, argument: number): Vector {
    return this.add({ kind: "row", lane, args: [], storage, argument });
  }

  uniform(argument: number, lane: Lane): Vector {
    return this.add({ kind: "uniform", lane, args: [], argument });
  }

  apply(lane: Lane, op: Instruction, ...args: Vector[]): Vector {
    return this.simpler(lane, op, args) ?? this.add({ kind: "apply", lane, op, args });
  }

  /** The same with fewer instructions; null where nothing is known. */
  private simpler(lane: Lane, op: Instruction, [a, b]: readonly Vector[]): Vector | null {
    switch (op) {
      case "i16x8.add":
      case "i32x4.add":
        return this.simplerSum(wholeLane(lane), a!, b!);
      case "i16x8.sub":
      case "i32x4.sub":
        return this.simplerDifference(wholeLane(lane), a!, b!);
      case "i16x8.add_sat_s":
        return isZero(a!) ? b! : isZero(b!) ? a! : null;
      case "i16x8.sub_sat_s":
        return isZero(b!) ? a! : null;
      case "i16x8.neg":
      case "i32x4.neg":
        return this.simplerNegative(wholeLane(lane), a!);
      case "i16x8.min_s":
      case "i32x4.min_s":
        return this.simplerExtreme(lane, op, a!, b!, Math.min);
      case "i16x8.max_s":
      case "i32x4.max_s":
        return this.simplerExtreme(lane, op, a!, b!, Math.max);
      case "v128.or":
        return isZero(a!) ? b! : isZero(b!) ? a! : null;
      case "f64x2.add":
        // -0 becomes 0, which makes a difference only where it is stored.
        return isZero(b!) ? a! : isZero(a!) ? b! : null;
      default:
        return null;
    }
  }

  private simplerSum(lane: WholeLane, a: Vector, b: Vector): Vector | null {
    if (isZero(a)) return b;
    if (isZero(b)) return a;
    const { add, subtract, negate } = wholeOps[lane];
    if (a.kind === "constant" && b.kind === "constant") {
      return this.constant(lane, lowBits(lane, BigInt(a.value + b.value)));
    }
    if (isApply(b, negate)) return this.apply(lane, subtract, a, b.args[0]!);
    if (isApply(a, negate)) return this.apply(lane, subtract, b, a.args[0]!);
    const inner = a.kind === "apply" && a.op === add ? a.args[1]! : null;
    // (x + 1) + 2 is x + 3.
    if (b.kind === "constant" && inner?.kind === "constant") {
      return this.apply(lane, add, a.args[0]!, this.apply(lane, add, inner, b));
    }
    return null;
  }

  private simplerDifference(lane: WholeLane, a: Vector, b: Vector): Vector | null {
    const { add, negate } = wholeOps[lane];
    // So that sums with constants are found: see `select`.
    if (b.kind === "constant") return this.apply(lane, add, a, this.constant(lane, lowBits(lane, BigInt(-b.value))));
    if (isZero(a)) return this.apply(lane, negate, b);
    return isApply(b, negate) ? this.apply(lane, add, a, b.args[0]!) : null;
  }

  private simplerNegative(lane: WholeLane, a: Vector): Vector | null {
    const { subtract, negate } = wholeOps[lane];
    if (a.kind === "constant") return this.constant(lane, lowBits(lane, BigInt(-a.value)));
    if (isApply(a, negate)) return a.args[0]!;
    return isApply(a, subtract) ? this.apply(lane, subtract, a.args[1]!, a.args[0]!) : null;
  }

  /** The larger of x, 3 and 5 is that of x and 5. */
  private simplerExtreme(
    lane: Lane,
    op: Instruction,
    a: Vector,
    b: Vector,
    of: (a: number, b: number) => number,
  ): Vector | null {
    if (a.kind === "constant")
      return b.kind === "constant" ? this.constant(lane, of(a.value, b.value)) : this.apply(lane, op, b, a);
    const inner = isApply(a, op) ? a.args[1]! : null;
    if (b.kind !== "constant" || inner?.kind !== "constant") return null;
    return this.apply(lane, op, a.args[0]!, this.constant(lane, of(inner.value, b.value)));
  }

  shift(lane: Lane, op: Instruction, arg: Vector, amount: number): Vector {
    return amount === 0 ? arg : this.add({ kind: "shift", lane, op, args: [arg], amount });
  }

  /** The same numbers or truths in other lanes; numbers must fit there unless only their low bits are wanted. */
  convert(lane: Lane, arg: Vector, as: Conversion = "number"): Vector {
    if (arg.lane === lane) return arg;
    const ones = as === "truth" && lane === "f64";
    if (arg.kind === "constant" && !ones)
      return this.constant(lane, lane === "f64" ? arg.value : lowBits(lane, BigInt(arg.value)));
    if (arg.kind === "load" && arg.region.storage === "i16" && lane === "i32") return this.load(lane, arg.region);
    if (lane === "i16" && arg.lane === "i32" && as === "number") return this.narrow(arg);
    // There is no step from 16 bits to doubles or back.
    const far = lane === "f64" ? arg.lane === "i16" : lane === "i16" && arg.lane === "f64";
    const near = far ? this.convert("i32", arg, as) : arg;
    return this.add({ kind: "convert", lane, args: [near], as });
  }

  /** Narrowing cuts at the ends of 16 bits, so that it need not be done before. */
  private narrow(arg: Vector): Vector {
    const [value, limit] = arg.args;
    const cuts =
      arg.kind === "apply" &&
      limit?.kind === "constant" &&
      ((arg.op === "i32x4.min_s" && limit.value >= 32_767) || (arg.op === "i32x4.max_s" && limit.value <= -32_768));
    return cuts ? this.narrow(value!) : this.add({ kind: "convert", lane: "i16", args: [arg], as: "number" });
  }

  product(a: Vector, b: Vector): Vector {
    if (a.kind === "constant") {
      return b.kind === "constant" ? this.constant("i32", a.value * b.value) : this.product(b, a);
    }
    // What is multiplied by 0 beside it is added, so that halves need no numbers of 32 bits.
    if (b.kind === "constant") b = this.constant("i32", b.value & 0xffff);
    return this.add({ kind: "product", lane: "i32", args: [a, b] });
  }

  /** 2^k for 32-bit lanes k. */
  power(exponent: Vector): Vector {
    return this.add({ kind: "power", lane: "f64", args: [exponent] });
  }

  /** What a truth is the opposite of; null where it is made otherwise. */
  opposite(truth: Vector): Vector | null {
    return isApply(truth, "v128.not") ? truth.args[0]! : null;
  }

  not(truth: Vector): Vector {
    const opposite = this.opposite(truth);
    if (opposite !== null) return opposite;
    if (truth.kind === "constant" && truth.lane !== "f64") return this.constant(truth.lane, ~truth.value);
    return this.apply(truth.lane, "v128.not", truth);
  }

  /** Where both are true, or the number where the truth holds and 0 elsewhere. */
  and(a: Vector, b: Vector): Vector {
    if (b.kind === "apply" && b.op === "v128.not") return this.apply(a.lane, "v128.andnot", a, b.args[0]!);
    if (a.kind === "apply" && a.op === "v128.not") return this.apply(a.lane, "v128.andnot", b, a.args[0]!);
    return this.apply(a.lane, "v128.and", a, b);
  }

  /** Doubles that may be stored: 0 for -0, which is not a whole number of its own. */
  withoutMinusZero(node: Vector): Vector {
    if (isNeverMinusZero(node)) return node;
    return this.add({ kind: "apply", lane: "f64", op: "f64x2.add", args: [node, this.constant("f64", 0)] });
  }

  or(a: Vector, b: Vector): Vector {
    return this.apply(a.lane, "v128.or", a, b);
  }

  select(condition: Vector, yes: Vector, no: Vector): Vector {
    if (yes === no) return yes;
    if (condition.kind === "constant") return condition.value === 0 ? no : yes;
    const opposite = this.opposite(condition);
    if (opposite !== null) return this.select(opposite, no, yes);
    const sides = yes.lane === "f64" ? null : sidesOf(condition);
    if (sides?.[0] === yes && sides[1] === no) return this.extreme("most", yes, no);
    if (sides?.[0] === no && sides[1] === yes) return this.extreme("least", yes, no);
    const sum = this.selectSum(condition, yes, no);
    if (sum !== null) return sum;
    if (isZero(no)) return this.and(yes, condition);
    if (isZero(yes)) return this.apply(no.lane, "v128.andnot", no, condition);
    if (isZeroTest(condition) && condition.args[0] === no) return this.selectAtZero(condition, yes, no);
    // What is 0 already where the other is wanted need not be cut away.
    if (isApply(no, "v128.andnot") && implies(condition, no.args[1]!)) return this.or(this.and(yes, condition), no);
    return this.apply(yes.lane, "v128.bitselect", yes, no, condition);
  }

  /** The smaller or larger of two whole numbers. */
  private extreme(which: "least" | "most", a: Vector, b: Vector): Vector {
    return this.apply(a.lane, wholeOps[wholeLane(a.lane)][which], a, b);
  }

  /** Something else where a number is 0: added to it. */
  private selectAtZero(condition: Vector, yes: Vector, no: Vector): Vector {
    const lane = wholeLane(no.lane);
    const { add, subtract, least, most } = wholeOps[lane];
    // The sign of x where x >> n is 0, so that x is not below 0.
    const x = isApply(yes, subtract) ? yes.args[1]!.args[0] : undefined;
    if (x !== undefined && yes.args[0] === this.above(this.constant(lane, 0), x) && excludesBelow(condition, x)) {
      if (yes.args[1] === this.above(x, this.constant(lane, 0))) {
        return this.apply(lane, most, no, this.apply(lane, least, x, this.constant(lane, 1)));
      }
    }
    return this.apply(lane, add, no, this.and(yes, condition));
  }

  /** a > b. */
  private above(a: Vector, b: Vector): Vector {
    return this.apply(a.lane, a.lane === "i16" ? "i16x8.gt_s" : "i32x4.gt_s", a, b);
  }

  /** x + a or x + b as x + (a or b), where a or b is often 0. */
  private selectSum(condition: Vector, yes: Vector, no: Vector): Vector | null {
    if (yes.lane !== "i32") return null;
    const [one, other] = [summandsOf(yes), summandsOf(no)];
    if (one === null && other === null) return null;
    for (const [x, a] of one ?? [[yes, null] as const]) {
      for (const [y, b] of other ?? [[no, null] as const]) {
        if (x !== y) continue;
        const zero = this.constant("i32", 0);
        return this.apply("i32", "i32x4.add", x, this.select(condition, a ?? zero, b ?? zero));
      }
    }
    return null;
  }

  private add(draft: Draft): Vector {
    const key = keyOf(draft);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = { ...draft, id: this.nodes.length };
    this.nodes.push(node);
    this.#known.set(key, node);
    return node;
  }
}

/** Both ways to read a sum as something and what is added to it; null where it is none. */
function summandsOf(node: Vector): readonly (readonly [Vector, Vector | null])[] | null {
  const [a, b] = node.args;
  if (node.kind !== "apply" || node.op !== "i32x4.add") return null;
  return [
    [a!, b!],
    [b!, a!],
    [node, null],
  ];
}

function isZero(node: Vector): boolean {
  return node.kind === "constant" && node.value === 0;
}

function isApply(node: Vector, op: Instruction): boolean {
  return node.kind === "apply" && node.op === op;
}

type WholeLane = Exclude<Lane, "f64">;

/** The lane of instructions for whole numbers. */
function wholeLane(lane: Lane): WholeLane {
  return lane === "i16" ? "i16" : "i32";
}

/** Instructions for whole numbers in a lane. */
const wholeOps = {
  i16: { add: "i16x8.add", subtract: "i16x8.sub", negate: "i16x8.neg", least: "i16x8.min_s", most: "i16x8.max_s" },
  i32: { add: "i32x4.add", subtract: "i32x4.sub", negate: "i32x4.neg", least: "i32x4.min_s", most: "i32x4.max_s" },
} as const;

/** Doubles that were integers, or are a sum with such a one. */
function isNeverMinusZero(node: Vector): boolean {
  if (node.kind === "convert" || node.kind === "constant") return true;
  return isApply(node, "f64x2.add") && node.args.some(isNeverMinusZero);
}

/** The truth that a number is not 0, if it is x where x (or its magnitude) is above something from 0 on, and 0 elsewhere. */
export function truthOf(node: Vector): Vector | null {
  const [x, truth] = node.args;
  if (!isApply(node, "v128.and")) return null;
  const [larger, smaller] = sidesOf(truth!) ?? [];
  if (smaller?.kind !== "constant" || smaller.value < 0) return null;
  const same =
    larger === x || ((isApply(larger!, "i32x4.abs") || isApply(larger!, "i16x8.abs")) && larger!.args[0] === x);
  return same ? truth! : null;
}

/** Whether a truth is that a whole number is 0. */
function isZeroTest(truth: Vector): boolean {
  return (isApply(truth, "i16x8.eq") || isApply(truth, "i32x4.eq")) && isZero(truth.args[1]!);
}

/** Both sides of `a > b`. */
function sidesOf(truth: Vector): readonly Vector[] | null {
  return isApply(truth, "i16x8.gt_s") || isApply(truth, "i32x4.gt_s") ? truth.args : null;
}

/** Whether a truth can only hold where another does: x > 5, x > 3. */
function implies(truth: Vector, other: Vector): boolean {
  const [a, b] = [sidesOf(truth), sidesOf(other)];
  if (a === null || b === null || a[0] !== b[0]) return false;
  const [from, to] = [a[1]!, b[1]!];
  return from.kind === "constant" && to.kind === "constant" && from.value >= to.value;
}

/** Whether a truth cannot hold where a number is below 0: x >> n == 0. */
function excludesBelow(truth: Vector, x: Vector): boolean {
  const [tested] = truth.args;
  const shifted = tested!.kind === "shift" && (tested!.op === "i16x8.shr_s" || tested!.op === "i32x4.shr_s");
  return isZeroTest(truth) && (shifted ? tested!.args[0] : tested) === x;
}

/** The low bits of a whole number as two's complement of the lane. */
export function lowBits(lane: "i16" | "i32", value: bigint): number {
  return Number(BigInt.asIntN(lane === "i16" ? 16 : 32, value));
}

function keyOf(draft: Draft): string {
  const args = draft.args.map(({ id }) => id).join();
  switch (draft.kind) {
    case "constant":
      return `constant ${draft.lane} ${draft.value}`;
    case "load":
      return `load ${draft.lane} ${draft.region.offset}`;
    case "row":
      return `row ${draft.lane} ${draft.argument}`;
    case "uniform":
      return `uniform ${draft.lane} ${draft.argument}`;
    case "apply":
      return `${draft.op} ${args}`;
    case "shift":
      return `${draft.op} ${draft.amount} ${args}`;
    case "convert":
      return `convert ${draft.lane} ${draft.as} ${args}`;
    default:
      return `${draft.kind} ${args}`;
  }
}
