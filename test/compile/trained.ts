/** The trained networks of the golden models: discrete, with their data. */

import type { Stimulus } from "../../src/engine.ts";
import { readNir } from "../../src/formats/nir.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { discretize } from "../../src/network/discretize.ts";
import { sizeOf, type DiscreteNetwork, type ResetKind } from "../../src/network/types.ts";
import { golden } from "../support.ts";

export const trainedNames = ["mnist-mlp", "mnist-conv", "mnist-syn", "mnist-rec"] as const;
export type TrainedName = (typeof trainedNames)[number];

export interface Trained {
  readonly network: DiscreteNetwork;
  /** Name of the Input node. */
  readonly input: string;
  readonly steps: number;
  /** Images divided by 255, at every step or row by row, as the network was trained. */
  readonly stimulus: (samples: number) => Stimulus;
  /** What snnTorch's network fired: output [200][steps][10], and counts of the first layer [200][neurons]. */
  readonly outputSpikes: Uint8Array;
  readonly firstCounts: Uint8Array;
}

export async function readDiscrete(path: string, reset: ResetKind | null = null): Promise<DiscreteNetwork> {
  const { network } = await readNir(golden(`models/${path}`));
  return discretize(network, { dt: 1e-4, method: "euler", reset, resetDelay: false }).network;
}

export async function readTrained(name: TrainedName): Promise<Trained> {
  const bytes = (file: string): Uint8Array => parseNpy(golden(`models/${name}/${file}.npy`)).data as Uint8Array;
  const network = await readDiscrete(`${name}/model.nir`);
  const { name: input, outputShape: shape } = network.nodes.find(({ kind }) => kind === "input")!;
  const steps = parseNpy(golden(`models/${name}/out_spikes_u8.npy`)).shape[1]!;
  const images = bytes("images_u8");
  const size = sizeOf(shape);
  const constant = size === 784;
  const read: Stimulus["read"] = (sample, step, out) => {
    const first = sample * 784 + (constant ? 0 : step * size);
    for (let i = 0; i < size; i++) out[i] = images[first + i]! / 255;
  };
  return {
    network,
    input,
    steps,
    stimulus: (samples) => ({ samples, steps, shape, kind: "graded", constant, read }),
    outputSpikes: bytes("out_spikes_u8"),
    firstCounts: bytes("layer1_spike_counts_u8"),
  };
}
