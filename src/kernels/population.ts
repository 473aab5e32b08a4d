/** Where neurons lie in one WebAssembly memory, and the kernel made of their equations that advances them. */

import { rangeOfValues } from "../core/bounds.ts";
import type { EventList } from "../core/events.ts";
import {
  accumulatorLimit,
  constantsOf,
  forwardingOf,
  initialOf,
  localsOf,
  payloadLimit,
  Population,
  type PopulationLoad,
} from "../core/population.ts";
import { hull, overlap } from "../datapath/interval.ts";
import type { Register, Values } from "../datapath/prepare.ts";
import type { Expression } from "../datapath/syntax.ts";
import { rangesOf, type Interval } from "../datapath/ranges.ts";
import { within } from "./arithmetic/value.ts";
import { compileBlock, type ArraySource, type CompiledBlock } from "./block.ts";
import { fillSpikes, reserveSpikes, type SpikeList } from "./compaction.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import { KernelPopulation, timesteps, type KernelNeurons } from "./neurons.ts";
import { Parameters, storageFor } from "./parameters.ts";
import { restBlock } from "./rest.ts";
import type { WasmMemory } from "./wasm.ts";

/** What an accumulator can hold when a timestep begins. */
export interface InputBound {
  readonly range: Interval;
  /** `i16` halves what is read and written, where whatever adds to it can do so; otherwise 32 bits at least. */
  readonly storage?: "i16";
}

export interface PlanOptions {
  /** Whether the memory will be shared between threads. */
  readonly shared: boolean;
  /** Per-step names that are kept. */
  readonly probed?: readonly string[];
  /** Blocks of neurons that nothing happens to may sleep: whoever adds to accumulators calls `touch`. */
  readonly rest?: boolean;
  /** What an accumulator holds where nothing else adds to it, so that a timestep may begin from totals: `fuse`. */
  readonly arriving?: Arriving | null;
}

/** What an accumulator gets from totals, and nothing before. */
export interface Arriving {
  readonly accumulator: string;
  /** Of `total` alone. */
  readonly value: Expression;
  readonly total: ArraySource;
}

/** A population with its place in a memory that has yet to be made. */
export interface PopulationPlan {
  readonly load: PopulationLoad;
  readonly registers: ReadonlyMap<string, Region>;
  /** An accumulator that is a register lies where that does. */
  readonly accumulators: ReadonlyMap<string, Region>;
  /** Registers and accumulators, with what they can hold when a timestep begins. */
  readonly arrays: ReadonlyMap<string, ArraySource>;
  readonly parameters: Parameters;
  /** Smallest and largest payload of a spike. */
  readonly payload: Interval;
  /** Null where the interpreter's loops run over the same arrays: no SIMD, or neurons that pass counts on. */
  readonly kernel: CompiledBlock | null;
  /** @param memory of the layout that the plan was made with */
  open(memory: WasmMemory): KernelNeurons;
}

/**
 * Lay out a population.
 *
 * @param inputs by accumulator, those that are registers left out; one that is missing may hold any sum
 */
export function planPopulation(
  load: PopulationLoad,
  inputs: ReadonlyMap<string, InputBound>,
  layout: Layout,
  options: PlanOptions,
): PopulationPlan {
  return new Plan(load, inputs, layout, options);
}

class Plan implements PopulationPlan {
  readonly load: PopulationLoad;
  readonly registers: ReadonlyMap<string, Region>;
  readonly accumulators: ReadonlyMap<string, Region>;
  readonly arrays = new Map<string, ArraySource>();
  readonly payload: Interval;
  readonly kernel: CompiledBlock | null;
  /** The same from totals; null where nobody said what arrives. */
  readonly fused: CompiledBlock | null;
  readonly binary: boolean;
  readonly parameters: Parameters;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Region<"f64">>;
  readonly list: SpikeList;
  /** [1] whether a block that is watched changed; null where none rests. */
  readonly changed: Region<"u32"> | null;
  readonly #spec: PopulationLoad["datapath"]["spec"];

