/** The meeting point of shards, once per phase of a timestep. */

import { slots } from "./protocol.ts";

/** Thrown out of a wait when the run is being stopped. */
export class Stopped extends Error {}

/** How long to sleep before looking at the stop flag again. */
const sleepMs = 50;

/**
 * Wait until all shards are here.
 *
 * Nobody is counted twice: the last to arrive sets the count back before it opens the next generation, and nobody arrives
 * again before that. No opening is missed: a shard notes the generation before it is counted, and it cannot change twice
 * while that shard has not arrived again, so that to look for any other value is enough. No wake-up is lost, although one
 * is sent only to sleepers that are counted: who opens changes the generation first and looks at their number second, who
 * sleeps is counted first and asks for the old generation second, and atomics have one order; so one of both sees the other.
 *
 * @param spin turns to look before sleeping; a wake-up costs about 2000 turns
 * @throws Stopped when the stop flag is set meanwhile
 */
export function waitForAll(control: Int32Array, shards: number, spin: number): void {
  const generation = Atomics.load(control, slots.generation);
  if (Atomics.add(control, slots.waiting, 1) === shards - 1) {
    Atomics.store(control, slots.waiting, 0);
    Atomics.store(control, slots.generation, (generation + 1) | 0);
    if (Atomics.load(control, slots.sleeping) > 0) Atomics.notify(control, slots.generation);
    return;
  }
  for (let turn = 0; turn < spin; turn++) {
    if (Atomics.load(control, slots.generation) !== generation) return;
  }
  Atomics.add(control, slots.sleeping, 1);
  try {
    while (Atomics.load(control, slots.generation) === generation) {
      if (Atomics.load(control, slots.stop) === 1) throw new Stopped();
      Atomics.wait(control, slots.generation, generation, sleepMs);
    }
  } finally {
    Atomics.sub(control, slots.sleeping, 1);
  }
}
