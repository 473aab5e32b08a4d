/** Quotients rounded down, and what remains. */

import { callInterval, valueOf, type Interval } from "../../datapath/interval.ts";
import type { Vector } from "../vector.ts";
import { product } from "./product.ts";
import { shiftRight } from "./shift.ts";
import { holds, isShort, numberValue, powerOf, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

export function divide(vectors: Vectors, name: "div_down" | "rem", a: Value, b: Value): Value {
  const range = callInterval(name, [a.range, b.range]) ?? holds.f64;
  if (b.lost !== null) vectors.raise(b.lost);
  if (b.range.low <= 0n && b.range.high >= 0n) {
    const lane = vectors.lane(b.range);
    vectors.raise(vectors.compare("==", lane, vectors.lanes(b, lane), vectors.graph.constant(lane, 0)));
  }
  const value =
    divideShift(vectors, name, a, b) ??
    divideShort(vectors, name, a, b, range) ??
    divideDoubles(vectors, name, a, b, range);
  const by = valueOf(b.range);
  if (name === "rem" || by === null || by <= 0n || value.kind !== "lanes") return value;
  return { ...value, quotient: { of: a, by } };
}

/** By a power of two; null by anything else. */
function divideShift(vectors: Vectors, name: "div_down" | "rem", a: Value, b: Value): Value | null {
  const power = powerOf(b);
  if (power === null || !within(a.range, holds.i32)) return null;
  const quotient = shiftRight(vectors, "down", a, numberValue(BigInt(power)));
  if (name === "div_down") return quotient;
  const rest = { low: 0n, high: 2n ** BigInt(power) - 1n };
  const lane = vectors.lane(a.range, rest);
  if (lane === "f64") return null;
  return vectors.made(rest, vectors.graph.and(vectors.lanes(a, lane), vectors.constant(lane, rest.high)), a);
}

/**
 * Quotients of 16-bit lanes from 0 on, by a number d from 2 to 2^14: a - d / 2 times 2^15 / d rounded down, in units of 2^15
 * and rounded to the nearest, is the quotient or one less, as what remains then tells.
 *
 * @returns null where something is wider
 */
export function divideNarrow(vectors: Vectors, a: Value, by: bigint): Vector | null {
  if (vectors.narrowest !== "i16" || !within(a.range, { low: 0n, high: holds.i16.high }) || !isShort(a)) return null;
  if (by < 2n || by > 2n ** 14n) return null;
  const { graph } = vectors;
  const node = vectors.lanes(a, "i16");
  const power = powerOf(numberValue(by));
  if (power !== null) return graph.shift("i16", "i16x8.shr_s", node, power);
  const raised = graph.apply("i16", "i16x8.sub", node, vectors.constant("i16", by / 2n));
  const near = graph.apply("i16", "i16x8.q15mulr_sat_s", raised, vectors.constant("i16", 2n ** 15n / by));
  const rest = graph.apply(
    "i16",
    "i16x8.sub",
    node,
    graph.apply("i16", "i16x8.mul", near, vectors.constant("i16", by)),
  );
  // A truth is -1.
  return graph.apply(
    "i16",
    "i16x8.sub",
    near,
    graph.apply("i16", "i16x8.gt_s", rest, vectors.constant("i16", by - 1n)),
  );
}

/** Quotients of doubles below 2^52 are never rounded up to a whole number that they have not reached. */
function divideDoubles(vectors: Vectors, name: "div_down" | "rem", a: Value, b: Value, range: Interval): Value {
  const { graph } = vectors;
  const limit = { low: -(2n ** 52n), high: 2n ** 52n };
  const [x, y] = [vectors.lanes(a, "f64"), vectors.lanes(b, "f64")];
  const quotient = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.div", x, y));
  const whole = (): Vector => graph.apply("f64", "f64x2.mul", quotient, y);
  const node = name === "div_down" ? quotient : graph.apply("f64", "f64x2.sub", x, whole());
  const lost = vectors.union(vectors.outside(a, limit), vectors.outside(b, limit));
  const value = vectors.made(range, node, a, b);
  return lost === null ? value : vectors.lose(value, lost, range);
}

/** The same for floats where all is below 2^23, four at a time. */
function divideShort(vectors: Vectors, name: "div_down" | "rem", a: Value, b: Value, range: Interval): Value | null {
  const { graph } = vectors;
  const limit = { low: -(2n ** 22n), high: 2n ** 22n };
  if (!within(a.range, limit) || !within(b.range, limit)) return null;
  const [x, y] = [vectors.lanes(a, "i32"), vectors.lanes(b, "i32")];
  const quotient =
    reciprocal(vectors, a, b) ??
    graph.apply("i32", "f32x4.floor", graph.apply("i32", "f32x4.div", float(vectors, x), float(vectors, y)));
  // The number stands in the low bits of the mantissa once 1.5 * 2^23 is added, which rounds to the nearest.
  const magic = graph.constant("i32", 0x4b400000);
  const whole = graph.apply("i32", "i32x4.sub", graph.apply("i32", "f32x4.add", quotient, magic), magic);
  if (name === "div_down") return vectors.made(range, whole, a, b);
  const quotients = callInterval("div_down", [a.range, b.range]) ?? limit;
  const taken = product(vectors, vectors.made(quotients, whole), vectors.made(b.range, y));
  return vectors.made(range, graph.apply("i32", "i32x4.sub", x, taken), a, b);
}

/**
 * (a + 1/2) / b - 1/2 as a float, for a number b: 1/(2b) or more from where it would be rounded to another number than a / b
 * rounded down, and below 2^20 all three roundings together err by less.
 */
function reciprocal(vectors: Vectors, a: Value, b: Value): Vector | null {
  const [by, limit] = [valueOf(b.range), 2n ** 20n];
  if (by === null || by < 1n || by > limit || !within(a.range, { low: -limit, high: limit })) return null;
  const { graph } = vectors;
  const factor = 1 / Number(by);
  const scaled = graph.apply(
    "i32",
    "f32x4.mul",
    float(vectors, vectors.lanes(a, "i32")),
    floatConstant(vectors, factor),
  );
  return graph.apply("i32", "f32x4.add", scaled, floatConstant(vectors, factor / 2 - 0.5));
}

/** 32-bit integers as floats. */
function float(vectors: Vectors, node: Vector): Vector {
  if (node.kind !== "constant") return vectors.graph.apply("i32", "f32x4.convert_i32x4_s", node);
  return floatConstant(vectors, node.value);
}

function floatConstant(vectors: Vectors, value: number): Vector {
  return vectors.graph.constant("i32", new Int32Array(Float32Array.of(value).buffer)[0]!);
}
