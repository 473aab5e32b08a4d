import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frames } from "../../src/measure/frames.ts";
import { neurobenchProbes } from "../../src/measure/neurobench.ts";
import { withReference } from "../reference/support.ts";
import { runNaively } from "../reference/naive.ts";
import { experiment } from "../reference/networks.ts";

describe("frames", () => {
  it("are what leaves every node of a network", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (seed) => {
        const { network, stimuli } = experiment(seed);
        const probes = neurobenchProbes(network);
        const recording = await withReference(network, { backend: "cpu" }, (engine) => engine.run(stimuli, { probes }));
        const frames = new Frames(network, stimuli, recording);
        const expected = runNaively(network, stimuli);
        for (const node of network.nodes) {
          const got: number[] = [];
          for (let sample = 0; sample < recording.samples; sample++) {
            for (let step = 0; step < recording.steps; step++) got.push(...frames.leaving(node, sample, step));
          }
          expect(got, node.name).toEqual(expected.get(node.name));
        }
      }),
      { numRuns: 40 },
    );
  });
});
