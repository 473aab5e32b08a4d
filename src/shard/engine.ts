/** A program spread over worker threads; the results are those of the interpreter, whatever the number of workers. */

import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { FrameScanner } from "../chip/feed.ts";
import { probeNames } from "../chip/record.ts";
import type { Range } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import type { Engine, Recording, RunOptions, Stimuli } from "../engine.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { fastestScanners } from "../kernels/engine.ts";
import { concatRecordings } from "../recording.ts";
import { share } from "../shared-memory.ts";
import { checkProbes, checkStimuli } from "../stimuli.ts";
import { createBoard } from "./board.ts";
import { mergeShards } from "./merge.ts";
import { Feeder, portionsOf } from "./portions.ts";
import { controlFor, slots, type Board, type Part, type ShardAnswer, type ShardTask, type Split } from "./protocol.ts";

export interface ShardOptions {
  /** Worker threads, 1 or more; the free cores where nothing is said. More than that is honoured. */
  readonly threads?: number | undefined;
  /** By sample (the default) for throughput, by core for one large network. */
  readonly split?: Split | undefined;
  /** As `InterpreterOptions` has it. */
  readonly eventLimit?: number | undefined;
}

export interface ShardEngine extends Engine {
  readonly threads: number;
  readonly split: Split;
}

/** A worker takes some 0.1 s to start; one that has not after this long never will. */
const startLimitMs = 30_000;
const pollMs = 50;
/** About what a wake-up costs; with more shards than cores spinning only keeps the others from working. */
const spinTurns = 2000;

/** Open a program on worker threads. */
export async function openShards(program: Program, options: ShardOptions = {}): Promise<ShardEngine> {
  const { threads = availableParallelism(), split = "sample", eventLimit } = options;
  if (split === "core" && program.target.events !== null) throw mistake("SHARD_SPLIT", { target: program.target.name });
  const shared = share(program);
  const pool = new Piscina({
    filename: workerFile(),
    name: "runShard",
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    // Workers run one long task and wait on memory of their own.
    atomics: "disabled",
    workerData: shared,
  });
  // A worker that dies reports here as well as through its task.
  pool.on("error", () => {});
  const work = { pool, program: shared, threads, split, eventLimit, scannerFor: await fastestScanners() };
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "shards",
    threads,
    split,
    run(stimuli, runOptions = {}) {
      const run = (): Promise<Recording> => runShards(work, stimuli, runOptions);
      // One run at a time: the shards of one meet at their barrier and need all workers.
      const result = last.then(run).catch((error: unknown) => {
        throw closed ? mistake("RUN_INTERRUPTED", {}, {}, { cause: error }) : error;
      });
      last = result.catch(() => {});
      return result;
    },
    close() {
      closed = true;
      return pool.destroy();
    },
  };
}

/** Workers run JavaScript: where this file is still TypeScript, the built worker is taken. */
function workerFile(): string {
  const own = import.meta.url;
  return new URL(own.endsWith(".ts") ? "../../dist/shard/worker.js" : "./worker.js", own).href;
}

/** What all runs of an engine have in common. */
interface Work {
  readonly pool: Piscina;
  readonly program: Program;
  readonly threads: number;
  readonly split: Split;
  readonly eventLimit: number | undefined;
  readonly scannerFor: (size: number) => FrameScanner;
}

async function runShards(work: Work, stimuli: Stimuli, options: RunOptions): Promise<Recording> {
  const { program, threads, split, eventLimit, scannerFor } = work;
  checkProbes(probeNames(program), options.probes ?? []);
  const { samples, steps } = checkStimuli(program.inputs, stimuli);
  const { probes = [], chipTime = false } = options;
  const portions = portionsOf(program, stimuli, samples, split === "sample" ? threads : 1);
  // A worker without any portion has no task.
  const parts = split === "core" ? byCore(program, threads) : null;
  const shards = parts?.length ?? Math.min(threads, portions.length);
  const control = controlFor(shards);
  const feeder = new Feeder(control, shards, parts !== null);
  const tasks = feeder.ports.map((port, shard): ShardTask => {
    const part = parts?.[shard] ?? null;
    return { shard, shards, samples, steps, probes, chipTime, eventLimit, control, port, part };
  });
  const feed = (): Promise<void> => feeder.run({ program, stimuli, scannerFor, portions }, options.signal);
  const answers = await runTasks(work.pool, tasks, control, { feeder, feed }, options);
  const recorded = answers.map((answer) => (answer as Extract<ShardAnswer, { kind: "recorded" }>).parts);
  if (parts !== null) {
    return mergeShards(
      program,
      recorded.map(([part]) => part!.recording),
    );
  }
  const inOrder = recorded.flat().toSorted((a, b) => a.first - b.first);
  return concatRecordings(inOrder.map(({ recording }) => recording));
}

