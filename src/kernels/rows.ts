/** Rows of weights as sweeps over the targets of one event read them. */

import { blocksOf } from "../core/blocks.ts";
import { openRows, type Rows } from "../core/rows.ts";
import type { Synapses } from "../core/synapses.ts";
import type { Interval } from "../datapath/ranges.ts";
import type { Targets } from "./form.ts";
import { bytesOf, paddedLength, viewOf, type Layout, type Region } from "./memory.ts";
import { rangeOfValues } from "../core/bounds.ts";
import type { WasmMemory } from "./wasm.ts";

/** Where the rows of one projection lie. Plain data. */
export interface PackedRows {
  readonly kind: "dense" | "listed" | "computed";
  readonly targets: Targets;
  /** What a weight can be, that of the padding included. */
  readonly range: Interval;
  readonly weights: Region<"i8" | "i16" | "i32">;
  /** dense: elements from row to row. */
  readonly stride: number;
  /**
   * listed: neurons, counted from the first that is here; every row is filled up to a whole group with the neuron behind
   * the last. computed: room for one row.
   */
  readonly neurons: Region<"u32">;
  /** listed: first entry and number of entries of every row. */
  readonly start: Region<"u32">;
}

/** Entries of a listed row are a multiple of this many. */
const group = 4;

/** Choose the narrowest weights and reserve a place for the rows. */
export function packRows(synapses: Synapses, targets: Targets, layout: Layout): PackedRows {
  const { low, high } = rangeOfValues(synapses.weight);
  const range = { low: low < 0n ? low : 0n, high: high > 0n ? high : 0n };
  const storage =
    range.low >= -128n && range.high < 128n ? "i8" : range.low >= -32_768n && range.high < 32_768n ? "i16" : "i32";
  const rows = openRows(synapses, targets.neurons, targets.low, targets.high);
  const width = targets.high - targets.low;
  const place = (kind: PackedRows["kind"], stride: number, weights: number, neurons: number, starts: number) => ({
    kind,
    targets,
    range,
    weights: layout.reserve(storage, weights),
    stride,
    neurons: layout.reserve("u32", neurons),
    start: layout.reserve("u32", starts),
  });
  const sources = sourcesOf(synapses, targets.neurons);
  if (synapses.kind === "dense") return place("dense", paddedLength(width), sources * paddedLength(width), 0, 0);
  if (synapses.kind === "conv2d") return place("computed", 0, width + group, width + group, 0);
  let entries = 0;
  for (let source = 0; source < sources; source++) entries += filledUp(entriesOf(rows, source));
  return place("listed", 0, entries, entries, 2 * sources);
}

/** Write the rows: by one thread, before they are opened. */
export function writeRows(packed: PackedRows, synapses: Synapses, memory: WasmMemory): void {
  const { kind, targets, stride } = packed;
  if (kind === "computed") return;
  const rows = openRows(synapses, targets.neurons, targets.low, targets.high);
  const weights = viewOf(memory, packed.weights);
  const lists = { neurons: viewOf(memory, packed.neurons), start: viewOf(memory, packed.start) };
  let at = 0;
  for (let source = 0; source < sourcesOf(synapses, targets.neurons); source++) {
    rows.seek(source);
    weights.set(rows.weight.subarray(rows.begin, rows.end), kind === "dense" ? source * stride : at);
    if (kind === "listed") at = writeList(rows, source, at, lists, targets.high - targets.low);
  }
}

/** @returns the entry behind the row's last */
function writeList(
  { target, begin, end }: Rows,
  source: number,
  at: number,
  { neurons, start }: { readonly neurons: Uint32Array; readonly start: Uint32Array },
  spare: number,
): number {
  const next = at + filledUp(end - begin);
  start.set([at, end - begin], 2 * source);
  neurons.set(target.subarray(begin, end), at);
  neurons.fill(spare, at + end - begin, next);
  return next;
}

/** One row, after `seek`. */
export interface OpenRows {
  readonly dense: boolean;
  /** How many synapses. */
  count: number;
  /** Addresses of their weights and, unless dense, neurons. */
  weights: number;
  neurons: number;
  seek(source: number): void;
  /** The same. @returns the address of its weights */
  weightsOf(source: number): number;
  /** Neuron and weight of one synapse of the row. */
  neuronAt(entry: number): number;
  weightAt(entry: number): number;
}

/** Open rows that were written. */
export function openPackedRows(packed: PackedRows, synapses: Synapses, memory: WasmMemory): OpenRows {
  return new Opened(packed, synapses, memory);
}

class Opened implements OpenRows {
  readonly dense: boolean;
  count = 0;
  weights = 0;
  neurons = 0;
  readonly #packed: PackedRows;
  readonly #weight: Int8Array | Int16Array | Int32Array;
  readonly #neuron: Uint32Array;
  readonly #start: Uint32Array;
  /** Worked out at each event; null where rows are stored. */
  readonly #computed: Rows | null;
  readonly #spare: number;
  #first = 0;

  constructor(packed: PackedRows, synapses: Synapses, memory: WasmMemory) {
    const { neurons, low, high } = packed.targets;
    this.dense = packed.kind === "dense";
    this.#packed = packed;
    this.#weight = viewOf(memory, packed.weights);
    this.#neuron = viewOf(memory, packed.neurons);
    this.#start = viewOf(memory, packed.start);
    this.#computed = packed.kind === "computed" ? openRows(synapses, neurons, low, high) : null;
    this.#spare = high - low;
  }

  seek(source: number): void {
    const { stride, weights, neurons } = this.#packed;
    if (this.#computed !== null) this.compute(this.#computed, source);
    else {
      this.#first = this.dense ? source * stride : this.#start[2 * source]!;
      this.count = this.dense ? this.#spare : this.#start[2 * source + 1]!;
    }
    this.weights = weights.offset + this.#first * bytesOf(weights.storage);
    this.neurons = neurons.offset + this.#first * 4;
  }

  weightsOf(source: number): number {
    this.seek(source);
    return this.weights;
  }

  private compute(rows: Rows, source: number): void {
    rows.seek(source);
    const { begin, end, target, weight } = rows;
    this.count = end - begin;
    for (let i = begin; i < end; i++) {
      this.#neuron[i - begin] = target[i]!;
      this.#weight[i - begin] = weight[i]!;
    }
    this.#neuron.fill(this.#spare, this.count, filledUp(this.count));
  }

  neuronAt(entry: number): number {
    return this.dense ? entry : this.#neuron[this.#first + entry]!;
  }

  weightAt(entry: number): number {
    return this.#weight[this.#first + entry]!;
  }
}

function sourcesOf(synapses: Synapses, neurons: number): number {
  if (synapses.kind === "dense") return neurons === 0 ? 0 : synapses.weight.length / neurons;
  if (synapses.kind === "blocks") return (synapses.start.length - 1) / blocksOf(neurons);
  return synapses.kind === "sparse" ? synapses.start.length - 1 : 0;
}

function entriesOf(rows: Rows, source: number): number {
  rows.seek(source);
  return rows.end - rows.begin;
}

function filledUp(count: number): number {
  return Math.ceil(count / group) * group;
}
