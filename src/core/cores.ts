/** The two things a core is made of, neurons and synapses, in whichever form runs them. */

import { Delivery, type ProjectionLoad, type Synaptic } from "./delivery.ts";
import { emptyList, type EventList } from "./events.ts";
import { Population, type Neurons, type PopulationLoad } from "./population.ts";
import { openRows } from "./rows.ts";
import type { Synapses } from "./synapses.ts";

/** One projection onto a population. */
export interface CoreProjection extends ProjectionLoad {
  readonly from: string;
  readonly synapses: Synapses;
}

/** One population and what leads to it. */
export interface CorePopulation {
  readonly load: PopulationLoad;
  /** Of the whole population. */
  readonly neurons: number;
  /** Per-step names to keep. */
  readonly probed: readonly string[];
  readonly incoming: readonly CoreProjection[];
}

/** Something that sends spikes: an input or a population. */
export interface CoreSource {
  readonly name: string;
  readonly neurons: number;
  /** How many timesteps' spikes are kept. */
  readonly kept: number;
  /** How many events one neuron may send in a timestep, and the smallest and largest that one may carry. */
  readonly events: number;
  readonly low: number;
  readonly high: number;
}

export interface OpenedCores {
  /** As they were asked for, with their projections in order. */
  readonly populations: readonly { readonly neurons: Neurons; readonly incoming: readonly Synaptic[] }[];
  /** Room for what each source sent in its last timesteps, in order of the sources: [kept] each. */
  readonly lists: readonly (readonly EventList[])[];
}

/** Makes all neurons and synapses of a program together: kernels have to know how much memory everything takes. */
export type Cores = (populations: readonly CorePopulation[], sources: readonly CoreSource[]) => OpenedCores;

/** Straight from the equations: prepared loops, or the plain walk that says what they mean. */
export function interpretedCores({ plain = false }: { readonly plain?: boolean } = {}): Cores {
  return (populations, sources) => ({
    populations: populations.map(({ load, neurons: whole, probed, incoming }) => {
      const neurons = new Population(load, plain, probed);
      const { low, high } = load;
      const deliveries = incoming.map((projection) => {
        return new Delivery(projection, openRows(projection.synapses, whole, low, high), neurons, plain);
      });
      return { neurons, incoming: deliveries };
    }),
    lists: sources.map(({ kept }) => Array.from({ length: kept }, () => emptyList())),
  });
}
