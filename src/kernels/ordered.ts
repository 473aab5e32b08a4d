/**
 * `on spike` as a kernel, event by event in order, for blocks that are no plain sum: a sweep over the targets of each event. In
 * contrast to sums, every event is finished before the next begins.
 */

import { blocksOf, SpikeLanes, type ProjectionLoad, type Synaptic } from "../core/delivery.ts";
import type { EventList } from "../core/events.ts";
import type { Synapses } from "../core/synapses.ts";
import type { Register } from "../datapath/prepare.ts";
import type { Interval } from "../datapath/ranges.ts";
import { namesIn } from "../datapath/syntax.ts";
import { holds } from "./arithmetic/value.ts";
import { compileBlock, type CompiledBlock, type Kernel } from "./block.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import type { KernelNeurons } from "./neurons.ts";
import type { PopulationPlan } from "./population.ts";
import { openPackedRows, type OpenRows, type PackedRows } from "./rows.ts";
import { runNeurons } from "./run.ts";
import { accumulatorsOf, arraysOf, planTotals, type Totals, type TotalsPlan } from "./totals.ts";
import type { WasmMemory } from "./wasm.ts";

/** A projection with its place in a memory that has yet to be made. */
export interface OrderedPlan {
  /**
   * @param neurons what the population's plan opened in the same memory
   * @param synapses whose rows were written
   */
  open(memory: WasmMemory, neurons: KernelNeurons, synapses: Synapses): Synaptic;
}

/** The same for every event. */
export interface OrderedLoad extends ProjectionLoad {
  /** Smallest and largest payload of an event. */
  readonly payload: Interval;
}

/**
 * Compile `on spike` and `on total` of a projection.
 *
 * @param rows where its weights lie
 * @param shared whether the memory will be shared between threads
 */
export function planOrdered(
  plan: PopulationPlan,
  load: OrderedLoad,
  rows: PackedRows,
  layout: Layout,
  shared: boolean,
): OrderedPlan {
  return new Plan(plan, load, rows, layout, shared);
}

class Plan implements OrderedPlan {
  readonly load: OrderedLoad;
  readonly rows: PackedRows;
  /** Null where the block does not mention it. */
  readonly total: Region<"f64"> | null;
  readonly kernel: CompiledBlock | null;
  /** Null where nothing is to be done: no total, and no `on total`. */
  readonly totals: TotalsPlan | null;

  constructor(plan: PopulationPlan, load: OrderedLoad, rows: PackedRows, layout: Layout, shared: boolean) {
    this.load = load;
    this.rows = rows;
    const { onSpike } = blocksOf(plan.load, load);
    const mentioned = onSpike.some(({ name, value }) => name === "total" || namesIn(value).has("total"));
    const size = plan.load.high - plan.load.low;
    this.total = mentioned || plan.load.datapath.onTotal !== null ? layout.reserve("f64", size) : null;
    const total = this.total === null ? [] : [["total", { region: this.total, range: holds.f64 }] as const];
    this.kernel = compileBlock(
      {
        block: onSpike,
        parameters: plan.parameters,
        constants: new Map(Object.entries(load.parameters)),
        arrays: new Map([...arraysOf(plan), ...total]),
        uniforms: new Map([["payload", load.payload]]),
        rows: new Map([["weight", { storage: rows.weights.storage, range: rows.range }]]),
        listed: rows.kind !== "dense",
        outputs: new Map([...accumulatorsOf(plan), ...total]),
        cleared: [],
        spikes: null,
        watch: null,
      },
      shared,
    );
    this.totals = this.total === null ? null : planTotals(plan, load, { region: this.total, range: holds.f64 }, shared);
  }

  open(memory: WasmMemory, neurons: KernelNeurons, synapses: Synapses): Synaptic {
    return new Ordered(this, memory, neurons, synapses);
  }
}

/** One projection whose events act one after the other. */
class Ordered implements Synaptic {
  synops = 0;
  readonly #plan: Plan;
  readonly #neurons: KernelNeurons;
  readonly #rows: OpenRows;
  readonly #kernel: Kernel | null;
  readonly #total: Float64Array | null;
  readonly #totals: Totals | null;
  readonly #exactly: (first: number, end: number) => void;
  /** What the kernel does not compute, once that is needed. */
  #lanes: SpikeLanes | null = null;
  #payload = 0;

  constructor(plan: Plan, memory: WasmMemory, neurons: KernelNeurons, synapses: Synapses) {
    this.#plan = plan;
    this.#neurons = neurons;
    this.#rows = openPackedRows(plan.rows, synapses, memory);
    this.#kernel = plan.kernel?.open(memory).run ?? null;
    this.#total = plan.total === null ? null : viewOf(memory, plan.total);
    this.#totals = plan.totals?.open(memory, neurons) ?? null;
    this.#exactly = (first, end) => this.runEquations(first, end);
  }

  deliver(events: EventList): void {
    if (events.count === 0) return;
    const rows = this.#rows;
    this.#total?.fill(0);
    for (let i = events.begin; i < events.begin + events.count; i++) {
      rows.seek(events.neuron[i]!);
      this.synops += rows.count;
      this.sweep(events.payload[i]!);
    }
    this.#totals?.run();
  }

  private sweep(payload: number): void {
    const rows = this.#rows;
    this.#payload = payload;
    const { count, weights, neurons } = rows;
    if (count === 0) return;
    // Rows are ascending.
    this.#neurons.touch(rows.neuronAt(0), rows.neuronAt(count - 1) + 1);
    if (this.#kernel === null) this.runEquations(0, count);
    else runNeurons(this.#kernel, this.#plan.kernel!.group, 0, count, this.#exactly, payload, weights, neurons);
  }

  /** Some synapses of the row from the equations themselves. */
  private runEquations(first: number, end: number): void {
    const rows = this.#rows;
    const count = end - first;
    const target = Uint32Array.from({ length: count }, (_, i) => rows.neuronAt(first + i));
    const weight = Int32Array.from({ length: count }, (_, i) => rows.weightAt(first + i));
    this.#lanes ??= this.prepare();
    this.#lanes.run({ dense: false, target, weight, begin: 0, end: count }, this.#payload);
  }

  private prepare(): SpikeLanes {
    const { onSpike } = blocksOf(this.#neurons.load, this.#plan.load);
    const total: Register = this.#total ?? new Float64Array(this.#neurons.size);
    return new SpikeLanes(onSpike, this.#plan.load, this.#neurons, total, false);
  }
}
