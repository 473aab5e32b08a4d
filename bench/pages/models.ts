/** Whole models on the integer engines, as text. */

import { factLines, rate, short, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

/** What integer-models.ts finds out. */
export interface IntegerResults extends Facts {
  readonly repeats: number;
  readonly models: readonly {
    readonly name: string;
    readonly target: string;
    readonly samples: number;
    readonly steps: number;
    readonly neurons: number;
    /** Of neurons, over all samples and timesteps of the chip. */
    readonly updates: number;
    readonly synops: number;
    /** Seconds for all samples, by engine. */
    readonly timings: Readonly<Record<string, Timing>>;
  }[];
}

/** Ratios first. */
export function integerPage(results: IntegerResults): string {
  const { models, repeats } = results;
  const engines = [...new Set(models.flatMap(({ timings }) => Object.keys(timings)))];
  type Model = IntegerResults["models"][number];
  const rows = (cell: (model: Model, timing: Timing) => string): string[][] =>
    engines.map((engine) => [engine, ...models.map((model) => cell(model, model.timings[engine] ?? []))]);
  const head = (what: string): string[] => [what, ...models.map(({ name }) => name)];
  const ratio = rows(({ timings }, own) => timesAsFast(own, timings["interpreter"] ?? []));
  const about = models.map(
    ({ name, target, samples, steps, neurons, synops }) =>
      `- ${name} on ${target}: ${samples} images, ${steps} timesteps, ${neurons.toLocaleString("en")} neurons, ${short(synops)} synops`,
  );
  return `Two trained networks on MNIST digits, all engines in turns, ${repeats} times each after a warm-up. Every engine gave the interpreter's spikes
and counts before it was timed.

Speed relative to the interpreter (more is better):

${table(head("relative"), ratio)}

Absolute on this machine, median (slowest to fastest):

${table(
  head("million synops per second"),
  rows(({ synops }, own) => rate(synops / 1e6, own)),
)}

${table(
  head("million neuron updates per second"),
  rows(({ updates }, own) => rate(updates / 1e6, own)),
)}

${table(
  head("images per second"),
  rows(({ samples }, own) => rate(samples, own)),
)}

${about.join("\n")}
${factLines(results)}`;
}
