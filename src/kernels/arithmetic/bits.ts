/** Low bits of values, however large these are, and fields of bits. */

import { binaryInterval, callInterval } from "../../datapath/interval.ts";
import { operators, shifts } from "./instructions.ts";
import { power, scaled } from "./shift.ts";
import { holds, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

/** The low n bits, up to 16 or 32, as two's complement. */
export function wrapLow(vectors: Vectors, low: Value, lane: "i16" | "i32", n: number): Value {
  const rest = (lane === "i16" ? 16 : 32) - n;
  const raised = vectors.graph.shift(lane, shifts.left[lane], vectors.lanes(low, lane), rest);
  const range = { low: -(2n ** BigInt(n - 1)), high: 2n ** BigInt(n - 1) - 1n };
  return vectors.made(range, vectors.graph.shift(lane, shifts.down[lane], raised, rest), low);
}

/** x - size * (x + size / 2) / size, rounded down, where size is 2^bits. */
export function wrapDouble(vectors: Vectors, a: Value, bits: Value): Value {
  const { graph } = vectors;
  const [x, size] = [vectors.lanes(a, "f64"), power(vectors, bits)];
  const half = graph.apply("f64", "f64x2.mul", size, graph.constant("f64", 0.5));
  const most = binaryInterval("+", a.range, { low: 0n, high: 2n ** (bits.range.high - 1n) })!;
  const raised = vectors.exact(graph.apply("f64", "f64x2.add", x, half), most, a);
  const turns = graph.apply("f64", "f64x2.mul", vectors.lanes(raised, "f64"), power(vectors, bits, true));
  const whole = graph.apply("f64", "f64x2.mul", graph.apply("f64", "f64x2.floor", turns), size);
  return vectors.made(callInterval("wrap", [a.range, bits.range])!, graph.apply("f64", "f64x2.sub", x, whole), raised);
}

/** The low 16 or 32 bits of a value, as numbers of those lanes. */
export function lowOf(vectors: Vectors, value: Value, lane: "i16" | "i32"): Value {
  if (value.kind === "number") return vectors.made(holds[lane], vectors.constant(lane, value.range.low));
  if (value.kind === "truth" || within(value.range, holds[lane])) {
    return vectors.made(holds[lane], vectors.lanes(value, lane), value);
  }
  const { graph } = vectors;
  let { node } = value;
  if (node.lane === "f64" && !within(value.range, { low: -(2n ** 50n), high: 2n ** 50n })) {
    const turns = graph.apply("f64", "f64x2.floor", scaled(vectors, node, 2 ** -32));
    node = graph.apply("f64", "f64x2.sub", node, scaled(vectors, turns, 2 ** 32));
  }
  if (node.lane === "f64") node = graph.convert("i32", node, "low");
  return vectors.made(holds[lane], graph.convert(lane, node, "low"), value);
}

/** Low bits of a sum, difference or product, of those of its operands. */
export function lowArithmetic(
  vectors: Vectors,
  operator: "+" | "-" | "*",
  lane: "i16" | "i32",
  a: Value,
  b: Value,
): Value {
  const node = vectors.graph.apply(lane, operators[operator][lane], vectors.lanes(a, lane), vectors.lanes(b, lane));
  return vectors.made(holds[lane], node, a, b);
}

export function lowShifted(vectors: Vectors, lane: "i16" | "i32", a: Value, n: number): Value {
  if (n >= (lane === "i16" ? 16 : 32)) return vectors.made(holds[lane], vectors.graph.constant(lane, 0), a);
  return vectors.made(holds[lane], vectors.graph.shift(lane, shifts.left[lane], vectors.lanes(a, lane), n), a);
}

/** Bits of the low 32 bits of a value: `count` of them from `low` on. */
export function fieldLow(vectors: Vectors, bits: Value, low: number, count: number): Value {
  const moved = vectors.graph.shift("i32", "i32x4.shr_u", vectors.lanes(bits, "i32"), low);
  const most = { low: 0n, high: 2n ** BigInt(count) - 1n };
  return vectors.made(most, vectors.graph.and(moved, vectors.constant("i32", most.high)), bits);
}

/** The same of any value. */
export function fieldOf(vectors: Vectors, a: Value, low: Value, count: Value): Value {
  const { graph } = vectors;
  const moved = graph.apply(
    "f64",
    "f64x2.floor",
    graph.apply("f64", "f64x2.mul", vectors.lanes(a, "f64"), power(vectors, low, true)),
  );
  const turns = graph.apply("f64", "f64x2.floor", graph.apply("f64", "f64x2.mul", moved, power(vectors, count, true)));
  const whole = graph.apply("f64", "f64x2.mul", turns, power(vectors, count));
  const range = { low: 0n, high: 2n ** count.range.high - 1n };
  return vectors.made(range, graph.apply("f64", "f64x2.sub", moved, whole), a);
}
