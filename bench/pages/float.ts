/** The float reference against snnTorch, as text. */

import type { Agreement } from "../peers/compare.ts";
import { factLines, rate, table, timesAsFast, type Facts, type Timing } from "../shared.ts";
import { ways } from "./network.ts";

/** What float-against-snntorch.ts finds out. */
export interface FloatResults extends Facts {
  readonly repeats: number;
  readonly steps: number;
  /** Comparison with snnTorch before the timing, by backend. */
  readonly agreement: Readonly<Record<string, Agreement>>;
  /** Why a backend could not be used, by its name. */
  readonly missing?: Readonly<Record<string, string>>;
  readonly measured: readonly {
    readonly batch: number;
    /** Of each way to run snnTorch. */
    readonly threads: Readonly<Record<string, number>>;
    /** Seconds for the batch, by contestant. */
    readonly timings: Readonly<Record<string, Timing>>;
  }[];
}

/** One sentence. */
export function floatHeadline({ measured }: FloatResults): string {
  const told = measured.map(({ batch, timings }) => {
    const own = Object.entries(timings).flatMap(([name, timing]) => (name.startsWith("snnTorch") ? [] : [timing]));
    const best = own.toSorted((a, b) => Math.min(...a) - Math.min(...b))[0] ?? [];
    return `${timesAsFast(best, timings["snnTorch step"] ?? [])} with ${batch === 1 ? "one sample" : `${batch} samples`}`;
  });
  return `The float reference, against snnTorch as in its tutorial: ${told.join(", ")}.`;
}

/** Ratios first. */
export function floatPage(results: FloatResults): string {
  const { measured, repeats, steps, agreement } = results;
  const names = [...new Set(measured.flatMap(({ timings }) => Object.keys(timings)))];
  const rows = (cell: (timings: Readonly<Record<string, Timing>>, name: string, batch: number) => string): string[][] =>
    names.map((name) => [
      ways[name] ?? `bitspike, ${name}`,
      ...measured.map((one) => cell(one.timings, name, one.batch)),
    ]);
  const head = (what: string): string[] => [what, ...measured.map(({ batch }) => `batch ${batch}`)];
  const ratio = rows((timings, name) => {
    const [own, peer] = [timings[name], timings["snnTorch step"]];
    return own === undefined || peer === undefined ? "" : timesAsFast(own, peer);
  });
  const absolute = rows((timings, name, batch) => {
    const own = timings[name];
    return own === undefined ? "" : rate(batch, own);
  });
  const threads = measured.map(
    (one) => `${one.threads["snnTorch step"] ?? ""} and ${one.threads["snnTorch layer"] ?? ""}`,
  );
  const absent = Object.entries(results.missing ?? {}).map(([name, why]) => `\n- ${name} could not be run: ${why}`);
  return `The tutorial's network, 784-1000-10 Leaky neurons with random weights, ${steps} timesteps, a tenth of the inputs active in each. All run
in turns in one go, ${repeats} times each after a warm-up. Both give spikes and membranes of the output; bitspike records the
spikes of the hidden neurons as well.

Samples per second relative to snnTorch as in its tutorial (more is better):

${table(head("relative"), ratio)}

Absolute samples per second on this machine, median (slowest to fastest):

${table(head("absolute"), absolute)}

${factLines(results)}
- Threads with which torch is fastest, for its two ways and ${measured.map(({ batch }) => batch).join(", ")} samples: ${threads.join("; ")}
- Checked against snnTorch before: ${Object.entries(agreement).map(agreementText).join("; ")}${absent.join("")}`;
}

function agreementText([backend, { values, mismatches, worst, decided }]: readonly [string, Agreement]): string {
  const rounding = decided === 0 ? "" : `, ${decided} ${decided === 1 ? "spike" : "spikes"} decided by rounding`;
  return `${backend} ${values.toLocaleString("en")} values, ${mismatches} mismatches, largest error ${worst.toExponential(1)}${rounding}`;
}
