/** Facts about a network for printing; pure data, no words. */

import { shortestWay } from "./order.ts";
import { sizeOf, type Edge, type Floats, type Shape } from "./types.ts";
import type { DiscreteNode, NetworkNode } from "./types.ts";

export interface NodeFacts {
  readonly name: string;
  /** NIR's name of the primitive, or `Population` and `StepDelay` once time is discrete. */
  readonly type: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Weights, biases and scales. */
  readonly weights: number;
  /** Values that describe neurons, thresholds and delays. */
  readonly constants: number;
  /** 0 where nothing is held from one timestep to the next. */
  readonly neurons: number;
}

export interface NetworkFacts {
  readonly nodes: readonly NodeFacts[];
  readonly edges: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly neurons: number;
  readonly weights: number;
  readonly constants: number;
  /** One per delayed edge: the nodes of the shortest loop that it closes, starting with the node it leaves. */
  readonly loops: readonly (readonly string[])[];
}

/** Count and list what is in a network, nodes in the order of execution. */
export function describeNetwork(network: {
  readonly nodes: readonly (NetworkNode | DiscreteNode)[];
  readonly edges: readonly Edge[];
}): NetworkFacts {
  const nodes = network.nodes.map(describeNode);
  const total = (field: "neurons" | "weights" | "constants"): number =>
    nodes.reduce((sum, node) => sum + node[field], 0);
  const named = (type: string): readonly string[] => nodes.filter((node) => node.type === type).map(({ name }) => name);
  return {
    nodes,
    edges: network.edges.length,
    inputs: named("Input"),
    outputs: named("Output"),
    neurons: total("neurons"),
    weights: total("weights"),
    constants: total("constants"),
    loops: loopsOf(network),
  };
}

function describeNode(node: NetworkNode | DiscreteNode): NodeFacts {
  const { name, inputShape, outputShape } = node;
  const base = { name, type: typeOf(node), inputShape, outputShape, weights: 0, constants: 0, neurons: 0 };
  switch (node.kind) {
    case "dense":
    case "conv1d":
    case "conv2d":
      return { ...base, weights: node.weight.data.length + lengthOf(node.bias) };
    case "scale":
      return { ...base, weights: node.scale.length };
    case "threshold":
      return { ...base, constants: node.threshold.length };
    case "delay":
      return { ...base, constants: node.delay.length };
    case "stepDelay":
      return { ...base, constants: node.steps.length };
    case "neuron": {
      const arrays = [node.tauSyn, node.tauMem, node.r, node.wIn, node.vLeak, node.threshold, node.vReset];
      return { ...base, neurons: sizeOf(outputShape), constants: sum(arrays.map(lengthOf)) };
    }
    case "population": {
      const arrays = [node.alpha, node.currentGain, node.beta, node.gain, node.feedthrough, node.leak, node.threshold];
      return { ...base, neurons: sizeOf(outputShape), constants: sum([...arrays, node.resetTo].map(lengthOf)) };
    }
    default:
      return base;
  }
}

const types = {
  input: "Input",
  output: "Output",
  scale: "Scale",
  conv1d: "Conv1d",
  conv2d: "Conv2d",
  sumPool2d: "SumPool2d",
  avgPool2d: "AvgPool2d",
  flatten: "Flatten",
  threshold: "Threshold",
  delay: "Delay",
  population: "Population",
  stepDelay: "StepDelay",
} as const;

function typeOf(node: NetworkNode | DiscreteNode): string {
  if (node.kind === "neuron") return node.type;
  if (node.kind === "dense") return node.bias === null ? "Linear" : "Affine";
  return types[node.kind];
}

function loopsOf(network: {
  readonly nodes: readonly { readonly name: string }[];
  readonly edges: readonly Edge[];
}): readonly (readonly string[])[] {
  const index = new Map(network.nodes.map((node, position) => [node.name, position]));
  const at = (name: string): number => index.get(name) ?? -1;
  const links = {
    count: network.nodes.length,
    edges: network.edges.map(({ from, to }) => [at(from), at(to)] as const),
  };
  return network.edges
    .filter(({ delayed }) => delayed)
    .map(({ from, to }) => [
      from,
      ...(shortestWay(links, at(to), at(from)) ?? []).map((node) => network.nodes[node]?.name ?? ""),
    ]);
}

function lengthOf(values: Floats | null): number {
  return values?.length ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
