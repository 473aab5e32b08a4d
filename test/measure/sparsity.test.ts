import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { activationSparsity, layerActivity } from "../../src/measure/sparsity.ts";
import { fanOut, synopsOf } from "../../src/measure/synops.ts";
import { type Event, recordingOf } from "./recordings.ts";

/** Spikes of a run that NeuroBench measured; the files hold those of the first and the last layer. */
interface Golden {
  readonly name: string;
  readonly network: { readonly layers: readonly { readonly weight?: readonly (readonly number[])[] }[] };
  readonly input: { readonly shape: readonly number[]; readonly data: readonly number[][][] };
  readonly expected: {
    readonly activationSparsity: number;
    readonly activationSparsityByLayer: Readonly<Record<string, number>>;
    readonly synapticOperationsPerSample: { readonly Effective_ACs: number };
  };
  readonly debug: {
    readonly "spikesOfLastLayer_[timestep][sample][neuron]": readonly number[][][];
    readonly "firstLayerSpikes_[timestep][sample]_activeNeuronIndices": readonly number[][][];
  };
}

function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`../golden/neurobench/${name}.json`, import.meta.url), "utf8")) as Golden;
}

/** Values other than 0 of [steps][samples][neurons], as events. */
function eventsOf(spikes: readonly number[][][]): Event[] {
  return spikes.flatMap((samples, step) =>
    samples.flatMap((row, sample) =>
      row.flatMap((value, neuron): Event[] => (value === 0 ? [] : [[sample, step, neuron]])),
    ),
  );
}

describe("layerActivity", () => {
  const recording = recordingOf({
    samples: 2,
    steps: 5,
    populations: [
      { name: "input", neurons: 3, events: [[0, 0, 0]] },
      {
        name: "hidden",
        neurons: 4,
        events: [
          [0, 0, 1],
          [0, 4, 3, 7],
          [1, 2, 0],
          [1, 2, 1],
        ],
      },
      { name: "out", neurons: 2 },
    ],
    projections: [
      { name: "a", from: "input", to: "hidden", synops: Float64Array.of(4, 2) },
      { name: "b", from: "hidden", to: "hidden", synops: Float64Array.of(1, 0) },
      { name: "c", from: "hidden", to: "out", synops: Float64Array.of(4, 4) },
    ],
  });

  it("counts spikes once whatever they carry, and synops at the layer that receives them", () => {
    expect(layerActivity(recording, ["hidden", "out"])).toEqual([
      { name: "hidden", neurons: 4, spikes: 4, sparsity: 0.9, synops: 7, perSample: { spikes: 2, synops: 3.5 } },
      { name: "out", neurons: 2, spikes: 0, sparsity: 1, synops: 8, perSample: { spikes: 0, synops: 4 } },
    ]);
  });

  it("lists every population unless told otherwise", () => {
    expect(layerActivity(recording).map(({ name }) => name)).toEqual(["input", "hidden", "out"]);
  });

  it("sums over layers before it divides", () => {
    const layers = layerActivity(recording, ["hidden", "out"]);
    expect(activationSparsity(layers, 2, 5)).toBeCloseTo(1 - 4 / (2 * 5 * 6), 12);
    expect(activationSparsity([], 2, 5)).toBe(1);
  });
});

describe("agreement with NeuroBench", () => {
  for (const name of ["fc-leaky-subtract", "synaptic-pruned"]) {
    const file = golden(name);
    const [samples = 0, steps = 0, inputs = 0] = file.input.shape;
    const weights = file.network.layers.flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
    const first = eventsOf(
      file.debug["firstLayerSpikes_[timestep][sample]_activeNeuronIndices"].map((rows) =>
        rows.map((active) => weights[0]?.map((_, neuron) => (active.includes(neuron) ? 1 : 0)) ?? []),
      ),
    );
    const last = eventsOf(file.debug["spikesOfLastLayer_[timestep][sample][neuron]"]);
    const input = file.input.data.flatMap((rows, sample) =>
      rows.flatMap((row, step) =>
        row.flatMap((value, neuron): Event[] => (value === 0 ? [] : [[sample, step, neuron]])),
      ),
    );
    const recording = recordingOf({
      samples,
      steps,
      populations: [
        { name: "input", neurons: inputs, events: input },
        { name: "1", neurons: weights[0]?.length ?? 0, events: first },
        { name: "3", neurons: weights[1]?.length ?? 0, events: last },
      ],
    });

    it(`${name}: sparsity by layer and of the whole network`, () => {
      const layers = layerActivity(recording, ["1", "3"]);
      for (const layer of layers) {
        expect(layer.sparsity).toBeCloseTo(file.expected.activationSparsityByLayer[layer.name] ?? Number.NaN, 9);
      }
      expect(activationSparsity(layers, samples, steps)).toBeCloseTo(file.expected.activationSparsity, 9);
    });

    it(`${name}: synaptic operations per sample`, () => {
      const total = recording.populations.slice(0, 2).map(({ spikes, neurons }, layer) => {
        const columns = Array.from(
          { length: neurons },
          (_, from) => weights[layer]?.map((row) => row[from] ?? 0) ?? [],
        );
        const weight = Int32Array.from(columns.flat(), (value) => (value === 0 ? 0 : 1));
        return synopsOf(spikes, fanOut({ kind: "dense", weight }, neurons, "nonzero"), steps).reduce(
          (sum, one) => sum + one,
          0,
        );
      });
      const perSample = ((total[0] ?? 0) + (total[1] ?? 0)) / samples;
      expect(perSample).toBeCloseTo(file.expected.synapticOperationsPerSample.Effective_ACs, 9);
    });
  }
});
