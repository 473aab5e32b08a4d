/** Host values to events: what a stimulus becomes at the input of a chip. */

import type { ProgramInput } from "../compile/program.ts";
import { clearList, makeRoom, pushEvent, type EventList } from "../core/events.ts";
import type { StepEvents } from "../engine.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import type { Target } from "../target/types.ts";

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
  clearList(list);
  appendFrame(frame, input, delivery, list);
}

/** The same behind the events that are there. */
export function appendFrame(
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
  clearList(list);
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

/** Whether a payload of 1 is one event that carries 1. */
export function oneIsOneEvent({ payloadLimit }: ProgramInput, { atMost }: Target["delivery"]): boolean {
  return payloadLimit >= 1 && (atMost?.inputs ?? 1) >= 1;
}
