/**
 * A spiking network: nodes joined by edges, float parameters only. NIR files, YAML files and the builder all make
 * this; the float reference runs it and the compiler translates it. Immutable and checked (`createNetwork`).
 */

/** Sizes per axis, without batch or time. A single neuron is `[1]`. */
export type Shape = readonly number[];

/** Parameter values, row-major. Float64 only where the origin had it. */
export type Floats = Float32Array | Float64Array;

export interface Tensor {
  readonly shape: Shape;
  readonly data: Floats;
}

interface NodeBase {
  readonly name: string;
  /** Shape of what arrives, edges summed. */
  readonly inputShape: Shape;
  /** Shape of what leaves. */
  readonly outputShape: Shape;
}

export interface InputNode extends NodeBase {
  readonly kind: "input";
}
export interface OutputNode extends NodeBase {
  readonly kind: "output";
}
/** y = W x + b. NIR Affine and Linear. `weight` [out][in], `bias` [out] or null. */
export interface DenseNode extends NodeBase {
  readonly kind: "dense";
  readonly weight: Tensor;
  readonly bias: Floats | null;
}
/** Element-wise product. `scale` has one value per element of the shape. */
export interface ScaleNode extends NodeBase {
  readonly kind: "scale";
  readonly scale: Floats;
}
/** Zeros put before and after one axis. */
export type Padding = readonly [before: number, after: number];
/** Cross-correlation, kernel not flipped, zero padding. `weight` [out][in/groups][kernel], `bias` [out] or null. */
export interface Conv1dNode extends NodeBase {
  readonly kind: "conv1d";
  readonly weight: Tensor;
  readonly bias: Floats | null;
  readonly stride: number;
  readonly padding: Padding;
  readonly dilation: number;
  readonly groups: number;
}
/** As `Conv1dNode` in two dimensions: `weight` [out][in/groups][height][width]; pairs are height, width. */
export interface Conv2dNode extends NodeBase {
  readonly kind: "conv2d";
  readonly weight: Tensor;
  readonly bias: Floats | null;
  readonly stride: readonly [number, number];
  readonly padding: readonly [Padding, Padding];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}
/** Window sums, or means over the full window with padded zeros counted. Input [channels][height][width]. */
export interface PoolNode extends NodeBase {
  readonly kind: "sumPool2d" | "avgPool2d";
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [Padding, Padding];
}
/** A new shape for the same values. */
export interface FlattenNode extends NodeBase {
  readonly kind: "flatten";
}
/** 1 where x > threshold, else 0; no state. One value per element. */
export interface ThresholdNode extends NodeBase {
  readonly kind: "threshold";
  readonly threshold: Floats;
}
/** y(t) = x(t - delay). `delay` in seconds, one value per element. */
export interface DelayNode extends NodeBase {
  readonly kind: "delay";
  readonly delay: Floats;
}

/** NIR's neuron types: I and LI integrate, IF and LIF fire as well, Cuba* have a synaptic current in front. */
export type NeuronType = "I" | "IF" | "LI" | "LIF" | "CubaLI" | "CubaLIF";

/**
 * Neurons in continuous time, as NIR has them; all parameters one value per neuron.
 * tauSyn di/dt = -i + wIn x; tauMem dv/dt = (vLeak - v) + r i, with i = x where there is no tauSyn;
 * without tauMem dv/dt = r x. Fires where v > threshold; then v = vReset.
 */
export interface NeuronNode extends NodeBase {
  readonly kind: "neuron";
  readonly type: NeuronType;
  /** Seconds. */
  readonly tauSyn: Floats | null;
  /** Seconds. */
  readonly tauMem: Floats | null;
  readonly r: Floats;
  readonly wIn: Floats | null;
  readonly vLeak: Floats | null;
  readonly threshold: Floats | null;
  readonly vReset: Floats | null;
}

export type ResetKind = "zero" | "subtract" | "none";

/**
 * Where a population departs from the usual order of a timestep (see `PopulationNode`). With m the membrane, all words
 * as in snnTorch: a mask marks the neurons whose membrane lies above the threshold before the update.
 */
