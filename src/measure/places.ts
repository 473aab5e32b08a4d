/** On which cores the neurons of a program lie, and in which others they have synapses. */

import type { CoreUse, Program, ProgramProjection } from "../compile/program.ts";
import { openRows } from "../core/rows.ts";
import { mistake } from "../errors.ts";

/** Where a part of a population, or of an input that enters through a core, lies. */
export type Placed = Pick<CoreUse, "core" | "population" | "from" | "to">;

/** The core of each neuron, by population or input; inputs that lie nowhere are absent. @throws MEASURE_NOT_PLACED */
export function coresOf({ populations }: Program, places: readonly Placed[]): Map<string, Int32Array> {
  const sizes = new Map<string, number>();
  for (const { population, to } of places) sizes.set(population, Math.max(to, sizes.get(population) ?? 0));
  const cores = new Map([...sizes].map(([name, size]) => [name, new Int32Array(size).fill(-1)]));
  for (const { population, core, from, to } of places) cores.get(population)!.fill(core, from, to);
  for (const { name, neurons } of populations) {
    const own = cores.get(name);
    const missing = own === undefined ? neurons : neurons - own.filter((core) => core >= 0).length;
    if (missing > 0) throw mistake("MEASURE_NOT_PLACED", { population: name, missing });
  }
  return cores;
}

/** Synapses of a neuron in one core, by projection. */
export type Reached = Map<ProgramProjection, number>;

/** For each neuron of a source the cores in which it has synapses, in the order of their numbers. */
export function reachedCores(
  { projections, populations }: Program,
  name: string,
  neurons: number,
  placed: ReadonlyMap<string, Int32Array>,
): Map<number, Reached>[] {
  const reached = Array.from({ length: neurons }, () => new Map<number, Reached>());
  for (const projection of projections.filter(({ from }) => from === name)) {
    const { synapses, to } = projection;
    const targets = populations.find((population) => population.name === to)!.neurons;
    const rows = openRows(synapses, targets, 0, targets);
    const cores = placed.get(to)!;
    const counts = new Uint32Array(cores.reduce((most, core) => Math.max(most, core), 0) + 1);
    for (const [source, own] of reached.entries()) {
      rows.seek(source);
      counts.fill(0);
      for (let i = rows.begin; i < rows.end; i++) counts[cores[rows.dense ? i - rows.begin : rows.target[i]!]!]! += 1;
      for (const [core, count] of counts.entries()) {
        if (count > 0) own.set(core, (own.get(core) ?? new Map<ProgramProjection, number>()).set(projection, count));
      }
    }
  }
  return reached.map((own) => new Map([...own].toSorted(([a], [b]) => a - b)));
}
