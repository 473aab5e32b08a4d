/**
 * A network run by plain loops, step by step and neuron by neuron: the text of src/network/types.ts in the most obvious
 * form, to compare the float reference with.
 */

import type { Stimulus } from "../../src/engine.ts";
import {
  sizeOf,
  type Conv2dNode,
  type DiscreteNetwork,
  type DiscreteNode,
  type PoolNode,
  type PopulationNode,
} from "../../src/network/types.ts";

type Values = Float64Array;

/** Values that leave each node, by its name, [samples][steps][size]. */
export function runNaively(network: DiscreteNetwork, stimuli: ReadonlyMap<string, Stimulus>): Map<string, number[]> {
  const [{ samples, steps }] = [...stimuli.values()] as [Stimulus];
  const all = new Map(network.nodes.map((node) => [node.name, [] as number[]]));
  for (let sample = 0; sample < samples; sample++) {
    const memory = new Map<string, Memory>();
    let before = new Map<string, Values>();
    for (let step = 0; step < steps; step++) {
      const now = new Map<string, Values>();
      for (const node of network.nodes) {
        const input = new Float64Array(sizeOf(node.inputShape));
        if (node.kind === "input") {
          const frame = new Float32Array(input.length);
          stimuli.get(node.name)!.read(sample, step, frame);
          input.set(frame);
        }
        for (const { from, to, delayed } of network.edges) {
          if (to === node.name) (delayed ? before : now).get(from)?.forEach((value, i) => (input[i]! += value));
        }
        const output = compute(node, input, memory);
        now.set(node.name, output);
        all.get(node.name)!.push(...output);
      }
      before = now;
    }
  }
  return all;
}

interface Memory {
  readonly membrane: Values;
  readonly current: Values;
  readonly fired: boolean[];
  readonly inputs: Values[];
}

function compute(node: DiscreteNode, x: Values, memories: Map<string, Memory>): Values {
  switch (node.kind) {
    case "input":
    case "output":
    case "flatten":
      return x;
    case "dense": {
      const [out = 1, size = 1] = node.weight.shape;
      return Float64Array.from({ length: out }, (_, o) =>
        x.reduce((sum, value, i) => sum + node.weight.data[o * size + i]! * value, node.bias?.[o] ?? 0),
      );
    }
    case "scale":
      return x.map((value, i) => value * node.scale[i]!);
    case "threshold":
      return x.map((value, i) => Number(value > node.threshold[i]!));
    case "conv2d":
      return correlate(node, x);
    case "conv1d":
      throw new Error("written as a conv2d of height 1 in these tests");
    case "sumPool2d":
    case "avgPool2d":
      return pool(node, x);
    case "stepDelay":
    case "population": {
      const size = sizeOf(node.inputShape);
      let memory = memories.get(node.name);
      if (memory === undefined) {
        const resting = node.kind === "population" && node.threshold !== null ? node.threshold : null;
        const fired = Array.from({ length: size }, (_, i) => resting !== null && 0 > resting[i]!);
        memory = { membrane: new Float64Array(size), current: new Float64Array(size), fired, inputs: [] };
        memories.set(node.name, memory);
      }
      if (node.kind === "population") return neurons(node, x, memory);
      memory.inputs.push(x);
      return x.map((_, i) => memory.inputs[memory.inputs.length - 1 - node.steps[i]!]?.[i] ?? 0);
    }
  }
}

function neurons(node: PopulationNode, x: Values, state: Memory): Values {
  return x.map((input, i) => {
    const of = (values: Values | null, absent: number): number => values?.[i] ?? absent;
    const late = node.resetDelay && state.fired[i]!;
    const early = late && node.reset === "zero" && node.alpha === null;
    const current = node.alpha === null ? input : node.alpha[i]! * state.current[i]! + of(node.currentGain, 1) * input;
    const old = early ? node.resetTo[i]! : state.membrane[i]!;
    let membrane = node.beta[i]! * old + node.gain[i]! * current + of(node.feedthrough, 0) * input + node.leak[i]!;
    const threshold = of(node.threshold, Infinity);
    const reset = (value: number): number =>
      node.reset === "zero" ? node.resetTo[i]! : node.reset === "subtract" ? value - threshold : value;
    if (late && !early) membrane = reset(membrane);
    const fires = membrane > threshold;
    state.current[i] = current;
    state.fired[i] = fires;
    const after = fires && !node.resetDelay ? reset(membrane) : membrane;
    state.membrane[i] = Math.max(after, of(node.lowerBound ?? null, -Infinity));
    return node.threshold === null ? state.membrane[i]! : Number(fires);
  });
}

function correlate(node: Conv2dNode, x: Values): Values {
  const [, height = 1, width = 1] = node.inputShape;
  const [channels = 1, tall = 1, wide = 1] = node.outputShape;
  const [, inputs = 1, rows = 1, columns = 1] = node.weight.shape;
  const y = new Float64Array(channels * tall * wide);
  for (let out = 0; out < y.length; out++) {
    const [channel, top, left] = [Math.floor(out / (tall * wide)), Math.floor(out / wide) % tall, out % wide];
    const group = Math.floor(channel / (channels / node.groups));
    y[out] = node.bias?.[channel] ?? 0;
    for (let tap = 0; tap < inputs * rows * columns; tap++) {
      const [from, i, j] = [Math.floor(tap / (rows * columns)), Math.floor(tap / columns) % rows, tap % columns];
      const row = top * node.stride[0] - node.padding[0][0] + i * node.dilation[0];
      const column = left * node.stride[1] - node.padding[1][0] + j * node.dilation[1];
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      const weight = node.weight.data[channel * inputs * rows * columns + tap]!;
      y[out]! += weight * x[((group * inputs + from) * height + row) * width + column]!;
    }
  }
  return y;
}

function pool(node: PoolNode, x: Values): Values {
  const [channels = 1] = node.inputShape;
  const ones = new Float32Array(channels * sizeOf(node.kernel)).fill(1);
  const weight = { shape: [channels, 1, ...node.kernel], data: ones };
  const sums = correlate({ ...node, kind: "conv2d", weight, bias: null, dilation: [1, 1], groups: channels }, x);
  return node.kind === "sumPool2d" ? sums : sums.map((sum) => sum / sizeOf(node.kernel));
}
