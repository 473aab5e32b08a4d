/** Results of measurements as text: for the terminal, and for docs/performance.md. */

import type { Agreement } from "./peers/compare.ts";
import { median, rate, short, table, timesAsFast, type Facts, type Timing } from "./shared.ts";

/** What float-against-snntorch.ts finds out. */
export interface FloatResults extends Facts {
  readonly repeats: number;
  readonly steps: number;
  /** Comparison with snnTorch before the timing, by backend. */
  readonly agreement: Readonly<Record<string, Agreement>>;
  readonly measured: readonly {
    readonly batch: number;
    /** Of each way to run snnTorch. */
    readonly threads: Readonly<Record<string, number>>;
    /** Seconds for the batch, by contestant. */
    readonly timings: Readonly<Record<string, Timing>>;
  }[];
}

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

/** What neurons.ts finds out; times in nanoseconds per neuron and timestep. */
export interface NeuronResults extends Facts {
  readonly repeats: number;
  /** Neurons in the cache, and in memory. */
  readonly few: number;
  readonly many: number;
  readonly datapaths: readonly {
    readonly target: string;
    readonly datapath: string;
    /** Share of neurons that fire in a timestep. */
    readonly rate: number;
    /** Bits of the narrowest lanes; 0 where nothing was compiled. */
    readonly lanes: number;
    /** Bytes that a kernel reads and writes per neuron. */
    readonly read: number;
    readonly written: number;
    readonly few: Readonly<Record<string, Timing>>;
    readonly many: Readonly<Record<string, Timing>>;
  }[];
}

/** docs/performance.md. */
export function performancePage(
  float: FloatResults,
  integer: IntegerResults,
  steps: StepResults,
  neurons: NeuronResults,
): string {
  return `# Performance

Written by \`npm run bench\` from \`bench/results/\`; \`npm run peers\` makes the Python environment that it compares with. Numbers are
those of one machine at one time: ratios within one run carry over to others, absolute times do not. A load average above the number
of cores tells of other work at the machine: it slows medians down, and most those of what needs all cores at once. Ratios therefore
compare the fastest rounds.

## Float reference against snnTorch

${floatPage(float)}

## Integer engine

${integerPage(integer)}

## One timestep of a closed loop

${stepPage(steps)}

## Neurons

${neuronPage(neurons)}
`;
}

function factLines({ machine, versions, commit, date }: Facts): string {
  const { processor, cores, memoryGiB, system, load } = machine;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Machine: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; load average ${load}`,
    `- Versions: ${list.join(", ")}`,
    `- Commit ${commit}, ${date}`,
  ].join("\n");
}

const ways: Readonly<Record<string, string>> = {
  "snnTorch step": "snnTorch, as in its tutorial",
  "snnTorch layer": "snnTorch, linear layers for all steps at once",
};

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
  return `The tutorial's network, 784-1000-10 Leaky neurons with random weights, ${steps} timesteps, a tenth of the inputs active in each. All run
in turns in one go, ${repeats} times each after a warm-up. Both give spikes and membranes of the output; bitspike records the
spikes of the hidden neurons as well.

Samples per second relative to snnTorch as in its tutorial (more is better):

${table(head("relative"), ratio)}

Absolute samples per second on this machine, median (slowest to fastest):

${table(head("absolute"), absolute)}

${factLines(results)}
- Threads with which torch is fastest, for its two ways and ${measured.map(({ batch }) => batch).join(", ")} samples: ${threads.join("; ")}
- Checked against snnTorch before: ${Object.entries(agreement).map(agreementText).join("; ")}`;
}

function agreementText([backend, { values, mismatches, worst, decided }]: readonly [string, Agreement]): string {
  const rounding = decided === 0 ? "" : `, ${decided} ${decided === 1 ? "spike" : "spikes"} decided by rounding`;
  return `${backend} ${values.toLocaleString("en")} values, ${mismatches} mismatches, largest error ${worst.toExponential(1)}${rounding}`;
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

/** What share of a roof something reaches, each by its fastest round. */
function shareOf(own: Timing | undefined, roof: Timing | undefined): string {
  return own === undefined || roof === undefined ? "" : (least(roof) / least(own)).toFixed(2);
}

function medianAndLeast(timing: Timing | undefined): string {
  return `${median(timing ?? []).toFixed(2)} (${least(timing).toFixed(2)})`;
}

function least(timing: Timing | undefined): number {
  return Math.min(...(timing ?? []));
}

/** Ratios first. */
export function neuronPage(results: NeuronResults): string {
  const { few, many, datapaths, repeats } = results;
  type Datapath = NeuronResults["datapaths"][number];
  const name = ({ target, datapath }: Datapath): string => `${target} ${datapath}`;
  const ratio = datapaths.map((one) => [
    name(one),
    timesAsFast(one.few["kernel"] ?? [], one.few["interpreter"] ?? []),
    one.few["by hand"] === undefined ? "" : timesAsFast(one.few["kernel"] ?? [], one.few["by hand"]),
    shareOf(one.few["kernel"], one.few["additions"]),
    shareOf(one.many["kernel"], one.many["additions"]),
  ]);
  const absolute = datapaths.map((one) => [
    name(one),
    one.lanes === 0 ? "none" : String(one.lanes),
    `${one.read} + ${one.written}`,
    `${(100 * one.rate).toFixed(1)} %`,
    medianAndLeast(one.few["kernel"]),
    medianAndLeast(one.many["kernel"]),
  ]);
  return `One timestep of ${few.toLocaleString("en")} neurons, whose registers stay in the first-level cache, and of ${many.toLocaleString("en")}, whose registers come
from memory; the same parameters for all neurons, inputs by chance. Measured in short turns, ${repeats * 10} for few and ${repeats * 4} for many neurons. Every
kernel gave the interpreter's registers and spikes before it was timed; with few neurons, times include copying the inputs.

Speed of the compiled kernel relative to the interpreter's loops and to JavaScript written by hand for the datapath (more is better),
and what share it reaches of a loop that only adds over the same arrays, in the cache and in memory (1 is the most):

${table(["relative", "interpreter", "by hand", "additions, cache", "additions, memory"], ratio)}

Absolute on this machine, nanoseconds per neuron, median (fastest):

${table(["datapath", "lanes", "bytes read + written", "fire", `${few.toLocaleString("en")} neurons`, `${many.toLocaleString("en")} neurons`], absolute)}

${factLines(results)}`;
}
