/**
 * `on spike` as a kernel, event by event in order, for blocks that are no plain sum: a sweep over the targets of each event. In
 * contrast to sums, every event is finished before the next begins. Since order only matters within a target, several events to
 * all targets take one sweep, target by target, where none of them can fail.
 */

import { blocksOf, SpikeLanes, type ProjectionLoad, type Synaptic } from "../core/delivery.ts";
import type { EventList } from "../core/events.ts";
import type { Synapses } from "../core/synapses.ts";
import type { Register } from "../datapath/prepare.ts";
import type { Interval } from "../datapath/ranges.ts";
import { childrenOf, namesIn, renamed, type Block, type Expression } from "../datapath/syntax.ts";
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

/** Events of one sweep: the registers of a target are read and written once for all of them. */
const together = 4;

class Plan implements OrderedPlan {
  readonly load: OrderedLoad;
  readonly rows: PackedRows;
  /** Null where the block does not mention it. */
  readonly total: Region<"f64"> | null;
  readonly kernel: CompiledBlock | null;
  /** For as many events as are swept together; null where that might not be the same. */
  readonly several: CompiledBlock | null;
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
    const compile = (block: Block, weights: readonly string[], payloads: readonly string[]): CompiledBlock | null =>
      compileBlock(
        {
          block,
          parameters: plan.parameters,
          constants: new Map(Object.entries(load.parameters)),
          arrays: new Map([...arraysOf(plan), ...total]),
          uniforms: new Map(payloads.map((name) => [name, load.payload])),
          rows: new Map(weights.map((name) => [name, { storage: rows.weights.storage, range: rows.range }])),
          listed: rows.kind !== "dense",
          outputs: new Map([...accumulatorsOf(plan), ...total]),
          cleared: [],
          spikes: null,
          watch: null,
        },
        shared,
      );
    this.kernel = compile(onSpike, ["weight"], ["payload"]);
    const events = Array.from({ length: together }, (_, event) => event);
    const canRepeat =
      rows.kind === "dense" && this.kernel?.flagged === false && !onSpike.some(({ value }) => looksBack(value));
    const several = canRepeat
      ? compile(
          events.flatMap((event) => ofEvent(onSpike, event)),
          events.map((event) => `weight ${event}`),
          events.map((event) => `payload ${event}`),
        )
      : null;
    this.several = several?.flagged === false ? several : null;
    this.totals = this.total === null ? null : planTotals(plan, load, { region: this.total, range: holds.f64 }, shared);
  }

  open(memory: WasmMemory, neurons: KernelNeurons, synapses: Synapses): Synaptic {
    return new Ordered(this, memory, neurons, synapses);
  }
}

/** The block of one of several events, with weight and payload of its own. */
function ofEvent(block: Block, event: number): Block {
  return renamed(renamed(structuredClone(block), "weight", `weight ${event}`), "payload", `payload ${event}`);
}

/** Whether an expression reads what a register was at the entry of its block, which is another for each event. */
function looksBack(expression: Expression): boolean {
  return expression.kind === "old" || childrenOf(expression).some(looksBack);
}

/** One projection whose events act one after the other. */
class Ordered implements Synaptic {
  synops = 0;
  readonly #plan: Plan;
  readonly #neurons: KernelNeurons;
  readonly #rows: OpenRows;
  readonly #kernel: Kernel | null;
  readonly #several: Kernel | null;
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
    this.#several = plan.several?.open(memory).run ?? null;
    this.#total = plan.total === null ? null : viewOf(memory, plan.total);
    this.#totals = plan.totals?.open(memory, neurons) ?? null;
    this.#exactly = (first, end) => this.runEquations(first, end);
  }

  deliver(events: EventList): void {
    if (events.count === 0) return;
    const rows = this.#rows;
    this.#total?.fill(0);
    const end = events.begin + events.count;
    let i = events.begin;
    if (this.#several !== null) {
      for (; i + together <= end; i += together) this.sweepSeveral(this.#several, events, i);
    }
    for (; i < end; i++) {
      rows.seek(events.neuron[i]!);
      this.synops += rows.count;
      this.sweep(events.payload[i]!);
    }
    this.#totals?.run();
  }

  /** Events to all targets, of which none can fail. */
  private sweepSeveral(kernel: Kernel, { neuron, payload }: EventList, first: number): void {
    const rows = this.#rows;
    const [second, third, fourth] = [first + 1, first + 2, first + 3];
    const a = rows.weightsOf(neuron[first]!);
    const b = rows.weightsOf(neuron[second]!);
    const c = rows.weightsOf(neuron[third]!);
    const d = rows.weightsOf(neuron[fourth]!);
    const { count } = rows;
    this.synops += together * count;
    if (count === 0) return;
    this.#neurons.touch(0, count);
    kernel(0, count, payload[first]!, payload[second]!, payload[third]!, payload[fourth]!, a, b, c, d);
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
