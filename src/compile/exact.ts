/**
 * Scales at which nothing is rounded. A network of short numbers, all of them multiples of some power of two, has one wherever
 * the chip's widths allow; the scale that fills the width of a weight is mostly another.
 */

import { isEncodedExactly } from "./parameters.ts";
import type { PopulationQuantities } from "./quantities.ts";
import type { Chooser } from "./scale.ts";

/** Products of numbers of so many bits, a scale and a payload are exact in doubles. */
const mostBits = 32;
/** Bits of a payload per unit, or of a scale that is no power of two. */
const mostScaleBits = 16;
/** Halvings of a scale that are tried where no weight ends the search. */
const mostHalvings = 64;

/**
 * The largest power of two of which all numbers are multiples; infinite where all are 0, null where the largest is not below
 * 2^bits of it. Infinite numbers do not count.
 *
 * @param largest magnitude among them, where that is known
 */
export function gridOf(
  values: ArrayLike<number>,
  bits: number = mostBits,
  largest: number = largestOf(values),
): number | null {
  if (largest === 0) return Infinity;
  const least = largest / 2 ** bits;
  let grid = 2 ** (Math.ceil(Math.log2(largest)) + 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) === Infinity) continue;
    while (!Number.isInteger(value / grid)) {
      grid /= 2;
      if (!(grid > least)) return null;
    }
  }
  return grid;
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}

/**
 * A scale at which weights, thresholds, biases and initial registers lose nothing: the usual one where that is such, else the
 * largest that leaves room for what may arrive; null where there is none.
 *
 * @param weights of every projection onto the neurons of the chooser
 * @param usual the scale that is taken where none is exact
 */
export function exactScale(
  chooser: Chooser,
  weights: readonly ArrayLike<number>[],
  usual: number,
  limit: "hard" | "soft",
): number | null {
  const grids: number[] = [];
  for (const [i, { largest, smallest }] of chooser.candidates.entries()) {
    const grid = gridOf(weights[i]!, mostBits, Math.max(largest, -smallest));
    if (grid === null) return null;
    grids.push(grid);
  }
  if (!areShort(chooser.quantities)) return null;
  if (isExact(usual, chooser, grids)) return usual;
  return largestExact(chooser, grids, limit);
}

function isExact(scale: number, chooser: Chooser, grids: readonly number[]): boolean {
  return (
    gridOf([scale], mostScaleBits) !== null && keepsWeights(scale, chooser, grids) && keepsParameters(scale, chooser)
  );
}

function largestExact(chooser: Chooser, grids: readonly number[], limit: "hard" | "soft"): number | null {
  const unit = unitOf(chooser.candidates.map(({ payloadScale }) => payloadScale));
  const most = chooser.most(limit);
  if (unit === null || !Number.isFinite(most)) return null;
  let scale = unit * 2 ** Math.floor(Math.log2(most / unit));
  for (let i = 0; i < mostHalvings; i++, scale /= 2) {
    // What a larger scale has to round, a smaller one has no room for.
    if (!keepsWeights(scale, chooser, grids)) return null;
    if (keepsParameters(scale, chooser) && chooser.leavesRoom(scale, limit)) return scale;
  }
  return null;
}

/** @param grids of the weights of each projection */
function keepsWeights(scale: number, chooser: Chooser, grids: readonly number[]): boolean {
  const { candidates, format } = chooser;
  const constants = chooser.constantsAt(scale);
  return candidates.every(({ payloadScale }, i) => {
    const steps = format.factor(scale / payloadScale, constants[i]!) / format.step(constants[i]!);
    return grids[i] === Infinity || Number.isInteger(steps * grids[i]!);
  });
}

function keepsParameters(scale: number, { datapath, quantities, format }: Chooser): boolean {
  return isEncodedExactly(datapath, quantities, scale, format.settings);
}

/** What a scale is a power of two of, for payloads to mean a whole number of LSBs; null where there is no one such number. */
function unitOf(payloadScales: readonly number[]): number | null {
  const [unit = 1, ...others] = new Set(payloadScales.filter((one) => one !== 1));
  return others.length > 0 || gridOf([unit], mostScaleBits) === null ? null : unit;
}

function areShort(quantities: PopulationQuantities): boolean {
  const { threshold, bias, lowerBound, initialCurrent, initialMembrane } = quantities;
  return [threshold, bias, lowerBound, initialCurrent, initialMembrane].every((values) => gridOf(values) !== null);
}
