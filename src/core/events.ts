/** Spikes on their way: what one source sent in one timestep. */

import { copyPart } from "../copy.ts";

/** Entries `begin` to `begin + count` (excluded) of two arrays that may be larger. */
export interface EventList {
  /** Ascending; a neuron may stand several times. */
  neuron: Uint32Array;
  /** What each event carries; 1 for a binary spike. */
  payload: Int32Array;
  begin: number;
  count: number;
  /** It is known that every event carries 1, so that nobody has to look. False says nothing. */
  binary: boolean;
}

/** A list without events and with room for some. */
export function emptyList(capacity = 0): EventList {
  return { neuron: new Uint32Array(capacity), payload: new Int32Array(capacity), begin: 0, count: 0, binary: false };
}

/** Take all events out of a list, which is binary until another one comes. */
export function clearList(list: EventList): void {
  list.begin = 0;
  list.count = 0;
  list.binary = true;
}

let ones = new Int32Array(0);
/** More ones are not kept for everybody, but as long as the neurons that they are for. */
const mostOnes = 2 ** 20;
const manyOnes = new WeakMap<Uint32Array, Int32Array>();

/** A one for each of some neurons; others may have the same array: nobody may write to it. */
export function onesFor(neuron: Uint32Array): Int32Array {
  const { length } = neuron;
  if (length <= ones.length) return ones;
  if (length <= mostOnes) return (ones = new Int32Array(Math.min(mostOnes, Math.max(length, 2 * ones.length))).fill(1));
  const own = manyOnes.get(neuron) ?? new Int32Array(length).fill(1);
  manyOnes.set(neuron, own);
  return own;
}

/** Have room for so many entries, those before the first event included. */
export function makeRoom(list: EventList, capacity: number): void {
  if (list.neuron.length >= capacity) return;
  const { neuron, payload } = emptyList(capacity);
  neuron.set(list.neuron);
  payload.set(list.payload);
  Object.assign(list, { neuron, payload });
}

/** Copy one list into another, which grows as needed and then begins at 0. */
export function copyEvents(from: EventList, to: EventList): void {
  const { begin, count } = from;
  to.count = 0;
  if (to.neuron.length < count) makeRoom(to, Math.max(count, 2 * to.neuron.length));
  copyPart(from.neuron, begin, count, to.neuron, 0);
  copyPart(from.payload, begin, count, to.payload, 0);
  to.begin = 0;
  to.count = count;
  to.binary = from.binary;
}

/** Add one event at the end of a list, which grows as needed. */
export function pushEvent(list: EventList, neuron: number, payload: number): void {
  const end = list.begin + list.count;
  if (end === list.neuron.length) makeRoom(list, Math.max(16, end * 2));
  list.neuron[end] = neuron;
  list.payload[end] = payload;
  list.count++;
  if (payload !== 1) list.binary = false;
}
