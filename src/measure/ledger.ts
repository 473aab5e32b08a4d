/**
 * Every event of a run on a chip, counted where and when it happens; energy, time and traffic derive from it. What fired is
 * read from a recording, where it went from the program's synapses and from where its neurons lie.
 */

import type { Program } from "../compile/program.ts";
import type { Probe, Recording, Stimuli } from "../engine.ts";
import { Accounts, type Account } from "./accounts.ts";
import { coresOf, type Placed } from "./places.ts";
import { planRoutes, type Route } from "./routes.ts";
import { activityOf, sentBy } from "./sent.ts";

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
  readonly #parts: readonly Part[];

  /**
   * @param places where everything lies; where the compiler put the populations unless given. Inputs that lie nowhere
   * send their messages from outside of the chip, which count only where they arrive.
   * @throws MEASURE_NOT_PLACED
   */
  constructor(program: Program, places: readonly Placed[] = program.fit.placement) {
    const accounts = new Accounts();
    const placed = coresOf(program, places);
    this.#program = program;
    this.#parts = partsOf(program, places, accounts);
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
    const sent = [...sentBy(this.#program, stimuli, recording)].map(([name, row]) => {
      return { route: this.#routes.get(name)!, row };
    });
    const parts = this.#parts.map((part) => ({ part, active: part.activity(recording) }));
    const counts = new Float64Array(this.accounts.length);
    const several = this.#program.target.delivery.payloadBits === 0;
    for (let row = 0; row < recording.samples * recording.steps; row++) {
      const [sample, step] = [Math.floor(row / recording.steps), row % recording.steps];
      counts.fill(0);
      for (const { part, active } of parts) part.count(counts, active, row);
      for (const one of sent) one.route.count(counts, one.row(row), several);
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

  /** What was recorded of who is active; null where nothing tells. @throws MEASURE_NO_ACTIVITY */
  activity(recording: Recording): ArrayLike<number> | null {
    return this.#register === undefined ? null : activityOf(recording, this.#place.population, this.#register);
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
