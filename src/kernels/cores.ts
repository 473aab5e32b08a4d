/** Neurons and synapses of a program in one WebAssembly memory. */

import { boundSources, inputRanges, rangeOfValues, totalRange, type Sources } from "../core/bounds.ts";
import { interpretedCores, type CorePopulation, type CoreProjection, type Cores } from "../core/cores.ts";
import { blocksOf, inputPlusTotal, projectionConstants, sumOf, type Synaptic } from "../core/delivery.ts";
import type { EventList } from "../core/events.ts";
import { accumulatorLimit, constantsOf, initialOf, type PopulationLoad } from "../core/population.ts";
import { recognizeSums, type NamedSum, type Sum } from "../core/sums.ts";
import { narrowest, type Synapses, type Weights } from "../core/synapses.ts";
import { overlap } from "../datapath/interval.ts";
import type { Interval } from "../datapath/ranges.ts";
import { fold } from "../datapath/fold.ts";
import { childrenOf, namesIn, renamed, type Block, type Expression } from "../datapath/syntax.ts";
import { within } from "./arithmetic/value.ts";
import {
  holdSynapses,
  openDelivery,
  packSynapses,
  placeBehind,
  reserveSums,
  sumsBehind,
  totalRegion,
  writeSynapses,
  type DeliveryParts,
  type KernelDelivery,
  type PackedSynapses,
  type SumPlaces,
  type Sums,
} from "./delivery.ts";
import { commonOf, type CommonByName } from "./common.ts";
import { deliveryKernels, type DeliveryKernels, type DeliveryModules } from "./load.ts";
import { Layout, openMemory, roomBehind, viewOf, type Region } from "./memory.ts";
import { openOnce } from "./once.ts";
import { planOrdered } from "./ordered.ts";
import { bytesOfSynapses, mostTogether, openPieces, planPieces, type PlacedParts } from "./pieces.ts";
import type { Targets } from "./form.ts";
import type { KernelNeurons } from "./neurons.ts";
import { intervalOf, planPopulation, type Arriving, type PopulationPlan } from "./population.ts";
import { keepsAtZero, openReach, type Reach } from "./reach.ts";
import { packRows, writeRows } from "./rows.ts";
import { planTotals, type Totals } from "./totals.ts";
import type { WasmMemory } from "./wasm.ts";

/**
 * Cores of compiled kernels, each program in a memory of its own; in several where synapses need more than one holds.
 *
 * @param together bytes of a memory before synapses get others
 * @param common synapses that lie elsewhere already
 */
export function kernelCores(
  modules: DeliveryModules,
  together: number = mostTogether,
  common: CommonByName = new Map(),
): Cores {
  return (populations, sources) => {
    // Such programs end with a mistake, which the equations themselves tell.
    if (populations.some(({ load }) => startsOutside(load))) return interpretedCores()(populations, sources);
    const layout = new Layout();
    const room = { layout, together, common };
    const bounded = boundSources(populations, sources);
    const plans = populations.map((population) => planCore(population, bounded, room));
    const places = sources.map(({ neurons, kept }) => {
      return Array.from({ length: kept }, (): ListPlace => ({
        neuron: layout.reserve("u32", neurons),
        payload: layout.reserve("i32", neurons),
      }));
    });
    const memory = openMemory(layout);
    const kernels = instances(modules);
    return {
      populations: plans.map(({ plan, incoming }) => {
        const neurons = plan.open(memory);
        return { neurons, incoming: incoming.map((open) => open(memory, neurons, kernels)) };
      }),
      lists: places.map((lists) => lists.map((list) => openList(list, memory))),
    };
  };
}

/** Whether some register begins with a value that its type does not have. */
function startsOutside(load: PopulationLoad): boolean {
  return Object.entries(load.datapath.spec.state).some(([name, type]) => {
    return !within(rangeOfValues(initialOf(load, name)), intervalOf(type));
  });
}

interface ListPlace {
  readonly neuron: Region<"u32">;
  readonly payload: Region<"i32">;
}

