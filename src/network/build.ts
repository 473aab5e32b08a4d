/** From a checked draft and its shapes to the node of a network: every number spelled out. */

import type { DraftConv, DraftNeuron, DraftPool, DraftPopulation, FlatNode } from "./draft.ts";
import { perAxis } from "./parameters.ts";
import { convPadding, type NodeShapes } from "./shapes.ts";
import {
  sizeOf,
  type Conv1dNode,
  type Conv2dNode,
  type Floats,
  type InitialState,
  type NetworkNode,
  type NeuronNode,
  type Padding,
  type PoolNode,
  type PopulationNode,
  type Shape,
  type Tensor,
} from "./types.ts";

interface Base {
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
}

/** The node of a network. Parameters of one value are repeated for every element of the layer. */
export function buildNode(node: FlatNode, { input, output }: NodeShapes): NetworkNode {
  const base: Base = { name: node.name, inputShape: input, outputShape: output };
  const size = sizeOf(input);
  switch (node.kind) {
    case "input":
    case "output":
      return { ...base, kind: node.kind };
    case "port":
      // Ports are dissolved before; one that stayed changes nothing.
      return { ...base, kind: "flatten" };
    case "flatten":
      return { ...base, kind: "flatten" };
    case "dense":
      return { ...base, kind: "dense", weight: node.weight, bias: node.bias?.data ?? null };
    case "scale":
      return { ...base, kind: "scale", scale: repeated(node.scale, size) };
    case "threshold":
      return { ...base, kind: "threshold", threshold: repeated(node.threshold, size) };
    case "delay":
      return { ...base, kind: "delay", delay: repeated(node.delay, size) };
    case "stepDelay":
      return { ...base, kind: "stepDelay", steps: Int32Array.from(repeated(node.steps, size)) };
    case "conv1d":
    case "conv2d":
      return buildConv(node, base);
    case "sumPool2d":
    case "avgPool2d":
      return buildPool(node, base);
    case "neuron":
      return buildNeuron(node, base, size);
    case "population":
      return buildPopulation(node, base, size);
    default:
      return node satisfies never;
  }
}

function buildConv(node: DraftConv, base: Base): Conv1dNode | Conv2dNode {
  const axes = node.weight.shape.length - 2;
  const [stride, strideX] = perAxis(node.stride, axes, 1, "stride", node.name);
  const [dilation, dilationX] = perAxis(node.dilation, axes, 1, "dilation", node.name);
  const [padding, paddingX] = convPadding(node);
  const shared = { ...base, weight: node.weight, bias: node.bias?.data ?? null, groups: node.groups };
  if (node.kind === "conv1d") {
    return { ...shared, kind: "conv1d", stride: stride ?? 1, dilation: dilation ?? 1, padding: padding ?? [0, 0] };
  }
  return {
    ...shared,
    kind: "conv2d",
    stride: [stride ?? 1, strideX ?? 1],
    dilation: [dilation ?? 1, dilationX ?? 1],
    padding: [padding ?? [0, 0], paddingX ?? [0, 0]],
  };
}

function buildPool(node: DraftPool, base: Base): PoolNode {
  const [height = 1, width = 1] = perAxis(node.kernel, 2, 1, "kernel_size", node.name);
  const [down = 1, right = 1] = perAxis(node.stride, 2, 1, "stride", node.name);
  const [y = 0, x = 0] = perAxis(node.padding, 2, 0, "padding", node.name);
  const padding: readonly [Padding, Padding] = [
    [y, y],
    [x, x],
  ];
  return { ...base, kind: node.kind, kernel: [height, width], stride: [down, right], padding };
}

function buildNeuron(node: DraftNeuron, base: Base, size: number): NeuronNode {
  const each = (tensor: Tensor | null): Floats | null => (tensor === null ? null : repeated(tensor, size));
  const fires = node.threshold !== null;
  const hasCurrent = node.tauSyn !== null;
  return {
    ...base,
    kind: "neuron",
    type: node.type,
    tauSyn: each(node.tauSyn),
    tauMem: each(node.tauMem),
    r: each(node.r) ?? new Float32Array(size).fill(1),
    wIn: each(node.wIn) ?? (hasCurrent ? new Float32Array(size).fill(1) : null),
    vLeak: each(node.vLeak),
    threshold: each(node.threshold),
    vReset: each(node.vReset) ?? (fires ? new Float32Array(size) : null),
  };
}

function buildPopulation(node: DraftPopulation, base: Base, size: number): PopulationNode {
  const each = (tensor: Tensor): Float64Array => Float64Array.from(repeated(tensor, size));
  const maybe = (tensor: Tensor | null): Float64Array | null => (tensor === null ? null : each(tensor));
  return {
    ...base,
    kind: "population",
    alpha: maybe(node.alpha),
    currentGain: maybe(node.currentGain),
    beta: each(node.beta),
    gain: each(node.gain),
    feedthrough: maybe(node.feedthrough),
    leak: each(node.leak),
    threshold: maybe(node.threshold),
    reset: node.reset,
    resetTo: each(node.resetTo),
    resetDelay: node.resetDelay,
    ...(node.rule === undefined ? {} : { rule: node.rule }),
    ...(node.gainFactors === undefined ? {} : { gainFactors: node.gainFactors.map(each) }),
    ...(node.lowerBound === undefined ? {} : { lowerBound: each(node.lowerBound) }),
    ...(node.spikeValue === undefined ? {} : { spikeValue: each(node.spikeValue) }),
    ...(node.initial === undefined ? {} : { initial: buildInitial(node.initial, each) }),
  };
}

function buildInitial(
  { membrane, current, inhibitory }: NonNullable<DraftPopulation["initial"]>,
  each: (tensor: Tensor) => Float64Array,
): InitialState {
  return {
    ...(membrane === undefined ? {} : { membrane: each(membrane) }),
    ...(current === undefined ? {} : { current: each(current) }),
    ...(inhibitory === undefined ? {} : { inhibitory: each(inhibitory) }),
  };
}

function repeated(tensor: Tensor, size: number): Floats {
  const { data } = tensor;
  if (data.length === size) return data;
  return (data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size)).fill(data[0] ?? NaN);
}
