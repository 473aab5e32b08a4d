import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { Stopped, waitForAll } from "../../src/shard/barrier.ts";
import { controlFor, slots } from "../../src/shard/protocol.ts";

/** Meets the others so often; each time it writes its turn and then reads everybody's. Plain JavaScript over what was built. */
const code = `
const { workerData, parentPort } = require("node:worker_threads");
const { url, control, seen, shard, shards, turns, spin } = workerData;
import(url).then(({ waitForAll }) => {
  let wrong = 0;
  for (let turn = 1; turn <= turns; turn++) {
    const half = (turn % 2) * shards;
    seen[half + shard] = turn;
    waitForAll(control, shards, spin);
    for (let other = 0; other < shards; other++) if (seen[half + other] !== turn) wrong++;
  }
  parentPort.postMessage(wrong);
});`;

async function meet(shards: number, turns: number, spins: readonly number[]): Promise<number[]> {
  const url = new URL("../../dist/shard/barrier.js", import.meta.url).href;
  const control = controlFor(shards);
  const seen = new Int32Array(new SharedArrayBuffer(4 * 2 * shards));
  const workers = spins.map((spin, shard) => {
    return new Worker(code, { eval: true, workerData: { url, control, seen, shard, shards, turns, spin } });
  });
  const wrong = workers.map((worker) => new Promise<number>((resolve) => worker.once("message", resolve)));
  return Promise.all(wrong);
}

describe("the barrier", () => {
  it.each([
    { how: "spin", spins: [1e6, 1e6], turns: 300 },
    { how: "sleep", spins: [0, 0, 0], turns: 2000 },
    { how: "spin a little and sleep", spins: [0, 3, 300, 30], turns: 1000 },
  ])(
    "opens for everybody each time, and shows what all wrote before, to shards that $how",
    async ({ spins, turns }) => {
      expect(await meet(spins.length, turns, spins)).toEqual(spins.map(() => 0));
    },
  );

  it("lets a lone shard through", () => {
    const control = controlFor(1);
    for (let turn = 0; turn < 10; turn++) waitForAll(control, 1, 0);
    expect(control[slots.generation]).toBe(10);
  });

  it.each([0, 100])("is left when the run is stopped, after %i turns", (spin) => {
    const control = controlFor(2);
    Atomics.store(control, slots.stop, 1);
    expect(() => waitForAll(control, 2, spin)).toThrow(Stopped);
    expect(control[slots.sleeping]).toBe(0);
  });
});
