/** Nodes that run step by step: neurons, delays, and stateless nodes on a loop. */

import * as tf from "@tensorflow/tfjs-core";
import { type DiscreteNode, type PopulationNode, type ResetKind, type StepDelayNode } from "../network/types.ts";
import { layerOf, type Layer } from "./layers.ts";
import { lookup } from "./lookup.ts";
import type { Tensors } from "./tensors.ts";

/** Values of a node after one timestep by name, [batch][size] each. What is remembered is among them. */
export type Registers = ReadonlyMap<string, tf.Tensor2D>;

/** One node of a running batch. */
export interface Cell {
  /** Name of the register that leaves the node. */
  readonly output: string;
  /** Registers before the first timestep. */
  start(): Registers;
  /** One timestep, given the registers of the previous one and the summed input [batch][size]. */
  step(before: Registers, input: tf.Tensor2D): Registers;
}

/** How the cells of a run are made. */
export interface CellOptions {
  readonly batch: number;
  /** Timesteps of the run. */
  readonly steps: number;
  /** Owner of what the cell needs beside its registers. */
  readonly tensors: Tensors;
  /** Registers to give beside those that are remembered. */
  readonly probed: ReadonlySet<string>;
}

export type CellMaker = (options: CellOptions) => Cell;

/** Prepare a node; its parameters belong to `tensors`. */
export function cellMaker(node: DiscreteNode, tensors: Tensors): CellMaker {
  if (node.kind === "stepDelay") return (options) => delayCell(node, options);
  if (node.kind === "population") return (options) => populationCell(node, options);
  const layer = layerOf(node, tensors);
  return () => statelessCell(layer);
}

function statelessCell(layer: Layer): Cell {
  return { output: "output", start: () => new Map(), step: (_, input) => new Map([["output", layer(input)]]) };
}

/** Registers of a population that can be recorded; `membrane` is the one after the reset. */
export const probes: readonly string[] = ["membrane", "current", "membrane_before_reset"];

/** Parameters spread over the batch, [batch][neurons]; null where they would change nothing. */
interface NeuronParameters {
  readonly alpha: tf.Tensor2D | null;
  readonly currentGain: tf.Tensor2D | null;
  readonly beta: tf.Tensor2D;
  readonly gain: tf.Tensor2D | null;
  readonly feedthrough: tf.Tensor2D | null;
  readonly leak: tf.Tensor2D | null;
  readonly threshold: tf.Tensor2D | null;
  readonly resetTo: tf.Tensor2D;
}

function populationCell(node: PopulationNode, { batch, tensors, probed }: CellOptions): Cell {
  const parameters = neuronParameters(node, batch, tensors);
  return {
    output: node.threshold === null ? "membrane" : "fired",
    start: () => restingNeurons(parameters),
    step(before, input) {
      const after = stepNeurons(node, parameters, before, input);
      const registers = new Map([["membrane", after.membrane]]);
      // Without a synaptic current the current is the input, which belongs to others.
      if (parameters.alpha !== null) registers.set("current", after.current);
      else if (probed.has("current")) registers.set("current", after.current.clone());
      if (probed.has("membrane_before_reset")) registers.set("membrane_before_reset", after.beforeReset);
      if (after.fired !== null) registers.set("fired", after.fired);
      return registers;
    },
  };
}

function neuronParameters(node: PopulationNode, batch: number, tensors: Tensors): NeuronParameters {
  const spread = (values: Float64Array): tf.Tensor2D =>
    tensors.keep(() => tf.tile(tf.tensor2d(Float32Array.from(values), [1, values.length]), [batch, 1]));
  const unless = (neutral: number | null, values: Float64Array | null): tf.Tensor2D | null =>
    values === null || values.every((value) => value === neutral) ? null : spread(values);
  return {
    alpha: unless(null, node.alpha),
    currentGain: unless(1, node.currentGain),
    beta: spread(node.beta),
    gain: unless(1, node.gain),
    feedthrough: unless(0, node.feedthrough),
    leak: unless(0, node.leak),
    threshold: unless(null, node.threshold),
    resetTo: spread(node.resetTo),
  };
}

