/** Latency coding: one event per value, the larger the value the earlier. */

import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { copyFrame, type Data } from "./data.ts";
import { withRecipe } from "./recipe.ts";

export interface LatencyOptions {
  /** Time constant of the code in timesteps, above 0; 1 when missing. */
  readonly tau?: number;
  /** Values below are taken as this value, between 0 and 1; 0.01 when missing. */
  readonly threshold?: number;
  /** Timestep of the earliest event; 0 when missing. */
  readonly firstSpike?: number;
  /** Time falls linearly with the value instead of as a capacitor charges. */
  readonly linear?: boolean;
  /** Stretch the times so that the latest falls on the last timestep. */
  readonly normalize?: boolean;
  /** No event at all for values below the threshold. */
  readonly clip?: boolean;
  /** Drop events that would come after the last timestep instead of refusing them. */
  readonly bypass?: boolean;
  /** Value of an event; 1 when missing. */
  readonly onTarget?: number;
  /** Smallest value of a timestep; 0 when missing. */
  readonly offTarget?: number;
  /** Rise in a straight line from `offTarget` at timestep 0 to `onTarget` at the event; `offTarget` afterwards. */
  readonly interpolate?: boolean;
}

/** What snnTorch's tutorial uses: every pixel that is not dark has its event, spread over all timesteps. */
export const usualLatency: LatencyOptions = { linear: true, normalize: true, clip: true };

/** The same in words. */
export const usualLatencyText =
  "Latency falls linearly from the last timestep (value 0) to the first (value 1); values below 0.01 have no event.";

/** Smallest distance from the threshold at which the logarithm is taken. */
const epsilon = 1e-7;

/**
 * Times of the events of one set of values, before rounding, as snnTorch's `spikegen.latency_code` in float32.
 * With the logarithm, `normalize` depends on the latest time of the whole set.
 *
 * @param values any number, each 0 to 1
 * @throws ENCODE_OPTION
 */
export function latencyTimes(values: Float32Array, steps: number, options: LatencyOptions): Float32Array {
  checkOptions(options);
  return options.linear ? linearTimes(values, steps, options) : logarithmicTimes(values, steps, options);
}

function checkOptions({ tau = 1, threshold = 0.01 }: LatencyOptions): void {
  if (!(tau > 0)) throw mistake("ENCODE_OPTION", { option: "tau", value: tau, range: "above 0" });
  if (!(threshold > 0 && threshold < 1)) {
    throw mistake("ENCODE_OPTION", { option: "threshold", value: threshold, range: "between 0 and 1" });
  }
}

const { fround } = Math;

function linearTimes(values: Float32Array, steps: number, options: LatencyOptions): Float32Array {
  const { threshold = 0.01, firstSpike = 0, normalize } = options;
  const tau = normalize ? steps - 1 - firstSpike : (options.tau ?? 1);
  const latest = fround(-tau * (threshold - 1));
  return values.map((value) => Math.min(fround(-tau * fround(value - 1)), latest) + firstSpike);
}

function logarithmicTimes(values: Float32Array, steps: number, options: LatencyOptions): Float32Array {
  const { tau = 1, threshold = 0.01, firstSpike = 0, normalize } = options;
  const lowest = fround(threshold + epsilon);
  const times = values.map((value) => {
    const clamped = Math.max(value, lowest);
    const ratio = fround(clamped / fround(clamped - fround(threshold)));
    return fround(fround(tau) * fround(Math.log(ratio))) + firstSpike;
  });
  return normalize ? stretch(times, steps, firstSpike) : times;
}

function stretch(times: Float32Array, steps: number, firstSpike: number): Float32Array {
  const delays = times.map((time) => time - firstSpike);
  const latest = delays.reduce((a, b) => Math.max(a, b), 0);
  return delays.map((delay) => fround(fround(delay * (steps - firstSpike - 1)) / latest) + firstSpike);
}

/** Nearest whole number, halves to the even one. */
function roundHalfEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/**
 * Timestep of each value's event; -1 where there is none.
 *
 * @throws ENCODE_LATE when an event falls behind the last timestep and `bypass` is not set; ENCODE_OPTION
 */
export function latencySteps(values: Float32Array, steps: number, options: LatencyOptions): Int32Array {
  const threshold = fround(options.threshold ?? 0.01);
  const rounded = Int32Array.from(latencyTimes(values, steps, options), roundHalfEven);
  const latest = rounded.reduce((a, b) => Math.max(a, b), 0);
  if (latest >= steps && !options.bypass) throw mistake("ENCODE_LATE", { latest, last: steps - 1 });
  return rounded.map((step, index) => (step >= steps || (options.clip && values[index]! < threshold) ? -1 : step));
}

/**
 * Timestep of the latest event of all samples, from which the number of timesteps can be taken.
 *
 * @param data one frame per sample
 * @throws ENCODE_STEPS when late events may not be dropped, or the times depend on the number of timesteps; ENCODE_OPTION
 */
export function latestStep(data: Data, scale: number, options: LatencyOptions): number {
  if (!options.bypass) throw mistake("ENCODE_STEPS", { problem: "The latency code needs a number of timesteps" });
  if (options.normalize) throw mistake("ENCODE_STEPS", { problem: "Normalized times need a number of timesteps" });
  const frame = new Float32Array(sizeOf(data.shape));
  let latest = 0;
  for (let sample = 0; sample < data.samples; sample++) {
    copyFrame(data, scale, sample, 0, frame);
    latest = latencyTimes(frame, 0, options).reduce((a, b) => Math.max(a, b), latest);
  }
  return roundHalfEven(latest);
}

/** What is presented in a timestep, with an event due at timestep `due` (-1: none). */
function valueAt(step: number, due: number, { onTarget = 1, offTarget = 0, interpolate }: LatencyOptions): number {
  const rising = interpolate && due > 0 && step < due;
  const value = rising ? offTarget + ((onTarget - offTarget) * step) / due : step === due ? onTarget : 0;
  return Math.max(value, offTarget);
}

/**
 * One event per value as snnTorch's `spikegen.latency`, each sample normalized by itself.
 *
 * @param data one frame per sample, values times scale from 0 to 1
 */
export function encodeLatency(data: Data, scale: number, steps: number, options: LatencyOptions): Stimulus {
  const frame = new Float32Array(sizeOf(data.shape));
  let known = -1;
  let due = new Int32Array();
  const stimulus: Stimulus = {
    samples: data.samples,
    steps,
    shape: data.shape,
    // Other values than 0 and 1 are no counts.
    kind: (options.onTarget ?? 1) === 1 && (options.offTarget ?? 0) === 0 && !options.interpolate ? "spikes" : "graded",
    constant: false,
    read(sample, step, out) {
      // Only spares work: the times of a sample are the same whenever they are computed.
      if (sample !== known) {
        copyFrame(data, scale, sample, 0, frame);
        due = new Int32Array(latencySteps(frame, steps, options));
        known = sample;
      }
      for (let index = 0; index < due.length; index++) out[index] = valueAt(step, due[index]!, options);
    },
  };
  return withRecipe(stimulus, { data, scale, steps, code: { encode: "latency", options } });
}
