/** Lists of targets that lie in a memory of their own already, which kernels read where they are. */

import { blocksOf, blockTargets } from "../core/blocks.ts";
import { isMemory, type Synapses } from "../core/synapses.ts";
import type { Targets } from "./form.ts";
import { alignment, viewOf, type Layout } from "./memory.ts";
import { planLength, writePlan, type PackedSparse, type SparsePlaces, type SparseShape } from "./sparse.ts";
import type { WasmMemory } from "./wasm.ts";

/** Such lists as far as they lead to the targets that are here. */
export interface HeldLists {
  readonly memory: WasmMemory;
  readonly bits: 8 | 16 | 32;
  readonly targetBytes: 2 | 4;
  readonly places: SparsePlaces;
  readonly shape: SparseShape;
  readonly entries: number;
}

/** Null where synapses do not lie in a memory that threads share. */
export function heldLists(synapses: Synapses, { neurons, low, high }: Targets): HeldLists | null {
  if (synapses.kind !== "sparse" && synapses.kind !== "blocks") return null;
  const { memory, start, target, weight } = synapses;
  if (!isMemory(memory) || !areViews([start, target, weight])) return null;
  const inBlocks = synapses.kind === "blocks";
  const stride = inBlocks ? blocksOf(neurons) : 1;
  const first = inBlocks ? Math.floor(low / blockTargets) : 0;
  const blocks = inBlocks ? Math.ceil(high / blockTargets) - first : 1;
  /** First targets of the first and of the last block. */
  const [begin, end] = [first * blockTargets, (first + Math.max(1, blocks) - 1) * blockTargets];
  return {
    memory: memory as WasmMemory,
    bits: (8 * weight.BYTES_PER_ELEMENT) as 8 | 16 | 32,
    targetBytes: target.BYTES_PER_ELEMENT as 2 | 4,
    places: { start: start.byteOffset + 4 * first, targets: target.byteOffset, weights: weight.byteOffset },
    shape: {
      sources: (start.length - 1) / stride,
      blocks,
      stride,
      totals: high - low,
      counted: true,
      part: low === 0 && high === neurons ? null : { low: low - begin, high: high - end },
    },
    entries: target.length,
  };
}

/** Whether arrays lie in one shared memory; its buffer is not the same object for every thread, nor after it has grown. */
function areViews(arrays: readonly { readonly buffer: ArrayBufferLike; readonly byteOffset: number }[]): boolean {
  const length = arrays[0]!.buffer.byteLength;
  return arrays.every(({ buffer, byteOffset }) => {
    const shared = Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
    return shared && buffer.byteLength === length && byteOffset >= alignment;
  });
}

/** Reserve what kernels need beside the lists. */
export function packHeld({ bits, shape: { sources, blocks, totals } }: HeldLists, layout: Layout): PackedSparse {
  const none = { offset: 0, length: 0 };
  return {
    kind: "sparse",
    bits,
    scale: 1,
    sources,
    first: 0,
    sums: { totals, narrow: 0 },
    blocks,
    each: null,
    plan: layout.reserve("i32", planLength),
    start: { storage: "u32", ...none },
    targets: { storage: "u16", ...none },
    weights: { storage: "u8", ...none },
  };
}

/** Tell the kernels where the lists are. */
export function writeHeld(held: HeldLists, { plan }: PackedSparse, memory: WasmMemory): void {
  const widths = { targetBytes: held.targetBytes, weightBytes: held.bits / 8 };
  writePlan(viewOf(memory, plan), held.places, held.shape, widths, held.entries);
}
