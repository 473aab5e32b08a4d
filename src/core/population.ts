/** The neurons of one population that lie on one core or shard: registers, and one timestep of them. */

import type { Datapath } from "../datapath/datapath.ts";
import {
  plainBlock,
  prepareBlock,
  type Output,
  type PreparedBlock,
  type Register,
  type Values,
} from "../datapath/prepare.ts";
import { mistake } from "../errors.ts";
import { emptyList, type EventList } from "./events.ts";
import { Forwarding } from "./forward.ts";

/** What is loaded into a population before it runs. */
export interface PopulationLoad {
  readonly name: string;
  readonly datapath: Datapath;
  /** Neurons `low` to `high` (excluded) of the population are here. */
  readonly low: number;
  readonly high: number;
  /** [neurons of the whole population] or [1]. */
  readonly parameters: Readonly<Record<string, Int32Array>>;
  /** Registers that do not start at 0, [neurons of the whole population] or [1]. */
  readonly initial: Readonly<Record<string, Int32Array>>;
  readonly settings: Readonly<Record<string, number>>;
  /** [neurons] which neuron gets this one's count in the same timestep; -1: none. Such a population is not divided. */
  readonly forwards?: Int32Array | undefined;
}

/** The neurons of one population that are here, whatever runs them. Arrays are [high - low] and stay where they are. */
export interface Neurons {
  readonly load: PopulationLoad;
  /** How many: high - low. */
  readonly size: number;
  readonly registers: ReadonlyMap<string, Register>;
  /** Values of per-step names that are being probed, by name. */
  readonly probes: ReadonlyMap<string, Float64Array>;
  /** Spikes of the last timestep, with neuron numbers of the whole population. */
  readonly fired: EventList;
  /** Registers to their initial values, nothing accumulated, nothing to be shown. */
  reset(): void;
  /** To be told when somebody else has written to registers. */
  restored(): void;
  /**
   * Advance every neuron by one timestep and list what fired in `fired`.
   *
   * @param timestep of the chip, the first is 1
   * @throws ENGINE_REGISTER_RANGE when a register would leave its type
   */
  step(timestep: number): void;
}

/** An accumulator has no width of its own: events add up exactly, and a chip that overflows says so in its equations. */
export const accumulatorLimit: number = Number.MAX_SAFE_INTEGER;
/** Payloads travel as 32-bit integers. */
export const payloadLimit: number = 2 ** 31 - 1;

/** Arrays of [high - low] neurons, those of an accumulator that is a register the same. */
export interface PopulationArrays {
  readonly registers: ReadonlyMap<string, Register>;
  readonly accumulators: ReadonlyMap<string, Register>;
  /** With room for all neurons. */
  readonly fired: EventList;
}

function newArrays({ datapath: { spec }, low, high }: PopulationLoad): PopulationArrays {
  const size = high - low;
  const registers = new Map(Object.entries(spec.state).map(([name, range]) => [name, registerArray(range, size)]));
  const accumulators = new Map(spec.inputs.map((name) => [name, registers.get(name) ?? new Float64Array(size)]));
  return { registers, accumulators, fired: emptyList(size) };
}

/** Registers and accumulators of one population, [high - low] each; neurons are counted from `low`. */
export class Population implements Neurons {
  readonly load: PopulationLoad;
  readonly size: number;
  readonly registers: ReadonlyMap<string, Register>;
  /** What arrived this timestep; an accumulator that is a register keeps its value. */
  readonly accumulators: ReadonlyMap<string, Register>;
  /** Constants that blocks may read: parameters, settings and the words of enumerations. */
  readonly constants: ReadonlyMap<string, Values>;
  /** Spikes of the last timestep, with neuron numbers of the whole population. */
  readonly fired: EventList;
  /** Values of per-step names that are being probed, by name. */
  readonly probes: ReadonlyMap<string, Float64Array>;
  private readonly spike: Float64Array;
  private readonly block: PreparedBlock;
  private readonly forwarding: Forwarding | null;
  private timestep = 0;

  /**
   * @param plain run the plain walk of the equations instead of the prepared loops
   * @param probed per-step names that are kept
   * @param arrays where the neurons live; overwritten
   */
  constructor(
    load: PopulationLoad,
    plain: boolean,
    probed: readonly string[] = [],
    arrays: PopulationArrays = newArrays(load),
  ) {
    this.load = load;
    this.size = load.high - load.low;
    this.registers = arrays.registers;
    this.accumulators = arrays.accumulators;
    this.constants = constantsOf(load);
    this.spike = new Float64Array(this.size);
    this.fired = arrays.fired;
    this.probes = new Map(
      localsOf(load, probed).map(
        (name) => [name, name === "spike" ? this.spike : new Float64Array(this.size)] as const,
      ),
    );
    this.forwarding = this.size === 0 ? null : forwardingOf(load);
    this.block = prepareTimestep(load, this, this.spike, () => this.timestep, plain);
    this.reset();
  }

