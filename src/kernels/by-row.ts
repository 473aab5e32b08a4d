/** Sparse synapses told row by row and stored at once as kernels read them, in a memory that all engines share. */

import { blocksFor, blockTargets } from "../core/blocks.ts";
import type { BlockSynapses, SparseSynapses, Weights } from "../core/synapses.ts";
import { mistake } from "../errors.ts";
import { canShare } from "../shared-memory.ts";
import { Layout, openMemory, viewOf } from "./memory.ts";
import { webAssembly } from "./wasm.ts";

/** What has to be known of synapses before their rows are told. */
export interface RowsOptions {
  /** Neurons of the source and of the target population. */
  readonly sources: number;
  readonly targets: number;
  /** Bits of a weight; 8 where nothing is said. */
  readonly bits?: 8 | 16 | 32;
}

/**
 * Tells the synapses of one source, targets ascending, by calling `add` for each. It is asked twice for every source and has to
 * tell the same both times.
 */
export type TellRow = (source: number, add: (target: number, weight: number) => void) => void;

/**
 * Synapses of a program from their rows, without a list of them in between: 3 bytes for a synapse of 8 bits where rows are long
 * enough for blocks of 65,536 targets, else 5. Engines read them where they are and copy nothing.
 *
 * @throws PROGRAM_PARTS when a row is not ascending, leaves the targets or the bits, or is told differently the second time;
 *   ENGINE_MEMORY when there is not as much memory
 */
export function synapsesByRow(options: RowsOptions, row: TellRow): SparseSynapses | BlockSynapses {
  const { sources, targets, bits = 8 } = options;
  const rows = new CheckedRows(options, row);
  let entries = 0;
  const count = (): void => {
    entries++;
  };
  for (let source = 0; source < sources; source++) rows.tell(source, count);
  const blocks = blocksFor(sources, targets, entries);
  const { start, target, weight, memory } = placeFor(sources * Math.max(1, blocks) + 1, entries, blocks > 0, bits);
  const size = blocks === 0 ? Infinity : blockTargets;
  const stride = Math.max(1, blocks);
  let next = 0;
  let block = 0;
  let first = 0;
  const store = (neuron: number, value: number): void => {
    if (next === entries) throw changed(options);
    while (neuron >= first + size) {
      start[++block] = next;
      first += size;
    }
    target[next] = neuron - first;
    weight[next++] = value;
  };
  for (let source = 0; source < sources; source++) {
    first = 0;
    rows.tell(source, store);
    while (block < (source + 1) * stride) start[++block] = next;
  }
  if (next !== entries) throw changed(options);
  if (target instanceof Uint16Array) return { kind: "blocks", start, target, weight, memory };
  return { kind: "sparse", start, target, weight, memory };
}

function changed({ sources, targets }: RowsOptions): Error {
  return refuse(`rows of ${sources} sources to ${targets} targets are not the same when they are asked for again`);
}

function refuse(reason: string): Error {
  return mistake("PROGRAM_PARTS", { reason });
}

/** Rows whose entries are looked at before anybody else sees them. */
class CheckedRows {
  readonly #row: TellRow;
  readonly #targets: number;
  readonly #limit: number;
  #source = 0;
  #last = -1;
  #next: (target: number, weight: number) => void = () => {};
  readonly #add = (target: number, weight: number): void => {
    // Written so that NaN is refused, too.
    if (!(target > this.#last && target < this.#targets && Number.isInteger(target))) {
      throw refuse(`row ${this.#source} has target ${target} after ${this.#last}, of ${this.#targets}`);
    }
    if (!(weight >= -this.#limit && weight < this.#limit && Number.isInteger(weight))) {
      throw refuse(`row ${this.#source} has the weight ${weight}, which is no integer of the bits that were asked for`);
    }
    this.#last = target;
    this.#next(target, weight);
  };

  constructor({ targets, bits = 8 }: RowsOptions, row: TellRow) {
    this.#row = row;
    this.#targets = targets;
    this.#limit = 2 ** (bits - 1);
  }

  tell(source: number, next: (target: number, weight: number) => void): void {
    this.#source = source;
    this.#last = -1;
    this.#next = next;
    this.#row(source, this.#add);
  }
}

interface Place {
  readonly start: Uint32Array;
  readonly target: Uint16Array | Uint32Array;
  readonly weight: Weights;
  readonly memory?: BlockSynapses["memory"];
}

const storages = { 8: "i8", 16: "i16", 32: "i32" } as const;
const makers = { 8: Int8Array, 16: Int16Array, 32: Int32Array } as const;

/** Arrays in a memory of their own; plain ones where threads cannot share any. */
function placeFor(starts: number, entries: number, inBlocks: boolean, bits: 8 | 16 | 32): Place {
  if (webAssembly === undefined || !canShare()) {
    const target = inBlocks ? new Uint16Array(entries) : new Uint32Array(entries);
    return { start: new Uint32Array(starts), target, weight: new makers[bits](entries) };
  }
  const layout = new Layout();
  const start = layout.reserve("u32", starts);
  const target = layout.reserve(inBlocks ? "u16" : "u32", entries);
  const weight = layout.reserve(storages[bits], entries);
  const memory = openMemory(layout, true, Infinity);
  return {
    start: viewOf(memory, start),
    target: viewOf(memory, target),
    weight: viewOf(memory, weight),
    memory,
  };
}
