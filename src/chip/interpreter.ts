/** The interpreter: the whole program on one thread, straight from the equations. The specification of the others. */

import type { Program } from "../compile/program.ts";
import { interpretedCores } from "../core/cores.ts";
import type { RunOptions, SteppingEngine, Stimuli, StopSignal } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { checkProbes, checkStimuli } from "../stimuli.ts";
import type { ChipMachine, Feed } from "./chip-machine.ts";
import { EventNetwork } from "./event-network.ts";
import { Machine, type Exchange } from "./machine.ts";
import { probedNames, probeNames, Recorder } from "./record.ts";
import { Stepper } from "./stepper.ts";
import { feedRow, plainScanner, rowsOf, tabulate, type FeedTable, type FrameScanner } from "./tabulate.ts";
import { ownRooms } from "../room.ts";
import { nextTurn } from "../turn.ts";

/** How long to compute before other work (Ctrl-C, a progress bar, a page) gets its turn. */
const turnMs = 30;
/** Steps that may be done without a look at the clock, which takes as long as to read a frame, and how long they may take. */
const mostSteps = 4;
const lookMs = 1;

/** When other work has its turn. */
export class Turns {
  /** Gives way to it; null where nothing else has to be done on this thread. */
  readonly give: (() => Promise<void>) | null;
  #began = performance.now();
  #looked = this.#began;
  #steps = 1;
  #left = 1;

  constructor(give: (() => Promise<void>) | null) {
    this.give = give;
  }

