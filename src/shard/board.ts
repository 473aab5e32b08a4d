/** Shards show each other their spikes in shared memory. */

import type { Exchange } from "../chip/machine.ts";
import { copyPart, fillPart } from "../copy.ts";
import { clearList, makeRoom } from "../core/events.ts";
import { waitForAll } from "./barrier.ts";
import type { Board, Part, ShardTask } from "./protocol.ts";

/** What two shards tell of their parts is so many 32-bit fields apart, so that to write one costs nobody else a line of its cache. */
const apart = 32;

/** A board for a population whose shards begin at `starts` [shards + 1]. */
export function createBoard(starts: Uint32Array): Board {
  const neurons = starts.at(-1)!;
  const shards = starts.length - 1;
  return {
    starts,
    parts: new Uint32Array(new SharedArrayBuffer(4 * 2 * shards * apart)),
    neuron: new Uint32Array(new SharedArrayBuffer(4 * 2 * neurons)),
    payload: new Int32Array(new SharedArrayBuffer(4 * 2 * neurons)),
  };
}

/**
 * One shard's side of all boards. Two halves take turns: while a slow shard still reads the last timestep, a fast one
 * writes the next into the other half, and it cannot get further than that without meeting the slow one. So one meeting
 * for each timestep is enough, or for each part of it that waits for spikes of the same timestep.
 */
export function openExchange(
  { shard, shards, control }: Pick<ShardTask, "shard" | "shards" | "control">,
  { boards, spin }: Pick<Part, "boards" | "spin">,
): Exchange {
  /** Of each board, which half was written last. */
  const halves = new Uint8Array(boards.length);
  return {
    publish(population, own) {
      const { starts, parts, neuron, payload } = boards[population]!;
      const half = 1 - halves[population]!;
      halves[population] = half;
      const { begin, count, binary } = own;
      const to = half * starts[shards]! + starts[shard]!;
      copyPart(own.neuron, begin, count, neuron, to);
      if (!binary) copyPart(own.payload, begin, count, payload, to);
      const part = (half * shards + shard) * apart;
      parts[part] = count;
      parts[part + 1] = Number(binary);
    },
    // The barrier's atomics order the plain writes before it with the plain reads after it.
    wait: () => waitForAll(control, shards, spin),
    collect(population, into) {
      const { starts, parts, neuron, payload } = boards[population]!;
      const half = halves[population]!;
      clearList(into);
      // Parts in order of shards are in order of neurons.
      for (let shard = 0; shard < shards; shard++) {
        const from = half * starts[shards]! + starts[shard]!;
        const part = (half * shards + shard) * apart;
        const more = parts[part]!;
        const binary = parts[part + 1] === 1;
        const to = into.count;
        if (into.neuron.length < to + more) makeRoom(into, Math.max(to + more, 2 * to));
        copyPart(neuron, from, more, into.neuron, to);
        if (binary) fillPart(into.payload, to, more, 1);
        else copyPart(payload, from, more, into.payload, to);
        into.count = to + more;
        into.binary &&= binary || more === 0;
      }
    },
  };
}
