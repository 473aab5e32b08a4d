/** One timestep of a population, in the order of `PopulationNode` and its rule, float32 throughout. */

import * as tf from "@tensorflow/tfjs-core";
import type { NeuronRule, PopulationNode } from "../network/types.ts";
import type { Cell, CellOptions, Registers } from "./cells.ts";
import { lookup } from "./lookup.ts";
import { total, type Tensors } from "./tensors.ts";

/** Registers of a population that can be recorded; `membrane` is the one after the reset. */
export function probesOf(node: PopulationNode): readonly string[] {
  const usual = ["membrane", "current", "membrane_before_reset"];
  return node.rule?.response === "alpha" ? [...usual, "inhibitory"] : usual;
}

/** What a population does that names no rule. */
function ruleOf(node: PopulationNode): NeuronRule {
  if (node.rule !== undefined) return node.rule;
  const replaced = node.alpha === null ? "before" : "after";
  return { response: "leaky", sees: "new", tested: "after", replaced, settled: false, inhibition: false };
}

/** Parameters spread over the batch, [batch][neurons]; null where they would change nothing. */
interface NeuronParameters {
  readonly alpha: tf.Tensor2D | null;
  readonly currentGain: tf.Tensor2D | null;
  readonly beta: tf.Tensor2D;
  /** Factors of the gain. */
  readonly gain: readonly tf.Tensor2D[];
  readonly feedthrough: tf.Tensor2D | null;
  readonly leak: tf.Tensor2D | null;
  readonly threshold: tf.Tensor2D | null;
  readonly resetTo: tf.Tensor2D;
  readonly lowerBound: tf.Tensor2D | null;
  readonly spikeValue: tf.Tensor2D | null;
}

/** Neurons with all that a timestep needs to know of them. */
interface Neurons {
  readonly node: PopulationNode;
  readonly rule: NeuronRule;
  readonly parameters: NeuronParameters;
}

/** The cell of a population. Besides what can be probed it remembers which membranes lie `above` the threshold. */
export function populationCell(node: PopulationNode, { batch, tensors, probed }: CellOptions): Cell {
  const neurons = { node, rule: ruleOf(node), parameters: parametersOf(node, batch, tensors) };
  const { threshold, spikeValue } = neurons.parameters;
  return {
    output: threshold === null ? "membrane" : spikeValue === null ? "fired" : "emitted",
    fires: threshold !== null,
    start: () => startState(neurons, batch),
    step(before, inputs) {
      const updated = neurons.rule.response === "alpha" ? alphaStep : leakyStep;
      const registers = bounded(neurons, fireAndReset(neurons, before, updated(neurons, before, inputs)));
      // Only what is remembered or asked for is kept.
      if (!probed.has("membrane_before_reset")) registers.delete("membrane_before_reset");
      // Without a synaptic current the current is the input, which belongs to others.
      if (neurons.parameters.alpha === null && probed.has("current")) registers.set("current", total(inputs)!.clone());
      return registers;
    },
  };
}

function parametersOf(node: PopulationNode, batch: number, tensors: Tensors): NeuronParameters {
  const unless = (neutral: number | null, values: Float64Array | null): tf.Tensor2D | null =>
    values === null || values.every((value) => value === neutral) ? null : spread(values, batch, tensors);
  const inhibition = node.rule?.inhibition === true;
  return {
    alpha: unless(null, node.alpha),
    currentGain: unless(1, node.currentGain),
    beta: spread(node.beta, batch, tensors),
    gain: (node.gainFactors ?? [node.gain]).flatMap((factor) => unless(1, factor) ?? []),
    feedthrough: unless(0, node.feedthrough),
    leak: unless(0, node.leak),
    threshold: unless(null, node.threshold),
    resetTo: spread(node.resetTo, batch, tensors),
    lowerBound: unless(-Infinity, node.lowerBound ?? null),
    spikeValue: inhibition ? null : unless(1, node.spikeValue ?? null),
  };
}

