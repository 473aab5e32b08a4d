/** One sample of both runs in full, cut down to what a page can show. */

import type { Program, ProgramPopulation } from "../compile/program.ts";
import type { PopulationRecording, Recording, SpikeTrain } from "../engine.ts";
import { type Divergence, compareRecordings } from "../equivalence/compare.ts";
import type { Network } from "../network/types.ts";

/** Spikes of one population in the shown steps. Places are step * rows + row, ascending, steps from 0. */
export interface DetailPopulation {
  readonly name: string;
  readonly neurons: number;
  /** Neuron of each row; fewer than `neurons` where a population is too large to show. */
  readonly rows: readonly number[];
  readonly both: readonly number[];
  readonly referenceOnly: readonly number[];
  readonly emulatorOnly: readonly number[];
}

/** One neuron's membrane in float units and its spikes, in the shown steps. */
export interface DetailTrace {
  readonly population: string;
  readonly neuron: number;
  /** [steps]; null where it was not recorded. */
  readonly reference: readonly number[] | null;
  /** [steps], from LSBs; null where it was not recorded or has no unit. */
  readonly emulator: readonly number[] | null;
  /** Null where the neuron never fires. */
  readonly threshold: number | null;
  /** Steps in which it fires. */
  readonly referenceSpikes: readonly number[];
  readonly emulatorSpikes: readonly number[];
}

export interface ReportDetails {
  /** Index of the sample in the whole run. */
  readonly sample: number;
  /** First step shown, and how many. */
  readonly from: number;
  readonly steps: number;
  /** Steps of the whole sample. */
  readonly allSteps: number;
  /** First difference within this sample; null when there is none. */
  readonly divergence: Divergence | null;
  readonly populations: readonly DetailPopulation[];
  readonly traces: readonly DetailTrace[];
}

export interface DetailInputs {
  readonly reference: Recording;
  readonly emulator: Recording;
  readonly program: Program;
  /** Gives thresholds; in discrete or continuous time. */
  readonly network: Network;
  /** Which sample of the recordings. */
  readonly sample: number;
  /** Its index in the whole run, when the recordings hold a part of it; `sample` unless given. */
  readonly shownAs?: number;
}

/** Limits that keep a page below a megabyte. */
const MAX_STEPS = 1000;
const MAX_ROWS = 256;
const MAX_EVENTS = 20_000;
const MAX_TRACES_PER_POPULATION = 8;
/** Steps times traces. */
const MAX_TRACE_POINTS = 24_000;
/** Steps shown before the first difference when a sample is too long to be shown whole. */
const LEAD = 100;

/**
 * Pick what to show of one sample. Nothing is random: rows are evenly spaced, traces go to the neuron that differs
 * first, then to those with most differences, then to those with most spikes.
 */
export function detailsOf(inputs: DetailInputs): ReportDetails {
  const { program } = inputs;
  const reference = oneSample(inputs.reference, inputs.sample);
  const emulator = oneSample(inputs.emulator, inputs.sample);
  const names = program.populations.map(({ name }) => name);
  const sample = inputs.shownAs ?? inputs.sample;
  const found = compareRecordings(reference, emulator, names).divergence;
  const window = chooseWindow(reference.steps, found);
  const pairs = reference.populations.flatMap((population) => {
    const other = emulator.populations.find(({ name }) => name === population.name);
    return other === undefined || !names.includes(population.name) ? [] : [{ reference: population, emulator: other }];
  });
  const traceable = Math.max(1, Math.floor(MAX_TRACE_POINTS / window.steps));
  const perPopulation = Math.min(MAX_TRACES_PER_POPULATION, Math.max(1, Math.floor(traceable / pairs.length)));
  const populations: DetailPopulation[] = [];
  const traces: DetailTrace[] = [];
  for (const pair of pairs) {
    const name = pair.reference.name;
    const differs = found?.population === name;
    // With very many populations the later ones go without, but never the one that differs first.
    const limit = differs || traces.length < traceable ? perPopulation : 0;
    const chosen = chooseNeurons(pair, window, differs ? found.neuron : null, limit);
    populations.push(raster(pair, window, chosen, MAX_EVENTS / pairs.length));
    const units = program.populations.find((population) => population.name === name);
    for (const neuron of chosen)
      traces.push(trace(pair, neuron, window, units, thresholdOf(inputs.network, name, neuron)));
  }
  return {
    sample,
    ...window,
    allSteps: reference.steps,
    divergence: found === null ? null : { ...found, sample },
    populations,
    traces,
  };
}

interface Window {
  readonly from: number;
  readonly steps: number;
}
interface Pair {
  readonly reference: PopulationRecording;
  readonly emulator: PopulationRecording;
}

function chooseWindow(steps: number, divergence: Divergence | null): Window {
  const length = Math.min(steps, MAX_STEPS);
  const wanted = Math.max(0, (divergence?.step ?? 0) - LEAD);
  return { from: steps === length ? 0 : Math.min(wanted, steps - length), steps: length };
}

/** The recording of one sample alone. */
function oneSample(recording: Recording, sample: number): Recording {
  const { steps } = recording;
  const populations = recording.populations.map((population) => ({
    ...population,
    spikes: rowsOf(population.spikes, sample * steps, steps),
    traces: new Map(
      [...population.traces].map(([name, values]) => {
        const size = steps * population.neurons;
        return [name, values.subarray(sample * size, (sample + 1) * size)];
      }),
    ),
  }));
  return { ...recording, samples: 1, populations, projections: [], outputs: new Map() };
}

