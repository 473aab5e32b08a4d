/**
 * The ladder between a float network and a chip: the same input on four rungs, of which each adds one kind of difference. The
 * network as its framework runs it; the chip's equations in real numbers with parameters before rounding; the same with the
 * program's integers; the chip.
 */

import { openReal, type RealReading } from "../chip/real.ts";
import type { Program, ProgramPopulation } from "../compile/program.ts";
import { evaluateReal, parseReal } from "../datapath/real.ts";
import type { Engine, Probe, Recording, RunOptions, Stimuli, StopSignal, Stimulus, SpikeTrain } from "../engine.ts";
import { accuracyOf, readOut, type Decode, type Readout } from "../measure/readout.ts";
import type { DiscreteNetwork, PopulationNode } from "../network/types.ts";
import { compareRecordings, type Divergence, type PopulationAgreement, type SpikeAgreement } from "./compare.ts";

/** From the float network down to the chip. */
export const rungNames = ["framework", "chip order", "chip parameters", "chip"] as const;
export type RungName = (typeof rungNames)[number];

/** What the step to a rung adds: order and meaning of operations, rounded parameters, rounding and overflow in each timestep. */
export const stepCosts = ["semantics", "parameters", "arithmetic"] as const;
export type StepCost = (typeof stepCosts)[number];

/** What one rung gave, on all samples of the ladder. */
export interface Rung {
  readonly name: RungName;
  /** 0 to 1; null without labels. */
  readonly accuracy: number | null;
  /** [samples] chosen class. */
  readonly predictions: readonly number[];
  /** Of all populations. */
  readonly spikes: number;
}

/** One population on both sides of a step. */
export interface StepPopulation extends PopulationAgreement {
  /**
   * By how much membranes differ after a timestep, on average over the samples with traces, where the unit is the distance from
   * rest to threshold; null: it has no membrane, or no threshold.
   */
  readonly membrane: number | null;
}

/** From one rung to the next. */
export interface LadderStep {
  readonly from: RungName;
  readonly to: RungName;
  readonly cost: StepCost;
  readonly spikes: SpikeAgreement;
  /** Samples whose class differs. */
  readonly predictions: number;
  readonly populations: readonly StepPopulation[];
  /** First spike that one of the two has and the other has not; `reference` is the upper rung. */
  readonly divergence: Divergence | null;
}

/** What the rungs are made of. */
export interface LadderInputs {
  readonly program: Program;
  readonly network: DiscreteNetwork;
  readonly stimuli: Stimuli;
  /** [samples] class indices; null without labels. */
  readonly labels: ArrayLike<number> | null;
  readonly decode: Decode;
  readonly signal?: StopSignal | undefined;
}

/** Recordings of the four rungs on the same samples, in their order. */
export type RungRecordings = readonly [Recording, Recording, Recording, Recording];

/** Some samples of all inputs, in the order given. */
export function pickStimuli(stimuli: Stimuli, samples: readonly number[]): Stimuli {
  const picked = (stimulus: Stimulus): Stimulus => ({
    ...stimulus,
    samples: samples.length,
    read: (sample, step, out) => stimulus.read(samples[sample]!, step, out),
  });
  return new Map([...stimuli].map(([name, stimulus]) => [name, picked(stimulus)]));
}

/** The same of a recording; probes are left out. */
export function pickRecording(recording: Recording, samples: readonly number[]): Recording {
  const { steps } = recording;
  const all = samples.length === recording.samples && samples.every((sample, i) => sample === i);
  if (all) return recording;
  const populations = recording.populations.map((one) => {
    return {
      ...one,
      spikes: pickTrain(one.spikes, steps, samples),
      traces: pickTraces(one.traces, recording, samples),
    };
  });
  const outputs = [...recording.outputs].map(([name, values]) => [name, pickRows(values, recording, samples)] as const);
  return { ...recording, samples: samples.length, populations, projections: [], outputs: new Map(outputs) };
}

function pickTrain({ start, neuron, payload }: SpikeTrain, steps: number, samples: readonly number[]): SpikeTrain {
  const rows = samples.flatMap((sample) => Array.from({ length: steps }, (_, step) => sample * steps + step));
  const own = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) own[i + 1] = own[i]! + start[row + 1]! - start[row]!;
  const total = own[rows.length]!;
  const ids = new Uint32Array(total);
  const values = payload === null ? null : new Int32Array(total);
  for (const [i, row] of rows.entries()) {
    ids.set(neuron.subarray(start[row], start[row + 1]), own[i]);
    values?.set(payload!.subarray(start[row], start[row + 1]), own[i]);
  }
  return { start: own, neuron: ids, payload: values };
}

function pickTraces(
  traces: Recording["populations"][number]["traces"],
  recording: Recording,
  samples: readonly number[],
): Recording["populations"][number]["traces"] {
  return new Map([...traces].map(([name, values]) => [name, pickRows(values, recording, samples)]));
}

function pickRows<T extends Float32Array | Float64Array | Int32Array>(
  values: T,
  { samples: all }: Recording,
  samples: readonly number[],
): T {
  const size = values.length / Math.max(1, all);
  const picked = new (values.constructor as new (length: number) => T)(size * samples.length);
  for (const [i, sample] of samples.entries())
    picked.set(values.subarray(sample * size, (sample + 1) * size), i * size);
  return picked;
}

