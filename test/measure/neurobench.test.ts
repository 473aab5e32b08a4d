import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eachConnection, isConnection } from "../../src/measure/connections.ts";
import { denseMacs } from "../../src/measure/dense.ts";
import { neurobenchMetrics, neurobenchProbes } from "../../src/measure/neurobench.ts";
import {
  alpha,
  conv1d,
  conv2d,
  input,
  layer,
  leaky,
  output,
  sequential,
  type Part,
} from "../../src/network/builder.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { codeOf } from "../support.ts";
import { constantStimulus, withReference } from "../reference/support.ts";

function discrete(...parts: readonly Part[]): DiscreteNetwork {
  return discretize(sequential(input([2]), ...parts, output()), defaultTime).network;
}

/** Each input neuron drives one neuron, by these weights. */
function diagonal(a: number, b: number) {
  const weight = { shape: [2, 2], data: Float64Array.of(a, 0, 0, b) };
  return layer({ kind: "dense", weight, bias: null });
}

async function measured(network: DiscreteNetwork, frame: readonly number[], batches?: readonly number[]) {
  const stimuli = new Map([["input", constantStimulus(Float32Array.from(frame), frame.length / 2, 4, [2])]]);
  const recording = await withReference(network, { backend: "cpu" }, (engine) =>
    engine.run(stimuli, { probes: neurobenchProbes(network) }),
  );
  return { stimuli, recording, metrics: () => neurobenchMetrics(network, stimuli, recording, batches && { batches }) };
}

describe("neurobenchMetrics", () => {
  it("counts a neuron that rests once, in the first step", async () => {
    const { metrics } = await measured(discrete(diagonal(0.25, 0.25), leaky({ beta: 0.5, threshold: 1 })), [1, 0]);
    // 0.25, 0.375, 0.4375, 0.46875 and 0, 0, 0, 0.
    expect(metrics()).toMatchObject({
      parameterCount: 4,
      connectionSparsity: 0.5,
      activationSparsity: 1,
      membraneUpdatesPerSample: 5,
      synapticOperationsPerSample: { effectiveMacs: 0, effectiveAcs: 4, dense: 16 },
      neuronOperationsPerSample: { effective: 20, dense: 32 },
    });
  });

  it("lets one graded input make MACs of a batch's step, and of no other batch", async () => {
    const network = discrete(diagonal(0.25, 0.25), leaky({ beta: 0.5, threshold: 1 }));
    const frames = [1, 0, 0.5, 1];
    const one = (await measured(network, frames)).metrics().synapticOperationsPerSample;
    expect(one).toEqual({ effectiveMacs: 6, effectiveAcs: 0, dense: 16 });
    const two = (await measured(network, frames, [1, 1])).metrics().synapticOperationsPerSample;
    expect(two).toEqual({ effectiveMacs: 4, effectiveAcs: 2, dense: 16 });
  });

  it("prices an Alpha neuron, and not one without a reset", async () => {
    const priced = await measured(
      discrete(diagonal(1, 1), alpha({ alpha: 0.5, beta: 0.25, reset: "subtract" })),
      [1, 0],
    );
    expect(priced.metrics().neuronOperationsPerSample?.dense).toBe(2 * 4 * 18);
    expect(priced.metrics().footprintBytes).toBe(null);
    const free = await measured(discrete(diagonal(1, 1), leaky({ beta: 0.5, reset: "none" })), [1, 0]);
    expect(free.metrics().neuronOperationsPerSample).toBe(null);
  });

  it("says what is missing", async () => {
    const network = discrete(diagonal(1, 1), leaky({ beta: 0.5 }));
    const { stimuli, recording } = await measured(network, [1, 0]);
    const codeWith = (populations: typeof recording.populations, batches?: readonly number[]): string | null =>
      codeOf(() => neurobenchMetrics(network, stimuli, { ...recording, populations }, batches && { batches }));
    const { populations } = recording;
    expect(codeWith([])).toBe("MEASURE_NO_POPULATION");
    expect(codeWith(populations.map((one) => ({ ...one, traces: new Map() })))).toBe("MEASURE_NO_MEMBRANE");
    expect(codeWith(populations, [2])).toBe("MEASURE_BATCHES");
    expect(codeWith(populations, [0.5, 0.5])).toBe("MEASURE_BATCHES");
  });
});

describe("connections", () => {
  it("are as many as a dense pass multiplies", () => {
    const sizes = fc.record({
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.nat(2),
      dilation: fc.integer({ min: 1, max: 2 }),
      groups: fc.constantFrom(1, 2),
      flat: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, ({ flat, kernel, ...options }) => {
        const parts = flat
          ? [input([2, 7]), conv1d(2, 4, kernel, options)]
          : [input([2, 7, 6]), conv2d(2, 4, [kernel, 2], options)];
        const network = sequential(...parts, output());
        let count = 0;
        for (const node of network.nodes) {
          if (node.kind !== "conv1d" && node.kind !== "conv2d") continue;
          expect(isConnection(node)).toBe(true);
          eachConnection(node, () => count++);
        }
        expect(count).toBe(denseMacs(network));
      }),
    );
  });
});
