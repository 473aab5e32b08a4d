/** Single timesteps of a closed loop, as text. */

import { factLines, median, short, table, timesAsFast, type Facts } from "../shared.ts";

/** What step-latency.ts finds out; times in microseconds. */
export interface StepResults extends Facts {
  readonly rounds: number;
  /** Timesteps of one round. */
  readonly steps: number;
  readonly target: string;
  readonly networks: readonly {
    readonly name: string;
    readonly spikesPerStep: number;
    readonly synopsPerStep: number;
    readonly engines: Readonly<
      Record<
        string,
        {
          /** Of each round: the median of its steps, and what 99 of 100 do not exceed. */
          readonly rounds: readonly { readonly p50: number; readonly p99: number }[];
          /** Median time to take a snapshot and go back to it. */
          readonly snapshot: number;
        }
      >
    >;
  }[];
}

/** One sentence. */
export function stepHeadline({ networks }: StepResults): string {
  const told = networks.flatMap(({ name, engines }) => {
    const fastest = Math.min(...Object.values(engines).flatMap(({ rounds }) => rounds.map(({ p50 }) => p50)));
    return `${name} in ${short(fastest)} µs`;
  });
  return `One timestep of a closed loop, from events in to spikes out: ${told.join(", ")} on this machine.`;
}

/** Ratios first. */
export function stepPage(results: StepResults): string {
  const { networks, rounds, steps, target } = results;
  type Timed = StepResults["networks"][number]["engines"][string];
  const names = [...new Set(networks.flatMap(({ engines }) => Object.keys(engines)))];
  const least = (timed: Timed | undefined, what: "p50" | "p99"): number =>
    Math.min(...(timed?.rounds ?? []).map((round) => round[what]));
  const middle = (timed: Timed | undefined, what: "p50" | "p99"): number =>
    median((timed?.rounds ?? []).map((round) => round[what]));
  const rows = (cells: (timed: Timed | undefined, interpreter: Timed | undefined) => string[]): string[][] =>
    names.map((name) => [name, ...networks.flatMap(({ engines }) => cells(engines[name], engines["interpreter"]))]);
  const head = (what: string, columns: readonly string[]): string[] => [
    what,
    ...networks.flatMap(({ name }) => columns.map((column) => `${name} ${column}`.trimEnd())),
  ];
  const ratio = rows((own, interpreter) => [timesAsFast([least(own, "p50")], [least(interpreter, "p50")])]);
  const absolute = rows((own) =>
    (["p50", "p99"] as const).map((what) => `${short(middle(own, what))} (${short(least(own, what))})`),
  );
  const snapshots = rows((own) => [short(own?.snapshot ?? NaN)]);
  const about = networks.map(
    ({ name, spikesPerStep, synopsPerStep }) =>
      `- ${name} on ${target}: ${short(spikesPerStep)} spikes and ${short(synopsPerStep)} synops per timestep`,
  );
  return `Leaky neurons with random weights; a tenth of the inputs fires in each timestep, given as events. All engines in turns, ${rounds} rounds of
${steps} timesteps each after a warm-up. Every engine's steps gave the spikes of a run of the interpreter before they were timed. Behind
\`connect()\` the engine is in a worker, and a step there and back is two messages.

Speed relative to the interpreter, by the median step of the calmest round (more is better):

${table(head("relative", [""]), ratio)}

Microseconds for one timestep on this machine, in the middle round (in the calmest): the median, and what 99 of 100 timesteps do
not exceed:

${table(head("microseconds", ["p50", "p99"]), absolute)}

Microseconds to take a snapshot and go back to it:

${table(head("microseconds", [""]), snapshots)}

${about.join("\n")}
${factLines(results)}`;
}