function spread(values: Float64Array, batch: number, tensors: Tensors): tf.Tensor2D {
  return tensors.keep(() => repeated(values, batch));
}

function repeated(values: Float64Array, batch: number): tf.Tensor2D {
  return tf.tile(tf.tensor2d(Float32Array.from(values), [1, values.length]), [batch, 1]);
}

function startState({ node, parameters }: Neurons, batch: number): Registers {
  const { initial = {} } = node;
  const state = (values: Float64Array | undefined): tf.Tensor2D =>
    values === undefined ? tf.zerosLike(parameters.beta) : repeated(values, batch);
  const membrane = state(initial.membrane);
  const registers = new Map([
    ["membrane", membrane],
    ["current", state(initial.current)],
    ["inhibitory", state(initial.inhibitory)],
  ]);
  if (parameters.threshold !== null) registers.set("above", tf.greater(membrane, parameters.threshold));
  return registers;
}

/** Registers of a timestep in the making. */
type NewRegisters = Map<string, tf.Tensor2D>;

/** Neurons to be reset late in this timestep, before it is known who fires. */
function lateReset({ node, rule }: Neurons, before: Registers): tf.Tensor2D | null {
  return node.reset !== "none" && (node.resetDelay || rule.settled) ? (before.get("above") ?? null) : null;
}

/** Current and membrane after the update, the late reset included. */
function leakyStep(neurons: Neurons, before: Registers, inputs: readonly tf.Tensor2D[]): NewRegisters {
  const { node, rule, parameters: p } = neurons;
  const late = lateReset(neurons, before);
  const early = node.reset === "zero" && rule.replaced === "before" ? late : null;
  const last = lookup(before, "membrane");
  const old: tf.Tensor2D = early === null ? last : tf.where(early, p.resetTo, last);
  const kept: tf.Tensor2D = tf.mul(p.beta, old);
  const current = p.alpha === null ? null : newCurrent(p.alpha, lookup(before, "current"), inputs, p.currentGain);
  const seen = current !== null && rule.sees === "old" ? lookup(before, "current") : current;
  let membrane = added(kept, seen === null ? inputs : [seen], p.gain);
  if (p.feedthrough !== null) membrane = tf.add(membrane, tf.mul(p.feedthrough, total(inputs)!));
  if (p.leak !== null) membrane = tf.add(membrane, p.leak);
  if (late !== null && early === null) membrane = resetMembrane(neurons, membrane, late);
  const registers = new Map([["membrane", membrane]]);
  if (current !== null) registers.set("current", current);
  return registers;
}

function newCurrent(
  alpha: tf.Tensor2D,
  last: tf.Tensor2D,
  inputs: readonly tf.Tensor2D[],
  gain: tf.Tensor2D | null,
): tf.Tensor2D {
  return added(tf.mul(alpha, last), inputs, gain === null ? [] : [gain]);
}

/** `kept` plus the inputs, one after another; their sum times the factors where there are any. */
function added(kept: tf.Tensor2D, inputs: readonly tf.Tensor2D[], factors: readonly tf.Tensor2D[]): tf.Tensor2D {
  if (factors.length === 0) return total([kept, ...inputs])!;
  return tf.add(
    kept,
    factors.reduce((product: tf.Tensor2D, factor) => tf.mul(product, factor), total(inputs)!),
  );
}

