/**
 * What the events of one timestep bring to the accumulators of a population, and what cuts them on their way: from the
 * weights, from what sources may send, and from `on spike` and `on total`.
 */

import { rangeOfValues, rangeOfTotals, totalRange, totalsOf, type Sources, type Totals } from "../core/bounds.ts";
import type { CorePopulation, CoreProjection, CoreSource } from "../core/cores.ts";
import { blocksOf, projectionConstants, sumOf } from "../core/delivery.ts";
import { constantsOf, type PopulationLoad } from "../core/population.ts";
import type { Sum } from "../core/sums.ts";
import type { Synapses } from "../core/synapses.ts";
import { runBlock } from "../datapath/evaluate.ts";
import { fold } from "../datapath/fold.ts";
import { anything, between, covers, hull, only, overlap, valueOf, type Interval } from "../datapath/interval.ts";
import type { Box } from "../datapath/invariant.ts";
import { parseBlock } from "../datapath/parse.ts";
import type { Values } from "../datapath/prepare.ts";
import { BlockReader, type BlockRanges } from "../datapath/ranges.ts";
import { namesIn, type Assignment, type Block, type Expression } from "../datapath/syntax.ts";
import { typeRange } from "../datapath/typed.ts";
import { BitspikeError } from "../errors.ts";
import type { OrderProof } from "./program.ts";

/** Names of what lies between 0 and nothing at all. */
const nothing: Interval = { low: 0n, high: 0n };

/** Whether, and in which order, a projection's events have to be taken. */
export type Order = OrderProof["because"];

/** One projection onto a population. */
export interface Arrival {
  readonly projection: CoreProjection;
  readonly source: CoreSource;
  readonly onSpike: Block;
  readonly onTotal: Block;
  /** What `on spike` adds up, where it is an exact sum. */
  readonly sum: Sum | null;
  /** What single events are added to, `total` or accumulators, one line of `on spike` each; null where it is no sum. */
  readonly adds: readonly Added[] | null;
}

/** One name that every event adds to. */
export interface Added {
  readonly to: string;
  /** What one event adds, as a block that assigns `term`. */
  readonly term: Block;
  /** What events of one timestep can add up to at most and at least, 0 included; and for every neuron, where that was counted. */
  readonly brings: Interval;
  readonly totals: Totals | null;
  /** The calls that cut the running sum after every event, the outermost first, and what they have in common. */
  readonly cuts: readonly Cut[];
  readonly cut: "saturate" | "wrap" | "other" | null;
}

/** What a timestep's events do, whatever they are. */
export interface Arrived {
  /** What accumulators can hold afterwards. */
  readonly accumulators: Box;
  /** By projection: readings of its blocks; null where `on spike` is an exact sum and needs none. */
  readonly spike: readonly (BlockRanges | null)[];
  readonly total: readonly BlockRanges[];
  readonly order: readonly Order[];
}

/** Works out what arrives at one population. */
export class Arriving {
  readonly arrivals: readonly Arrival[];
  /** Constants of the neurons, hulls over all of them. */
  readonly constants: Box;
  readonly #load: PopulationLoad;
  readonly #readers: readonly { readonly spike: BlockReader; readonly total: BlockReader; readonly constants: Box }[];
  /** Where nothing depends on registers: what was read closely, and not. */
  readonly #always = new Map<boolean, Arrived>();

