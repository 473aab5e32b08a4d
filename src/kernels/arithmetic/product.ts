/** Products. */

import { binaryInterval, overlap, type Interval } from "../../datapath/interval.ts";
import type { Vector } from "../vector.ts";
import { select } from "./choice.ts";
import { applied } from "./sum.ts";
import { holds, isShort, numberValue, powerOf, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

/** @param proved what it can be, by more than its operands' ranges */
export function multiply(vectors: Vectors, a: Value, b: Value, proved: Interval | null = null): Value {
  if (a.kind === "truth") return select(vectors, a, b, numberValue(0n));
  if (b.kind === "truth") return select(vectors, b, a, numberValue(0n));
  const all = binaryInterval("*", a.range, b.range)!;
  const range = proved === null ? all : (overlap(all, proved) ?? all);
  const lane = vectors.lane(a.range, b.range, range);
  if (lane === "f64") return applied(vectors, "*", lane, a, b, range);
  if (lane === "i16") return vectors.made(range, narrowProduct(vectors, a, b), a, b);
  return vectors.made(range, product(vectors, a, b), a, b);
}

/** The product, which 16 bits hold. */
function narrowProduct(vectors: Vectors, a: Value, b: Value): Vector {
  const [power, other] = [powerOf(b) ?? powerOf(a), powerOf(b) === null ? b : a];
  if (power !== null) return vectors.graph.shift("i16", "i16x8.shl", vectors.lanes(other, "i16"), power);
  return vectors.graph.apply("i16", "i16x8.mul", vectors.lanes(a, "i16"), vectors.lanes(b, "i16"));
}

/** The product, which 32 bits hold. */
export function product(vectors: Vectors, a: Value, b: Value): Vector {
  const { graph } = vectors;
  const [power, other] = [powerOf(b) ?? powerOf(a), powerOf(b) === null ? b : a];
  if (power !== null) return graph.shift("i32", "i32x4.shl", vectors.lanes(other, "i32"), power);
  const short = within(a.range, holds.i16) && within(b.range, holds.i16);
  if (short && vectors.narrowest === "i16" && isShort(a) && isShort(b)) {
    return graph.product(vectors.lanes(a, "i16"), vectors.lanes(b, "i16"));
  }
  // Products of both halves are added; the upper half of a factor that is not negative is 0.
  const halves = short && (a.range.low >= 0n || b.range.low >= 0n);
  const op = halves ? "i32x4.dot_i16x8_s" : "i32x4.mul";
  return graph.apply("i32", op, vectors.lanes(a, "i32"), vectors.lanes(b, "i32"));
}
