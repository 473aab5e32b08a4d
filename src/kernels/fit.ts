/** How few bits hold a set of weights. */

import type { Weights } from "../core/synapses.ts";

/** Weights w are stored as s with w = scale * s + base: s is unsigned below 16 bits and signed from there on. */
export interface Fit {
  readonly bits: 1 | 4 | 8 | 16 | 32;
  readonly scale: number;
  readonly base: number;
  /** Largest s where it is unsigned. */
  readonly levels: number;
}

/** Smallest, largest, and what all differences are a multiple of. */
export interface Spread {
  low: number;
  high: number;
  step: number;
}

/** Take more weights into account; begin with null. */
export function spreadOf(weights: Weights, before: Spread | null): Spread | null {
  if (weights.length === 0) return before;
  const [first] = weights as unknown as [number];
  let { low, high, step } = before ?? { low: first, high: first, step: 0 };
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (step !== 1) step = divisor(step, Math.abs(weight - low));
    if (weight < low) low = weight;
    if (weight > high) high = weight;
  }
  return { low, high, step };
}

/** Greatest common divisor. */
export function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** @param widths that there are kernels for, ascending, 32 the last */
export function fit({ low, high, step }: Spread, widths: readonly Fit["bits"][]): Fit {
  const scale = Math.max(1, step);
  const levels = (high - low) / scale;
  const bits = widths.find((width) => levels < 2 ** width)!;
  if (bits === 32) return { bits, scale: 1, base: 0, levels };
  return { bits, scale, base: bits === 16 ? low + 2 ** 15 * scale : low, levels };
}

/** The same for weights that stand beside synapses that do not exist: 0 stays 0, and s is signed. */
export function signedFit({ low, high, step }: Spread): { readonly bits: 8 | 16 | 32; readonly scale: number } {
  const divides = divisor(step, Math.abs(low));
  const scale = Math.max(1, divides);
  const fits = (bits: number): boolean => low / scale >= -(2 ** (bits - 1)) && high / scale < 2 ** (bits - 1);
  const bits = ([8, 16] as const).find(fits);
  return bits === undefined ? { bits: 32, scale: 1 } : { bits, scale };
}

/** Whether 16 bits hold all numbers of a range. */
export function fitsHalf(low: number, high: number): boolean {
  return low >= -(2 ** 15) && high < 2 ** 15;
}
