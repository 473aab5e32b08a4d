/**
 * Scales of single neurons, or of the channels of a kernel, where the chip holds threshold and bias of each neuron: raised above
 * the one scale that fits all of them until the largest weight of each fills its width. What is known from other integer networks
 * as scales per channel (R. Krishnamoorthi, arXiv:1806.08342).
 */

import type { Datapath } from "../datapath/datapath.ts";
import { encodingOf, mentions } from "./encode.ts";
import { exactScale } from "./exact.ts";
import { leadsTo, type FloatSynapses } from "./linear.ts";
import { filling, withExponent, type Candidate, type Chooser, type ScaleChoice } from "./scale.ts";
import type { WeightFormat } from "./weights.ts";

/** Neurons that share a scale, and the projections into them with the extremes of their weights and these themselves. */
interface Group {
  readonly neurons: readonly number[];
  readonly candidates: Candidate[];
  readonly weights: number[][];
}

/** Whether a chip holds everything that depends on the scale once per neuron. */
export function scalesMayDiffer(datapath: Datapath): boolean {
  return Object.entries(datapath.spec.parameters).every(([name, spec]) => {
    return spec.per !== "population" || !mentions(encodingOf(name, spec, null), "scale");
  });
}

/**
 * Raise the scale of each neuron, or of each channel where some weights are those of a kernel, where its weights lose less by
 * that: what the common scale holds without loss stays exact. One at which nothing at all is lost comes first. None gets so
 * large that a step, or a row of steps, leaves the registers where the common scale rules that out.
 *
 * @param all of the whole population
 * @param choice one scale that fits every neuron; its exponents stay
 */
export function scalesByNeuron(all: Chooser, choice: ScaleChoice): ScaleChoice {
  const { quantities, candidates, format } = all;
  const common = choice.scales[0]!;
  const scales = new Float64Array(quantities.beta.length).fill(common);
  let proved = true;
  for (const { neurons, candidates: own, weights } of groupsOf(scales.length, candidates, choice)) {
    const chooser = all.part(neurons, own);
    const full = Math.min(...own.map((one) => filling(one, one.constants, format)));
    const raised = full > common && full < Infinity ? chooser.roomy(full, choice.limit) : common;
    const lost = (scale: number): number => own.reduce((sum, one, i) => sum + loss(one, weights[i]!, scale, format), 0);
    const finest = raised > common && lost(raised) < lost(common) ? raised : common;
    const exact = exactScale(chooser, weights, finest, choice.limit);
    const scale = exact ?? finest;
    for (const neuron of neurons) scales[neuron] = scale;
    proved &&= chooser.proves(scale, exact !== null);
  }
  return { ...choice, scales, proved };
}

/** Sum of the squares of what weights lose by rounding at a scale, in float units. */
function loss(
  { payloadScale, constants }: Candidate,
  weights: readonly number[],
  scale: number,
  format: WeightFormat,
): number {
  const factor = format.factor(scale / payloadScale, constants) / format.step(constants);
  return weights.reduce((sum, weight) => sum + (weight - Math.round(weight * factor) / factor) ** 2, 0);
}

/** Every group with all projections that lead to it. */
function groupsOf(neurons: number, candidates: readonly Candidate[], { exponents }: ScaleChoice): Group[] {
  const plane = candidates.reduce((size, { synapses }) => Math.max(size, planeOf(synapses)), 1);
  const groups = Array.from({ length: neurons / plane }, (_, group): Group => {
    return { neurons: Array.from({ length: plane }, (_, i) => group * plane + i), candidates: [], weights: [] };
  });
  for (const one of candidates) {
    const constants = withExponent(one, exponents);
    const extremes = groups.map(() => ({ largest: 0, smallest: 0 }));
    const weights = groups.map((): number[] => []);
    const neuronOf = leadsTo(one.synapses);
    for (const [i, weight] of one.synapses.weight.entries()) {
      const group = Math.floor(neuronOf(i) / plane);
      const own = extremes[group]!;
      weights[group]!.push(weight);
      if (weight > own.largest) own.largest = weight;
      else if (weight < own.smallest) own.smallest = weight;
    }
    for (const [i, group] of groups.entries()) {
      group.candidates.push({ ...one, ...extremes[i]!, constants, exponent: null });
      group.weights.push(weights[i]!);
    }
  }
  return groups;
}

/** Neurons of a channel, which all have the same weights. */
function planeOf(synapses: FloatSynapses): number {
  return synapses.kind === "conv2d" ? synapses.outputShape[1]! * synapses.outputShape[2]! : 1;
}
