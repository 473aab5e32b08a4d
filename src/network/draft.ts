/** What the makers of networks (NIR files, YAML files, the builder) hand to `createNetwork`: nodes before any inference. */

import type { NeuronRule, NeuronType, ResetKind, Shape, Tensor } from "./types.ts";

/** One number for every axis, or one number per axis. */
export type Extent = number | readonly number[];

interface DraftBase {
  readonly name: string;
}
/** Where data come in. `shape` must be known. */
export interface DraftInput extends DraftBase {
  readonly kind: "input";
  readonly shape: Shape;
}
/** Where results go out. `shape` is checked against what arrives; null takes what arrives. */
export interface DraftOutput extends DraftBase {
  readonly kind: "output";
  readonly shape: Shape | null;
}
/** `weight` [out][in], `bias` [out] or null. */
export interface DraftDense extends DraftBase {
  readonly kind: "dense";
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}
export interface DraftScale extends DraftBase {
  readonly kind: "scale";
  readonly scale: Tensor;
}
/** `weight` [out][in/groups][kernel] or [out][in/groups][height][width], `bias` [out] or null. */
export interface DraftConv extends DraftBase {
  readonly kind: "conv1d" | "conv2d";
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly stride: Extent;
  /** Zeros on both sides of each axis, or `same`, or `valid`. */
  readonly padding: Extent | string;
  readonly dilation: Extent;
  readonly groups: number;
  /** Sizes of the input without its channels, checked against what arrives; null takes what arrives. */
  readonly inputSize: Extent | null;
}
export interface DraftPool extends DraftBase {
  readonly kind: "sumPool2d" | "avgPool2d";
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly padding: Extent;
}
/** Axes `startDim` to `endDim` (included) become one; negative ones count from the end. */
export interface DraftFlatten extends DraftBase {
  readonly kind: "flatten";
  readonly startDim: number;
  readonly endDim: number;
  /** Checked against what arrives; null takes what arrives. */
  readonly inputShape: Shape | null;
}
export interface DraftThreshold extends DraftBase {
  readonly kind: "threshold";
  readonly threshold: Tensor;
}
/** `delay` in seconds. */
export interface DraftDelay extends DraftBase {
  readonly kind: "delay";
  readonly delay: Tensor;
}
/** `steps` in timesteps. */
export interface DraftStepDelay extends DraftBase {
  readonly kind: "stepDelay";
  readonly steps: Tensor;
}
/**
 * Neurons in continuous time, see `NeuronNode`. Each parameter has the shape of the layer, or one value for all
 * neurons. Null where the type has no such parameter, and for `wIn` (1) and `vReset` (0) left out.
 */
export interface DraftNeuron extends DraftBase {
  readonly kind: "neuron";
  readonly type: NeuronType;
  readonly tauSyn: Tensor | null;
  readonly tauMem: Tensor | null;
  readonly r: Tensor | null;
  readonly wIn: Tensor | null;
  readonly vLeak: Tensor | null;
  readonly threshold: Tensor | null;
  readonly vReset: Tensor | null;
}
/** Neurons in discrete time, see `PopulationNode`. Each parameter has the shape of the layer, or one value for all. */
export interface DraftPopulation extends DraftBase {
  readonly kind: "population";
  readonly alpha: Tensor | null;
  readonly currentGain: Tensor | null;
  readonly beta: Tensor;
  readonly gain: Tensor;
  readonly feedthrough: Tensor | null;
  readonly leak: Tensor;
  readonly threshold: Tensor | null;
  readonly reset: ResetKind;
  readonly resetTo: Tensor;
  readonly resetDelay: boolean;
  readonly rule?: NeuronRule;
  readonly gainFactors?: readonly Tensor[];
  readonly lowerBound?: Tensor;
  readonly spikeValue?: Tensor;
  readonly initial?: { readonly membrane?: Tensor; readonly current?: Tensor; readonly inhibitory?: Tensor };
}
/** A network inside a network; its nodes are called `graph.node` afterwards, its Inputs and Outputs vanish. */
export interface DraftGraph extends DraftBase {
  readonly kind: "graph";
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly DraftEdge[];
}

/** Names of two nodes of the same graph. */
export type DraftEdge = readonly [from: string, to: string];
export type DraftNode = DraftLeaf | DraftGraph;
export type DraftLeaf =
  | DraftInput
  | DraftOutput
  | DraftDense
  | DraftScale
  | DraftConv
  | DraftPool
  | DraftFlatten
  | DraftThreshold
  | DraftDelay
  | DraftStepDelay
  | DraftNeuron
  | DraftPopulation;

/** The Input or Output of a nested graph: hands on what arrives, once its shape was checked. */
export interface DraftPort extends DraftBase {
  readonly kind: "port";
  readonly shape: Shape | null;
}
/** Node of a graph in which nothing is nested any more. */
export type FlatNode = DraftLeaf | DraftPort;

/** Whether a node's output depends on earlier timesteps, so that a loop through it has a meaning. */
export function isStateful(node: { readonly kind: string }): boolean {
  return ["neuron", "population", "delay", "stepDelay"].includes(node.kind);
}

/** A shape as people write it: `[3, 5, 5]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