  constructor(population: CorePopulation, sources: Sources) {
    const { load, incoming } = population;
    this.#load = load;
    this.constants = rangesOfConstants(load);
    this.arrivals = incoming.map((projection) => arrivalOf(population, projection, sources.get(projection.from)!));
    this.#readers = this.arrivals.map(({ projection, onSpike, onTotal }) => {
      const constants = projectionConstants({ constants: constantsOf(load) }, projection);
      const ranges = new Map([...constants].map(([name, values]) => [name, rangeOfValues(values)]));
      return { spike: new BlockReader(onSpike), total: new BlockReader(onTotal), constants: ranges };
    });
  }

  /** What one timestep's events do where registers lie in a box. */
  from(registers: Box, closely = false): Arrived {
    const before = this.#always.get(closely);
    if (before !== undefined) return before;
    const found = this.#read(registers, closely);
    if (!this.#readsRegisters()) this.#always.set(closely, found);
    return found;
  }

  #readsRegisters(): boolean {
    const { inputs, state } = this.#spec;
    if (inputs.some((name) => Object.hasOwn(state, name))) return true;
    return this.arrivals.some(({ onSpike, onTotal }) => {
      return [...onSpike, ...onTotal].some(({ name, value }) => {
        return [name, ...namesIn(value)].some((one) => Object.hasOwn(state, one));
      });
    });
  }

  #read(registers: Box, closely: boolean): Arrived {
    const accumulators = new Map(this.#spec.inputs.map((name) => [name, registers.get(name) ?? nothing]));
    const running = this.#running(accumulators);
    const found: { spike: (BlockRanges | null)[]; total: BlockRanges[]; order: Order[] } = {
      spike: [],
      total: [],
      order: [],
    };
    for (const [index, arrival] of this.arrivals.entries()) {
      const names = new Map([...registers, ...this.#readers[index]!.constants, ...accumulators]);
      const spike = arrival.sum === null ? this.#readSpike(arrival, index, names, running, registers, closely) : null;
      found.spike.push(spike?.ranges ?? null);
      found.order.push(spike?.order ?? "an exact sum");
      for (const name of accumulators.keys()) this.#widen(accumulators, name, spike?.after.get(name));
      for (const [name, range] of accumulators) names.set(name, range);
      names.set("total", spike === null ? arrival.adds![0]!.brings : (spike.after.get("total") ?? nothing));
      const total = this.#readers[index]!.total.read(names, closely);
      found.total.push(total);
      // Nothing is added where nothing arrives.
      for (const name of accumulators.keys()) this.#widen(accumulators, name, total.results.get(name));
    }
    return { accumulators, ...found };
  }

  get #spec(): PopulationLoad["datapath"]["spec"] {
    return this.#load.datapath.spec;
  }

  /** What a name can hold without a run being stopped. */
  #limit(name: string): Interval {
    return Object.hasOwn(this.#spec.state, name) ? typeRange(this.#spec.state[name]!) : anything;
  }

  #widen(accumulators: Map<string, Interval>, name: string, range: Interval | undefined): void {
    const possible = range && overlap(range, this.#limit(name));
    if (possible !== undefined && possible !== null) accumulators.set(name, hull(accumulators.get(name)!, possible));
  }

  /** Whether `on total` may change an accumulator: where a target does not write it, by a total that is not 0. */
  #addsTotals(adds: Arrival["adds"]): boolean {
    return this.#load.datapath.onTotal !== null || adds === null || adds.some(({ to }) => to === "total");
  }

  /** By name that events are added to one by one: what it can be at any moment of a timestep where nothing cuts it. */
  #running(accumulators: Box): Box {
    const running = new Map(accumulators);
    for (const { adds, onTotal } of this.arrivals) {
      for (const { to, brings } of adds ?? []) {
        const before = running.get(to);
        if (before !== undefined) running.set(to, between(before.low + brings.low, before.high + brings.high));
      }
      // What totals are added to at the same time has no such bounds.
      if (this.#addsTotals(adds)) for (const { name } of onTotal) if (running.has(name)) running.set(name, anything);
    }
    return running;
  }

  #readSpike(
    { source, projection, adds, onSpike }: Arrival,
    index: number,
    names: Box,
    running: Box,
    registers: Box,
    closely: boolean,
  ): { ranges: BlockRanges; order: Order; after: Box } {
    const own = new Map(names);
    own.set("weight", rangeOfValues(projection.synapses.weight));
    own.set("payload", { low: BigInt(source.low), high: BigInt(source.high) });
    own.set("total", nothing);
    const isAlike = areAlike(onSpike, own);
    const reader = this.#readers[index]!.spike;
    if (adds === null) {
      for (const name of [...this.#spec.inputs, "total"]) own.set(name, this.#limit(name));
      const ranges = reader.read(own, closely);
      const after = new Map(this.#spec.inputs.map((name) => [name, ranges.results.get(name) ?? nothing]));
      const total = onSpike.some(({ name }) => name === "total") ? anything : nothing;
      return { ranges, order: isAlike ? "events all alike" : "not decided", after: after.set("total", total) };
    }
    const uncut = new Map(
      adds.map(({ to, brings }) => [
        to,
        overlap(to === "total" ? brings : running.get(to)!, this.#limit(to)) ?? this.#limit(to),
      ]),
    );
    for (const [name, range] of uncut) own.set(name, range);
    let ranges = reader.read(own, closely);
    const never = adds.filter(({ cuts }) => cuts.every((node) => (ranges.acts.get(node) ?? "never") === "never"));
    // Saturated, a sum keeps to where it would go uncut if it begins between the ends.
    const keeping = adds.filter((one) => {
      const begins = one.to === "total" ? nothing : names.get(one.to)!;
      return never.includes(one) || (one.cut === "saturate" && one.cuts.every((node) => spans(ranges, node, begins)));
    });
    for (const one of adds) if (!keeping.includes(one)) own.set(one.to, this.#limit(one.to));
    if (keeping.length < adds.length) ranges = reader.read(own, closely);
    const after = new Map(
      adds.map((one): [string, Interval] => {
        const result = ranges.results.get(one.to) ?? nothing;
        const range = keeping.includes(one) ? (overlap(result, uncut.get(one.to)!) ?? result) : result;
        return [one.to, one.to === "total" ? hull(nothing, range) : range];
      }),
    );
    const orders = adds.map((one) =>
      never.includes(one) ? "never cut" : this.#orderOf(one, index, registers, ranges),
    );
    const uncutSums = adds.every(({ cut }) => cut === null);
    const order = uncutSums ? "an exact sum" : (worstFirst.find((one) => orders.includes(one)) ?? "never cut");
    return { ranges, order: order === "cut one by one" && isAlike ? "events all alike" : order, after };
  }

  /** Whether saturating events come to the same in any order, looked at neuron by neuron. */
  #orderOf(one: Added, index: number, registers: Box, ranges: BlockRanges): Order {
    const order = orderOf(one, ranges);
    const [start, ends] = [registers.get(one.to) ?? nothing, endsOf(one, ranges)];
    const earlier = this.#broughtBefore(index, one.to);
    if (order !== "cut one by one" || one.totals === null || ends === null || earlier === null) return order;
    if (!covers(ends, start)) return order;
    let isCut = false;
    const { most, fewest } = one.totals;
    for (let i = 0; i < most.length; i++) {
      const [up, down] = [most[i]!, fewest[i]!];
      const passes =
        Number(start.high) + earlier.most[i]! + up > Number(ends.high) ||
        Number(start.low) + earlier.fewest[i]! + down < Number(ends.low);
      // Events of one sign come to the same end in any order.
      if (passes && up > 0 && down < 0) return order;
      isCut ||= passes;
    }
    return isCut ? "cut alike in any order" : "never cut";
  }

  /** What projections before one bring to an accumulator that events are added to; null where that was not counted. */
  #broughtBefore(index: number, to: string): Totals | null {
    const { low, high } = this.#load;
    const sum = { most: new Float64Array(high - low), fewest: new Float64Array(high - low) };
    for (const { adds } of this.arrivals.slice(0, index)) {
      if (adds === null || this.#addsTotals(adds)) return null;
      for (const one of adds) {
        if (one.to !== to) continue;
        if (one.totals === null) return null;
        for (let i = 0; i < high - low; i++) {
          sum.most[i]! += one.totals.most[i]!;
          sum.fewest[i]! += one.totals.fewest[i]!;
        }
      }
    }
    return sum;
  }
}

/** Whether every event does the same to a neuron: nothing that it brings is read, or has more than one value. */
function areAlike(onSpike: Block, names: Box): boolean {
  const reads = new Set(onSpike.flatMap(({ value }) => [...namesIn(value)]));
  return ["weight", "payload"].every((name) => !reads.has(name) || valueOf(names.get(name)!) !== null);
}

const worstFirst: readonly Order[] = ["cut one by one", "cut alike in any order"];

/** Whether events that are cut come to the same in any order: turning over always does, saturating at one end too. */
function orderOf({ cut, cuts, brings: { low, high } }: Added, { of }: BlockRanges): Order {
  if (cut === "wrap") return "cut alike in any order";
  const oneEnd = cuts.every(({ args: [value, least, most] }) => {
    const [own, floor, ceiling] = [of.get(value!), of.get(least!), of.get(most!)];
    if (own === undefined || floor === undefined || ceiling === undefined) return false;
    return (low === 0n && own.low >= floor.high) || (high === 0n && own.high <= ceiling.low);
  });
  return cut === "saturate" && oneEnd ? "cut alike in any order" : "cut one by one";
}

/** Hulls of parameters over the neurons that are here, settings, and words. */
function rangesOfConstants(load: PopulationLoad): Map<string, Interval> {
  return new Map([...constantsOf(load)].map(([name, values]) => [name, rangeOfValues(values)]));
}

type Cut = Extract<Expression, { kind: "call" }>;

/** The two ends at which a sum is cut; null where they are not constant, or several. */
function endsOf({ cut, cuts }: Added, { of }: BlockRanges): Interval | null {
  const [only, ...others] = cuts;
  if (cut !== "saturate" || only === undefined || others.length > 0) return null;
  const [low, high] = only.args.slice(1).map((end) => of.get(end) && valueOf(of.get(end)!));
  return typeof low === "bigint" && typeof high === "bigint" ? { low, high } : null;
}

/** Whether an interval reaches into the one between two ends. */
function spans({ of }: BlockRanges, { args: [, least, most] }: Cut, { low, high }: Interval): boolean {
  const [floor, ceiling] = [of.get(least!), of.get(most!)];
  return floor !== undefined && ceiling !== undefined && floor.high <= high && ceiling.low >= low;
}

/** Cuts around a sum, the outermost first. */
function outerCuts(value: Expression): Cut[] {
  const found: Cut[] = [];
  for (let one = value; one.kind === "call" && cutting.has(one.name); one = one.args[0]!) found.push(one);
  return found;
}

const cutting: ReadonlySet<string> = new Set(["wrap", "saturate", "clamp"]);

/** What events add to an exact sum. */
const termsOf: Readonly<Record<Sum, Block>> = {
  weight: parseBlock("term = weight"),
  "weight * payload": parseBlock("term = weight * payload"),
};

function arrivalOf(population: CorePopulation, projection: CoreProjection, source: CoreSource): Arrival {
  const { load } = population;
  const constants = projectionConstants({ constants: constantsOf(load) }, projection);
  const blocks = blocksOf(load, projection);
  const [onSpike, onTotal] = [folded(blocks.onSpike, constants), folded(blocks.onTotal, constants)];
  const sum = sumOf(load, projection, constants);
  const common = { projection, source, onSpike, onTotal, sum };
  if (sum !== null) {
    const { synapses } = projection;
    const totals = totalsOf(synapses, sum, population, source);
    const brings = totals === null ? totalRange(synapses, sum, population, source) : rangeOfTotals(totals);
    // Adding to an accumulator that nothing reads meanwhile is adding to the total.
    return { ...common, onSpike: [], adds: [{ to: "total", term: termsOf[sum], brings, totals, cuts: [], cut: null }] };
  }
  const lines = onSpike.map((line) => addedBy(line, load));
  const names = new Set(onSpike.map(({ name }) => name));
  if (names.size < lines.length) return { ...common, adds: null };
  const adds: Added[] = [];
  for (const line of lines) {
    if (line === null) return { ...common, adds: null };
    adds.push({ ...line, ...broughtOneByOne(line.term, population, projection, source) });
  }
  return { ...common, adds };
}

/** A block with the constants put in that all neurons share. */
export function folded(block: Block, constants: ReadonlyMap<string, Values>): Block {
  const shared = new Map([...constants].flatMap(([name, value]) => (typeof value === "number" ? [[name, value]] : [])));
  return block.map((line) => ({ ...line, value: fold(line.value, shared) }));
}

/** `a = cut(a + term)`, where the term reads weight, payload and constants alone. */
function addedBy(line: Assignment, load: PopulationLoad): Pick<Added, "to" | "term" | "cuts" | "cut"> | null {
  const cuts = outerCuts(line.value);
  const sum = cuts.at(-1)?.args[0] ?? line.value;
  if (sum.kind !== "binary" || (sum.operator !== "+" && sum.operator !== "-")) return null;
  const { left, right, operator } = sum;
  const isOwn = (one: Expression): boolean => one.kind === "name" && one.name === line.name;
  const term = isOwn(left) ? right : isOwn(right) && operator === "+" ? left : null;
  if (term === null) return null;
  const known = new Set([
    "weight",
    "payload",
    ...constantsOf(load).keys(),
    ...Object.keys(load.datapath.spec.projection),
  ]);
  const limits = cuts.flatMap(({ args }) => args.slice(1));
  if (![term, ...limits].every((one) => [...namesIn(one)].every((name) => known.has(name)))) return null;
  const kinds = new Set(cuts.map(({ name }) => (name === "clamp" ? "saturate" : name)));
  const cut = kinds.size === 0 ? null : kinds.size > 1 ? "other" : ([...kinds][0] as "saturate" | "wrap");
  const value: Expression = operator === "-" ? { kind: "unary", operator: "-", operand: term, at: term.at } : term;
  return { to: line.name, term: [{ name: "term", value, at: term.at }], cuts, cut };
}

/** Weights beyond this many different ones are not looked at one by one. */
const mostWeights = 1024;
const largestTerm = 2 ** 31 - 1;

/** What events of one timestep add, each through a term of its own. */
function broughtOneByOne(
  block: Block,
  population: CorePopulation,
  projection: CoreProjection,
  source: CoreSource,
): { totals: Totals | null; brings: Interval } {
  const constants = new Map<string, Interval>(
    [...projectionConstants({ constants: constantsOf(population.load) }, projection)].map(([name, values]) => [
      name,
      rangeOfValues(values),
    ]),
  );
  constants.set("payload", { low: BigInt(source.low), high: BigInt(source.high) });
  const reads = namesIn(block[0]!.value);
  const fixed = [...constants].every(([name, range]) => !reads.has(name) || valueOf(range) !== null);
  const reader = fixed ? null : new BlockReader(block);
  const values = new Map([...constants].map(([name, { low }]) => [name, low]));
  const known = new Map<number, Interval | null>();
  const rangeOf = (weight: number): Interval | null => {
    const before = known.get(weight);
    if (before !== undefined) return before;
    if (known.size >= mostWeights) return null;
    const own = new Map(values).set("weight", BigInt(weight));
    const range =
      reader === null
        ? valueAfter(block, own)
        : reader.read(new Map(constants).set("weight", only(BigInt(weight))), false).results.get("term");
    const small =
      range !== undefined && covers({ low: BigInt(-largestTerm), high: BigInt(largestTerm) }, range) ? range : null;
    known.set(weight, small);
    return small;
  };
  const { synapses } = projection;
  const up = new Int32Array(synapses.weight.length);
  const down = new Int32Array(synapses.weight.length);
  for (const [i, weight] of synapses.weight.entries()) {
    const range = rangeOf(weight);
    if (range === null) return { totals: null, brings: anything };
    up[i] = Number(range.high);
    down[i] = Number(range.low);
  }
  const most = totalsOf(withWeight(synapses, up), "weight", population, source);
  const fewest = totalsOf(withWeight(synapses, down), "weight", population, source);
  if (most === null || fewest === null) {
    const [above, below] = [up, down].map((own) => totalRange(withWeight(synapses, own), "weight", population, source));
    return { totals: null, brings: hull({ low: 0n, high: above!.high }, { low: below!.low, high: 0n }) };
  }
  const totals = { most: most.most, fewest: fewest.fewest };
  return { totals, brings: rangeOfTotals(totals) };
}

/** The one value that a term has; undefined where it fails. */
function valueAfter(block: Block, values: Map<string, bigint>): Interval | undefined {
  try {
    runBlock(block, values);
    return only(values.get("term")!);
  } catch (error) {
    if (error instanceof BitspikeError) return undefined;
    throw error;
  }
}

function withWeight(synapses: Synapses, weight: Int32Array): Synapses {
  return { ...synapses, weight };
}