function openList({ neuron, payload }: ListPlace, memory: WasmMemory): EventList {
  return { neuron: viewOf(memory, neuron), payload: viewOf(memory, payload), begin: 0, count: 0, binary: false };
}

/** Instances of the kernels, one for each memory. */
type KernelsOn = (memory: WasmMemory) => DeliveryKernels;

function instances(modules: DeliveryModules): KernelsOn {
  const known = new Map<WasmMemory, DeliveryKernels>();
  return (memory) => {
    const kernels = known.get(memory) ?? deliveryKernels(modules, memory);
    known.set(memory, kernels);
    return kernels;
  };
}

/** Where neurons and synapses may lie. */
interface Room {
  readonly layout: Layout;
  readonly together: number;
  readonly common: CommonByName;
}

/** Opens a projection whose place is known. */
type OpenProjection = (memory: WasmMemory, neurons: KernelNeurons, kernelsOn: KernelsOn) => Synaptic;

interface CorePlan {
  readonly plan: PopulationPlan;
  readonly incoming: readonly OpenProjection[];
}

/** What one sum of a projection's events needs. */
interface SumPlan {
  /** What the events of a timestep can add up to. */
  readonly range: Interval;
  /** Where totals are read. */
  readonly region: Region<"i32">;
  open(memory: WasmMemory, kernelsOn: KernelsOn): OpenedDelivery;
}

interface OpenedDelivery {
  readonly delivery: KernelDelivery;
  /** Where totals are taken to that are made in the memory of the synapses; null where they are read where they are made. */
  readonly copy: Int32Array | null;
}

/** What a projection whose events add up needs. */
interface SumsPlan {
  /** What `on total` reads. */
  readonly total: SumPlan;
  /** Sums that accumulators get as they are, by their names. */
  readonly others: ReadonlyMap<string, SumPlan>;
}

function planCore(population: CorePopulation, sources: Sources, room: Room): CorePlan {
  const { layout } = room;
  const { load, probed, incoming } = population;
  const several = sumsBeside(population);
  const sums = incoming.map((projection) => planSums(projection, population, sources, several, room));
  const ranges = inputRanges(
    population,
    sums.map((one) => one?.total.range ?? null),
  );
  // `on total` neither reads nor writes these, so that they come on top.
  for (const { others } of sums.flatMap((one) => one ?? [])) {
    for (const [name, { range }] of others) ranges.set(name, sumOfRanges(ranges.get(name), range));
  }
  const inputs = new Map(sums.includes(null) ? [] : [...ranges].map(([name, range]) => [name, { range }]));
  const only = sums.length === 1 ? sums[0]! : null;
  const arriving = only === null ? null : arrivingFrom(load, incoming[0]!, only, ranges);
  const plan = planPopulation(load, inputs, layout, { shared: false, probed, rest: true, arriving });
  return {
    plan,
    incoming: incoming.map((projection, index) => {
      const own = sums[index]!;
      return own === null
        ? planInOrder(projection, population, plan, sources, layout)
        : planSummed(projection, own, plan);
    }),
  };
}

/** Populations that are as small gain less than another kernel takes to be compiled. */
const fewestFused = 256;

/** What `on total` of the only projection puts into an accumulator, if it is that simple. */
function arrivingFrom(
  load: PopulationLoad,
  projection: CoreProjection,
  { total, others }: SumsPlan,
  ranges: ReadonlyMap<string, Interval>,
): Arriving | null {
  const { datapath, low, high } = load;
  const [line, ...more] = blocksOf(load, projection).onTotal;
  if (high - low < fewestFused || line === undefined || more.length > 0 || others.size > 0) return null;
  const { name: accumulator, value } = line;
  if (!accumulates(datapath.spec, accumulator) || !within(total.range, limitsOfTotal)) return null;
  // Together with the timestep there is no room for a mistake of `on total`.
  const range = ranges.get(accumulator);
  if (range === undefined || !within(range, limitsOfAccumulator)) return null;
  const added = addedTo(accumulator, value);
  if (added === null) return null;
  const constants = projectionConstants({ constants: constantsOf(load) }, projection);
  const scalars = [...constants].flatMap(([name, one]) => (typeof one === "number" ? [[name, one] as const] : []));
  const folded = fold(added, new Map(scalars));
  const alone = [...namesIn(folded)].every((name) => name === "total");
  const used = datapath.onTimestep.some((own) => {
    const written = own.name === accumulator || own.name === "total";
    return written || namesIn(own.value).has("total") || readsOld(own.value, accumulator);
  });
  if (!alone || used) return null;
  return { accumulator, value: folded, total };
}

