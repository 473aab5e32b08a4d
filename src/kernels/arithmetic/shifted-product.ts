/** Products that are shifted to the right: the shifted result often fits where the product would not. */

import { binaryInterval, callInterval, valueOf, type Interval } from "../../datapath/interval.ts";
import type { Vector } from "../vector.ts";
import { product } from "./product.ts";
import { shiftLeft, shiftRight, type Rounding } from "./shift.ts";
import { holds, numberValue, powerOf, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

/**
 * `a * b` shifted by n bits where 32 bits do not hold the product: one factor is split at bit n, both parts are multiplied,
 * and only the product of the lower part is shifted. Exact, since the other is whole. A factor that is a power of two is
 * part of the shift.
 *
 * @returns null where some part would not fit
 */
export function shiftedProduct(vectors: Vectors, rounding: Rounding, a: Value, b: Value, n: number): Value | null {
  const [power, other] = powerOf(b) === null ? [powerOf(a), b] : [powerOf(b), a];
  if (power !== null && other.kind !== "truth") {
    const more = power - n;
    return more > 0
      ? shiftLeft(vectors, other, numberValue(BigInt(more)), true)
      : shiftRight(vectors, rounding, other, numberValue(BigInt(-more)));
  }
  if (rounding === "nearest_even") return null;
  const product = binaryInterval("*", a.range, b.range)!;
  if (within(product, holds.i32) || n < 1 || n > 31) return null;
  const range = callInterval(rounding, [product, { low: BigInt(n), high: BigInt(n) }])!;
  if (!within(range, holds.i32)) return null;
  // The smaller factor stays whole.
  const [split, whole] = spanOf(a.range) >= spanOf(b.range) ? [a, b] : [b, a];
  const node = nearlyWhole(vectors, rounding, split, whole, n) ?? splitProduct(vectors, rounding, split, whole, n);
  return node === null ? null : vectors.made(range, node, a, b);
}

/** `a * (2^n - s)` shifted by n bits, where s is a small number: what is taken from a is short. */
function nearlyWhole(vectors: Vectors, rounding: "down" | "toward_zero", a: Value, r: Value, n: number): Vector | null {
  const rest = valueOf(r.range) === null ? null : 2n ** BigInt(n) - r.range.low;
  if (rest === null || rest <= 0n || !within(a.range, holds.i32)) return null;
  const taken = binaryInterval("*", a.range, { low: rest, high: rest })!;
  // 1 is taken from it below.
  if (!within({ low: taken.low - 1n, high: taken.high }, holds.i32)) return null;
  const { graph } = vectors;
  const node = vectors.lanes(a, "i32");
  const taking = product(vectors, a, numberValue(rest));
  // What is taken is rounded up, as (x - 1 >> n) + 1, but down where a is below 0 and the rest is to be cut.
  const cut = rounding === "toward_zero" && a.range.low < 0n;
  const up = cut ? vectors.compare(">", "i32", node, graph.constant("i32", -1)) : graph.constant("i32", -1);
  const quotient = graph.shift("i32", "i32x4.shr_s", graph.apply("i32", "i32x4.add", taking, up), n);
  return graph.apply("i32", "i32x4.sub", graph.apply("i32", "i32x4.add", node, up), quotient);
}

function splitProduct(
  vectors: Vectors,
  rounding: "down" | "toward_zero",
  a: Value,
  r: Value,
  n: number,
): Vector | null {
  if (!within(a.range, holds.i32) || !within(r.range, holds.i32)) return null;
  const { graph } = vectors;
  const upper = callInterval("down", [a.range, { low: BigInt(n), high: BigInt(n) }])!;
  const lower = { low: 0n, high: 2n ** BigInt(n) - 1n };
  const signed = rounding === "toward_zero" && (a.range.low < 0n || r.range.low < 0n);
  if (signed && r.range.low < 0n) return null;
  const low = binaryInterval("*", lower, r.range)!;
  const raised = signed ? { low: low.low, high: low.high + lower.high } : low;
  if (!within(binaryInterval("*", upper, r.range)!, holds.i32) || !within(raised, holds.i32)) return null;
  const node = vectors.lanes(a, "i32");
  const high = product(vectors, vectors.made(upper, graph.shift("i32", "i32x4.shr_s", node, n)), r);
  const mask = graph.constant("i32", 2 ** n - 1);
  let rest = product(vectors, vectors.made(lower, graph.and(node, mask)), r);
  if (signed) {
    // Where the whole is negative, 2^n - 1 more rounds up. Where r is 0 that adds nothing either.
    const sign = graph.shift("i32", "i32x4.shr_s", node, 31);
    rest = graph.apply("i32", "i32x4.add", rest, graph.and(sign, mask));
  }
  return graph.apply("i32", "i32x4.add", high, graph.shift("i32", "i32x4.shr_s", rest, n));
}

function spanOf({ low, high }: Interval): bigint {
  return high - low;
}
