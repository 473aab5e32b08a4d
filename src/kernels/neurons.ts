/** Neurons that a kernel advances, timestep by timestep. */

import { rangeOfValues } from "../core/bounds.ts";
import type { EventList } from "../core/events.ts";
import {
  initialize,
  prepareTimestep,
  type Neurons,
  type PopulationArrays,
  type PopulationLoad,
} from "../core/population.ts";
import type { PreparedBlock, Register, Values } from "../datapath/prepare.ts";
import type { Interval } from "../datapath/ranges.ts";
import { within } from "./arithmetic/value.ts";
import type { ArraySource, CompiledBlock, Kernel } from "./block.ts";
import type { SpikeList } from "./compaction.ts";
import { viewOf, type Region } from "./memory.ts";
import { Rest, restBlock, watchEvery } from "./rest.ts";
import { runNeurons } from "./run.ts";
import type { WasmMemory } from "./wasm.ts";

/** What a timestep may begin with: totals that are added to accumulators. */
export interface Beginning {
  /** Of all neurons. */
  run(): void;
  /** Of a few, from the equations themselves. */
  exactly(first: number, end: number): void;
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
  readonly fuse: ((totals: Beginning) => void) | null;
}

/** Chip timesteps that a kernel may be given; a run that is longer goes on without it. */
export const timesteps: Interval = { low: 1n, high: 2n ** 31n - 1n };
const lastTimestep = Number(timesteps.high);

/** What a population is made of beside its kernel. */
export interface PopulationParts {
  readonly load: PopulationLoad;
  readonly constants: ReadonlyMap<string, Values>;
  /** Registers and accumulators, with what they can hold when a timestep begins. */
  readonly arrays: ReadonlyMap<string, ArraySource>;
  readonly probes: ReadonlyMap<string, Region<"f64">>;
  readonly list: SpikeList;
  /** [1] whether a block that is watched changed; null where none rests. */
  readonly changed: Region<"u32"> | null;
  /** The kernel that begins from totals; null where nobody said what arrives. */
  readonly fused: CompiledBlock | null;
  /** Kernels list no spike that carries another payload than 1. */
  readonly binary: boolean;
}

/** A kernel, and what runs the few neurons of a group that it gives back. */
interface GroupedKernel {
  readonly run: Kernel;
  readonly group: number;
  readonly exactly: (first: number, end: number) => void;
}

/** One population in one memory. A run that throws ends in the middle of a timestep. */
export class KernelPopulation implements KernelNeurons {
  readonly load: PopulationLoad;
  readonly size: number;
  readonly registers: ReadonlyMap<string, Register>;
  readonly accumulators: ReadonlyMap<string, Register>;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Float64Array>;
  readonly fired: EventList;
  awake: number;
  readonly fuse: KernelNeurons["fuse"];
  readonly #parts: PopulationParts;
  readonly #kernel: GroupedKernel;
  readonly #watch: GroupedKernel | null;
  readonly #fused: GroupedKernel | null;
  /** What the next step begins with. */
  #totals: Beginning | null = null;
  readonly #rest: Rest | null;
  readonly #count: Uint32Array;
  /** The equations themselves, once they are needed, and the spikes that they leave. */
  #equations: { readonly block: PreparedBlock; readonly spike: Float64Array } | null = null;
  /** Registers hold what a run of this program cannot have left there, so that nothing is proved. */
  #foreign = false;
  #timestep = 0;
  /** How often the kernel gave neurons back. */
  #given = 0;

  constructor(parts: PopulationParts, compiled: CompiledBlock, memory: WasmMemory, arrays: PopulationArrays) {
    this.load = parts.load;
    this.size = parts.load.high - parts.load.low;
    this.registers = arrays.registers;
    this.accumulators = arrays.accumulators;
    this.fired = arrays.fired;
    this.constants = parts.constants;
    this.probes = new Map([...parts.probes].map(([name, region]) => [name, viewOf(memory, region)]));
    this.awake = Math.ceil(this.size / restBlock);
    this.#parts = parts;
    const { run, watch } = compiled.open(memory);
    const exactly = (first: number, end: number): void => this.runEquations(first, end);
    this.#kernel = { run, group: compiled.group, exactly };
    const rests = watch !== null && parts.changed !== null && !compiled.reads.has("timestep");
    this.#watch = rests ? { run: watch, group: compiled.group, exactly } : null;
    this.#rest = rests ? new Rest(this.size, viewOf(memory, parts.changed)) : null;
    this.#count = viewOf(memory, parts.list.count);
    this.#fused = this.fusedOf(parts.fused, memory);
    this.fuse =
      this.#fused === null
        ? null
        : (totals) => {
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
      return !within(rangeOfValues(array), this.#parts.arrays.get(name)!.range);
    });
  }

  step(timestep: number): void {
    this.#timestep = timestep;
    this.#count[0] = 0;
    if (this.#parts.binary && !this.fired.binary) this.allOnes();
    const beyond = this.#foreign || timestep > lastTimestep;
    if (beyond) this.#totals?.run();
    if (beyond) this.runEquations(0, this.size);
    else if (this.#totals !== null) this.runFused();
    else if (this.#rest === null) this.run(this.#kernel, 0, this.size);
    else if (timestep % watchEvery === 0) this.watchAwake(this.#rest);
    else this.runAwake(this.#rest);
    this.#totals = null;
    this.fired.count = this.listed();
  }

  /** The equations may have listed other payloads than the kernels can. */
  private allOnes(): void {
    this.fired.payload.fill(1);
    this.fired.binary = true;
  }

  private run({ run, group, exactly }: GroupedKernel, first: number, end: number): void {
    runNeurons(run, group, first, end, exactly, this.#timestep);
  }

  /** Events may have reached all neurons, so that all are run. */
  private runFused(): void {
    this.#rest?.takeAll();
    this.awake = Math.ceil(this.size / restBlock);
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
      if (spike[i] !== 1) fired.binary = false;
    }
    this.#count[0] = count;
  }

  private prepare(): { block: PreparedBlock; spike: Float64Array } {
    const spike = this.probes.get("spike") ?? new Float64Array(this.size);
    return { block: prepareTimestep(this.load, this, spike, () => this.#timestep, false), spike };
  }
}
