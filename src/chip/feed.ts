/** Host values to events: what a stimulus becomes at the input of a chip. */

import type { ProgramInput } from "../compile/program.ts";
import { emptyList, makeRoom, pushEvent, type EventList } from "../core/events.ts";
import type { StepEvents, Stimulus } from "../engine.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import type { Target } from "../target/types.ts";

/** Events of one input for all samples and steps, ready to be shared with workers. */
export interface FeedTable {
  readonly samples: number;
  /** Rows per sample: 1 for a constant stimulus, else the number of steps. */
  readonly rows: number;
  readonly steps: number;
  /** [samples * rows + 1] */
  readonly start: Uint32Array;
  readonly neuron: Uint32Array;
  readonly payload: Int32Array;
}

/**
 * Turn one frame into events.
 *
 * @param frame [size] host values; payloads are rounded to the nearest integer and cut at the input's limit
 * @param delivery of the target: without payloads a value of 3 is three events, of which the chip may drop some
 * @param list overwritten; grows as needed
 */
export function encodeFrame(
  frame: Float32Array | Float64Array,
  input: ProgramInput,
  delivery: Target["delivery"],
  list: EventList,
): void {
  list.begin = 0;
  list.count = 0;
  appendFrame(frame, input, delivery, list);
}

function appendFrame(
  frame: Float32Array | Float64Array,
  input: ProgramInput,
  delivery: Target["delivery"],
  list: EventList,
): void {
  for (let i = 0; i < frame.length; i++) {
    const value = frame[i]!;
    if (value === 0) continue;
    const payload = payloadOf(value, input, i);
    if (payload !== 0) emit(list, i, payload, delivery);
  }
}

/**
 * Turn events of a host, in any order, into those that the chip receives: ascending, those of one neuron added up.
 *
 * @param sums [size of the input], for events that are not in order; overwritten
 * @param delivery of the target: without payloads a payload of 3 is three events, of which the chip may drop some
 * @param list overwritten; grows as needed
 * @throws ENGINE_STEP_INPUT, ENGINE_EVENT_NEURON, ENGINE_EVENT_PAYLOAD
 */
export function encodeEvents(
  events: StepEvents,
  input: ProgramInput,
  delivery: Target["delivery"],
  sums: Float64Array,
  list: EventList,
): void {
  const { neuron, payload = null } = events;
  const count = countOf(events, input);
  list.begin = 0;
  list.count = 0;
  if (!ascending(neuron, count, sums.length, input)) return addUp(events, count, input, delivery, sums, list);
  if (payload === null && oneIsOneEvent(input, delivery)) return appendOnes(neuron, count, list);
  for (let i = 0; i < count; i++) {
    const value = payload === null ? 1 : payload[i]!;
    checkPayload(value, neuron[i]!, input);
    if (value !== 0) emit(list, neuron[i]!, value, delivery);
  }
}

/** Add events that carry 1. */
function appendOnes(neurons: ArrayLike<number>, count: number, list: EventList): void {
  makeRoom(list, list.count + count);
  const { neuron, payload, count: first } = list;
  for (let i = 0; i < count; i++) {
    neuron[first + i] = neurons[i]!;
    payload[first + i] = 1;
  }
  list.count += count;
}

function addUp(
  { neuron, payload = null }: StepEvents,
  count: number,
  input: ProgramInput,
  delivery: Target["delivery"],
  sums: Float64Array,
  list: EventList,
): void {
  sums.fill(0);
  for (let i = 0; i < count; i++) {
    const value = payload === null ? 1 : payload[i]!;
    checkPayload(value, neuron[i]!, input);
    sums[neuron[i]!]! += value;
  }
  for (let i = 0; i < sums.length; i++) {
    const value = sums[i]!;
    if (value === 0) continue;
    checkPayload(value, i, input);
    emit(list, i, value, delivery);
  }
}

/** How many events there are; asked of what a caller without types may give, too. @throws ENGINE_STEP_INPUT */
function countOf({ neuron, payload = null, count = neuron?.length }: StepEvents, { name }: ProgramInput): number {
  const refuse = (problem: string): BitspikeError =>
    mistake("ENGINE_STEP_INPUT", { input: name, problem }, { node: name });
  if (typeof neuron?.length !== "number") throw refuse("has no list of neurons");
  if (!Number.isInteger(count) || count < 0 || count > neuron.length) {
    throw refuse(`has a count of ${count} and ${neuron.length} neurons`);
  }
  if (payload !== null && !(payload.length >= count))
    throw refuse(`has ${count} events and ${payload.length} payloads`);
  return count;
}

/** Whether the events are in order with one per neuron, which is that of frames. @throws ENGINE_EVENT_NEURON */
function ascending(neuron: ArrayLike<number>, count: number, size: number, { name }: ProgramInput): boolean {
  let last = -1;
  let inOrder = true;
  for (let i = 0; i < count; i++) {
    const id = neuron[i]!;
    if (!Number.isInteger(id) || id < 0 || id >= size) {
      const facts = { index: i, input: name, neuron: String(id), last: size - 1 };
      throw mistake("ENGINE_EVENT_NEURON", facts, { node: name });
    }
    if (id <= last) inOrder = false;
    last = id;
  }
  return inOrder;
}

