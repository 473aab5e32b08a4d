/** What the recordings of a run have in common, on a chip or in float. */

import type { Probe, Recording } from "../engine.ts";
import type { NpyArray } from "../formats/npy.ts";
import { recordingArrays } from "../formats/recording.ts";
import { grouped } from "../measure/numbers.ts";
import type { Readout } from "../measure/readout.ts";
import type { Style } from "../report/style.ts";
import { table } from "../report/table.ts";

/** Which registers a run is asked to record. */
export interface ProbeFlags {
  readonly probe?: readonly Probe[];
  readonly measurable?: boolean;
}

/** What is asked for, each once. */
export function probesOf(
  { probe: asked = [], measurable }: ProbeFlags,
  populations: readonly { readonly name: string }[],
  more: readonly Probe[],
): Probe[] {
  const every = measurable ? populations.map(({ name }): Probe => ({ population: name, register: "membrane" })) : [];
  const all = [...asked, ...every, ...more];
  return [...new Map(all.map((one) => [`${one.population} ${one.register}`, one])).values()];
}

/** The arrays of a recording, with the classes that were read and the right ones. */
export function arraysOf(recording: Recording, read: Readout | null, labels: Int32Array | null): Map<string, NpyArray> {
  const arrays = recordingArrays(recording);
  const { samples } = recording;
  if (read !== null) {
    arrays.set("predictions", { shape: [samples], dtype: "uint32", data: read.predictions });
    arrays.set("counts", { shape: [samples, read.classes], dtype: "float64", data: read.counts });
  }
  if (labels !== null) arrays.set("labels", { shape: [samples], dtype: "int32", data: labels });
  return arrays;
}

/** Spikes by population, as lines of a table. */
export function populationsTable({ populations, samples }: Recording, style: Style): string[] {
  const rows = populations.map(({ name, neurons, spikes }) => [
    name,
    grouped(neurons),
    grouped(spikes.neuron.length),
    grouped(spikes.neuron.length / samples),
  ]);
  const right = { align: "right" } as const;
  const columns = [
    { header: "population" },
    { header: "neurons", ...right },
    { header: "spikes", ...right },
    { header: "per sample", ...right },
  ];
  return table(columns, rows, style);
}

/** The same for a document. */
export function layersOf({ populations }: Recording): unknown {
  return populations.map(({ name, neurons, spikes }) => ({ name, neurons, spikes: spikes.neuron.length }));
}