/** What is added to a name by `name + ..`; null for any other expression. */
function addedTo(name: string, value: Expression): Expression | null {
  if (value.kind !== "binary" || value.operator !== "+") return null;
  return value.left.kind === "name" && value.left.name === name ? value.right : null;
}

function readsOld(value: Expression, name: string): boolean {
  if (value.kind === "old") return value.name === name;
  return childrenOf(value).some((child) => readsOld(child, name));
}

function sumOfRanges(before: Interval | undefined, { low, high }: Interval): Interval {
  const { low: least, high: most } = before ?? { low: 0n, high: 0n };
  return { low: least + (low < 0n ? low : 0n), high: most + (high > 0n ? high : 0n) };
}

/** Sums that `on spike` of each projection makes side by side; null where it does not, or `on total` has to do with them. */
function sumsBeside({ load, incoming }: CorePopulation): ReadonlyMap<CoreProjection, readonly NamedSum[]> | null {
  const all = new Map<CoreProjection, readonly NamedSum[]>();
  const { spec } = load.datapath;
  for (const projection of incoming) {
    const constants = projectionConstants({ constants: constantsOf(load) }, projection);
    const sums = recognizeSums(blocksOf(load, projection).onSpike, constants);
    const adds = sums?.every(({ name }) => name === "total" || accumulates(spec, name)) ?? false;
    if (sums === null || !adds || !sums.some(({ name }) => name === "total")) return null;
    all.set(projection, sums);
  }
  const others = new Set([...all.values()].flat().map(({ name }) => name));
  others.delete("total");
  const mentioned = incoming.flatMap((projection) => {
    return blocksOf(load, projection).onTotal.flatMap(({ name, value }) => [name, ...namesIn(value)]);
  });
  return mentioned.some((name) => others.has(name)) ? null : all;
}

/** Whether an accumulator is no register. */
function accumulates({ inputs, state }: PopulationLoad["datapath"]["spec"], name: string): boolean {
  return inputs.includes(name) && !Object.hasOwn(state, name);
}

function planSums(
  projection: CoreProjection,
  population: CorePopulation,
  sources: Sources,
  several: ReturnType<typeof sumsBeside>,
  room: Room,
): SumsPlan | null {
  const { load } = population;
  const source = sources.get(projection.from)!;
  const constants = projectionConstants({ constants: constantsOf(load) }, projection);
  const targets = { neurons: population.neurons, low: load.low, high: load.high };
  const plan = (sum: Sum, synapses: Synapses): SumPlan => {
    const range = totalRange(synapses, sum, population, source);
    const facts = { synapses, name: projection.name, bounded: within(range, limitsOfTotal) };
    return { range, ...placeSums(facts, targets, sum, room) };
  };
  const only = sumOf(load, projection, constants);
  if (only !== null) return { total: plan(only, projection.synapses), others: new Map() };
  const sums = several?.get(projection)?.map(({ name, sum }) => {
    return typeof sum === "string"
      ? { name, sum, synapses: projection.synapses }
      : { name, sum: "weight" as const, synapses: { ...projection.synapses, weight: alike(projection.synapses, sum) } };
  });
  // Events one by one would say so where sums leave what they may be.
  if (
    sums?.every(({ sum, synapses }) => within(totalRange(synapses, sum, population, source), limitsOfTotal)) !== true
  ) {
    return null;
  }
  const plans = new Map(sums.map(({ name, sum, synapses }) => [name, plan(sum, synapses)]));
  const total = plans.get("total")!;
  plans.delete("total");
  return { total, others: plans };
}

/** As many weights of one value. */
function alike({ weight }: Synapses, value: number): Weights {
  return narrowest(Int32Array.of(value)).constructor === Int8Array
    ? new Int8Array(weight.length).fill(value)
    : new Int32Array(weight.length).fill(value);
}

