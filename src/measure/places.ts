/** On which cores the neurons of a program lie, and in which others they have synapses. */

import type { CoreUse, Program, ProgramProjection } from "../compile/program.ts";
import { openRows } from "../core/rows.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";

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

/** Where the synapses of a source's neurons lie. Neuron n has entries `begin[n]` to `end[n]` (excluded), by core. */
export interface Reach {
  /** [neurons]; neurons with the same synapses may have the same entries. */
  readonly begin: Uint32Array;
  readonly end: Uint32Array;
  /** [entries] ascending within a neuron. */
  readonly core: readonly number[];
  /** [entries] */
  readonly projection: readonly ProgramProjection[];
  /** [entries] how many synapses of the projection. */
  readonly synapses: readonly number[];
}

/** Where the synapses of all inputs and populations lie, by name. */
export function reachesOf(program: Program, placed: ReadonlyMap<string, Int32Array>): Map<string, Reach> {
  const { inputs, populations } = program;
  const sources = [...inputs.map(({ name, shape }) => ({ name, neurons: sizeOf(shape) })), ...populations];
  return new Map(sources.map(({ name, neurons }) => [name, reachOf(program, name, neurons, placed)]));
}

/** For each neuron of a source the cores in which it has synapses, and how many of each projection. */
export function reachOf(
  { projections, populations }: Program,
  name: string,
  neurons: number,
  placed: ReadonlyMap<string, Int32Array>,
): Reach {
  const own = projections
    .filter(({ from }) => from === name)
    .map((projection) => {
      const size = populations.find((population) => population.name === projection.to)!.neurons;
      return new Synapses(projection, size, placed.get(projection.to)!);
    });
  const [begin, end] = [new Uint32Array(neurons), new Uint32Array(neurons)];
  const core: number[] = [];
  const projection: ProgramProjection[] = [];
  const synapses: number[] = [];
  // Every source of a dense projection has the same.
  const alike = own.every(({ dense }) => dense);
  for (let neuron = 0; neuron < neurons; neuron++) {
    begin[neuron] = alike ? 0 : core.length;
    if (!alike || neuron === 0) {
      const found = own.flatMap((one) => one.of(neuron)).toSorted((a, b) => a.core - b.core);
      for (const one of found) {
        core.push(one.core);
        projection.push(one.projection);
        synapses.push(one.synapses);
      }
    }
    end[neuron] = core.length;
  }
  return { begin, end, core, projection, synapses };
}

interface InCore {
  readonly core: number;
  readonly projection: ProgramProjection;
  readonly synapses: number;
}

/** The synapses of one projection, counted by core. */
class Synapses {
  readonly dense: boolean;
  readonly #projection: ProgramProjection;
  readonly #rows: ReturnType<typeof openRows>;
  readonly #cores: Int32Array;
  /** [cores], zeros between two calls. */
  readonly #counts: Uint32Array;
  /** The one core in which all targets lie; null where there are several. */
  readonly #only: number | null;

  constructor(projection: ProgramProjection, neurons: number, cores: Int32Array) {
    this.#projection = projection;
    this.#rows = openRows(projection.synapses, neurons, 0, neurons);
    this.dense = this.#rows.dense;
    this.#cores = cores;
    this.#counts = new Uint32Array(cores.reduce((most, core) => Math.max(most, core), 0) + 1);
    this.#only = cores.every((core) => core === cores[0]) ? cores[0]! : null;
  }

  /** Cores in which one source has synapses. */
  of(source: number): InCore[] {
    const rows = this.#rows;
    const projection = this.#projection;
    rows.seek(source);
    if (rows.begin === rows.end) return [];
    if (this.#only !== null) return [{ core: this.#only, projection, synapses: rows.end - rows.begin }];
    const reached: number[] = [];
    for (let i = rows.begin; i < rows.end; i++) {
      const core = this.#cores[rows.dense ? i - rows.begin : rows.target[i]!]!;
      const before = this.#counts[core]!;
      if (before === 0) reached.push(core);
      this.#counts[core] = before + 1;
    }
    return reached.map((core) => {
      const synapses = this.#counts[core]!;
      this.#counts[core] = 0;
      return { core, projection, synapses };
    });
  }
}
