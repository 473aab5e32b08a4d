/** A chip's program of the tutorial's network against the float network in snnTorch, as text. */

import { factLines, microseconds, rate, short, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

/** What network-against-snntorch.ts finds out. */
export interface NetworkResults extends Facts {
  readonly repeats: number;
  readonly steps: number;
  readonly programs: readonly {
    readonly target: string;
    /** How the program's neurons reset. */
    readonly reset: string;
    /** Spikes per neuron and timestep, of each population. */
    readonly rates: readonly number[];
    readonly synopsPerStep: number;
  }[];
  readonly measured: readonly {
    readonly batch: number;
    /** Of each way to run snnTorch. */
    readonly threads: Readonly<Record<string, number>>;
    /** Seconds for the batch, by contestant. */
    readonly timings: Readonly<Record<string, Timing>>;
  }[];
}

export const ways: Readonly<Record<string, string>> = {
  "snnTorch step": "snnTorch, as in its tutorial",
  "snnTorch layer": "snnTorch, linear layers for all steps at once",
};

/** Ratios first. */
export function networkPage(results: NetworkResults): string {
  const { measured, steps, programs, repeats } = results;
  const names = [...new Set(measured.flatMap(({ timings }) => Object.keys(timings)))];
  const rows = names.map((name) => [
    ways[name] ?? `bitspike, ${name}`,
    ...measured.flatMap(({ batch, timings }) => {
      const [own, step = [], layer = []] = [timings[name], timings["snnTorch step"], timings["snnTorch layer"]];
      if (own === undefined) return ["", "", ""];
      const absolute = batch === 1 ? microseconds(own, steps) : rate(batch, own);
      return [timesAsFast(own, step), timesAsFast(own, layer), absolute];
    }),
  ]);
  const head = measured.flatMap(({ batch }) => [
    `batch ${batch}: as its tutorial`,
    `all steps at once`,
    batch === 1 ? "µs per timestep" : "samples/s",
  ]);
  const threads = measured.map(
    (one) => `${one.threads["snnTorch step"] ?? ""} and ${one.threads["snnTorch layer"] ?? ""}`,
  );
  return `The tutorial's network, 784-1000-10 Leaky neurons with random weights, ${steps} timesteps, a tenth of the inputs active in each: as
programs for ${programs.map(({ target }) => target).join(" and ")}, bit for bit what such a chip computes, against the float network in snnTorch. Every
engine gave the interpreter's spikes and counts before it was timed. All in turns in one run, ${repeats} rounds for the batch and ${5 * repeats} for one sample, after a
warm-up; bitspike records the spikes of all neurons, and reads its input as frames, as snnTorch does.

How many times as fast as snnTorch's two ways (more is better), by the fastest rounds; then, on this machine, the median
(and range):

${table(["relative", ...head], rows)}

${programs.map(programLine).join("\n")}
${factLines(results)}
- Threads with which torch is fastest, for its two ways and ${measured.map(({ batch }) => batch).join(", ")} samples: ${threads.join("; ")}`;
}

function programLine({ target, reset, rates, synopsPerStep }: NetworkResults["programs"][number]): string {
  const fire = rates.map((one) => `${short(100 * one)} %`).join(" and ");
  return `- ${target}, reset ${reset === "zero" ? "to zero" : "by subtraction"}: ${fire} of the two populations fire in a timestep, ${short(synopsPerStep)} synops`;
}
