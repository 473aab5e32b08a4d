/** Worker threads that have one program, and runs that are divided among them. */

import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { FrameScanner } from "../chip/tabulate.ts";
import { probeNames } from "../chip/record.ts";
import type { Range } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import type { Recording, RunOptions, Stimuli, StopSignal } from "../engine.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { packForAll, type CommonByName } from "../kernels/common.ts";
import { fastestScanners } from "../kernels/engine.ts";
import { hasSimd } from "../kernels/wasm.ts";
import { concatRecordings } from "../recording.ts";
import { Rooms } from "../room.ts";
import { share } from "../shared-memory.ts";
import { checkProbes, checkStimuli } from "../stimuli.ts";
import { createBoard } from "./board.ts";
import { divide } from "./divide.ts";
import { holdLarge } from "./hold.ts";
import { mergeShards } from "./merge.ts";
import { recipesOf } from "./own.ts";
import { Feeder, portionsOf } from "./portions.ts";
import { controlFor, slots, type Part, type ShardAnswer, type ShardTask, type Split } from "./protocol.ts";

/** A worker takes some 0.1 s to start; one that has not after this long never will. */
const startLimitMs = 30_000;
const pollMs = 50;
/** About what a wake-up costs; with more shards than cores spinning only keeps the others from working. */
const spinTurns = 2000;
/** Bytes of weights from which a copy for each worker costs more than that sums are copied from where they are added up. */
const leastCommon = 2 ** 23;

/** Workers of one engine. */
export interface Pool {
  /**
   * Divide a run; one at a time, since the shards of a run meet at their barrier and need all workers.
   *
   * @param workers not more than there are
   */
  run(stimuli: Stimuli, options: RunOptions, split: Split, workers: number): Promise<Recording>;
  /** Ends all workers at once. */
  close(): Promise<void>;
}

/** Start so many workers. */
export async function openPool(program: Program, threads: number, eventLimit: number | undefined): Promise<Pool> {
  const shared = share(holdLarge(program));
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
  const work = {
    pool,
    program: shared,
    eventLimit,
    scannerFor: await fastestScanners(),
    rooms: new Rooms(true),
    common: commonFor(shared, threads),
  };
  return {
    run: (stimuli, options, split, workers) => runShards(work, stimuli, options, split, workers),
    close: () => pool.destroy(),
  };
}

/** Packed at the first run that needs it. */
function commonFor(program: Program, threads: number): Work["common"] {
  let common: CommonByName | null = null;
  const kernels = program.target.events === null && hasSimd();
  return async (signal) => (common ??= kernels ? await packForAll(program, leastCommon, threads, signal) : new Map());
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
  readonly eventLimit: number | undefined;
  readonly scannerFor: (size: number) => FrameScanner;
  /** Where workers read their portions of the input. */
  readonly rooms: Rooms;
  /** What workers that have all neurons need once for all of them. */
  readonly common: (signal?: StopSignal) => Promise<CommonByName>;
}

async function runShards(
  work: Work,
  stimuli: Stimuli,
  options: RunOptions,
  split: Split,
  workers: number,
): Promise<Recording> {
  const { program, eventLimit, scannerFor, rooms } = work;
  const { probes = [], chipTime = false } = options;
  if (probes.length > 0) checkProbes(probeNames(program), probes);
  const { samples, steps } = checkStimuli(program.inputs, stimuli);
  const portions = portionsOf(program, stimuli, samples, split === "sample" ? workers : 1);
  // A worker without any portion has no task.
  const parts = split === "core" ? byCore(program, workers) : null;
  const shards = parts?.length ?? Math.min(workers, portions.length);
  const common = parts === null && shards > 1 ? await work.common(options.signal) : new Map();
  const control = controlFor(shards);
  const recipes = parts === null ? recipesOf(program, stimuli) : null;
  const feeder = recipes === null ? new Feeder(control, shards, parts !== null) : null;
  const tasks = Array.from({ length: shards }, (_, shard): ShardTask => {
    const input = recipes === null ? { port: feeder!.ports[shard]! } : { recipes, portions };
    return {
      shard,
      shards,
      samples,
      steps,
      probes,
      chipTime,
      eventLimit,
      control,
      input,
      part: parts?.[shard] ?? null,
      common,
    };
  });
  const feed = feeder?.run.bind(feeder, { program, stimuli, scannerFor, portions, rooms }, options.signal);
  const answers = await runTasks(work.pool, tasks, control, { feed, close: () => feeder?.close() }, options);
  feeder?.release();
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

function byCore(program: Program, shards: number): Part[] {
  const boards = divide(program, shards).map(createBoard);
  const spin = shards <= availableParallelism() ? spinTurns : 0;
  return Array.from({ length: shards }, (_, shard) => {
    const ranges = new Map<string, Range>();
    for (const [index, { name }] of program.populations.entries()) {
      const { starts } = boards[index]!;
      ranges.set(name, { low: starts[shard]!, high: starts[shard + 1]! });
    }
    return { ranges, boards, spin };
  });
}

/** What gives the workers their input. */
interface Feeding {
  /** Missing where they read it themselves. */
  readonly feed: (() => Promise<void>) | undefined;
  close(): void;
}

/** Run all tasks side by side; whatever goes wrong in one stops the others before it is reported. */
async function runTasks(
  pool: Piscina,
  tasks: readonly ShardTask[],
  control: Int32Array,
  { feed, close }: Feeding,
  options: RunOptions,
): Promise<ShardAnswer[]> {
  const { samples } = tasks[0]!;
  const stop = (): void => {
    Atomics.store(control, slots.stop, 1);
    // Whoever waits looks at the flag now and then.
    Atomics.notify(control, slots.generation);
    close();
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
      const transferList = "port" in task.input ? [task.input.port] : [];
      const answer = pool.run(task, { transferList }) as Promise<ShardAnswer>;
      answer.catch(stop);
      return answer;
    });
    const feeding = feed?.();
    feeding?.catch(stop);
    const settled = await Promise.allSettled(running);
    close();
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
    close();
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
