/** One neuron run by the plain walk, timestep after timestep, with the events that drive it most. */

import type { CorePopulation } from "../core/cores.ts";
import { projectionConstants } from "../core/delivery.ts";
import { constantsOf, initialOf } from "../core/population.ts";
import { openRows } from "../core/rows.ts";
import { runBlock } from "../datapath/evaluate.ts";
import type { Values } from "../datapath/prepare.ts";
import type { Block, Expression } from "../datapath/syntax.ts";
import { BitspikeError } from "../errors.ts";
import type { Arrival } from "./arriving.ts";

/** Which events a timestep has: all that drive up, all that drive down, or none. */
export type Drive = "up" | "down" | "none";

/** One timestep as it was run. */
export interface NeuronStep {
  /** Registers before it. */
  readonly before: ReadonlyMap<string, bigint>;
  /** What arrived, by accumulator that is no register, and in how many events. */
  readonly arrived: ReadonlyMap<string, bigint>;
  readonly events: number;
  /** Names after `on timestep`; null where an operation failed. */
  readonly after: ReadonlyMap<string, bigint> | null;
}

/** Told what expressions give. */
export type Watch = (expression: Expression, value: bigint) => void;

/** Equal events of one timestep. */
interface Event {
  readonly weight: bigint;
  readonly payload: bigint;
  readonly count: number;
}

interface Feed {
  readonly arrival: Arrival;
  readonly constants: ReadonlyMap<string, bigint>;
  readonly events: Readonly<Record<Drive, readonly Event[]>>;
  /** Timesteps before events of the first one arrive. */
  readonly after: number;
}

export class NeuronHistory {
  readonly neuron: number;
  /** Constants of this neuron. */
  readonly constants: ReadonlyMap<string, bigint>;
  readonly #population: CorePopulation;
  readonly #onTimestep: Block;
  readonly #feeds: readonly Feed[];
  readonly #watch: Watch;

  /** @param arrives by projection, the timesteps from firing to arrival; `offset` the chip timestep of the first */
  constructor(
    population: CorePopulation,
    arrivals: readonly Arrival[],
    onTimestep: Block,
    neuron: number,
    timing: { readonly offset: number; readonly arrives: readonly number[] },
    watch: Watch,
  ) {
    this.neuron = neuron;
    this.#population = population;
    this.#onTimestep = onTimestep;
    this.#watch = watch;
    const constants = constantsOf(population.load);
    this.constants = valuesAt(constants, neuron);
    this.#feeds = arrivals.map((arrival, index): Feed => {
      const own = valuesAt(projectionConstants({ constants }, arrival.projection), neuron);
      return {
        arrival,
        constants: own,
        events: drivesOf(arrival, column(population, arrival, neuron), own),
        after: timing.arrives[index]! - timing.offset,
      };
    });
  }

  /** Timesteps from a reset, one drive after the other; ends where an operation fails or a register leaves its type. */
  *run(drives: Iterable<Drive>): Generator<NeuronStep> {
    const { state } = this.#population.load.datapath.spec;
    let registers = this.#reset();
    let step = 0;
    for (const drive of drives) {
      const done = this.#advance(registers, drive, step++);
      yield done;
      if (done.after === null) return;
      const next = new Map([...registers].map(([name]) => [name, done.after!.get(name)!]));
      const inside = [...next].every(
        ([name, value]) => value >= BigInt(state[name]!.low) && value <= BigInt(state[name]!.high),
      );
      if (!inside) return;
      registers = next;
    }
  }

  #reset(): Map<string, bigint> {
    const { load } = this.#population;
    return new Map(
      Object.keys(load.datapath.spec.state).map((name) => {
        const values = initialOf(load, name);
        return [name, BigInt(typeof values === "number" ? values : values[this.neuron]!)];
      }),
    );
  }

  #advance(before: ReadonlyMap<string, bigint>, drive: Drive, step: number): NeuronStep {
    const { inputs, state } = this.#population.load.datapath.spec;
    const values = new Map([
      ...before,
      ...inputs.flatMap((name): [string, bigint][] => (before.has(name) ? [] : [[name, 0n]])),
    ]);
    let events = 0;
    const arrived = (): Map<string, bigint> =>
      new Map(inputs.flatMap((name) => (Object.hasOwn(state, name) ? [] : [[name, values.get(name)!]])));
    try {
      for (const feed of this.#feeds) {
        const own = step >= feed.after ? feed.events[drive] : [];
        if (own.length === 0) continue;
        events += own.reduce((sum, { count }) => sum + count, 0);
        this.#deliver(feed, own, values);
      }
      const sums = arrived();
      const names = new Map([...this.constants, ...values]).set("timestep", BigInt(step + 1)).set("spike", 0n);
      runBlock(this.#onTimestep, names, this.#watch);
      return { before, arrived: sums, events, after: names };
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      return { before, arrived: arrived(), events, after: null };
    }
  }

  /** What one projection's events do to registers and accumulators. */
  #deliver({ arrival, constants }: Feed, events: readonly Event[], values: Map<string, bigint>): void {
    const { onSpike, onTotal, sum } = arrival;
    let total = 0n;
    const names = new Map([...values, ...constants]);
    if (sum !== null) {
      for (const { weight, payload, count } of events) {
        total += (sum === "weight" ? weight : weight * payload) * BigInt(count);
      }
    } else {
      names.set("total", 0n);
      for (const { weight, payload, count } of events) {
        names.set("weight", weight).set("payload", payload);
        for (let event = 0; event < count; event++) runBlock(onSpike, names, this.#watch);
      }
      total = names.get("total")!;
    }
    runBlock(onTotal, names.set("total", total), this.#watch);
    for (const name of values.keys()) values.set(name, names.get(name)!);
  }
}

