/** Runs inside a worker thread: one shard of one run. */

import { runSamples } from "../chip/interpreter.ts";
import type { ChipMachine } from "../chip/chip-machine.ts";
import { EventNetwork } from "../chip/event-network.ts";
import { Machine } from "../chip/machine.ts";
import { probedNames } from "../chip/record.ts";
import type { Recording } from "../engine.ts";
import { BitspikeError } from "../errors.ts";
import { Stopped } from "./barrier.ts";
import { openExchange } from "./board.ts";
import { fastestCores } from "../kernels/engine.ts";
import { slots, type ShardAnswer, type ShardTask } from "./protocol.ts";

/** Run a task to its end; called by the pool. Failures of our own are thrown, a user's mistakes are answers. */
export async function runShard(task: ShardTask): Promise<ShardAnswer> {
  Atomics.add(task.control, slots.arrived, 1);
  try {
    return { kind: "recording", recording: await compute(task) };
  } catch (error) {
    // Others may be waiting at the barrier for this shard.
    Atomics.store(task.control, slots.stop, 1);
    if (error instanceof Stopped) return { kind: "stopped" };
    if (!(error instanceof BitspikeError)) throw error;
    if (error.code === "RUN_INTERRUPTED") return { kind: "stopped" };
    const { code, message, hint, place } = error;
    return { kind: "mistake", code, message, hint, place };
  }
}

/** A machine that no run is on, and what it was made for: a pool of workers has one program. */
let idle: { readonly key: string; readonly machine: ChipMachine } | null = null;

async function compute(task: ShardTask): Promise<Recording> {
  const { control, shard, probes, chipTime, tables, first, end } = task;
  const key = JSON.stringify([[...task.ranges], [...probedNames({ probes })]]);
  const kept = idle;
  // One that fails is not used again, and the room of one that does not fit is needed for the next.
  idle = null;
  const machine = kept?.key === key ? kept.machine : await machineFor(task);
  const options = {
    probes,
    chipTime,
    signal: {
      get aborted() {
        return Atomics.load(control, slots.stop) === 1;
      },
    },
    onProgress: (done: number) => {
      Atomics.store(control, slots.done + shard, done);
    },
  };
  const exchange = task.split === "core" ? openExchange(task) : undefined;
  const recording = await runSamples(machine, tables, first, end, options, "shards", exchange);
  // To be used again: opening one takes longer than a short run.
  idle = { key, machine };
  return recording;
}

async function machineFor({ program, ranges, probes, eventLimit }: ShardTask): Promise<ChipMachine> {
  if (program.target.events !== null) return new EventNetwork(program, { limit: eventLimit });
  return new Machine(program, { cores: await fastestCores(), ranges, probed: probedNames({ probes }) });
}
