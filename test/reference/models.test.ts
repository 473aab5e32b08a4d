import { describe, expect, it } from "vitest";
import type { Recording, Stimulus } from "../../src/engine.ts";
import { readNir } from "../../src/formats/nir.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { defaultTime, discretize, type TimeOptions } from "../../src/network/discretize.ts";
import type { DiscreteNetwork, ResetKind } from "../../src/network/types.ts";
import { spikeCounts } from "../../src/recording.ts";
import { golden } from "../support.ts";
import { constantStimulus, excess, onEveryBackend, populationOf, raster, record, stimulus } from "./support.ts";

const json = (path: string): unknown => JSON.parse(new TextDecoder().decode(golden(`models/${path}`)));
const numbers = (path: string): ArrayLike<number> =>
  Float64Array.from(parseNpy(golden(`models/${path}`)).data as Iterable<number>);

/** A packed row of bits, most significant first, as 0 and 1. */
const unpacked = (bytes: ArrayLike<number>, rows: number, bits: number): Float32Array => {
  const perRow = bytes.length / rows;
  return Float32Array.from({ length: rows * bits }, (_, at) => {
    const [row, bit] = [Math.floor(at / bits), at % bits];
    return (bytes[row * perRow + (bit >> 3)]! >> (7 - (bit & 7))) & 1;
  });
};

async function network(path: string, time: Partial<TimeOptions> = {}): Promise<DiscreteNetwork> {
  const { network: read } = await readNir(golden(`models/${path}`));
  return discretize(read, { ...defaultTime, ...time }).network;
}

const inputOf = ({ nodes }: DiscreteNetwork): { name: string; outputShape: readonly number[] } =>
  nodes.find((node) => node.kind === "input")!;

/** Runs with the membrane of the last population recorded. */
async function runOn(backend: string, net: DiscreteNetwork, data: (shape: readonly number[]) => Stimulus) {
  const input = inputOf(net);
  const last = net.nodes.findLast((node) => node.kind === "population")!.name;
  const probes = [{ population: last, register: "membrane" }];
  const recording = await record(net, { [input.name]: data(input.outputShape) }, { backend, probes });
  const output = populationOf(recording, last);
  return { recording, output, membrane: output.traces.get("membrane") as Float32Array };
}

const counts = (recording: Recording, name: string): Uint32Array => {
  const { spikes, neurons } = populationOf(recording, name);
  return spikeCounts(spikes, recording.steps, neurons);
};
const rowsOf = (values: Uint32Array, size: number): number[][] =>
  Array.from({ length: values.length / size }, (_, row) => [...values.subarray(row * size, (row + 1) * size)]);

/** Input, membrane and spikes at each step, as a platform recorded them. */
const columns = (platform: string): number[][] => {
  const text = new TextDecoder().decode(golden(`models/nir-paper/01_lif/lif_${platform}.csv`));
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  return [0, 1, 2].map((column) => rows.map((row) => row[column] ?? NaN));
};

interface Expected {
  readonly steps: number;
  readonly pred: readonly number[];
  readonly out_counts: readonly (readonly number[])[];
  readonly layer_nodes: Readonly<Record<string, string>>;
  readonly layer_sizes: Readonly<Record<string, number>>;
  readonly rate_coded_first8?: { readonly out_counts: readonly (readonly number[])[] };
}