export interface NeuronRule {
  /**
   * `leaky`: as `PopulationNode` says. `alpha`: the difference of two exponentials, without a decay of its own:
   *   current = alpha * current + x,  inhibitory = beta * inhibitory - x,  membrane = gain * (current + inhibitory)
   * and its late reset acts on the currents as well. "zero": current, inhibitory and membrane = 0. "subtract":
   * current = current - threshold, inhibitory = 0, membrane = membrane + inhibitory of the step before.
   */
  readonly response: "leaky" | "alpha";
  /** Which synaptic current drives the membrane: the one of this timestep, or the `old` one of the timestep before. */
  readonly sees: "new" | "old";
  /** Which membrane is compared with the threshold: `before` the update, spikes come one step later than usual. */
  readonly tested: "after" | "before";
  /**
   * What a late reset "zero" replaces: the membrane `before` the update, so that this step's input survives, or the one
   * `after` it, so that it is lost.
   */
  readonly replaced: "before" | "after";
  /**
   * Together with a reset in the same step: the neurons of the mask are first reset as late as `resetDelay` would. If
   * they fire all the same, nothing more happens; if they do not, that reset is taken back: "subtract" adds the threshold,
   * "zero" doubles what came after it.
   */
  readonly settled: boolean;
  /** Of the neurons of a layer above threshold only the one furthest above fires, the first of equals; all are reset. */
  readonly inhibition: boolean;
}

/** The state of a population before its first timestep, one value per neuron; 0 where nothing is said. */
export interface InitialState {
  readonly membrane?: Float64Array;
  /** Synaptic current; the excitatory one of an `alpha` response. */
  readonly current?: Float64Array;
  /** Of an `alpha` response. */
  readonly inhibitory?: Float64Array;
}

/**
 * Neurons in discrete time. Once per step, x being the summed input:
 *   current  = alpha * current + currentGain * x          (where alpha is not null; otherwise current = x)
 *   membrane = beta * membrane + gain * current + feedthrough * x + leak
 *   fires where membrane > threshold
 *   reset "zero": membrane = resetTo; "subtract": membrane = membrane - threshold; "none": nothing
 *   membrane = max(membrane, lowerBound)                  (where there is one)
 * With `resetDelay` the reset takes effect in the next step, as snnTorch's reset_delay does: on the neurons whose membrane
 * lies above the threshold by then; "zero" acts before the update where there is no current, after it where there is one.
 * All arrays one value per neuron, float64. `threshold` null: integrates only, and its membrane is its output.
 */
export interface PopulationNode extends NodeBase {
  readonly kind: "population";
  readonly alpha: Float64Array | null;
  readonly currentGain: Float64Array | null;
  readonly beta: Float64Array;
  readonly gain: Float64Array;
  /** Part of x that reaches the membrane beside the current; null (none) except with the exact method. */
  readonly feedthrough: Float64Array | null;
  /** Constant drive per step. */
  readonly leak: Float64Array;
  readonly threshold: Float64Array | null;
  readonly reset: ResetKind;
  readonly resetTo: Float64Array;
  readonly resetDelay: boolean;
  /** Departures from the order above; absent in the common case. */
  readonly rule?: NeuronRule;
  /** `gain` as the factors that the input is multiplied with one after another, where float32 should round in between. */
  readonly gainFactors?: readonly Float64Array[];
  /** The membrane never falls below it; absent: it may fall as far as it likes. */
  readonly lowerBound?: Float64Array;
  /** What leaves with a spike; 1 when absent. Not applied with inhibition. Resets do not depend on it. */
  readonly spikeValue?: Float64Array;
  /** Zeros when absent. */
  readonly initial?: InitialState;
}

/** A delay in whole timesteps, one value per element. */
export interface StepDelayNode extends NodeBase {
  readonly kind: "stepDelay";
  readonly steps: Int32Array;
}

export type StatelessNode =
  | InputNode
  | OutputNode
  | DenseNode
  | ScaleNode
  | Conv1dNode
  | Conv2dNode
  | PoolNode
  | FlattenNode
  | ThresholdNode;

/** Node of a network as read: neurons and delays may still be in continuous time. */
export type NetworkNode = StatelessNode | NeuronNode | DelayNode | PopulationNode | StepDelayNode;
/** Node of a network whose time is discrete. */
export type DiscreteNode = StatelessNode | PopulationNode | StepDelayNode;

export interface Edge {
  readonly from: string;
  readonly to: string;
  /**
   * Closes a loop, so it carries the value of the previous timestep (zero at first). Rule: the edge leaves a stateful
   * node and leads through stateless nodes to a stateful node that is equally near or nearer to the inputs and
   * reaches it again.
   */
  readonly delayed: boolean;
}

interface Graph<N> {
  /** In an order in which every node comes after those it needs in the same timestep. */
  readonly nodes: readonly N[];
  readonly edges: readonly Edge[];
}
export type Network = Graph<NetworkNode>;
export type DiscreteNetwork = Graph<DiscreteNode>;

/** Number of elements of a shape; 1 for the empty shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
