/** Everything that one timestep leaves for the next, as bytes: registers, and events under way. */

import type { EventList } from "../core/events.ts";
import type { Register } from "../datapath/prepare.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import type { ChipMachine } from "./chip-machine.ts";

/** First bytes of every snapshot; another number when the form changes. */
const mark = 0x62737031;
/** Mark, layout, length in bytes, timesteps done: two words and two doubles. Everything is little-endian. */
const headerBytes = 24;
/** In front of the events of one timestep: how many, padded to eight bytes. */
const countBytes = 8;

/** One register of one population, and where it lies in a snapshot. */
interface Saved {
  readonly array: Register;
  /** How it is saved, whichever way an engine stores it. */
  readonly Kind: typeof Int32Array | typeof Float64Array;
  readonly low: number;
  readonly high: number;
  readonly offset: number;
}

/** One source of events. */
interface Source {
  readonly name: string;
  readonly size: number;
  /** How many timesteps back are saved. */
  readonly reach: number;
  /** A neuron may stand several times in one timestep. */
  readonly repeats: boolean;
  readonly lowest: number;
  readonly highest: number;
}

/** Takes and restores snapshots of one machine that has all neurons. All engines' snapshots have this form. */
export class Snapshots {
  private readonly machine: ChipMachine;
  private readonly saved: readonly Saved[];
  private readonly sources: readonly Source[];
  private readonly layout: number;
  /** Length of the header and all registers. */
  private readonly fixed: number;

  constructor(machine: ChipMachine) {
    this.machine = machine;
    this.sources = sourcesOf(machine);
    const saved: Saved[] = [];
    let offset = headerBytes;
    for (const { state, registers } of machine.saved) {
      for (const [name, array] of registers) {
        const { low, high } = state[name]!;
        const Kind = array instanceof Float64Array ? Float64Array : Int32Array;
        saved.push({ array, Kind, low, high, offset });
        offset += padded(array.length * Kind.BYTES_PER_ELEMENT);
      }
    }
    this.saved = saved;
    this.fixed = offset;
    this.layout = layoutOf(machine, this.sources);
  }

