/**
 * Every event of a run on a chip, counted where and when it happens; energy, time and traffic derive from it. What fired is
 * read from a recording, where it went from the program's synapses and from where its neurons lie.
 */

import type { Program } from "../compile/program.ts";
import type { Probe, Recording, Stimuli } from "../engine.ts";
import type { Target } from "../target/types.ts";
import { Accounts, type Account } from "./accounts.ts";
import { coresOf, reachesOf, type Placed, type Reach } from "./places.ts";
import { planRoutes, type Route } from "./routes.ts";
import { activityOf, sentBy, type SentIn } from "./sent.ts";

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

export interface LedgerOptions {
  /** Count active neurons, whose activity was then recorded; true unless given. */
  readonly activity?: boolean;
}

export interface VisitOptions {
  /**
   * Go through the chip's timesteps, as many more as its latency: each layer at its offset. What a layer does outside of
   * the model's timesteps is not in a recording; its neurons are updated there, and nothing else is counted.
   */
  readonly chipTime?: boolean;
}

/** The ledger of one program: its accounts, and the ways of its events. */
export class LedgerPlan {
  readonly accounts: readonly Account[];
  /** Where everything lies. */
  readonly places: readonly Placed[];
  /** Where synapses lie, by input or population. */
  readonly reaches: ReadonlyMap<string, Reach>;
  /** Whether active neurons are counted. */
  readonly activity: boolean;
  readonly #program: Program;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #parts: readonly Part[];
  /** Of the last run that was asked for: to read a stimulus may take as long as to count. */
  #last: { readonly stimuli: Stimuli; readonly recording: Recording; readonly sent: Map<string, SentIn> } | null = null;

  /**
   * @param places where everything lies; where the compiler put the populations unless given. Inputs that lie nowhere
   * send their messages from outside of the chip, which count only where they arrive.
   * @throws MEASURE_NOT_PLACED
   */
  constructor(
    program: Program,
    places: readonly Placed[] = program.fit.placement,
    { activity = true }: LedgerOptions = {},
  ) {
    const accounts = new Accounts();
    const placed = coresOf(program, places);
    this.places = places;
    this.activity = activity;
    this.#program = program;
    this.#parts = partsOf(program, places, activity, accounts);
    this.reaches = reachesOf(program, placed);
    this.#routes = planRoutes(program, placed, this.reaches, accounts);
    this.accounts = accounts.all;
  }

  /**
   * Go through a recording timestep by timestep, sample by sample.
   *
   * @param recording of the program, with the probes of `ledgerProbes`; where it has further timesteps than the stimuli,
   * nothing comes in
   * @throws MEASURE_NO_POPULATION, MEASURE_NO_ACTIVITY
   */
  visit(stimuli: Stimuli, recording: Recording, visit: VisitRow, { chipTime = false }: VisitOptions = {}): void {
    const { populations, latency, target } = this.#program;
    const offsets = new Map(chipTime ? populations.map(({ name, offset }) => [name, offset] as const) : []);
    const late = (name: string): number => offsets.get(name) ?? 0;
    const sent = [...this.sentIn(stimuli, recording)].map(([name, row]) => {
      return { route: this.#routes.get(name)!, row, late: late(name) };
    });
    const parts = this.#parts.map((part) => ({ part, active: part.activity(recording), late: late(part.source) }));
    const counts = new Float64Array(this.accounts.length);
    const several = target.delivery.payloadBits === 0;
    const { samples, steps } = recording;
    for (let sample = 0; sample < samples; sample++) {
      for (let step = 0; step < steps + (chipTime ? latency : 0); step++) {
        const recorded = (offset: number): boolean => step >= offset && step - offset < steps;
        const row = sample * steps + step;
        counts.fill(0);
        for (const { part, active, late } of parts) part.count(counts, recorded(late) ? active : null, row - late);
        for (const one of sent) if (recorded(one.late)) one.route.count(counts, one.row(row - one.late), several);
        visit(counts, sample, step);
      }
    }
  }

  /** Readers of what each input and each population sent, by its name. @throws MEASURE_NO_POPULATION */
  sentIn(stimuli: Stimuli, recording: Recording): ReadonlyMap<string, SentIn> {
    if (this.#last?.stimuli !== stimuli || this.#last.recording !== recording) {
      this.#last = { stimuli, recording, sent: sentBy(this.#program, stimuli, recording) };
    }
    return this.#last.sent;
  }

  /** How many events each input and each population sent, by its name. */
  eventsOf(stimuli: Stimuli, recording: Recording): Map<string, number> {
    const several = this.#program.target.delivery.payloadBits === 0;
    return new Map(
      [...this.sentIn(stimuli, recording)].map(([name, row]) => {
        let events = 0;
        for (let at = 0; at < recording.samples * recording.steps; at++) {
          const { payload, begin, count } = row(at);
          if (!several) events += count;
          else for (let i = begin; i < begin + count; i++) events += payload[i]!;
        }
        return [name, events];
      }),
    );
  }

  /** Counts of one event of every neuron or element of a source, [accounts]; null for a name that there is not. */
  countOnce(source: string): { readonly counts: Float64Array; readonly neurons: number } | null {
    const route = this.#routes.get(source);
    if (route === undefined) return null;
    const counts = new Float64Array(this.accounts.length);
    route.countAll(counts);
    return { counts, neurons: route.neurons };
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
  readonly source: string;
  readonly #place: Placed;
  readonly #neurons: number;
  readonly #register: string | undefined;
  /** Accounts to which all of them are added in every timestep; those that fire are taken off the silent ones. */
  readonly #always: readonly number[];
  readonly #active: number | null;

  constructor(
    place: Placed,
    always: readonly ("neuron-update" | "neuron-silent" | "input-update")[],
    neurons: number,
    register: string | undefined,
    accounts: Accounts,
  ) {
    const { population, core } = place;
    this.source = population;
    this.#place = place;
    this.#neurons = neurons;
    this.#register = register;
    this.#always = always.map((kind) => accounts.id(kind, population, core));
    this.#active = register === undefined ? null : accounts.id("neuron-active", population, core);
  }

  /** What was recorded of who is active; null where nothing tells. @throws MEASURE_NO_ACTIVITY */
  activity(recording: Recording): ArrayLike<number> | null {
    return this.#register === undefined ? null : activityOf(recording, this.source, this.#register);
  }

  count(counts: Float64Array, active: ArrayLike<number> | null, row: number): void {
    const { from, to } = this.#place;
    for (const account of this.#always) counts[account]! += to - from;
    if (this.#active === null || active === null) return;
    for (let i = row * this.#neurons + from; i < row * this.#neurons + to; i++) {
      if (active[i] !== 0) counts[this.#active]! += 1;
    }
  }
}

function partsOf(
  { target, populations }: Program,
  places: readonly Placed[],
  activity: boolean,
  accounts: Accounts,
): Part[] {
  return places.map((place) => {
    const population = populations.find(({ name }) => name === place.population);
    if (population === undefined) return new Part(place, ["input-update"], 0, undefined, accounts);
    const { active } = target.datapaths[population.datapath]!;
    const register = activity ? active : undefined;
    return new Part(place, updates(target), population.neurons, register, accounts);
  });
}

/** A chip that runs on events touches its neurons in every timestep only where a timestep ends with events for all. */
function updates({ events }: Target): ("neuron-update" | "neuron-silent")[] {
  const touched = events === null || (events.timestep?.end.length ?? 0) > 0;
  return touched ? ["neuron-update", "neuron-silent"] : ["neuron-silent"];
}
