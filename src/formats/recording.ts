/** A recording as named arrays, the form in which it is saved as .npz. */

import type { PopulationRecording, Recording } from "../engine.ts";
import type { NpyArray, NpyData, NpyDtype } from "./npy.ts";

/**
 * The arrays of a recording:
 * `samples`, `steps`: single numbers; `shape/POPULATION`: its shape;
 * `spikes/POPULATION` [events][4]: sample, step, neuron and payload, in that order of sorting;
 * `trace/POPULATION/REGISTER` [samples][steps][neurons]; `output/NAME` [samples][steps][size];
 * `synops/PROJECTION` [samples].
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
