/** Runs networks and programs on the engine that is asked for. */

import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Engine, PopulationRecording, Probe, Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import type { DiscreteNetwork, Shape, Tensor } from "../../src/network/types.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import { openReference } from "../../src/reference/engine.ts";
import { openShards } from "../../src/shard/engine.ts";
import type { IntegerEngine } from "./oracle.ts";

/** A stimulus from values [steps][samples][size of shape] in one list. Missing values are 0. */
export function stimulusOf(values: ArrayLike<number>, samples: number, steps: number, shape: Shape): Stimulus {
  return {
    samples,
    steps,
    shape,
    kind: "graded",
    constant: false,
    read(sample, step, out) {
      const base = (step * samples + sample) * out.length;
      for (let i = 0; i < out.length; i++) out[i] = values[base + i] ?? 0;
    },
  };
}

/** Run a network on one float backend. */
export function recordFloat(
  backend: BackendName,
  network: DiscreteNetwork,
  stimuli: Stimuli,
  probes: readonly Probe[],
): Promise<Recording> {
  return recordOn(openReference(network, { backend }), stimuli, probes);
}

/** Run a program on one integer engine. */
export function recordInteger(
  engine: IntegerEngine,
  program: Program,
  stimuli: Stimuli,
  probes: readonly Probe[],
): Promise<Recording> {
  return recordOn(openInteger(engine, program), stimuli, probes);
}

async function openInteger(engine: IntegerEngine, program: Program): Promise<Engine> {
  if (engine === "kernels") return openKernels(program);
  return engine === "shards"
    ? openShards(program, { threads: 2, split: "core" })
    : openInterpreter(program, { plain: engine === "plain" });
}

async function recordOn(opening: Promise<Engine>, stimuli: Stimuli, probes: readonly Probe[]): Promise<Recording> {
  const engine = await opening;
  try {
    return await engine.run(stimuli, { probes });
  } finally {
    await engine.close();
  }
}

export function populationOf(recording: Recording, name: string): PopulationRecording {
  const found = recording.populations.find((population) => population.name === name);
  if (found === undefined) throw new Error(`no population ${name} was recorded`);
  return found;
}

/** Values [samples][steps][size] as oracles list them, [steps][samples][size]. */
export function stepsFirst(values: ArrayLike<number>, samples: number, steps: number): Float64Array {
  const size = values.length / (samples * steps);
  const result = new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const [row, at] = [Math.floor(i / size), i % size];
    result[i] = values[((row % samples) * steps + Math.floor(row / samples)) * size + at]!;
  }
  return result;
}

/** Spikes of one sample as what each neuron sent, [steps][neurons]. */
export function rasterOf({ spikes, neurons }: PopulationRecording): Int32Array {
  const raster = new Int32Array((spikes.start.length - 1) * neurons);
  for (let row = 0; row < spikes.start.length - 1; row++) {
    for (let i = spikes.start[row]!; i < spikes.start[row + 1]!; i++) {
      raster[row * neurons + spikes.neuron[i]!] = spikes.payload?.[i] ?? 1;
    }
  }
  return raster;
}

/** Nested lists as one. Infinity and NaN are words there. */
export function flat(values: unknown): number[] {
  return Array.isArray(values) ? values.flatMap(flat) : [Number(values)];
}

/** Nested lists as one, of numbers printed with the nine digits that tell float32 numbers apart. */
export function floats(values: unknown): Float32Array {
  return Float32Array.from(flat(values));
}

/** Nested lists as a tensor; a number has no axes. */
export function tensorOf(values: unknown): Tensor {
  return { shape: shapeOf(values), data: Float64Array.from(flat(values)) };
}

export function shapeOf(values: unknown): number[] {
  return Array.isArray(values) ? [values.length, ...shapeOf(values[0])] : [];
}