function planSummed(projection: CoreProjection, { total, others }: SumsPlan, plan: PopulationPlan): OpenProjection {
  const opened = [...others].map(([name, own]) => {
    return openSum(projection, own, plan, renamed(inputPlusTotal, "input", name));
  });
  // Last, since all events have been delivered when `on total` runs.
  opened.push(openSum(projection, total, plan));
  const { load } = plan;
  const constants = projectionConstants({ constants: constantsOf(load) }, projection);
  const partly = keepsAtZero(blocksOf(load, projection).onTotal, constants);
  return (memory, neurons, kernels) => {
    // Rows are of the whole population.
    const targets = { neurons: load.high, low: load.low, high: load.high };
    const reach = partly ? openReach(projection.synapses, targets) : null;
    return new Summed(
      opened.map((open) => open(memory, neurons, kernels)),
      reach,
      neurons.fuse,
    );
  };
}

type OpenSum = (...opened: Parameters<OpenProjection>) => OpenedSum;

/** @param block run with what the events add up to; `on total` where it is missing */
function openSum(
  projection: CoreProjection,
  { region, range, open }: SumPlan,
  plan: PopulationPlan,
  block?: Block,
): OpenSum {
  const totals = planTotals(plan, projection, { region, range: overlap(range, limitsOfTotal)! }, false, block);
  return (memory, neurons, kernelsOn) => {
    const { delivery, copy } = open(memory, kernelsOn);
    return { delivery, sums: delivery.sums[0]!, totals: totals.open(memory, neurons), copy };
  };
}

/** What is known of one sum beside where it lies. */
type SumFacts = Pick<DeliveryParts, "synapses" | "name" | "bounded">;

/** Find a place for synapses and their sums: where they are, beside the neurons, or in memories of their own. */
function placeSums(
  facts: SumFacts,
  targets: Targets,
  sum: Sum,
  { layout, together, common }: Room,
): Omit<SumPlan, "range"> {
  const { synapses } = facts;
  const behind = new Layout();
  const ready = commonOf(common, facts.name, targets);
  if (ready !== null) {
    const { memory: apart, packed } = ready;
    const places = reserveSums(packed, behind);
    const region = layout.reserve("i32", targets.high - targets.low);
    const open: SumPlan["open"] = (memory, kernelsOn) => {
      const delivery = openOnce(apart, kindOf(facts), () => {
        const own = sumsBehind(places, roomBehind(apart, behind));
        return openDelivery({ memory: apart, packed, places: own, ...facts, apart: true, kernels: kernelsOn(apart) });
      });
      return { delivery, copy: viewOf(memory, region) };
    };
    return { region, open };
  }
  const held = holdSynapses(synapses, targets, sum, behind);
  if (held !== null) {
    const places = reserveSums(held, behind);
    const region = layout.reserve("i32", targets.high - targets.low);
    const open: SumPlan["open"] = (memory, kernelsOn) => {
      const { memory: apart } = held.held!;
      const delivery = openOnce(apart, kindOf(facts, held), () => {
        return openPacked(placedApart(apart, held, places, behind), facts, kernelsOn);
      });
      return { delivery, copy: viewOf(memory, region) };
    };
    return { region, open };
  }
  if (layout.bytes + bytesOfSynapses(synapses, targets) > together) {
    const pieces = planPieces(synapses, targets, sum, together);
    const region = layout.reserve("i32", targets.high - targets.low);
    const open: SumPlan["open"] = (memory, kernelsOn) => {
      const openPiece = (parts: PlacedParts): KernelDelivery => openPacked({ ...parts, apart: true }, facts, kernelsOn);
      return { delivery: openPieces(pieces, viewOf(memory, region), openPiece), copy: null };
    };
    return { region, open };
  }
  const packed = packSynapses(synapses, targets, sum, layout);
  const places = reserveSums(packed, layout);
  const open: SumPlan["open"] = (memory, kernelsOn) => {
    return { delivery: openPacked({ memory, packed, places }, facts, kernelsOn), copy: null };
  };
  return { region: totalRegion(packed, places), open };
}

