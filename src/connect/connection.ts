/** One worker, what has been asked of it, and its end. Nothing waits for ever. */

import { wrap } from "comlink";
import type { RunOptions } from "../engine.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import { mistakeFrom, type Answer, type MessageEnd, type RunState, type Served } from "./protocol.ts";

/** How long to wait for a worker. */
export interface ConnectLimits {
  /** For its start, in ms; 30 000 where nothing is said. */
  readonly startMs?: number | undefined;
  /**
   * For a sign of life while it has something to do, in ms; 60 000 where nothing is said. A worker gives one between
   * timesteps, so this has to be more than opening the program or a single timestep can take.
   */
  readonly silentMs?: number | undefined;
}

/** A worker of a browser or of Node.js. */
export interface WorkerHandle {
  readonly end: MessageEnd;
  /** @param listener called when the worker fails or ends by itself */
  onDeath(listener: (reason: string) => void): void;
  /** Whether the process has to wait for the worker. */
  hold(busy: boolean): void;
  terminate(): unknown;
}

/** The worker's methods as they look from here. */
type Remote = {
  readonly [Method in keyof Served]: (
    ...args: Parameters<Served[Method]>
  ) => Promise<Awaited<ReturnType<Served[Method]>>>;
};

interface Run {
  readonly id: number;
  readonly options: RunOptions;
  /** Samples done when the caller was last told. */
  told: number;
  /** Its caller has given it up. */
  failed: boolean;
}

/** Someone who waits for an answer. */
interface Waiting {
  readonly reject: (error: unknown) => void;
  readonly run: Run | null;
}

const usualStartMs = 30_000;
const usualSilentMs = 60_000;
/** How often a worker that has something to do is looked after: for progress, signals to stop, and whether it lives. */
const lookMs = 50;
/** The longest time of a timer. */
const longestMs = 2 ** 31 - 1;

/** Calls to one worker, in the order in which they are made. */
export class Connection {
  private readonly worker: WorkerHandle;
  private readonly remote: Remote;
  private readonly startMs: number;
  private readonly silentMs: number;
  private readonly waiting = new Set<Waiting>();
  private watch: ReturnType<typeof setInterval> | undefined;
  private looking = false;
  /** Turns of the watch since a look was sent: turns, so that a machine that sleeps does not seem to be silent. */
  private silentTurns = 0;
  private started = false;
  private ended: BitspikeError | null = null;
  private runs = 0;

  constructor(worker: WorkerHandle, { startMs = usualStartMs, silentMs = usualSilentMs }: ConnectLimits) {
    this.worker = worker;
    this.startMs = startMs;
    this.silentMs = silentMs;
    // Taken out once: each look at a proxy of comlink makes another one.
    const { hello, open, run, look, step, read, reset, snapshot, restore } = wrap<Served>(worker.end as never);
    this.remote = { hello, open, run, look, step, read, reset, snapshot, restore } as unknown as Remote;
    worker.onDeath((reason) => void this.finish(this.death(reason)));
  }

  /** Wait until the worker answers at all. @throws ENGINE_WORKER_START */
  async start(): Promise<void> {
    const late = (): unknown => this.finish(this.death(`it had not answered after ${this.startMs / 1000} s`));
    const limit = setTimeout(late, Math.min(this.startMs, longestMs));
    try {
      await this.ask(this.remote.hello());
      this.started = true;
    } finally {
      clearTimeout(limit);
    }
  }

  /** Ask the worker for something; a mistake that it answers is thrown. */
  async call<T>(send: (remote: Remote) => Promise<Answer<T>>): Promise<T> {
    this.refuseEnded();
    return valueOf(await this.ask(send(this.remote)));
  }

  /** Ask for a run, which can report its progress and be stopped. */
  async callRun<T>(options: RunOptions, send: (remote: Remote, id: number) => Promise<Answer<T>>): Promise<T> {
    if (this.ended !== null) throw endOfRun(this.ended);
    const id = this.runs++;
    return valueOf(await this.ask(send(this.remote, id), { id, options, told: -1, failed: false }));
  }

  /** @throws ENGINE_CLOSED, ENGINE_WORKER_START, ENGINE_WORKER_DIED once the worker has ended */
  refuseEnded(): void {
    if (this.ended !== null) throw this.ended;
  }

  /** End the worker; everybody who waits gets the error, and so does everybody who comes later. */
  async finish(error: BitspikeError): Promise<void> {
    if (this.ended === null) {
      this.ended = error;
      clearInterval(this.watch);
      for (const { reject, run } of this.waiting) reject(run === null ? error : endOfRun(error));
      this.waiting.clear();
    }
    // The end of a thread that nobody holds would not be waited for.
    this.worker.hold(true);
    await this.worker.terminate();
  }

  private death(reason: string): BitspikeError {
    return mistake(this.started ? "ENGINE_WORKER_DIED" : "ENGINE_WORKER_START", { reason });
  }

  private ask<T>(answer: Promise<T>, run: Run | null = null): Promise<T> {
    this.keepWatch();
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { reject, run };
      this.waiting.add(waiting);
      const settle = (): unknown => this.waiting.delete(waiting);
      answer.finally(settle).then(resolve, reject);
    });
  }

  private keepWatch(): void {
    if (this.watch !== undefined) return;
    this.worker.hold(true);
    this.silentTurns = 0;
    this.watch = setInterval(() => this.look(), lookMs);
  }

  /** One turn of the watch, which ends when nobody waits any more. */
  private look(): void {
    if (this.waiting.size === 0) return this.endWatch();
    if (!this.started) return;
    if (this.looking) {
      this.silentTurns++;
      const silent = this.silentTurns * lookMs > this.silentMs;
      if (silent) void this.finish(this.death(`it gave no sign of life for ${this.silentMs / 1000} s`));
      return;
    }
    const stop = this.waitingRuns().filter(({ options, failed }) => failed || options.signal?.aborted === true);
    void this.askHow(stop.map(({ id }) => id));
  }

  private async askHow(stop: readonly number[]): Promise<void> {
    this.looking = true;
    this.silentTurns = 0;
    try {
      this.tell(await this.remote.look(stop));
    } catch (error) {
      await this.finish(this.death(String(error)));
    } finally {
      this.looking = false;
    }
  }

  private endWatch(): void {
    clearInterval(this.watch);
    this.watch = undefined;
    this.worker.hold(false);
  }

  private waitingRuns(): Run[] {
    return [...this.waiting].flatMap(({ run }) => (run === null ? [] : [run]));
  }

  /** Tell callers how far their runs are. What a caller throws ends its run, as it would without a worker. */
  private tell(states: readonly RunState[]): void {
    for (const { run, reject } of this.waiting) {
      const state = states.find(([id]) => id === run?.id);
      if (run === null || state === undefined || run.failed) continue;
      const [, done, total] = state;
      if (done === run.told || total === 0) continue;
      run.told = done;
      try {
        run.options.onProgress?.(done, total);
      } catch (error) {
        run.failed = true;
        reject(error);
      }
    }
  }
}

/** A run that is closed down was interrupted; one whose worker died was not. */
function endOfRun(error: BitspikeError): BitspikeError {
  return error.code === "ENGINE_CLOSED" ? mistake("RUN_INTERRUPTED", {}, {}, { cause: error }) : error;
}

function valueOf<T>(answer: Answer<T>): T {
  if (answer.kind === "mistake") throw mistakeFrom(answer.mistake);
  return answer.value;
}
