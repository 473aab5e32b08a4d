/** Spikes on their way: what one source sent in one timestep. */

import { copyPart } from "../copy.ts";

/** Entries `begin` to `begin + count` (excluded) of two arrays that may be larger. */
export interface EventList {
  /** Ascending; a neuron may stand several times. */
  neuron: Uint32Array;
  /** What each event carries; 1 for a plain spike. */
  payload: Int32Array;
  begin: number;
  count: number;
  /** It is known that every event carries 1, so that nobody has to look. False says nothing. */
  plain: boolean;
}

/** A list without events and with room for some. */
export function emptyList(capacity = 0): EventList {
  return { neuron: new Uint32Array(capacity), payload: new Int32Array(capacity), begin: 0, count: 0, plain: false };
}

/** Take all events out of a list, which is plain until another one comes. */
export function clearList(list: EventList): void {
  list.begin = 0;
  list.count = 0;
  list.plain = true;
}

let ones = new Int32Array(0);

/** At least so many ones, which are everybody's: nobody may write to them. */
export function onesFor(count: number): Int32Array {
  if (ones.length < count) ones = new Int32Array(Math.max(count, 2 * ones.length)).fill(1);
  return ones;
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
  to.plain = from.plain;
}

/** Add one event at the end of a list, which grows as needed. */
export function pushEvent(list: EventList, neuron: number, payload: number): void {
  const end = list.begin + list.count;
  if (end === list.neuron.length) makeRoom(list, Math.max(16, end * 2));
  list.neuron[end] = neuron;
  list.payload[end] = payload;
  list.count++;
  if (payload !== 1) list.plain = false;
}
