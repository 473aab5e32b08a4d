/**
 * Neurons and synapses in real numbers: the equations of a chip read without rounding and overflow, or with some of them.
 * Everything is a double. Beside the interpreter's loops these have no ranges to keep to: what does not overflow, grows.
 */

import type { Acts, LossWatch } from "../datapath/prepare-real.ts";
import { prepareReal, type RealOutput } from "../datapath/prepare-real.ts";
import type { LossKind } from "../datapath/losses.ts";
import type { PreparedBlock, Values } from "../datapath/prepare.ts";
import { foldBlock } from "../datapath/fold.ts";
import { namesIn, type Block } from "../datapath/syntax.ts";
import { mistake } from "../errors.ts";
import type { CorePopulation, CoreProjection, Cores } from "./cores.ts";
import { blocksOf, sumOf, type Synaptic } from "./delivery.ts";
import { emptyList, type EventList } from "./events.ts";
import type { Forwarding } from "./forward.ts";
import { forwardingOf, localsOf, runForwarding, type Neurons, type PopulationLoad } from "./population.ts";
import { openRows, type Rows } from "./rows.ts";
import type { Sum } from "./sums.ts";
import type { Synapses } from "./synapses.ts";

/** Numbers in place of a program's integers; what is not named here is the integer. */
export interface RealValues {
  /** By population and name, [neurons] or [1]. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, Float64Array>>>;
  /** Registers that do not start at 0, by population and name, [neurons] or [1]. */
  readonly initial: ReadonlyMap<string, Readonly<Record<string, Float64Array>>>;
  /** By projection, one for each weight of its synapses. */
  readonly weights: ReadonlyMap<string, Float64Array>;
}

/** The blocks of a datapath in which numbers may be lost. */
export type LossyBlock = "on spike" | "on total" | "on timestep";

/** One kind of loss on one line of a population's equations. */
export interface LossPlace {
  readonly population: string;
  readonly block: LossyBlock;
  /** Counted from 0. */
  readonly line: number;
  readonly kind: LossKind;
}

export interface RealOptions {
  readonly values?: RealValues | undefined;
  /** Whether a loss happens as on the chip; none of them where it is missing. */
  readonly acts?: ((place: LossPlace) => boolean) | undefined;
  /** Told of a loss that happens how many numbers it changed. */
  readonly watch?: ((place: LossPlace, numbers: number) => void) | undefined;
  /** What one unit of an input's payload stands for, by input; 1 where nothing is said. */
  readonly payloadUnits?: ReadonlyMap<string, number> | undefined;
}

/** Neurons and synapses in real numbers, whole populations. */
export function realCores(options: RealOptions = {}): Cores {
  return (populations, sources) => ({
    populations: populations.map((one) => {
      const neurons = new RealNeurons(one, options);
      const incoming = one.incoming.map((projection) => {
        const from = sources.find(({ name }) => name === projection.from)!;
        return new RealDelivery(projection, from.neurons, neurons, options);
      });
      return { neurons, incoming };
    }),
    lists: sources.map(({ kept }) => Array.from({ length: kept }, () => emptyList())),
  });
}

/** What a place in one block does and who is told of it. */
function switchesOf(
  population: string,
  block: LossyBlock,
  { acts, watch }: RealOptions,
): { readonly acts: Acts; readonly watch: LossWatch | undefined } {
  return {
    acts: (line, kind) => acts?.({ population, block, line, kind }) ?? false,
    watch: watch && ((line, kind, numbers) => watch({ population, block, line, kind }, numbers)),
  };
}

/** Settings put in: what is computed from them alone is the chip's integer in every reading, and no loss of a run. */
function settled({ datapath, settings }: PopulationLoad, block: Block): Block {
  return foldBlock(block, new Map([...datapath.words, ...Object.entries(settings)]));
}

/** One population: registers and accumulators, [neurons] each. */
class RealNeurons implements Neurons {
  readonly load: PopulationLoad;
  readonly size: number;
  readonly registers: ReadonlyMap<string, Float64Array>;
  readonly accumulators: ReadonlyMap<string, Float64Array>;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Float64Array>;
  readonly fired: EventList;
  private readonly initial: ReadonlyMap<string, Float64Array | Int32Array>;
  private readonly spike: Float64Array;
  private readonly block: PreparedBlock;
  private readonly forwarding: Forwarding | null;
  private timestep = 0;

