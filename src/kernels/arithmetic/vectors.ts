/**
 * Values as vectors. What the intervals prove is computed in the narrowest lanes that hold it. Where an intermediate may
 * leave its lanes, the value is lost there, and with it everything computed from it; where an operation may have no result
 * (a negative shift, a divisor of 0), a flag is raised at once.
 */

import { overlap, type Interval } from "../../datapath/interval.ts";
import type { Instruction } from "../encode.ts";
import { Graph, lowBits, truthOf, type Lane, type Vector } from "../vector.ts";
import { doubleComparisons } from "./instructions.ts";
import { holds, numberValue, truths, within, type Value } from "./value.ts";

/** Powers of two by parameters are worked out once: an array of 2^(add + value) or 2^(add - value), by name. */
export type Powers = (parameter: string, direction: 1 | -1, add: number, range: Interval) => Vector;

const widths: readonly Lane[] = ["i16", "i32", "f64"];

function narrower(a: Lane, b: Lane): Lane {
  return widths.indexOf(a) <= widths.indexOf(b) ? a : b;
}

/** Vectors of the values of one block. */
export class Vectors {
  readonly graph: Graph = new Graph();
  readonly narrowest: "i16" | "i32";
  readonly raise: (truth: Vector) => void;
  readonly powers: Powers;

  /**
   * @param narrowest lanes to use: 16 bits take 8 neurons at a time, and wider values then several vectors
   * @param raise told where an operation has no result
   */
  constructor(narrowest: "i16" | "i32", raise: (truth: Vector) => void, powers: Powers) {
    this.narrowest = narrowest;
    this.raise = raise;
    this.powers = powers;
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
    const known = truthOf(value.node);
    if (known !== null) return known;
    const { lane } = value.node;
    if (value.range.low >= 0n) return this.compare(">", lane, value.node, this.graph.constant(lane, 0));
    return this.graph.not(this.compare("==", lane, value.node, this.graph.constant(lane, 0)));
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

  /** A double is lost where it may have been rounded. */
  exact(node: Vector, range: Interval, ...from: readonly Value[]): Value {
    const value = this.made(range, node, ...from);
    if (within(range, holds.f64)) return value;
    const magnitude = this.graph.apply("f64", "f64x2.abs", node);
    const small = this.graph.apply("f64", "f64x2.lt", magnitude, this.graph.constant("f64", 2 ** 53));
    return this.lose(value, this.graph.not(small), holds.f64);
  }

  /** A value that is lost where some truth holds, and elsewhere lies in a range. */
  lose(value: Value, where: Vector, range: Interval): Value {
    if (value.kind === "number") return value;
    return { ...value, range: overlap(value.range, range) ?? range, lost: this.union(value.lost, where) };
  }

  /** A value that has to lie in a range: a flag is raised where it does not. */
  required(value: Value, range: Interval): Value {
    if (value.lost !== null) this.raise(value.lost);
    const outside = this.outside(value, range);
    if (outside !== null) this.raise(outside);
    const sure = overlap(value.range, range) ?? range;
    return value.kind === "number" ? numberValue(sure.low) : { ...value, range: sure, lost: null };
  }

  /** Where a value is not in a range. */
  outside(value: Value, range: Interval): Vector | null {
    if (within(value.range, range)) return null;
    const lane = this.lane(value.range, range);
    const node = this.lanes(value, lane);
    return this.union(
      value.range.low < range.low ? this.compare("<", lane, node, this.constant(lane, range.low)) : null,
      value.range.high > range.high ? this.compare(">", lane, node, this.constant(lane, range.high)) : null,
    );
  }
}
