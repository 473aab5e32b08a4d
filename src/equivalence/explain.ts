/** Why a float network and its chip differ: the ladder between them, and what comes back when one quantization is undone. */

import { openReal } from "../chip/real.ts";
import type { Program, ProgramPopulation } from "../compile/program.ts";
import type { LossPlace, RealValues } from "../core/real.ts";
import { readDatapath } from "../datapath/datapath.ts";
import { printExpression } from "../datapath/print.ts";
import { namesIn } from "../datapath/syntax.ts";
import type { Engine, Probe, Recording } from "../engine.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { compareRecordings, type Divergence } from "./compare.ts";
import {
  openRungs,
  pickRecording,
  pickStimuli,
  readoutProbes,
  readRung,
  rungsOf,
  runOptions,
  stepsOf,
  type LadderInputs,
  type RungRecordings,
} from "./ladder.ts";
import type { Cause, Difference, Explanation, FirstDivergence, Ladder } from "./explanation.ts";
import { reasonOf } from "./reason.ts";
import { chosenSamples, roundedInputs, rungSamples, type SampleInputs } from "./samples.ts";
import {
  keyOf,
  openWith,
  partOf,
  quantizationsOf,
  quantizationText,
  type Quantization,
  type Unrounded,
} from "./quantizations.ts";

/** Everything that a ladder is made of. */
export interface ExplainInputs extends SampleInputs {
  /** From `compileWithExact`. */
  readonly exact: () => RealValues;
  /** Open; runs the framework's membranes on some samples again. */
  readonly reference: Engine;
  /** Told how many runs are done, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Timesteps shown before the first divergence. */
const lead = 4;
/** So many membranes at most are recorded in a run, of outputs first; of populations beyond they are not compared. */
const mostTraced = 20_000_000;

/**
 * Climb the ladder between two finished runs, and find what their differences come from.
 *
 * @throws RUN_INTERRUPTED
 */
export async function explain(inputs: ExplainInputs): Promise<Ladder> {
  try {
    return await climb(inputs);
  } catch (error) {
    if (!isMistake(error)) throw error;
    return withoutRungs(inputs, error);
  }
}

async function climb(inputs: ExplainInputs): Promise<Ladder> {
  const { program, recordings, labels } = inputs;
  // Refuses targets without a real reading before anything is worked out.
  await openReal(program).close();
  const unrounded: Unrounded = { values: inputs.exact(), inputs: await roundedInputs(inputs) };
  const all = quantizationsOf(program, unrounded, () => true);
  const count = inputs.samples === "all" ? recordings.emulator.samples : rungSamples(inputs);
  const first = Array.from({ length: count }, (_, sample) => sample);
  const chosen = chosenSamples(inputs, all.length);
  const runs = new Runs(inputs, 2 + (chosen.length === 0 ? 0 : 5 + 2 * all.length));
  const { order, parameters } = openRungs(program, { values: unrounded.values, exactInputs: unrounded.inputs });
  const rungRecordings: RungRecordings = [
    pickRecording(recordings.reference, first),
    await runs.run(order, first, readoutProbes(inputs)),
    await runs.run(parameters, first, readoutProbes(inputs)),
    pickRecording(recordings.emulator, first),
  ];
  const rungs = rungsOf(rungRecordings, inputs, labels === null ? null : Array.from(first, (i) => labels[i]!));
  const found = chosen.length === 0 ? null : await attribute(inputs, unrounded, chosen, runs);
  const steps = stepsOf(rungRecordings, rungs, found?.traced ?? rungRecordings, inputs);
  const explanation = found?.explanation ?? null;
  runs.done();
  return {
    samples: count,
    rungs,
    steps,
    explanation,
    reason: explanation === null ? "Every spike and every class agrees." : reasonOf(explanation, program),
    missing: null,
  };
}

/** Framework and chip alone, with the reason why there is no more. */
export function withoutRungs(inputs: ExplainInputs, error: BitspikeError): Ladder {
  const { reference, emulator } = inputs.recordings;
  const recordings: RungRecordings = [reference, reference, emulator, emulator];
  const [framework, , , chip] = rungsOf(recordings, inputs, inputs.labels);
  return {
    samples: emulator.samples,
    rungs: [framework!, chip!],
    steps: [],
    explanation: null,
    reason: `What the difference comes from cannot be told: ${error.message}`,
    missing: { code: error.code, message: error.message },
  };
}

/** Runs engines on some samples and tells how many runs are done. */
class Runs {
  private readonly inputs: ExplainInputs;
  private readonly total: number;
  private count = 0;

  constructor(inputs: ExplainInputs, total: number) {
    this.inputs = inputs;
    this.total = total;
  }

  async run(engine: Engine, samples: readonly number[], probes: readonly Probe[]): Promise<Recording> {
    const recording = await engine.run(pickStimuli(this.inputs.stimuli, samples), runOptions(this.inputs, probes));
    this.count++;
    this.inputs.onProgress?.(Math.min(this.count, this.total), this.total);
    return recording;
  }

