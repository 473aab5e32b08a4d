/** Events of one projection to the neurons of one core: `on spike` for each synapse, then `on total`. */

import {
  plainBlock,
  prepareBlock,
  type Output,
  type PreparedBlock,
  type Register,
  type Values,
} from "../datapath/prepare.ts";
import { namesIn, renamed, type Block } from "../datapath/syntax.ts";
import { mistake } from "../errors.ts";
import type { EventList } from "./events.ts";
import type { PopulationArrays, PopulationLoad } from "./population.ts";
import type { Rows } from "./rows.ts";
import { addUp, recognizeSum, type Sum } from "./sums.ts";

/** What a projection brings beside its synapses. */
export interface ProjectionLoad {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** Which accumulator of the population `input` means. */
  readonly accumulator: string;
}

/** The synapses of one projection onto the neurons that are here. */
export interface Synaptic {
  /** Spikes delivered through one synapse each, since `synops` was last set to 0. */
  synops: number;
  /**
   * Add the effect of events that arrive together to the accumulators of the neurons.
   *
   * @param sameAsLast the events are those of the last call, so that a sum need not be worked out again
   */
  deliver(events: EventList, sameAsLast: boolean): void;
}

/** The neurons that events reach, whatever runs them. */
export interface Reached extends Pick<PopulationArrays, "registers" | "accumulators"> {
  readonly load: PopulationLoad;
  readonly size: number;
  /** Constants that equations may read. */
  readonly constants: ReadonlyMap<string, Values>;
}

const sumLimit = Number.MAX_SAFE_INTEGER;

/** One projection onto one population (or the part of it that is here). */
export class Delivery implements Synaptic {
  synops = 0;
  private readonly load: ProjectionLoad;
  private readonly rows: Rows;
  private readonly total: Float64Array;
  private readonly sum: Sum | null;
  private readonly onTotal: PreparedBlock;
  private readonly onSpike: SpikeLanes | null;
  private lastSynops = 0;

  constructor(load: ProjectionLoad, rows: Rows, population: Reached, plain: boolean) {
    this.load = load;
    this.rows = rows;
    this.total = new Float64Array(population.size);
    const { onSpike, onTotal } = blocksOf(population.load, load);
    const constants = projectionConstants(population, load);
    this.sum = plain ? null : sumOf(population.load, load, constants);
    this.onTotal = prepareAccumulation(onTotal, constants, population, this.total, load, plain);
    this.onSpike = this.sum === null ? new SpikeLanes(onSpike, load, population, this.total, plain) : null;
  }

  deliver(events: EventList, sameAsLast = false): void {
    if (events.count === 0) return;
    if (!sameAsLast || this.sum === null) {
      this.total.fill(0);
      this.lastSynops = 0;
      if (this.sum === null) this.deliverInOrder(events);
      else this.lastSynops = addUp(this.rows, events, this.sum, this.total, this.load.name);
    }
    this.synops += this.lastSynops;
    this.onTotal.run(0, this.total.length);
  }

  private deliverInOrder(events: EventList): void {
    const { rows } = this;
    for (let i = events.begin; i < events.begin + events.count; i++) {
      rows.seek(events.neuron[i]!);
      this.lastSynops += rows.end - rows.begin;
      this.onSpike!.run(rows, events.payload[i]!);
    }
  }
}

/** The blocks of a projection; `input` is whichever accumulator it feeds. */
export function blocksOf(
  { datapath }: PopulationLoad,
  { accumulator }: ProjectionLoad,
): Record<"onSpike" | "onTotal", Block> {
  return {
    onSpike: renamed(datapath.onSpike, "input", accumulator),
    onTotal: renamed(datapath.onTotal ?? inputPlusTotal, "input", accumulator),
  };
}

/** What `on spike` of a projection adds up, where it does nothing else. */
export function sumOf(
  population: PopulationLoad,
  load: ProjectionLoad,
  constants: ReadonlyMap<string, Values>,
): Sum | null {
  const { onSpike } = blocksOf(population, load);
  const { onTotal, spec } = population.datapath;
  // Adding to an accumulator that nothing reads meanwhile is adding to the total.
  const adds = onTotal === null && !Object.hasOwn(spec.state, load.accumulator);
  return recognizeSum(adds ? renamed(onSpike, load.accumulator, "total") : onSpike, constants);
}

/** `input = input + total`, what `on total` means where a target does not write it. */
export const inputPlusTotal: Block = [
  {
    name: "input",
    value: {
      kind: "binary",
      operator: "+",
      left: { kind: "name", name: "input", at: { line: 1, column: 1 } },
      right: { kind: "name", name: "total", at: { line: 1, column: 1 } },
      at: { line: 1, column: 1 },
    },
    at: { line: 1, column: 1 },
  },
];

