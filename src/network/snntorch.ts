/**
 * snnTorch's neurons as nodes of a network: constructors that take snnTorch's arguments and keep its rules, its defaults
 * and its order of float32 operations. They check what snnTorch's own constructors check.
 */

import { mistake } from "../errors.ts";
import type { DraftConv, DraftDense, DraftEdge, DraftNode, DraftPopulation, DraftScale } from "./draft.ts";
import { sizeOf, type Floats, type NeuronRule, type ResetKind, type Tensor } from "./types.ts";

/** One value for all neurons, or one per neuron; a tensor for layers of more than one axis. */
export type Values = number | readonly number[] | Floats | Tensor;

/** What all neurons take. */
export interface NeuronOptions {
  /** Fires above it; 1 when missing. */
  readonly threshold?: Values | undefined;
  /** `subtract` when missing, `zero` for Alpha. */
  readonly reset?: ResetKind | undefined;
  /** Only the neuron of the layer that is furthest above its threshold fires. */
  readonly inhibition?: boolean | undefined;
  /** Compare the threshold with the membrane before the update, as releases up to 0.4 did. */
  readonly testedBefore?: boolean | undefined;
  /** Membrane before the first timestep; 0 when missing. */
  readonly membrane?: Values | undefined;
  /** The membrane never falls below it, which snnTorch does not have; without a bound when missing. */
  readonly lowerBound?: Values | undefined;
}

/** Neurons whose reset may take effect at once. */
export interface DelayOptions {
  /** The reset takes effect in the next timestep; true when missing. */
  readonly resetDelay?: boolean | undefined;
}

/** Neurons with a synaptic current. */
export interface CurrentOptions {
  /** Kept of the current per timestep, clamped to 0 .. 1. */
  readonly alpha: Values;
  /** Current before the first timestep; 0 when missing. */
  readonly current?: Values | undefined;
}

export interface LeakyOptions extends NeuronOptions, DelayOptions {
  /** Kept of the membrane per timestep, clamped to 0 .. 1. */
  readonly beta: Values;
  /** What leaves with a spike; 1 when missing. */
  readonly gradedSpikesFactor?: Values | undefined;
}

/** Leaky integrate-and-fire. @throws NEURON_RESET */
export function leaky(name: string, options: LeakyOptions): DraftPopulation {
  const { beta, gradedSpikesFactor } = options;
  const node = population(name, options, { beta: clamped(beta), rule: { replaced: "before" } });
  return gradedSpikesFactor === undefined ? node : { ...node, spikeValue: tensorOf(gradedSpikesFactor) };
}

/** Leaky with a synaptic current in front; the membrane sees the current of the same timestep. */
export interface SynapticOptions extends NeuronOptions, DelayOptions, CurrentOptions {
  /** Kept of the membrane per timestep, clamped to 0 .. 1. */
  readonly beta: Values;
}

/** Leaky integrate-and-fire with a synaptic current. Formerly Stein. @throws NEURON_RESET */
export function synaptic(name: string, options: SynapticOptions): DraftPopulation {
  return withCurrent(population(name, options, { beta: clamped(options.beta) }), options);
}

export interface LapicqueOptions extends NeuronOptions {
  /** Decay over one timestep, exp(-timeStep / (R C)): with it alone R is 1 and C follows. */
  readonly beta?: Values | undefined;
  /** Resistance. Two of beta, R and C are enough. */
  readonly R?: Values | undefined;
  /** Capacitance. */
  readonly C?: Values | undefined;
  /** 1 when missing. */
  readonly timeStep?: Values | undefined;
}

/** What a Lapicque neuron works with, float32, one value for all neurons or one per neuron. */
export interface LapicqueConstants {
  readonly R: Tensor;
  readonly C: Tensor;
  readonly timeStep: Tensor;
  /** exp(-timeStep / (R C)); told only, the update does not use it. */
  readonly beta: Tensor;
  /** 1 - timeStep / (R C), what is kept of the membrane. Negative for steps longer than R C: the neuron oscillates. */
  readonly decay: Tensor;
  /** What the input is multiplied with, one factor after another: R, 1 / (R C), timeStep. */
  readonly factors: readonly Tensor[];
}

/** Leaky integrator after Lapicque, dU/dt by forward Euler. @throws NEURON_LAPICQUE, NEURON_RESET */
export function lapicque(name: string, options: LapicqueOptions): DraftPopulation {
  const { decay, factors } = lapicqueConstants(options);
  const gain = factors.reduce((product, factor) => each((a, b) => a * b, product, factor), scalar(1));
  return { ...population(name, options, { beta: decay }), gain, gainFactors: factors };
}

