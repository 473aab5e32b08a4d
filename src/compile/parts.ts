/** A program as its parts: populations with what leads to them, and what every source may send. */

import type { CorePopulation, CoreSource } from "../core/cores.ts";
import { payloadLimit } from "../core/population.ts";
import { readDatapath, type Datapath } from "../datapath/datapath.ts";
import { sizeOf } from "../network/types.ts";
import type { Program, ProgramProjection } from "./program.ts";

/** Neurons `low` to `high` (excluded) of one population. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** More binary spikes of one neuron in a timestep are a mistake in its equations, and would fill memory. */
export const mostSpikes: number = 65_535;

/** Which part of a program is meant, and what is to be kept of it. */
export interface PartOptions {
  /** Which neurons are here, by population; all of them where it says nothing. */
  readonly ranges?: ReadonlyMap<string, Range>;
  /** Per-step names to keep, by population. */
  readonly probed?: ReadonlyMap<string, readonly string[]>;
}

/** Projections onto a population, in the order of the program. */
export function projectionsTo(program: Program, population: string): ProgramProjection[] {
  return program.projections.filter(({ to }) => to === population);
}

/** Populations in the order of the program, with what leads to each. */
export function partsOf(program: Program, { ranges, probed }: PartOptions = {}): CorePopulation[] {
  const datapaths = readDatapaths(program);
  const { settings } = program;
  return program.populations.map((load) => {
    const { low, high } = ranges?.get(load.name) ?? { low: 0, high: load.neurons };
    return {
      load: { ...load, datapath: datapaths.get(load.datapath)!, low, high, settings },
      neurons: load.neurons,
      probed: probed?.get(load.name) ?? [],
      incoming: projectionsTo(program, load.name),
    };
  });
}

/** Inputs first. What they may send is checked when they do. */
export function sourcesOf({ inputs, populations, projections, target }: Program): CoreSource[] {
  const { payloadBits, atMost } = target.delivery;
  const binary = payloadBits === 0;
  const kept = (source: string): number => {
    const delays = projections.filter(({ from }) => from === source).map(({ arrivesAfter }) => arrivesAfter);
    return 1 + Math.max(0, ...delays);
  };
  return [
    ...inputs.map(({ name, shape, payloadScale, payloadLimit: limit }): CoreSource => {
      const common = { name, neurons: sizeOf(shape), kept: kept(name) };
      if (binary) return { ...common, events: Math.min(limit, atMost?.inputs ?? limit), low: 1, high: 1 };
      return { ...common, events: 1, low: payloadScale === null ? 1 : -limit, high: limit };
    }),
    ...populations.map(({ name, neurons }): CoreSource => {
      const common = { name, neurons, kept: kept(name) };
      if (binary) return { ...common, events: Math.min(mostSpikes, atMost?.spikes ?? mostSpikes), low: 1, high: 1 };
      return { ...common, events: 1, low: -payloadLimit, high: payloadLimit };
    }),
  ];
}

function readDatapaths(program: Program): ReadonlyMap<string, Datapath> {
  const datapaths = new Map<string, Datapath>();
  for (const [name, spec] of Object.entries(program.target.datapaths)) {
    const { datapath, issues } = readDatapath(spec, program.target.settings);
    if (datapath === null) throw issues[0]!;
    datapaths.set(name, datapath);
  }
  return datapaths;
}
