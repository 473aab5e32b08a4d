/** Timesteps of a network on a chip that runs on events, as the target's `timestep` says. One thread. */

import { layOut } from "../compile/event-load.ts";
import { noAddress, type Program, type ProgramInput } from "../compile/program.ts";
import { EventMachine, usualEventLimit } from "../core/event-machine.ts";
import { all, type ChipEvent } from "../core/event-words.ts";
import { emptyList, type EventList } from "../core/events.ts";
import { openRows } from "../core/rows.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import type { TimestepSpec } from "../target/event-types.ts";
import type { ChipMachine, Feed, SavedRegisters, ShownNeurons } from "./chip-machine.ts";

/** One population and where its neurons are; of a neuron with several addresses the first is shown. */
interface Place extends ShownNeurons {
  readonly name: string;
  readonly addresses: Uint32Array;
  readonly registers: ReadonlyMap<string, Int32Array | Float64Array>;
}

/** One input: the events that its elements become, one for each of their addresses. */
interface Port {
  readonly list: EventList;
  /** [elements] */
  readonly events: readonly (readonly ChipEvent[])[];
}

/** One projection: how many synapses leave each address. */
interface Traffic {
  /** [addresses] */
  readonly fanOut: Uint32Array;
  synops: number;
}

const silence = emptyList();

/** A program on a chip that runs on events, timestep by timestep. Spikes travel within a timestep. */
export class EventNetwork implements ChipMachine {
  readonly program: Program;
  step = 0;
  readonly saved: readonly SavedRegisters[];
  readonly queue: ChipMachine["queue"];
  private readonly machine: EventMachine;
  private readonly spec: TimestepSpec;
  private readonly limit: number;
  private readonly places: ReadonlyMap<string, Place>;
  private readonly ports: readonly Port[];
  private readonly traffic: ReadonlyMap<string, Traffic>;
  /** By address: spikes, and events swept, in this timestep. */
  private readonly spikes: Uint32Array;
  private readonly swept: Uint32Array;

  /** @param options `plain`: walk the equations neuron by neuron; `limit`: see `EventMachine.run` */
  constructor(
    program: Program,
    options: { readonly plain?: boolean | undefined; readonly limit?: number | undefined } = {},
  ) {
    const { events, synapses, name } = program.target;
    if (events!.timestep === null) throw mistake("ENGINE_NO_TIMESTEP", { target: name });
    this.program = program;
    this.spec = events!.timestep;
    this.limit = options.limit ?? usualEventLimit;
    const size = program.target.core.neurons.value;
    this.spikes = new Uint32Array(size);
    this.swept = new Uint32Array(size);
    const watcher = {
      fired: (address: number) => void this.spikes[address]!++,
      swept: (source: number) => void this.swept[source]!++,
    };
    this.machine = new EventMachine(program, layOut(program), watcher, { plain: options.plain ?? false });
    this.queue = events!.queue === null ? undefined : this.machine.queue;
    this.places = new Map(program.populations.map((load) => [load.name, this.place(load)]));
    this.ports = program.inputs.map((input) => this.port(input));
    this.traffic = new Map(program.projections.map((one) => [one.name, { fanOut: fanOut(program, one), synops: 0 }]));
    const neurons = this.machine.neurons.map(({ load, registers }): SavedRegisters => {
      return { name: load.name, state: load.datapath.spec.state, registers };
    });
    const learns = Object.values(events!.kinds).some((kind) => kind.learns !== null);
    const stored = { name: "synapses", state: synapses!.state, registers: this.machine.memory.registers };
    this.saved = learns ? [...neurons, stored] : neurons;
    this.show();
  }

  population(name: string): ShownNeurons {
    return this.places.get(name)!;
  }

  delivery(projection: string): { synops: number } {
    return this.traffic.get(projection)!;
  }

  reach(): number {
    return 0;
  }

  underWay(): EventList {
    return silence;
  }

  reset(): void {
    this.step = 0;
    this.machine.reset();
    this.clear();
    this.show();
  }

  restored(): void {
    this.machine.memory.rewritten();
    this.clear();
    this.show();
  }

  take(feed: Feed): void {
    for (const [input, { list }] of this.ports.entries()) feed(input, list);
  }

  advance(): void {
    const { machine, spec, limit } = this;
    this.clear();
    const events: ChipEvent[] = [];
    for (const { list, events: own } of this.ports) {
      for (let i = list.begin; i < list.begin + list.count; i++) events.push(...own[list.neuron[i]!]!);
    }
    try {
      machine.run(events, spec.pace, limit);
      for (const name of spec.end) {
        machine.run([{ kind: machine.kinds.get(name)!, source: 0, neuron: all, weight: 0 }], spec.pace, limit);
      }
    } finally {
      this.show();
    }
    for (const traffic of this.traffic.values()) {
      for (let i = 0; i < this.swept.length; i++) traffic.synops += this.swept[i]! * traffic.fanOut[i]!;
    }
    this.step++;
  }

  private place({ name, neurons: size, addresses, datapath }: Program["populations"][number]): Place {
    const first = addresses!.subarray(0, size);
    const state = Object.entries(this.program.target.datapaths[datapath]!.state);
    const registers = new Map(
      state.map(([register, { low, high }]) => {
        const narrow = low >= -(2 ** 31) && high < 2 ** 31;
        return [register, narrow ? new Int32Array(size) : new Float64Array(size)];
      }),
    );
    return { name, size, addresses: first, registers, probes: new Map<string, Float64Array>(), fired: emptyList(size) };
  }

  private port({ shape, addresses }: ProgramInput): Port {
    const size = sizeOf(shape);
    const kind = this.machine.kinds.get(this.spec.input)!;
    const events = Array.from({ length: size }, (_, element): ChipEvent[] => {
      const own = addresses!.filter((address, place) => place % size === element && address !== noAddress);
      return Array.from(own, (source) => ({ kind, source, neuron: 0, weight: 0 }));
    });
    return { list: emptyList(), events };
  }

  private clear(): void {
    this.spikes.fill(0);
    this.swept.fill(0);
  }

  /** Registers and spikes as they are now, by population. */
  private show(): void {
    for (const { addresses, registers, fired } of this.places.values()) {
      fired.count = 0;
      for (const [neuron, address] of addresses.entries()) {
        const { neurons, lane } = this.machine.find(address);
        for (const [name, values] of registers) values[neuron] = neurons.registers.get(name)![lane]!;
        if (this.spikes[address] === 0) continue;
        fired.neuron[fired.count] = neuron;
        fired.payload[fired.count++] = this.spikes[address]!;
      }
    }
  }
}

/** Synapses of a projection that leave each address. */
function fanOut({ target, inputs, populations }: Program, projection: Program["projections"][number]): Uint32Array {
  const { from, to, copy = 0, synapses } = projection;
  const source = [...inputs, ...populations].find(({ name }) => name === from)!;
  const { neurons } = populations.find(({ name }) => name === to)!;
  const counts = new Uint32Array(target.core.neurons.value);
  const rows = openRows(synapses, neurons, 0, neurons);
  const sources = sizeOf(source.shape);
  for (let row = 0; row < sources; row++) {
    const address = source.addresses![copy * sources + row]!;
    rows.seek(row);
    if (address !== noAddress) counts[address] = rows.end - rows.begin;
  }
  return counts;
}
