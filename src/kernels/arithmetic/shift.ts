/** Shifts. */

import { binaryInterval, callInterval, valueOf, type Interval } from "../../datapath/interval.ts";
import type { Vector } from "../vector.ts";
import { operators, roundings, shifts } from "./instructions.ts";
import { product } from "./product.ts";
import { holds, longestShift, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

export type Rounding = "down" | "toward_zero" | "nearest_even";

export function shiftLeft(vectors: Vectors, a: Value, bits: Value, wide: boolean): Value {
  const { graph } = vectors;
  const by = vectors.required(bits, { low: 0n, high: longestShift });
  const range = binaryInterval("<<", a.range, by.range)!;
  const n = valueOf(by.range);
  if (n === null) return shiftLeftEach(vectors, a, by, range);
  const lane = vectors.lane(a.range, range);
  if (lane !== "f64") {
    return vectors.made(range, graph.shift(lane, shifts.left[lane], vectors.lanes(a, lane), Number(n)), a);
  }
  if (!wide && n < 32n && within(a.range, holds.i32)) {
    const from = vectors.lanes(a, "i32");
    const node = graph.shift("i32", "i32x4.shl", from, Number(n));
    const back = graph.shift("i32", "i32x4.shr_s", node, Number(n));
    return vectors.lose(vectors.made(range, node, a), vectors.compare("!=", "i32", back, from), holds.i32);
  }
  return vectors.exact(scaled(vectors, vectors.lanes(a, "f64"), 2 ** Number(n)), range, a);
}

/** Each neuron by an amount of its own. */
function shiftLeftEach(vectors: Vectors, a: Value, by: Value, range: Interval): Value {
  const factor = { low: 2n ** by.range.low, high: 2n ** by.range.high };
  if (by.kind === "lanes" && by.parameter !== undefined && within(range, holds.i32) && within(factor, holds.i32)) {
    const node = vectors.powers(by.parameter, 1, 0, factor);
    return vectors.made(range, product(vectors, a, vectors.made(factor, node)), a);
  }
  return vectors.exact(vectors.graph.apply("f64", "f64x2.mul", vectors.lanes(a, "f64"), power(vectors, by)), range, a);
}

export function scaled(vectors: Vectors, node: Vector, factor: number): Vector {
  return factor === 1 ? node : vectors.graph.apply("f64", "f64x2.mul", node, vectors.graph.constant("f64", factor));
}

/** 2^n, or 2^-n, as doubles. */
export function power(vectors: Vectors, n: Value, negative = false): Vector {
  if (n.kind === "number") {
    return vectors.graph.constant("f64", 2 ** (negative ? -Number(n.range.low) : Number(n.range.low)));
  }
  const node = vectors.lanes(n, "i32");
  return vectors.graph.power(negative ? vectors.graph.apply("i32", "i32x4.neg", node) : node);
}

/** A shift to the right that rounds as named. */
export function shiftRight(vectors: Vectors, rounding: Rounding, a: Value, bits: Value): Value {
  const by = vectors.required(bits, { low: 0n, high: longestShift });
  const range = callInterval(rounding, [a.range, by.range])!;
  const n = valueOf(by.range);
  if (n === null) return vectors.made(range, shiftRightEach(vectors, rounding, a, by), a);
  const lane = vectors.lane(a.range);
  if (n === 0n) return vectors.made(range, vectors.lanes(a, lane), a);
  if (lane === "f64") {
    const quotient = scaled(vectors, vectors.lanes(a, lane), 2 ** -Number(n));
    return vectors.made(range, vectors.graph.apply(lane, roundings[rounding], quotient), a);
  }
  return vectors.made(range, shiftLanes(vectors, rounding, lane, a, Number(n)), a);
}

function shiftRightEach(vectors: Vectors, rounding: Rounding, a: Value, by: Value): Vector {
  const { graph } = vectors;
  const most = by.range.high;
  // x >> n is (x << (most - n)) >> most.
  const factor = { low: 1n, high: most <= 30n ? 2n ** (most - by.range.low) : 2n ** 32n };
  const raised = binaryInterval("*", a.range, factor)!;
  const down = rounding === "down" || (rounding === "toward_zero" && a.range.low >= 0n);
  if (by.kind === "lanes" && by.parameter !== undefined && down && within(raised, holds.i32)) {
    const node = vectors.powers(by.parameter, -1, Number(most), factor);
    return graph.shift("i32", "i32x4.shr_s", product(vectors, a, vectors.made(factor, node)), Number(most));
  }
  const quotient = graph.apply("f64", "f64x2.mul", vectors.lanes(a, "f64"), power(vectors, by, true));
  return graph.apply("f64", roundings[rounding], quotient);
}

function shiftLanes(vectors: Vectors, rounding: Rounding, lane: "i16" | "i32", a: Value, n: number): Vector {
  const { graph } = vectors;
  const bits = lane === "i16" ? 16 : 32;
  const node = vectors.lanes(a, lane);
  if (rounding === "down" || (rounding === "toward_zero" && a.range.low >= 0n)) {
    return graph.shift(lane, shifts.down[lane], node, Math.min(n, bits - 1));
  }
  if (rounding === "nearest_even") return halfToEven(vectors, lane, a, n);
  if (n >= bits) return graph.constant(lane, 0);
  // 2^n - 1 is added to what is negative.
  const sign = graph.shift(lane, shifts.down[lane], node, bits - 1);
  const ends = graph.shift(lane, shifts.fill[lane], sign, bits - n);
  return graph.shift(lane, shifts.down[lane], graph.apply(lane, operators["+"][lane], node, ends), n);
}

function halfToEven(vectors: Vectors, lane: "i16" | "i32", a: Value, n: number): Vector {
  const { graph } = vectors;
  const half = 2n ** BigInt(n - 1);
  if (!within({ low: a.range.low, high: a.range.high + half }, holds[lane])) {
    const quotient = scaled(vectors, vectors.lanes(a, "f64"), 2 ** -n);
    return graph.convert(lane, graph.apply("f64", "f64x2.nearest", quotient));
  }
  // A half less a bit, and the bit where the quotient rounded down is odd.
  const node = vectors.lanes(a, lane);
  const odd = graph.and(graph.shift(lane, shifts.down[lane], node, n), graph.constant(lane, 1));
  const add = operators["+"][lane];
  const raised = graph.apply(lane, add, graph.apply(lane, add, node, vectors.constant(lane, half - 1n)), odd);
  return graph.shift(lane, shifts.down[lane], raised, n);
}
