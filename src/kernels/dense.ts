/** Synapses stored as whole rows, one per source: the layout that `delivery/dense.ts` adds up. */

import type { Weights } from "../core/synapses.ts";
import { denseKernels } from "./fields.ts";
import { fitsHalf, type Fit } from "./fit.ts";
import type { OpenForm, SumSizes } from "./form.ts";
import type { DeliveryKernels } from "./load.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import type { Rows } from "./rowed.ts";
import type { WasmMemory } from "./wasm.ts";

/** Whole rows of weights of one width. Plain data. */
export interface PackedDense extends Fit {
  readonly kind: "dense";
  readonly sources: number;
  readonly sums: SumSizes;
  readonly first: 0;
  /** [sources + 1][stride], the last row of zeros. */
  readonly weights: Region<"u8">;
  /** Bytes from row to row. */
  readonly stride: number;
  readonly plan: Region<"i32">;
  /** Synapses of every row; null where rows differ and `start` counts them. */
  readonly each: number | null;
  /** [sources + 1] synapses before each row. */
  readonly start: Region<"u32">;
}

/** Targets that 16 bytes hold, by bits of a weight. */
const perVector: Readonly<Record<Fit["bits"], number>> = { 1: 128, 4: 32, 8: 16, 16: 8, 32: 4 };
/** Largest sum that the narrow sums hold, by bits of a weight. */
const narrowLimit: Readonly<Record<Fit["bits"], number>> = { 1: 255, 4: 65_535, 8: 65_535, 16: Infinity, 32: Infinity };
/** Rows of a batch that are to stay in the second-level cache, in bytes. */
const blockBytes = 2 ** 19;
/** Bytes of narrow sums for one byte of weights, at most, and how many the kernels use. */
const narrowSpread = 8;
const narrowTile = 32_768;

/** Reserve the place of rows whose weights fit as told. */
export function packDense({ sources, width, each }: Rows, chosen: Fit, layout: Layout): PackedDense {
  const stride = Math.ceil(width / perVector[chosen.bits]) * 16;
  return {
    kind: "dense",
    ...chosen,
    sources,
    first: 0,
    sums: { totals: (stride / 16) * perVector[chosen.bits], narrow: Math.min(stride * narrowSpread, narrowTile) },
    weights: layout.reserve("u8", (sources + 1) * stride),
    stride,
    plan: layout.reserve("i32", 5),
    each,
    start: layout.reserve("u32", each === null ? sources + 1 : 0),
  };
}

/** Write plan and weights. */
export function writeDense(packed: PackedDense, rows: Rows, memory: WasmMemory): void {
  const { weights, sources, stride, levels, bits, plan } = packed;
  // Eight rows are added at a time: after a multiple of eight none is left over.
  const interval = Math.min(2 ** 30, Math.floor(narrowLimit[bits] / Math.max(1, levels) / 8) * 8);
  const block = Math.max(1, Math.floor(blockBytes / Math.max(1, stride)));
  viewOf(memory, plan).set([weights.offset, sources, stride, interval, block]);
  const store = storing(packed, memory);
  for (let source = 0; source < sources; source++) store(rows.whole(source), source * stride);
  if (packed.each !== null) return;
  const start = viewOf(memory, packed.start);
  for (let source = 0; source < sources; source++) {
    start[source + 1] = start[source]!;
    rows.list(source, () => start[source + 1]!++);
  }
}

/** A function that stores one row of weights at a byte of the region. */
function storing({ weights, bits, scale, base }: PackedDense, memory: WasmMemory): (row: Weights, at: number) => void {
  const { offset, length } = weights;
  const bytes = viewOf(memory, weights);
  const halves = viewOf(memory, { storage: "i16", offset, length: length / 2 });
  const words = viewOf(memory, { storage: "i32", offset, length: length / 4 });
  if (bits === 32) return (row, at) => words.set(row, at / 4);
  return (row, at) => {
    for (let t = 0; t < row.length; t++) {
      const stored = (row[t]! - base) / scale;
      if (bits === 16) halves[at / 2 + t] = stored;
      else if (bits === 8) bytes[at + byteOf(t)] = stored;
      else if (bits === 4) bytes[at + 16 * (t >> 5) + byteOf(t & 15)]! |= (t & 16) === 0 ? stored : stored << 4;
      else bytes[at + 16 * (t >> 7) + (t & 15)]! |= stored << ((t >> 4) & 7);
    }
  };
}

/** Of every 16 targets the first eight are in the even bytes, the others in the odd ones. */
function byteOf(target: number): number {
  return (target & ~15) | ((target & 7) << 1) | ((target >> 3) & 1);
}

/** Make rows that were written ready to be added up. */
export function openDense(packed: PackedDense, kernels: DeliveryKernels): OpenForm {
  const { bits, scale, base, plan, each, start } = packed;
  const { sum1, sum4, sum8, dot8, dot16, multiply8, multiply16, multiply32 } = denseKernels;
  const alone = { 1: sum1, 4: sum4, 8: sum8, 16: dot16, 32: multiply32 }[bits];
  return {
    sparing: false,
    scale,
    base,
    kernel(alike, low, high) {
      if (alike || bits === 32) return alone;
      const fits = fitsHalf(low, high);
      if (bits === 16) return fits ? dot16 : multiply16;
      return fits ? dot8 : multiply8;
    },
    run: (kernel, jobs, count) => kernels.addDense(plan.offset, kernel, jobs, count),
    synops: (neurons, count) => (each === null ? kernels.countEntries(start.offset, neurons, count) : each * count),
  };
}
