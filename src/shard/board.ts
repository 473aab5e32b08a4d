/** Shards show each other their spikes in shared memory. */

import type { Exchange } from "../chip/machine.ts";
import { emptyList, type EventList } from "../core/events.ts";
import { waitForAll } from "./barrier.ts";
import type { Board, Part, ShardTask } from "./protocol.ts";

/** A board for a population whose shards begin at `starts` [shards + 1]. */
export function createBoard(starts: readonly number[]): Board {
  const neurons = starts.at(-1)!;
  const shards = starts.length - 1;
  return {
    starts: Uint32Array.from(starts),
    count: new Uint32Array(new SharedArrayBuffer(4 * 2 * shards)),
    neuron: new Uint32Array(new SharedArrayBuffer(4 * 2 * neurons)),
    payload: new Int32Array(new SharedArrayBuffer(4 * 2 * neurons)),
  };
}

/**
 * One shard's side of all boards. Two halves take turns: while a slow shard still reads the last timestep, a fast one
 * writes the next into the other half, and it cannot get further than that without meeting the slow one.
 */
export function openExchange({ shard, shards, control }: ShardTask, { boards, spin }: Part): Exchange {
  const halves = new Map<string, number>();
  const lists = new Map<string, EventList>();
  for (const [population, { starts }] of boards) {
    lists.set(population, emptyList(starts.at(-1)!));
  }
  return {
    publish(population, own) {
      const board = boards.get(population)!;
      const half = 1 - (halves.get(population) ?? 1);
      halves.set(population, half);
      const at = half * board.starts.at(-1)! + board.starts[shard]!;
      const end = own.begin + own.count;
      board.neuron.set(own.neuron.subarray(own.begin, end), at);
      board.payload.set(own.payload.subarray(own.begin, end), at);
      board.count[half * shards + shard] = own.count;
    },
    // The barrier's atomics order the plain writes before it with the plain reads after it.
    wait: () => waitForAll(control, shards, spin),
    collect(population) {
      const list = lists.get(population)!;
      gather(boards.get(population)!, halves.get(population)!, shards, list);
      return list;
    },
  };
}

/** Parts in order of shards are in order of neurons. */
function gather(board: Board, half: number, shards: number, list: EventList): void {
  list.count = 0;
  for (let shard = 0; shard < shards; shard++) {
    const at = half * board.starts.at(-1)! + board.starts[shard]!;
    const count = board.count[half * shards + shard]!;
    list.neuron.set(board.neuron.subarray(at, at + count), list.count);
    list.payload.set(board.payload.subarray(at, at + count), list.count);
    list.count += count;
  }
}