/** Work out the constants of a Lapicque neuron as snnTorch's constructor does. @throws NEURON_LAPICQUE */
export function lapicqueConstants(options: Omit<LapicqueOptions, keyof NeuronOptions>): LapicqueConstants {
  const timeStep = each(fround, tensorOf(options.timeStep ?? 1));
  const { R, C } = resistanceAndCapacitance(options, timeStep);
  const rate = each((r, c, t) => fround(t / fround(r * c)), R, C, timeStep);
  // snnTorch's constructor multiplies R and C before it rounds them, its update does so afterwards.
  const told = each(
    (r, c, t) => fround(Math.exp(-fround(t / fround(r * c)))),
    tensorOf(options.R ?? R),
    tensorOf(options.C ?? C),
    timeStep,
  );
  return {
    R,
    C,
    timeStep,
    beta: options.beta === undefined ? told : each(fround, tensorOf(options.beta)),
    decay: each((x) => fround(1 - x), rate),
    factors: [R, each((r, c) => fround(1 / fround(r * c)), R, C), timeStep],
  };
}

function resistanceAndCapacitance(
  options: Omit<LapicqueOptions, keyof NeuronOptions>,
  timeStep: Tensor,
): { readonly R: Tensor; readonly C: Tensor } {
  const [R, C] = [options.R, options.C].map((value) => (value === undefined ? null : each(fround, tensorOf(value))));
  if (R && C) return { R, C };
  if (options.beta === undefined) {
    throw mistake("NEURON_LAPICQUE", { given: R ? "only R" : C ? "only C" : "none of them" });
  }
  // The time constant is t / ln(1 / beta); what is not given follows from it.
  const rate = each((beta) => fround(Math.log(fround(1 / fround(beta)))), tensorOf(options.beta));
  const other = (known: Tensor): Tensor => each((t, x, k) => fround(t / fround(k * x)), timeStep, rate, known);
  if (C) return { R: other(C), C };
  const known = R ?? scalar(1);
  return { R: known, C: other(known) };
}

export interface AlphaOptions extends NeuronOptions, CurrentOptions {
  /** Kept of the inhibitory current per timestep, below alpha. */
  readonly beta: Values;
  /** Inhibitory current before the first timestep; 0 when missing. */
  readonly inhibitory?: Values | undefined;
}

/** Membrane as the difference of two exponentials. Formerly SRM0. @throws NEURON_ALPHA, NEURON_RESET */
export function alpha(name: string, options: AlphaOptions): DraftPopulation {
  const [rise, fall] = [each(fround, tensorOf(options.alpha)), each(fround, tensorOf(options.beta))];
  each((a, b) => (a > b && b !== 1 ? 0 : refuseAlpha(a, b, name)), rise, fall);
  const rule = { response: "alpha" } as const;
  const node = population(name, { ...options, reset: options.reset ?? "zero" }, { beta: clamped(fall), rule });
  const initial = { ...node.initial, ...given("current", options.current), ...given("inhibitory", options.inhibitory) };
  return { ...node, alpha: clamped(rise), currentGain: scalar(1), gain: each(alphaGain, rise, fall), initial };
}

function refuseAlpha(a: number, b: number, node: string): never {
  throw mistake("NEURON_ALPHA", { alpha: a, beta: b }, { node, field: "alpha" });
}

/** Scales the response to a peak of 1; snnTorch's tau_alpha. */
export function alphaGain(a: number, b: number): number {
  const [lnA, lnB] = [fround(Math.log(a)), fround(Math.log(b))];
  return fround(fround(lnA / fround(lnB - lnA)) + 1);
}

/** Where the spikes of a recurrent layer go. Weights are given, not drawn. */
export interface RecurrenceOptions {
  /** Every spike reaches every neuron (true when missing), or only the neuron that fired, weighted with `V`. */
  readonly allToAll?: boolean | undefined;
  /** Neurons of the layer, for a linear layer of weights. */
  readonly linearFeatures?: number | undefined;
  /** Channels of the layer, for a convolution with zero padding of half its kernel. */
  readonly conv2dChannels?: number | undefined;
  readonly kernelSize?: number | readonly [number, number] | undefined;
  /** Weight of each neuron onto itself; 1 when missing. */
  readonly V?: Values | undefined;
  /** [out][in], or [out][in][height][width] of the convolution. */
  readonly weight?: Tensor | undefined;
  /** [out], or null. It acts from the first timestep on. */
  readonly bias?: Tensor | null | undefined;
}

/** Part of a network: hand both lists on to `createNetwork`. Other edges lead to and from the node of the layer's name. */
export interface NetworkPart {
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly DraftEdge[];
}

export interface RLeakyOptions extends NeuronOptions, DelayOptions, RecurrenceOptions {
  /** Kept of the membrane per timestep, clamped to 0 .. 1. */
  readonly beta: Values;
}

/** Leaky whose spikes come back to the layer one timestep later. @throws NEURON_RECURRENCE, NEURON_RESET */
export function rLeaky(name: string, options: RLeakyOptions): NetworkPart {
  return looped(population(name, options, { beta: clamped(options.beta) }), "RLeaky", options);
}

export interface RSynapticOptions extends SynapticOptions, RecurrenceOptions {}

/**
 * Synaptic whose spikes come back to the layer's current one timestep later. The reset is always delayed: snnTorch takes
 * `resetDelay` and does not act on it.
 *
 * @throws NEURON_RECURRENCE, NEURON_RESET
 */
