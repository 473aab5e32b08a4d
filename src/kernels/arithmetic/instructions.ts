/** Instructions by operation and lane. */

import type { Instruction } from "../encode.ts";

export const operators = {
  "+": { i16: "i16x8.add", i32: "i32x4.add", f64: "f64x2.add" },
  "-": { i16: "i16x8.sub", i32: "i32x4.sub", f64: "f64x2.sub" },
  "*": { i16: "i16x8.mul", i32: "i32x4.mul", f64: "f64x2.mul" },
} as const;

/** To the left; to the right, rounding down; to the right, with zeros from the left. */
export const shifts = {
  left: { i16: "i16x8.shl", i32: "i32x4.shl" },
  down: { i16: "i16x8.shr_s", i32: "i32x4.shr_s" },
  fill: { i16: "i16x8.shr_u", i32: "i32x4.shr_u" },
} as const;

export const extremes = {
  min: { i16: "i16x8.min_s", i32: "i32x4.min_s", f64: "f64x2.pmin" },
  max: { i16: "i16x8.max_s", i32: "i32x4.max_s", f64: "f64x2.pmax" },
} as const;

export const magnitudes = { i16: "i16x8.abs", i32: "i32x4.abs", f64: "f64x2.abs" } as const;

export const roundings = { down: "f64x2.floor", toward_zero: "f64x2.trunc", nearest_even: "f64x2.nearest" } as const;

export const doubleComparisons: Readonly<Record<string, Instruction>> = {
  "==": "f64x2.eq",
  "!=": "f64x2.ne",
  "<": "f64x2.lt",
  "<=": "f64x2.le",
  ">": "f64x2.gt",
  ">=": "f64x2.ge",
};
