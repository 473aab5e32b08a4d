/** Neurons in one WebAssembly memory, advanced by a kernel made of their equations. */

import { rangeOfValues } from "../core/bounds.ts";
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
import type { Expression } from "../datapath/syntax.ts";
import { rangesOf, type Interval } from "../datapath/ranges.ts";
import { compileBlock, type ArraySource, type CompiledBlock, type Kernel } from "./block.ts";
import { compactionTable, listPadding, type SpikeList } from "./loop.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import { Parameters, storageFor } from "./parameters.ts";
import { runNeurons } from "./run.ts";
import { within } from "./arithmetic.ts";
import type { Totals } from "./totals.ts";
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

/** Neurons whose accumulators others may add to. */
export interface KernelNeurons extends Neurons, Pick<PopulationArrays, "accumulators"> {
  /** Constants that equations may read: parameters, settings and the words of enumerations. */
  readonly constants: ReadonlyMap<string, Values>;
  /** Events have reached neurons `first` to `end` (excluded), counted from the first that is here; needed where they may rest. */
  touch(first: number, end: number): void;
  /** Blocks of `restBlock` neurons that the last step ran. */
  readonly awake: number;
  /** Have the next step begin with what `run` would do for all neurons; null where it cannot. */
  readonly fuse: ((totals: Pick<Totals, "run" | "exactly">) => void) | null;
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
  /** The same from totals; null where nobody said what arrives. */
  readonly fused: CompiledBlock | null;
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
    this.list = {
      neuron: layout.reserve("u32", size + listPadding),
      payload: layout.reserve("i32", size + listPadding),
      count: layout.reserve("u32", 1),
      table: layout.reserve("u8", compactionTable().length),
      first: load.low,
    };
    this.changed = rest ? layout.reserve("u32", 1) : null;
    for (const [name, range] of this.entryRanges(inputs)) {
      const region = this.registers.get(name) ?? this.accumulators.get(name);
      if (region !== undefined) this.arrays.set(name, { region, range });
    }
    this.kernel = size === 0 || forwardingOf(load) !== null ? null : this.compile(shared);
    this.fused = this.kernel === null || arriving === null ? null : this.compile(shared, arriving);
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
    };
    // Kernels write the payloads only where they can be other than 1.
    fired.payload.fill(1);
    viewOf(memory, this.list.table).set(compactionTable());
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

/** Neurons that sleep and wake together; a multiple of every group. */
export const restBlock = 512;
/**
 * Every how many timesteps blocks without input are looked at to see whether they may sleep. To look takes longer than to
 * run, so that awake neurons would pay for it: this way a population as small as one block loses nothing by it.
 */
export const watchEvery = 8;

/**
 * Which blocks of neurons sleep. A block whose last step had no input, changed no register and fired nothing would do the
 * same again, so it sleeps until an event reaches it.
 */
class Rest {
  readonly blocks: number;
  readonly #changed: Uint32Array;
  readonly #asleep: Uint8Array;
  readonly #touched: Uint8Array;

  /** @param changed [1] where kernels tell whether a register changed */
  constructor(size: number, changed: Uint32Array) {
    this.blocks = Math.ceil(size / restBlock);
    this.#changed = changed;
    this.#asleep = new Uint8Array(this.blocks);
    this.#touched = new Uint8Array(this.blocks);
  }

  wake(): void {
    this.#asleep.fill(0);
    this.#touched.fill(1);
  }

  touch(first: number, end: number): void {
    if (end > first) this.#touched.fill(1, Math.floor(first / restBlock), Math.ceil(end / restBlock));
  }

  isTouched(block: number): boolean {
    return this.#touched[block] === 1;
  }

  sleeps(block: number): boolean {
    return this.#asleep[block] === 1 && this.#touched[block] === 0;
  }

  /** The block is about to be run with what has reached it. */
  take(block: number): void {
    this.#touched[block] = 0;
    this.#asleep[block] = 0;
  }

  /** The first block from one on that has to be run. */
  next(block: number): number {
    let at = block;
    while (at < this.blocks && this.sleeps(at)) at++;
    return at;
  }

  /** A watched block was run: it sleeps if nothing happened. */
  note(block: number, silent: boolean): void {
    if (silent && this.#changed[0] === 0) this.#asleep[block] = 1;
  }
}

/** A kernel, and what runs the few neurons of a group that it gives back. */
interface GroupedKernel {
  readonly run: Kernel;
  readonly group: number;
  readonly exactly: (first: number, end: number) => void;
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
  awake: number;
  readonly fuse: KernelNeurons["fuse"];
  readonly #plan: Plan;
  readonly #kernel: GroupedKernel;
  readonly #watch: GroupedKernel | null;
  readonly #fused: GroupedKernel | null;
  /** What the next step begins with. */
  #totals: Pick<Totals, "run" | "exactly"> | null = null;
  readonly #rest: Rest | null;
  readonly #count: Uint32Array;
  /** The equations themselves, once they are needed, and the spikes that they leave. */
  #equations: { readonly block: PreparedBlock; readonly spike: Float64Array } | null = null;
  /** Registers hold what a run of this program cannot have left there, so that nothing is proved. */
  #foreign = false;
  #timestep = 0;
  /** How often the kernel gave neurons back. */
  #given = 0;