  constructor({ load, neurons, probed }: CorePopulation, options: RealOptions) {
    const { spec, words, onTimestep } = load.datapath;
    this.load = load;
    this.size = neurons;
    const empty = (): Float64Array => new Float64Array(neurons);
    this.registers = new Map(Object.keys(spec.state).map((name) => [name, empty()]));
    this.accumulators = new Map(spec.inputs.map((name) => [name, this.registers.get(name) ?? empty()]));
    this.spike = empty();
    this.probes = new Map(localsOf(load, probed).map((name) => [name, name === "spike" ? this.spike : empty()]));
    this.fired = emptyList(neurons);
    const own = { ...load.parameters, ...options.values?.parameters.get(load.name) };
    this.constants = new Map<string, Values>([
      ...words,
      ...Object.entries(load.settings),
      ...Object.entries(own).map(([name, values]): [string, Values] => {
        return [name, values.length === 1 ? values[0]! : values];
      }),
    ]);
    this.initial = new Map(Object.entries({ ...load.initial, ...options.values?.initial.get(load.name) }));
    this.forwarding = forwardingOf(load);
    const inputs = new Map(this.constants);
    for (const [name, array] of this.accumulators) if (!this.registers.has(name)) inputs.set(name, array);
    const outputs = [...this.registers, ...this.probes].map(([name, array]): RealOutput => ({ name, array }));
    if (!this.probes.has("spike")) outputs.push({ name: "spike", array: this.spike });
    const { acts, watch } = switchesOf(load.name, "on timestep", options);
    const changing = new Map([["timestep", () => this.timestep]]);
    this.block = prepareReal(settled(load, onTimestep), inputs, outputs, changing, acts, watch);
    this.reset();
  }

  reset(): void {
    for (const array of [...this.registers.values(), ...this.accumulators.values(), ...this.probes.values()]) {
      array.fill(0);
    }
    for (const [name, values] of this.initial) {
      const register = this.registers.get(name)!;
      if (values.length === 1) register.fill(values[0]!);
      else register.set(values);
    }
    this.fired.count = 0;
  }

  restored(): void {
    // Nothing is remembered beside the registers.
  }

  step(timestep: number): void {
    this.timestep = timestep;
    runForwarding(this.block, this.forwarding, this.spike);
    for (const [name, array] of this.accumulators) if (!this.registers.has(name)) array.fill(0);
    this.listFired();
  }

  /** Spikes travel as whole numbers, in this reading too. */
  private listFired(): void {
    const { spike, fired } = this;
    let count = 0;
    for (let i = 0; i < spike.length; i++) {
      const value = spike[i]!;
      if (value === 0) continue;
      if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) {
        throw mistake("REAL_SPIKE", { population: this.load.name, neuron: i, value, timestep: this.timestep });
      }
      fired.neuron[count] = i;
      fired.payload[count++] = value;
    }
    fired.count = count;
  }
}

/** One projection. */
class RealDelivery implements Synaptic {
  synops = 0;
  private readonly rows: Rows;
  /** By the number that stands in the rows in a weight's place. */
  private readonly weights: Float64Array;
  private readonly unit: number;
  private readonly total: Float64Array;
  private readonly sum: Sum | null;
  private readonly onTotal: PreparedBlock;
  private readonly onSpike: RealLanes | null;
  private lastSynops = 0;

  constructor(projection: CoreProjection, sources: number, neurons: RealNeurons, options: RealOptions) {
    const { name, synapses, from } = projection;
    const { load, size, registers, accumulators } = neurons;
    this.rows = openRows(numbered(synapses, sources, size), size, 0, size);
    this.weights = options.values?.weights.get(name) ?? Float64Array.from(synapses.weight);
    this.unit = options.payloadUnits?.get(from) ?? 1;
    this.total = new Float64Array(size);
    const constants = new Map<string, Values>([...neurons.constants, ...Object.entries(projection.parameters)]);
    const { onSpike, onTotal } = blocksOf(load, projection);
    const total = settled(load, onTotal);
    // Shares of parameters are none that a sum could depend on.
    const whole = [...constants].filter(([, value]) => typeof value !== "number" || Number.isInteger(value));
    this.sum = sumOf(load, projection, new Map(whole));
    const arrays = new Map<string, Float64Array>([...registers, ...accumulators, ["total", this.total]]);
    this.onSpike =
      this.sum === null ? new RealLanes(settled(load, onSpike), constants, arrays, load.name, options) : null;
    const inputs = new Map<string, Values>([...registers, ...constants, ["total", this.total]]);
    for (const accumulator of accumulators.keys()) inputs.delete(accumulator);
    const outputs = [...accumulators].map(([own, array]): RealOutput => ({ name: own, array }));
    const { acts, watch } = switchesOf(load.name, "on total", options);
    this.onTotal = prepareReal(total, inputs, outputs, new Map(), acts, watch);
  }

  deliver(events: EventList, sameAsLast: boolean): void {
    if (events.count === 0) return;
    if (!sameAsLast || this.sum === null) {
      this.total.fill(0);
      this.lastSynops = 0;
      for (let i = events.begin; i < events.begin + events.count; i++) {
        this.rows.seek(events.neuron[i]!);
        this.lastSynops += this.rows.end - this.rows.begin;
        const payload = events.payload[i]! * this.unit;
        if (this.sum === null) this.onSpike!.run(this.rows, this.weights, payload);
        else this.addRow(this.sum === "weight" ? 1 : payload);
      }
    }
    this.synops += this.lastSynops;
    this.onTotal.run(0, this.total.length);
  }

