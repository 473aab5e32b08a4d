/** What a timestep costs at different activities, as text. */

import { factLines, median, ratioOf, short, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

/** What activity.ts finds out; seconds for one timestep of one sample. */
export interface ActivityResults extends Facts {
  readonly repeats: number;
  readonly target: string;
  /** Samples together. */
  readonly batches: readonly number[];
  /** Shares of inputs that are active in a timestep. */
  readonly activities: readonly number[];
  readonly layers: readonly {
    readonly inputs: number;
    readonly neurons: number;
    /** By batch. */
    readonly torch: readonly Timing[];
    readonly points: readonly {
      readonly activity: number;
      /** Share of neurons that fire. */
      readonly rate: number;
      /** By batch. */
      readonly timings: readonly Timing[];
    }[];
  }[];
}

type Layer = ActivityResults["layers"][number];

/** One sentence. */
export function activityHeadline({ layers, batches }: ActivityResults): string {
  const told = layers.flatMap((layer) =>
    batches.map((samples, batch) => {
      const ratios = layer.points.map(({ timings }) => timesAsFast(timings[batch] ?? [], layer.torch[batch] ?? []));
      const even = crossover(layer, batch);
      const where = even === "none" ? "never even" : `even at ${even}`;
      return `${nameOf(layer)} with batch ${samples} from ${ratios[0] ?? ""} to ${ratios.at(-1) ?? ""}, ${where}`;
    }),
  );
  return `From few active inputs to all of them, against a dense float layer in torch: ${told.join("; ")}.`;
}

/** Ratios first. */
export function activityPage(results: ActivityResults): string {
  const { layers, batches, repeats, target } = results;
  const columns = layers.flatMap((layer) => batches.map((samples, batch) => ({ layer, samples, batch })));
  const head = columns.map(({ layer, samples }) => `${nameOf(layer)}, batch ${samples}`);
  const rows = (cell: (own: Timing, torch: Timing) => string): string[][] =>
    results.activities.map((activity, i) => [
      `${100 * activity} %`,
      ...columns.map(({ layer, batch }) => cell(layer.points[i]?.timings[batch] ?? [], layer.torch[batch] ?? [])),
    ]);
  const crossovers = ["even at", ...columns.map(({ layer, batch }) => crossover(layer, batch))];
  const dense = ["torch", ...columns.map(({ layer, batch }) => micro(layer.torch[batch] ?? []))];
  const fire = layers.map(
    (layer) => `${nameOf(layer)} ${layer.points.map(({ rate }) => `${short(100 * rate)} %`).join(", ")}`,
  );
  return `One dense layer of leaky neurons on ${target}, kernels on one thread, against the same layer in float32 in torch on as many threads
as make it fastest: a dense engine multiplies zeros too, so that its time does not depend on the activity. All in turns, ${repeats} times
each after a warm-up; the kernels gave the interpreter's spikes before.

How many times as fast as torch bitspike is (more is better) at shares of active inputs, and the share at which both take as long
(between measured ones along a straight line in logarithms):

${table(["active inputs", ...head], [...rows(timesAsFast), crossovers])}

Microseconds for one timestep of one sample on this machine, median (fastest):

${table(["active inputs", ...head], [...rows(micro), dense])}

- Neurons that fire, at these activities: ${fire.join("; ")}
${factLines(results)}`;
}

function nameOf({ inputs, neurons }: Layer): string {
  return `${inputs}-${neurons}`;
}

function micro(timing: Timing): string {
  return `${short(1e6 * median(timing))} (${short(1e6 * Math.min(...timing))})`;
}

/** The activity at which both take as long. */
function crossover({ points, torch }: Layer, batch: number): string {
  const ratios = points.map(({ activity, timings }) => ({
    at: Math.log(activity),
    ratio: Math.log(ratioOf(timings[batch] ?? [], torch[batch] ?? [])),
  }));
  if (ratios.every(({ ratio }) => ratio > 0)) return "none";
  const after = ratios.findIndex(({ ratio }) => ratio <= 0);
  const [a, b] = [ratios[after - 1], ratios[after]];
  if (a === undefined || b === undefined) return `below ${100 * (points[0]?.activity ?? 0)} %`;
  const share = Math.exp(a.at + ((b.at - a.at) * a.ratio) / (a.ratio - b.ratio));
  return `${short(100 * share)} %`;
}
