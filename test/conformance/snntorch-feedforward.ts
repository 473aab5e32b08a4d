/** The tutorial's feed-forward network of Synaptic neurons. */

import { createNetwork } from "../../src/network/create.ts";
import type { DraftEdge, DraftNode } from "../../src/network/draft.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import { synaptic } from "../../src/network/snntorch.ts";
import { sizeOf, type Tensor } from "../../src/network/types.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import { flat, floats, populationOf, rasterOf, recordFloat, stimulusOf } from "./engines.ts";
import type { VectorFolder } from "./folder.ts";
import type { FloatCase } from "./oracle.ts";
import type { Tally } from "./tally.ts";

interface Expected {
  readonly what: string;
  /** Says what one unit of a stored weight is. */
  readonly weights: string;
  readonly sizes: readonly [number, number, number];
  readonly alpha: number;
  readonly beta: number;
  readonly threshold: number;
  readonly steps: number;
  readonly input_spike_total: number;
  readonly hidden_spike_total: number;
  readonly hidden_spikes_per_step: readonly number[];
  readonly out_spk: unknown;
  readonly out_mem: unknown;
  readonly out_syn_last: readonly number[];
  readonly hidden_mem_first_steps: unknown;
  readonly hidden_mem_last: readonly number[];
}

export function feedForwardCase(document: unknown, folder: VectorFolder): FloatCase {
  const expected = document as Expected;
  return { name: expected.what, needs: "float", run: (backend, tally) => compare(expected, folder, backend, tally) };
}

async function compare(expected: Expected, folder: VectorFolder, backend: BackendName, tally: Tally): Promise<void> {
  const { steps, sizes } = expected;
  const [inputs, , outputs] = sizes;
  const network = discretize(networkOf(expected, folder), defaultTime).network;
  const input = spikesIn(folder, "input_spikes", inputs);
  const probes = ["hidden", "out"].flatMap((population) =>
    ["membrane", "current"].map((register) => ({ population, register })),
  );
  const stimuli = new Map([["input", stimulusOf(input, 1, steps, [inputs])]]);
  const recording = await recordFloat(backend, network, stimuli, probes);
  const [hidden, out] = [populationOf(recording, "hidden"), populationOf(recording, "out")];
  const spikes = rasterOf(hidden);
  tally.exact("hidden spikes", spikes, spikesIn(folder, "hidden_spikes", hidden.neurons), hidden.neurons);
  tally.exact("hidden_spike_total", [hidden.spikes.neuron.length], [expected.hidden_spike_total]);
  tally.exact("input_spike_total", [input.reduce((sum, one) => sum + one, 0)], [expected.input_spike_total]);
  const perStep = expected.hidden_spikes_per_step.map((_, t) => hidden.spikes.start[t + 1]! - hidden.spikes.start[t]!);
  tally.exact("hidden_spikes_per_step", perStep, expected.hidden_spikes_per_step);
  tally.exact("out_spk", rasterOf(out), flat(expected.out_spk), outputs);
  const membranes = hidden.traces.get("membrane")!;
  const first = floats(expected.hidden_mem_first_steps);
  tally.close("out_mem", out.traces.get("membrane")!, floats(expected.out_mem), outputs);
  tally.close("out_syn_last", out.traces.get("current")!.slice(-outputs), floats(expected.out_syn_last));
  tally.close("hidden_mem_first_steps", membranes.slice(0, first.length), first, hidden.neurons);
  tally.close("hidden_mem_last", membranes.slice(-hidden.neurons), floats(expected.hidden_mem_last));
}

function networkOf(expected: Expected, folder: VectorFolder) {
  const { sizes, alpha, beta, threshold, weights } = expected;
  const unit = Number(/int8\s*\/\s*(\d+)/.exec(weights)![1]);
  const layer = (name: string, k: number): DraftNode[] => [
    { kind: "dense", name: `fc${k}`, weight: arrayIn(folder, `w${k}_`, unit), bias: arrayIn(folder, `b${k}_`, unit) },
    synaptic(name, { alpha, beta, threshold }),
  ];
  const chain = ["input", "fc1", "hidden", "fc2", "out", "output"];
  const edges = chain.slice(1).map((to, i): DraftEdge => [chain[i]!, to]);
  const ends: DraftNode[] = [
    { kind: "input", name: "input", shape: [sizes[0]] },
    { kind: "output", name: "output", shape: null },
  ];
  return createNetwork([...ends, ...layer("hidden", 1), ...layer("out", 2)], edges).network;
}

/** An array beside the document, in units of 1 / `unit`. */
function arrayIn(folder: VectorFolder, prefix: string, unit = 1): Tensor {
  const name = folder.names().find((file) => file.startsWith(prefix) && file.endsWith(".npy"));
  if (name === undefined) throw new Error(`there is no array ${prefix}*.npy`);
  const { shape, data } = parseNpy(folder.bytes(name));
  return { shape, data: Float64Array.from(data, (value) => value / unit) };
}

/** Spikes [steps][neurons]; those packed into bytes begin with the highest bit. */
function spikesIn(folder: VectorFolder, prefix: string, neurons: number): Float64Array {
  const { shape, data } = arrayIn(folder, prefix);
  const [steps = 0, columns = 0] = shape;
  if (columns === neurons) return Float64Array.from(data);
  const bit = (i: number): number => {
    const [step, neuron] = [Math.floor(i / neurons), i % neurons];
    return (data[step * columns + (neuron >> 3)]! >> (7 - (neuron & 7))) & 1;
  };
  return Float64Array.from({ length: sizeOf([steps, neurons]) }, (_, i) => bit(i));
}
