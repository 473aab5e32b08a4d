/** A population's float quantities as a chip's equations know them. */

import type { Quantities } from "../datapath/real.ts";
import { mistake, type Warning } from "../errors.ts";
import type { PopulationNode } from "../network/types.ts";

/** [neurons] each. Weights into the population are multiplied with `gain` before they are quantized. */
export interface PopulationQuantities {
  /** Current kept per step; 0 where the network has no synaptic current. */
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  /** Above the chip's zero; Infinity where the neuron never fires. */
  readonly threshold: Float64Array;
  /** Constant drive of the membrane per step. */
  readonly bias: Float64Array;
  readonly gain: Float64Array;
  /** 1: reset by subtraction. */
  readonly subtract: 0 | 1;
  /** Relative to the chip's zero; -Infinity where the membrane may fall as far as it likes. */
  readonly lowerBound: Float64Array;
  /** Current and membrane before the first step, relative to the chip's zero. */
  readonly initialCurrent: Float64Array;
  readonly initialMembrane: Float64Array;
  /** Float value of the chip's zero membrane. */
  readonly origin: Float64Array;
}

/**
 * Work out what the registers and parameters of a population stand for.
 *
 * Two exact changes of variables put in what chips have no register for. A reset value other than 0 becomes the
 * chip's zero: membrane, threshold and leak move by it. A constant input of the current becomes a bias of the
 * membrane, as large as the current it would settle at, and the current starts that much below zero.
 *
 * @param constantInput [neurons] from biases on the way to the population
 * @throws COMPILE_METHOD, COMPILE_RULE, COMPILE_RESET_NONE, COMPILE_CURRENT_BIAS
 */
export function quantitiesOf(node: PopulationNode, constantInput: Float64Array): PopulationQuantities {
  const { beta, resetTo, threshold } = node;
  const neurons = beta.length;
  const each = (value: (i: number) => number): Float64Array =>
    Float64Array.from({ length: neurons }, (_, i) => value(i));
  checkRule(node);
  if (node.feedthrough?.some((part) => part !== 0) === true) throw mistake("COMPILE_METHOD", {}, { node: node.name });
  const forgets = beta.every((kept) => kept === 0);
  if (node.reset === "none" && threshold !== null && !forgets) {
    throw mistake("COMPILE_RESET_NONE", {}, { node: node.name });
  }
  const origin = node.reset === "zero" ? Float64Array.from(resetTo) : new Float64Array(neurons);
  const settled = each((i) => settledCurrent(node, constantInput[i]!, i));
  return {
    alpha: node.alpha ?? new Float64Array(neurons),
    beta,
    threshold: each((i) => (threshold === null ? Infinity : threshold[i]! - origin[i]!)),
    bias: each((i) => node.gain[i]! * settled[i]! + node.leak[i]! - (1 - beta[i]!) * origin[i]!),
    gain: each((i) => node.gain[i]! * (node.currentGain?.[i] ?? 1)),
    subtract: node.reset === "subtract" ? 1 : 0,
    lowerBound: each((i) => (node.lowerBound?.[i] ?? -Infinity) - origin[i]!),
    initialCurrent: each((i) =>
      node.alpha === null ? 0 : node.gain[i]! * (initialOf(node, "current", i) - settled[i]!),
    ),
    initialMembrane: each((i) => initialOf(node, "membrane", i) - origin[i]!),
    origin,
  };
}

/** The quantities of some of the neurons. */
export function slicedTo(quantities: PopulationQuantities, neurons: readonly number[]): PopulationQuantities {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(neurons, (neuron) => values[neuron]!);
  return {
    alpha: pick(quantities.alpha),
    beta: pick(quantities.beta),
    threshold: pick(quantities.threshold),
    bias: pick(quantities.bias),
    gain: pick(quantities.gain),
    subtract: quantities.subtract,
    lowerBound: pick(quantities.lowerBound),
    initialCurrent: pick(quantities.initialCurrent),
    initialMembrane: pick(quantities.initialMembrane),
    origin: pick(quantities.origin),
  };
}

/** One neuron's quantities by the names that `encodes` expressions use. */
export function quantitiesAt(quantities: PopulationQuantities, i: number): Quantities {
  const { alpha, beta, threshold, bias, subtract, lowerBound } = quantities;
  return {
    alpha: alpha[i]!,
    beta: beta[i]!,
    threshold: threshold[i]!,
    bias: bias[i]!,
    subtract,
    lower_bound: lowerBound[i]!,
  };
}

/** Where the current goes under a constant input; without a current, the input itself. */
function settledCurrent({ alpha, currentGain, name }: PopulationNode, input: number, i: number): number {
  if (alpha === null || input === 0) return input;
  if (alpha[i]! >= 1) throw mistake("COMPILE_CURRENT_BIAS", {}, { node: name });
  return (currentGain![i]! * input) / (1 - alpha[i]!);
}

function initialOf({ initial }: PopulationNode, register: "current" | "membrane", i: number): number {
  return initial?.[register]?.[i] ?? 0;
}

/** Refuse what a population does that has no counterpart on a chip. */
function checkRule({ name, rule, spikeValue }: PopulationNode): void {
  const refuse = (what: string, remedy: string): never => {
    throw mistake("COMPILE_RULE", { population: name, what, remedy }, { node: name });
  };
  if (rule?.response === "alpha") {
    refuse("answer with the difference of two exponentials", "Use Synaptic neurons, which have a current and a decay.");
  }
  if (rule?.sees === "old") {
    refuse("let the membrane see the current of the timestep before", "Use the Euler method.");
  }
  if (rule?.tested === "before") {
    refuse("compare the threshold with the membrane before the update", "Leave out testedBefore.");
  }
  if (rule?.inhibition === true) {
    refuse("suppress each other's spikes", "Train without inhibition, or inhibit by negative recurrent weights.");
  }
  if (rule?.inhibition !== true && spikeValue?.some((value) => value !== 1) === true) {
    refuse("send spikes of another value than 1", "Multiply the weights of the next layer by that value instead.");
  }
}

/** What a chip does otherwise than the network, without being told. */
export function semanticWarnings(node: PopulationNode, firesRepeatedly = false): Warning[] {
  return [...(firesRepeatedly ? repeatedSpikes(node) : []), ...resetWarnings(node)];
}

/** Only what is left after a reset by subtraction can fire again. */
function repeatedSpikes({ name, threshold, reset }: PopulationNode): Warning[] {
  if (threshold === null || reset !== "subtract") return [];
  const message = `${name}: a membrane of several thresholds fires as often in one timestep on the chip, and once in the float network.`;
  return [{ code: "COMPILE_FIRES_REPEATEDLY", message, place: { node: name } }];
}

function resetWarnings(node: PopulationNode): Warning[] {
  const place = { node: node.name };
  if (node.resetDelay) {
    const message = `${node.name}: the float network resets one step after the spike, the chip in the same step.`;
    return [{ code: "COMPILE_RESET_DELAY", message, place }];
  }
  if (node.rule?.settled !== true || node.reset === "none") return [];
  const message = `${node.name}: where a membrane stays above its threshold after a reset, the float network does not reset it again in the next step, the chip does.`;
  return [{ code: "COMPILE_RESET_SETTLED", message, place }];
}
