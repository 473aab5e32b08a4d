/**
 * Rounds the weights of one neuron together: each up or down, so that what they do wrong cancels in the sums that occur. The
 * same idea is known from other networks as adaptive rounding (M. Nagel et al., ICML 2020).
 */

import { fanInsOf, type FanIn } from "./fan-in.ts";
import type { FloatSynapses } from "./linear.ts";
import type { Moments } from "./moments.ts";

/** Rounds through all weights; mostly nothing changes any more after a few. */
const mostSweeps = 20;

/** What a weight may become. */
export interface Grid {
  /** Distance between values. */
  readonly step: number;
  readonly low: number;
  readonly high: number;
}

/** All weights of a projection. */
export interface Rounded {
  readonly values: Float64Array;
  /** Root of the mean square of what they do wrong, as a share of what the nearest values would. */
  readonly share: number;
}

/**
 * Round all weights of a projection, those of each neuron together.
 *
 * @param wanted [weights] on the scale of the grid
 * @param moments one per group of a grouped correlation
 */
export function roundAll(
  wanted: Float64Array,
  grid: Grid,
  synapses: FloatSynapses,
  moments: readonly Moments[],
): Rounded {
  const values = new Float64Array(wanted.length);
  let [before, after] = [0, 0];
  for (const fanIn of fanInsOf(synapses)) {
    const known = moments[fanIn.group]!;
    const own = Float64Array.from(fanIn.index, (i) => wanted[i]!);
    const rounded = roundTogether(own, grid, fanIn, known);
    const wrong = (chosen: Float64Array): number => {
      return expectedError(
        chosen.map((value, i) => value - own[i]!),
        fanIn,
        known,
      );
    };
    before += wrong(nearest(own, grid));
    after += wrong(rounded);
    for (const [k, i] of fanIn.index.entries()) values[i] = rounded[k]!;
  }
  return { values, share: before > 0 ? Math.sqrt(Math.max(0, after) / before) : 1 };
}

/** The nearest values on the grid. */
export function nearest(wanted: Float64Array, { step, low, high }: Grid): Float64Array {
  return wanted.map((value) => Math.max(low, Math.min(high, step * Math.round(value / step))));
}

/**
 * Values on the grid, each next to what is wanted, with the smallest expected error that turning one at a time finds.
 *
 * @param wanted [weights of the fan-in]
 */
export function roundTogether(wanted: Float64Array, grid: Grid, { feature }: FanIn, moments: Moments): Float64Array {
  const rounded = nearest(wanted, grid);
  const { products, size, doubt } = moments;
  const error = rounded.map((value, i) => value - wanted[i]!);
  const slope = slopesOf(error, feature, moments);
  for (let i = 0; i < slope.length; i++) slope[i]! += doubt * error[i]!;
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let changed = false;
    for (let i = 0; i < rounded.length; i++) {
      const change = error[i]! > 0 ? -grid.step : grid.step;
      const next = rounded[i]! + change;
      // A weight that was cut, or lies on the grid, stays.
      if (Math.abs(error[i]! + change) >= grid.step || next < grid.low || next > grid.high) continue;
      const row = feature[i]! * size;
      const growth = change * (2 * slope[i]! + change * (products[row + feature[i]!]! + doubt));
      if (growth >= -1e-12) continue;
      rounded[i] = next;
      error[i]! += change;
      for (let j = 0; j < rounded.length; j++) slope[j]! += change * products[row + feature[j]!]!;
      slope[i]! += change * doubt;
      changed = true;
    }
    if (!changed) break;
  }
  return rounded;
}

/** Half of what the expected error grows by per unit of each weight. */
function slopesOf(error: Float64Array, feature: Uint32Array, { products, size }: Moments): Float64Array {
  return error.map((_, i) => {
    const row = feature[i]! * size;
    let sum = 0;
    for (let j = 0; j < error.length; j++) sum += products[row + feature[j]!]! * error[j]!;
    return sum;
  });
}

/** Mean square of what errors of weights do to the membrane, in the units of the weights squared. */
export function expectedError(error: Float64Array, { feature }: FanIn, moments: Moments): number {
  return slopesOf(error, feature, moments).reduce((sum, slope, i) => sum + slope * error[i]!, 0);
}