/**
 * An equal part of every population for each shard, so that all are busy in every phase. One whose neurons pass counts
 * on to each other is not divided: they have to be advanced in their order.
 */
function byCore(program: Program, shards: number): Part[] {
  const boards = new Map<string, Board>();
  for (const [index, { name, neurons, forwards }] of program.populations.entries()) {
    const starts = Array.from({ length: shards + 1 }, (_, i) => {
      return forwards === undefined ? Math.floor((i * neurons) / shards) : i > index % shards ? neurons : 0;
    });
    boards.set(name, createBoard(starts));
  }
  const spin = shards <= availableParallelism() ? spinTurns : 0;
  return Array.from({ length: shards }, (_, shard) => ({
    ranges: new Map(
      [...boards].map(([name, { starts }]): [string, Range] => [
        name,
        { low: starts[shard]!, high: starts[shard + 1]! },
      ]),
    ),
    boards,
    spin,
  }));
}

/** What gives the workers their input. */
interface Feeding {
  readonly feeder: Feeder;
  readonly feed: () => Promise<void>;
}

/** Run all tasks side by side; whatever goes wrong in one stops the others before it is reported. */
async function runTasks(
  pool: Piscina,
  tasks: readonly ShardTask[],
  control: Int32Array,
  { feeder, feed }: Feeding,
  options: RunOptions,
): Promise<ShardAnswer[]> {
  const { samples } = tasks[0]!;
  const stop = (): void => {
    Atomics.store(control, slots.stop, 1);
    // Whoever waits looks at the flag now and then.
    Atomics.notify(control, slots.generation);
    feeder.close();
  };
  const began = performance.now();
  let late = false;
  const watch = setInterval(() => {
    if (options.signal?.aborted === true) stop();
    if (performance.now() - began > startLimitMs && Atomics.load(control, slots.arrived) < tasks.length) {
      late = true;
      stop();
    }
    options.onProgress?.(samplesDone(control, tasks), samples);
  }, pollMs);
  try {
    const running = tasks.map((task) => {
      const answer = pool.run(task, { transferList: [task.port] }) as Promise<ShardAnswer>;
      answer.catch(stop);
      return answer;
    });
    const feeding = feed();
    feeding.catch(stop);
    const settled = await Promise.allSettled(running);
    feeder.close();
    await feeding;
    const answers = settled.map((one) => {
      if (one.status === "fulfilled") return one.value;
      throw mistake("SHARD_DIED", { reason: String(one.reason) }, {}, { cause: one.reason });
    });
    refuse(answers, options, late);
    options.onProgress?.(samples, samples);
    return answers;
  } finally {
    clearInterval(watch);
    feeder.close();
  }
}

/** By core all shards are at the same sample; by sample each has its own. */
function samplesDone(control: Int32Array, tasks: readonly ShardTask[]): number {
  const done = tasks.map(({ shard }) => Atomics.load(control, slots.done + shard * slots.stride));
  return tasks[0]!.part === null ? done.reduce((sum, own) => sum + own, 0) : Math.min(...done);
}

function refuse(answers: readonly ShardAnswer[], options: RunOptions, late: boolean): void {
  for (const answer of answers) {
    if (answer.kind === "mistake") throw new BitspikeError(answer.code, answer, answer.place);
  }
  if (late) throw mistake("SHARD_DIED", { reason: `a worker had not begun after ${startLimitMs / 1000} s` });
  const stopped = answers.some((answer) => answer.kind === "stopped") || options.signal?.aborted === true;
  if (stopped) throw mistake("RUN_INTERRUPTED", {});
}
