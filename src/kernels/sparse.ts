/** Synapses stored as lists of targets, one row per source: the layout that `delivery/sparse.ts` adds up. */

import { signedFit } from "./fit.ts";
import type { OpenForm, SumSizes } from "./form.ts";
import type { DeliveryKernels } from "./load.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
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
  readonly blocks: number;
  /** Synapses of every row; null where rows are as long as their lists. */
  readonly each: number | null;
  readonly plan: Region<"i32">;
  /** [blocks][sources + 1] entries before each row */
  readonly start: Region<"u32">;
  /** [entries] counted from the first of the block */
  readonly targets: Region<"u16">;
  /** [entries] */
  readonly weights: Region<"u8">;
}

/** Targets of a block: their totals fit a second-level cache, and 16 bits number them. */
const blockTargets = 65_536;
/** Rows of a batch that are to stay in the second-level cache, in bytes. */
const batchBytes = 2 ** 19;

/** Choose the width of the weights and reserve the places of all lists. */
export function packSparse(rows: Rows, { spread, entries }: Census, layout: Layout): PackedSparse {
  const { sources, width, each } = rows;
  const blocks = Math.ceil(width / blockTargets);
  const { bits, scale } = signedFit(spread);
  return {
    kind: "sparse",
    bits,
    scale,
    sources,
    first: 0,
    sums: { totals: width, narrow: 0 },
    blocks,
    each,
    plan: layout.reserve("i32", 8),
    start: layout.reserve("u32", blocks * (sources + 1)),
    targets: layout.reserve("u16", entries),
    weights: layout.reserve("u8", (entries * bits) / 8),
  };
}

const storages = { 8: "i8", 16: "i16", 32: "i32" } as const;

/** Write plan and lists. */
export function writeSparse(packed: PackedSparse, rows: Rows, memory: WasmMemory): void {
  const { sources, bits, scale, blocks, weights, targets } = packed;
  const start = viewOf(memory, packed.start);
  const next = countEntries(start, rows, blocks);
  const numbers = viewOf(memory, targets);
  const { offset, length } = weights;
  const stored = viewOf(memory, { storage: storages[bits], offset, length: (length * 8) / bits });
  const tell = (target: number, weight: number): void => {
    const block = Math.floor(target / blockTargets);
    numbers[next[block]!] = target - block * blockTargets;
    stored[next[block]!++] = weight / scale;
  };
  for (let source = 0; source < sources; source++) rows.list(source, tell);
  const rowBytes = (length + 2 * targets.length) / Math.max(1, sources * blocks);
  const together = Math.max(1, Math.floor(batchBytes / Math.max(1, rowBytes)));
  const counts = packed.each === null ? 1 : 0;
  const plan = [sources, blocks, packed.start.offset, targets.offset, offset, rows.width, together, counts];
  viewOf(memory, packed.plan).set(plan);
}

/** Fill in what stands before each row. @returns [blocks] the first entry of each block */
function countEntries(start: Uint32Array, rows: Rows, blocks: number): Float64Array {
  const { sources } = rows;
  const length = sources + 1;
  for (let source = 0; source < sources; source++) {
    rows.list(source, (target) => start[Math.floor(target / blockTargets) * length + source + 1]!++);
  }
  const first = new Float64Array(blocks);
  let entries = 0;
  for (let block = 0; block < blocks; block++) {
    first[block] = entries;
    for (let row = 0; row < length; row++) {
      entries += start[block * length + row]!;
      start[block * length + row] = entries;
    }
  }
  return first;
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
