/** Sums and differences. */

import { binaryInterval, overlap, type Interval } from "../../datapath/interval.ts";
import type { Lane } from "../vector.ts";
import { operators } from "./instructions.ts";
import { holds, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

/**
 * `a + b` or `a - b`.
 *
 * @param wide the sum may well leave 32 bits in a healthy run: it is computed, not lost
 * @param proved what it can be, by more than its operands' ranges
 */
export function sum(
  vectors: Vectors,
  operator: "+" | "-",
  a: Value,
  b: Value,
  wide: boolean,
  proved: Interval | null = null,
): Value {
  const all = binaryInterval(operator, a.range, b.range)!;
  const range = proved === null ? all : (overlap(all, proved) ?? all);
  const lane = vectors.lane(a.range, b.range, range);
  if (lane === "f64" && vectors.lane(a.range, b.range) !== "f64" && !wide)
    return shortSum(vectors, operator, a, b, range);
  return applied(vectors, operator, lane, a, b, range);
}

export function applied(
  vectors: Vectors,
  operator: "+" | "-" | "*",
  lane: Lane,
  a: Value,
  b: Value,
  range: Interval,
): Value {
  const node = vectors.graph.apply(lane, operators[operator][lane], vectors.lanes(a, lane), vectors.lanes(b, lane));
  return lane === "f64" ? vectors.exact(node, range, a, b) : vectors.made(range, node, a, b);
}

/** A sum or difference cut at the ends of 16 bits by the instruction itself; null where lanes or operands are wider. */
export function saturatedSum(vectors: Vectors, operator: "+" | "-", a: Value, b: Value): Value | null {
  if (vectors.narrowest !== "i16" || !within(a.range, holds.i16) || !within(b.range, holds.i16)) return null;
  const { low, high } = binaryInterval(operator, a.range, b.range)!;
  const range = {
    low: low < holds.i16.low ? holds.i16.low : low,
    high: high > holds.i16.high ? holds.i16.high : high,
  };
  const op = operator === "+" ? "i16x8.add_sat_s" : "i16x8.sub_sat_s";
  return vectors.made(range, vectors.graph.apply("i16", op, vectors.lanes(a, "i16"), vectors.lanes(b, "i16")), a, b);
}

/** 32 bits hold the operands but perhaps not the result. */
function shortSum(vectors: Vectors, operator: "+" | "-", a: Value, b: Value, range: Interval): Value {
  const { graph } = vectors;
  const [x, y] = [vectors.lanes(a, "i32"), vectors.lanes(b, "i32")];
  const node = graph.apply("i32", operators[operator].i32, x, y);
  // It overflowed where the sign differs from those of both operands (of the first and the negated second).
  const against = graph.apply("i32", "v128.xor", operator === "+" ? y : x, operator === "+" ? node : y);
  const overflow = graph.and(graph.apply("i32", "v128.xor", x, node), against);
  return vectors.lose(vectors.made(range, node, a, b), graph.shift("i32", "i32x4.shr_s", overflow, 31), holds.i32);
}
