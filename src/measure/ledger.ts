/**
 * Every event of a run on a chip, counted where and when it happens; energy, time and traffic derive from it. What fired is
 * read from a recording, where it went from the program's synapses and from where its neurons lie.
 */

import { feedRow, tabulate } from "../chip/feed.ts";
import type { CoreUse, Program } from "../compile/program.ts";
import { emptyList, type EventList } from "../core/events.ts";
import type { Probe, Recording, SpikeTrain, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { Accounts, type Account } from "./accounts.ts";
import { populationOf } from "./frames.ts";
import { planRoutes, type Route } from "./routes.ts";

/** Where a part of a population, or of an input that enters through a core, lies. */
export type Placed = Pick<CoreUse, "core" | "population" | "from" | "to">;

/** What happened in one timestep: how often by account, [accounts]; overwritten by the next one. */
export type VisitRow = (counts: Float64Array, sample: number, step: number) => void;

/** Counts of a whole run. */
export interface Ledger {
  readonly accounts: readonly Account[];
  readonly samples: number;
  readonly steps: number;
  /** [accounts][steps], of all samples together. */
  readonly byStep: Float64Array;
  /** [accounts][samples], of all timesteps together. */
  readonly bySample: Float64Array;
}

/** What has to be recorded so that active neurons can be counted; nothing where no datapath tells them apart. */
export function ledgerProbes({ target, populations }: Program): Probe[] {
  return populations.flatMap(({ name, datapath }): Probe[] => {
    const register = target.datapaths[datapath]?.active;
    return register === undefined ? [] : [{ population: name, register }];
  });
}

/** The ledger of one program: its accounts, and the ways of its events. */
export class LedgerPlan {
  readonly accounts: readonly Account[];
  readonly #program: Program;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #neurons: readonly Part[];

  /**
   * @param places where everything lies; where the compiler put the populations unless given. Inputs that lie nowhere
   * send their messages from outside of the chip, which count only where they arrive.
   * @throws MEASURE_NOT_PLACED
   */
  constructor(program: Program, places: readonly Placed[] = program.fit.placement) {
    const accounts = new Accounts();
    const placed = placedOn(program, places);
    this.#program = program;
    this.#neurons = partsOf(program, places, accounts);
    this.#routes = planRoutes(program, placed, accounts);
    this.accounts = accounts.all;
  }

  /**
   * Go through a recording timestep by timestep, sample by sample.
   *
   * @param recording of the program, with the probes of `ledgerProbes`; where it has further timesteps than the stimuli,
   * nothing comes in
   * @throws MEASURE_NO_POPULATION, MEASURE_NO_ACTIVITY
   */
  visit(stimuli: Stimuli, recording: Recording, visit: VisitRow): void {
    const { inputs, target } = this.#program;
    const trains = [...this.#program.populations].map(({ name }) => {
      return { route: this.#routes.get(name)!, train: populationOf(recording, name).spikes };
    });
    const feeds = inputs.flatMap((input) => {
      const stimulus = stimuli.get(input.name);
      const route = this.#routes.get(input.name)!;
      return stimulus === undefined ? [] : [{ route, table: tabulate(stimulus, input, target.delivery) }];
    });
    const parts = this.#neurons.map((part) => ({ part, active: part.activity(recording) }));
    const counts = new Float64Array(this.accounts.length);
    const list = emptyList();
    const several = target.delivery.payloadBits === 0;
    for (let row = 0; row < recording.samples * recording.steps; row++) {
      const [sample, step] = [Math.floor(row / recording.steps), row % recording.steps];
      counts.fill(0);
      for (const { part, active } of parts) part.count(counts, active, row);
      for (const { route, train } of trains) route.count(counts, rowOf(train, row, list), several);
      for (const { route, table } of feeds) {
        feedRow(table, sample, step, list);
        route.count(counts, list, several);
      }
      visit(counts, sample, step);
    }
  }

  /** Counts of a whole recording; see `visit`. */
  sum(stimuli: Stimuli, recording: Recording): Ledger {
    const { samples, steps } = recording;
    const { accounts } = this;
    const byStep = new Float64Array(accounts.length * steps);
    const bySample = new Float64Array(accounts.length * samples);
    this.visit(stimuli, recording, (counts, sample, step) => {
      for (let account = 0; account < counts.length; account++) {
        byStep[account * steps + step]! += counts[account]!;
        bySample[account * samples + sample]! += counts[account]!;
      }
    });
    return { accounts, samples, steps, byStep, bySample };
  }
}

/** How often something happened in a whole run, by account. */
export function totalsOf({ accounts, steps, byStep }: Ledger): Float64Array {
  return Float64Array.from(accounts, (_, i) => {
    return byStep.subarray(i * steps, (i + 1) * steps).reduce((sum, count) => sum + count, 0);
  });
}

/** Neurons of one population, or elements of an input, on one core. */
class Part {
  readonly #place: Placed;
  readonly #neurons: number;
  readonly #register: string | undefined;
  readonly #updates: number;
  readonly #active: number | null;

  constructor(
    kind: "neuron-update" | "input-update",
    place: Placed,
    neurons: number,
    register: string | undefined,
    accounts: Accounts,
  ) {
    this.#place = place;
    this.#neurons = neurons;
    this.#register = register;
    this.#updates = accounts.id(kind, place.population, place.core);
    this.#active = register === undefined ? null : accounts.id("neuron-active", place.population, place.core);
  }

  /** What was recorded of who is active. @throws MEASURE_NO_ACTIVITY */
  activity(recording: Recording): ArrayLike<number> | null {
    if (this.#register === undefined) return null;
    const { population } = this.#place;
    const trace = populationOf(recording, population).traces.get(this.#register);
    if (trace === undefined) throw mistake("MEASURE_NO_ACTIVITY", { population, register: this.#register });
    return trace;
  }

  count(counts: Float64Array, active: ArrayLike<number> | null, row: number): void {
    const { from, to } = this.#place;
    counts[this.#updates]! += to - from;
    if (this.#active === null || active === null) return;
    for (let i = row * this.#neurons + from; i < row * this.#neurons + to; i++) {
      if (active[i] !== 0) counts[this.#active]! += 1;
    }
  }
}

function partsOf({ target, populations }: Program, places: readonly Placed[], accounts: Accounts): Part[] {
  return places.map((place) => {
    const population = populations.find(({ name }) => name === place.population);
    if (population === undefined) return new Part("input-update", place, 0, undefined, accounts);
    const { active } = target.datapaths[population.datapath]!;
    return new Part("neuron-update", place, population.neurons, active, accounts);
  });
}

/** The core of each neuron, by population or input; inputs that lie nowhere are absent. @throws MEASURE_NOT_PLACED */
function placedOn({ populations }: Program, places: readonly Placed[]): Map<string, Int32Array> {
  const cores = new Map<string, Int32Array>();
  for (const { population, core, from, to } of places) {
    const own = cores.get(population) ?? new Int32Array(0);
    const grown = own.length < to ? new Int32Array(to).fill(-1) : own;
    if (grown !== own) grown.set(own);
    cores.set(population, grown.fill(core, from, to));
  }
  for (const { name, neurons } of populations) {
    const own = cores.get(name);
    const missing = own === undefined ? neurons : neurons - own.filter((core) => core >= 0).length;
    if (missing > 0) throw mistake("MEASURE_NOT_PLACED", { population: name, missing });
  }
  return cores;
}

function rowOf({ start, neuron, payload }: SpikeTrain, row: number, list: EventList): EventList {
  list.neuron = neuron;
  list.payload = payload ?? ones(neuron.length);
  list.begin = start[row]!;
  list.count = start[row + 1]! - start[row]!;
  return list;
}

let allOnes = new Int32Array(0);

/** At least so many ones. */
function ones(count: number): Int32Array {
  if (allOnes.length < count) allOnes = new Int32Array(count).fill(1);
  return allOnes;
}
