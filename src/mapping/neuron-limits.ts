/** What a chip limits for single neurons, wherever they lie: how many reach them, and how much they reach. */

import { openRows } from "../core/rows.ts";
import type { Sourced, Target } from "../target/types.ts";
import { AxonUse, type Destinations } from "./axons.ts";
import { synapsesOnto } from "./meters.ts";
import { eachReach } from "./reach.ts";
import type { Mapped, MappedProjection, NeuronRange } from "./types.ts";

/** How a network keeps to a limit of single neurons. */
export interface NeuronLimit {
  readonly name: string;
  readonly basis: Sourced;
  /** What the neuron takes that takes most, and which it is. */
  readonly most: number;
  readonly where: string;
  /** Why the network does not fit, population by population. */
  readonly reasons: readonly string[];
}

/** Where neurons lie, as parts of one core each. */
export interface Placement {
  readonly parts: readonly { readonly ranges: readonly NeuronRange[] }[];
  /** By population: the part of each neuron. */
  readonly partOf: ReadonlyMap<string, Int32Array>;
}

/** All limits of single neurons that a target has. */
export function neuronLimits(target: Target, mapped: Mapped, placement: Placement): NeuronLimit[] {
  const { destinations, fanIn, kinds = {} } = target.core;
  const limits: NeuronLimit[] = [];
  if (destinations !== undefined) {
    const counts = destinationsOf(target, mapped, placement);
    limits.push(
      judged("destinations", destinations, counts, (name, many, most) => {
        return `${many} neuron(s) of ${name} have to reach up to ${most} axons; a neuron of the chip reaches ${destinations.value}, and no copies are made.`;
      }),
    );
  }
  if (fanIn !== undefined) {
    const counts = new Map(
      mapped.populations.map(({ name, neurons }) => {
        const incoming = mapped.projections.filter(({ to }) => to === name);
        return [name, synapsesOnto(neurons, incoming, false)] as const;
      }),
    );
    limits.push(
      judged("fan-in", fanIn, counts, (name, many, most) => {
        return `${many} neuron(s) of ${name} have up to ${most} synapses; a neuron of the chip has room for ${fanIn.value}.`;
      }),
    );
  }
  for (const [kind, { fanOut }] of Object.entries(kinds)) {
    if (fanOut === undefined) continue;
    limits.push(
      judged(`fan-out to ${kind} neurons`, fanOut, reachedOfKind(mapped, kind), (name, many, most) => {
        return `${many} neuron(s) of ${name} reach up to ${most} ${kind} neurons; a neuron of the chip reaches ${fanOut.value}.`;
      }),
    );
  }
  return limits;
}

function judged(
  name: string,
  basis: Sourced,
  counts: ReadonlyMap<string, Uint32Array>,
  say: (population: string, many: number, most: number) => string,
): NeuronLimit {
  let [most, where] = [0, ""];
  const reasons: string[] = [];
  for (const [population, own] of counts) {
    const largest = own.reduce((a, b) => Math.max(a, b), 0);
    if (largest > most || where === "") [most, where] = [largest, `neuron ${own.indexOf(largest)} of ${population}`];
    const many = own.reduce((sum, count) => sum + (count > basis.value ? 1 : 0), 0);
    if (many > 0) reasons.push(say(population, many, largest));
  }
  return { name, basis, most, where, reasons };
}

/** Axons that the spikes of each neuron have to be sent to, [neurons] by population. */
function destinationsOf({ weights }: Target, mapped: Mapped, { parts, partOf }: Placement): Destinations {
  const counts: Destinations = new Map(mapped.populations.map(({ name, neurons }) => [name, new Uint32Array(neurons)]));
  if (weights.axonTypes === undefined) {
    for (const source of mapped.populations) {
      const own = counts.get(source.name)!;
      eachReach(mapped, source, partOf, parts.length, false, (neuron, _, count) => void (own[neuron] = count));
    }
    return counts;
  }
  for (const population of mapped.populations) {
    const incoming = mapped.projections.filter(({ to }) => to === population.name);
    const use = new AxonUse(population, incoming, weights.axonTypes.value, counts);
    for (const { ranges } of parts) {
      for (const { population: name, from, to } of ranges) {
        if (name === population.name) for (let neuron = from; neuron < to; neuron++) use.take(neuron);
      }
      if (use.used > 0) use.nextCore();
    }
  }
  return counts;
}

/** Neurons of a kind that each neuron reaches, [neurons] by population. */
function reachedOfKind({ populations, projections }: Mapped, kind: string): Map<string, Uint32Array> {
  return new Map(
    populations.map(({ name, neurons }) => {
      const reached = new Uint32Array(neurons);
      for (const way of projections) {
        const target = populations.find((one) => one.name === way.to)!;
        if (way.from === name && target.datapath === kind) countReached(way, target.neurons, reached);
      }
      return [name, reached];
    }),
  );
}

/** @param reached [sources] added to */
function countReached({ synapses }: MappedProjection, neurons: number, reached: Uint32Array): void {
  const rows = openRows(synapses, neurons, 0, neurons);
  for (let source = 0; source < reached.length; source++) {
    rows.seek(source);
    for (let i = rows.begin; i < rows.end; i++) if (rows.weight[i] !== 0) reached[source]!++;
  }
}
