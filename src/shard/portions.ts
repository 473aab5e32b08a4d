/** Input of a run in portions: workers start with the first while the next ones are read, and never are all of them held. */

import { MessageChannel, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { Tabulation, rowsOf, type FeedTable, type FrameScanner } from "../chip/tabulate.ts";
import type { Range } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import type { Stimuli, StopSignal } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { ownRooms, type Rooms } from "../room.ts";
import { share } from "../shared-memory.ts";
import { nextTurn } from "../turn.ts";
import { Stopped } from "./barrier.ts";
import { slots, type Portion, type SentInput, type ShardTask } from "./protocol.ts";

/** Values of frames that one portion is made of, if a sample has no more: they are read in some milliseconds. */
const portionValues = 2 ** 20;
/** Portions for each worker at least, so that all end at about the same time. */
const portionsEach = 8;

/** Samples of a run, `takers` of portions sharing them. At least one portion, be it empty. */
export function portionsOf(program: Program, stimuli: Stimuli, samples: number, takers: number): Range[] {
  let values = 1;
  for (const { name, shape } of program.inputs) values += rowsOf(stimuli.get(name)!) * sizeOf(shape);
  const each = Math.max(1, Math.min(Math.floor(portionValues / values), Math.ceil(samples / takers / portionsEach)));
  const count = Math.max(1, Math.ceil(samples / each));
  return Array.from({ length: count }, (_, i) => ({ low: i * each, high: Math.min(samples, (i + 1) * each) }));
}

/** Portions that a worker may have beside the one it works on. */
const ahead = 2;
/** How long to read before other work of this thread (a progress bar, a server's requests) has its turn. */
const turnMs = 8;
const rowsAtOnce = 16;

/** What reads the input on the thread that asked for the run. */
export interface Source {
  readonly program: Program;
  readonly stimuli: Stimuli;
  readonly scannerFor: (size: number) => FrameScanner;
  readonly portions: readonly Range[];
  /** In shared memory. */
  readonly rooms: Rooms;
}

/** Gives portions to workers, to whichever has room for one, or each to all of them. */
export class Feeder {
  /** For the workers. */
  readonly ports: readonly MessagePort[];
  readonly #own: readonly MessagePort[];
  readonly #control: Int32Array;
  readonly #toAll: boolean;
  /** Workers with room, those that waited longest first; one may stand twice. */
  readonly #room: number[];
  /** Portions that each has taken. */
  readonly #taken: number[];
  /** Lists of portions that somebody may still look at, oldest first. */
  readonly #lent: Uint32Array[][][];
  #rooms: Rooms = ownRooms;
  #wake = (): void => {};
  #closed = false;

  /** @param toAll every portion goes to all workers, which have to keep in step with each other */
  constructor(control: Int32Array, workers: number, toAll: boolean) {
    const channels = Array.from({ length: workers }, () => new MessageChannel());
    this.ports = channels.map(({ port2 }) => port2);
    this.#own = channels.map(({ port1 }) => port1);
    this.#control = control;
    this.#toAll = toAll;
    this.#taken = this.#own.map(() => 0);
    const takers = toAll ? 1 : workers;
    this.#lent = Array.from({ length: takers }, () => []);
    this.#room = Array.from({ length: ahead * takers }, (_, i) => i % takers);
    for (const [worker, port] of this.#own.entries()) port.on("message", () => this.#hasTaken(worker));
  }

  /**
   * Read the input and give it away; ends early when closed.
   *
   * @throws RUN_INTERRUPTED when the signal says so; what is wrong with the input: DATA_NOT_FINITE, ENGINE_EVENT_COUNT
   */
  async run({ portions, ...source }: Source, signal: StopSignal | undefined): Promise<void> {
    this.#rooms = source.rooms;
    for (const samples of portions) {
      const tables = share(await this.#read(source, samples, signal));
      while (this.#room.length === 0 && !this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#closed) return;
      const taker = this.#room.shift()!;
      this.#lent[taker]!.push([...tables.values()].map(({ neuron }) => neuron));
      for (const worker of this.#toAll ? this.#own.keys() : [taker]) this.#give(worker, { first: samples.low, tables });
    }
    for (const worker of this.#own.keys()) this.#give(worker, null);
  }

  /** Nothing is given any more; to be called in any case. */
  close(): void {
    this.#closed = true;
    this.#wake();
    for (const port of this.#own) port.close();
  }

  /** With portions for all there is room when the last of them has taken one. */
  #hasTaken(worker: number): void {
    const slowest = Math.min(...this.#taken);
    this.#taken[worker]!++;
    if (!this.#toAll) this.#hasRoom(worker);
    else if (Math.min(...this.#taken) > slowest) this.#hasRoom(0);
    this.#wake();
  }

  /** Who takes a portion is done with the one before. */
  #hasRoom(taker: number): void {
    this.#room.push(taker);
    const lent = this.#lent[taker]!;
    const taken = this.#toAll ? Math.min(...this.#taken) : this.#taken[taker]!;
    if (taken > 1) for (const list of lent.shift()!) this.#rooms.give(list);
  }

  /** Give back all rooms: nobody looks at any portion any more. */
  release(): void {
    for (const lists of this.#lent.splice(0)) for (const list of lists.flat()) this.#rooms.give(list);
  }

  /** The count comes behind what it counts: who sees it finds the portion. */
  #give(worker: number, portion: Portion | null): void {
    const given = slots.given + worker * slots.stride;
    this.#own[worker]!.postMessage(portion, []);
    Atomics.add(this.#control, given, 1);
    Atomics.notify(this.#control, given);
  }

  async #read(
    { program, stimuli, scannerFor, rooms }: Omit<Source, "portions">,
    samples: Range,
    signal: StopSignal | undefined,
  ): Promise<ReadonlyMap<string, FeedTable>> {
    const { delivery } = program.target;
    const tables = new Map<string, FeedTable>();
    let began = performance.now();
    for (const input of program.inputs) {
      const stimulus = stimuli.get(input.name)!;
      const tabulation = new Tabulation(stimulus, input, delivery, scannerFor(sizeOf(input.shape)), samples, rooms);
      while (!tabulation.read(rowsAtOnce) && !this.#closed) {
        if (performance.now() - began < turnMs) continue;
        await nextTurn();
        if (signal?.aborted === true) throw mistake("RUN_INTERRUPTED", {});
        began = performance.now();
      }
      tables.set(input.name, tabulation.finish());
    }
    return tables;
  }
}

/** How long to sleep before looking at the stop flag again. */
const sleepMs = 50;

/** The portions that a worker is given, one after another. */
export class SentPortions {
  readonly #control: Int32Array;
  readonly #port: MessagePort;
  readonly #given: number;
  #taken = 0;

  constructor({ control, shard }: Pick<ShardTask, "control" | "shard">, { port }: SentInput) {
    this.#control = control;
    this.#port = port;
    this.#given = slots.given + shard * slots.stride;
  }

  /** Waits for the next portion. @returns null behind the last. @throws Stopped */
  next(): Portion | null {
    // No message arrives at a thread that sleeps, so that it is told by a count in shared memory.
    while (Atomics.load(this.#control, this.#given) === this.#taken) {
      if (Atomics.load(this.#control, slots.stop) === 1) throw new Stopped();
      Atomics.wait(this.#control, this.#given, this.#taken, sleepMs);
    }
    const { message } = receiveMessageOnPort(this.#port) as { message: Portion | null };
    this.#taken++;
    if (message !== null) this.#port.postMessage(null, []);
    return message;
  }
}
