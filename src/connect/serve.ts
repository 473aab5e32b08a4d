/** The worker's side: an engine that answers calls from another thread. */

import { expose, transfer } from "comlink";
import type { Program } from "../compile/program.ts";
import type { Recording, StepResult, SteppingEngine } from "../engine.ts";
import { BitspikeError } from "../errors.ts";
import {
  ownBuffers,
  partsOf,
  type Answer,
  type EngineName,
  type MessageEnd,
  type PackedSpikes,
  type RunState,
  type Served,
} from "./protocol.ts";
import { unpackStimuli } from "./stimuli.ts";

/** How each engine opens a program. */
export type Openers = Readonly<Record<EngineName, (program: Program) => SteppingEngine | Promise<SteppingEngine>>>;

/** A run that is going on. */
interface Running {
  done: number;
  total: number;
  /** The signal of the run. */
  aborted: boolean;
}

/** Answer what arrives at one end of a channel. */
export function serve(end: MessageEnd, openers: Openers): void {
  // An error of its own accord ends the worker, where a call that never arrived would be waited for.
  end.addEventListener("messageerror", () => {
    throw new Error("a message could not be read");
  });
  expose(served(openers), end as never);
}

function served(openers: Openers): Served {
  const runs = new Map<number, Running>();
  let engine: SteppingEngine | null = null;
  const own = (): SteppingEngine => {
    if (engine === null) throw new Error("no program was opened");
    return engine;
  };
  return {
    hello: () => {},

    open: (program, name) =>
      answer(async () => {
        engine = await openers[name](program);
        return engine.name;
      }),

    run: (id, stimuli, options) =>
      answer(async () => {
        const running: Running = { done: 0, total: 0, aborted: false };
        runs.set(id, running);
        try {
          const onProgress = (done: number, total: number): void => void Object.assign(running, { done, total });
          return await own().run(unpackStimuli(stimuli), { ...options, signal: running, onProgress });
        } finally {
          runs.delete(id);
        }
      }, arraysOf),

    look(stop) {
      for (const id of stop) {
        const running = runs.get(id);
        if (running !== undefined) running.aborted = true;
      }
      return [...runs].map(([id, { done, total }]): RunState => [id, done, total]);
    },

    step: (inputs) =>
      answer(
        () => packSpikes(own().step(inputs)),
        (spikes) => [spikes],
      ),
    read: (population, register) =>
      answer(
        () => own().read(population, register),
        (values) => [values],
      ),
    reset: () => answer(() => own().reset()),
    snapshot: () =>
      answer(
        () => own().snapshot(),
        (bytes) => [bytes],
      ),
    restore: (snapshot) => answer(() => own().restore(snapshot)),
  };
}

/**
 * Do something and answer with its result or the user's mistake; our own mistakes cross as plain errors.
 *
 * @param arrays of the result, whose memory is handed over
 */
async function answer<T>(
  work: () => T | Promise<T>,
  arrays: (value: T) => Iterable<ArrayBufferView> = () => [],
): Promise<Answer<T>> {
  try {
    const value = await work();
    return transfer({ kind: "value", value }, ownBuffers(arrays(value)));
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    return { kind: "mistake", mistake: partsOf(error) };
  }
}

function* arraysOf({ populations, projections, outputs, queue }: Recording): Iterable<ArrayBufferView> {
  for (const { spikes, traces } of populations) {
    yield spikes.start;
    yield spikes.neuron;
    if (spikes.payload !== null) yield spikes.payload;
    yield* traces.values();
  }
  for (const { synops } of projections) yield synops;
  yield* outputs.values();
  if (queue !== undefined) yield* [queue.longest, queue.lost];
}

function packSpikes(result: StepResult): PackedSpikes {
  const lists = [...result.values()];
  const total = lists.reduce((sum, { count }) => sum + count, 0);
  const packed = new Int32Array(lists.length + 2 * total);
  let at = lists.length;
  for (const [i, { neuron, payload, count }] of lists.entries()) {
    packed[i] = count;
    for (let spike = 0; spike < count; spike++) {
      packed[at + spike] = neuron[spike]!;
      packed[at + spike + total] = payload[spike]!;
    }
    at += count;
  }
  return packed;
}