function rowsOf(train: SpikeTrain, from: number, rows: number): SpikeTrain {
  const first = train.start[from] ?? 0;
  const start = train.start.slice(from, from + rows + 1).map((at) => at - first);
  const end = first + (start.at(-1) ?? 0);
  return { start, neuron: train.neuron.subarray(first, end), payload: null };
}

/** Up to `limit` neurons worth a trace, ascending. */
function chooseNeurons(pair: Pair, window: Window, first: number | null, limit: number): readonly number[] {
  const { neurons } = pair.reference;
  const interest = new Float64Array(neurons);
  if (first !== null) interest[first] = Infinity;
  forEachSpike(pair, window, (_, neuron, reference, emulator) => {
    // One difference counts for more than any number of equal spikes.
    interest[neuron]! += reference === emulator ? 1 : 2 * window.steps;
  });
  return Array.from(interest.keys())
    .toSorted((a, b) => (interest[a] === interest[b] ? a - b : interest[b]! - interest[a]!))
    .slice(0, limit)
    .toSorted((a, b) => a - b);
}

/** Every (step, neuron) of the window where at least one run has a spike, in that order. */
function forEachSpike(
  { reference, emulator }: Pair,
  window: Window,
  visit: (step: number, neuron: number, reference: boolean, emulator: boolean) => void,
): void {
  for (let step = 0; step < window.steps; step++) {
    const a = spikesAt(reference.spikes, window.from + step);
    const b = spikesAt(emulator.spikes, window.from + step);
    const neurons = [...new Set([...a, ...b])].toSorted((x, y) => x - y);
    for (const neuron of neurons) visit(step, neuron, a.has(neuron), b.has(neuron));
  }
}

function spikesAt(train: SpikeTrain, row: number): ReadonlySet<number> {
  return new Set(train.neuron.subarray(train.start[row], train.start[row + 1]));
}

function raster(pair: Pair, window: Window, always: readonly number[], maxEvents: number): DetailPopulation {
  const { name, neurons } = pair.reference;
  const places: { step: number; neuron: number; reference: boolean; emulator: boolean }[] = [];
  forEachSpike(pair, window, (step, neuron, reference, emulator) => {
    places.push({ step, neuron, reference, emulator });
  });
  const share = Math.min(1, maxEvents / Math.max(1, places.length));
  const rows = chooseRows(neurons, Math.max(1, Math.floor(Math.min(neurons, MAX_ROWS) * share)), always);
  const rowOf = new Map(rows.map((neuron, row) => [neuron, row]));
  const where = (reference: boolean, emulator: boolean): number[] =>
    places.flatMap((place) => {
      const row = rowOf.get(place.neuron);
      const fits = place.reference === reference && place.emulator === emulator;
      return row === undefined || !fits ? [] : [place.step * rows.length + row];
    });
  return {
    name,
    neurons,
    rows,
    both: where(true, true),
    referenceOnly: where(true, false),
    emulatorOnly: where(false, true),
  };
}

/** All neurons, or about `limit` of them evenly spaced with those that must be shown. */
function chooseRows(neurons: number, limit: number, always: readonly number[]): readonly number[] {
  const spaced = Array.from({ length: limit }, (_, row) => Math.floor((row * neurons) / limit));
  return [...new Set(limit === neurons ? spaced : [...spaced, ...always])].toSorted((a, b) => a - b);
}

function trace(
  pair: Pair,
  neuron: number,
  window: Window,
  units: ProgramPopulation | undefined,
  threshold: number | null,
): DetailTrace {
  const scale = pick(units?.scale ?? null, neuron);
  const origin = pick(units?.origin ?? null, neuron) ?? 0;
  return {
    population: pair.reference.name,
    neuron,
    reference: values(pair.reference, neuron, window, (value) => value),
    emulator: scale === null ? null : values(pair.emulator, neuron, window, (value) => value / scale + origin),
    threshold,
    referenceSpikes: stepsOf(pair.reference.spikes, neuron, window),
    emulatorSpikes: stepsOf(pair.emulator.spikes, neuron, window),
  };
}

function values(
  population: PopulationRecording,
  neuron: number,
  window: Window,
  toFloat: (value: number) => number,
): readonly number[] | null {
  const membrane = population.traces.get("membrane");
  if (membrane === undefined) return null;
  return Array.from({ length: window.steps }, (_, step) => {
    const value = membrane[(window.from + step) * population.neurons + neuron]!;
    // Six digits are more than a plot can show.
    return Number(toFloat(value).toPrecision(6));
  });
}

function stepsOf(train: SpikeTrain, neuron: number, window: Window): readonly number[] {
  const steps = Array.from({ length: window.steps }, (_, step) => step);
  return steps.filter((step) => spikesAt(train, window.from + step).has(neuron));
}

function thresholdOf(network: Network, name: string, neuron: number): number | null {
  const node = network.nodes.find((one) => one.name === name);
  if (node === undefined || (node.kind !== "neuron" && node.kind !== "population")) return null;
  return pick(node.threshold, neuron);
}

/** Value of one neuron in an array that may hold one value for all. */
function pick(array: ArrayLike<number> | null, neuron: number): number | null {
  return array === null ? null : (array[array.length === 1 ? 0 : neuron] ?? null);
}