  /** Whether it is time, asked after every step. */
  due(): boolean {
    if (--this.#left > 0) return false;
    const now = performance.now();
    const each = (now - this.#looked) / this.#steps;
    this.#looked = now;
    this.#left = this.#steps = Math.max(1, Math.min(mostSteps, Math.floor(lookMs / each)));
    return now - this.#began >= turnMs;
  }

  /** It was given. */
  over(): void {
    this.#began = this.#looked = performance.now();
  }
}

export interface InterpreterOptions {
  /** Walk the equations neuron by neuron in big integers: the meaning, thousands of times slower. */
  readonly plain?: boolean;
  /**
   * Chips that run on events: queue entries served in a row before ENGINE_EVENT_LIMIT says that the chip does not come to
   * rest; 100 000 where nothing is said. What the registers then hold can still be read.
   */
  readonly eventLimit?: number | undefined;
}

/** Open a program on one thread of this process. */
export function openInterpreter(program: Program, options: InterpreterOptions = {}): SteppingEngine {
  const { plain = false, eventLimit } = options;
  if (program.target.events !== null) {
    return openMachine(program, "interpreter", () => new EventNetwork(program, { plain, limit: eventLimit }));
  }
  const cores = interpretedCores({ plain });
  return openMachine(program, "interpreter", (probed) => new Machine(program, { cores, probed }));
}

/** By population: per-step names that a machine keeps. */
type Probed = ReadonlyMap<string, readonly string[]>;
const nothing: Probed = new Map();

/**
 * An engine on one thread of this process.
 *
 * @param machineFor makes machines that keep some per-step names
 * @param scannerFor makes scanners of frames of so many values
 */
export function openMachine(
  program: Program,
  name: string,
  machineFor: (probed: Probed) => ChipMachine,
  scannerFor: (size: number) => FrameScanner = plainScanner,
): SteppingEngine {
  /** A machine that nothing runs on, and the per-step names that it keeps. */
  let idle: Idle | null = { machine: machineFor(nothing), kept: keyOf(nothing) };
  let stepper: Stepper | null = null;
  let closed = false;
  let ran = false;
  const take = (probed: Probed): Idle => {
    const kept = keyOf(probed);
    const taken = idle;
    idle = null;
    return taken?.kept === kept ? taken : { machine: machineFor(probed), kept };
  };
  const refuseClosed = (): void => {
    if (closed) throw mistake("ENGINE_CLOSED", {});
  };
  const open = (): Stepper => {
    refuseClosed();
    // One that has run holds on to lists of its stimuli.
    return (stepper ??= new Stepper(ran ? machineFor(nothing) : take(nothing).machine));
  };
  return {
    name,

    async run(stimuli, runOptions = {}) {
      refuseClosed();
      const { probes = [] } = runOptions;
      if (probes.length > 0) checkProbes(probeNames(program), probes);
      const { samples, steps } = checkStimuli(program.inputs, stimuli);
      const taken = take(probedNames(runOptions));
      ran = true;
      const recorder = new Recorder(taken.machine, samples, steps, runOptions);
      const each = samplesAtOnce(program, stimuli);
      const turns = new Turns(nextTurn);
      for (let low = 0; low < samples; low += each) {
        const tables = tabulateAll(program, stimuli, scannerFor, { low, high: Math.min(samples, low + each) });
        await runSamples(taken.machine, tables, recorder, low, runOptions, turns);
        for (const { neuron } of tables.values()) ownRooms.give(neuron);
      }
      // To be used again: opening one takes longer than a short run.
      if (!closed) idle = taken;
      runOptions.onProgress?.(samples, samples);
      return recorder.finish(name);
    },

    step: (inputs) => open().step(inputs),
    read: (population, register, into) => open().read(population, register, into),
    reset: () => open().reset(),
    snapshot: (into) => open().snapshot(into),
    restore: (snapshot) => open().restore(snapshot),

    close() {
      closed = true;
      [idle, stepper] = [null, null];
      return Promise.resolve();
    },
  };
}

interface Idle {
  readonly machine: ChipMachine;
  readonly kept: string;
}

function keyOf(probed: Probed): string {
  return JSON.stringify([...probed]);
}

/** Values of frames that are read in one go, if a sample has no more: what they become stays in the cache. */
const valuesAtOnce = 2 ** 20;

function samplesAtOnce({ inputs }: Program, stimuli: Stimuli): number {
  let values = 1;
  for (const { name, shape } of inputs) values += rowsOf(stimuli.get(name)!) * sizeOf(shape);
  return Math.max(1, Math.floor(valuesAtOnce / values));
}

/** Events of every input in some samples, by its name. */
function tabulateAll(
  program: Program,
  stimuli: Stimuli,
  scannerFor: (size: number) => FrameScanner,
  samples: { readonly low: number; readonly high: number },
): ReadonlyMap<string, FeedTable> {
  const { delivery } = program.target;
  return new Map(
    program.inputs.map((input) => {
      const scanner = scannerFor(sizeOf(input.shape));
      return [input.name, tabulate(stimuli.get(input.name)!, input, delivery, scanner, samples)];
    }),
  );
}

/**
 * Run all samples of some tables on one machine.
 *
 * @param tables one for each input
 * @param first how many samples the recorder has noted before; `options.onProgress` is told so many more
 * @param turns of other work on this thread
 * @param exchange where the machine has a part of the neurons only
 * @throws RUN_INTERRUPTED
 */
export async function runSamples(
  machine: ChipMachine,
  tables: ReadonlyMap<string, FeedTable>,
  recorder: Recorder,
  first: number,
  { signal, onProgress }: Pick<RunOptions, "signal" | "onProgress">,
  turns: Turns,
  exchange?: Exchange,
): Promise<void> {
  const { program } = machine;
  const fed = program.inputs.map(({ name }) => tables.get(name)!);
  const { steps, samples } = fed[0]!;
  let [sample, step] = [0, 0];
  const feed: Feed = (input, list) => feedRow(fed[input]!, sample, step, list);
  for (; sample < samples; sample++) {
    refuseStopped(signal);
    machine.reset();
    for (step = 0; step < steps + program.latency; step++) {
      machine.take(feed);
      machine.advance(exchange);
      recorder.note(first + sample, step);
      if (!turns.due()) continue;
      onProgress?.(first + sample, recorder.samples);
      if (turns.give !== null) await turns.give();
      refuseStopped(signal);
      turns.over();
    }
  }
}

function refuseStopped(signal: StopSignal | undefined): void {
  if (signal?.aborted === true) throw mistake("RUN_INTERRUPTED", {});
}
