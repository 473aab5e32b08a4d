/** The timestep loop of a program: deliver what arrives, advance the neurons, hand on what fired. One thread. */

import type { Program, ProgramProjection } from "../compile/program.ts";
import { interpretedCores, type Cores } from "../core/cores.ts";
import type { Synaptic } from "../core/delivery.ts";
import { copyEvents, emptyList, type EventList } from "../core/events.ts";
import type { Neurons } from "../core/population.ts";
import { readDatapath, type Datapath } from "../datapath/datapath.ts";

/** Neurons `low` to `high` (excluded) of one population. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface MachineOptions {
  /** Which neurons are here, by population; all of them where it says nothing. */
  readonly ranges?: ReadonlyMap<string, Range>;
  /** What runs neurons and synapses; the interpreter's loops where it says nothing. */
  readonly cores?: Cores;
  /** Per-step names to keep, by population. */
  readonly probed?: ReadonlyMap<string, readonly string[]>;
}

/** Makes the spikes of whole populations out of those of the parts that different shards have. */
export interface Exchange {
  /** Spikes of the neurons that are here. */
  publish(population: string, own: EventList): void;
  /** Returns when every shard has published. */
  wait(): void;
  /** Spikes of the whole population, ascending. */
  collect(population: string): EventList;
}

interface Incoming {
  readonly projection: ProgramProjection;
  readonly delivery: Synaptic;
  readonly source: History;
}

interface Place {
  readonly population: Neurons;
  readonly offset: number;
  readonly incoming: readonly Incoming[];
  readonly history: History;
}

/** The last timesteps' spikes of one source, as many as the longest delay needs. */
class History {
  readonly lists: EventList[];
  /** The source sends the same frame at every timestep; set by who feeds it. */
  constant = false;

  constructor(depth: number) {
    this.lists = Array.from({ length: depth }, () => emptyList());
  }

  at(step: number): EventList {
    return this.lists[step % this.lists.length]!;
  }

  clear(): void {
    for (const list of this.lists) list.count = 0;
  }
}

/** Everything of a program, or the part of its neurons that one shard has. Chip timesteps count from 0 here. */
export class Machine {
  readonly program: Program;
  /** Timesteps done since the last reset. */
  step = 0;
  private readonly places: readonly Place[];
  /** Populations that may advance before they see each other's spikes of the same timestep. */
  private readonly phases: readonly (readonly Place[])[];
  private readonly histories = new Map<string, History>();

  constructor(program: Program, options: MachineOptions = {}) {
    this.program = program;
    const depth = 1 + Math.max(0, ...program.projections.map((projection) => projection.arrivesAfter));
    for (const { name } of [...program.inputs, ...program.populations]) this.histories.set(name, new History(depth));
    const datapaths = readDatapaths(program);
    const cores = options.cores ?? interpretedCores();
    this.places = program.populations.map((load): Place => {
      const { low, high } = options.ranges?.get(load.name) ?? { low: 0, high: load.neurons };
      const datapath = datapaths.get(load.datapath)!;
      const settings = program.settings;
      const probed = options.probed?.get(load.name);
      const population = cores.population({ ...load, datapath, low, high, settings }, probed);
      const incoming = program.projections
        .filter((projection) => projection.to === load.name)
        .map((projection): Incoming => {
          const delivery = cores.delivery(projection, projection.synapses, load.neurons, population);
          return { projection, delivery, source: this.histories.get(projection.from)! };
        });
      return { population, offset: load.offset, incoming, history: this.histories.get(load.name)! };
    });
    this.phases = phasesOf(this.places);
  }

  population(name: string): Neurons {
    return this.places.find(({ population }) => population.load.name === name)!.population;
  }

  /** Spikes that a population or input sent in the last timestep. */
  sent(source: string): EventList {
    return this.histories.get(source)!.at(this.step - 1);
  }

  delivery(projection: string): Synaptic {
    const all = this.places.flatMap(({ incoming }) => incoming);
    return all.find((one) => one.projection.name === projection)!.delivery;
  }

