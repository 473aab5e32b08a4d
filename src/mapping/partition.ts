/** Neurons to parts that a core has room for: consecutive neurons share one until a resource is used up. */

import type { Meter, Meters } from "./meters.ts";
import type { NeuronRange } from "./types.ts";

/** What lies on one core, wherever that is. */
export interface Part {
  readonly ranges: readonly NeuronRange[];
  /** What it takes of each meter, in their order. */
  readonly used: readonly number[];
}

/** A neuron that no core has room for. */
export interface Oversized {
  readonly population: string;
  readonly meter: Meter;
  /** What the largest such neuron takes. */
  readonly needed: number;
}

/** Whether a part has to end before a neuron, whatever room there is. */
export type Breaks = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * Fill cores with neurons, in their order.
 *
 * @param runs consecutive neurons, those of a population together
 * @param shared whether several populations may lie on one core
 * @param most parts wanted; neurons beyond are left over
 */
export function partition(
  meters: Meters,
  runs: readonly NeuronRange[],
  shared: boolean,
  breaks: Breaks = new Map(),
  most: number = Infinity,
): {
  readonly parts: readonly Part[];
  readonly oversized: readonly Oversized[];
  readonly left: readonly NeuronRange[];
} {
  const parts: Part[] = [];
  const left: NeuronRange[] = [];
  const oversized = new Map<string, Oversized>();
  let ranges: NeuronRange[] = [];
  const close = (): void => {
    if (ranges.length > 0) parts.push({ ranges, used: meters.all.map(({ used }) => used) });
    ranges = [];
    meters.clear();
  };
  meters.clear();
  for (const { population, from, to } of runs) {
    if (!shared && ranges.length > 0 && ranges[0]!.population !== population) close();
    meters.begin(population);
    const own = breaks.get(population);
    let first = from;
    const end = (neuron: number): void => {
      if (neuron > first) ranges.push({ population, from: first, to: neuron });
      first = neuron;
    };
    for (let neuron = from; neuron < to; neuron++) {
      if (meters.taken > 0 && (own?.has(neuron) === true || meters.full(neuron) !== undefined)) {
        end(neuron);
        close();
        if (parts.length === most) break;
      }
      if (meters.taken === 0) noteOversized(meters, population, neuron, oversized);
      meters.take(neuron);
    }
    if (parts.length === most) left.push({ population, from: first, to });
    else end(to);
  }
  close();
  return { parts, oversized: [...oversized.values()], left };
}

/** A neuron that is too much for an empty core. */
function noteOversized(meters: Meters, population: string, neuron: number, oversized: Map<string, Oversized>): void {
  for (const meter of meters.all) {
    const needed = meter.added(neuron);
    if (needed <= meter.limit) continue;
    const key = `${population} ${meter.name}`;
    if (needed > (oversized.get(key)?.needed ?? 0)) oversized.set(key, { population, meter, needed });
  }
}
