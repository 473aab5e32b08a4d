/** Host values to events: what a stimulus becomes at the input of a chip. */

import type { ProgramInput } from "../compile/program.ts";
import { emptyList, type EventList } from "../core/events.ts";
import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";

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
 * @param countsRepeat the chip has no payloads: a value of 3 is three events
 * @param list overwritten; grows as needed
 */
export function encodeFrame(
  frame: Float32Array | Float64Array,
  input: ProgramInput,
  countsRepeat: boolean,
  list: EventList,
): void {
  list.begin = 0;
  list.count = 0;
  for (let i = 0; i < frame.length; i++) {
    const value = frame[i]!;
    if (value === 0) continue;
    const payload = payloadOf(value, input, i);
    if (payload === 0) continue;
    if (countsRepeat) for (let event = 0; event < payload; event++) push(list, i, 1);
    else push(list, i, payload);
  }
}

function payloadOf(value: number, input: ProgramInput, neuron: number): number {
  const { payloadScale, payloadLimit, name } = input;
  if (payloadScale !== null) {
    if (!Number.isFinite(value)) throw mistake("DATA_NOT_FINITE", { index: neuron, value }, { node: name });
    return Math.max(-payloadLimit, Math.min(payloadLimit, Math.round(value * payloadScale)));
  }
  if (!Number.isInteger(value) || value < 0 || value > payloadLimit) {
    throw mistake("ENGINE_EVENT_COUNT", { input: name, neuron, value, limit: payloadLimit });
  }
  return value;
}

function push(list: EventList, neuron: number, payload: number): void {
  if (list.count === list.neuron.length) {
    const size = Math.max(16, list.count * 2);
    const [neurons, payloads] = [new Uint32Array(size), new Int32Array(size)];
    neurons.set(list.neuron);
    payloads.set(list.payload);
    list.neuron = neurons;
    list.payload = payloads;
  }
  list.neuron[list.count] = neuron;
  list.payload[list.count++] = payload;
}

/** All events of a stimulus, sample by sample. */
export function tabulate(stimulus: Stimulus, input: ProgramInput, countsRepeat: boolean): FeedTable {
  const { samples, steps } = stimulus;
  const rows = stimulus.constant ? Math.min(1, steps) : steps;
  // Doubles: payloads may have 32 bits.
  const frame = new Float64Array(sizeOf(stimulus.shape));
  const list = emptyList();
  const all = emptyList();
  const start = new Uint32Array(samples * rows + 1);
  for (let row = 0; row < samples * rows; row++) {
    stimulus.read(Math.floor(row / rows), row % rows, frame);
    encodeFrame(frame, input, countsRepeat, list);
    for (let i = 0; i < list.count; i++) push(all, list.neuron[i]!, list.payload[i]!);
    start[row + 1] = all.count;
  }
  const neuron = all.neuron.slice(0, all.count);
  return { samples, rows, steps, start, neuron, payload: all.payload.slice(0, all.count) };
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
