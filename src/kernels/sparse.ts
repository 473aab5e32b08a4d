/** Synapses stored as lists of targets, one row per source: the layout that `delivery/sparse.ts` adds up. */

import { signedFit } from "./fit.ts";
import type { OpenForm, SumSizes } from "./form.ts";
import type { DeliveryKernels } from "./load.ts";
import { blocksFor, blockTargets } from "../core/blocks.ts";
import { bytesOf, viewOf, type Layout, type Region } from "./memory.ts";
import type { Census, Rows } from "./rowed.ts";
import type { WasmMemory } from "./wasm.ts";

/** Lists of targets, in blocks of targets. Plain data. */
export interface PackedSparse {
  readonly kind: "sparse";
  readonly bits: 8 | 16 | 32;
  readonly scale: number;
  readonly sources: number;
  readonly sums: SumSizes;
  readonly first: 0;
  /** Blocks of 65,536 targets, or 1 of all targets where their numbers have 32 bits. */
  readonly blocks: number;
  /** Synapses of every row; null where rows are as long as their lists. */
  readonly each: number | null;
  readonly plan: Region<"i32">;
  /** [sources * blocks + 1] entries before each block of each row */
  readonly start: Region<"u32">;
  /** [entries] counted from the first of the block */
  readonly targets: Region<"u16" | "u32">;
  /** [entries] */
  readonly weights: Region<"u8">;
}

/** Rows of a batch that are to stay in the second-level cache, in bytes. */
const batchBytes = 2 ** 19;
/** Entries of a block of a row up to which the blocks of one event are added up one after the other. */
const shortBlock = 64;
/** Bytes of lists from which rows have to come from memory. */
const farBytes = 2 ** 21;
/** Fields of the plan. */
export const planLength = 15;

/** Choose the width of weights and targets and reserve the places of all lists. */
export function packSparse(rows: Rows, { spread, entries }: Census, layout: Layout): PackedSparse {
  const { sources, width, each } = rows;
  const blocks = blocksFor(sources, width, entries);
  const { bits, scale } = signedFit(spread);
  return {
    kind: "sparse",
    bits,
    scale,
    sources,
    first: 0,
    sums: { totals: width, narrow: 0 },
    blocks: Math.max(1, blocks),
    each,
    plan: layout.reserve("i32", planLength),
    start: layout.reserve("u32", sources * Math.max(1, blocks) + 1),
    targets: layout.reserve(blocks === 0 ? "u32" : "u16", entries),
    weights: layout.reserve("u8", (entries * bits) / 8),
  };
}

const storages = { 8: "i8", 16: "i16", 32: "i32" } as const;

/** Write plan and lists. */
export function writeSparse(packed: PackedSparse, rows: Rows, memory: WasmMemory): void {
  const { sources, bits, scale, blocks, weights, targets } = packed;
  const start = viewOf(memory, packed.start);
  const numbers = viewOf(memory, targets);
  const { offset, length } = weights;
  const stored = viewOf(memory, { storage: storages[bits], offset, length: (length * 8) / bits });
  const size = targets.storage === "u32" ? Infinity : blockTargets;
  let next = 0;
  let block = 0;
  const tell = (target: number, weight: number): void => {
    const own = Math.floor(target / size);
    while (block % blocks < own) start[++block] = next;
    numbers[next] = target - (own === 0 ? 0 : own * size);
    stored[next++] = weight / scale;
  };
  for (let source = 0; source < sources; source++) {
    rows.list(source, tell);
    while (block < (source + 1) * blocks) start[++block] = next;
  }
  const places = { start: packed.start.offset, targets: targets.offset, weights: offset };
  const shape = { sources, blocks, stride: blocks, totals: rows.width, counted: packed.each === null, part: null };
  const widths = { targetBytes: bytesOf(targets.storage), weightBytes: bits / 8 };
  writePlan(viewOf(memory, packed.plan), places, shape, widths, numbers.length);
}

/** Where lists lie, in bytes. */
export interface SparsePlaces {
  readonly start: number;
  readonly targets: number;
  readonly weights: number;
}

/** What kernels have to know of lists beside their places. */
export interface SparseShape {
  readonly sources: number;
  /** That are here or in part, of `stride` that there are. */
  readonly blocks: number;
  readonly stride: number;
  readonly totals: number;
  /** Targets that are here: from `low` of the first block up to `high` of the last (excluded); null: all of the blocks. */
  readonly part: { readonly low: number; readonly high: number } | null;
  /** Whether entries are what synops count. */
  readonly counted: boolean;
}

/** @param entries of all rows */
export function writePlan(
  plan: Int32Array,
  places: SparsePlaces,
  { sources, blocks, stride, totals, counted, part }: SparseShape,
  { targetBytes, weightBytes }: { readonly targetBytes: number; readonly weightBytes: number },
  entries: number,
): void {
  const perBlock = entries / Math.max(1, sources * stride);
  const entryBytes = targetBytes + weightBytes;
  const together = Math.max(1, Math.floor(batchBytes / Math.max(1, perBlock * entryBytes)));
  const { start, targets, weights } = places;
  const flags = [Number(counted), Number(perBlock < shortBlock), Number(entries * entryBytes > farBytes)];
  const cut = [Number(part !== null), part?.low ?? 0, part?.high ?? 0];
  plan.set([sources, blocks, start, stride, targets, targetBytes, weights, totals, together, ...flags, ...cut]);
}

/** Make lists that were written ready to be added up. */
export function openSparse(packed: PackedSparse, kernels: DeliveryKernels): OpenForm {
  const { bits, scale, plan, each } = packed;
  return {
    sparing: true,
    scale,
    base: 0,
    kernel: () => bits,
    run: (kernel, jobs, count) => kernels.addSparse(plan.offset, kernel, jobs, count),
    synops: (_, count) => (each ?? 0) * count,
  };
}
