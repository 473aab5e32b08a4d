/** A chip that runs on events as its host sees it: words in, ordered outputs out. */

import { layOut } from "../compile/event-load.ts";
import type { Program } from "../compile/program.ts";
import { EventMachine, usualEventLimit } from "../core/event-machine.ts";
import { WordReader } from "../core/event-words.ts";
import { mistake } from "../errors.ts";
import type { Pace } from "../target/event-types.ts";

export interface SendOptions {
  /** When the host sends the next word; `after-idle` where nothing is said. */
  readonly pace?: Pace | undefined;
  /** Queue entries that may be served in a row without a word taken; 100 000 where nothing is said. */
  readonly limit?: number | undefined;
}

/** A chip loaded with a program. */
export interface EventChip {
  readonly program: Program;
  /** Own spikes and words that a full queue has lost since the chip was opened or reset. */
  readonly lost: number;
  /** Entries that wait in the queue: 0, except after ENGINE_EVENT_LIMIT. */
  readonly waiting: number;
  /**
   * Send words, and serve the queue until it is empty.
   *
   * @returns the outputs that were written meanwhile, in order
   * @throws ENGINE_WORD before anything is sent; ENGINE_EVENT_LIMIT when the chip does not come to rest: a loop of
   *   neurons may keep itself going for ever. What was written until then is in `outputs`, and sending no words goes on.
   */
  send(words: Iterable<number>, options?: SendOptions): Int32Array;
  /** All outputs since the chip was opened or reset, in order. */
  outputs(): Int32Array;
  /** A copy of a register of a population, [neurons]. @throws RUN_PROBE */
  register(population: string, register: string): Int32Array | Float64Array;
  /** A copy of a register of all synapses, [source address][neuron address]. @throws RUN_PROBE */
  synapses(register: string): Int32Array;
  /** Back to what was loaded. */
  reset(): void;
}

export interface EventChipOptions {
  /** Walk the equations neuron by neuron in big integers: the meaning, thousands of times slower. */
  readonly plain?: boolean | undefined;
}

/**
 * Load a chip that runs on events.
 *
 * @throws ENGINE_NO_EVENTS for a program whose chip runs in timesteps
 */
export function openEventChip(program: Program, { plain = false }: EventChipOptions = {}): EventChip {
  if (program.target.events === null) throw mistake("ENGINE_NO_EVENTS", { target: program.target.name });
  const outputs = new Outputs();
  const machine = new EventMachine(program, layOut(program), { output: (word) => outputs.push(word) }, { plain });
  const reader = new WordReader(program);
  return {
    program,
    get lost() {
      return machine.queue.lost;
    },
    get waiting() {
      return machine.queue.length;
    },
    send(words, { pace = "after-idle", limit = usualEventLimit } = {}) {
      const events = Array.from(words, (word) => reader.read(word));
      const before = outputs.length;
      machine.run(events, pace, limit);
      return outputs.slice(before);
    },
    outputs: () => outputs.slice(0),
    register(population, register) {
      const found = program.populations.find(({ name }) => name === population);
      const known = found === undefined ? [] : Object.keys(program.target.datapaths[found.datapath]!.state);
      if (found === undefined || !known.includes(register)) throw noRegister(population, register, known);
      return registerOf(machine, found.addresses!.subarray(0, found.neurons), register);
    },
    synapses(register) {
      const found = machine.memory.registers.get(register);
      if (found === undefined) throw noRegister("the synapses", register, [...machine.memory.registers.keys()]);
      return found.slice();
    },
    reset() {
      machine.reset();
      outputs.length = 0;
    },
  };
}

function noRegister(population: string, register: string, known: readonly string[]): Error {
  return mistake("RUN_PROBE", { population, register, known: known.join(", ") || "nothing" }, { node: population });
}

/** A register of the neurons at some addresses, in the order of these. */
export function registerOf(machine: EventMachine, addresses: Uint32Array, register: string): Int32Array | Float64Array {
  const values = Array.from(addresses, (address) => {
    const { neurons, lane } = machine.find(address);
    return neurons.registers.get(register)![lane]!;
  });
  const { low, high } = machine.find(addresses[0]!).neurons.load.datapath.spec.state[register]!;
  return low >= -(2 ** 31) && high < 2 ** 31 ? Int32Array.from(values) : Float64Array.from(values);
}

/** Words in a list that grows. */
class Outputs {
  length = 0;
  private words = new Int32Array(1024);

  push(word: number): void {
    if (this.length === this.words.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.words);
      this.words = larger;
    }
    this.words[this.length++] = word;
  }

  slice(from: number): Int32Array {
    return this.words.slice(from, this.length);
  }
}
