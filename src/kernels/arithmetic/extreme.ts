/** The smaller or larger of two values, magnitude and sign. */

import { callInterval, valueOf } from "../../datapath/interval.ts";
import { comparison } from "./choice.ts";
import { divideNarrow } from "./divide.ts";
import { extremes, magnitudes, operators } from "./instructions.ts";
import { holds, numberValue, truths, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

/** The smaller or the larger of two. */
export function extreme(vectors: Vectors, name: "min" | "max", a: Value, b: Value): Value {
  const ofQuotient = quotientCut(vectors, name, a, b);
  if (ofQuotient !== null) return ofQuotient;
  const range = callInterval(name, [a.range, b.range])!;
  const [below, above] = [a.range.high <= b.range.low, b.range.high <= a.range.low];
  if (below || above) {
    const one = below === (name === "min") ? a : b;
    return one.kind === "number" && a.lost === null && b.lost === null
      ? one
      : vectors.made(range, vectors.lanes(one, vectors.lane(one.range)), a, b);
  }
  const lane = vectors.lane(a.range, b.range);
  const node = vectors.graph.apply(lane, extremes[name][lane], vectors.lanes(a, lane), vectors.lanes(b, lane));
  return vectors.made(range, node, a, b);
}

/** A quotient is cut where its dividend is; null where there is none, or nothing is gained. */
function quotientCut(vectors: Vectors, name: "min" | "max", a: Value, b: Value): Value | null {
  if (a.kind === "number") return b.kind === "number" ? null : quotientCut(vectors, name, b, a);
  const limit = valueOf(b.range);
  if (a.kind !== "lanes" || a.quotient === undefined || limit === null || b.lost !== null) return null;
  const { of, by } = a.quotient;
  const range = callInterval(name, [a.range, b.range])!;
  const most = limit * by + (name === "min" ? by - 1n : 0n);
  if (within(range, truths)) return comparison(vectors, ">=", of, numberValue(by));
  const cut = numberValue(most);
  if (!within(cut.range, holds.i32)) return null;
  const dividend = extreme(vectors, name, of, cut);
  const short = divideNarrow(vectors, dividend, by);
  const lane = vectors.lane(a.range, b.range);
  const node = short ?? vectors.graph.apply(lane, extremes[name][lane], vectors.lanes(a, lane), vectors.lanes(b, lane));
  return { kind: "lanes", range, node, lost: a.lost, quotient: { of: dividend, by } };
}

export function magnitude(vectors: Vectors, a: Value): Value {
  if (a.range.low >= 0n) return a;
  const range = callInterval("abs", [a.range])!;
  const lane = vectors.lane(a.range, range);
  return vectors.made(range, vectors.graph.apply(lane, magnitudes[lane], vectors.lanes(a, lane)), a);
}

export function signOf(vectors: Vectors, a: Value): Value {
  const range = callInterval("sign", [a.range])!;
  const lane = vectors.lane(a.range);
  const [node, zero] = [vectors.lanes(a, lane), vectors.graph.constant(lane, 0)];
  const own = lane === "f64" ? "i32" : lane;
  // A truth is -1.
  const below = vectors.graph.convert(own, vectors.compare("<", lane, node, zero), "truth");
  const above = vectors.graph.convert(own, vectors.compare(">", lane, node, zero), "truth");
  return vectors.made(range, vectors.graph.apply(own, operators["-"][own], below, above), a);
}
