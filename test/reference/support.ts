/** What the tests of the float reference share: backends, stimuli and reading of recordings. */

import { describe, expect, it } from "vitest";
import type { Engine, PopulationRecording, Recording, RunOptions, SpikeTrain, Stimulus } from "../../src/engine.ts";
import type { DiscreteNetwork, Shape } from "../../src/network/types.ts";
import { tryBackends, type BackendName, type BackendTrial } from "../../src/reference/backend.ts";
import { openReference, type ReferenceOptions } from "../../src/reference/engine.ts";

const trials: readonly BackendTrial[] = await tryBackends();

/** The same cases on every backend that is here; one that is not is named, with the reason. */
export function onEveryBackend(cases: (backend: BackendName) => void): void {
  for (const { name, ok, reason } of trials) {
    if (ok) describe(`on ${name}`, () => cases(name));
    else it(`${name} is absent here: ${reason}`, () => expect(reason).not.toBe(""));
  }
}

/** A stimulus from the values of its frames, [samples][steps][size] in nested or flat lists. */
export function stimulus(values: Floats, samples: number, steps: number, shape: Shape): Stimulus {
  const size = values.length / (samples * steps);
  const kind = "graded";
  const read = (sample: number, step: number, out: Float32Array): void =>
    out.set(values.subarray((sample * steps + step) * size, (sample * steps + step + 1) * size));
  return { samples, steps, shape, kind, constant: false, read };
}
type Floats = Float32Array;

/** The same frame at every step, [samples][size]. */
export function constantStimulus(values: Floats, samples: number, steps: number, shape: Shape): Stimulus {
  const size = values.length / samples;
  const read = (sample: number, _step: number, out: Float32Array): void =>
    out.set(values.subarray(sample * size, (sample + 1) * size));
  return { samples, steps, shape, kind: "graded", constant: true, read };
}

/** Run a network once. */
export async function record(
  network: DiscreteNetwork,
  stimuli: Readonly<Record<string, Stimulus>>,
  options: ReferenceOptions & RunOptions = {},
): Promise<Recording> {
  return withReference(network, options, (engine) => engine.run(new Map(Object.entries(stimuli)), options));
}

/** Open the reference, use it and close it. */
export async function withReference<T>(
  network: DiscreteNetwork,
  options: ReferenceOptions,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openReference(network, options);
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

export function populationOf(recording: Recording, name: string): PopulationRecording {
  const found = recording.populations.find((population) => population.name === name);
  if (found === undefined) throw new Error(`no population ${name}`);
  return found;
}

/** A train as 0 and 1 per neuron, [rows][neurons]. */
export function raster(train: SpikeTrain, neurons: number): Uint8Array {
  const rows = train.start.length - 1;
  const all = new Uint8Array(rows * neurons);
  for (let row = 0; row < rows; row++) {
    for (let i = train.start[row]!; i < train.start[row + 1]!; i++) all[row * neurons + train.neuron[i]!] = 1;
  }
  return all;
}

/** Largest excess of |got - wanted| over `absolute + relative * |wanted|`; 0 or less is within the tolerance. */
export function excess(got: Floats, wanted: ArrayLike<number>, absolute: number, relative: number): number {
  if (got.length !== wanted.length) return Infinity;
  let worst = -Infinity;
  for (let i = 0; i < got.length; i++) {
    const allowed = absolute + relative * Math.abs(wanted[i]!);
    const difference = Math.abs(got[i]! - wanted[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference - allowed);
  }
  return worst;
}