export function rSynaptic(name: string, options: RSynapticOptions): NetworkPart {
  const node = synaptic(name, { ...options, resetDelay: true });
  return looped(node, "RSynaptic", options);
}

function looped(node: DraftPopulation, type: string, options: RecurrenceOptions): NetworkPart {
  const weights = recurrence(`${node.name}.recurrent`, type, options);
  return {
    nodes: [node, weights],
    edges: [
      [node.name, weights.name],
      [weights.name, node.name],
    ],
  };
}

function recurrence(name: string, type: string, options: RecurrenceOptions): DraftDense | DraftConv | DraftScale {
  const { allToAll = true, linearFeatures, conv2dChannels, kernelSize, V } = options;
  const place = { node: name };
  const wrong = (problem: string): never => {
    throw mistake("NEURON_RECURRENCE", { type, problem }, place);
  };
  const [linear, conv] = [linearFeatures !== undefined, conv2dChannels !== undefined || kernelSize !== undefined];
  if (!allToAll) {
    if (linear || conv) wrong("from each neuron to itself takes V alone");
    return { kind: "scale", name, scale: tensorOf(V ?? 1) };
  }
  if (linear && conv) wrong("is given both as a linear layer and as a convolution");
  if (!linear && !conv) wrong("from all to all is not described");
  if (conv && (conv2dChannels === undefined || kernelSize === undefined)) wrong("lacks a part of its convolution");
  const { weight, bias = null } = options;
  if (weight === undefined) throw mistake("NETWORK_PARAMETER_MISSING", { type, field: "weight" }, place);
  if (linearFeatures !== undefined) {
    checkWeight(name, weight, [linearFeatures, linearFeatures]);
    return { kind: "dense", name, weight, bias };
  }
  const kernel = typeof kernelSize === "number" ? [kernelSize, kernelSize] : [...(kernelSize ?? [])];
  checkWeight(name, weight, [conv2dChannels ?? 0, conv2dChannels ?? 0, ...kernel]);
  const padding = kernel.map((size) => Math.floor(size / 2));
  return { kind: "conv2d", name, weight, bias, stride: 1, padding, dilation: 1, groups: 1, inputSize: null };
}

function checkWeight(node: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.length === wanted.length && shape.every((size, axis) => size === wanted[axis])) return;
  const facts = { field: "weight", shape: `[${shape.join(", ")}]`, expected: `it must be [${wanted.join(", ")}]` };
  throw mistake("NETWORK_PARAMETER_SHAPE", facts, { node, field: "weight" });
}

const resets: readonly ResetKind[] = ["zero", "subtract", "none"];

/** What the common options say; alpha, gains and what else there is are put in by the neurons that have them. */
function population(
  name: string,
  options: NeuronOptions & DelayOptions,
  own: { readonly beta: Tensor; readonly rule?: Partial<NeuronRule> },
): DraftPopulation {
  const { reset = "subtract", resetDelay = true, inhibition = false, testedBefore = false, membrane } = options;
  if (!resets.includes(reset)) throw mistake("NEURON_RESET", { reset: String(reset) }, { node: name, field: "reset" });
  return {
    kind: "population",
    name,
    alpha: null,
    currentGain: null,
    beta: own.beta,
    gain: scalar(1),
    feedthrough: null,
    leak: scalar(0),
    threshold: tensorOf(options.threshold ?? 1),
    reset,
    resetTo: scalar(0),
    resetDelay,
    rule: {
      response: "leaky",
      sees: "new",
      tested: testedBefore ? "before" : "after",
      replaced: "after",
      settled: !resetDelay,
      inhibition,
      ...own.rule,
    },
    initial: given("membrane", membrane),
    ...given("lowerBound", options.lowerBound),
  };
}

function withCurrent(node: DraftPopulation, { alpha, current }: CurrentOptions): DraftPopulation {
  const initial = { ...node.initial, ...given("current", current) };
  return { ...node, alpha: clamped(alpha), currentGain: scalar(1), initial };
}

function given<Name extends string>(name: Name, values: Values | undefined): { readonly [key in Name]?: Tensor } {
  return values === undefined ? {} : ({ [name]: tensorOf(values) } as { [key in Name]: Tensor });
}

const { fround } = Math;

function scalar(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

function clamped(values: Values): Tensor {
  return each((value) => Math.min(Math.max(value, 0), 1), tensorOf(values));
}

/** One value as the shape [], several as one axis, a tensor as it is. */
export function tensorOf(values: Values): Tensor {
  if (typeof values === "number") return scalar(values);
  if ("shape" in values) return values;
  return { shape: [values.length], data: Float64Array.from(values) };
}

/** Apply a function to every element; tensors of one value are repeated. */
function each(of: (...values: number[]) => number, ...tensors: readonly Tensor[]): Tensor {
  const [longest = scalar(0)] = tensors.toSorted((a, b) => b.data.length - a.data.length);
  const data = Float64Array.from({ length: sizeOf(longest.shape) }, (_, i) =>
    of(...tensors.map((one) => one.data[one.data.length === 1 ? 0 : i] ?? NaN)),
  );
  return { shape: longest.shape, data };
}
