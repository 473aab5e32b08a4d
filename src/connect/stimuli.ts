/** Stimuli as plain data, since the function that reads them cannot cross to a worker. */

import type { Stimuli, Stimulus, StopSignal } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";

/** What of a frame is not 0, for all frames of one stimulus. */
export interface PackedStimulus extends Omit<Stimulus, "read"> {
  /** [samples * rows + 1], where the values of each row begin; one row per sample of a constant stimulus, else per step. */
  readonly start: Uint32Array;
  /** Both may be longer than what is used. */
  readonly index: Uint32Array;
  readonly value: Float64Array;
}

export type PackedStimuli = ReadonlyMap<string, PackedStimulus>;

/** How long to read data before others (a frame of a page, a request to a server) get their turn. */
const turnMs = 8;

/** Lets others go first once in a while. */
class Turns {
  private readonly signal: StopSignal | undefined;
  private began = performance.now();

  constructor(signal: StopSignal | undefined) {
    this.signal = signal;
  }

  /** Asked at every row: waiting at each would take longer than reading it. */
  get over(): boolean {
    return performance.now() - this.began >= turnMs;
  }

  /** @throws RUN_INTERRUPTED */
  async next(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.signal?.aborted === true) throw mistake("RUN_INTERRUPTED", {});
    this.began = performance.now();
  }
}

/**
 * Read all frames, in turns with other work of this thread.
 *
 * @throws RUN_INTERRUPTED when the signal says so
 */
export async function packStimuli(stimuli: Stimuli, signal: StopSignal | undefined): Promise<PackedStimuli> {
  const turns = new Turns(signal);
  const packed = new Map<string, PackedStimulus>();
  for (const [name, stimulus] of stimuli) packed.set(name, await pack(stimulus, turns));
  return packed;
}

async function pack(stimulus: Stimulus, turns: Turns): Promise<PackedStimulus> {
  const { samples, steps, shape, kind, constant } = stimulus;
  const rows = rowsOf(stimulus);
  const frame = new Float64Array(sizeOf(shape));
  const start = new Uint32Array(samples * rows + 1);
  let index = new Uint32Array(1024);
  let value = new Float64Array(1024);
  let count = 0;
  for (let row = 0; row < samples * rows; row++) {
    stimulus.read(Math.floor(row / rows), row % rows, frame);
    if (count + frame.length > index.length) {
      const room = 2 * (count + frame.length);
      index = grown(index, new Uint32Array(room));
      value = grown(value, new Float64Array(room));
    }
    for (let i = 0; i < frame.length; i++) {
      if (frame[i] === 0) continue;
      index[count] = i;
      value[count++] = frame[i]!;
    }
    start[row + 1] = count;
    if (turns.over) await turns.next();
  }
  return { samples, steps, shape, kind, constant, start, index, value };
}

/** Stimuli that read what was packed. */
export function unpackStimuli(packed: PackedStimuli): Stimuli {
  return new Map([...packed].map(([name, one]) => [name, unpack(one)]));
}

function unpack({ start, index, value, ...facts }: PackedStimulus): Stimulus {
  const rows = rowsOf(facts);
  return {
    ...facts,
    read(sample, step, out) {
      out.fill(0);
      const row = sample * rows + (facts.constant ? 0 : step);
      for (let i = start[row]!; i < start[row + 1]!; i++) out[index[i]!] = value[i]!;
    },
  };
}

function rowsOf({ steps, constant }: Pick<Stimulus, "steps" | "constant">): number {
  return constant ? Math.min(1, steps) : steps;
}

function grown<A extends Uint32Array | Float64Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