  reset(): void {
    for (const array of [...this.accumulators.values(), ...this.probes.values()]) array.fill(0);
    for (const [name, register] of this.registers) initialize(register, this.load, name);
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

  private listFired(): void {
    const { spike, fired } = this;
    let count = 0;
    for (let i = 0; i < spike.length; i++) {
      if (spike[i] === 0) continue;
      fired.neuron[count] = this.load.low + i;
      fired.payload[count++] = spike[i]!;
    }
    fired.count = count;
  }
}

/** Parameters of the neurons that are here, settings, and the words of enumerations. */
export function constantsOf({ datapath, settings, parameters, low, high }: PopulationLoad): Map<string, Values> {
  return new Map<string, Values>([
    ...datapath.words,
    ...Object.entries(settings),
    ...Object.entries(parameters).map(([name, values]): [string, Values] => [name, slice(values, low, high)]),
  ]);
}

/** Probed names that are worked out in each timestep, and neither registers nor accumulators. */
export function localsOf({ datapath: { spec } }: PopulationLoad, probed: readonly string[]): string[] {
  return probed.filter((name) => !Object.hasOwn(spec.state, name) && !spec.inputs.includes(name));
}

/** Initial values of a register on the neurons that are here. */
export function initialOf({ initial, low, high }: PopulationLoad, name: string): Int32Array | number {
  return slice(initial[name] ?? new Int32Array(1), low, high);
}

/** Set a register to its initial values. */
export function initialize(register: Register, load: PopulationLoad, name: string): void {
  const values = initialOf(load, name);
  if (typeof values === "number") register.fill(values);
  else register.set(values);
}

/** Arrays that the equations of a timestep work on. */
export interface TimestepArrays {
  readonly registers: ReadonlyMap<string, Register>;
  readonly accumulators: ReadonlyMap<string, Register>;
  readonly constants: ReadonlyMap<string, Values>;
  readonly probes: ReadonlyMap<string, Float64Array>;
}

/**
 * Make the equations of a timestep ready to run.
 *
 * @param spike overwritten
 * @param plain by the plain walk
 */
export function prepareTimestep(
  { datapath, name: population, low: first }: PopulationLoad,
  { registers, accumulators, constants, probes }: TimestepArrays,
  spike: Float64Array,
  timestep: () => number,
  plain: boolean,
): PreparedBlock {
  const outputs: Output[] = [...registers].map(([name, array]) => {
    const { low, high } = datapath.spec.state[name]!;
    return { name, array, low, high };
  });
  outputs.push({ name: "spike", array: spike, low: -payloadLimit, high: payloadLimit });
  for (const [name, array] of probes) {
    if (array !== spike) outputs.push({ name, array, low: -accumulatorLimit, high: accumulatorLimit });
  }
  const inputs = new Map(constants);
  for (const [name, array] of accumulators) if (!registers.has(name)) inputs.set(name, array);
  const prepare = plain ? plainBlock : prepareBlock;
  const changing = new Map([["timestep", timestep]]);
  return prepare(datapath.onTimestep, inputs, outputs, changing, (lane, { name, low, high }, value) => {
    const facts = { register: name, neuron: lane + first, value: String(value), low, high };
    throw mistake("ENGINE_REGISTER_RANGE", { ...facts, population, timestep: timestep() });
  });
}

/**
 * Run a timestep of all neurons at once, except that one which is passed a count waits for the neuron that passes it.
 *
 * @param spike [neurons] what each fires; overwritten
 */
export function runForwarding(block: PreparedBlock, forwarding: Forwarding | null, spike: Float64Array): void {
  // What a neuron reads in `spike`, where it can: what has been passed on to it.
  spike.fill(0);
  if (forwarding === null) return block.run(0, spike.length);
  const { runs } = forwarding;
  for (let i = 1; i < runs.length; i++) {
    block.run(runs[i - 1]!, runs[i]!);
    forwarding.handOn(spike, runs[i - 1]!, runs[i]!);
  }
}

/** Who passes counts on to whom, where somebody does. */
export function forwardingOf({ datapath, forwards, low, high }: PopulationLoad): Forwarding | null {
  const { forward } = datapath.spec;
  if (forward === undefined || forwards === undefined) return null;
  if (low !== 0 || high !== forwards.length) throw new Error("a population that forwards is not divided");
  return new Forwarding(forwards, forward.atMost);
}

function registerArray({ low, high }: { low: number; high: number }, size: number): Int32Array | Float64Array {
  return low >= -(2 ** 31) && high < 2 ** 31 ? new Int32Array(size) : new Float64Array(size);
}

/** One shared value as a number, or this part of the population's values. */
function slice(values: Int32Array, low: number, high: number): Int32Array | number {
  return values.length === 1 ? values[0]! : values.subarray(low, high);
}
