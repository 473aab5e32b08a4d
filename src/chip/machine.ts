/** The timestep loop of a program: deliver what arrives, advance the neurons, hand on what fired. One thread. */

import { mostSpikes, partsOf, projectionsTo, sourcesOf, type PartOptions } from "../compile/parts.ts";
import type { Program, ProgramProjection } from "../compile/program.ts";
import { interpretedCores, type Cores } from "../core/cores.ts";
import type { Synaptic } from "../core/delivery.ts";
import { clearList, copyEvents, emptyList, pushEvent, type EventList } from "../core/events.ts";
import type { Neurons } from "../core/population.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import { mistake } from "../errors.ts";
import type { ChipMachine, Feed } from "./chip-machine.ts";

export interface MachineOptions extends PartOptions {
  /** What runs neurons and synapses; the interpreter's loops where it says nothing. */
  readonly cores?: Cores;
}

/**
 * Makes the spikes of whole populations out of those of the parts that different shards have. Populations are numbered as in
 * the program; those that no projection leads from are not told of.
 */
export interface Exchange {
  /** Spikes of the neurons that are here. */
  publish(population: number, own: EventList): void;
  /** Returns when every shard has published. */
  wait(): void;
  /** Put the spikes of the whole population, ascending, into a list that grows as needed. */
  collect(population: number, into: EventList): void;
}

interface Incoming {
  readonly projection: ProgramProjection;
  readonly delivery: Synaptic;
  readonly source: History;
}

interface Place {
  /** In the order of the program. */
  readonly index: number;
  readonly population: Neurons;
  readonly offset: number;
  readonly incoming: readonly Incoming[];
  readonly history: History;
  /** Whether a projection leads from it. */
  readonly heard: boolean;
}

/** What nobody sent. */
const silence = emptyList();

/** The last timesteps' spikes of one source, as many as the longest delay needs. */
class History {
  private readonly lists: readonly EventList[];
  /** Timesteps from firing to arrival, over all projections of the source. */
  readonly longest: number;
  /** The source sends the same frame at every timestep; set by who feeds it. */
  constant = false;

  constructor(lists: readonly EventList[]) {
    this.lists = lists;
    this.longest = lists.length - 1;
  }

  at(step: number): EventList {
    return this.lists[step % this.lists.length]!;
  }

  clear(): void {
    for (const list of this.lists) list.count = 0;
  }
}

// Loops of every timestep count instead of asking for iterators, which would be new objects each time.

/** Everything of a program, or the part of its neurons that one shard has. Chip timesteps count from 0 here. */
export class Machine implements ChipMachine {
  readonly program: Program;
  /** Timesteps done since the last reset. */
  step = 0;
  /** In the order of the program. */
  readonly populations: readonly Neurons[];
  private readonly places: readonly Place[];
  /** Populations that may advance before they see each other's spikes of the same timestep. */
  private readonly phases: readonly (readonly Place[])[];
  private readonly histories = new Map<string, History>();
  /** In the order of the program's inputs. */
  private readonly inputs: readonly History[];
  /** Spikes of a whole population whose counts have to be told apart yet. */
  private readonly whole = emptyList();

  constructor(program: Program, options: MachineOptions = {}) {
    this.program = program;
    const parts = partsOf(program, options);
    const sources = sourcesOf(program);
    const opened = (options.cores ?? interpretedCores())(parts, sources);
    for (const [index, { name }] of sources.entries()) this.histories.set(name, new History(opened.lists[index]!));
    this.inputs = program.inputs.map(({ name }) => this.histories.get(name)!);
    this.places = program.populations.map(({ name, offset }, index): Place => {
      const { neurons, incoming } = opened.populations[index]!;
      const deliveries = projectionsTo(program, name).map((projection, i): Incoming => {
        return { projection, delivery: incoming[i]!, source: this.histories.get(projection.from)! };
      });
      const heard = program.projections.some(({ from }) => from === name);
      return { index, population: neurons, offset, incoming: deliveries, history: this.histories.get(name)!, heard };
    });
    this.populations = this.places.map(({ population }) => population);
    this.phases = phasesOf(this.places);
  }

  population(name: string): Neurons {
    return this.places.find(({ population }) => population.load.name === name)!.population;
  }

  get saved(): { name: string; state: Readonly<Record<string, TypeSpec>>; registers: Neurons["registers"] }[] {
    return this.populations.map(({ load, registers }) => {
      return { name: load.name, state: load.datapath.spec.state, registers };
    });
  }

  restored(): void {
    for (const population of this.populations) population.restored();
  }

  /** For how many timesteps what a population or input sent is under way, at most. */
  reach(source: string): number {
    return this.histories.get(source)!.longest;
  }

