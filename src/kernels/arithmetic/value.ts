/** What an expression comes to while a kernel is made. */

import { valueOf, type Interval } from "../../datapath/interval.ts";
import type { Lane, Vector } from "../vector.ts";

/** A value of a block: one number for all neurons, numbers in lanes, or truths. */
export type Value =
  | { readonly kind: "number"; readonly range: Interval; readonly lost: null }
  | {
      readonly kind: "lanes" | "truth";
      /** What it can be where it is not lost. */
      readonly range: Interval;
      readonly node: Vector;
      /** Truths: where lanes did not hold something on the way. */
      readonly lost: Vector | null;
      /** The name of the parameter that it is, unchanged. */
      readonly parameter?: string;
      /** What it is the quotient of, rounded down: a number and one above 0. */
      readonly quotient?: { readonly of: Value; readonly by: bigint };
    };

/** What the lanes hold exactly. */
export const holds: Readonly<Record<Lane, Interval>> = {
  i16: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  i32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  f64: { low: -(2n ** 53n) + 1n, high: 2n ** 53n - 1n },
};

/** Powers of two by which a double may be multiplied: 2^-1000 of 2^53 is still an ordinary one. */
export const longestShift = 1000n;

/** What a truth is as a number. */
export const truths: Interval = { low: 0n, high: 1n };

export function within({ low, high }: Interval, outer: Interval): boolean {
  return outer.low <= low && high <= outer.high;
}

export function numberValue(value: bigint): Value {
  return { kind: "number", range: { low: value, high: value }, lost: null };
}

/** n of a number 2^n; null of anything else. */
export function powerOf({ range }: Value): number | null {
  const value = valueOf(range);
  if (value === null || value < 1n || (value & (value - 1n)) !== 0n) return null;
  return value.toString(2).length - 1;
}

/** Held in 16 bits already, or a number. */
export function isShort(value: Value): boolean {
  return value.kind === "number" || (value.kind === "lanes" && value.node.lane === "i16");
}