/** All constants that the blocks of a projection read. */
export function projectionConstants(
  population: Pick<Reached, "constants">,
  load: ProjectionLoad,
): ReadonlyMap<string, Values> {
  return new Map<string, Values>([...population.constants, ...Object.entries(load.parameters)]);
}

/** Make `on total` ready to run over neurons; `total` is read. */
export function prepareAccumulation(
  block: Block,
  constants: ReadonlyMap<string, Values>,
  population: Reached,
  total: Register,
  load: ProjectionLoad,
  plain: boolean,
): PreparedBlock {
  const inputs = new Map<string, Values>([...population.registers, ...constants, ["total", total]]);
  const outputs: Output[] = [];
  for (const [name, array] of population.accumulators) {
    inputs.delete(name);
    outputs.push({ name, array, ...rangeOf(population, name) });
  }
  return (plain ? plainBlock : prepareBlock)(block, inputs, outputs, new Map(), refuse(population, load));
}

/** An accumulator that is a register has its range; any other has that of exact sums, or of the array that it is in. */
function rangeOf(population: Reached, name: string): { low: number; high: number } {
  const register = population.load.datapath.spec.state[name];
  if (register !== undefined) return register;
  const array = population.accumulators.get(name);
  if (array instanceof Int32Array) return { low: -(2 ** 31), high: 2 ** 31 - 1 };
  if (array instanceof Int16Array) return { low: -(2 ** 15), high: 2 ** 15 - 1 };
  return { low: -sumLimit, high: sumLimit };
}

/** @param targetOf which neuron a lane is, counted from the first that is here */
function refuse(population: Reached, load: ProjectionLoad, targetOf = (lane: number): number => lane) {
  return (lane: number, { name, low, high }: Output, value: bigint): never => {
    const facts = { register: name, value: String(value), low, high };
    const neuron = targetOf(lane) + population.load.low;
    throw mistake("ENGINE_DELIVERY_RANGE", {
      ...facts,
      neuron,
      population: population.load.name,
      projection: load.name,
    });
  };
}

/** `on spike` over all targets of one event: the targets are the lanes, gathered and scattered around the block. */
export class SpikeLanes {
  private readonly weight: Int32Array;
  private readonly gathered: readonly { lanes: Float64Array; array: Register }[];
  private readonly written: ReadonlySet<string>;
  private readonly names: readonly string[];
  private readonly block: PreparedBlock;
  private payload = 0;
  private targetOf = (lane: number): number => lane;

  constructor(onSpike: Block, load: ProjectionLoad, population: Reached, total: Register, plain: boolean) {
    const size = population.size;
    this.weight = new Int32Array(size);
    const arrays = new Map<string, Register>([...population.registers, ...population.accumulators, ["total", total]]);
    for (const [name, value] of population.constants) {
      if (typeof value !== "number") arrays.set(name, value as Int32Array);
    }
    const mentioned = new Set(onSpike.flatMap((line) => [line.name, ...namesIn(line.value)]));
    for (const name of arrays.keys()) if (!mentioned.has(name)) arrays.delete(name);
    this.names = [...arrays.keys()];
    this.gathered = [...arrays.values()].map((array) => ({ lanes: new Float64Array(size), array }));
    this.written = new Set(onSpike.map((line) => line.name).filter((name) => arrays.has(name)));
    const inputs = new Map<string, Values>([["weight", this.weight], ...Object.entries(load.parameters)]);
    for (const [name, value] of population.constants) if (typeof value === "number") inputs.set(name, value);
    const outputs: Output[] = [];
    for (const [index, name] of this.names.entries()) {
      const { lanes } = this.gathered[index]!;
      if (!this.written.has(name)) inputs.set(name, lanes);
      else outputs.push({ name, array: lanes, ...rangeOf(population, name) });
    }
    const changing = new Map([["payload", () => this.payload]]);
    const prepare = plain ? plainBlock : prepareBlock;
    const named = refuse(population, load, (lane) => this.targetOf(lane));
    this.block = prepare(onSpike, inputs, outputs, changing, named);
  }

  /** One event: `rows` is at its source. */
  run(rows: Pick<Rows, "dense" | "target" | "weight" | "begin" | "end">, payload: number): void {
    const count = rows.end - rows.begin;
    this.payload = payload;
    const targetOf = (lane: number): number => (rows.dense ? lane : rows.target[rows.begin + lane]!);
    this.targetOf = targetOf;
    for (let lane = 0; lane < count; lane++) {
      this.weight[lane] = rows.weight[rows.begin + lane]!;
      for (const { lanes, array } of this.gathered) lanes[lane] = array[targetOf(lane)]!;
    }
    this.block.run(0, count);
    for (const [index, name] of this.names.entries()) {
      if (!this.written.has(name)) continue;
      const { lanes, array } = this.gathered[index]!;
      for (let lane = 0; lane < count; lane++) array[targetOf(lane)] = lanes[lane]!;
    }
  }
}
