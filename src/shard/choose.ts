/** What to divide a run by, and among how many threads, where the user leaves it open. */

import { availableParallelism } from "node:os";
import type { Program } from "../compile/program.ts";
import { hasSimd } from "../kernels/wasm.ts";
import type { RunLength } from "../stimuli.ts";
import { costOfStep } from "./divide.ts";
import type { Split } from "./protocol.ts";

export interface Way {
  readonly threads: number;
  /** Null: one thread, this one. */
  readonly split: Split | null;
}

/** Nanoseconds that workers take to start, and that a run of workers that have started takes more than one here. */
const startCost = 1.5e8;
const runOverhead = 1e6;
/** Nanoseconds that a timestep must take on each thread so that meeting the others in each pays. */
const leastStep = 30_000;
/** How many times as long it takes without compiled kernels, and longer on chips that run on events. */
const uncompiled = 100;

/** About how many nanoseconds a run takes on one thread. */
export function runCost(program: Program, { samples, steps }: RunLength): number {
  return samples * steps * stepCost(program);
}

function stepCost(program: Program): number {
  return costOfStep(program) * (program.target.events !== null || !hasSimd() ? uncompiled : 1);
}

/**
 * By sample where there are enough samples, which costs nothing but the start of the workers; by core where timesteps are
 * long and samples few; on this thread where either would take longer. By core never more threads than cores, since all wait
 * for the slowest.
 *
 * @param threads at most
 * @param spent nanoseconds of earlier runs here, after some of which workers would have paid; Infinity where they are there
 */
export function chooseWay(program: Program, length: RunLength, threads: number, spent: number): Way {
  const cost = runCost(program, length);
  const here = { threads: 1, split: null };
  const byCore = Math.min(threads, availableParallelism());
  const bySample = Math.min(threads, length.samples);
  const cores = program.target.events === null && stepCost(program) / byCore >= leastStep ? byCore : 1;
  const split = cores > bySample ? "core" : "sample";
  const most = Math.max(cores, bySample);
  const overhead = spent === Infinity ? runOverhead : startCost;
  const gain = (cost + (spent === Infinity ? 0 : spent)) * (1 - 1 / most);
  return most === 1 || gain < overhead ? here : { threads: most, split };
}
