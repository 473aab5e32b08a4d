/** From data to what an Input is fed: the choice of the code, its scale, and the checks that belong to it. */

import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import type { Data } from "./data.ts";
import { encodeDelta, type DeltaOptions } from "./delta.ts";
import { encodeConstant, encodeSpikes } from "./direct.ts";
import { encodeLatency, latestStep, usualLatency, type LatencyOptions } from "./latency.ts";
import { encodeRate, type RateOptions } from "./rate.ts";

export const encodeNames = ["constant", "rate", "latency", "delta", "spikes"] as const;
export type EncodeName = (typeof encodeNames)[number];

export interface EncodeOptions {
  readonly encode: EncodeName;
  /** Timesteps; the length of the time axis when missing. */
  readonly steps?: number | undefined;
  /** What values are multiplied by; `usualScale` when missing. */
  readonly scale?: number | undefined;
  readonly rate?: RateOptions;
  readonly latency?: LatencyOptions;
  readonly delta?: DeltaOptions;
}

/** Largest count of events in one timestep that is taken for a count rather than for an intensity. */
const plausibleCount = 15;

/** The code for data when the user names none, and why. */
export function usualEncode(data: Data): { encode: EncodeName; why: string } {
  const [low, high] = data.range;
  if (data.time !== null && data.whole && low >= 0 && high <= plausibleCount) {
    return { encode: "spikes", why: `whole numbers from ${low} to ${high} over time are taken as counts of events` };
  }
  if (data.time !== null) return { encode: "constant", why: "the values of each timestep are presented as they are" };
  return { encode: "constant", why: "data without time are presented unchanged in every timestep" };
}

/** What values are multiplied by when the user does not say: bytes become 0 to 1, except as counts of events. */
export function usualScale(data: Data, encode: EncodeName): number {
  const fromBytes = encode === "constant" || encode === "rate" || encode === "latency";
  return data.dtype === "uint8" && fromBytes ? 1 / 255 : 1;
}

/** Timesteps of a run: those asked for, else the length of the time axis. */
export function stepsOf(data: Data, steps: number | undefined): number {
  if (steps === undefined) {
    if (data.time === null) throw mistake("DATA_STEPS", { reading: data.reading }, { field: "--steps" });
    return data.time;
  }
  if (data.time !== null && steps > data.time) {
    throw mistake("DATA_STEPS_FEW", { steps, time: data.time, reading: data.reading }, { field: "--steps" });
  }
  return steps;
}

/** As `stepsOf`; a latency code that may drop late events brings its own number: what its latest event needs. */
function stepsFor(data: Data, scale: number, { encode, steps, latency }: EncodeOptions): number {
  const own = encode === "latency" && latency?.bypass && steps === undefined && data.time === null;
  return own ? latestStep(data, scale, latency) + 1 : stepsOf(data, steps);
}

/**
 * Encode data for one Input.
 *
 * @throws DATA_STEPS, DATA_STEPS_FEW, ENCODE_RANGE, ENCODE_COUNTS, ENCODE_TIME, ENCODE_OPTION
 */
export function encode(data: Data, options: EncodeOptions): Stimulus {
  const scale = options.scale ?? usualScale(data, options.encode);
  const steps = stepsFor(data, scale, options);
  switch (options.encode) {
    case "constant":
      return encodeConstant(data, scale, steps);
    case "spikes":
      checkCounts(data, scale);
      return encodeSpikes(data, scale, steps);
    case "rate":
      checkUnitRange(data, scale, "rate");
      return encodeRate(data, scale, steps, options.rate ?? { seed: 0 });
    case "latency":
      checkUnitRange(data, scale, "latency");
      if (data.time !== null) throw mistake("ENCODE_TIME", { encode: "latency", has: "has", reading: data.reading });
      return encodeLatency(data, scale, steps, options.latency ?? usualLatency);
    case "delta":
      if (data.time === null) throw mistake("ENCODE_TIME", { encode: "delta", has: "lacks", reading: data.reading });
      return encodeDelta(data, scale, steps, options.delta);
    default:
      return options.encode satisfies never;
  }
}

/**
 * Largest magnitude that a stimulus of these data can have. It depends on the whole file and not on the samples
 * chosen, so that a part of the data is compiled in the same way as all of it.
 */
export function largestMagnitude(data: Data, encode: EncodeName, scale: number): number {
  if (encode === "rate" || encode === "latency" || encode === "delta") return 1;
  const [low, high] = data.dtype === "uint8" && encode === "constant" ? [0, 255] : data.range;
  return Math.max(Math.abs(low), Math.abs(high)) * Math.abs(scale);
}

function checkUnitRange(data: Data, scale: number, encode: EncodeName): void {
  const [low, high] = data.range.map((value) => value * scale).toSorted((a, b) => a - b) as [number, number];
  if (low >= 0 && high <= 1) return;
  const [from, to] = [low, high].map((value) => Number(value.toPrecision(4))) as [number, number];
  throw mistake("ENCODE_RANGE", { encode, low: from, high: to }, { field: "--encode" });
}

function checkCounts(data: Data, scale: number): void {
  const whole = scale === 1 ? data.whole : data.values.every((value) => Number.isInteger(value * scale));
  const low = Math.min(data.range[0] * scale, data.range[1] * scale);
  if (whole && low >= 0) return;
  const found = whole ? `the smallest is ${low}` : "some are no whole numbers";
  throw mistake("ENCODE_COUNTS", { found, advice: low < 0 ? signedAdvice : fractionAdvice }, { field: "--encode" });
}

const signedAdvice =
  "Put events of negative sign into channels of their own, or present the values with --encode constant.";
const fractionAdvice = "Present real values with --encode constant, or turn them into events with --encode rate.";