  constructor(plan: Plan, compiled: CompiledBlock, memory: WasmMemory, arrays: PopulationArrays) {
    this.load = plan.load;
    this.size = plan.load.high - plan.load.low;
    this.registers = arrays.registers;
    this.accumulators = arrays.accumulators;
    this.fired = arrays.fired;
    this.constants = plan.constants;
    this.probes = new Map([...plan.probes].map(([name, region]) => [name, viewOf(memory, region)]));
    this.awake = Math.ceil(this.size / restBlock);
    this.#plan = plan;
    const { run, watch } = compiled.open(memory);
    const exactly = (first: number, end: number): void => this.runEquations(first, end);
    this.#kernel = { run, group: compiled.group, exactly };
    const rests = watch !== null && plan.changed !== null && !compiled.reads.has("timestep");
    this.#watch = rests ? { run: watch, group: compiled.group, exactly } : null;
    this.#rest = rests ? new Rest(this.size, viewOf(memory, plan.changed)) : null;
    this.#count = viewOf(memory, plan.list.count);
    this.#fused = this.fusedOf(plan.fused, memory);
    this.fuse =
      this.#fused === null
        ? null
        : (totals) => {
            this.touch(0, this.size);
            this.#totals = totals;
          };
    this.reset();
  }

  reset(): void {
    for (const array of [...this.accumulators.values(), ...this.probes.values()]) array.fill(0);
    for (const [name, register] of this.registers) initialize(register, this.load, name);
    this.fired.count = 0;
    this.#totals = null;
    this.#foreign = false;
    this.#rest?.wake();
  }

  touch(first: number, end: number): void {
    this.#rest?.touch(first, end);
  }

  restored(): void {
    this.#rest?.wake();
    this.#foreign = [...this.registers].some(([name, array]) => {
      return !within(rangeOfValues(array), this.#plan.arrays.get(name)!.range);
    });
  }

  step(timestep: number): void {
    this.#timestep = timestep;
    this.#count[0] = 0;
    const beyond = this.#foreign || timestep > Number(timesteps.high);
    if (beyond) this.#totals?.run();
    if (beyond) this.runEquations(0, this.size);
    else if (this.#totals !== null) this.runFused();
    else if (this.#rest === null) this.run(this.#kernel, 0, this.size);
    else if (timestep % watchEvery === 0) this.watchAwake(this.#rest);
    else this.runAwake(this.#rest);
    this.#totals = null;
    this.fired.count = this.listed();
  }

  private run({ run, group, exactly }: GroupedKernel, first: number, end: number): void {
    runNeurons(run, group, first, end, exactly, this.#timestep);
  }

  /** Events may have reached all neurons, so that all are run. */
  private runFused(): void {
    const { blocks } = this.#rest ?? { blocks: Math.ceil(this.size / restBlock) };
    for (let block = 0; block < blocks; block++) this.#rest?.take(block);
    this.awake = blocks;
    this.run(this.#fused!, 0, this.size);
  }

  private fusedOf(fused: CompiledBlock | null, memory: WasmMemory): GroupedKernel | null {
    if (fused === null) return null;
    const exactly = (first: number, end: number): void => {
      this.#totals!.exactly(first, end);
      this.runEquations(first, end);
    };
    return { run: fused.open(memory).run, group: fused.group, exactly };
  }

  /** All blocks but those that sleep. */
  private runAwake(rest: Rest): void {
    const { size } = this;
    this.awake = 0;
    for (let block = rest.next(0); block < rest.blocks; block = rest.next(block)) {
      const first = block;
      do rest.take(block++);
      while (block < rest.blocks && !rest.sleeps(block));
      this.awake += block - first;
      this.run(this.#kernel, first * restBlock, Math.min(block * restBlock, size));
    }
  }

  /** The same, but those that no event has reached are watched, and sleep from now on if nothing happens in them. */
  private watchAwake(rest: Rest): void {
    const { size } = this;
    this.awake = 0;
    for (let block = rest.next(0); block < rest.blocks; block = rest.next(block)) {
      const first = block * restBlock;
      if (rest.isTouched(block)) {
        do rest.take(block++);
        while (block < rest.blocks && rest.isTouched(block));
        this.awake += block - first / restBlock;
        this.run(this.#kernel, first, Math.min(block * restBlock, size));
        continue;
      }
      const [before, given] = [this.#count[0], this.#given];
      this.run(this.#watch!, first, Math.min(first + restBlock, size));
      this.awake++;
      rest.note(block++, this.#count[0] === before && this.#given === given);
    }
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
    this.#given++;
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
