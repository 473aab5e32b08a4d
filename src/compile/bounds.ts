/** How far the worst input can drive the registers of a population, in float units. */

import { forEachSynapse } from "./linear.ts";
import type { PopulationQuantities } from "./quantities.ts";
import type { Candidate } from "./scale.ts";

/** What rounding to the chip's integers may add, in float units. */
export interface Slack {
  /** To one weight, by projection. */
  readonly weight: ReadonlyMap<string, number>;
  /** To what current and membrane keep, [neurons]. */
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  /** To the bias, as a share of it. */
  readonly bias: number;
  /** One LSB of the membrane: what the arithmetic of a step may add. */
  readonly step: number;
}

export interface Bounds {
  /** Largest |input| of one step. */
  readonly input: number;
  /** Largest |current| over any number of steps. */
  readonly current: number;
  /** Largest |drive| of the membrane in one step; with reset by subtraction, on top of the threshold. */
  readonly drive: number;
  /** How far below zero the worst input for ever can drive a membrane. */
  readonly lowest: number;
  /** How far above zero, where no reset or one by subtraction holds it back. */
  readonly highest: number;
}

/** The most that one step's events of a projection can add to each neuron and take away, and over how many synapses. */
export interface WorstStep {
  readonly name: string;
  readonly up: Float64Array;
  readonly down: Float64Array;
  readonly upCount: Float64Array;
  readonly downCount: Float64Array;
}

/** Add up the synapses of one projection onto each neuron. */
export function worstStep({ name, synapses, reach, bothSigns }: Candidate): WorstStep {
  const zeros = (): Float64Array => new Float64Array(synapses.to);
  const step = { name, up: zeros(), down: zeros(), upCount: zeros(), downCount: zeros() };
  forEachSynapse(synapses, (_, target, weight) => {
    if (weight > 0 || (weight < 0 && bothSigns)) {
      step.up[target]! += Math.abs(weight) * reach;
      step.upCount[target]! += reach;
    }
    if (weight < 0 || (weight > 0 && bothSigns)) {
      step.down[target]! += Math.abs(weight) * reach;
      step.downCount[target]! += reach;
    }
  });
  return step;
}

/** The steps of some of the neurons. */
export function slicedSteps(step: WorstStep, neurons: readonly number[]): WorstStep {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(neurons, (neuron) => values[neuron]!);
  const { name, up, down, upCount, downCount } = step;
  return { name, up: pick(up), down: pick(down), upCount: pick(upCount), downCount: pick(downCount) };
}

/**
 * What the worst input does to the registers.
 *
 * @param longest a leak slower than this gathers no more than this many worst steps; Infinity for what is certain
 */
export function worstCase(
  projections: readonly WorstStep[],
  quantities: PopulationQuantities,
  slack: Slack,
  longest: number,
): Bounds {
  const bounds = { input: 0, current: 0, drive: 0, lowest: 0, highest: 0 };
  for (let i = 0; i < quantities.beta.length; i++) {
    const threshold = quantities.threshold[i]!;
    const [current, membrane] = [quantities.initialCurrent[i]!, quantities.initialMembrane[i]!];
    const bias = quantities.bias[i]! * (1 + slack.bias);
    const held = (input: number): number => gathered(input, quantities.alpha[i]! + slack.alpha[i]!, longest);
    const kept = (drive: number): number => gathered(drive, quantities.beta[i]! + slack.beta[i]!, longest);
    let [up, down] = [0, 0];
    for (const one of projections) {
      const rounding = slack.weight.get(one.name) ?? 0;
      up += one.up[i]! + one.upCount[i]! * rounding;
      down += one.down[i]! + one.downCount[i]! * rounding;
    }
    bounds.input = Math.max(bounds.input, up, down);
    // What is kept whole is not rounded.
    const step = quantities.beta[i] === 1 ? 0 : slack.step;
    const most = held(Math.max(up, down)) + Math.abs(current);
    const drive = most + Math.abs(bias) + Math.abs(membrane) + step;
    bounds.current = Math.max(bounds.current, most);
    bounds.drive = Math.max(bounds.drive, drive + (quantities.subtract === 1 ? finite(threshold) : 0));
    // A current that starts on the other side of its bias cannot do more than the bias undoes.
    const below = Math.max(0, -bias) + Math.max(0, -current - Math.max(0, bias)) + step;
    const above = Math.max(0, bias) + Math.max(0, current - Math.max(0, -bias)) + step;
    const lowest = kept(held(down) + below) + Math.max(0, -membrane);
    bounds.lowest = Math.max(bounds.lowest, Math.min(lowest, -quantities.lowerBound[i]!));
    const rises = held(up) + above;
    if (threshold === Infinity) bounds.highest = Math.max(bounds.highest, kept(rises) + Math.max(0, membrane));
    else if (quantities.subtract === 1) {
      // Each step takes away one threshold only, however large the drive is.
      const left = Math.max(0, rises - quantities.beta[i]! * threshold);
      bounds.highest = Math.max(bounds.highest, finite(threshold) + rises, kept(left) + Math.max(0, membrane));
    }
  }
  return bounds;
}

function finite(threshold: number): number {
  return Number.isFinite(threshold) ? Math.max(0, threshold) : 0;
}

/** What a leaky sum that keeps `kept` comes to: input * (1 + kept + kept^2 + ..). */
function gathered(input: number, kept: number, longest: number): number {
  if (input === 0) return 0;
  return input * (kept >= 1 ? longest : Math.min(longest, 1 / (1 - kept)));
}
