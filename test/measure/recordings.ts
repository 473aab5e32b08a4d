/** Small recordings written by hand, for tests. */

import * as fc from "fast-check";
import type { PopulationRecording, ProjectionRecording, Recording, SpikeTrain, Trace } from "../../src/engine.ts";

/** [sample, step, neuron], and what the event carries when it is not 1. */
export type Event = readonly [sample: number, step: number, neuron: number, payload?: number];

export function trainOf(samples: number, steps: number, events: readonly Event[]): SpikeTrain {
  const sorted = events.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const start = new Uint32Array(samples * steps + 1);
  for (const [sample, step] of sorted) start[sample * steps + step + 1]!++;
  for (let row = 0; row < samples * steps; row++) start[row + 1]! += start[row]!;
  const payload = sorted.some((event) => event[3] !== undefined)
    ? Int32Array.from(sorted, (event) => event[3] ?? 1)
    : null;
  return { start, neuron: Uint32Array.from(sorted, (event) => event[2]), payload };
}

export interface Spec {
  readonly samples: number;
  readonly steps: number;
  readonly populations: readonly {
    readonly name: string;
    readonly neurons: number;
    readonly events?: readonly Event[];
    readonly membrane?: Trace;
  }[];
  readonly projections?: readonly ProjectionRecording[];
  /** Output nodes and the population whose spikes each shows. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly engine?: string;
}

export function recordingOf(spec: Spec): Recording {
  const { samples, steps } = spec;
  const populations = spec.populations.map(({ name, neurons, events = [], membrane }): PopulationRecording => ({
    name,
    shape: [neurons],
    neurons,
    spikes: trainOf(samples, steps, events),
    traces: new Map(membrane === undefined ? [] : [["membrane", membrane]]),
  }));
  const outputs = new Map<string, Float32Array>();
  for (const [output, name] of Object.entries(spec.outputs ?? {})) {
    const population = spec.populations.find((one) => one.name === name);
    const neurons = population?.neurons ?? 0;
    const values = new Float32Array(samples * steps * neurons);
    for (const [sample, step, neuron, payload = 1] of population?.events ?? []) {
      values[(sample * steps + step) * neurons + neuron] = payload;
    }
    outputs.set(output, values);
  }
  return { engine: spec.engine ?? "test", samples, steps, populations, projections: spec.projections ?? [], outputs };
}

/** Sizes and distinct events of a small recording of two populations, `hidden` and `out`, the latter shown by `output`. */
export interface Drawn {
  readonly samples: number;
  readonly steps: number;
  readonly hidden: number;
  readonly out: number;
  readonly hiddenEvents: readonly Event[];
  readonly outEvents: readonly Event[];
}

export const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    samples: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 1, max: 6 }),
    hidden: fc.integer({ min: 1, max: 5 }),
    out: fc.integer({ min: 1, max: 4 }),
  })
  .chain((size) =>
    fc.record({
      samples: fc.constant(size.samples),
      steps: fc.constant(size.steps),
      hidden: fc.constant(size.hidden),
      out: fc.constant(size.out),
      hiddenEvents: events(size.samples, size.steps, size.hidden),
      outEvents: events(size.samples, size.steps, size.out),
    }),
  );

/** Any set of distinct places. */
export function events(samples: number, steps: number, neurons: number): fc.Arbitrary<readonly Event[]> {
  return fc
    .subarray(Array.from({ length: samples * steps * neurons }, (_, place) => place))
    .map((places) => places.map((place) => eventAt(place, steps, neurons)));
}

export function eventAt(place: number, steps: number, neurons: number): Event {
  const row = Math.floor(place / neurons);
  return [Math.floor(row / steps), row % steps, place % neurons];
}

export function recordingOfDrawn(
  size: Drawn,
  events: Partial<Pick<Drawn, "hiddenEvents" | "outEvents">> = {},
): Recording {
  return recordingOf({
    samples: size.samples,
    steps: size.steps,
    populations: [
      { name: "hidden", neurons: size.hidden, events: events.hiddenEvents ?? size.hiddenEvents },
      { name: "out", neurons: size.out, events: events.outEvents ?? size.outEvents },
    ],
    outputs: { output: "out" },
  });
}
