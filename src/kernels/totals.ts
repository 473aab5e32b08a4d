/** `on total` of one projection as a kernel over all neurons. */

import { blocksOf, prepareAccumulation, projectionConstants, type ProjectionLoad } from "../core/delivery.ts";
import type { PreparedBlock, Register } from "../datapath/prepare.ts";
import type { Block } from "../datapath/syntax.ts";
import { compileBlock, type ArraySource, type Kernel } from "./block.ts";
import { viewOf } from "./memory.ts";
import type { KernelNeurons } from "./neurons.ts";
import { intervalOf, type PopulationPlan } from "./population.ts";
import type { Span } from "./reach.ts";
import { runNeurons } from "./run.ts";
import type { WasmMemory } from "./wasm.ts";

/** `on total` with its place in a memory that has yet to be made. */
export interface TotalsPlan {
  /** @param neurons what the population's plan opened in the same memory */
  open(memory: WasmMemory, neurons: KernelNeurons): Totals;
}

/** Adds what events added up to the accumulators of neurons. */
export interface Totals {
  /**
   * @param span of neurons; the first a multiple of every group. All of them where it is missing.
   * @throws ENGINE_DELIVERY_RANGE
   */
  run(span?: Span | null): void;
  /** The same for a few neurons, wherever they begin, from the equations themselves. */
  exactly(first: number, end: number): void;
  /**
   * The same with totals that the array of the plan may not hold.
   *
   * @param total [neurons]
   */
  runWide(total: Float64Array): void;
}

/**
 * Compile `on total` of a projection.
 *
 * @param total what it reads, and what that can hold
 * @param shared whether the memory will be shared between threads
 * @param block what is run instead, with `total` for what it reads
 */
export function planTotals(
  plan: PopulationPlan,
  load: ProjectionLoad,
  total: ArraySource,
  shared: boolean,
  block: Block = blocksOf(plan.load, load).onTotal,
): TotalsPlan {
  const compiled = compileBlock(
    {
      block,
      parameters: plan.parameters,
      constants: new Map(Object.entries(load.parameters)),
      arrays: new Map([...arraysOf(plan), ["total", total]]),
      uniforms: new Map(),
      rows: new Map(),
      listed: false,
      outputs: accumulatorsOf(plan),
      cleared: [],
      spikes: null,
      watch: null,
    },
    shared,
  );
  return {
    open(memory, neurons) {
      const kernel = compiled?.open(memory).run ?? null;
      const array = viewOf(memory, total.region) as Register;
      return new KernelTotals(kernel, compiled?.group ?? 1, { load, block }, neurons, array);
    },
  };
}

/** Accumulators and what they must stay in: types of registers, and what was promised of the others. */
export function accumulatorsOf({ accumulators, arrays }: PopulationPlan): Map<string, ArraySource> {
  return new Map([...accumulators.keys()].map((name) => [name, arrays.get(name)!]));
}

/**
 * What events may read: registers as they are between two timesteps, whoever put them there, and accumulators.
 */
export function arraysOf({ load, registers, accumulators, arrays }: PopulationPlan): Map<string, ArraySource> {
  const { state } = load.datapath.spec;
  const sources = new Map([...accumulators.keys()].map((name) => [name, arrays.get(name)!]));
  for (const [name, region] of registers) sources.set(name, { region, range: intervalOf(state[name]!) });
  return sources;
}

/** What a kernel of totals was made of. */
interface TotalsSource {
  readonly load: ProjectionLoad;
  readonly block: Block;
}

class KernelTotals implements Totals {
  readonly #kernel: Kernel | null;
  readonly #group: number;
  readonly #source: TotalsSource;
  readonly #neurons: KernelNeurons;
  readonly #total: Register;
  readonly exactly: Totals["exactly"];
  #equations: PreparedBlock | null = null;
  #wide: { readonly total: Float64Array; readonly block: PreparedBlock } | null = null;

  constructor(kernel: Kernel | null, group: number, source: TotalsSource, neurons: KernelNeurons, total: Register) {
    this.#kernel = kernel;
    this.#group = group;
    this.#source = source;
    this.#neurons = neurons;
    this.#total = total;
    this.exactly = (first, end) => (this.#equations ??= this.prepare(this.#total)).run(first, end);
  }

  run(span: Span | null = null): void {
    const first = span === null ? 0 : span.first;
    const end = span === null ? this.#neurons.size : span.end;
    if (end <= first) return;
    this.#neurons.touch(first, end);
    if (this.#kernel === null) this.exactly(first, end);
    else runNeurons(this.#kernel, this.#group, first, end, this.exactly);
  }

  runWide(total: Float64Array): void {
    this.#neurons.touch(0, this.#neurons.size);
    if (this.#wide?.total !== total) this.#wide = { total, block: this.prepare(total) };
    this.#wide.block.run(0, this.#neurons.size);
  }

  private prepare(total: Register): PreparedBlock {
    const { load, block } = this.#source;
    const constants = projectionConstants(this.#neurons, load);
    return prepareAccumulation(block, constants, this.#neurons, total, load, false);
  }
}
