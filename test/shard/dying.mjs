/**
 * Loaded before everything else by workers of `failures.test.ts`: one of two workers dies as its environment says, after it has
 * told a few times how far it is.
 */

import { threadId } from "node:worker_threads";

const store = Atomics.store.bind(Atomics);
const ways = {
  exit: () => process.exit(0),
  overflow: () => {
    const held = [];
    for (;;) held.push(Array.from({ length: 10_000 }, () => held.length / 2));
  },
};
let told = 0;
Atomics.store = (array, index, value) => {
  // Fields further in front are the barrier's.
  if (index >= 96 && threadId % 2 === 0 && ++told === 8) ways[process.env.BITSPIKE_DYING]();
  return store(array, index, value);
};
