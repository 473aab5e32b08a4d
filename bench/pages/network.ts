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

type Measured = NetworkResults["measured"][number];

const peers = ["snnTorch step", "snnTorch layer"];

/** One sentence. */
export function networkHeadline({ measured, programs }: NetworkResults): string {
  const target = programs[0]?.target ?? "";
  const told = measured.map(({ batch, timings }) => {
    const own = Object.entries(timings).filter(([name]) => name.startsWith(`${target},`));
    const best = own.map(([, timing]) => timing).toSorted((a, b) => Math.min(...a) - Math.min(...b))[0] ?? [];
    return `${timesAsFast(best, timings["snnTorch step"] ?? [])} with ${batch === 1 ? "one sample" : `${batch} samples`}`;
  });
  return `The tutorial's network as a program for ${target}, against snnTorch as in its tutorial: ${told.join(", ")}.`;
}

/** Ratios first. */
export function networkPage(results: NetworkResults): string {
  const { measured, steps, programs, repeats } = results;
  const names = [...new Set(measured.flatMap(({ timings }) => Object.keys(timings)))];
  const rows = (cells: (one: Measured, own: Timing | undefined) => string[]): string[][] =>
    names.map((name) => [ways[name] ?? name, ...measured.flatMap((one) => cells(one, one.timings[name]))]);
  const ratios = rows(({ timings }, own) =>
    peers.map((peer) => (own === undefined ? "" : timesAsFast(own, timings[peer] ?? []))),
  );
  const absolute = rows(({ batch }, own) => {
    return own === undefined ? ["", ""] : [microseconds(own, batch * steps), rate(batch, own)];
  });
  const head = (...columns: string[]): string[] =>
    measured.flatMap(({ batch }) => columns.map((column) => `batch ${batch}${column}`));
  const threads = measured.map(
    (one) => `${one.threads["snnTorch step"] ?? ""} and ${one.threads["snnTorch layer"] ?? ""}`,
  );
  return `The tutorial's network, 784-1000-10 Leaky neurons with random weights, ${steps} timesteps, a tenth of the inputs active in each: as
programs for ${programs.map(({ target }) => target).join(" and ")}, bit for bit what such a chip computes, against the float network in snnTorch. Every
engine gave the interpreter's spikes and counts before it was timed. All in turns in one run, ${repeats} rounds for the batch and ${5 * repeats} for one sample, after a
warm-up; bitspike records the spikes of all neurons, and reads its input as frames, as snnTorch does.

How many times as fast as snnTorch as in its tutorial, and as snnTorch with each linear layer for all steps at once (more is better):

${table(["relative to snnTorch", ...head(", tutorial", ", at once")], ratios)}

Microseconds per sample and timestep on this machine, median (fastest), and samples per second, median (slowest to fastest):

${table(["absolute", ...head(", µs", ", samples/s")], absolute)}

${programs.map(programLine).join("\n")}
${factLines(results)}
- Threads with which torch is fastest, for its two ways and ${measured.map(({ batch }) => batch).join(", ")} samples: ${threads.join("; ")}`;
}

function programLine({ target, reset, rates, synopsPerStep }: NetworkResults["programs"][number]): string {
  const fire = rates.map((one) => `${short(100 * one)} %`).join(" and ");
  return `- ${target}, reset ${reset === "zero" ? "to zero" : "by subtraction"}: ${fire} of the two populations fire in a timestep, ${short(synopsPerStep)} synops`;
}
