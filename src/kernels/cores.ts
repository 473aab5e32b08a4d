/** Neurons and synapses of a program in one WebAssembly memory. */

import { boundSources, inputRanges, rangeOfValues, totalRange, type Sources } from "../core/bounds.ts";
import { interpretedCores, type CorePopulation, type CoreProjection, type Cores } from "../core/cores.ts";
import { projectionConstants, sumOf, type Synaptic } from "../core/delivery.ts";
import type { EventList } from "../core/events.ts";
import { constantsOf, initialOf, type PopulationLoad } from "../core/population.ts";
import { overlap } from "../datapath/interval.ts";
import type { Interval } from "../datapath/ranges.ts";
import { within } from "./arithmetic.ts";
import {
  openDelivery,
  packSynapses,
  reserveSums,
  totalRegion,
  writeSynapses,
  type KernelDelivery,
  type PackedSynapses,
  type SumPlaces,
  type Sums,
} from "./delivery.ts";
import { deliveryKernels, type DeliveryKernels, type DeliveryModules } from "./load.ts";
import { Layout, openMemory, viewOf, type Region } from "./memory.ts";
import { planOrdered } from "./ordered.ts";
import { intervalOf, planPopulation, type KernelNeurons, type PopulationPlan } from "./population.ts";
import { packRows, writeRows } from "./rows.ts";
import { planTotals, type Totals } from "./totals.ts";
import type { WasmMemory } from "./wasm.ts";

/** Cores of compiled kernels, each program in a memory of its own. */
export function kernelCores(modules: DeliveryModules): Cores {
  return (populations, sources) => {
    // Such programs end with a mistake, which the equations themselves tell.
    if (populations.some(({ load }) => startsOutside(load))) return interpretedCores()(populations, sources);
    const layout = new Layout();
    const bounded = boundSources(populations, sources);
    const plans = populations.map((population) => planCore(population, bounded, layout));
    const places = sources.map(({ neurons, kept }) => {
      return Array.from({ length: kept }, (): ListPlace => ({
        neuron: layout.reserve("u32", neurons),
        payload: layout.reserve("i32", neurons),
      }));
    });
    const memory = openMemory(layout);
    const kernels = deliveryKernels(modules, memory);
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
  return { neuron: viewOf(memory, neuron), payload: viewOf(memory, payload), begin: 0, count: 0 };
}

/** Opens a projection whose place is known. */
type OpenProjection = (memory: WasmMemory, neurons: KernelNeurons, kernels: DeliveryKernels) => Synaptic;

interface CorePlan {
  readonly plan: PopulationPlan;
  readonly incoming: readonly OpenProjection[];
}

/** What a projection whose events add up needs. */
interface SumPlan {
  readonly packed: PackedSynapses;
  readonly places: SumPlaces;
  /** What the events of a timestep can add up to. */
  readonly range: Interval;
}

function planCore(population: CorePopulation, sources: Sources, layout: Layout): CorePlan {
  const { load, probed, incoming } = population;
  const sums = incoming.map((projection) => planSums(projection, population, sources, layout));
  const ranges = inputRanges(
    population,
    sums.map((one) => one?.range ?? null),
  );
  const inputs = new Map([...ranges].map(([name, range]) => [name, { range }]));
  const plan = planPopulation(load, inputs, layout, { shared: false, probed, rest: true });
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

function planSums(
  projection: CoreProjection,
  population: CorePopulation,
  sources: Sources,
  layout: Layout,
): SumPlan | null {
  const { load, neurons } = population;
  const { synapses, from } = projection;
  const sum = sumOf(load, projection, projectionConstants({ constants: constantsOf(load) }, projection));
  if (sum === null) return null;
  const packed = packSynapses(synapses, { neurons, low: load.low, high: load.high }, sum, layout);
  const range = totalRange(synapses, sum, population, sources.get(from)!);
  return { packed, places: reserveSums(packed, layout), range };
}

function planSummed(projection: CoreProjection, sums: SumPlan, plan: PopulationPlan): OpenProjection {
  const { packed, places, range } = sums;
  const { synapses, name } = projection;
  const total = { region: totalRegion(packed, places), range: overlap(range, limitsOfTotal)! };
  const totals = planTotals(plan, projection, total, false);
  return (memory, neurons, kernels) => {
    writeSynapses(packed, synapses, memory);
    const delivery = openDelivery({ kernels, memory, packed, places, synapses, name });
    return new Summed(delivery, totals.open(memory, neurons));
  };
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

/** Sums beyond these are not made by kernels. */
const limitsOfTotal: Interval = { low: -(2n ** 31n) + 1n, high: 2n ** 31n - 1n };

/** Sums by kernels, and `on total` by one. */
class Summed implements Synaptic {
  synops = 0;
  readonly #delivery: KernelDelivery;
  readonly #sums: Sums;
  readonly #totals: Totals;

  constructor(delivery: KernelDelivery, totals: Totals) {
    this.#delivery = delivery;
    this.#sums = delivery.sums[0]!;
    this.#totals = totals;
  }

  deliver(events: EventList, sameAsLast: boolean): void {
    if (events.count === 0) return;
    if (!sameAsLast) this.#delivery.addUp(events);
    const { synops, wide } = this.#sums;
    this.synops += synops;
    if (wide === null) this.#totals.run();
    else this.#totals.runWide(wide);
  }
}