/** What tells a delivery from others in the memory of its synapses. @param packed where several parts may be used */
function kindOf({ name, bounded }: SumFacts, packed: PackedSynapses | null = null): string {
  return JSON.stringify([name, bounded, packed]);
}

/** Write synapses to their place, and make them ready to receive events. */
function openPacked(parts: PlacedParts, facts: SumFacts, kernelsOn: KernelsOn): KernelDelivery {
  writeSynapses(parts.packed, facts.synapses, parts.memory);
  return openDelivery({ ...parts, ...facts, kernels: kernelsOn(parts.memory) });
}

/** The same in the memory of the synapses. */
function placedApart(memory: WasmMemory, packed: PackedSynapses, places: SumPlaces, behind: Layout): PlacedParts {
  const [ownPacked, ownPlaces] = placeBehind(packed, places, roomBehind(memory, behind));
  return { memory, packed: ownPacked, places: ownPlaces, apart: true };
}

function planInOrder(
  projection: CoreProjection,
  { load, neurons: whole }: CorePopulation,
  plan: PopulationPlan,
  sources: Sources,
  layout: Layout,
): OpenProjection {
  const { synapses, from } = projection;
  const { low, high } = sources.get(from)!;
  const rows = packRows(synapses, { neurons: whole, low: load.low, high: load.high }, layout);
  const payload = { low: BigInt(low), high: BigInt(high) };
  const ordered = planOrdered(plan, { ...projection, payload }, rows, layout, false);
  return (memory, neurons) => {
    writeRows(rows, synapses, memory);
    return ordered.open(memory, neurons, synapses);
  };
}

/** Within these an accumulator is never said to have left its range. */
const limitsOfAccumulator: Interval = { low: -BigInt(accumulatorLimit) + 1n, high: BigInt(accumulatorLimit) - 1n };
/** Sums beyond these are not made by kernels. */
const limitsOfTotal: Interval = { low: -(2n ** 31n) + 1n, high: 2n ** 31n - 1n };

/** One sum by a kernel, and what is done with it by another. */
interface OpenedSum {
  readonly delivery: KernelDelivery;
  readonly sums: Sums;
  readonly totals: Totals;
  /** Where totals are read that are made in the memory of the synapses; null where they are made there. */
  readonly copy: Int32Array | null;
}

/** All sums of a projection, that of `on total` last. */
class Summed implements Synaptic {
  synops = 0;
  readonly #all: readonly OpenedSum[];
  readonly #last: Sums;
  /** Neurons that `on total` has to do with; null: all of them. */
  readonly #reach: Reach | null;
  /** Leaves `on total` of all neurons to their next step. */
  readonly #fuse: KernelNeurons["fuse"];

  constructor(all: readonly OpenedSum[], reach: Reach | null, fuse: KernelNeurons["fuse"]) {
    this.#fuse = fuse;
    this.#all = all;
    this.#reach = reach;
    this.#last = all.at(-1)!.sums;
  }

  deliver(events: EventList, sameAsLast: boolean): void {
    if (events.count === 0) return;
    const reach = this.#reach;
    if (!sameAsLast) reach?.find(events);
    for (let i = 0; i < this.#all.length; i++) {
      const { delivery, sums, totals, copy } = this.#all[i]!;
      if (!sameAsLast || delivery.user !== this) {
        delivery.user = this;
        delivery.addUp(events, 0, reach);
        if (copy !== null && sums.wide === null) take(sums.total, copy, reach);
      }
      if (sums.wide === null && reach === null && this.#fuse !== null) this.#fuse(totals);
      else if (sums.wide === null) totals.run(reach);
      else totals.runWide(sums.wide);
    }
    this.synops += this.#last.synops;
  }
}

/** Copy the totals of neurons that events reach. */
function take(from: Int32Array, to: Int32Array, reach: Reach | null): void {
  if (reach === null || (reach.first === 0 && reach.end === from.length)) to.set(from);
  else for (let i = reach.first; i < reach.end; i++) to[i] = from[i]!;
}
