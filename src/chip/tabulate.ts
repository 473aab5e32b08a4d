/** Tables of all events of a stimulus, made before they are needed. */

import type { ProgramInput } from "../compile/program.ts";
import { emptyList, makeRoom, onesFor, type EventList } from "../core/events.ts";
import { storedFrames, type StoredFrames } from "../encoding/recipe.ts";
import type { Stimulus } from "../engine.ts";
import { sizeOf } from "../network/types.ts";
import { ownRooms, type Rooms } from "../room.ts";
import type { Target } from "../target/types.ts";
import { appendFrame, oneIsOneEvent } from "./feed.ts";

/** Events of one input for all samples and steps, ready to be shared with workers. */
export interface FeedTable {
  readonly samples: number;
  /** Rows per sample: 1 for a constant stimulus, else the number of steps. */
  readonly rows: number;
  readonly steps: number;
  /** [samples * rows + 1] */
  readonly start: Uint32Array;
  readonly neuron: Uint32Array;
  /** Null where all events carry 1. */
  readonly payload: Int32Array | null;
}

/** A frame, and what finds its values that are not 0. */
export interface FrameScanner {
  /** [size] doubles: payloads may have 32 bits. */
  readonly frame: Float64Array;
  /** [size] */
  readonly found: Uint32Array;
  /** Write the places of all values that are not 0 to `found`, ascending. @returns how many */
  scan(): number;
  /** The same for many frames at once; null where nothing is gained by it. */
  readonly ones: OnesScanner | null;
}

/** Arrays of which frames of zeros and ones are read without a change. */
export type OneValues = Uint8Array | Float32Array;

/** Finds the ones in frames that hold nothing else than zeros. */
export interface OnesScanner {
  /** Frames in one call at most. */
  readonly rows: number;
  /** The places of ones, ascending in each frame, frame after frame. */
  readonly found: Uint32Array;
  /** How many there are up to the end of each frame. */
  readonly ends: Uint32Array;
  /**
   * Fill `found` and `ends`.
   *
   * @param values [..][size]
   * @param first frame of them, the others behind it
   * @returns how many there are, or -1 where some value is neither 0 nor 1
   */
  list(values: OneValues, first: number, rows: number): number;
}

/** A scanner that needs nothing but JavaScript. */
export function plainScanner(size: number): FrameScanner {
  const frame = new Float64Array(size);
  const words = new Int32Array(frame.buffer);
  const found = new Uint32Array(size);
  const scan = (): number => {
    let count = 0;
    // Without a branch, which a processor would guess wrong at every event. A value of -0 is found, too.
    for (let i = 0; i < size; i++) {
      const bits = words[2 * i]! | words[2 * i + 1]!;
      found[count] = i;
      count = (count + ((bits | -bits) >>> 31)) | 0;
    }
    return count;
  };
  return { frame, found, scan, ones: null };
}

/**
 * All events of a stimulus, sample by sample.
 *
 * @param scanner of frames of the input
 */
export function tabulate(
  stimulus: Stimulus,
  input: ProgramInput,
  delivery: Target["delivery"],
  scanner: FrameScanner = plainScanner(sizeOf(stimulus.shape)),
  samples?: Samples,
): FeedTable {
  const tabulation = new Tabulation(stimulus, input, delivery, scanner, samples);
  tabulation.read(Infinity);
  return tabulation.finish();
}

/** Some of the samples of a stimulus, `high` excluded. */
interface Samples {
  readonly low: number;
  readonly high: number;
}

/** How many times as long lists become at once, however many events a dense beginning makes expect. */
const mostGrowth = 8;

/** Tabulates some samples of a stimulus, so many rows at a time. */
export class Tabulation {
  readonly #stimulus: Stimulus;
  readonly #input: ProgramInput;
  readonly #delivery: Target["delivery"];
  readonly #scanner: FrameScanner;
  readonly #rooms: Rooms;
  readonly #binary: boolean;
  /** Frames that many at a time may be read of; null as soon as one of them has another value than 0 and 1. */
  #stored: StoredOnes | null;
  readonly #samples: number;
  /** Rows of one sample, and before the first sample. */
  readonly #rows: number;
  readonly #before: number;
  readonly #start: Uint32Array;
  /** Without payloads as long as many rows are read at a time. */
  readonly #all = emptyList();
  #row = 0;

  /**
   * @param samples which ones; all where it is missing
   * @param rooms where lists of events may lie; whoever is done with a table may give its `neuron` back to them
   */
  constructor(
    stimulus: Stimulus,
    input: ProgramInput,
    delivery: Target["delivery"],
    scanner: FrameScanner,
    { low, high }: Samples = { low: 0, high: stimulus.samples },
    rooms: Rooms = ownRooms,
  ) {
    this.#rooms = rooms;
    this.#stimulus = stimulus;
    this.#input = input;
    this.#delivery = delivery;
    this.#scanner = scanner;
    this.#binary = input.payloadScale === null && oneIsOneEvent(input, delivery);
    this.#stored = this.#binary ? storedOnes(stimulus, scanner) : null;
    this.#samples = high - low;
    this.#rows = rowsOf(stimulus);
    this.#before = low * this.#rows;
    this.#start = new Uint32Array(this.#samples * this.#rows + 1);
    this.#all.binary = true;
  }