onEveryBackend((backend) => {
  describe.each(["mnist-mlp", "mnist-conv", "mnist-syn", "mnist-rec"])("%s", (model) => {
    const expected = json(`${model}/expected.json`) as Expected;
    const { steps } = expected;
    const pixels = Float32Array.from(Array.from(numbers(`${model}/images_u8.npy`)), (byte) => byte / 255);
    const images = (shape: readonly number[]): Stimulus =>
      // The recurrent network sees one row of the image per step, the others the whole image at every step.
      model === "mnist-rec" ? stimulus(pixels, 200, steps, shape) : constantStimulus(pixels, 200, steps, shape);

    it("gives the recorded spikes, classes and membranes on all 200 images", async () => {
      const { recording, output, membrane } = await runOn(backend, await network(`${model}/model.nir`), images);
      const got = rowsOf(counts(recording, output.name), 10);
      expect(got.map((row) => row.indexOf(Math.max(...row)))).toEqual(expected.pred);
      expect(got).toEqual(expected.out_counts);
      expect(raster(output.spikes, 10)).toEqual(Uint8Array.from(Array.from(numbers(`${model}/out_spikes_u8.npy`))));
      expect(excess(membrane, numbers(`${model}/out_mem_post_reset_f32.npy`), 1e-4, 0)).toBeLessThanOrEqual(0);
      const hidden = Object.entries(expected.layer_nodes).slice(0, -1);
      for (const [layer, node] of hidden) {
        const wanted = numbers(`${model}/${layer}_spike_counts_u8.npy`);
        const { name } = recording.populations.find((each) => each.name === node || each.name.startsWith(`${node}.`))!;
        expect(counts(recording, name)).toEqual(Uint32Array.from(Array.from(wanted)));
      }
    });

    it("gives the recorded raster of the first hidden layer", async () => {
      const { recording } = await runOn(backend, await network(`${model}/model.nir`), (shape) => ({
        ...images(shape),
        samples: 8,
      }));
      const { spikes, neurons } = recording.populations[0]!;
      const packed = numbers(`${model}/first8_layer1_spikes_packbits.npy`);
      expect(raster(spikes, neurons)).toEqual(Uint8Array.from(unpacked(packed, 8 * steps, neurons)));
    });
  });

  it.each(["mnist-mlp", "mnist-conv"])("%s shows the membranes of a delayed reset when told to", async (model) => {
    const { steps } = json(`${model}/expected.json`) as Expected;
    const pixels = Float32Array.from(Array.from(numbers(`${model}/images_u8.npy`)), (byte) => byte / 255);
    const late = await network(`${model}/model.nir`, { resetDelay: true });
    const { membrane } = await runOn(backend, late, (shape) => ({
      ...constantStimulus(pixels, 200, steps, shape),
      samples: 40,
    }));
    const wanted = Array.from(numbers(`${model}/out_mem_f32.npy`)).slice(0, membrane.length);
    expect(excess(membrane, wanted, 1e-4, 0)).toBeLessThanOrEqual(0);
  });

  it.each(["mnist-mlp", "mnist-conv", "mnist-syn"])("%s counts the recorded spikes on spike trains", async (model) => {
    const expected = json(`${model}/expected.json`) as Expected;
    const trains = unpacked(numbers(`${model}/rate_trains_first8_packbits.npy`), 8 * expected.steps, 784);
    const { recording, output } = await runOn(backend, await network(`${model}/model.nir`), (shape) =>
      stimulus(trains, 8, expected.steps, shape),
    );
    expect(rowsOf(counts(recording, output.name), 10)).toEqual(expected.rate_coded_first8?.out_counts);
  });

  describe("one neuron on many platforms", () => {
    it.each([
      ["norse", "membrane"],
      ["snntorch", "membrane_before_reset"],
    ])("is what %s recorded, as the %s", async (platform, register) => {
      const [input = [], membrane = [], spikes = []] = columns(platform);
      const net = await network("nir-paper/01_lif/lif_norse.nir");
      const frames = stimulus(Float32Array.from(input), 1, input.length, [1]);
      const { name } = net.nodes.find((node) => node.kind === "population")!;
      const recording = await record(
        net,
        { [inputOf(net).name]: frames },
        { backend, probes: [{ population: name, register }] },
      );
      const { traces, spikes: train } = populationOf(recording, name);
      expect(excess(traces.get(register) as Float32Array, membrane, 1e-6, 0)).toBeLessThanOrEqual(0);
      expect(raster(train, 1)).toEqual(Uint8Array.from(spikes));
    });
  });

  describe("the Braille networks", () => {
    interface Braille {
      readonly input: readonly (readonly number[])[];
      readonly cases: readonly {
        readonly model: string;
        readonly reset: ResetKind;
        readonly hidden_spikes: readonly (readonly number[])[];
        readonly out_spikes: readonly (readonly number[])[];
        readonly out_mem: readonly (readonly number[])[];
      }[];
    }
    const { input, cases } = json("nir-paper/03_rnn/braille-synthetic.json") as Braille;

    it.each(cases)("$model gives the expected spikes and membranes", async (one) => {
      const net = await network(`nir-paper/03_rnn/${one.model}`, { reset: one.reset });
      const { recording, output, membrane } = await runOn(backend, net, (shape) =>
        stimulus(Float32Array.from(input.flat()), 1, input.length, shape),
      );
      const hidden = recording.populations[0]!;
      expect(raster(hidden.spikes, hidden.neurons)).toEqual(Uint8Array.from(one.hidden_spikes.flat()));
      expect(raster(output.spikes, output.neurons)).toEqual(Uint8Array.from(one.out_spikes.flat()));
      expect(excess(membrane, one.out_mem.flat(), 1e-4, 1e-4)).toBeLessThanOrEqual(0);
    });
  });

  describe("the N-MNIST network", () => {
    interface Scnn {
      readonly cases: readonly {
        readonly reset: string;
        readonly out_spikes: readonly (readonly number[])[];
        readonly float32_spikes_per_IF_node: Readonly<Record<string, number>>;
      }[];
    }
    const { cases } = json("nir-paper/02_cnn/scnn-synthetic.json") as Scnn;

    it.each([
      ["hard", "zero"],
      ["subtract", "subtract"],
    ] as const)("gives the expected spikes with the %s reset", async (name, reset) => {
      const one = cases.find((each) => each.reset === name)!;
      const net = await network("nir-paper/02_cnn/scnn_mnist.nir", { reset });
      const events = Float32Array.from(Array.from(numbers("nir-paper/02_cnn/scnn-synthetic-input_u8.npy")));
      const { recording, output } = await runOn(backend, net, (shape) => stimulus(events, 1, 20, shape));
      expect(raster(output.spikes, 10)).toEqual(Uint8Array.from(one.out_spikes.flat()));
      const totals = recording.populations.map((each) => [each.name, each.spikes.neuron.length] as const);
      expect(Object.fromEntries(totals)).toEqual(one.float32_spikes_per_IF_node);
    });
  });
});
