/** The synapses of a projection by what they lead to: all weights that one neuron, or one channel of a kernel, has. */

import { leadsTo, type FloatSynapses } from "./linear.ts";

/** The weights that are summed in one neuron; those of an output channel stand for all of its neurons. */
export interface FanIn {
  /** A neuron of the target population that they lead to. */
  readonly neuron: number;
  /** Which group of a grouped correlation they belong to; 0 elsewhere. */
  readonly group: number;
  /** Positions in the list of weights. */
  readonly index: Uint32Array;
  /** What each weight is multiplied with: the number of its source, or of its tap of the kernel. */
  readonly feature: Uint32Array;
}

/** Every fan-in of a projection, one after the other. */
export function* fanInsOf(synapses: FloatSynapses): Generator<FanIn> {
  switch (synapses.kind) {
    case "dense": {
      const { from, to } = synapses;
      const feature = Uint32Array.from({ length: from }, (_, source) => source);
      for (let neuron = 0; neuron < to; neuron++) {
        yield { neuron, group: 0, index: feature.map((source) => source * to + neuron), feature };
      }
      return;
    }
    case "sparse":
      yield* columnsOf(synapses);
      return;
    case "conv2d": {
      const { outputShape, groups } = synapses;
      const taps = tapsOf(synapses);
      const feature = Uint32Array.from({ length: taps }, (_, tap) => tap);
      const neuronOf = leadsTo(synapses);
      for (let channel = 0; channel < outputShape[0]!; channel++) {
        const group = Math.floor((channel * groups) / outputShape[0]!);
        yield { neuron: neuronOf(channel * taps), group, index: feature.map((tap) => channel * taps + tap), feature };
      }
    }
  }
}

/** Of a list by sources, which is turned into one by targets. */
function* columnsOf({ from, to, start, target }: Extract<FloatSynapses, { kind: "sparse" }>): Generator<FanIn> {
  const end = new Uint32Array(to + 1);
  for (const neuron of target) end[neuron + 1]!++;
  for (let neuron = 0; neuron < to; neuron++) end[neuron + 1]! += end[neuron]!;
  const next = end.slice(0, to);
  const [index, feature] = [new Uint32Array(target.length), new Uint32Array(target.length)];
  for (let source = 0; source < from; source++) {
    for (let i = start[source]!; i < start[source + 1]!; i++) {
      const at = next[target[i]!]!++;
      index[at] = i;
      feature[at] = source;
    }
  }
  for (let neuron = 0; neuron < to; neuron++) {
    const [low, high] = [end[neuron]!, end[neuron + 1]!];
    yield { neuron, group: 0, index: index.subarray(low, high), feature: feature.subarray(low, high) };
  }
}

/** Weights of one output channel. */
export function tapsOf({ inputShape, kernel, groups }: Extract<FloatSynapses, { kind: "conv2d" }>): number {
  return (inputShape[0]! / groups) * kernel[0] * kernel[1];
}