  /** Read so many rows at most. @returns whether all have been read. @throws DATA_NOT_FINITE, ENGINE_EVENT_COUNT */
  read(rows: number): boolean {
    const last = this.#start.length - 1;
    const end = Math.min(last, this.#row + rows);
    while (this.#row < end) {
      const many = this.#stored === null ? 0 : this.#readMany(this.#stored, end);
      if (many === 0) this.#readOne();
      this.#row += Math.max(1, many);
    }
    return end === last;
  }

  /** One row, whatever its values. */
  #readOne(): void {
    const all = this.#all;
    const scanner = this.#scanner;
    const { frame } = scanner;
    const at = this.#before + this.#row;
    this.#stimulus.read(Math.floor(at / this.#rows), at % this.#rows, frame);
    // Those of rows that were read many at a time are still missing.
    if (all.payload.length < all.neuron.length) all.payload = new Int32Array(all.neuron.length).fill(1);
    const least = all.count + frame.length;
    if (least > all.neuron.length) makeRoom(all, this.#roomFor(least));
    if (!this.#binary || !appendBinary(scanner, all)) appendFrame(frame, this.#input, this.#delivery, all);
    this.#start[this.#row + 1] = all.count;
  }

  /** Rows that lie one behind the other. @returns how many; 0 where some value is neither 0 nor 1 */
  #readMany({ frames, values, ones }: StoredOnes, end: number): number {
    const all = this.#all;
    const at = this.#before + this.#row;
    const step = at % this.#rows;
    const rows = Math.min(ones.rows, end - this.#row, this.#rows - step);
    const count = ones.list(values, frames.index(Math.floor(at / this.#rows), step), rows);
    if (count < 0) {
      this.#stored = null;
      return 0;
    }
    const least = all.count + count;
    if (least > all.neuron.length) this.#grow(this.#roomFor(least));
    all.neuron.set(ones.found.subarray(0, count), all.count);
    for (let row = 0; row < rows; row++) this.#start[this.#row + row + 1] = all.count + ones.ends[row]!;
    all.count = least;
    return rows;
  }

  #grow(entries: number): void {
    const { neuron } = this.#all;
    const larger = this.#rooms.take(entries);
    larger.set(neuron);
    this.#rooms.give(neuron);
    this.#all.neuron = larger;
  }

  /** Room for so many events, and for those that are to be expected behind them. */
  #roomFor(least: number): number {
    const whole = expected(this.#all.count, this.#row / this.#start.length);
    return least + Math.max(least, Math.min(whole, mostGrowth * least));
  }

  /** What was read. */
  finish(): FeedTable {
    const { neuron, payload, count, binary } = this.#all;
    return {
      samples: this.#samples,
      rows: this.#rows,
      steps: this.#stimulus.steps,
      start: this.#start,
      neuron: neuron.subarray(0, count),
      payload: binary ? null : payload.subarray(0, count),
    };
  }
}

/** Rows of a table per sample. */
export function rowsOf({ steps, constant }: Pick<Stimulus, "steps" | "constant">): number {
  return constant ? Math.min(1, steps) : steps;
}

/** How many events a table may have of which a `share` has so many, and a little more. */
function expected(count: number, share: number): number {
  return share === 0 ? 0 : Math.ceil((1.05 * count) / share);
}

/** Frames that can be read as they are, and what reads them. */
interface StoredOnes {
  readonly frames: StoredFrames;
  readonly values: OneValues;
  readonly ones: OnesScanner;
}

function storedOnes(stimulus: Stimulus, { ones }: FrameScanner): StoredOnes | null {
  const frames = ones === null ? null : storedFrames(stimulus);
  if (frames === null) return null;
  const { values } = frames;
  return values instanceof Uint8Array || values instanceof Float32Array ? { frames, values, ones: ones! } : null;
}

/**
 * Add the events of a frame of zeros and ones, as most are.
 *
 * @param list has room for them
 * @returns whether it is such a frame; else nothing is added
 */
function appendBinary(scanner: FrameScanner, list: EventList): boolean {
  const { frame, found } = scanner;
  const { neuron, payload, count: first } = list;
  const count = scanner.scan();
  for (let i = 0; i < count; i++) {
    const place = found[i]!;
    if (frame[place] !== 1) return false;
    neuron[first + i] = place;
    payload[first + i] = 1;
  }
  list.count = first + count;
  return true;
}

/**
 * Put one timestep's events of a table into a list.
 *
 * @param list from then on has the arrays of the table, which nobody may write to
 * @returns whether they are those of the step before
 */
export function feedRow(table: FeedTable, sample: number, step: number, list: EventList): boolean {
  if (step >= table.steps) {
    list.count = 0;
    return false;
  }
  const row = sample * table.rows + (table.rows === 1 ? 0 : step);
  const begin = table.start[row]!;
  list.neuron = table.neuron;
  list.payload = table.payload ?? onesFor(table.neuron);
  list.binary = table.payload === null;
  list.begin = begin;
  list.count = table.start[row + 1]! - begin;
  return step > 0 && table.rows === 1 && table.steps > 1;
}
