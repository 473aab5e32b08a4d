/** Beyond the recorded results of single populations, which the conformance suite compares. */

import { describe, expect, it } from "vitest";
import { createNetwork } from "../../src/network/create.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import { alpha, leaky, rLeaky, type NetworkPart } from "../../src/network/snntorch.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { onEveryBackend, populationOf, raster, record, stimulus } from "./support.ts";

const ends = (size: number): readonly DraftNode[] => [
  { kind: "input", name: "in", shape: [size] },
  { kind: "output", name: "out", shape: null },
];

function chain(size: number, ...parts: readonly (DraftNode | NetworkPart)[]): DiscreteNetwork {
  const listed = parts.map((part) =>
    "nodes" in part && "kind" in part === false ? part : { nodes: [part as DraftNode], edges: [] },
  );
  const names = ["in", ...listed.map(({ nodes }) => nodes[0]!.name), "out"];
  const links = names.slice(1).map((name, i) => [names[i]!, name] as const);
  const nodes = [...ends(size), ...listed.flatMap((part) => part.nodes)];
  const { network } = createNetwork(nodes, [...links, ...listed.flatMap(({ edges }) => edges)]);
  return discretize(network, defaultTime).network;
}

const weight = { shape: [3, 3], data: Float32Array.of(0.5, -0.25, 0.25, 0, 0.5, -0.5, 0.75, 0, 0.25) };
const several = (): DiscreteNetwork =>
  chain(
    3,
    alpha("rise", { alpha: 0.75, beta: 0.5, threshold: 0.25, reset: "subtract", current: [0.5, 0, 1] }),
    rLeaky("loop", { beta: 0.5, resetDelay: false, inhibition: true, linearFeatures: 3, weight, threshold: 0.5 }),
    leaky("graded", { beta: 0.5, gradedSpikesFactor: 0.5, reset: "zero", threshold: 0.25, membrane: 0.5 }),
    leaky("old", { beta: 0.5, testedBefore: true, threshold: 0.25 }),
  );

onEveryBackend((backend) => {
  describe("neurons that name a rule", () => {
    const steps = 12;
    const values = Float32Array.from({ length: 4 * steps * 3 }, (_, i) => ((i * 7) % 11) / 8 - 0.25);
    const probes = ["rise", "loop", "graded", "old"].map((population) => ({ population, register: "membrane" }));

    it("do the same whatever fits memory at once", async () => {
      const input = { in: stimulus(values, 4, steps, [3]) };
      const whole = await record(several(), input, { backend, probes });
      const parts = await record(several(), input, { backend, probes, memory: 1e-4 });
      expect(parts).toEqual(whole);
      expect(populationOf(whole, "old").spikes.neuron.length).toBeGreaterThan(0);
    });

    it("do the same alone as among others, suppression included", async () => {
      const whole = await record(several(), { in: stimulus(values, 4, steps, [3]) }, { backend, probes });
      const last = stimulus(values.subarray(3 * steps * 3), 1, steps, [3]);
      const alone = await record(several(), { in: last }, { backend, probes });
      for (const { population } of probes) {
        const trace = populationOf(whole, population).traces.get("membrane") as Float32Array;
        expect(populationOf(alone, population).traces.get("membrane")).toEqual(trace.slice(3 * steps * 3));
      }
    });

    it("suppress all but the first of equals", async () => {
      const node = leaky("n", { beta: 0.5, inhibition: true });
      const input = { in: stimulus(Float32Array.of(2, 3, 3, 0, 0, 0), 1, 2, [3]) };
      const { spikes, neurons } = populationOf(await record(chain(3, node), input, { backend }), "n");
      expect(raster(spikes, neurons)).toEqual(Uint8Array.of(0, 1, 0, 0, 0, 0));
    });

    it("send what a spike is worth", async () => {
      const node = leaky("n", { beta: 0.5, gradedSpikesFactor: [2.5, 1] });
      const recording = await record(chain(2, node), { in: stimulus(Float32Array.of(2, 2), 1, 1, [2]) }, { backend });
      expect(recording.outputs.get("out")).toEqual(Float32Array.of(2.5, 1));
      expect(raster(populationOf(recording, "n").spikes, 2)).toEqual(Uint8Array.of(1, 1));
    });

    it("show their state in any step, with both currents of an alpha response", async () => {
      const probed = ["current", "inhibitory", "membrane_before_reset"].map((register) => ({
        population: "n",
        register,
      }));
      const node = alpha("n", { alpha: 0.75, beta: 0.5, threshold: 8 });
      const input = { in: stimulus(Float32Array.of(1, 0, 0), 1, 3, [1]) };
      const { traces } = populationOf(await record(chain(1, node), input, { backend, probes: probed }), "n");
      expect(traces.get("current")).toEqual(Float32Array.of(1, 0.75, 0.5625));
      expect(traces.get("inhibitory")).toEqual(Float32Array.of(-1, -0.5, -0.25));
    });
  });
});