function checkPayload(value: number, neuron: number, { name, payloadScale, payloadLimit: limit }: ProgramInput): void {
  const low = payloadScale === null ? 0 : -limit;
  if (Number.isInteger(value) && value >= low && value <= limit) return;
  throw mistake("ENGINE_EVENT_PAYLOAD", { input: name, neuron, value: String(value), low, limit }, { node: name });
}

function emit(list: EventList, neuron: number, payload: number, { payloadBits, atMost }: Target["delivery"]): void {
  if (payloadBits > 0) return pushEvent(list, neuron, payload);
  const count = Math.min(payload, atMost?.inputs ?? payload);
  for (let event = 0; event < count; event++) pushEvent(list, neuron, 1);
}

function payloadOf(value: number, input: ProgramInput, neuron: number): number {
  const { payloadScale, payloadLimit, name } = input;
  if (payloadScale !== null) {
    if (!Number.isFinite(value)) throw mistake("DATA_NOT_FINITE", { index: neuron, value }, { node: name });
    return Math.max(-payloadLimit, Math.min(payloadLimit, Math.round(value * payloadScale)));
  }
  if (!Number.isInteger(value) || value < 0 || value > payloadLimit) {
    throw mistake("ENGINE_EVENT_COUNT", { input: name, neuron, value, limit: payloadLimit }, { node: name });
  }
  return value;
}

/** A frame, and what finds its values that are not 0. */
export interface FrameScanner {
  /** [size] doubles: payloads may have 32 bits. */
  readonly frame: Float64Array;
  /** [size] */
  readonly found: Uint32Array;
  /** Write the places of all values that are not 0 to `found`, ascending. @returns how many */
  scan(): number;
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
  return { frame, found, scan };
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
): FeedTable {
  const tabulation = new Tabulation(stimulus, input, delivery, scanner);
  tabulation.read(Infinity);
  return tabulation.finish();
}

/** Tabulates some samples of a stimulus, so many rows at a time. */
export class Tabulation {
  readonly #stimulus: Stimulus;
  readonly #input: ProgramInput;
  readonly #delivery: Target["delivery"];
  readonly #scanner: FrameScanner;
  readonly #binary: boolean;
  readonly #samples: number;
  /** Rows of one sample, and before the first sample. */
  readonly #rows: number;
  readonly #before: number;
  readonly #start: Uint32Array;
  readonly #all = emptyList();
  #row = 0;

  /** @param samples which ones; all where it is missing */
  constructor(
    stimulus: Stimulus,
    input: ProgramInput,
    delivery: Target["delivery"],
    scanner: FrameScanner,
    { low, high }: { readonly low: number; readonly high: number } = { low: 0, high: stimulus.samples },
  ) {
    this.#stimulus = stimulus;
    this.#input = input;
    this.#delivery = delivery;
    this.#scanner = scanner;
    this.#binary = input.payloadScale === null && oneIsOneEvent(input, delivery);
    this.#samples = high - low;
    this.#rows = rowsOf(stimulus);
    this.#before = low * this.#rows;
    this.#start = new Uint32Array(this.#samples * this.#rows + 1);
  }

  /** Read so many rows at most. @returns whether all have been read. @throws DATA_NOT_FINITE, ENGINE_EVENT_COUNT */
  read(rows: number): boolean {
    const all = this.#all;
    const scanner = this.#scanner;
    const { frame } = scanner;
    const last = this.#start.length - 1;
    const end = Math.min(last, this.#row + rows);
    for (let row = this.#row; row < end; row++) {
      const at = this.#before + row;
      this.#stimulus.read(Math.floor(at / this.#rows), at % this.#rows, frame);
      const least = all.count + frame.length;
      if (least > all.neuron.length) makeRoom(all, least + Math.max(least, expected(all.count, row / (last + 1))));
      if (!this.#binary || !appendBinary(scanner, all)) appendFrame(frame, this.#input, this.#delivery, all);
      this.#start[row + 1] = all.count;
    }
    this.#row = end;
    return end === last;
  }

  /** What was read. */
  finish(): FeedTable {
    const { neuron, payload, count } = this.#all;
    return {
      samples: this.#samples,
      rows: this.#rows,
      steps: this.#stimulus.steps,
      start: this.#start,
      neuron: neuron.subarray(0, count),
      payload: payload.subarray(0, count),
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

/** Whether a payload of 1 is one event that carries 1. */
function oneIsOneEvent({ payloadLimit }: ProgramInput, { atMost }: Target["delivery"]): boolean {
  return payloadLimit >= 1 && (atMost?.inputs ?? 1) >= 1;
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
 * @returns whether they are those of the step before
 */
export function feedRow(table: FeedTable, sample: number, step: number, list: EventList): boolean {
  if (step >= table.steps) {
    list.count = 0;
    return false;
  }
  const row = sample * table.rows + (table.rows === 1 ? 0 : step);
  const [begin, end] = [table.start[row]!, table.start[row + 1]!];
  list.neuron = table.neuron;
  list.payload = table.payload;
  list.begin = begin;
  list.count = end - begin;
  return step > 0 && table.rows === 1 && table.steps > 1;
}
