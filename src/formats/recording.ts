/** A recording as named arrays, the form in which it is saved as .npz. */

import type { PopulationRecording, QueueRecording, Recording, SpikeTrain, Trace } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type Shape } from "../network/types.ts";
import type { NpyArray, NpyData, NpyDtype } from "./npy.ts";
import type { NpzFile } from "./npz.ts";

/**
 * The arrays of a recording:
 * `samples`, `steps`: single numbers; `shape/POPULATION`: its shape;
 * `spikes/POPULATION` [events][4]: sample, step, neuron and payload, in that order of sorting;
 * `trace/POPULATION/REGISTER` [samples][steps][neurons]; `output/NAME` [samples][steps][size];
 * `synops/PROJECTION` [samples]; of chips with a queue `queue/longest` and `queue/lost` [samples][steps].
 */
export function recordingArrays(recording: Recording): Map<string, NpyArray> {
  const { samples, steps } = recording;
  const arrays = new Map<string, NpyArray>([
    ["samples", { shape: [], dtype: "int32", data: Int32Array.of(samples) }],
    ["steps", { shape: [], dtype: "int32", data: Int32Array.of(steps) }],
  ]);
  for (const population of recording.populations) {
    const { name, shape, neurons } = population;
    arrays.set(`shape/${name}`, { shape: [shape.length], dtype: "int32", data: Int32Array.from(shape) });
    arrays.set(`spikes/${name}`, spikeArray(population, steps));
    for (const [register, trace] of population.traces) {
      arrays.set(`trace/${name}/${register}`, arrayOf([samples, steps, neurons], trace));
    }
  }
  for (const [name, values] of recording.outputs) {
    arrays.set(`output/${name}`, arrayOf([samples, steps, values.length / Math.max(1, samples * steps)], values));
  }
  for (const { name, synops } of recording.projections) arrays.set(`synops/${name}`, arrayOf([samples], synops));
  for (const [name, counts] of Object.entries(recording.queue ?? {})) {
    arrays.set(`queue/${name}`, arrayOf([samples, steps], counts));
  }
  return arrays;
}

function spikeArray({ spikes }: PopulationRecording, steps: number): NpyArray {
  const { start, neuron, payload } = spikes;
  const data = new Int32Array(4 * neuron.length);
  for (let row = 0; row + 1 < start.length; row++) {
    for (let event = start[row]!; event < start[row + 1]!; event++) {
      data[4 * event] = Math.floor(row / steps);
      data[4 * event + 1] = row % steps;
      data[4 * event + 2] = neuron[event]!;
      data[4 * event + 3] = payload?.[event] ?? 1;
    }
  }
  return { shape: [neuron.length, 4], dtype: "int32", data };
}

function arrayOf(shape: readonly number[], data: Int32Array | Float32Array | Float64Array): NpyArray {
  return { shape, dtype: dtypeOf(data), data };
}

function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Int32Array) return "int32";
  return data instanceof Float32Array ? "float32" : "float64";
}

/**
 * A recording from its arrays. What they do not tell, the engine and where projections lead, is left empty.
 *
 * @throws RECORDING_FORM, and what reading an array throws
 */
export function readRecording(file: NpzFile): Recording {
  const [samples, steps] = [wholeOf(file, "samples"), wholeOf(file, "steps")];
  const named = (kind: string): string[] =>
    file.names.filter((name) => name.startsWith(`${kind}/`)).map((name) => name.slice(kind.length + 1));
  const populations = named("spikes").map((name): PopulationRecording => {
    const shape = [...arrayFrom(file, `shape/${name}`, [null]).data];
    const neurons = sizeOf(shape);
    const traces = named("trace")
      .filter((trace) => trace.slice(0, trace.lastIndexOf("/")) === name)
      .map((trace): [string, Trace] => [
        trace.slice(name.length + 1),
        traceOf(arrayFrom(file, `trace/${trace}`, [samples, steps, neurons])),
      ]);
    const spikes = trainOf(arrayFrom(file, `spikes/${name}`, [null, 4]), name, samples, steps, neurons);
    return { name, shape, neurons, spikes, traces: new Map(traces) };
  });
  if (populations.length === 0) throw noRecording("it has no spikes of any population");
  const outputs = named("output").map((name): [string, Float32Array] => [
    name,
    Float32Array.from(arrayFrom(file, `output/${name}`, [samples, steps, null]).data),
  ]);
  const projections = named("synops").map((name) => {
    const { data } = arrayFrom(file, `synops/${name}`, [samples]);
    return { name, from: "", to: "", synops: Float64Array.from(data) };
  });
  const recording = { engine: "", samples, steps, populations, projections, outputs: new Map(outputs) };
  return named("queue").length === 0 ? recording : { ...recording, queue: queueFrom(file, samples, steps) };
}

function queueFrom(file: NpzFile, samples: number, steps: number): QueueRecording {
  const counts = (name: string): Int32Array => Int32Array.from(arrayFrom(file, `queue/${name}`, [samples, steps]).data);
  return { longest: counts("longest"), lost: counts("lost") };
}

function noRecording(problem: string): Error {
  return mistake("RECORDING_FORM", { problem });
}

function wholeOf(file: NpzFile, name: string): number {
  const { data } = arrayFrom(file, name, []);
  const value = data[0]!;
  if (!Number.isInteger(value) || value < 0) throw noRecording(`its number of ${name} is ${value}`);
  return value;
}

/** An array of a shape; null: any size. */
function arrayFrom(file: NpzFile, name: string, shape: readonly (number | null)[]): NpyArray {
  if (!file.names.includes(name)) throw noRecording(`it has no array ${name}`);
  const array = file.read(name);
  const fits =
    array.shape.length === shape.length && shape.every((size, i) => size === null || size === array.shape[i]);
  if (fits) return array;
  throw noRecording(`its array ${name} has shape ${shapeText(array.shape)} instead of ${shapeText(shape)}`);
}

function shapeText(shape: Shape | readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}

function traceOf({ data }: NpyArray): Trace {
  if (data instanceof Int32Array || data instanceof Float32Array || data instanceof Float64Array) return data;
  return Float64Array.from(data);
}

function trainOf({ data }: NpyArray, name: string, samples: number, steps: number, neurons: number): SpikeTrain {
  const events = data.length / 4;
  const start = new Uint32Array(samples * steps + 1);
  const neuron = new Uint32Array(events);
  const payload = new Int32Array(events);
  let last = -1;
  for (let event = 0; event < events; event++) {
    const [sample, step, at] = [data[4 * event]!, data[4 * event + 1]!, data[4 * event + 2]!];
    const inside = sample >= 0 && sample < samples && step >= 0 && step < steps && at >= 0 && at < neurons;
    const place = (sample * steps + step) * neurons + at;
    if (!inside || place <= last) throw noRecording(`spike ${event} of ${name} lies outside of it, or is not in order`);
    last = place;
    start[sample * steps + step + 1]! += 1;
    neuron[event] = at;
    payload[event] = data[4 * event + 3]!;
  }
  for (let row = 1; row < start.length; row++) start[row]! += start[row - 1]!;
  return { start, neuron, payload: payload.every((one) => one === 1) ? null : payload };
}
