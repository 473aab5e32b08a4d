/** Building, joining and counting what an engine records; shared by all engines. */

import { copyPart } from "./copy.ts";
import type {
  PopulationRecording,
  ProjectionRecording,
  QueueRecording,
  Recording,
  SpikeTrain,
  Trace,
} from "./engine.ts";

/** Room for spikes at first; doubled whenever it is full. */
const FIRST_CAPACITY = 1024;

/**
 * Collects the spikes of one population row by row, row r being (sample, step) in the order of `SpikeTrain`. Rows
 * that are never added are silent.
 */
export class SpikeTrainBuilder {
  private readonly start: Uint32Array;
  private neuron = new Uint32Array(FIRST_CAPACITY);
  /** Null while every spike carries 1. */
  private payload: Int32Array | null = null;
  private row = 0;
  private spikes = 0;

  /** @param rows samples times steps */
  constructor(rows: number) {
    this.start = new Uint32Array(rows + 1);
  }

  /**
   * Append the spikes of the next row; both arrays are copied and may be reused.
   *
   * @param neuron ids, ascending; the first `count` entries are read
   * @param payload what each spike carries, or null when all carry 1
   */
  addRow(neuron: Uint32Array, payload: Int32Array | null, count: number): void {
    if (this.row + 1 >= this.start.length) throw new Error("more rows than announced");
    const { spikes } = this;
    this.reserve(spikes + count);
    copyPart(neuron, 0, count, this.neuron, spikes);
    if (payload !== null) this.addPayload(payload, count);
    else if (this.payload !== null) this.payload.fill(1, this.spikes, this.spikes + count);
    this.spikes = spikes + count;
    this.start[++this.row] = this.spikes;
  }

  /**
   * The train; the builder cannot be used afterwards.
   *
   * @param kept whether it is to last, in arrays of its size; else it lies in larger ones
   */
  finish(kept = true): SpikeTrain {
    const { start, neuron, payload, spikes } = this;
    start.fill(spikes, this.row + 1);
    const part = kept ? "slice" : "subarray";
    return { start, neuron: neuron[part](0, spikes), payload: payload?.[part](0, spikes) ?? null };
  }

  private addPayload(payload: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.payload === null) {
        // Most trains carry ones only; the array is made at the first other payload.
        if (payload[i] === 1) continue;
        this.payload = new Int32Array(this.neuron.length).fill(1, 0, this.spikes + i);
      }
      this.payload[this.spikes + i] = payload[i]!;
    }
  }

  private reserve(spikes: number): void {
    if (spikes <= this.neuron.length) return;
    // As many as there will be if it goes on like this: memory that nobody writes to is not taken.
    const expected = Math.ceil((1.1 * spikes * (this.start.length - 1)) / (this.row + 1));
    const { length } = this.neuron;
    const capacity = Math.max(spikes, 2 * length, Math.min(expected, 8 * length));
    this.neuron = grown(this.neuron, new Uint32Array(capacity));
    if (this.payload !== null) this.payload = grown(this.payload, new Int32Array(capacity));
  }
}

function grown<T extends Uint32Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

/** Trains of consecutive rows joined into one. */
export function concatTrains(trains: readonly SpikeTrain[]): SpikeTrain {
  const rows = trains.reduce((sum, train) => sum + train.start.length - 1, 0);
  const spikes = trains.reduce((sum, train) => sum + train.neuron.length, 0);
  const start = new Uint32Array(rows + 1);
  const neuron = new Uint32Array(spikes);
  const payload = trains.every((train) => train.payload === null) ? null : new Int32Array(spikes).fill(1);
  let row = 0;
  let spike = 0;
  for (const train of trains) {
    neuron.set(train.neuron, spike);
    if (train.payload !== null) payload?.set(train.payload, spike);
    for (let r = 1; r < train.start.length; r++) start[++row] = spike + train.start[r]!;
    spike += train.neuron.length;
  }
  return { start, neuron, payload };
}

/**
 * Recordings of consecutive ranges of samples joined into one. All must come from the same network, with the same
 * steps and probes; at least one is needed.
 */
export function concatRecordings(parts: readonly Recording[]): Recording {
  const [first] = parts;
  if (first === undefined) throw new Error("nothing to join");
  if (parts.length === 1) return first;
  const queues = parts.flatMap(({ queue }) => (queue === undefined ? [] : [queue]));
  return {
    engine: first.engine,
    samples: parts.reduce((sum, part) => sum + part.samples, 0),
    steps: first.steps,
    populations: first.populations.map((_, i) => concatPopulations(parts.map((part) => at(part.populations, i)))),
    projections: first.projections.map((_, i) => concatProjections(parts.map((part) => at(part.projections, i)))),
    outputs: new Map(
      [...first.outputs.keys()].map((name) => [name, concatArrays(parts.map((part) => got(part.outputs, name)))]),
    ),
    ...(queues.length === 0 ? {} : { queue: concatQueues(queues) }),
  };
}

function concatPopulations(parts: readonly PopulationRecording[]): PopulationRecording {
  const first = at(parts, 0);
  const traces = [...first.traces.keys()].map((name): [string, Trace] => [
    name,
    concatArrays(parts.map((part) => got(part.traces, name))),
  ]);
  return { ...first, spikes: concatTrains(parts.map((part) => part.spikes)), traces: new Map(traces) };
}

function concatProjections(parts: readonly ProjectionRecording[]): ProjectionRecording {
  return { ...at(parts, 0), synops: concatArrays(parts.map((part) => part.synops)) };
}

function concatQueues(parts: readonly QueueRecording[]): QueueRecording {
  return {
    longest: concatArrays(parts.map(({ longest }) => longest)),
    lost: concatArrays(parts.map(({ lost }) => lost)),
  };
}

/** Arrays of one type, end to end. */
function concatArrays<T extends Trace>(parts: readonly T[]): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const Type = at(parts, 0).constructor as new (length: number) => T;
  const joined = new Type(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error("recordings of different networks");
  return item;
}

function got<T>(map: ReadonlyMap<string, T>, name: string): T {
  const item = map.get(name);
  if (item === undefined) throw new Error(`recordings differ in ${name}`);
  return item;
}

/**
 * How often each neuron fired, each spike counted as often as its payload (0 or more) says.
 *
 * @param rowsPerSample steps of one sample, 1 or more
 * @returns [samples][neurons]
 */
export function spikeCounts(train: SpikeTrain, rowsPerSample: number, neurons: number): Uint32Array {
  const rows = train.start.length - 1;
  const counts = new Uint32Array((rows / rowsPerSample) * neurons);
  for (let row = 0; row < rows; row++) {
    const base = Math.floor(row / rowsPerSample) * neurons;
    for (let i = train.start[row]!; i < train.start[row + 1]!; i++) {
      counts[base + train.neuron[i]!]! += train.payload === null ? 1 : train.payload[i]!;
    }
  }
  return counts;
}
