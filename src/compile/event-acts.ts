/** Runs of a chip from a reset, with the events of inputs that drive some neurons most, in search of what may act. */

import { EventMachine, type EventLoad, type EventWatcher } from "../core/event-machine.ts";
import { all, type ChipEvent } from "../core/event-words.ts";
import { runBlock } from "../datapath/evaluate.ts";
import type { Block } from "../datapath/syntax.ts";
import { BitspikeError } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import type { Acts, RunSoFar } from "./acts.ts";
import { noAddress, type Program, type SentRun } from "./program.ts";

/** Queue entries that may be served in a row before such a run is given up. */
const mostServed = 2000;
const longestRun = 1500;
/** Layers through which the effect of an input is followed. */
const mostLayers = 3;

/** An element of an input. */
interface Element {
  readonly input: string;
  readonly element: number;
  readonly events: readonly ChipEvent[];
  readonly addresses: readonly number[];
}

/** Neurons that are watched, what is looked for in them, and the blocks as that was found in them. */
export interface Watched {
  readonly acts: Acts;
  /** By address, the neuron's number in its population. */
  readonly neurons: ReadonlyMap<number, number>;
  readonly blockOf: (name: string) => Block;
}

/** Elements that send in so many timesteps in a row. */
interface Stretch {
  readonly timesteps: number;
  readonly elements: readonly Element[];
}

/** One chip for many runs. */
export class EventSearch {
  readonly #program: Program;
  readonly #machine: EventMachine;
  readonly #elements: readonly Element[];
  readonly #residents: readonly ReturnType<EventMachine["find"]>[];
  #watched: Watched | null = null;
  /** Timesteps of this run, this one included, and what was sent in them. */
  #timesteps = 0;
  #sent: readonly Stretch[] = [];
  /** Events that may still be swept. */
  #left = 0;

