/** A network in a few words per node, for people and for the report document. */

import { percentInText, significant } from "../measure/numbers.ts";
import type { Floats, Network, NetworkNode, NeuronNode, PopulationNode, Shape } from "../network/types.ts";
import { sizeOf } from "../network/types.ts";

export interface NodeSummary {
  readonly name: string;
  /** The field's word for the node: `dense`, `conv2d`, `LIF`, .. */
  readonly kind: string;
  /** Nodes it receives from; those whose value is of the previous timestep end with ` (t-1)`. */
  readonly from: readonly string[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Neurons with state; 0 for all other nodes. */
  readonly neurons: number;
  /** Weights and biases, as NeuroBench's parameter count has them. */
  readonly parameters: number;
  /** What matters of its parameters, in words. */
  readonly detail: string;
}

export interface NetworkSummary {
  /** In the order in which the network runs them. */
  readonly nodes: readonly NodeSummary[];
  readonly neurons: number;
  readonly parameters: number;
}

/** Describe every node of a network, in continuous or discrete time. */
export function summarizeNetwork(network: Network): NetworkSummary {
  const nodes = network.nodes.map((node) => summarizeNode(node, network));
  return {
    nodes,
    neurons: nodes.reduce((sum, { neurons }) => sum + neurons, 0),
    parameters: nodes.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

function summarizeNode(node: NetworkNode, network: Network): NodeSummary {
  const { name, inputShape, outputShape } = node;
  const from = network.edges
    .filter(({ to }) => to === name)
    .map((edge) => (edge.delayed ? `${edge.from} (t-1)` : edge.from));
  const neurons = node.kind === "neuron" || node.kind === "population" ? sizeOf(outputShape) : 0;
  return {
    name,
    kind: kindOf(node),
    from,
    inputShape,
    outputShape,
    neurons,
    parameters: parametersOf(node),
    detail: detailOf(node),
  };
}

/** `784`, `12x13x13`. */
export function shapeText(shape: Shape): string {
  return shape.length === 0 ? "1" : shape.join("x");
}

/** `784 -> 256`, or one shape where nothing changes. */
export function nodeShape({ inputShape, outputShape }: NodeSummary): string {
  const [from, to] = [shapeText(inputShape), shapeText(outputShape)];
  return from === to ? from : `${from} -> ${to}`;
}

function kindOf(node: NetworkNode): string {
  if (node.kind === "neuron") return node.type;
  if (node.kind !== "population") return node.kind;
  const leaks = node.beta.some((beta) => beta !== 1);
  if (node.threshold === null) return leaks ? "LI" : "I";
  return (node.alpha === null ? "" : "Cuba") + (leaks || node.alpha !== null ? "LIF" : "IF");
}

function parametersOf(node: NetworkNode): number {
  if (node.kind !== "dense" && node.kind !== "conv1d" && node.kind !== "conv2d") return 0;
  return sizeOf(node.weight.shape) + (node.bias?.length ?? 0);
}

function detailOf(node: NetworkNode): string {
  switch (node.kind) {
    case "input":
    case "output":
    case "flatten":
      return "";
    case "dense":
      return joined(weightsText(node.weight.data), biasText(node.bias));
    case "scale":
      return `factor ${range(node.scale)}`;
    case "conv1d":
    case "conv2d": {
      const kernel = `kernel ${shapeText(node.weight.shape.slice(2))}`;
      return joined(
        kernel,
        strideText([node.stride].flat()),
        groupsText(node.groups),
        weightsText(node.weight.data),
        biasText(node.bias),
      );
    }
    case "sumPool2d":
    case "avgPool2d":
      return joined(`window ${node.kernel.join("x")}`, strideText(node.stride));
    case "threshold":
      return `fires above ${range(node.threshold)}`;
    case "delay":
      return secondsText(node.delay);
    case "stepDelay":
      return `${range(node.steps)} timesteps`;
    case "neuron":
      return neuronText(node);
    case "population":
      return populationText(node);
    default:
      return node satisfies never;
  }
}

function neuronText(node: NeuronNode): string {
  return joined(
    node.tauSyn === null ? "" : `tau_syn ${secondsText(node.tauSyn)}`,
    node.tauMem === null ? "" : `tau_mem ${secondsText(node.tauMem)}`,
    node.threshold === null ? "" : `threshold ${range(node.threshold)}`,
    node.vReset === null ? "" : `reset to ${range(node.vReset)}`,
  );
}

function populationText(node: PopulationNode): string {
  return joined(
    node.alpha === null ? "" : `alpha ${range(node.alpha)}`,
    `beta ${range(node.beta)}`,
    node.threshold === null ? "never fires" : `threshold ${range(node.threshold)}`,
    node.threshold === null ? "" : resetText(node),
  );
}

function resetText({ reset, resetTo, resetDelay }: PopulationNode): string {
  const late = resetDelay ? ", one step late" : "";
  switch (reset) {
    case "zero":
      return `reset to ${range(resetTo)}${late}`;
    case "subtract":
      return `reset by subtraction${late}`;
    case "none":
      return "no reset";
    default:
      return reset satisfies never;
  }
}

/** How many weights are 0, where that says something. */
function weightsText(weights: Floats): string {
  let zeros = 0;
  for (const weight of weights) if (weight === 0) zeros++;
  return zeros === 0 ? "" : `${percentInText(zeros / weights.length)} zero`;
}

function biasText(bias: Floats | null): string {
  return bias === null || bias.every((value) => value === 0) ? "" : "bias";
}

function strideText(stride: readonly number[]): string {
  return stride.every((step) => step === 1) ? "" : `stride ${stride.join("x")}`;
}

function groupsText(groups: number): string {
  return groups === 1 ? "" : `${groups} groups`;
}

function secondsText(values: Floats): string {
  return `${range(values.map((value) => value * 1000))} ms`;
}

/** One number when all are equal, else smallest to largest. */
function range(values: Floats | Int32Array): string {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const [from, to] = [significant(low), significant(high)];
  return from === to ? from : `${from} to ${to}`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