/** Both currents and the membrane of an `alpha` response, the late reset included. */
function alphaStep(neurons: Neurons, before: Registers, inputs: readonly tf.Tensor2D[]): NewRegisters {
  const { node, parameters: p } = neurons;
  const [input, late] = [total(inputs)!, lateReset(neurons, before)];
  const [current, inhibitory] = [lookup(before, "current"), lookup(before, "inhibitory")];
  const rising: tf.Tensor2D = tf.add(tf.mul(p.alpha ?? p.beta, current), input);
  const falling: tf.Tensor2D = tf.sub(tf.mul(p.beta, inhibitory), input);
  const membrane = p.gain.reduce((sum: tf.Tensor2D, gain) => tf.mul(gain, sum), tf.add(rising, falling));
  const registers = new Map([
    ["membrane", membrane],
    ["current", rising],
    ["inhibitory", falling],
  ]);
  if (late === null) return registers;
  const zeros = tf.zerosLike(membrane);
  const subtract = node.reset === "subtract";
  const reset = (name: string, to: tf.Tensor2D): void =>
    void registers.set(name, tf.where(late, to, lookup(registers, name)));
  reset("membrane", subtract ? tf.add(membrane, inhibitory) : zeros);
  reset("current", subtract && p.threshold !== null ? tf.sub(rising, p.threshold) : zeros);
  reset("inhibitory", zeros);
  return registers;
}

/** Who fires, and what that does to the membrane in the same timestep. */
function fireAndReset(neurons: Neurons, before: Registers, registers: NewRegisters): NewRegisters {
  const { node, rule, parameters: p } = neurons;
  const membrane = lookup(registers, "membrane");
  registers.set("membrane_before_reset", membrane);
  if (p.threshold === null) return registers;
  const above: tf.Tensor2D = tf.greater(membrane, p.threshold);
  // A register of its own, since those of the timestep before are freed.
  const tested = rule.tested === "after" ? above : lookup(before, "above").clone();
  const decisive = rule.tested === "after" ? membrane : lookup(before, "membrane");
  const fired = rule.inhibition ? tf.logicalAnd<tf.Tensor2D>(tested, furthest(decisive, p.threshold)) : tested;
  registers.set("fired", fired);
  if (p.spikeValue !== null) registers.set("emitted", tf.mul<tf.Tensor2D>(tf.cast(fired, "float32"), p.spikeValue));
  if (node.reset !== "none" && rule.settled) {
    const settled = settle(neurons, membrane, fired, lookup(before, "above"));
    registers.set("membrane", settled);
    return registers.set("above", tf.greater(settled, p.threshold));
  }
  if (!node.resetDelay) registers.set("membrane", resetMembrane(neurons, membrane, above));
  return registers.set("above", above);
}

/** No membrane falls below its bound. */
function bounded({ parameters: { lowerBound } }: Neurons, registers: NewRegisters): NewRegisters {
  if (lowerBound === null) return registers;
  return registers.set("membrane", tf.maximum(lookup(registers, "membrane"), lowerBound));
}

/** The neuron furthest above its threshold in each sample, the first of equals. */
function furthest(membrane: tf.Tensor2D, threshold: tf.Tensor2D): tf.Tensor2D {
  const winner = tf.argMax(tf.sub(membrane, threshold), 1) as tf.Tensor1D;
  return tf.cast(tf.oneHot(winner, membrane.shape[1]), "bool") as tf.Tensor2D;
}

/** Set the reset that was made before the test off against the one that is due now: neither twice nor for nothing. */
function settle(
  { node, parameters: p }: Neurons,
  membrane: tf.Tensor2D,
  fired: tf.Tensor2D,
  made: tf.Tensor2D,
): tf.Tensor2D {
  const due: tf.Tensor2D = tf.sub(tf.cast(fired, "float32"), tf.cast(made, "float32"));
  const amount: tf.Tensor2D = node.reset === "subtract" ? p.threshold! : tf.sub(membrane, p.resetTo);
  return tf.sub(membrane, tf.mul(due, amount));
}

function resetMembrane({ node, parameters: p }: Neurons, membrane: tf.Tensor2D, where: tf.Tensor2D): tf.Tensor2D {
  switch (node.reset) {
    case "zero":
      return tf.where(where, p.resetTo, membrane);
    case "subtract":
      return tf.where(where, tf.sub(membrane, p.threshold!), membrane);
    case "none":
      return membrane;
  }
}