  constructor(program: Program, load: EventLoad) {
    this.#program = program;
    const watcher: EventWatcher = {
      running: (...run) => this.#watch(...run),
      swept: () => void this.#left--,
    };
    this.#machine = new EventMachine(program, load, watcher);
    this.#residents = program.populations.flatMap(({ addresses }) => {
      const own = [...addresses!].filter((address) => address !== noAddress);
      return own.map((address) => this.#machine.find(address));
    });
    const { events } = program.target;
    const kind = this.#machine.kinds.get(events!.timestep!.input)!;
    this.#elements = program.inputs.flatMap(({ name, shape, addresses }) => {
      const size = sizeOf(shape);
      return Array.from({ length: size }, (_, element): Element => {
        const own = [...addresses!].filter((address, place) => place % size === element && address !== noAddress);
        return {
          input: name,
          element,
          addresses: own,
          events: own.map((source) => ({ kind, source, neuron: 0, weight: 0 })),
        };
      });
    });
  }

  /** Those neurons among some onto which the weights of all sources add up to most, and to least. */
  extremes(addresses: readonly number[]): number[] {
    const { memory, load } = this.#machine;
    const sums = addresses.map((address) => {
      let sum = 0;
      for (let source = 0; source < load.size; source++) sum += memory.delivered[source * load.size + address]!;
      return { address, sum };
    });
    const rising = sums.toSorted((a, b) => b.sum - a.sum);
    return [...new Set([rising[0], rising.at(-1)].flatMap((one) => one?.address ?? []))];
  }

  /** Run the chip in several ways until everything was found, or so many events were swept. */
  look(watched: Watched, events: number): void {
    this.#watched = watched;
    this.#left = events;
    for (const address of watched.neurons.keys()) {
      const effects = this.#effectsOn(address);
      const rising = this.#elements.filter((_, i) => effects[i]! > 0);
      const falling = this.#elements.filter((_, i) => effects[i]! < 0);
      const stretch = (elements: readonly Element[], timesteps = longestRun): Stretch => ({ timesteps, elements });
      for (const plan of [
        [stretch(rising)],
        [stretch(falling)],
        [stretch(falling, 40), stretch(rising)],
        [stretch(rising, 1), stretch(falling)],
        [stretch(this.#elements)],
      ]) {
        if (watched.acts.isDone() || this.#left <= 0) return;
        this.#run(plan);
      }
    }
  }

  #run(plan: readonly Stretch[]): void {
    const { timestep } = this.#program.target.events!;
    const machine = this.#machine;
    machine.reset();
    this.#timesteps = 0;
    this.#sent = [];
    try {
      for (const { elements, timesteps } of plan) {
        const before = this.#sent;
        const events = elements.flatMap((element) => element.events);
        const seen = new Set<string>();
        for (let i = 1; i <= timesteps; i++) {
          this.#timesteps++;
          this.#sent = [...before, { elements, timesteps: i }];
          machine.run(events, timestep!.pace, mostServed);
          for (const name of timestep!.end) {
            machine.run(
              [{ kind: machine.kinds.get(name)!, source: 0, neuron: all, weight: 0 }],
              timestep!.pace,
              mostServed,
            );
          }
          const state = this.#state();
          if (this.#watched!.acts.isDone() || this.#left-- <= 0 || seen.has(state)) break;
          seen.add(state);
        }
      }
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
    }
  }

  /** Registers of all neurons of the program: where they come again, so does everything, as long as no synapse learns. */
  #state(): string {
    const values: number[] = [];
    for (const { neurons, lane } of this.#residents) {
      for (const register of neurons.registers.values()) values.push(register[lane]!);
    }
    return values.join(" ");
  }

  #watch(...[neurons, block, first, end]: Parameters<NonNullable<EventWatcher["running"]>>): void {
    const { acts, neurons: watched, blockOf } = this.#watched!;
    const { load } = neurons;
    for (const [address, neuron] of watched) {
      const found = this.#machine.find(address);
      if (found.neurons !== neurons || found.lane < first || found.lane >= end) continue;
      const { lane } = found;
      const before = new Map([...neurons.registers].map(([name, values]) => [name, BigInt(values[lane]!)]));
      const parameters = Object.entries(load.parameters).map(
        ([name, values]) => [name, BigInt(values[lane]!)] as const,
      );
      const weight = BigInt(neurons.weight[lane]!);
      const names = new Map([...parameters, ...before, ["weight", weight]]);
      acts.begin();
      const after = passes(() => runBlock(blockOf(block), names, acts.observe)) ? names : null;
      const known = (): RunSoFar => {
        return { neuron, from: "reset", timesteps: this.#timesteps, sent: this.#sent.map(runOf) };
      };
      const events = this.#sent.at(-1)!.elements.length;
      acts.see({ before, arrived: new Map([["weight", weight]]), events, after }, known);
    }
  }

  /** By element: which way it drives the neuron at an address, over other neurons too. */
  #effectsOn(address: number): Float64Array {
    const { memory, load } = this.#machine;
    const { size } = load;
    const effects = new Float64Array(this.#elements.length);
    let reached = new Float64Array(size);
    reached[address] = 1;
    for (let layer = 0; layer < mostLayers; layer++) {
      const from = new Float64Array(size);
      for (const [target, share] of reached.entries()) {
        if (share === 0) continue;
        for (let source = 0; source < size; source++) {
          from[source]! += share * memory.delivered[source * size + target]!;
        }
      }
      for (const [i, { addresses }] of this.#elements.entries()) {
        // The nearer way decides.
        if (effects[i] === 0) for (const source of addresses) effects[i]! += from[source]!;
      }
      const most = from.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      if (most === 0) break;
      reached = from.map((one) => one / most);
    }
    return effects;
  }
}

function passes(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof BitspikeError) return false;
    throw error;
  }
}

function runOf({ timesteps, elements }: Stretch): SentRun {
  const own: Record<string, number[]> = {};
  for (const { input, element } of elements) (own[input] ??= []).push(element);
  return { timesteps, elements: own };
}
