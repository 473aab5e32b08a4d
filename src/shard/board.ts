/** Shards show each other their spikes in shared memory. */

import type { Exchange } from "../chip/machine.ts";
import { makeRoom } from "../core/events.ts";
import { waitForAll } from "./barrier.ts";
import type { Board, Part, ShardTask } from "./protocol.ts";

/** Counts of two shards are so many 32-bit fields apart, so that to write one costs nobody else a line of its cache. */
const apart = 32;

/** A board for a population whose shards begin at `starts` [shards + 1]. */
export function createBoard(starts: Uint32Array): Board {
  const neurons = starts.at(-1)!;
  const shards = starts.length - 1;
  return {
    starts,
    count: new Uint32Array(new SharedArrayBuffer(4 * 2 * shards * apart)),
    neuron: new Uint32Array(new SharedArrayBuffer(4 * 2 * neurons)),
    payload: new Int32Array(new SharedArrayBuffer(4 * 2 * neurons)),
  };
}

/**
 * One shard's side of all boards. Two halves take turns: while a slow shard still reads the last timestep, a fast one
 * writes the next into the other half, and it cannot get further than that without meeting the slow one. So one meeting
 * for each timestep is enough, or for each part of it that waits for spikes of the same timestep.
 */
export function openExchange({ shard, shards, control }: ShardTask, { boards, spin }: Part): Exchange {
  /** Of each board, which half was written last. */
  const halves = new Uint8Array(boards.length);
  // Loops: views of the arrays would be new objects at every timestep.
  return {
    publish(population, own) {
      const { starts, count, neuron, payload } = boards[population]!;
      const half = 1 - halves[population]!;
      halves[population] = half;
      const from = own.begin;
      const to = half * starts[shards]! + starts[shard]!;
      for (let i = 0; i < own.count; i++) {
        neuron[to + i] = own.neuron[from + i]!;
        payload[to + i] = own.payload[from + i]!;
      }
      count[(half * shards + shard) * apart] = own.count;
    },
    // The barrier's atomics order the plain writes before it with the plain reads after it.
    wait: () => waitForAll(control, shards, spin),
    collect(population, into) {
      const { starts, count, neuron, payload } = boards[population]!;
      const half = halves[population]!;
      into.begin = 0;
      into.count = 0;
      // Parts in order of shards are in order of neurons.
      for (let part = 0; part < shards; part++) {
        const from = half * starts[shards]! + starts[part]!;
        const more = count[(half * shards + part) * apart]!;
        const to = into.count;
        if (into.neuron.length < to + more) makeRoom(into, Math.max(to + more, 2 * to));
        for (let i = 0; i < more; i++) {
          into.neuron[to + i] = neuron[from + i]!;
          into.payload[to + i] = payload[from + i]!;
        }
        into.count = to + more;
      }
    },
  };
}
