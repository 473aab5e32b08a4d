/** A program spread over worker threads; the results are those of the interpreter, whatever the number of workers. */

import { availableParallelism } from "node:os";
import { openInterpreter } from "../chip/interpreter.ts";
import type { Program } from "../compile/program.ts";
import type { Engine, Recording, RunOptions, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { openKernels } from "../kernels/engine.ts";
import { checkStimuli } from "../stimuli.ts";
import { chooseWay, runCost, type Way } from "./choose.ts";
import type { Pool } from "./pool.ts";
import type { Split } from "./protocol.ts";

export interface ShardOptions {
  /** Worker threads, 1 or more; the free cores where nothing is said. More than that is honoured. */
  readonly threads?: number | undefined;
  /**
   * By sample for throughput, by core for one large network. `auto`, where nothing is said, takes for each run what should be
   * fastest: a rule of what neurons and synapses cost decides, and what threads would only slow down runs on this one.
   */
  readonly split?: Split | "auto" | undefined;
  /** As `InterpreterOptions` has it. */
  readonly eventLimit?: number | undefined;
}

export interface ShardEngine extends Engine {
  /** Of the last run; before any, those that there may be. */
  readonly threads: number;
  /** Of the last run; null where nothing was divided. */
  readonly split: Split | null;
}

/** Open a program on worker threads. @throws SHARD_SPLIT */
export async function openShards(program: Program, options: ShardOptions = {}): Promise<ShardEngine> {
  const { threads = availableParallelism(), split = "auto", eventLimit } = options;
  if (split === "core" && program.target.events !== null) throw mistake("SHARD_SPLIT", { target: program.target.name });
  const engine = new Shards(program, threads, split, eventLimit);
  // They start while the caller goes on.
  if (split !== "auto") await engine.workers();
  return engine;
}

class Shards implements ShardEngine {
  readonly name = "shards";
  readonly #program: Program;
  readonly #asked: number;
  readonly #wanted: Split | "auto";
  readonly #eventLimit: number | undefined;
  #way: Way;
  #pool: Promise<Pool> | null = null;
  #here: Promise<Engine> | null = null;
  /** Nanoseconds that runs on this thread should have taken. */
  #spent = 0;
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(program: Program, threads: number, split: Split | "auto", eventLimit: number | undefined) {
    this.#program = program;
    this.#asked = threads;
    this.#wanted = split;
    this.#eventLimit = eventLimit;
    this.#way = { threads, split: split === "auto" ? null : split };
  }

  get threads(): number {
    return this.#way.threads;
  }

  get split(): Split | null {
    return this.#way.split;
  }

  /** Those that there are, or as many new ones as were asked for. Piscina is loaded only where it is needed. */
  workers(): Promise<Pool> {
    return (this.#pool ??= import("./pool.ts").then(({ openPool }) =>
      openPool(this.#program, this.#asked, this.#eventLimit),
    ));
  }

  run(stimuli: Stimuli, options: RunOptions = {}): Promise<Recording> {
    // One run at a time.
    const result = this.#last
      .then(() => this.#run(stimuli, options))
      .catch((error: unknown) => {
        throw this.#closed ? mistake("RUN_INTERRUPTED", {}, {}, { cause: error }) : error;
      });
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(stimuli: Stimuli, options: RunOptions): Promise<Recording> {
    if (this.#closed) throw mistake("ENGINE_CLOSED", {});
    const length = checkStimuli(this.#program.inputs, stimuli);
    this.#way = this.#choose(length);
    const { threads, split } = this.#way;
    if (split !== null) return (await this.workers()).run(stimuli, options, split, threads);
    this.#spent += runCost(this.#program, length);
    this.#here ??= this.#open();
    return (await this.#here).run(stimuli, options);
  }

  #choose(length: ReturnType<typeof checkStimuli>): Way {
    if (this.#wanted !== "auto") return { threads: this.#asked, split: this.#wanted };
    return chooseWay(this.#program, length, this.#asked, this.#pool === null ? this.#spent : Infinity);
  }

  #open(): Promise<Engine> {
    const eventLimit = this.#eventLimit;
    const runsOnEvents = this.#program.target.events !== null;
    return runsOnEvents ? Promise.resolve(openInterpreter(this.#program, { eventLimit })) : openKernels(this.#program);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const [pool, here] = [this.#pool, this.#here];
    await Promise.all([pool?.then((opened) => opened.close()), here?.then((opened) => opened.close())]);
  }
}
