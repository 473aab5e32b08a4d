/** Recordings of shards that had a part of every population each, joined into the recording of the whole. */

import { recordingOf } from "../chip/record.ts";
import type { Program } from "../compile/program.ts";
import type { PopulationRecording, ProjectionRecording, Recording, SpikeTrain, Trace } from "../engine.ts";

/** Join recordings of the same run, shards in order of their neurons. */
export function mergeShards(program: Program, parts: readonly Recording[]): Recording {
  const [first] = parts;
  const { engine, samples, steps } = first!;
  const populations = first!.populations.map((population, index): PopulationRecording => {
    const own = parts.map((part) => part.populations[index]!);
    const traces = [...population.traces.keys()].map((name): [string, Trace] => {
      return [
        name,
        mergeTraces(
          own.map((part) => part.traces.get(name)!),
          samples * steps,
        ),
      ];
    });
    const trains = own.map(({ spikes }) => spikes);
    return { ...population, spikes: mergeTrains(trains, samples * steps), traces: new Map(traces) };
  });
  const projections = first!.projections.map((projection, index): ProjectionRecording => {
    const synops = projection.synops.map((_, sample) => {
      return parts.reduce((sum, part) => sum + part.projections[index]!.synops[sample]!, 0);
    });
    return { ...projection, synops };
  });
  return recordingOf(program, engine, samples, steps, populations, projections);
}

function mergeTrains(trains: readonly SpikeTrain[], rows: number): SpikeTrain {
  const spikes = trains.reduce((sum, { neuron }) => sum + neuron.length, 0);
  const start = new Uint32Array(rows + 1);
  const neuron = new Uint32Array(spikes);
  const payload = trains.some((train) => train.payload !== null) ? new Int32Array(spikes).fill(1) : null;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (const train of trains) {
      const [begin, end] = [train.start[row]!, train.start[row + 1]!];
      neuron.set(train.neuron.subarray(begin, end), count);
      if (train.payload !== null) payload!.set(train.payload.subarray(begin, end), count);
      count += end - begin;
    }
    start[row + 1] = count;
  }
  return { start, neuron, payload };
}

function mergeTraces(parts: readonly Trace[], rows: number): Trace {
  const widths = parts.map((part) => part.length / rows);
  const width = widths.reduce((sum, own) => sum + own, 0);
  const whole = parts[0] instanceof Int32Array ? new Int32Array(rows * width) : new Float64Array(rows * width);
  let left = 0;
  for (const [index, part] of parts.entries()) {
    const own = widths[index]!;
    for (let row = 0; row < rows; row++) whole.set(part.subarray(row * own, (row + 1) * own), row * width + left);
    left += own;
  }
  return whole;
}
