/** What the pages of the tutorial use: one network, run in float and on a chip. */

import {
  compile,
  defaultTime,
  discretize,
  encodeSpikes,
  openInterpreter,
  openReference,
  readData,
  readTarget,
  type Network,
  type PopulationRecording,
  type Recording,
} from "bitspike";

/** What one layer did. */
export interface Layer {
  /** [neuron][timestep], after each timestep and in the network's units. */
  readonly membrane: number[][];
  /** [neuron]: the timesteps in which it fired. */
  readonly spikes: number[][];
}
/** By the layer's name. */
export type Layers = Readonly<Record<string, Layer>>;

/**
 * Run a network on spikes in float and on a chip.
 *
 * @param spikes [timestep][input], 0 or 1
 */
export async function both(
  network: Network,
  spikes: readonly (readonly number[])[],
  target = "generic-8bit",
): Promise<{ readonly float: Layers; readonly chip: Layers }> {
  const { network: discrete } = discretize(network, defaultTime);
  const program = compile(discrete, readTarget(target));
  const probes = program.populations.map(({ name }) => ({ population: name, register: "membrane" }));
  const stimuli = new Map([["input", stimulusOf(spikes)]]);

  // Any backend computes what snnTorch does; a fixed one lets sums of hundreds of floats round alike everywhere.
  const reference = await openReference(discrete, { backend: "wasm" });
  const float = await reference.run(stimuli, { probes });
  await reference.close();
  const chip = await openInterpreter(program).run(stimuli, { probes });
  // The chip's membrane is a whole number, so many of which make 1 in the network.
  const scales = new Map(program.populations.map(({ name, scale }) => [name, scale![0]!]));
  return { float: layersOf(float, () => 1), chip: layersOf(chip, (name) => scales.get(name)!) };
}

/** Spikes [timestep][input] of one sample. */
export function stimulusOf(spikes: readonly (readonly number[])[]): ReturnType<typeof encodeSpikes> {
  const size = spikes[0]!.length;
  const data = Uint8Array.from(spikes.flat());
  const array = { shape: [1, spikes.length, size], dtype: "uint8", data } as const;
  return encodeSpikes(readData(array, [size], { steps: spikes.length }), 1, spikes.length);
}

function layersOf(recording: Recording, scaleOf: (name: string) => number): Layers {
  const layers = recording.populations.filter(({ traces }) => traces.has("membrane"));
  return Object.fromEntries(layers.map((layer) => [layer.name, layerOf(layer, recording.steps, scaleOf(layer.name))]));
}

function layerOf({ neurons, traces, spikes }: PopulationRecording, steps: number, scale: number): Layer {
  const trace = traces.get("membrane")!;
  const ids = Array.from({ length: neurons }, (_, id) => id);
  const times = Array.from({ length: steps }, (_, step) => step);
  return {
    membrane: ids.map((id) => times.map((step) => trace[step * neurons + id]! / scale)),
    spikes: ids.map((id) =>
      times.filter((step) => spikes.neuron.subarray(spikes.start[step], spikes.start[step + 1]).includes(id)),
    ),
  };
}