/** The two rungs between the framework and the chip. */
export function openRungs(
  program: Program,
  order: RealReading,
): { readonly order: Engine; readonly parameters: Engine } {
  return { order: openReal(program, order), parameters: openReal(program) };
}

/** Which classes a recording chose; those of the framework have float membranes. */
export function readRung(recording: Recording, { program, decode }: LadderInputs, framework: boolean): Readout {
  const [output] = program.outputs;
  const options = output === undefined ? { decode } : { decode, output: output.name, population: output.population };
  const units = program.populations.find(({ name }) => name === output?.population);
  return readOut(
    recording,
    framework ? options : { ...options, scale: units?.scale ?? null, origin: units?.origin ?? null },
  );
}

/** What classes are read from beside spikes: membranes, recorded only where they are needed. */
export function readoutProbes({ program, decode }: Pick<LadderInputs, "program" | "decode">): Probe[] {
  if (decode !== "membrane" && decode !== "max-membrane") return [];
  return program.outputs.map(({ population }) => ({ population, register: "membrane" }));
}

/** How an engine is run for the ladder. */
export function runOptions({ signal }: LadderInputs, probes: readonly Probe[]): RunOptions {
  return { probes, ...(signal === undefined ? {} : { signal }) };
}

/** What each rung gave. @param labels [samples of the recordings] */
export function rungsOf(recordings: RungRecordings, inputs: LadderInputs, labels: ArrayLike<number> | null): Rung[] {
  const names = new Set(inputs.program.populations.map(({ name }) => name));
  return recordings.map((recording, index): Rung => {
    const { predictions, classes } = readRung(recording, inputs, index === 0);
    const own = recording.populations.filter(({ name }) => names.has(name));
    return {
      name: rungNames[index]!,
      accuracy: labels === null ? null : accuracyOf(predictions, labels, classes),
      predictions: [...predictions],
      spikes: own.reduce((sum, { spikes }) => sum + spikes.neuron.length, 0),
    };
  });
}

/**
 * What each step of the ladder adds.
 *
 * @param traced recordings of some of the samples with every membrane that is to be compared
 */
export function stepsOf(
  recordings: RungRecordings,
  rungs: readonly Rung[],
  traced: RungRecordings,
  inputs: LadderInputs,
): LadderStep[] {
  const names = inputs.program.populations.map(({ name }) => name);
  return stepCosts.map((cost, index): LadderStep => {
    const [upper, lower] = [recordings[index]!, recordings[index + 1]!];
    const { spikes, populations, divergence } = compareRecordings(upper, lower, names);
    const [above, below] = [rungs[index]!, rungs[index + 1]!];
    return {
      from: above.name,
      to: below.name,
      cost,
      spikes,
      predictions: above.predictions.filter((one, sample) => one !== below.predictions[sample]).length,
      populations: populations.map((one) => ({
        ...one,
        membrane: membraneDifference(one.name, traced[index]!, traced[index + 1]!, inputs, index === 0),
      })),
      divergence,
    };
  });
}

/** Membrane LSBs per float unit of each neuron; null where the membrane has no unit. */
export function membraneLsbs(
  { target }: Program,
  { datapath, neurons, scale }: ProgramPopulation,
): Float64Array | null {
  const text = target.datapaths[datapath]!.state["membrane"]?.encodes;
  if (text === undefined || scale === null) return null;
  const encodes = parseReal(text);
  const lsbs = scale.map((own) => evaluateReal(encodes, { membrane: 1, scale: own }));
  return lsbs.length === neurons ? lsbs : new Float64Array(neurons).fill(lsbs[0]!);
}

/** From the chip's zero to the threshold, in float units, of each neuron; null where it has none. */
export function thresholdsOf(
  network: DiscreteNetwork,
  { name, neurons, origin }: ProgramPopulation,
): Float64Array | null {
  const node = network.nodes.find((one): one is PopulationNode => one.kind === "population" && one.name === name);
  const threshold = node?.threshold ?? null;
  if (threshold === null) return null;
  return Float64Array.from({ length: neurons }, (_, i) => threshold[i]! - (origin?.[origin.length === 1 ? 0 : i] ?? 0));
}

function membraneDifference(
  name: string,
  upper: Recording,
  lower: Recording,
  { program, network }: LadderInputs,
  fromFramework: boolean,
): number | null {
  const population = program.populations.find((one) => one.name === name)!;
  const [above, below] = [upper, lower].map((recording) =>
    recording.populations.find((one) => one.name === name)?.traces.get("membrane"),
  );
  const [lsbs, thresholds] = [membraneLsbs(program, population), thresholdsOf(network, population)];
  if (above === undefined || below === undefined || lsbs === null || thresholds === null) return null;
  const { neurons, origin } = population;
  let [sum, count] = [0, 0];
  for (let i = 0; i < above.length; i++) {
    const neuron = i % neurons;
    const unit = lsbs[neuron]! * thresholds[neuron]!;
    if (!(unit > 0 && Number.isFinite(unit))) continue;
    const zero = fromFramework ? (origin?.[origin.length === 1 ? 0 : neuron] ?? 0) : 0;
    const own = fromFramework ? (above[i]! - zero) * lsbs[neuron]! : above[i]!;
    sum += Math.abs(own - below[i]!) / unit;
    count++;
  }
  return count === 0 ? null : sum / count;
}
