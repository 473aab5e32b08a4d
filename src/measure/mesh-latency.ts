/**
 * How long a chip takes for a timestep when messages need time on their way and hold each other up: every message is sent,
 * crosses the mesh and is received, one event after the other.
 */

import type { Program } from "../compile/program.ts";
import type { Recording, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import type { LatencySpec, NocSpec } from "../target/types.ts";
import type { LedgerKind } from "./accounts.ts";
import type { PricedAccount } from "./costs.ts";
import { barrierOf, timeOf } from "./latency.ts";
import type { LedgerOptions } from "./ledger.ts";
import { directions, pathBetween, tileOf, type Link } from "../target/mesh.ts";
import { coresOf, reachesOf, type Placed, type Reach } from "./places.ts";
import { activityOf, sentBy, type SentIn } from "./sent.ts";

export interface MeshOptions extends LedgerOptions {
  /** Where synapses lie, where that has been worked out already. */
  readonly reaches?: ReadonlyMap<string, Reach>;
}

/** The way of messages from one core to another. */
interface Journey {
  readonly to: number;
  /** Links that it crosses: the one into the mesh, then those from tile to tile. */
  readonly links: readonly number[];
  /** ns, when nothing is in its way. */
  readonly shortest: number;
}

/** One of the messages that a neuron's spike sends. */
interface Sending {
  readonly journey: Journey;
  /** ns for which the receiving core is busy with it. */
  readonly processing: number;
}

/** A neuron, or an element of an input, in its core's order. */
interface Turn {
  readonly source: string;
  readonly neuron: number;
  /** ns of every timestep. */
  readonly always: number;
  readonly whenActive: number;
  readonly whenFiring: number;
  /** ns before each message. */
  readonly whenSending: number;
  readonly sendings: readonly Sending[];
}

/** A message in the mesh. */
interface Flight {
  readonly sending: Sending;
  /** When its receiver starts on it; it leaves the mesh then. */
  readonly received: number;
}

/** What a core still has to send: each the given ns after the one before; null: it only works on. */
interface Queue {
  readonly waits: number[];
  readonly sendings: (Sending | null)[];
  next: number;
  at: number;
}

/**
 * Times after SANA-FE's detailed rule. A core sends in the order of its neurons and receives one message at a time. A
 * message spreads evenly over its links. On a path that carries more than its links have room for, a sender waits for as
 * many messages as are too many, each as long as those under way take to be received on average; and no message arrives
 * before those ahead of it can have been received. Of cores that send at the same time the one with the lower number is
 * first.
 *
 * A. Boyle et al., IEEE TCAD 44(8), 3165-3178, 2025, doi:10.1109/TCAD.2025.3537971.
 */
export class MeshLatency {
  readonly #program: Program;
  readonly #activity: boolean;
  /** By core, in the order of their numbers. */
  readonly #turns: readonly (readonly Turn[])[];
  /** What elements of inputs send that lie on no core. */
  readonly #outside: ReadonlyMap<string, readonly Message[][]>;
  readonly #room: number;
  readonly #barrier: number;
  readonly #links: number;
  readonly #cores: number;

  /**
   * @param places where everything lies, in the order in which each core takes its turns
   * @throws MEASURE_NOT_PLACED, MEASURE_NO_CORE, MEASURE_NO_NETWORK for a target without a network of cores or times
   */
  constructor(
    program: Program,
    places: readonly Placed[] = program.fit.placement,
    { activity = true, reaches }: MeshOptions = {},
  ) {
    const { noc, latency, name } = program.target;
    if (noc === undefined || latency === undefined) throw mistake("MEASURE_NO_NETWORK", { target: name });
    this.#program = program;
    this.#activity = activity;
    this.#cores = noc.width.value * noc.height.value * noc.coresPerTile.value;
    const beyond = places.find(({ core }) => core >= this.#cores);
    if (beyond !== undefined) throw mistake("MEASURE_NO_CORE", { ...beyond, cores: this.#cores });
    this.#links = this.#cores + noc.width.value * noc.height.value * directions.length;
    this.#room = noc.linkBuffer?.value ?? Infinity;
    this.#barrier = barrierOf(latency, new Set(places.map(({ core }) => tileOf(core, noc))).size);
    const cores = coresOf(program, places);
    const messages = messagesOf(program, reaches ?? reachesOf(program, cores), latency);
    this.#turns = turnsOf(program, places, messages, noc, latency);
    this.#outside = new Map([...messages].filter(([name]) => !cores.has(name)));
  }

  /**
   * Nanoseconds of every timestep of the chip, [samples][steps and the program's latency]; each layer at its offset, and
   * nothing but updates where a layer's steps were not recorded. See `LedgerPlan.visit` for what has to be recorded.
   *
   * @param sent readers of what was sent, where they are there already
   */
  of(
    stimuli: Stimuli,
    recording: Recording,
    sent: ReadonlyMap<string, SentIn> = sentBy(this.#program, stimuli, recording),
  ): Float64Array {
    const { populations, target, latency } = this.#program;
    const offsets = new Map(populations.map(({ name, offset }) => [name, offset]));
    const active = new Map(
      populations.flatMap(({ name, datapath, neurons }) => {
        const register = target.datapaths[datapath]!.active;
        const trace = register === undefined || !this.#activity ? null : activityOf(recording, name, register);
        return trace === null ? [] : [[name, { trace, neurons }] as const];
      }),
    );
    const several = target.delivery.payloadBits === 0;
    const { samples, steps } = recording;
    return Float64Array.from({ length: samples * (steps + latency) }, (_, at) => {
      const sample = Math.floor(at / (steps + latency));
      const step = at % (steps + latency);
      const rowOf = (source: string): number | null => {
        const own = step - (offsets.get(source) ?? 0);
        return own < 0 || own >= steps ? null : sample * steps + own;
      };
      const times = new Map<string, Map<number, number>>();
      for (const [name, read] of sent) {
        const row = rowOf(name);
        if (row === null) continue;
        const { neuron, payload, begin, count } = read(row);
        const own = new Map<number, number>();
        for (let i = begin; i < begin + count; i++) {
          own.set(neuron[i]!, (own.get(neuron[i]!) ?? 0) + (several ? payload[i]! : 1));
        }
        times.set(name, own);
      }
      const isActive = (source: string, neuron: number): boolean => {
        const own = active.get(source);
        const row = rowOf(source);
        return own !== undefined && row !== null && own.trace[row * own.neurons + neuron] !== 0;
      };
      const queues = this.#turns.map((turns) => {
        return queueOf(turns, isActive, (source, neuron) => times.get(source)?.get(neuron) ?? 0);
      });
      return this.#run(queues, this.#busyFromOutside(times)) + this.#barrier;
    });
  }

  /** [cores] ns for which each core is busy with messages from outside of the chip, which are there from the beginning. */
  #busyFromOutside(times: ReadonlyMap<string, ReadonlyMap<number, number>>): Float64Array {
    const busy = new Float64Array(this.#cores);
    for (const [name, messages] of this.#outside) {
      for (const [neuron, count] of times.get(name) ?? []) {
        for (const { to, processing } of messages[neuron]!) busy[to]! += count * processing;
      }
    }
    return busy;
  }

  /**
   * Send everything; when the last core is done.
   *
   * @param free [cores] when each can receive; overwritten
   */
  #run(queues: readonly Queue[], free: Float64Array): number {
    const density = new Float64Array(this.#links);
    let flights: Flight[] = [];
    let underWay = 0;
    let end = free.reduce((latest, at) => Math.max(latest, at), 0);
    for (let queue = earliest(queues); queue !== null; queue = earliest(queues)) {
      const now = queue.at;
      const sending = queue.sendings[queue.next]!;
      let sentAt = now;
      if (sending !== null) {
        const landed = flights.filter(({ received }) => received <= now);
        for (const flight of landed) {
          spread(density, flight.sending, -1);
          underWay -= flight.sending.processing;
        }
        if (landed.length > 0) flights = flights.filter(({ received }) => received > now);
        const { links, shortest, to } = sending.journey;
        const load = links.reduce((sum, link) => sum + density[link]!, 0);
        const mean = flights.length === 0 ? 0 : underWay / flights.length;
        const tooMany = load - links.length * this.#room;
        if (tooMany > 0) sentAt += tooMany * mean;
        const received = Math.max(free[to]!, sentAt + Math.max(shortest, (load * mean) / links.length));
        free[to] = received + sending.processing;
        flights.push({ sending, received });
        underWay += sending.processing;
        spread(density, sending, 1);
        end = Math.max(end, free[to]!);
      }
      end = Math.max(end, sentAt);
      queue.next++;
      queue.at = sentAt + (queue.waits[queue.next] ?? 0);
    }
    return end;
  }
}

/** Put a message into the mesh, or take it out: a part on each of its links, and one on that out of the mesh. */
function spread(density: Float64Array, { journey: { links } }: Sending, sign: 1 | -1): void {
  for (const link of links) density[link]! += sign / (links.length + 1);
}

/** The core that sends next; null when all are done. */
function earliest(queues: readonly Queue[]): Queue | null {
  let first: Queue | null = null;
  for (const queue of queues) {
    if (queue.next < queue.waits.length && (first === null || queue.at < first.at)) first = queue;
  }
  return first;
}

/** One core's timestep: what it works until each message leaves, and what it works after the last. */
function queueOf(
  turns: readonly Turn[],
  isActive: (source: string, neuron: number) => boolean,
  timesFired: (source: string, neuron: number) => number,
): Queue {
  const waits: number[] = [];
  const sendings: (Sending | null)[] = [];
  let worked = 0;
  for (const { source, neuron, always, whenActive, whenFiring, whenSending, sendings: own } of turns) {
    worked += always + (isActive(source, neuron) ? whenActive : 0);
    for (let times = timesFired(source, neuron); times > 0; times--) {
      worked += whenFiring;
      for (const sending of own) {
        waits.push(worked + whenSending);
        sendings.push(sending);
        worked = 0;
      }
    }
  }
  waits.push(worked);
  sendings.push(null);
  return { waits, sendings, next: 0, at: waits[0]! };
}

/** What a spike becomes in one core. */
interface Message {
  readonly to: number;
  /** ns for which that core is busy with it. */
  readonly processing: number;
}

type Ns = (kind: LedgerKind, more?: Partial<PricedAccount>) => number;

function nsOf(program: Program, spec: LatencySpec): Ns {
  return (kind, more = {}) => timeOf({ kind, link: null, projection: null, ...more }, program, spec);
}

/** Messages of each neuron of every population and every input, by its name. */
function messagesOf(
  program: Program,
  reaches: ReadonlyMap<string, Reach>,
  spec: LatencySpec,
): Map<string, Message[][]> {
  const ns = nsOf(program, spec);
  const axon = ns("axon-in");
  const synop = new Map(
    program.projections.map((projection) => [projection, ns("synop", { projection: projection.name })]),
  );
  return new Map(
    [...reaches].map(([name, { begin, end, core, projection, synapses }]) => {
      const messages = Array.from(begin, (first, neuron): Message[] => {
        const own: { to: number; processing: number }[] = [];
        for (let i = first; i < end[neuron]!; i++) {
          const busy = synapses[i]! * synop.get(projection[i]!)!;
          if (i > first && core[i] === core[i - 1]) own.at(-1)!.processing += busy;
          else own.push({ to: core[i]!, processing: axon + busy });
        }
        return own;
      });
      return [name, messages];
    }),
  );
}

/** What each core does in a timestep, core by core. */
function turnsOf(
  program: Program,
  places: readonly Placed[],
  messages: ReadonlyMap<string, readonly Message[][]>,
  noc: NocSpec,
  spec: LatencySpec,
): Turn[][] {
  const ns = nsOf(program, spec);
  const journeys = new Map<string, Journey>();
  const journey = (from: number, to: number): Journey => {
    const key = `${from} ${to}`;
    const known = journeys.get(key) ?? journeyOf(from, to, noc, (link) => ns("hop", { link }));
    journeys.set(key, known);
    return known;
  };
  const turns = new Map<number, Turn[]>();
  const fires = new Set(program.populations.map(({ name }) => name));
  for (const { population: source, core, from, to } of places) {
    const isPopulation = fires.has(source);
    const shared = {
      source,
      always: ns(isPopulation ? "neuron-update" : "input-update"),
      whenActive: ns("neuron-active"),
      whenFiring: isPopulation ? ns("spike") : 0,
      whenSending: ns("axon-out"),
    };
    const own = turns.get(core) ?? [];
    turns.set(core, own);
    for (let neuron = from; neuron < to; neuron++) {
      const sendings = messages.get(source)![neuron]!.map(({ to: destination, processing }): Sending => {
        return { journey: journey(core, destination), processing };
      });
      own.push({ ...shared, neuron, sendings });
    }
  }
  return [...turns].toSorted(([a], [b]) => a - b).map(([, own]) => own);
}

function journeyOf(from: number, to: number, noc: NocSpec, hop: (link: Link) => number): Journey {
  const tiles = noc.width.value * noc.height.value;
  const path = pathBetween(tileOf(from, noc), tileOf(to, noc), noc);
  const hops = path.map(
    ({ tile, direction }) => tiles * noc.coresPerTile.value + tile * 4 + directions.indexOf(direction),
  );
  return { to, links: [from, ...hops], shortest: path.reduce((sum, link) => sum + hop(link), 0) };
}
