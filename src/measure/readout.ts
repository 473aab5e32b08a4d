/** Which class a network chose, read from what it did. */

import type { PopulationRecording, Recording } from "../engine.ts";
import { mistake } from "../errors.ts";

/**
 * How a class is read from an output. `spikes`: most spikes. `membrane`: largest membrane after the last step.
 * `max-membrane`: largest membrane of any step. `first-spike`: earliest spike. The lowest index wins every tie.
 */
export type Decode = "spikes" | "membrane" | "max-membrane" | "first-spike";

/** Every `Decode`, in the order in which help texts list them. */
export const decodes: readonly Decode[] = ["spikes", "membrane", "max-membrane", "first-spike"];

export interface ReadoutOptions {
  /** `spikes` unless given. */
  readonly decode?: Decode;
  /** Output node to read; the recording's first unless given. */
  readonly output?: string;
  /** Population whose probed `membrane` the two membrane read-outs take; the last of the output's size unless given. */
  readonly population?: string;
  /** Membrane LSBs per float unit, [classes] or [1]; 1 unless given. Matters where classes differ in it. */
  readonly scale?: Float64Array | null;
  /** Float value of membrane 0, [classes] or [1]; 0 unless given. */
  readonly origin?: Float64Array | null;
}

export interface Readout {
  /** The Output node that was read. */
  readonly output: string;
  readonly classes: number;
  /** [samples] index of the chosen class. */
  readonly predictions: Uint32Array;
  /** [samples][classes] spikes that reached the output, each counted as often as its payload says; 0 where it carries no spikes. */
  readonly counts: Float64Array;
  /** Samples without any spike at the output. */
  readonly silent: number;
}

/** For one sample and class the number whose largest wins; -Infinity never wins against anything else. */
type Score = (sample: number, index: number) => number;

/**
 * Read the class of every sample from a recording.
 *
 * @throws READOUT_OUTPUT no such Output node; READOUT_NO_SPIKES a spike read-out of values that are not whole numbers;
 * READOUT_NO_MEMBRANE a membrane read-out of a population whose membrane was not recorded
 */
export function readOut(recording: Recording, options: ReadoutOptions = {}): Readout {
  const { samples, steps } = recording;
  const { name, values } = findOutput(recording, options.output);
  const classes = values.length / Math.max(1, samples * steps);
  const spiking = values.every(Number.isInteger);
  const counts = spiking ? sumOverSteps(values, samples, steps, classes) : new Float64Array(samples * classes);
  const decode = options.decode ?? "spikes";
  const score = scores(decode, recording, { name, values, classes, counts, spiking }, options);
  const predictions = Uint32Array.from({ length: samples }, (_, sample) => largest(sample, classes, score));
  return { output: name, classes, predictions, counts, silent: silentSamples(values, samples, spiking) };
}

/**
 * Share of predictions that equal their label, 0 to 1; 1 when there are no samples.
 *
 * @param labels [samples] class indices
 * @throws LABELS_COUNT when there is not one label per prediction; LABELS_RANGE for a label that is no class
 */
export function accuracyOf(predictions: Uint32Array, labels: ArrayLike<number>, classes: number): number {
  if (labels.length !== predictions.length) {
    throw mistake("LABELS_COUNT", { labels: labels.length, samples: predictions.length });
  }
  let right = 0;
  for (let sample = 0; sample < predictions.length; sample++) {
    const label = labels[sample]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw mistake("LABELS_RANGE", { label, sample, classes });
    }
    if (predictions[sample] === label) right++;
  }
  return predictions.length === 0 ? 1 : right / predictions.length;
}

interface OutputValues {
  readonly name: string;
  /** [samples][steps][classes] */
  readonly values: Float32Array;
  readonly classes: number;
  readonly counts: Float64Array;
  readonly spiking: boolean;
}

function findOutput(recording: Recording, wanted: string | undefined): { name: string; values: Float32Array } {
  for (const [name, values] of recording.outputs) if (wanted === undefined || name === wanted) return { name, values };
  const known = [...recording.outputs.keys()].join(", ") || "none";
  throw mistake("READOUT_OUTPUT", { output: wanted ?? "(the first)", known });
}

function scores(decode: Decode, recording: Recording, output: OutputValues, options: ReadoutOptions): Score {
  switch (decode) {
    case "spikes":
      requireSpikes(output);
      return (sample, index) => output.counts[sample * output.classes + index]!;
    case "first-spike":
      requireSpikes(output);
      return (sample, index) => -firstStep(output, recording.steps, sample, index);
    case "membrane":
      return membraneScore(recording, output, options, recording.steps - 1);
    case "max-membrane":
      return membraneScore(recording, output, options, 0);
    default:
      return decode satisfies never;
  }
}

function requireSpikes(output: OutputValues): void {
  if (!output.spiking) throw mistake("READOUT_NO_SPIKES", { output: output.name });
}

/** Step of the first spike, or `Infinity`. */
function firstStep(output: OutputValues, steps: number, sample: number, index: number): number {
  for (let step = 0; step < steps; step++) {
    if (output.values[(sample * steps + step) * output.classes + index] !== 0) return step;
  }
  return Infinity;
}

/** The largest membrane from step `from` to the last, in float units. */
function membraneScore(recording: Recording, output: OutputValues, options: ReadoutOptions, from: number): Score {
  const { classes } = output;
  const population = membranePopulation(recording, classes, options.population);
  const trace = population?.traces.get("membrane");
  if (population === undefined || trace === undefined) {
    throw mistake("READOUT_NO_MEMBRANE", { population: population?.name ?? options.population ?? output.name });
  }
  return (sample, index) => {
    let most = -Infinity;
    for (let step = from; step < recording.steps; step++) {
      most = Math.max(most, trace[(sample * recording.steps + step) * classes + index]!);
    }
    return most / pick(options.scale, index, 1) + pick(options.origin, index, 0);
  };
}

function membranePopulation(
  recording: Recording,
  classes: number,
  wanted: string | undefined,
): PopulationRecording | undefined {
  return recording.populations.findLast(({ name, neurons }) => neurons === classes && (wanted ?? name) === name);
}

/** Value `index` of an array that may hold one value for all. */
function pick(values: Float64Array | null | undefined, index: number, otherwise: number): number {
  if (values === null || values === undefined) return otherwise;
  return values[values.length === 1 ? 0 : index] ?? otherwise;
}

function largest(sample: number, classes: number, score: Score): number {
  let best = 0;
  let most = -Infinity;
  for (let index = 0; index < classes; index++) {
    const value = score(sample, index);
    if (value > most) {
      best = index;
      most = value;
    }
  }
  return best;
}

function sumOverSteps(values: Float32Array, samples: number, steps: number, classes: number): Float64Array {
  const counts = new Float64Array(samples * classes);
  for (let row = 0; row < samples * steps; row++) {
    const base = Math.floor(row / steps) * classes;
    for (let index = 0; index < classes; index++) counts[base + index]! += values[row * classes + index]!;
  }
  return counts;
}

function silentSamples(values: Float32Array, samples: number, spiking: boolean): number {
  if (!spiking) return 0;
  const size = values.length / Math.max(1, samples);
  let silent = 0;
  for (let sample = 0; sample < samples; sample++) {
    if (values.subarray(sample * size, (sample + 1) * size).every((value) => value === 0)) silent++;
  }
  return silent;
}
