/** Neuron kernels against their roof, as text. */

import { factLines, median, ratioOf, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

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

/** One sentence. */
export function neuronHeadline({ datapaths }: NeuronResults): string {
  const share = (where: "few" | "many"): string =>
    range(
      datapaths.map((one) => Number(shareOf(one[where]["kernel"], one[where]["additions"]))),
      2,
    );
  const hand = datapaths.flatMap(({ few }) =>
    few["by hand"] === undefined ? [] : [ratioOf(few["kernel"] ?? [], few["by hand"])],
  );
  return `Compiled neurons run at ${range(hand, 1)} times the speed of JavaScript by hand; they reach ${share("few")} of additions over the same arrays in the cache and ${share("many")} in memory.`;
}

function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
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
from memory; for every datapath of every target that runs in timesteps; the same parameters for all neurons, inputs by chance. Measured in short turns, ${repeats * 10} for few and ${repeats * 4} for many neurons. Every
kernel gave the interpreter's registers and spikes before it was timed; with few neurons, times include copying the inputs.

Speed of the compiled kernel relative to the interpreter's loops and to JavaScript written by hand for the datapath (more is better),
and what share it reaches of a loop that only adds over the same arrays, in the cache and in memory (1 is the most):

${table(["relative", "interpreter", "by hand", "additions, cache", "additions, memory"], ratio)}

Absolute on this machine, nanoseconds per neuron, median (fastest):

${table(["datapath", "lanes", "bytes read + written", "fire", `${few.toLocaleString("en")} neurons`, `${many.toLocaleString("en")} neurons`], absolute)}

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
