/** On which samples the rungs of the ladder run, and on which quantizations are undone. */

import type { Recording } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { nextTurn } from "../turn.ts";
import { readRung, type LadderInputs } from "./ladder.ts";

/** What decides which samples are looked at. */
export interface SampleInputs extends LadderInputs {
  /** Of all samples. */
  readonly recordings: { readonly reference: Recording; readonly emulator: Recording };
  /** How many samples quantizations are undone on, or all; 20 at most where nothing is said, fewer of a large network. */
  readonly samples?: number | "all" | undefined;
}

/** Samples of the attribution, where nothing is said. */
const usualSamples = 20;
/** Additions in synapses, and what a neuron's timestep counts in them, that a run may take where nothing is said. */
const rungWork = 2e9;
const causeWork = 8e9;
const neuronWork = 40;

/** Inputs of which some value has to be rounded to become a payload; what is cut to the limit is cut unrounded too. @throws RUN_INTERRUPTED */
export async function roundedInputs({ program, stimuli, signal }: LadderInputs): Promise<ReadonlySet<string>> {
  const rounded = new Set<string>();
  for (const { name, shape, payloadScale, payloadLimit } of program.inputs) {
    if (payloadScale === null) continue;
    const stimulus = stimuli.get(name)!;
    const frame = new Float64Array(sizeOf(shape));
    const rows = stimulus.constant ? Math.min(1, stimulus.steps) : stimulus.steps;
    const isRounded = (payload: number): boolean =>
      Math.abs(payload) < payloadLimit && Math.abs(payload - Math.round(payload)) > 2 ** -23;
    for (let sample = 0; sample < stimulus.samples && !rounded.has(name); sample++) {
      await nextTurn();
      if (signal?.aborted) throw mistake("RUN_INTERRUPTED", {});
      for (let step = 0; step < rows; step++) {
        stimulus.read(sample, step, frame);
        if (frame.some((value) => isRounded(value * payloadScale))) rounded.add(name);
      }
    }
  }
  return rounded;
}

/** What one sample takes, in additions. */
function workOf({ program, recordings: { emulator } }: SampleInputs): number {
  const synops = emulator.projections.reduce((sum, one) => sum + one.synops.reduce((a, b) => a + b, 0), 0);
  const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);
  return synops / Math.max(1, emulator.samples) + neuronWork * neurons * emulator.steps;
}

export function rungSamples(inputs: SampleInputs): number {
  const affordable = Math.floor(rungWork / (2 * workOf(inputs)));
  return Math.min(inputs.recordings.emulator.samples, Math.max(usualSamples, affordable));
}

/** Samples whose spikes or class differ: those whose class does first, then others; always the first of all. Ascending. */
export function chosenSamples(inputs: SampleInputs, quantizations: number): readonly number[] {
  const { recordings, program, samples } = inputs;
  const { reference, emulator } = recordings;
  const names = program.populations.map(({ name }) => name);
  const float = readRung(reference, inputs, true).predictions;
  const chip = readRung(emulator, inputs, false).predictions;
  const otherClass = (sample: number): boolean => float[sample] !== chip[sample];
  const differing = Array.from({ length: reference.samples }, (_, sample) => sample).filter(
    (sample) => otherClass(sample) || spikesDiffer(reference, emulator, names, sample),
  );
  if (samples === "all") return differing;
  const affordable = Math.floor(causeWork / (2 * quantizations * workOf(inputs)));
  const most = samples ?? Math.max(2, Math.min(usualSamples, affordable));
  const ordered = [...new Set([...differing.slice(0, 1), ...differing.filter(otherClass), ...differing])];
  return ordered.slice(0, most).toSorted((a, b) => a - b);
}

function spikesDiffer(reference: Recording, emulator: Recording, names: readonly string[], sample: number): boolean {
  const { steps } = reference;
  return names.some((name) => {
    const [a, b] = [reference, emulator].map((one) => one.populations.find((own) => own.name === name)!.spikes);
    const first = sample * steps;
    const [i, j] = [a!.start[first]!, b!.start[first]!];
    for (let row = first; row < first + steps; row++) {
      if (a!.start[row + 1]! - i !== b!.start[row + 1]! - j) return true;
    }
    const count = a!.start[first + steps]! - i;
    for (let spike = 0; spike < count; spike++) if (a!.neuron[i + spike] !== b!.neuron[j + spike]) return true;
    return false;
  });
}
