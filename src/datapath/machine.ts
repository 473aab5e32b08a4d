/** The narrowest machine type that holds a subexpression exactly, for engines that compute in machine words. */

import { isBounded, type BlockRanges, type Interval } from "./ranges.ts";
import type { Expression } from "./syntax.ts";

/** From narrow to wide; `double`: a 64-bit integer or a double, both exact; `big`: no machine word is sure to hold it. */
export type MachineType = "int16" | "int32" | "double" | "int64" | "big";

/** The narrowest type that holds all of an interval. Doubles are exact for magnitudes up to 2^53 - 1. */
export function machineTypeOf(range: Interval): MachineType {
  if (!isBounded(range)) return "big";
  const bits = bitsOf(range);
  if (bits <= 16) return "int16";
  if (bits <= 32) return "int32";
  const { low, high } = range;
  if (low >= -BigInt(Number.MAX_SAFE_INTEGER) && high <= BigInt(Number.MAX_SAFE_INTEGER)) return "double";
  return bits <= 64 ? "int64" : "big";
}

/** The type of every subexpression that can be evaluated; an operation needs the widest of its own and its operands'. */
export function machineTypes({ of }: BlockRanges): ReadonlyMap<Expression, MachineType> {
  return new Map([...of].map(([node, range]) => [node, machineTypeOf(range)]));
}

/** Bits of the narrowest two's complement that holds all of an interval. */
export function bitsOf({ low, high }: Interval): number {
  return Math.max(bitsOfNumber(low), bitsOfNumber(high));
}

function bitsOfNumber(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value;
  return magnitude === 0n ? 1 : magnitude.toString(2).length + 1;
}
