/**
 * Synapses that are too large for the memory of their neurons: in memories of their own, some targets in each. What events add
 * up to for one target has nothing to do with the others, so that any division gives the same.
 */

import { blocksOf } from "../core/blocks.ts";
import type { EventList } from "../core/events.ts";
import type { Sum } from "../core/sums.ts";
import type { Synapses } from "../core/synapses.ts";
import { packSynapses, reserveSums, type DeliveryParts, type KernelDelivery, type Sums } from "./delivery.ts";
import type { Targets } from "./form.ts";
import { checkSize, Layout, openMemory } from "./memory.ts";
import { mostWhole } from "./rowed.ts";

/** Bytes up to which synapses share a memory with their neurons, where it is fastest: a memory holds twice as many. */
export const mostTogether: number = 2 ** 31;

/** What of a delivery is different in every memory. */
export type PlacedParts = Pick<DeliveryParts, "memory" | "packed" | "places" | "apart">;

/** The synapses onto some targets, in a memory of their own. */
export interface Piece extends Omit<PlacedParts, "memory"> {
  readonly layout: Layout;
  /** Its first target, counted from the first that is here. */
  readonly first: number;
}

/** About the most bytes that synapses take in a memory. */
export function bytesOfSynapses(synapses: Synapses, { neurons, low, high }: Targets): number {
  const share = neurons === 0 ? 0 : (high - low) / neurons;
  const { weight } = synapses;
  const each = weight.BYTES_PER_ELEMENT;
  if (synapses.kind === "dense" || synapses.kind === "conv2d") return share * weight.length * each;
  const rows = (synapses.start.length - 1) / (synapses.kind === "blocks" ? blocksOf(neurons) : 1);
  const lists = share * weight.length * (each + 4) + 4 * synapses.start.length;
  return Math.max(lists, Math.min(rows * (high - low) * each, mostWhole));
}

/** Targets that are not divided further: whole vectors of the kernels. */
const group = 64;

/**
 * Find the places of all synapses, in as many memories as it takes.
 *
 * @param most bytes of a memory, about
 * @throws ENGINE_MEMORY when one would be larger than any can be; nothing has been made then
 */
export function planPieces(synapses: Synapses, targets: Targets, sum: Sum, most: number): readonly Piece[] {
  const { neurons, low, high } = targets;
  const count = Math.ceil(bytesOfSynapses(synapses, targets) / most);
  const width = Math.max(group, Math.floor((high - low) / count / group) * group);
  const pieces: Piece[] = [];
  for (let first = 0; low + first < high; first += width) {
    const layout = new Layout();
    const own = { neurons, low: low + first, high: Math.min(high, low + first + width) };
    const packed = packSynapses(synapses, own, sum, layout);
    const places = reserveSums(packed, layout);
    checkSize(layout);
    pieces.push({ packed, places, layout, first });
  }
  return pieces;
}

/**
 * Make all memories and what adds up events in them.
 *
 * @param total [targets] where the sums are put together
 * @param open makes the delivery of one piece
 * @throws ENGINE_MEMORY
 */
export function openPieces(
  pieces: readonly Piece[],
  total: Int32Array,
  open: (parts: PlacedParts) => KernelDelivery,
): KernelDelivery {
  const opened = pieces.map(({ layout, packed, places, first }) => {
    return { first, delivery: open({ memory: openMemory(layout), packed, places }) };
  });
  return new Together(total, opened);
}

interface OpenedPiece {
  readonly first: number;
  readonly delivery: KernelDelivery;
}

/** The sums of all pieces, one sample at a time. */
class Together implements KernelDelivery, Sums {
  readonly sums: readonly Sums[] = [this];
  user: object | null = null;
  readonly total: Int32Array;
  wide: Float64Array | null = null;
  synops = 0;
  readonly #pieces: readonly OpenedPiece[];
  #double: Float64Array | null = null;

  constructor(total: Int32Array, pieces: readonly OpenedPiece[]) {
    this.total = total;
    this.#pieces = pieces;
  }

  addUp(events: EventList): void {
    this.synops = 0;
    this.wide = null;
    for (let i = 0; i < this.#pieces.length; i++) {
      const { first, delivery } = this.#pieces[i]!;
      delivery.addUp(events);
      const { total, wide, synops } = delivery.sums[0]!;
      this.synops += synops;
      // Wide for all pieces or for none: it depends on the events and on the largest weight of the whole projection.
      if (wide === null) this.total.set(total, first);
      else this.#wideSums().set(wide, first);
    }
  }

  addUpBatch(lists: readonly EventList[]): void {
    this.addUp(lists[0]!);
  }

  #wideSums(): Float64Array {
    this.#double ??= new Float64Array(this.total.length);
    return (this.wide = this.#double);
  }
}