/** Equal events of one source in one timestep that are followed. */
const mostRepeats = 255;

/** What the sources of some synapses send that drives a neuron most one way, by drive. */
function drivesOf(
  { source, adds }: Arrival,
  weights: ReadonlyMap<number, number>,
  constants: ReadonlyMap<string, bigint>,
): Feed["events"] {
  const events = { up: [] as Event[], down: [] as Event[], none: [] };
  // What else they add to is as it comes.
  const term = adds?.[0]?.term;
  if (term === undefined || source.events === 0) return events;
  const payloads = [...new Set([source.low, source.high])].map(BigInt);
  for (const [value, synapses] of weights) {
    const weight = BigInt(value);
    const effects = payloads.map((payload) => ({ payload, effect: effectOf(term, constants, weight, payload) }));
    const count = synapses * Math.min(source.events, mostRepeats);
    const most = effects.reduce((a, b) => (b.effect > a.effect ? b : a));
    const least = effects.reduce((a, b) => (b.effect < a.effect ? b : a));
    if (most.effect > 0n) events.up.push({ weight, payload: most.payload, count });
    if (least.effect < 0n) events.down.push({ weight, payload: least.payload, count });
  }
  return events;
}

/** What one event adds; 0 where an operation fails. */
function effectOf(term: Block, constants: ReadonlyMap<string, bigint>, weight: bigint, payload: bigint): bigint {
  const names = new Map(constants).set("weight", weight).set("payload", payload);
  try {
    runBlock(term, names);
    return names.get("term")!;
  } catch (error) {
    if (error instanceof BitspikeError) return 0n;
    throw error;
  }
}

/** How many synapses onto one neuron have each weight. */
function column({ neurons }: CorePopulation, { projection, source }: Arrival, neuron: number): Map<number, number> {
  const rows = openRows(projection.synapses, neurons, neuron, neuron + 1);
  const weights = new Map<number, number>();
  for (let i = 0; i < source.neurons; i++) {
    rows.seek(i);
    for (let at = rows.begin; at < rows.end; at++) {
      const weight = rows.weight[at]!;
      weights.set(weight, (weights.get(weight) ?? 0) + 1);
    }
  }
  return weights;
}

function valuesAt(constants: ReadonlyMap<string, Values>, neuron: number): Map<string, bigint> {
  return new Map(
    [...constants].map(([name, values]) => [name, BigInt(typeof values === "number" ? values : values[neuron]!)]),
  );
}