  done(): void {
    this.inputs.onProgress?.(this.total, this.total);
  }
}

interface Attribution {
  readonly explanation: Explanation;
  /** The four rungs on the same samples with membranes. */
  readonly traced: RungRecordings;
}

/** Runs on the samples of the attribution that all others are compared with. */
interface Base {
  readonly inputs: ExplainInputs;
  readonly unrounded: Unrounded;
  readonly samples: readonly number[];
  readonly runs: Runs;
  readonly all: readonly Quantization[];
  /** The four rungs, those below the framework with membranes. */
  readonly recordings: RungRecordings;
  /** Where framework and chip part. */
  readonly place: Divergence | null;
}

/** Undo one quantization at a time. */
async function attribute(
  inputs: ExplainInputs,
  unrounded: Unrounded,
  samples: readonly number[],
  runs: Runs,
): Promise<Attribution> {
  const base = await baseOf(inputs, unrounded, samples, runs);
  const [float, order, parameters, chip] = base.recordings;
  const causes = await causesOf(base);
  const exactParameters = await runMade(base, (one) => partOf(one) === "arithmetic", true);
  const membrane = membranes(inputs, samples.length).filter(({ register }) => register === "membrane");
  const framework = await runs.run(inputs.reference, samples, membrane);
  return {
    traced: [framework, order, parameters, chip],
    explanation: {
      samples,
      framework: differenceOf(base, float, chip),
      semantics: differenceOf(base, float, order),
      quantization: differenceOf(base, order, chip),
      parameters: exactParameters && broughtBack(base, exactParameters),
      arithmetic: broughtBack(base, parameters),
      causes,
      first: base.place === null ? null : await firstDivergence(base, base.place),
    },
  };
}

async function baseOf(
  inputs: ExplainInputs,
  unrounded: Unrounded,
  samples: readonly number[],
  runs: Runs,
): Promise<Base> {
  const { program, recordings } = inputs;
  const probes = membranes(inputs, samples.length);
  const acted = new Set<string>();
  const watch = (place: LossPlace): void => void acted.add(keyOf(place));
  const chip = await runs.run(openReal(program, { acts: () => true, watch }), samples, probes);
  refuseInexact(pickRecording(recordings.emulator, samples), chip, program);
  const all = quantizationsOf(program, unrounded, (place) => acted.has(keyOf(place)));
  const order = await runs.run(
    openWith(program, all, unrounded, () => false, false),
    samples,
    probes,
  );
  const parameters = await runs.run(
    openWith(program, all, unrounded, (one) => partOf(one) === "parameters", false),
    samples,
    probes,
  );
  const float = pickRecording(recordings.reference, samples);
  const place = compareRecordings(float, chip, namesOf(program)).divergence;
  return { inputs, unrounded, samples, runs, all, recordings: [float, order, parameters, chip], place };
}

/**
 * The program with some quantizations made, on the samples of the attribution; null where it cannot run so, since a neuron
 * fires what no event can carry.
 */
async function runMade(
  { inputs, unrounded, samples, runs, all }: Base,
  made: (one: Quantization) => boolean,
  others: boolean,
): Promise<Recording | null> {
  try {
    return await runs.run(openWith(inputs.program, all, unrounded, made, others), samples, readoutProbes(inputs));
  } catch (error) {
    if (!isMistake(error)) throw error;
    return null;
  }
}

/** Whether an error tells of the run; what stops it does not. */
function isMistake(error: unknown): error is BitspikeError {
  return error instanceof BitspikeError && error.code !== "RUN_INTERRUPTED";
}

/** Every quantization alone undone, and alone made. */
async function causesOf(base: Base): Promise<readonly Cause[]> {
  const { recordings, all, inputs, place } = base;
  const [, order, , chip] = recordings;
  const causes: Cause[] = [];
  for (const quantization of all) {
    const without = await runMade(base, (one) => one !== quantization, true);
    const only = await runMade(base, (one) => one === quantization, false);
    const decides = place !== null && firesAt(order, place) !== firesAt(chip, place);
    causes.push({
      quantization,
      part: partOf(quantization),
      text: quantizationText(quantization, inputs.program),
      undone: without && broughtBack(base, without),
      alone: only && differenceOf(base, order, only),
      first: decides && without !== null && firesAt(without, place) === firesAt(order, place),
    });
  }
  return causes.toSorted(
    (a, b) => weightOf(b, "spikes") - weightOf(a, "spikes") || weightOf(b, "predictions") - weightOf(a, "predictions"),
  );
}

/** What a cause does where everything else is real, and where everything else is as on the chip. */
function weightOf({ undone, alone }: Cause, what: keyof Difference): number {
  return Math.abs(undone?.[what] ?? 0) + (alone?.[what] ?? 0);
}

/** How much less a run differs from the equations in real numbers than the chip does. */
function broughtBack(base: Base, recording: Recording): Difference {
  const [, order, , chip] = base.recordings;
  const [lost, left] = [differenceOf(base, order, chip), differenceOf(base, order, recording)];
  return { spikes: lost.spikes - left.spikes, predictions: lost.predictions - left.predictions };
}

/** Spikes and classes that differ. */
function differenceOf({ inputs, recordings: [float] }: Base, a: Recording, b: Recording): Difference {
  // Only the framework has its membranes in float.
  const [first, second] = [a, b].map((one) => readRung(one, inputs, one === float).predictions);
  return {
    spikes: compareRecordings(a, b, namesOf(inputs.program)).spikes.differing,
    predictions: [...first!].filter((one, sample) => one !== second![sample]).length,
  };
}

function namesOf({ populations }: Program): string[] {
  return populations.map(({ name }) => name);
}

/** Doubles are exact below 2^53, which is all that undoing one thing after the other rests on. @throws REAL_INEXACT */
function refuseInexact(chip: Recording, doubles: Recording, program: Program): void {
  const { divergence } = compareRecordings(chip, doubles, namesOf(program));
  if (divergence === null) return;
  throw mistake("REAL_INEXACT", {
    target: program.target.name,
    population: divergence.population,
    step: divergence.step,
  });
}

function firesAt(recording: Recording, { sample, step, population, neuron }: Divergence): boolean {
  const { start, neuron: ids } = recording.populations.find(({ name }) => name === population)!.spikes;
  const row = sample * recording.steps + step;
  return ids.subarray(start[row], start[row + 1]).includes(neuron);
}

/** Membranes of as many populations as there is room for, outputs first, and what classes are read from. */
export function membranes(inputs: LadderInputs, samples: number, most: number = mostTraced): Probe[] {
  const { program, stimuli } = inputs;
  const [stimulus] = stimuli.values();
  const outputs = new Set(program.outputs.map(({ population }) => population));
  const isOutput = (name: string): number => Number(outputs.has(name));
  let room = most;
  const own: Probe[] = [];
  for (const { name, neurons, datapath } of program.populations.toSorted(
    (a, b) => isOutput(b.name) - isOutput(a.name),
  )) {
    const values = neurons * samples * (stimulus?.steps ?? 0);
    if (!("membrane" in program.target.datapaths[datapath]!.state) || values > room) continue;
    room -= values;
    own.push({ population: name, register: "membrane" });
  }
  const needed = readoutProbes(inputs).filter((probe) =>
    own.every(({ population }) => population !== probe.population),
  );
  return [...own, ...needed];
}

/** What the neuron's equations hold before and at the first difference. @param place in the samples that were picked */
async function firstDivergence(base: Base, place: Divergence): Promise<FirstDivergence> {
  const { inputs, unrounded, all, samples, recordings } = base;
  const { program, stimuli } = inputs;
  const population = program.populations.find(({ name }) => name === place.population)!;
  const { condition, names } = shownOf(program, population);
  const sample = samples[place.sample]!;
  const options = runOptions(
    inputs,
    names.map((register) => ({ population: population.name, register })),
  );
  const one = pickStimuli(stimuli, [sample]);
  const order = await openWith(program, all, unrounded, () => false, false).run(one, options);
  const chip = await openReal(program, { acts: () => true }).run(one, options);
  const from = Math.max(0, place.step - lead);
  const steps = Array.from({ length: place.step - from + 1 }, (_, i) => from + i);
  const valuesIn = (recording: Recording, name: string): number[] => {
    const { traces } = recording.populations.find((own) => own.name === population.name)!;
    return steps.map((step) => traces.get(name)![step * population.neurons + place.neuron]!);
  };
  const [a, b, c, d] = recordings;
  return {
    ...place,
    sample,
    fires: [firesAt(a, place), firesAt(b, place), firesAt(c, place), firesAt(d, place)],
    condition,
    steps,
    values: names.map((name) => ({ name, order: valuesIn(order, name), chip: valuesIn(chip, name) })),
  };
}

/** Registers of a population and the names that decide whether it fires, and how. */
function shownOf(
  { target }: Program,
  { datapath }: ProgramPopulation,
): { readonly condition: string; readonly names: readonly string[] } {
  const spec = target.datapaths[datapath]!;
  const { onTimestep } = readDatapath(spec, target.settings).datapath!;
  const line = onTimestep.findLast(({ name }) => name === "spike")!;
  const assigned = new Set(onTimestep.map(({ name }) => name));
  const deciding = [...namesIn(line.value)].filter((name) => assigned.has(name) && name !== "spike");
  const names = [...new Set([...Object.keys(spec.state), ...deciding])];
  return { condition: printExpression(line.value), names };
}
