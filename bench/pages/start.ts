/** What a process takes from nothing to its result, as text. */

import { factLines, median, ratioOf, short, table, type Facts, type Timing } from "../shared.ts";

/** What start.ts finds out. */
export interface StartResults extends Facts {
  readonly repeats: number;
  readonly target: string;
  readonly samples: number;
  readonly steps: number;
  /** Seconds, by command. */
  readonly timings: Readonly<Record<string, Timing>>;
}

const run = "bitspike run";
const torch = 'python -c "import torch"';

/** One sentence. */
export function startHeadline({ timings }: StartResults): string {
  const ratio = ratioOf(timings[torch] ?? [], timings[run] ?? []);
  return `\`bitspike run\` on mnist-mlp, from a cold process to its result, takes ${ratio.toFixed(2)} of the time of \`${torch}\`.`;
}

/** Ratios first. */
export function startPage(results: StartResults): string {
  const { timings, repeats, target, samples, steps } = results;
  const rows = Object.entries(timings).map(([name, timing]) => [
    name,
    `${ratioOf(timing, timings[run] ?? []).toFixed(2)} x`,
    `${short(1000 * median(timing))} (${short(1000 * Math.min(...timing))})`,
  ]);
  return `\`bitspike run\` on mnist-mlp for ${target}, from a cold process to the written recording: a NIR file read, discretized and compiled, ${samples}
images of ${steps} timesteps run. Beside it what Python takes to import torch, before it has read anything, and what the two
runtimes take for nothing at all. Processes in turns, ${repeats} times each after a warm-up; the files are in the system's cache. What the
command writes was compared with the interpreter before.

How many times as fast as \`bitspike run\` each is (so above 1 is faster than it), and milliseconds on this machine, median (fastest):

${table(["process", "relative", "ms"], rows)}

${factLines(results)}`;
}
