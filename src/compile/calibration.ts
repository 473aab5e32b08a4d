/** A float run on some data, from which the compiler reads what arrives at each neuron. */

import type { Engine, Recording, StopSignal, Stimuli, Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import type { Rates } from "../mapping/traffic.ts";
import { sizeOf, type DiscreteNetwork } from "../network/types.ts";

/** What was fed to a float network and what it fired. Labels are no part of it. */
export interface Calibration {
  readonly stimuli: Stimuli;
  readonly recording: Recording;
  /** Which data these are, for reports: `32 of 200 samples of images.npy`. */
  readonly origin: string;
}

/** No more samples than this are looked at; more make no difference. */
const mostSamples = 32;

/**
 * Run a float network on samples that are spread evenly over all.
 *
 * @param reference the network's float engine, which stays open
 * @param dataName name of the data, for reports
 * @throws COMPILE_CALIBRATION for data without samples; RUN_INTERRUPTED
 */
export async function calibrate(
  reference: Engine,
  stimuli: Stimuli,
  dataName: string,
  signal?: StopSignal,
): Promise<Calibration> {
  const samples = Math.max(0, ...[...stimuli.values()].map((stimulus) => stimulus.samples));
  const wanted = Math.min(mostSamples, samples);
  if (wanted === 0) refuse(`${dataName} has no samples`);
  const chosen = Array.from({ length: wanted }, (_, i) => Math.floor((i * samples) / wanted));
  const pick = (all: Stimulus): Stimulus => {
    return { ...all, samples: wanted, read: (sample, step, out) => all.read(chosen[sample]!, step, out) };
  };
  const picked = new Map([...stimuli].map(([name, all]) => [name, pick(all)]));
  const recording = await reference.run(picked, signal === undefined ? {} : { signal });
  return { stimuli: picked, recording, origin: `${wanted} of ${samples} samples of ${dataName}` };
}

/** Check that a calibration is one of this network. @throws COMPILE_CALIBRATION */
export function checkCalibration({ nodes }: DiscreteNetwork, { stimuli, recording }: Calibration): void {
  if (recording.samples * recording.steps === 0) refuse("it has no samples");
  for (const { kind, name, outputShape } of nodes) {
    const size = sizeOf(outputShape);
    if (kind === "input") {
      const given = stimuli.get(name);
      if (given === undefined) refuse(`nothing was fed to ${name}`);
      if (sizeOf(given.shape) !== size) refuse(`what was fed to ${name} has another size`);
      if (given.samples !== recording.samples || given.steps !== recording.steps) {
        refuse(`what was fed to ${name} is not what was recorded`);
      }
    }
    if (kind !== "population") continue;
    const found = recording.populations.find((one) => one.name === name);
    if (found === undefined || found.neurons !== size) refuse(`${name} was not recorded`);
  }
}

function refuse(what: string): never {
  throw mistake("COMPILE_CALIBRATION", { what });
}

/** Spikes per neuron and timestep of a population. */
export function rateOf(name: string, { recording }: Calibration): number {
  const found = recording.populations.find((one) => one.name === name)!;
  return found.spikes.neuron.length / (recording.samples * recording.steps * found.neurons);
}

/** Spikes per timestep of every neuron. */
export function ratesOf({ recording, origin }: Calibration): Rates {
  const { samples, steps, populations } = recording;
  const of = populations.map(({ name, neurons, spikes }) => {
    const rates = new Float64Array(neurons);
    for (const neuron of spikes.neuron) rates[neuron]! += 1;
    return [name, rates.map((count) => count / (samples * steps))] as const;
  });
  return { origin, of: new Map(of) };
}

/** Reads what a source sent in one timestep into `out` [size]. */
export type FrameReader = (sample: number, step: number, out: Float64Array) => void;

/** How to read the frames of an Input node or a population. */
export function framesOf(name: string, { stimuli, recording }: Calibration): FrameReader {
  const stimulus = stimuli.get(name);
  if (stimulus !== undefined) return (sample, step, out) => stimulus.read(sample, step, out);
  const { start, neuron, payload } = recording.populations.find((one) => one.name === name)!.spikes;
  return (sample, step, out) => {
    out.fill(0);
    const row = sample * recording.steps + step;
    for (let i = start[row]!; i < start[row + 1]!; i++) out[neuron[i]!] = payload?.[i] ?? 1;
  };
}
