/** Axons: the lines by which spikes enter a core. How many a core needs, and how many each source has to reach. */

import { openRows } from "../core/rows.ts";
import { sourcesOf } from "./sources.ts";
import type { MappedPopulation, MappedProjection } from "./types.ts";

/** Synapses of a population by the neuron that they reach; `line` counts the sources of all its projections. */
interface Incoming {
  readonly start: Uint32Array;
  readonly line: Uint32Array;
  readonly weight: Int32Array;
  readonly lines: number;
}

/** Synapses of one neuron that share a weight, and the type of the axons that they listen to. */
export interface Kind {
  readonly weight: number;
  readonly lines: readonly number[];
  readonly type: number;
}

/** How many axons each neuron of a population has to reach, [neurons], by the population's name. */
export type Destinations = Map<string, Uint32Array>;

/**
 * Fills cores with the neurons of one population and counts the axons that they need. On chips whose axons have types
 * a source takes one axon of a core per type: neurons are given the types that add fewest axons to those there are.
 */
export class AxonUse {
  /** Axons of the core that is being filled. */
  used = 0;
  private readonly incoming: Incoming;
  private readonly types: number | null;
  private readonly taken: Uint8Array;
  private readonly owners: readonly { readonly first: number; readonly counts: Uint32Array }[];

  /**
   * @param projections into the population
   * @param types that axons may have, at least as many as any neuron has different weights; null where each synapse has
   * a weight of its own
   * @param destinations added to as neurons are placed; sources without an entry are not counted
   */
  constructor(
    population: MappedPopulation,
    projections: readonly MappedProjection[],
    types: number | null,
    destinations: Destinations,
  ) {
    this.incoming = incomingOf(population, projections);
    this.types = types;
    this.taken = new Uint8Array(this.incoming.lines * (types ?? 1));
    let first = 0;
    this.owners = projections.map(({ from, synapses }) => {
      const sources = sourcesOf(synapses, population.neurons);
      const owner = { first, counts: destinations.get(from) ?? new Uint32Array(sources) };
      first += sources;
      return owner;
    });
  }

  /** Axons that one more neuron adds to the core. */
  added(neuron: number): number {
    return this.kindsOf(neuron).reduce((sum, kind) => sum + this.cost(kind.lines, kind.type), 0);
  }

  /** Put a neuron on the core. @returns what its different weights became */
  take(neuron: number): readonly Kind[] {
    const kinds = this.kindsOf(neuron);
    for (const { lines, type } of kinds) {
      for (const line of lines) {
        const axon = this.axon(line, type);
        if (this.taken[axon] === 1) continue;
        this.taken[axon] = 1;
        this.used++;
        const owner = this.owners.findLast(({ first }) => first <= line)!;
        owner.counts[line - owner.first]! += 1;
      }
    }
    return kinds;
  }

  /** Go on with an empty core. */
  nextCore(): void {
    this.taken.fill(0);
    this.used = 0;
  }

  /** The cheapest type for each different weight, the cheapest of all first. */
  private kindsOf(neuron: number): Kind[] {
    const { start, line, weight } = this.incoming;
    const waiting = new Map<number, number[]>();
    for (let i = start[neuron]!; i < start[neuron + 1]!; i++) {
      const value = this.types === null ? 0 : weight[i]!;
      const known = waiting.get(value);
      if (known === undefined) waiting.set(value, [line[i]!]);
      else known.push(line[i]!);
    }
    const free = new Set(Array.from({ length: this.types ?? 1 }, (_, type) => type));
    const kinds: Kind[] = [];
    while (waiting.size > 0) {
      let best: (Kind & { readonly cost: number }) | null = null;
      for (const [value, lines] of waiting) {
        for (const type of free) {
          const cost = this.cost(lines, type);
          if (best === null || cost < best.cost) best = { weight: value, lines, type, cost };
        }
      }
      if (best === null) throw new Error("more different weights than types of axons");
      kinds.push({ weight: best.weight, lines: best.lines, type: best.type });
      waiting.delete(best.weight);
      free.delete(best.type);
    }
    return kinds;
  }

  private cost(lines: readonly number[], type: number): number {
    return lines.reduce((sum, line) => sum + (this.taken[this.axon(line, type)] === 1 ? 0 : 1), 0);
  }

  private axon(line: number, type: number): number {
    return line * (this.types ?? 1) + type;
  }
}

/** Synapses with a weight of 0 need no axon. */
function incomingOf({ neurons }: MappedPopulation, projections: readonly MappedProjection[]): Incoming {
  const start = new Uint32Array(neurons + 1);
  const lines = forEachSynapse(neurons, projections, (_, target) => void (start[target + 1]! += 1));
  for (let neuron = 0; neuron < neurons; neuron++) start[neuron + 1]! += start[neuron]!;
  const next = start.slice();
  const line = new Uint32Array(start[neurons]!);
  const weight = new Int32Array(start[neurons]!);
  forEachSynapse(neurons, projections, (own, target, value) => {
    const at = next[target]!++;
    line[at] = own;
    weight[at] = value;
  });
  return { start, line, weight, lines };
}

/** @returns how many lines there are */
function forEachSynapse(
  neurons: number,
  projections: readonly MappedProjection[],
  visit: (line: number, target: number, weight: number) => void,
): number {
  let first = 0;
  for (const { synapses } of projections) {
    const sources = sourcesOf(synapses, neurons);
    const rows = openRows(synapses, neurons, 0, neurons);
    for (let source = 0; source < sources; source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) {
        const target = rows.dense ? i - rows.begin : rows.target[i]!;
        if (rows.weight[i] !== 0) visit(first + source, target, rows.weight[i]!);
      }
    }
    first += sources;
  }
  return first;
}

/** The neuron with most different weights other than 0, and how many it has. */
export function mostWeights(
  population: MappedPopulation,
  projections: readonly MappedProjection[],
): { readonly neuron: number; readonly count: number } {
  const { start, weight } = incomingOf(population, projections);
  let most = { neuron: 0, count: 0 };
  for (let neuron = 0; neuron < population.neurons; neuron++) {
    const { size } = new Set(weight.subarray(start[neuron]!, start[neuron + 1]!));
    if (size > most.count) most = { neuron, count: size };
  }
  return most;
}