  constructor(
    load: PopulationLoad,
    inputs: ReadonlyMap<string, InputBound>,
    layout: Layout,
    { shared, probed = [], rest = false, arriving = null }: PlanOptions,
  ) {
    this.load = load;
    this.#spec = load.datapath.spec;
    const size = load.high - load.low;
    this.registers = new Map(
      Object.entries(this.#spec.state).map(([name, type]) => [
        name,
        layout.reserve(storageFor(intervalOf(type))!, size),
      ]),
    );
    this.accumulators = new Map(
      this.#spec.inputs.map((name) => [
        name,
        this.registers.get(name) ?? layout.reserve(storageOf(inputs.get(name)), size),
      ]),
    );
    this.constants = constantsOf(load);
    this.parameters = new Parameters(layout, size, this.constants);
    this.probes = new Map(localsOf(load, probed).map((name) => [name, layout.reserve("f64", size)]));
    this.list = reserveSpikes(layout, size, load.low);
    this.changed = rest ? layout.reserve("u32", 1) : null;
    for (const [name, range] of this.entryRanges(inputs)) {
      const region = this.registers.get(name) ?? this.accumulators.get(name);
      if (region !== undefined) this.arrays.set(name, { region, range });
    }
    this.kernel = size === 0 || forwardingOf(load) !== null ? null : this.compile(shared);
    const fused = this.kernel === null || arriving === null ? null : this.compile(shared, arriving);
    // One list is for both, in which both have to write payloads or neither.
    this.fused = fused !== null && isBinary(fused) === isBinary(this.kernel!) ? fused : null;
    this.binary = this.kernel !== null && isBinary(this.kernel);
    this.payload = this.kernel?.payload ?? { low: BigInt(-payloadLimit), high: BigInt(payloadLimit) };
  }

  /** What registers and accumulators can hold when a timestep begins. */
  private entryRanges(inputs: ReadonlyMap<string, InputBound>): Map<string, Interval> {
    const ranges = new Map<string, Interval>();
    for (const name of this.accumulators.keys()) ranges.set(name, inputs.get(name)?.range ?? anySum);
    for (const [name, type] of Object.entries(this.#spec.state)) ranges.set(name, intervalOf(type));
    return this.reachable(ranges);
  }

  /**
   * Registers hold their initial value or what the block made of what they could hold before: what is left of their
   * types after a few such rounds. Events write to accumulators at any time, so those keep theirs.
   */
  private reachable(types: ReadonlyMap<string, Interval>): Map<string, Interval> {
    const known = new Map<string, Interval>([["timestep", timesteps]]);
    // `spike` is 0 until a line gives it a value.
    for (const [name, values] of [...this.constants, ["spike", 0] as const]) known.set(name, rangeOfValues(values));
    const { onSpike, onTotal, onTimestep } = this.load.datapath;
    const arriving = new Set([
      ...this.accumulators.keys(),
      ...[...onSpike, ...(onTotal ?? [])].map(({ name }) => name),
    ]);
    let ranges = new Map(types);
    for (let round = 0; round < rounds; round++) {
      const { results } = rangesOf(onTimestep, new Map([...known, ...ranges]));
      if (results.size === 0) break;
      const next = new Map(ranges);
      for (const name of this.registers.keys()) {
        if (arriving.has(name)) continue;
        const initial = rangeOfValues(initialOf(this.load, name));
        const result = results.get(name);
        const own = result === undefined ? null : overlap(result, types.get(name)!);
        next.set(name, own === null ? initial : hull(initial, own));
      }
      ranges = next;
    }
    return ranges;
  }

  private compile(shared: boolean, arriving: Arriving | null = null): CompiledBlock | null {
    let block = this.load.datapath.onTimestep;
    const arrays = new Map(this.arrays);
    const outputs = new Map<string, { region: Region; range: Interval }>();
    for (const [name, region] of this.registers) {
      outputs.set(name, { region, range: intervalOf(this.#spec.state[name]!) });
    }
    for (const [name, region] of this.probes) outputs.set(name, { region, range: anySum });
    const cleared = new Map([...this.accumulators].filter(([name]) => !this.registers.has(name)));
    if (arriving !== null) {
      const { accumulator: name, value, total } = arriving;
      block = [{ name, value, at: value.at }, ...block];
      arrays.set("total", total).delete(name);
      cleared.delete(name);
    }
    return compileBlock(
      {
        block,
        parameters: this.parameters,
        constants: new Map([["spike", 0]]),
        arrays,
        uniforms: new Map([["timestep", timesteps]]),
        rows: new Map(),
        listed: false,
        outputs,
        cleared: [...cleared.values()],
        spikes: this.list,
        // Where events arrive nothing can be told of rest.
        watch: arriving === null ? this.changed : null,
      },
      shared,
    );
  }

  open(memory: WasmMemory): KernelNeurons {
    const views = (regions: ReadonlyMap<string, Region>): Map<string, Register> =>
      new Map([...regions].map(([name, region]) => [name, viewOf(memory, region) as Register]));
    const registers = views(this.registers);
    const accumulators = new Map([...views(this.accumulators), ...this.shared(registers)]);
    const fired: EventList = {
      neuron: viewOf(memory, this.list.neuron),
      payload: viewOf(memory, this.list.payload),
      begin: 0,
      count: 0,
      binary: this.binary,
    };
    fillSpikes(memory, this.list);
    this.parameters.fill(memory);
    const arrays = { registers, accumulators, fired };
    if (this.kernel === null) {
      const population = new Population(this.load, false, [...this.probes.keys()], arrays);
      return Object.assign(population, { touch: ignore, awake: Math.ceil(population.size / restBlock), fuse: null });
    }
    return new KernelPopulation(this, this.kernel, memory, arrays);
  }

  private shared(registers: ReadonlyMap<string, Register>): [string, Register][] {
    return this.#spec.inputs.flatMap((name) => (registers.has(name) ? [[name, registers.get(name)!]] : []));
  }
}

/** Whether every spike carries 1. */
function isBinary({ payload }: CompiledBlock): boolean {
  return within(payload, { low: 0n, high: 1n });
}

function ignore(): void {
  // Nothing rests.
}

/** How often what registers can hold is worked out anew. */
const rounds = 4;

/** What any exact sum can be. */
const anySum: Interval = { low: -BigInt(accumulatorLimit), high: BigInt(accumulatorLimit) };

/** The interval of a type. */
export function intervalOf({ low, high }: { readonly low: number; readonly high: number }): Interval {
  return { low: BigInt(low), high: BigInt(high) };
}

function storageOf(bound: InputBound | undefined): "i16" | "i32" | "f64" {
  if (bound === undefined) return "f64";
  const least = storageFor(bound.range);
  if (least === "i16" && bound.storage === "i16") return "i16";
  return least === "f64" || least === null ? "f64" : "i32";
}