  /** What a population or input sent `age` timesteps before the last one, 0 to `reach` - 1; silence before the first. */
  underWay(source: string, age: number): EventList {
    const step = this.step - 1 - age;
    return step < 0 ? silence : this.histories.get(source)!.at(step);
  }

  delivery(projection: string): Synaptic {
    const all = this.places.flatMap(({ incoming }) => incoming);
    return all.find((one) => one.projection.name === projection)!.delivery;
  }

  reset(): void {
    this.step = 0;
    for (const history of this.histories.values()) history.clear();
    for (const { population, incoming } of this.places) {
      population.reset();
      for (const { delivery } of incoming) delivery.synops = 0;
    }
  }

  take(feed: Feed): void {
    for (let input = 0; input < this.inputs.length; input++) {
      const history = this.inputs[input]!;
      // What is overwritten has arrived everywhere.
      history.constant = feed(input, history.at(this.step));
    }
  }

  advance(exchange?: Exchange): void {
    const { step } = this;
    for (let i = 0; i < this.phases.length; i++) {
      const phase = this.phases[i]!;
      for (let j = 0; j < phase.length; j++) this.advancePlace(phase[j]!, step);
      this.handOn(phase, exchange);
    }
    this.step++;
  }

  private advancePlace({ population, offset, incoming }: Place, step: number): void {
    if (step < offset) return;
    for (let i = 0; i < incoming.length; i++) this.deliver(incoming[i]!, step, step > offset);
    population.step(step + 1);
  }

  private handOn(phase: readonly Place[], exchange: Exchange | undefined): void {
    if (exchange !== undefined) this.meet(phase, exchange);
    for (let i = 0; i < phase.length; i++) {
      const { population, history, heard } = phase[i]!;
      if (exchange === undefined || !heard) this.send(population.load.name, population.fired, history.at(this.step));
    }
  }

  /** Put the spikes of whole populations under way, of which a part fired here. */
  private meet(phase: readonly Place[], exchange: Exchange): void {
    let met = false;
    for (let i = 0; i < phase.length; i++) {
      const { index, population, heard } = phase[i]!;
      if (!heard) continue;
      exchange.publish(index, population.fired);
      met = true;
    }
    // Nobody has to wait for spikes that nobody hears.
    if (!met) return;
    exchange.wait();
    for (let i = 0; i < phase.length; i++) {
      const { index, population, history, heard } = phase[i]!;
      if (!heard) continue;
      const list = history.at(this.step);
      exchange.collect(index, list);
      if (this.isSentAsItIs(list)) continue;
      copyEvents(list, this.whole);
      this.sendCounts(population.load.name, this.whole, list);
    }
  }

  /** Put what neurons fired under way. */
  private send(population: string, fired: EventList, list: EventList): void {
    if (this.isSentAsItIs(fired)) copyEvents(fired, list);
    else this.sendCounts(population, fired, list);
  }

  /** Whether what neurons fired is what others receive. */
  private isSentAsItIs({ binary }: EventList): boolean {
    const { payloadBits, atMost } = this.program.target.delivery;
    return payloadBits > 0 || (binary && (atMost?.spikes ?? 1) >= 1);
  }

  /** Put binary spikes under way: a count of n as n events one after the other. */
  private sendCounts(population: string, fired: EventList, list: EventList): void {
    const { atMost } = this.program.target.delivery;
    clearList(list);
    for (let i = fired.begin; i < fired.begin + fired.count; i++) {
      const neuron = fired.neuron[i]!;
      const value = fired.payload[i]!;
      if (value < 0 || value > mostSpikes) {
        const facts = { population, neuron, value, limit: mostSpikes, timestep: this.step + 1 };
        throw mistake("ENGINE_SPIKE_COUNT", facts);
      }
      const count = Math.min(value, atMost?.spikes ?? value);
      for (let spike = 0; spike < count; spike++) pushEvent(list, neuron, 1);
    }
  }

  private deliver({ projection, delivery, source }: Incoming, step: number, again: boolean): void {
    const sent = step - projection.arrivesAfter;
    if (sent < 0) return;
    delivery.deliver(source.at(sent), again && source.constant && sent > 0);
  }
}

/** A population that receives spikes of the same timestep begins a new phase. */
function phasesOf(places: readonly Place[]): Place[][] {
  const phases: Place[][] = [];
  for (const place of places) {
    const phase = phases.at(-1);
    const senders = new Set(phase?.map(({ history }) => history));
    const waits = place.incoming.some(({ projection, source }) => projection.arrivesAfter === 0 && senders.has(source));
    if (phase === undefined || waits) phases.push([place]);
    else phase.push(place);
  }
  return phases;
}
