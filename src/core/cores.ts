/** The two things a core is made of, neurons and synapses, in whichever form runs them. */

import { Delivery, type ProjectionLoad, type Synaptic } from "./delivery.ts";
import { Population, type Neurons, type PopulationLoad } from "./population.ts";
import { openRows } from "./rows.ts";
import type { Synapses } from "./synapses.ts";

/** Makes neurons and synapses. */
export interface Cores {
  /** @param probed per-step names to keep */
  population(load: PopulationLoad, probed?: readonly string[]): Neurons;
  /**
   * @param neurons of the whole target population
   * @param population what `population` made
   */
  delivery(load: ProjectionLoad, synapses: Synapses, neurons: number, population: Neurons): Synaptic;
}

/** Straight from the equations: prepared loops, or the plain walk that says what they mean. */
export function interpretedCores({ plain = false }: { readonly plain?: boolean } = {}): Cores {
  return {
    population: (load, probed) => new Population(load, plain, probed),
    delivery(load, synapses, neurons, population) {
      const { low, high } = population.load;
      return new Delivery(load, openRows(synapses, neurons, low, high), population as Population, plain);
    },
  };
}
