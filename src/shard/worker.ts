/** Runs inside a worker thread: one shard of one run. */

import { workerData } from "node:worker_threads";
import { Piscina } from "piscina";
import { runSamples, Turns } from "../chip/interpreter.ts";
import type { ChipMachine } from "../chip/chip-machine.ts";
import { EventNetwork } from "../chip/event-network.ts";
import { Machine } from "../chip/machine.ts";
import { probedNames, Recorder } from "../chip/record.ts";
import type { Program } from "../compile/program.ts";
import { BitspikeError } from "../errors.ts";
import { Stopped } from "./barrier.ts";
import { openExchange } from "./board.ts";
import type { CommonByName } from "../kernels/common.ts";
import { fastestCores, fastestScanners } from "../kernels/engine.ts";
import { buffersOf } from "./move.ts";
import { OwnPortions } from "./own.ts";
import { SentPortions } from "./portions.ts";
import { slots, type OwnInput, type RecordedPart, type ShardAnswer, type ShardTask } from "./protocol.ts";

/** Run a task to its end; called by the pool. Failures of our own are thrown, a user's mistakes are answers. */
export async function runShard(task: ShardTask): Promise<ShardAnswer> {
  Atomics.add(task.control, slots.arrived, 1);
  try {
    return moved({ kind: "recorded", parts: await compute(task) });
  } catch (error) {
    // Others may be waiting at the barrier for this shard.
    Atomics.store(task.control, slots.stop, 1);
    if (error instanceof Stopped) return { kind: "stopped" };
    if (!(error instanceof BitspikeError)) throw error;
    if (error.code === "RUN_INTERRUPTED") return { kind: "stopped" };
    const { code, message, hint, place } = error;
    return { kind: "mistake", code, message, hint, place };
  } finally {
    if ("port" in task.input) task.input.port.close();
  }
}

/** Hand the arrays over instead of copying them. */
function moved(answer: ShardAnswer): ShardAnswer {
  const handed = { [Piscina.transferableSymbol]: buffersOf(answer), [Piscina.valueSymbol]: answer };
  return Piscina.move(handed as never) as never;
}

/** A machine that no run is on, and what it was made for: a worker has one program. */
let idle: { readonly key: string; readonly machine: ChipMachine } | null = null;

/** What a run of all neurons brought first: every message has other objects for the same memories. */
let common: CommonByName = new Map();

async function compute(task: ShardTask): Promise<RecordedPart[]> {
  const { control, shard, part, probes, samples, steps } = task;
  const key = JSON.stringify([part === null ? null : [...part.ranges], [...probedNames({ probes })]]);
  const kept = idle;
  // One that fails is not used again, and the room of one that does not fit is needed for the next.
  idle = null;
  const machine = kept?.key === key ? kept.machine : await machineFor(task);
  const exchange = part === null ? undefined : openExchange(task, part);
  const signal = {
    get aborted() {
      return Atomics.load(control, slots.stop) === 1;
    },
  };
  let done = 0;
  const note = (more: number): void => {
    Atomics.store(control, slots.done + shard * slots.stride, done + more);
  };
  // Who has a part of all neurons runs all samples.
  const whole = part === null ? null : new Recorder(machine, samples, steps, task);
  const recorded: RecordedPart[] = [];
  const turns = new Turns(null);
  const portions = "port" in task.input ? new SentPortions(task, task.input) : await ownPortions(task, task.input);
  for (let portion = portions.next(); portion !== null; portion = portions.next()) {
    const { first, tables } = portion;
    const own = tables.values().next().value!.samples;
    const recorder = whole ?? new Recorder(machine, own, steps, task);
    const at = whole === null ? 0 : first;
    const onProgress = (noted: number): void => note(noted - at);
    await runSamples(machine, tables, recorder, at, { signal, onProgress }, turns, exchange);
    done += own;
    note(0);
    if (whole === null) recorded.push({ first, recording: recorder.finish("shards") });
  }
  if (whole !== null) recorded.push({ first: 0, recording: whole.finish("shards", false) });
  // To be used again: opening one takes longer than a short run.
  idle = { key, machine };
  return recorded;
}

async function ownPortions(task: ShardTask, input: OwnInput): Promise<OwnPortions> {
  return new OwnPortions(workerData as Program, task.control, input, await fastestScanners());
}

async function machineFor({ part, probes, eventLimit, common: brought }: ShardTask): Promise<ChipMachine> {
  const program = workerData as Program;
  if (program.target.events !== null) return new EventNetwork(program, { limit: eventLimit });
  if (common.size === 0) common = brought;
  const options = part === null ? {} : { ranges: part.ranges };
  return new Machine(program, { cores: await fastestCores(common), ...options, probed: probedNames({ probes }) });
}