  reset(): void {
    this.step = 0;
    for (const history of this.histories.values()) history.clear();
    for (const { population } of this.places) population.reset();
  }

  /**
   * Advance one timestep.
   *
   * @param feed fills the list of an input's events for this timestep; says whether it is that of the step before
   * @param exchange makes whole populations of parts; leave it out where all neurons are here
   */
  advance(feed: (input: string, list: EventList) => boolean, exchange?: Exchange): void {
    const { step } = this;
    for (const { name } of this.program.inputs) {
      const history = this.histories.get(name)!;
      history.constant = feed(name, history.at(step));
    }
    for (const phase of this.phases) {
      for (const { population, offset, incoming } of phase) {
        if (step < offset) continue;
        for (const one of incoming) this.deliver(one, step, step > offset);
        population.step(step + 1);
      }
      this.handOn(phase, exchange);
    }
    this.step++;
  }

  private handOn(phase: readonly Place[], exchange: Exchange | undefined): void {
    for (const { population } of phase) exchange?.publish(population.load.name, population.fired);
    exchange?.wait();
    for (const { population, history } of phase) {
      const list = exchange === undefined ? population.fired : exchange.collect(population.load.name);
      copyEvents(list, history.at(this.step));
    }
  }

  private deliver({ projection, delivery, source }: Incoming, step: number, again: boolean): void {
    const sent = step - projection.arrivesAfter;
    if (sent < 0) return;
    delivery.deliver(source.at(sent), again && source.constant && sent > 0);
  }

  /** Registers and events under way, as a list of arrays; `restoreState` takes the same list. */
  state(): (Int32Array | Float64Array | Uint32Array)[] {
    const arrays: (Int32Array | Float64Array | Uint32Array)[] = [Int32Array.of(this.step)];
    for (const { population } of this.places) arrays.push(...[...population.registers.values()].map((a) => a.slice()));
    for (const { lists } of this.histories.values()) {
      for (const list of lists) {
        const end = list.begin + list.count;
        arrays.push(list.neuron.slice(list.begin, end), list.payload.slice(list.begin, end));
      }
    }
    return arrays;
  }

  /** Whether a list of arrays is a state of this program: as many of the same kinds, registers of the same sizes. */
  fitsState(arrays: readonly (Int32Array | Float64Array | Uint32Array)[]): boolean {
    const own = this.state();
    const registers = this.places.reduce((sum, { population }) => sum + population.registers.size, 0);
    return (
      arrays.length === own.length &&
      own.every((array, i) => array.constructor === arrays[i]!.constructor) &&
      own.slice(0, 1 + registers).every((array, i) => array.length === arrays[i]!.length) &&
      // Lists of neurons and payloads follow in pairs.
      arrays.slice(1 + registers).every((array, i, lists) => array.length === lists[i ^ 1]!.length)
    );
  }

  /** @param arrays what `state` gave, of a machine with the same program */
  restoreState(arrays: readonly (Int32Array | Float64Array | Uint32Array)[]): void {
    let next = 0;
    this.step = arrays[next++]![0]!;
    for (const { population } of this.places) {
      for (const register of population.registers.values()) register.set(arrays[next++]!);
    }
    for (const { lists } of this.histories.values()) {
      for (const list of lists) {
        const neuron = arrays[next++] as Uint32Array;
        const payload = arrays[next++] as Int32Array;
        copyEvents({ neuron, payload, begin: 0, count: neuron.length }, list);
      }
    }
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

function readDatapaths(program: Program): ReadonlyMap<string, Datapath> {
  const datapaths = new Map<string, Datapath>();
  for (const [name, spec] of Object.entries(program.target.datapaths)) {
    const { datapath, issues } = readDatapath(spec, program.target.settings);
    if (datapath === null) throw issues[0]!;
    datapaths.set(name, datapath);
  }
  return datapaths;
}