/** A membrane that starts above its threshold counts as having fired, as in snnTorch. */
function restingNeurons({ beta, threshold }: NeuronParameters): Registers {
  const membrane = tf.zerosLike(beta);
  const registers = new Map([
    ["membrane", membrane],
    ["current", tf.zerosLike(beta)],
  ]);
  if (threshold !== null) registers.set("fired", tf.greater(membrane, threshold));
  return registers;
}

interface NeuronStep {
  readonly current: tf.Tensor2D;
  readonly beforeReset: tf.Tensor2D;
  readonly membrane: tf.Tensor2D;
  readonly fired: tf.Tensor2D | null;
}

/**
 * One timestep of neurons in the order of `PopulationNode`, float32 throughout. A delayed reset acts on the neurons that
 * fired in the previous step, as in snnTorch: subtraction after the update; reset to a value before it, so that the
 * input of this step survives, except where there is a current: then the whole new membrane is replaced.
 */
function stepNeurons(node: PopulationNode, p: NeuronParameters, before: Registers, input: tf.Tensor2D): NeuronStep {
  const { alpha } = p;
  const current: tf.Tensor2D =
    alpha === null ? input : tf.add(tf.mul(alpha, lookup(before, "current")), scaled(input, p.currentGain));
  const late = node.resetDelay ? (before.get("fired") ?? null) : null;
  const early = node.reset === "zero" && alpha === null ? late : null;
  const last = lookup(before, "membrane");
  const old: tf.Tensor2D = early === null ? last : tf.where(early, p.resetTo, last);
  let membrane: tf.Tensor2D = tf.add(tf.mul(p.beta, old), scaled(current, p.gain));
  if (p.feedthrough !== null) membrane = tf.add(membrane, tf.mul(p.feedthrough, input));
  if (p.leak !== null) membrane = tf.add(membrane, p.leak);
  const { threshold } = p;
  if (threshold === null) return { current, beforeReset: membrane, membrane, fired: null };
  const reset = (values: tf.Tensor2D, where: tf.Tensor2D): tf.Tensor2D =>
    resetMembrane(node.reset, values, where, threshold, p.resetTo);
  if (late !== null && early === null) membrane = reset(membrane, late);
  const fired: tf.Tensor2D = tf.greater(membrane, threshold);
  const after = node.resetDelay ? membrane : reset(membrane, fired);
  return { current, beforeReset: membrane, membrane: after, fired };
}

function scaled(values: tf.Tensor2D, gain: tf.Tensor2D | null): tf.Tensor2D {
  return gain === null ? values : tf.mul(gain, values);
}

function resetMembrane(
  kind: ResetKind,
  membrane: tf.Tensor2D,
  fired: tf.Tensor2D,
  threshold: tf.Tensor2D,
  resetTo: tf.Tensor2D,
): tf.Tensor2D {
  switch (kind) {
    case "zero":
      return tf.where(fired, resetTo, membrane);
    case "subtract":
      return tf.where(fired, tf.sub(membrane, threshold), membrane);
    case "none":
      return membrane;
  }
}

/** The inputs of the last steps lie in a ring in plain memory, since every element may have a delay of its own. */
function delayCell(node: StepDelayNode, { batch, steps }: CellOptions): Cell {
  const size = node.steps.length;
  // Nothing comes out of a delay as long as the run.
  const delays = node.steps.map((delay) => Math.min(delay, steps));
  const slots = longestDelay(node, steps) + 1;
  const ring = new Float32Array(slots * batch * size);
  let now = 0;
  return {
    output: "output",
    start: () => new Map(),
    step(_, input) {
      ring.set(input.dataSync(), now * batch * size);
      const output = new Float32Array(batch * size);
      for (let i = 0; i < output.length; i++) {
        const slot = (now + slots - delays[i % size]!) % slots;
        output[i] = ring[slot * batch * size + i]!;
      }
      now = (now + 1) % slots;
      return new Map([["output", tf.tensor2d(output, [batch, size])]]);
    },
  };
}

/** Timesteps that a delay node must remember in a run. */
export function longestDelay(node: StepDelayNode, steps: number): number {
  return node.steps.reduce((longest, delay) => Math.max(longest, Math.min(delay, steps)), 0);
}