  private addRow(factor: number): void {
    const { total, weights } = this;
    const { dense, target, weight, begin, end } = this.rows;
    // A dense matrix keeps its weights in the order of the rows.
    if (dense) for (let i = 0; i < total.length; i++) total[i]! += weights[begin + i]! * factor;
    else for (let i = begin; i < end; i++) total[target[i]!]! += weights[weight[i]!]! * factor;
  }
}

/** The same synapses with the number of each weight in its place; made once, since a program is read in many ways. */
function numbered(synapses: Synapses, sources: number, neurons: number): Synapses {
  if (synapses.kind === "dense") return synapses;
  const before = numberedOnce.get(synapses);
  if (before !== undefined) return before;
  const own = { ...synapses, weight: Int32Array.from(synapses.weight, (_, i) => i) };
  const made = own.kind === "conv2d" ? listed(own, sources, neurons) : own;
  numberedOnce.set(synapses, made);
  return made;
}

const numberedOnce = new WeakMap<Synapses, Synapses>();

/** A convolution of at most so many synapses is kept as a list: working its rows out takes longer than adding them. */
const mostListed = 2 ** 23;

function listed(conv: Synapses & { readonly kind: "conv2d" }, sources: number, neurons: number): Synapses {
  const rows = openRows(conv, neurons, 0, neurons);
  const start = new Uint32Array(sources + 1);
  for (let source = 0; source < sources; source++) {
    rows.seek(source);
    start[source + 1] = start[source]! + rows.end - rows.begin;
  }
  const entries = start[sources]!;
  if (entries > mostListed) return conv;
  const [target, weight] = [new Uint32Array(entries), new Int32Array(entries)];
  for (let source = 0; source < sources; source++) {
    rows.seek(source);
    target.set(rows.target.subarray(rows.begin, rows.end), start[source]);
    weight.set(rows.weight.subarray(rows.begin, rows.end), start[source]);
  }
  return { kind: "sparse", start, target, weight };
}

/** `on spike` over all targets of one event: the targets are the lanes, gathered and scattered around the block. */
class RealLanes {
  private readonly weight: Float64Array;
  private readonly gathered: readonly {
    readonly lanes: Float64Array;
    readonly array: Float64Array;
    readonly written: boolean;
  }[];
  private readonly block: PreparedBlock;
  private payload = 0;

  /** @param arrays everything of the neurons that changes, and the total, by name */
  constructor(
    onSpike: Block,
    constants: ReadonlyMap<string, Values>,
    arrays: ReadonlyMap<string, Float64Array>,
    population: string,
    options: RealOptions,
  ) {
    const size = arrays.get("total")!.length;
    this.weight = new Float64Array(size);
    const written = new Set(onSpike.map(({ name }) => name));
    const mentioned = new Set(onSpike.flatMap(({ name, value }) => [name, ...namesIn(value)]));
    const inputs = new Map<string, Values>([["weight", this.weight]]);
    const perNeuron = new Map<string, Float64Array>(arrays);
    for (const [name, values] of constants) {
      if (typeof values === "number") inputs.set(name, values);
      else perNeuron.set(name, Float64Array.from(values));
    }
    const outputs: RealOutput[] = [];
    this.gathered = [...perNeuron].flatMap(([name, array]) => {
      if (!mentioned.has(name)) return [];
      const lanes = new Float64Array(size);
      if (written.has(name)) outputs.push({ name, array: lanes });
      else inputs.set(name, lanes);
      return [{ lanes, array, written: written.has(name) }];
    });
    const { acts, watch } = switchesOf(population, "on spike", options);
    this.block = prepareReal(onSpike, inputs, outputs, new Map([["payload", () => this.payload]]), acts, watch);
  }

  /** One event: `rows` is at its source. @param weights by the number in the rows */
  run({ dense, target, weight, begin, end }: Rows, weights: Float64Array, payload: number): void {
    const count = end - begin;
    this.payload = payload;
    for (let lane = 0; lane < count; lane++) {
      const entry = begin + lane;
      this.weight[lane] = weights[dense ? entry : weight[entry]!]!;
      const neuron = dense ? lane : target[entry]!;
      for (const { lanes, array } of this.gathered) lanes[lane] = array[neuron]!;
    }
    this.block.run(0, count);
    for (const { lanes, array, written } of this.gathered) {
      if (!written) continue;
      for (let lane = 0; lane < count; lane++) array[dense ? lane : target[begin + lane]!] = lanes[lane]!;
    }
  }
}
