/** Neurons in one WebAssembly memory, advanced by a kernel made of their equations. */

import type { EventList } from "../core/events.ts";
import {
  accumulatorLimit,
  constantsOf,
  forwardingOf,
  initialize,
  initialOf,
  localsOf,
  payloadLimit,
  Population,
  prepareTimestep,
  type Neurons,
  type PopulationArrays,
  type PopulationLoad,
} from "../core/population.ts";
import { hull, overlap } from "../datapath/interval.ts";
import type { PreparedBlock, Register, Values } from "../datapath/prepare.ts";
import { rangesOf, type Interval } from "../datapath/ranges.ts";
import { compileBlock, type ArraySource, type CompiledBlock, type Kernel } from "./block.ts";
import { compactionTable, listPadding, type SpikeList } from "./loop.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import { Parameters, rangeOfValues, storageFor } from "./parameters.ts";
import { runNeurons } from "./run.ts";
import { within } from "./arithmetic.ts";
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

/** Neurons whose accumulators others may add to. */
export interface KernelNeurons extends Neurons, Pick<PopulationArrays, "accumulators"> {
  /** Constants that equations may read: parameters, settings and the words of enumerations. */
  readonly constants: ReadonlyMap<string, Values>;
}

/** Chip timesteps that a kernel may be given; a run that is longer goes on without it. */
const timesteps: Interval = { low: 1n, high: 2n ** 31n - 1n };

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
  readonly parameters: Parameters;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Region<"f64">>;
  readonly list: SpikeList;
  readonly #spec: PopulationLoad["datapath"]["spec"];

  constructor(
    load: PopulationLoad,
    inputs: ReadonlyMap<string, InputBound>,
    layout: Layout,
    { shared, probed = [] }: PlanOptions,
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
    this.list = {
      neuron: layout.reserve("u32", size + listPadding),
      payload: layout.reserve("i32", size + listPadding),
      count: layout.reserve("u32", 1),
      table: layout.reserve("u8", compactionTable().length),
      first: load.low,
    };
    for (const [name, range] of this.entryRanges(inputs)) {
      const region = this.registers.get(name) ?? this.accumulators.get(name);
      if (region !== undefined) this.arrays.set(name, { region, range });
    }
    this.kernel = size === 0 || forwardingOf(load) !== null ? null : this.compile(shared);
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

  private compile(shared: boolean): CompiledBlock | null {
    const outputs = new Map<string, { region: Region; range: Interval }>();
    for (const [name, region] of this.registers) {
      outputs.set(name, { region, range: intervalOf(this.#spec.state[name]!) });
    }
    for (const [name, region] of this.probes) outputs.set(name, { region, range: anySum });
    const cleared = [...this.accumulators].filter(([name]) => !this.registers.has(name)).map(([, region]) => region);
    return compileBlock(
      {
        block: this.load.datapath.onTimestep,
        parameters: this.parameters,
        constants: new Map([["spike", 0]]),
        arrays: this.arrays,
        uniforms: new Map([["timestep", timesteps]]),
        rows: new Map(),
        listed: false,
        outputs,
        cleared,
        spikes: this.list,
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
    };
    // Kernels write the payloads only where they can be other than 1.
    fired.payload.fill(1);
    viewOf(memory, this.list.table).set(compactionTable());
    this.parameters.fill(memory);
    const arrays = { registers, accumulators, fired };
    if (this.kernel === null) return new Population(this.load, false, [...this.probes.keys()], arrays);
    return new KernelPopulation(this, this.kernel, memory, arrays);
  }

  private shared(registers: ReadonlyMap<string, Register>): [string, Register][] {
    return this.#spec.inputs.flatMap((name) => (registers.has(name) ? [[name, registers.get(name)!]] : []));
  }
}

/** How often what registers can hold is worked out anew. */
const rounds = 4;

const anySum: Interval = { low: -BigInt(accumulatorLimit), high: BigInt(accumulatorLimit) };

function intervalOf({ low, high }: { readonly low: number; readonly high: number }): Interval {
  return { low: BigInt(low), high: BigInt(high) };
}

function storageOf(bound: InputBound | undefined): "i16" | "i32" | "f64" {
  if (bound === undefined) return "f64";
  const least = storageFor(bound.range);
  if (least === "i16" && bound.storage === "i16") return "i16";
  return least === "f64" || least === null ? "f64" : "i32";
}

/** One population in one memory. A run that throws ends in the middle of a timestep. */
class KernelPopulation implements KernelNeurons {
  readonly load: PopulationLoad;
  readonly size: number;
  readonly registers: ReadonlyMap<string, Register>;
  readonly accumulators: ReadonlyMap<string, Register>;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Float64Array>;
  readonly fired: EventList;
  readonly #plan: Plan;
  readonly #group: number;
  readonly #kernel: Kernel;
  readonly #count: Uint32Array;
  readonly #exactly: (first: number, end: number) => void;
  /** The equations themselves, once they are needed, and the spikes that they leave. */
  #equations: { readonly block: PreparedBlock; readonly spike: Float64Array } | null = null;
  /** Registers hold what a run of this program cannot have left there, so that nothing is proved. */
  #foreign = false;
  #timestep = 0;

  constructor(plan: Plan, compiled: CompiledBlock, memory: WasmMemory, arrays: PopulationArrays) {
    this.load = plan.load;
    this.size = plan.load.high - plan.load.low;
    this.registers = arrays.registers;
    this.accumulators = arrays.accumulators;
    this.fired = arrays.fired;
    this.constants = plan.constants;
    this.probes = new Map([...plan.probes].map(([name, region]) => [name, viewOf(memory, region)]));
    this.#plan = plan;
    this.#group = compiled.group;
    this.#kernel = compiled.open(memory);
    this.#count = viewOf(memory, plan.list.count);
    this.#exactly = (first, end) => this.runEquations(first, end);
    this.reset();
  }

  reset(): void {
    for (const array of [...this.accumulators.values(), ...this.probes.values()]) array.fill(0);
    for (const [name, register] of this.registers) initialize(register, this.load, name);
    this.fired.count = 0;
    this.#foreign = false;
  }

  restored(): void {
    this.#foreign = [...this.registers].some(([name, array]) => {
      return !within(rangeOfValues(array), this.#plan.arrays.get(name)!.range);
    });
  }

  step(timestep: number): void {
    this.#timestep = timestep;
    this.#count[0] = 0;
    if (this.#foreign || timestep > Number(timesteps.high)) this.runEquations(0, this.size);
    else runNeurons(this.#kernel, this.#group, 0, this.size, this.#exactly, timestep);
    this.fired.count = this.listed();
  }

  /** Spikes in the list, those of the padding behind the last neuron left out. */
  private listed(): number {
    const { high } = this.load;
    let count = this.#count[0]!;
    while (count > 0 && this.fired.neuron[count - 1]! >= high) count--;
    return count;
  }

  /** What the kernel cannot compute, from the equations themselves. */
  private runEquations(first: number, end: number): void {
    const { block, spike } = (this.#equations ??= this.prepare());
    const { fired, load } = this;
    spike.fill(0, first, end);
    block.run(first, end);
    for (const [name, array] of this.accumulators) if (!this.registers.has(name)) array.fill(0, first, end);
    let count = this.#count[0]!;
    for (let i = first; i < end; i++) {
      if (spike[i] === 0) continue;
      fired.neuron[count] = load.low + i;
      fired.payload[count++] = spike[i]!;
    }
    this.#count[0] = count;
  }

  private prepare(): { block: PreparedBlock; spike: Float64Array } {
    const spike = this.probes.get("spike") ?? new Float64Array(this.size);
    return { block: prepareTimestep(this.load, this, spike, () => this.#timestep, false), spike };
  }
}
