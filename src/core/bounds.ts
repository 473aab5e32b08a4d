/** What a timestep can bring to an accumulator: from weights, from what sources may send, and from `on total`. */

import type { CorePopulation, CoreSource } from "./cores.ts";
import { blocksOf, projectionConstants, type ProjectionLoad } from "./delivery.ts";
import { constantsOf, type PopulationLoad } from "./population.ts";
import { largestOf, openRows } from "./rows.ts";
import type { Sum } from "./sums.ts";
import type { Synapses } from "./synapses.ts";
import { hull, overlap } from "../datapath/interval.ts";
import { rangesOf, type Interval } from "../datapath/ranges.ts";
import { sizeOf } from "../network/types.ts";
import type { Values } from "../datapath/prepare.ts";

/** Smallest and largest of some values, both 0 where there is none. */
export function rangeOfValues(values: Values | Int8Array): Interval {
  if (typeof values === "number") return { low: BigInt(values), high: BigInt(values) };
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return low > high ? { low: 0n, high: 0n } : { low: BigInt(low), high: BigInt(high) };
}

/** What one neuron of each source may send in one timestep, by the source's name. */
export type Sources = ReadonlyMap<string, CoreSource>;

/** Of populations less than the machine allows, where their equations say so. */
export function boundSources(populations: readonly CorePopulation[], sources: readonly CoreSource[]): Sources {
  const loads = new Map(populations.map(({ load }) => [load.name, load]));
  return new Map(sources.map((source) => [source.name, narrowed(source, loads.get(source.name))]));
}

function narrowed(source: CoreSource, load: PopulationLoad | undefined): CoreSource {
  if (load === undefined) return source;
  const spike = rangesOf(load.datapath.onTimestep, namesOf(load)).results.get("spike") ?? { low: 0n, high: 0n };
  return sending(source, load, spike);
}

/** A population as a source where its equations give such spikes. */
export function sending(source: CoreSource, load: PopulationLoad, spike: Interval): CoreSource {
  // What neurons pass on to each other is in none of their equations.
  if (load.forwards !== undefined && load.datapath.spec.forward !== undefined) return source;
  if (source.high === 1) return { ...source, events: least(source.events, spike.high) };
  const own = overlap(spike, { low: BigInt(source.low), high: BigInt(source.high) }) ?? { low: 0n, high: 0n };
  return { ...source, low: Number(own.low), high: Number(own.high) };
}

function least(events: number, most: bigint): number {
  if (most <= 0n) return 0;
  return most < BigInt(events) ? Number(most) : events;
}

/** What the names of a block can be in any timestep; accumulators anything. */
function namesOf(load: PopulationLoad): Map<string, Interval> {
  const names = new Map<string, Interval>([["spike", { low: 0n, high: 0n }]]);
  for (const [name, { low, high }] of Object.entries(load.datapath.spec.state)) {
    names.set(name, { low: BigInt(low), high: BigInt(high) });
  }
  for (const [name, values] of constantsOf(load)) names.set(name, rangeOfValues(values));
  return names;
}

/**
 * What a population's accumulators can hold when its timestep begins, those that are registers left out; one that is
 * missing can hold anything.
 *
 * @param totals by projection; null where events run one by one
 */
export function inputRanges(
  { load, incoming }: CorePopulation,
  totals: readonly (Interval | null)[],
): Map<string, Interval> {
  const { spec } = load.datapath;
  const own = spec.inputs.filter((name) => !Object.hasOwn(spec.state, name));
  const ranges = new Map<string, Interval>(own.map((name) => [name, { low: 0n, high: 0n }]));
  for (const [index, projection] of incoming.entries()) {
    const total = totals[index]!;
    // Events in order may write to any of them.
    if (total === null) return new Map();
    addTotal(ranges, total, load, projection);
  }
  return ranges;
}

function addTotal(
  ranges: Map<string, Interval>,
  total: Interval,
  load: PopulationLoad,
  projection: ProjectionLoad,
): void {
  const names = namesOf(load);
  const constants = projectionConstants({ constants: constantsOf(load) }, projection);
  for (const [name, values] of constants) names.set(name, rangeOfValues(values));
  for (const [name, range] of ranges) names.set(name, range);
  const { results } = rangesOf(blocksOf(load, projection).onTotal, names.set("total", total));
  for (const [name, before] of ranges) {
    const after = results.get(name);
    // Nothing is added where nothing arrives.
    if (after !== undefined) ranges.set(name, hull(before, after));
  }
}

/** Synapses beyond this are not looked at one by one. */
const mostCounted = 2 ** 22;

/** What the events of one timestep can add up to, for the neuron that gets most. */
export function totalRange(
  synapses: Synapses,
  sum: Sum,
  population: Pick<CorePopulation, "neurons" | "load">,
  source: CoreSource,
): Interval {
  const totals = totalsOf(synapses, sum, population, source);
  if (totals === null) {
    const { up, down } = factorsOf(sum, source);
    const largest = largestOf(synapses.weight);
    const reach = wholeNumber(source.neurons * largest * Math.max(up, -down));
    return { low: -reach, high: reach };
  }
  return rangeOfTotals(totals);
}

/** From the least to the most of any neuron; what doubles cannot hold stops a run. */
export function rangeOfTotals({ most, fewest }: Totals): Interval {
  return {
    low: -wholeNumber(-fewest.reduce((least, one) => Math.min(least, one), 0)),
    high: wholeNumber(most.reduce((largest, one) => Math.max(largest, one), 0)),
  };
}

/** The most and the least, at most 0, that the events of one timestep can add up to, [neurons here] each. */
export interface Totals {
  readonly most: Float64Array;
  readonly fewest: Float64Array;
}

/** The same for every neuron; null where there are too many synapses to look at. */
export function totalsOf(
  synapses: Synapses,
  sum: Sum,
  { neurons, load: { low, high } }: Pick<CorePopulation, "neurons" | "load">,
  source: CoreSource,
): Totals | null {
  const { up, down } = factorsOf(sum, source);
  const whole = synapses.kind === "conv2d" ? sizeOf(synapses.outputShape) * sizeOf(synapses.kernel) : 0;
  if (Math.max(synapses.weight.length, whole) > mostCounted) return null;
  const rows = openRows(synapses, neurons, low, high);
  const [most, fewest] = [new Float64Array(high - low), new Float64Array(high - low)];
  for (let neuron = 0; neuron < source.neurons; neuron++) {
    rows.seek(neuron);
    for (let i = rows.begin; i < rows.end; i++) {
      const target = rows.dense ? i - rows.begin : rows.target[i]!;
      const weight = rows.weight[i]!;
      most[target]! += Math.max(weight * up, weight * down);
      fewest[target]! += Math.min(weight * up, weight * down);
    }
  }
  return { most, fewest };
}

/** The most and the least that one neuron of a source multiplies its weights with in a timestep. */
function factorsOf(sum: Sum, { events, low, high }: CoreSource): { readonly up: number; readonly down: number } {
  const plain = sum === "weight";
  return { up: events * (plain ? 1 : Math.max(0, high)), down: events * (plain ? 0 : Math.min(0, low)) };
}

/** A bound in doubles, each of whose sums may have been rounded down a little. */
function wholeNumber(bound: number): bigint {
  return bound < 2 ** 50 ? BigInt(bound) : BigInt(Number.MAX_SAFE_INTEGER);
}
