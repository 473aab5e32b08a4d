/** The meeting point of shards, once per phase of a timestep. */

import { slots } from "./protocol.ts";

/** Thrown out of a wait when the run is being stopped. */
export class Stopped extends Error {}

/** How long to sleep before looking at the stop flag again. */
const sleepMs = 50;

/**
 * Wait until all shards are here. A shard that arrives notes the generation first and counts itself second: the last
 * one resets the count before it opens the next generation, so that nobody can be counted twice. Sleeping is always on
 * the generation noted before, so that an opening in between is never missed.
 *
 * @param spin turns to look before sleeping; a wake-up costs about 2000 turns
 * @throws Stopped when the stop flag is set meanwhile
 */
export function waitForAll(control: Int32Array, shards: number, spin: number): void {
  const generation = Atomics.load(control, slots.generation);
  if (Atomics.add(control, slots.waiting, 1) === shards - 1) {
    Atomics.store(control, slots.waiting, 0);
    Atomics.store(control, slots.generation, (generation + 1) | 0);
    Atomics.notify(control, slots.generation);
    return;
  }
  for (let turn = 0; turn < spin; turn++) {
    if (Atomics.load(control, slots.generation) !== generation) return;
  }
  while (Atomics.load(control, slots.generation) === generation) {
    if (Atomics.load(control, slots.stop) === 1) throw new Stopped();
    Atomics.wait(control, slots.generation, generation, sleepMs);
  }
}
