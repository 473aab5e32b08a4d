import * as fc from "fast-check";
import { expect, it } from "vitest";
import { packStimuli, unpackStimuli } from "../../src/connect/stimuli.ts";
import type { Stimulus } from "../../src/engine.ts";
import { sizeOf } from "../../src/network/types.ts";
import { mistakeOfPromise } from "../support.ts";

const values = fc.oneof(fc.constant(0), fc.double(), fc.integer({ min: -9, max: 9 }));

/** A stimulus over a table of all its frames. */
function tabled(samples: number, steps: number, size: number, constant: boolean, table: readonly number[]): Stimulus {
  const at = (sample: number, step: number, i: number): number => {
    return table[((sample * steps + (constant ? 0 : step)) * size + i) % table.length]!;
  };
  const read: Stimulus["read"] = (sample, step, out) => {
    for (let i = 0; i < size; i++) out[i] = at(sample, step, i);
  };
  return { samples, steps, shape: [size], kind: "graded", constant, read };
}

it("stimuli that were packed read as before, in doubles and in floats", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3),
      fc.nat(4),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      fc.array(values, { minLength: 1 }),
      async (samples, steps, size, constant, table) => {
        const stimulus = tabled(samples, steps, size, constant, table);
        const { read, ...facts } = unpackStimuli(await packStimuli(new Map([["in", stimulus]]), undefined)).get("in")!;
        expect(facts).toEqual({ samples, steps, shape: [size], kind: "graded", constant });
        for (const Kind of [Float64Array, Float32Array]) {
          const [got, expected] = [new Kind(sizeOf(facts.shape)).fill(5), new Kind(size)];
          for (let row = 0; row < samples * steps; row++) {
            read(Math.floor(row / steps), row % steps, got);
            stimulus.read(Math.floor(row / steps), row % steps, expected);
            // A zero has no sign any more.
            expect(got.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
          }
        }
      },
    ),
  );
});

it("reading lets others go first, and stops where a signal says so", async () => {
  const large = tabled(100, 200_000, 3, false, [1, 0]);
  const signal = { aborted: false };
  setTimeout(() => (signal.aborted = true), 0);
  expect(await mistakeOfPromise(packStimuli(new Map([["in", large]]), signal))).toMatchObject({
    code: "RUN_INTERRUPTED",
  });
});
