/** What a data file holds, read for one Input of a network: which axes are samples, time and features. */

import { mistake } from "../errors.ts";
import type { NpyArray, NpyData, NpyDtype } from "../formats/npy.ts";
import { sizeOf, type Floats, type Shape } from "../network/types.ts";

/** Samples for one Input. Values are those of the file; encoders multiply them by a scale. */
export interface Data {
  /** How many samples are used, and the index of the first of them in the file. */
  readonly samples: number;
  readonly first: number;
  /** Length of the time axis; null: one frame per sample, for all steps. */
  readonly time: number | null;
  /** Shape of one frame: that of the Input. */
  readonly shape: Shape;
  /** [all samples of the file][time or 1][size of shape] */
  readonly values: NpyData;
  readonly dtype: NpyDtype;
  /** Smallest and largest value in the whole file; 0 and 0 when it is empty. */
  readonly range: readonly [number, number];
  /** Every value in the whole file is a whole number. */
  readonly whole: boolean;
  /** How the axes were read, for the user. */
  readonly reading: string;
}

/** Samples `from` (included) to `to` (excluded). */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

export interface DataOptions {
  /** Timesteps wanted; decides between two readings of the axes. */
  readonly steps?: number | undefined;
  /** Which samples; all when missing. */
  readonly samples?: SampleRange | undefined;
}

/** One way to read the axes: how many trailing ones are features, and whether one between is time. */
interface Reading {
  readonly features: number;
  readonly time: number | null;
}

/**
 * Read an array for an Input: the first axis is samples, trailing axes whose product is the size of the Input are
 * features, and one axis left over between is time.
 *
 * @throws DATA_SHAPE, DATA_AMBIGUOUS, DATA_EMPTY, DATA_SAMPLES, DATA_NOT_FINITE
 */
export function readData(array: NpyArray, shape: Shape, options: DataOptions = {}): Data {
  const reading = chooseReading(array.shape, shape, options.steps);
  const all = array.shape[0]!;
  const { from, to } = options.samples ?? { from: 0, to: all };
  if (all === 0 || reading.time === 0) throw mistake("DATA_EMPTY", { shape: brackets(array.shape) });
  if (from < 0 || to > all || from >= to) throw mistake("DATA_SAMPLES", { from, to, all });
  const used = { samples: to - from, first: from, time: reading.time, shape };
  const text = describe(array, reading, used);
  return { ...used, values: array.data, dtype: array.dtype, ...survey(array.data), reading: text };
}

/**
 * Copy one frame of one sample to `out` [size of shape], scaled. Values are rounded to float32, so that every engine
 * is given the same numbers; unscaled whole numbers are not, which keeps large counts exact in a Float64Array.
 */
export function copyFrame(data: Data, scale: number, sample: number, step: number, out: Floats): void {
  const size = sizeOf(data.shape);
  const row = frameIndex(data, sample, step);
  if (isExact(data, scale)) return out.set(data.values.subarray(row * size, (row + 1) * size));
  for (let index = 0; index < size; index++) {
    const value = data.values[row * size + index]! * scale;
    out[index] = Math.fround(value);
  }
}

/** Which frame of the array is that of a sample and step. */
export function frameIndex({ first, time }: Data, sample: number, step: number): number {
  return time === null ? first + sample : (first + sample) * time + step;
}

/** Whether frames are the values of the array as they are. */
export function isExact({ whole }: Data, scale: number): boolean {
  return whole && scale === 1;
}

function chooseReading(axes: Shape, shape: Shape, steps: number | undefined): Reading {
  const fitting = readings(axes, sizeOf(shape));
  // A time axis shorter than the timesteps wanted is none, as long as another reading is left.
  const long = fitting.filter(({ time }) => time === null || steps === undefined || time >= steps);
  const [first, second] = long.length > 0 ? long : fitting;
  if (first === undefined) throw mistake("DATA_SHAPE", { shape: brackets(axes), ...wanted(shape, axes) });
  if (second === undefined) return first;
  // Two readings differ by axes of length 1 only. An image axis that the Input has too is no time axis.
  const exact = long.find(({ features, time }) => time === null && equal(axes.slice(-features), shape));
  if (exact !== undefined) return exact;
  // With one step asked for, both readings mean the same.
  if (steps === 1) return first;
  throw mistake("DATA_AMBIGUOUS", { shape: brackets(axes), input: brackets(shape) });
}

/** All ways to read the axes, fewest feature axes first. */
function readings(axes: Shape, size: number): Reading[] {
  const found: Reading[] = [];
  for (let features = 0; features < axes.length; features++) {
    const between = axes.slice(1, axes.length - features);
    if (sizeOf(axes.slice(axes.length - features)) !== size || between.length > 1) continue;
    found.push({ features, time: between[0] ?? null });
  }
  return found;
}

function wanted(shape: Shape, axes: Shape): { input: string; advice: string } {
  const input = `${brackets(shape)} (${sizeOf(shape)} values per timestep)`;
  const advice =
    sizeOf(axes) === sizeOf(shape)
      ? "This looks like a single sample; give it a first axis: array[None]."
      : `Use [samples]${brackets(shape)}, or [samples][steps]${brackets(shape)} for data with time.`;
  return { input, advice };
}

function equal(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((size, axis) => size === right[axis]);
}

/** A shape as `[200][28][28]`. */
export function brackets(shape: Shape): string {
  return shape.length === 0 ? "[] (a single number)" : `[${shape.join("][")}]`;
}

function describe(array: NpyArray, { features, time }: Reading, used: Pick<Data, "samples" | "first">): string {
  const all = array.shape[0]!;
  const part = used.samples === all ? `${all}` : `${used.first} to ${used.first + used.samples - 1} of ${all}`;
  const frame = features === 0 ? "[1]" : brackets(array.shape.slice(array.shape.length - features));
  const clock = time === null ? "no time axis" : `${time} timesteps`;
  return `${brackets(array.shape)} ${array.dtype}: samples ${part}, ${clock}, features ${frame}`;
}

function survey(values: NpyData): { range: [number, number]; whole: boolean } {
  let low = values[0] ?? 0;
  let high = low;
  let whole = true;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!Number.isFinite(value)) throw mistake("DATA_NOT_FINITE", { index, value });
    if (value < low) low = value;
    if (value > high) high = value;
    whole &&= Number.isInteger(value);
  }
  return { range: [low, high], whole };
}
