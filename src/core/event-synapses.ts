/** Synapses of a chip that runs on events: one for every pair of a source and a neuron, which events may change. */

import type { EventSynapses } from "../datapath/event-datapath.ts";
import { plainBlock, prepareBlock, type Output, type PreparedBlock, type Values } from "../datapath/prepare.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import { namesIn, type Block } from "../datapath/syntax.ts";
import { mistake } from "../errors.ts";

/** What is loaded. */
export interface SynapsesLoad {
  readonly equations: EventSynapses;
  readonly state: Readonly<Record<string, TypeSpec>>;
  /** What a delivered weight may be. */
  readonly weights: TypeSpec;
  /** Addresses of the chip. */
  readonly size: number;
  /** [size of sources][size of neurons] by register. */
  readonly initial: Readonly<Record<string, Int32Array>>;
  /** [size] by name. */
  readonly sourceParameters: Readonly<Record<string, Int32Array>>;
  readonly settings: Readonly<Record<string, number>>;
}

/** Copies a register of neurons `first` to `end` (excluded) to the same places of `into`, by address. */
export type ReadNeurons = (register: string, into: Float64Array, first: number, end: number) => void;

/** Changes the synapses of one source: the registers of a row, and those of neurons that the block reads. */
interface Learning {
  readonly block: PreparedBlock;
  readonly neuronRegisters: ReadonlyMap<string, Float64Array>;
}

/** All synapses; arrays are [source][neuron] by address. */
export class SynapseMemory {
  readonly registers: ReadonlyMap<string, Int32Array>;
  /** The weight that the neuron sees. */
  readonly delivered: Int32Array;
  private readonly load: SynapsesLoad;
  private readonly row: ReadonlyMap<string, Int32Array>;
  private readonly learning: ReadonlyMap<string, Learning>;
  private readonly deliver: PreparedBlock;
  private readonly initialDelivered: Int32Array;
  /** The source whose row is being worked on. */
  private source = 0;

  /** @param plain walk the equations synapse by synapse in big integers */
  constructor(load: SynapsesLoad, neuronRegisters: readonly string[], plain: boolean) {
    this.load = load;
    const { equations, state, initial, size } = load;
    const names = Object.keys(state);
    this.registers = new Map(names.map((name) => [name, initial[name]!.slice()]));
    this.row = new Map(names.map((name) => [name, new Int32Array(size)]));
    this.delivered = new Int32Array(size * size);
    const prepare = plain ? plainBlock : prepareBlock;
    const delivers = equations.delivers;
    const refuse = this.refuse.bind(this);
    this.deliver = prepare(
      [{ name: "delivered", value: delivers, at: delivers.at }],
      new Map<string, Values>([...this.constants(), ...this.registers]),
      [{ name: "delivered", array: this.delivered, low: load.weights.low, high: load.weights.high }],
      this.changing(),
      refuse,
    );
    const outputs = names.map((name): Output => {
      const { low, high } = state[name]!;
      return { name, array: this.row.get(name)!, low, high };
    });
    const learning = [...equations.blocks].map(([name, lines]): [string, Learning] => {
      const read = neuronRegisters.filter((register) => reads(lines, register));
      const gathered = new Map(read.map((register) => [register, new Float64Array(size)]));
      const inputs = new Map<string, Values>([...this.constants(), ...gathered]);
      return [name, { block: prepare(lines, inputs, outputs, this.changing(), refuse), neuronRegisters: gathered }];
    });
    this.learning = new Map(learning);
    for (let source = 0; source < size; source++) this.redeliver(source, 0, size);
    this.initialDelivered = this.delivered.slice();
  }

  /** Registers to their initial values. */
  reset(): void {
    if (this.learning.size === 0) return;
    for (const [name, register] of this.registers) register.set(this.load.initial[name]!);
    this.delivered.set(this.initialDelivered);
  }

  /** To be told when somebody else has written to registers. */
  rewritten(): void {
    if (this.learning.size === 0) return;
    for (let source = 0; source < this.load.size; source++) this.redeliver(source, 0, this.load.size);
  }

  /**
   * Run a block on the synapses of a source onto neurons `first` to `end` (excluded).
   *
   * @throws ENGINE_SYNAPSE_RANGE when a register would leave its type
   */
  learn(name: string, source: number, first: number, end: number, read: ReadNeurons): void {
    const { block, neuronRegisters } = this.learning.get(name)!;
    const base = source * this.load.size;
    this.source = source;
    for (const [register, array] of neuronRegisters) read(register, array, first, end);
    for (const [register, row] of this.row) {
      row.set(this.registers.get(register)!.subarray(base + first, base + end), first);
    }
    block.run(first, end);
    let changed = false;
    for (const [register, row] of this.row) {
      const memory = this.registers.get(register)!;
      for (let i = first; i < end; i++) {
        changed ||= memory[base + i] !== row[i];
        memory[base + i] = row[i]!;
      }
    }
    if (changed) this.redeliver(source, first, end);
  }

  private redeliver(source: number, first: number, end: number): void {
    const base = source * this.load.size;
    this.source = source;
    this.deliver.run(base + first, base + end);
  }

  private constants(): [string, number][] {
    return [...this.load.equations.words, ...Object.entries(this.load.settings)];
  }

  private changing(): ReadonlyMap<string, () => number> {
    const parameters = Object.entries(this.load.sourceParameters);
    return new Map(parameters.map(([name, values]) => [name, () => values[this.source]!]));
  }

  private refuse(lane: number, { name, low, high }: Output, value: bigint): never {
    const facts = { register: name, value: String(value), low, high };
    throw mistake("ENGINE_SYNAPSE_RANGE", { ...facts, source: this.source, neuron: lane % this.load.size });
  }
}

function reads(lines: Block, name: string): boolean {
  return lines.some(({ value }) => namesIn(value).has(name));
}
