/** Two recordings of the same network on the same input, spike by spike. */

import type { PopulationRecording, Recording, SpikeTrain } from "../engine.ts";
import { mistake } from "../errors.ts";

/** How far two sets of spikes agree, over (sample, step, neuron). What a spike carries is not compared. */
export interface SpikeAgreement {
  /** Spikes that both runs have. */
  readonly both: number;
  /** Spikes that at least one run has. */
  readonly either: number;
  /** Spikes that one run has and the other has not: `either - both`. */
  readonly differing: number;
  /** `both / either`, 0 to 1; 1 when neither run has a spike. */
  readonly share: number;
}

export interface PopulationAgreement extends SpikeAgreement {
  readonly name: string;
}

/** One place where exactly one of the runs has a spike. */
export interface Divergence {
  readonly sample: number;
  readonly step: number;
  readonly population: string;
  readonly neuron: number;
  /** Whether the reference fires there. */
  readonly reference: boolean;
  /** Whether the emulator fires there. */
  readonly emulator: boolean;
}

export interface Comparison {
  /** All compared populations together. */
  readonly spikes: SpikeAgreement;
  /** In the order of the reference. */
  readonly populations: readonly PopulationAgreement[];
  /** First difference in order of sample, step, population (as the reference orders them), neuron; null when none. */
  readonly divergence: Divergence | null;
  /** Samples with at least one difference. */
  readonly samplesDiffering: number;
}

/**
 * Compare the spikes of a reference run with those of an emulator. The time is linear in the number of events.
 *
 * @param only names of the populations to compare, both runs having them; those of both runs unless given. Leave out
 * inputs, whose spikes agree by construction.
 * @throws RECORDINGS_UNLIKE when samples, steps, populations or their sizes do not match
 */
export function compareRecordings(reference: Recording, emulator: Recording, only?: readonly string[]): Comparison {
  requireEqual("the number of samples", reference.samples, emulator.samples);
  requireEqual("the number of timesteps", reference.steps, emulator.steps);
  const pairs = pairPopulations(reference, emulator, only);
  const both = pairs.map(() => 0);
  let divergence: Divergence | null = null;
  let samplesDiffering = 0;
  for (let sample = 0; sample < reference.samples; sample++) {
    let differs = false;
    for (let step = 0; step < reference.steps; step++) {
      const row = sample * reference.steps + step;
      for (const [index, pair] of pairs.entries()) {
        const met = compareRow(pair.reference.spikes, pair.emulator.spikes, row);
        both[index]! += met.both;
        if (met.first === null) continue;
        differs = true;
        divergence ??= { sample, step, population: pair.reference.name, ...met.first };
      }
    }
    if (differs) samplesDiffering++;
  }
  const populations = pairs.map((pair, index) => ({ name: pair.reference.name, ...agreement(pair, both[index] ?? 0) }));
  return { spikes: together(populations), populations, divergence, samplesDiffering };
}

export interface PredictionAgreement {
  /** Share of samples with the same class, 0 to 1; 1 when there are none. */
  readonly share: number;
  /** Samples whose classes differ, ascending. */
  readonly mismatches: readonly number[];
}

/** Compare the classes that two runs chose; both arrays [samples]. */
export function comparePredictions(reference: Uint32Array, emulator: Uint32Array): PredictionAgreement {
  requireEqual("the number of samples", reference.length, emulator.length);
  const mismatches: number[] = [];
  for (let sample = 0; sample < reference.length; sample++) {
    if (reference[sample] !== emulator[sample]) mismatches.push(sample);
  }
  return { share: reference.length === 0 ? 1 : 1 - mismatches.length / reference.length, mismatches };
}

interface Pair {
  readonly reference: PopulationRecording;
  readonly emulator: PopulationRecording;
}

function pairPopulations(reference: Recording, emulator: Recording, only: readonly string[] | undefined): Pair[] {
  const byName = new Map(emulator.populations.map((population) => [population.name, population]));
  const wanted = only ?? reference.populations.map(({ name }) => name).filter((name) => byName.has(name));
  const pairs = reference.populations.flatMap((population) => {
    const other = byName.get(population.name);
    if (other === undefined || !wanted.includes(population.name)) return [];
    requireEqual(`the neurons of ${population.name}`, population.neurons, other.neurons);
    return [{ reference: population, emulator: other }];
  });
  if (pairs.length < wanted.length || pairs.length === 0) {
    throw mistake("RECORDINGS_UNLIKE", {
      what: "their populations",
      reference: reference.populations.map(({ name }) => name).join(", "),
      emulator: emulator.populations.map(({ name }) => name).join(", "),
    });
  }
  return pairs;
}

function requireEqual(what: string, reference: number, emulator: number): void {
  if (reference !== emulator) throw mistake("RECORDINGS_UNLIKE", { what, reference, emulator });
}

interface RowResult {
  readonly both: number;
  readonly first: { readonly neuron: number; readonly reference: boolean; readonly emulator: boolean } | null;
}

/** Merge two ascending lists of neurons. */
function compareRow(reference: SpikeTrain, emulator: SpikeTrain, row: number): RowResult {
  let i = reference.start[row]!;
  let j = emulator.start[row]!;
  const iEnd = reference.start[row + 1]!;
  const jEnd = emulator.start[row + 1]!;
  let both = 0;
  let first: RowResult["first"] = null;
  while (i < iEnd || j < jEnd) {
    const a = i < iEnd ? reference.neuron[i]! : Infinity;
    const b = j < jEnd ? emulator.neuron[j]! : Infinity;
    if (a === b) both++;
    else first ??= { neuron: Math.min(a, b), reference: a < b, emulator: b < a };
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return { both, first };
}

function agreement({ reference, emulator }: Pair, both: number): SpikeAgreement {
  return shareOf(both, reference.spikes.neuron.length + emulator.spikes.neuron.length - both);
}

function together(parts: readonly SpikeAgreement[]): SpikeAgreement {
  const sum = (of: (part: SpikeAgreement) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return shareOf(
    sum((part) => part.both),
    sum((part) => part.either),
  );
}

function shareOf(both: number, either: number): SpikeAgreement {
  return { both, either, differing: either - both, share: either === 0 ? 1 : both / either };
}
