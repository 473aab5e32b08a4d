/** Neurons of one datapath on a chip that runs on events: registers, and blocks that run on a range of them. */

import type { EventDatapath } from "../datapath/event-datapath.ts";
import { plainBlock, prepareBlock, type Output, type PreparedBlock, type Values } from "../datapath/prepare.ts";
import { mistake } from "../errors.ts";

/** What is loaded; arrays are [neurons]. */
export interface EventNeuronsLoad {
  /** Of the datapath. */
  readonly name: string;
  readonly datapath: EventDatapath;
  /** Ascending. */
  readonly addresses: Uint32Array;
  readonly parameters: Readonly<Record<string, Int32Array>>;
  /** Registers that do not start at 0. */
  readonly initial: Readonly<Record<string, Int32Array>>;
  readonly settings: Readonly<Record<string, number>>;
  /** What to call the neuron at an address in a message. */
  readonly nameOf: (address: number) => string;
}

/** Registers of neurons in the order of their addresses, [neurons] each. */
export class EventNeurons {
  readonly load: EventNeuronsLoad;
  readonly registers: ReadonlyMap<string, Int32Array | Float64Array>;
  /** What the next block reads as `weight`. */
  readonly weight: Int32Array;
  /** What the last block made `spike`: 0 or 1. */
  readonly spike: Int32Array;
  private readonly blocks: ReadonlyMap<string, PreparedBlock>;

  /** @param plain walk the equations neuron by neuron in big integers */
  constructor(load: EventNeuronsLoad, plain: boolean) {
    this.load = load;
    const { datapath, addresses } = load;
    const size = addresses.length;
    this.registers = new Map(
      Object.entries(datapath.spec.state).map(([name, { low, high }]) => {
        const narrow = low >= -(2 ** 31) && high < 2 ** 31;
        return [name, narrow ? new Int32Array(size) : new Float64Array(size)];
      }),
    );
    this.weight = new Int32Array(size);
    this.spike = new Int32Array(size);
    this.blocks = new Map([...datapath.blocks.keys()].map((name) => [name, this.prepare(name, plain)]));
    this.reset();
  }

  /** Registers to their initial values. */
  reset(): void {
    this.spike.fill(0);
    for (const [name, register] of this.registers) {
      const values = this.load.initial[name];
      if (values === undefined) register.fill(0);
      else register.set(values);
    }
  }

  /**
   * Run a block on the neurons `first` to `end` (excluded), counted in the order of addresses.
   *
   * @throws ENGINE_EVENT_RANGE when a register would leave its type
   */
  run(block: string, first: number, end: number): void {
    this.spike.fill(0, first, end);
    this.blocks.get(block)!.run(first, end);
  }

  private prepare(name: string, plain: boolean): PreparedBlock {
    const { datapath, addresses, parameters, settings, nameOf } = this.load;
    const inputs = new Map<string, Values>([
      ...datapath.words,
      ...Object.entries(settings),
      ...Object.entries(parameters),
      ["weight", this.weight],
    ]);
    const outputs = [...this.registers].map(([register, array]): Output => {
      const { low, high } = datapath.spec.state[register]!;
      return { name: register, array, low, high };
    });
    outputs.push({ name: "spike", array: this.spike, low: 0, high: 1 });
    const block = datapath.blocks.get(name)!;
    return (plain ? plainBlock : prepareBlock)(block, inputs, outputs, new Map(), (lane, output, value) => {
      const { name: register, low, high } = output;
      const facts = { register, neuron: nameOf(addresses[lane]!), value: String(value), low, high };
      throw mistake("ENGINE_EVENT_RANGE", { ...facts, block: `on ${name}` });
    });
  }
}
