/** The encoders with the arguments and the rules of snnTorch's `spikegen`, for arrays without an axis of samples. */

import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type Tensor } from "../network/types.ts";
import type { Data } from "./data.ts";
import { encodeDelta, type DeltaOptions } from "./delta.ts";
import { encodeLatency, latestStep, type LatencyOptions } from "./latency.ts";
import { encodeRate, type RateOptions } from "./rate.ts";

export interface SpikegenRateOptions extends Omit<RateOptions, "stream"> {
  /** Needed unless the data have time. */
  readonly numSteps?: number | undefined;
  /** The first axis of the data is time, and the values are probabilities of an event. */
  readonly timeVarInput?: boolean | undefined;
}

/**
 * Bernoulli events with the probability that each value gives.
 *
 * @param data [..], or [time][..] with `timeVarInput`; values beyond 0 and 1 are as good as those
 * @returns [steps][..] of 0 and 1; data with time become longer by `firstSpike`
 * @throws ENCODE_STEPS, ENCODE_OPTION
 */
export function rate(data: Tensor, options: SpikegenRateOptions): Tensor {
  const { numSteps, timeVarInput = false, firstSpike = 0 } = options;
  if (timeVarInput) {
    if (numSteps !== undefined) throw mistake("ENCODE_STEPS", { problem: "The data have time, and so many steps" });
    const timed = dataOf(data, true);
    return tensorOf(encodeRate(timed, 1, (timed.time ?? 0) + firstSpike, options));
  }
  if (numSteps === undefined) throw mistake("ENCODE_STEPS", { problem: "The rate code needs a number of timesteps" });
  checkSteps(numSteps);
  return tensorOf(encodeRate(dataOf(data, false), 1, numSteps, options));
}

export interface SpikegenLatencyOptions extends LatencyOptions {
  /** Needed unless `bypass` is set, which takes as many steps as the latest event needs. */
  readonly numSteps?: number | undefined;
}

/**
 * One event per value, the larger the value the earlier.
 *
 * @param data [..], from 0 to 1
 * @returns [steps][..]
 * @throws ENCODE_STEPS, ENCODE_RANGE, ENCODE_LATE, ENCODE_OPTION
 */
export function latency(data: Tensor, options: SpikegenLatencyOptions): Tensor {
  const values = Float32Array.from(data.data);
  const [low, high] = rangeOf(values);
  if (low < 0 || high > 1) throw mistake("ENCODE_RANGE", { encode: "latency", low, high });
  const frame = dataOf(data, false);
  const steps = options.numSteps ?? latestStep(frame, 1, options) + 1;
  checkSteps(steps);
  return tensorOf(encodeLatency(frame, 1, steps, options));
}

/**
 * Events where a value has grown by the threshold.
 *
 * @param data [time][..]
 * @returns [time][..] of 0 and 1, and -1 with `offSpikes`
 */
export function delta(data: Tensor, options: DeltaOptions = {}): Tensor {
  const timed = dataOf(data, true);
  return tensorOf(encodeDelta(timed, 1, timed.time ?? 0, options));
}

function checkSteps(numSteps: number): void {
  if (Number.isInteger(numSteps) && numSteps >= 1) return;
  throw mistake("ENCODE_OPTION", { option: "numSteps", value: numSteps, range: "a whole number of 1 or more" });
}

function dataOf({ shape, data }: Tensor, timed: boolean): Data {
  const values = Float32Array.from(data);
  return {
    samples: 1,
    first: 0,
    time: timed ? (shape[0] ?? 0) : null,
    shape: timed ? shape.slice(1) : shape,
    values,
    dtype: "float32",
    range: rangeOf(values),
    whole: values.every(Number.isInteger),
    reading: `[${shape.join("][")}]`,
  };
}

function rangeOf(values: Float32Array): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** All frames of the one sample. */
function tensorOf({ steps, shape, read }: Stimulus): Tensor {
  const size = sizeOf(shape);
  const data = new Float32Array(steps * size);
  for (let step = 0; step < steps; step++) read(0, step, data.subarray(step * size, (step + 1) * size));
  return { shape: [steps, ...shape], data };
}