  /** Write a snapshot to the beginning of `into`, or to a new array where it is too short. */
  take(into?: Uint8Array): Uint8Array {
    const length = this.length();
    if (into !== undefined && into.length >= length && into.byteOffset % 8 !== 0) {
      // Numbers are written where they lie at multiples of their size.
      into.set(this.take());
      return into.subarray(0, length);
    }
    const bytes = into === undefined || into.length < length ? new Uint8Array(length) : into.subarray(0, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    view.setUint32(0, mark, true);
    view.setUint32(4, this.layout, true);
    view.setFloat64(8, length, true);
    view.setFloat64(16, this.machine.step, true);
    for (const register of this.saved) valuesAt(bytes, register).set(register.array);
    let offset = this.fixed;
    for (const { name, reach } of this.sources) {
      for (let age = 0; age < reach; age++) offset = writeEvents(view, offset, this.machine.underWay(name, age));
    }
    return bytes;
  }

  /** @throws ENGINE_SNAPSHOT, and the machine stays as it was */
  restore(snapshot: Uint8Array): void {
    // A copy where numbers would not lie at multiples of their size.
    const bytes = snapshot.byteOffset % 8 === 0 ? snapshot : snapshot.slice();
    if (!this.fits(bytes)) throw mistake("ENGINE_SNAPSHOT", {});
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { machine } = this;
    machine.reset();
    machine.step = view.getFloat64(16, true);
    for (const register of this.saved) register.array.set(valuesAt(bytes, register));
    machine.restored();
    let offset = this.fixed;
    for (const { name, reach } of this.sources) {
      for (let age = 0; age < reach; age++) {
        const count = view.getUint32(offset, true);
        offset += countBytes;
        if (age < machine.step) readEvents(view, offset, count, machine.underWay(name, age));
        offset += 8 * count;
      }
    }
  }

  private length(): number {
    let length = this.fixed;
    for (const { name, reach } of this.sources) {
      for (let age = 0; age < reach; age++) length += countBytes + 8 * this.machine.underWay(name, age).count;
    }
    return length;
  }

  /** Whether bytes are a snapshot of this program whose every number lies where it may. */
  private fits(bytes: Uint8Array): boolean {
    if (bytes.length < this.fixed) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (view.getUint32(0, true) !== mark || view.getUint32(4, true) !== this.layout) return false;
    const step = view.getFloat64(16, true);
    if (view.getFloat64(8, true) !== bytes.length || !Number.isSafeInteger(step) || step < 0) return false;
    for (const register of this.saved) {
      if (!allWhole(valuesAt(bytes, register), register.low, register.high)) return false;
    }
    let offset = this.fixed;
    for (const source of this.sources) {
      for (let age = 0; age < source.reach; age++) {
        offset = soundEvents(view, offset, source, age < step);
        if (offset === -1) return false;
      }
    }
    return offset === bytes.length;
  }
}

function sourcesOf(machine: ChipMachine): Source[] {
  const { inputs, populations, target } = machine.program;
  const any = 2 ** 31 - 1;
  const repeats = target.delivery.payloadBits === 0;
  return [
    ...inputs.map(({ name, shape, payloadScale, payloadLimit }): Source => {
      const lowest = payloadScale === null ? 1 : -payloadLimit;
      const highest = repeats ? 1 : payloadLimit;
      return { name, size: sizeOf(shape), reach: machine.reach(name), repeats, lowest, highest };
    }),
    ...populations.map(({ name, neurons: size }): Source => {
      const [lowest, highest] = repeats ? [1, 1] : [-any, any];
      return { name, size, reach: machine.reach(name), repeats, lowest, highest };
    }),
  ];
}

/** A number that differs, most likely, where the same bytes would mean something else. */
function layoutOf(machine: ChipMachine, sources: readonly Source[]): number {
  const states = machine.saved.map(({ name, state }) => [name, state]);
  let hash = 0x811c9dc5;
  // FNV-1a
  for (const byte of new TextEncoder().encode(JSON.stringify([sources, states]))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

function writeEvents(view: DataView, offset: number, { neuron, payload, begin, count }: EventList): number {
  view.setUint32(offset, count, true);
  view.setUint32(offset + 4, 0, true);
  const neurons = offset + countBytes;
  const payloads = neurons + 4 * count;
  for (let i = 0; i < count; i++) {
    view.setUint32(neurons + 4 * i, neuron[begin + i]!, true);
    view.setInt32(payloads + 4 * i, payload[begin + i]!, true);
  }
  return payloads + 4 * count;
}

function readEvents(view: DataView, offset: number, count: number, list: EventList): void {
  if (list.neuron.length < count) {
    list.neuron = new Uint32Array(count);
    list.payload = new Int32Array(count);
  }
  for (let i = 0; i < count; i++) {
    list.neuron[i] = view.getUint32(offset + 4 * i, true);
    list.payload[i] = view.getInt32(offset + 4 * (count + i), true);
  }
  list.begin = 0;
  list.count = count;
  list.binary = false;
}

/** @returns the end of the events at an offset, or -1 where they cannot be those of a source */
function soundEvents(view: DataView, offset: number, source: Source, any: boolean): number {
  if (view.byteLength - offset < countBytes) return -1;
  const count = view.getUint32(offset, true);
  const neurons = offset + countBytes;
  if (view.byteLength - neurons < 8 * count || (count > 0 && !any)) return -1;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const neuron = view.getUint32(neurons + 4 * i, true);
    const payload = view.getInt32(neurons + 4 * (count + i), true);
    if (neuron < next || neuron >= source.size) return -1;
    if (payload === 0 || payload < source.lowest || payload > source.highest) return -1;
    next = source.repeats ? neuron : neuron + 1;
  }
  return neurons + 8 * count;
}

function allWhole(values: Int32Array | Float64Array, low: number, high: number): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= low && value <= high) || !Number.isInteger(value)) return false;
  }
  return true;
}

/** The numbers of one register in a snapshot. */
function valuesAt(bytes: Uint8Array, { array, Kind, offset }: Saved): Int32Array | Float64Array {
  return new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, array.length);
}

/** A length up to the next multiple of eight bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
