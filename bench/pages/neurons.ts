/** Neuron kernels against their roof, as text. */

import { factLines, median, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

/** What neurons.ts finds out; times in nanoseconds per neuron and timestep: the fastest round, the middle one and the slowest. */
export interface NeuronResults extends Facts {
  readonly repeats: number;
  /** Neurons in the cache. */
  readonly few: number;
  /** Nanoseconds of one vector instruction, at best. */
  readonly operation: Timing;
  readonly datapaths: readonly {
    readonly target: string;
    readonly datapath: string;
    /** Share of neurons that fire in a timestep. */
    readonly rate: number;
    /** Bits of the narrowest lanes; 0 where nothing was compiled. */
    readonly lanes: number;
    /** Vector instructions per neuron, loads and stores left out. */
    readonly operations: number;
    /** Bytes that a kernel reads and writes per neuron. */
    readonly read: number;
    readonly written: number;
    /** `inputs` is the part of the others in which inputs are copied. */
    readonly few: Readonly<Record<string, Timing>>;
    /** Neurons in memory. */
    readonly neurons: number;
    readonly many: Readonly<Record<string, Timing>>;
  }[];
}

type Datapath = NeuronResults["datapaths"][number];

/** What a timestep takes, and what it has to take at least, in nanoseconds per neuron. */
interface Limited {
  readonly own: number;
  /** To move the bytes, and to compute. */
  readonly bytes: number;
  readonly operations: number;
}

function limited({ few, many, operations }: Datapath, where: "few" | "many", operation: Timing): Limited {
  const all = where === "few" ? few : many;
  const inputs = where === "few" ? least(few["inputs"]) : 0;
  return {
    own: least(all["kernel"]) - inputs,
    bytes: least(all["additions"]) - inputs,
    operations: operations * least(operation),
  };
}

function shareOfLimit({ own, bytes, operations }: Limited): number {
  return Math.max(bytes, operations) / own;
}

/** One sentence. */
export function neuronHeadline({ datapaths, operation }: NeuronResults): string {
  const shares = (where: "few" | "many"): string =>
    range(
      datapaths.map((one) => shareOfLimit(limited(one, where, operation))),
      2,
    );
  const moved = datapaths.map((one) => limited(one, "many", operation)).map(({ own, bytes }) => bytes / own);
  const hand = datapaths.flatMap((one) => timesByHand(one) ?? []);
  const waiting = datapaths.filter((one) => isMoving(limited(one, "many", operation))).length;
  return `Compiled neurons run at ${range(hand, 1)} times the speed of JavaScript by hand. They reach ${shares("few")} of what bounds them in the cache, their vector instructions or the bytes they move, and ${shares("many")} in memory, where ${waiting} of ${datapaths.length} are bound by bytes; ${range(moved, 2)} of additions over the same arrays there.`;
}

/** Whether bytes take longer than instructions. */
function isMoving({ bytes, operations }: Limited): boolean {
  return bytes >= operations;
}

/** How many times as fast as JavaScript by hand, inputs left out on both sides. */
function timesByHand({ few }: Datapath): number | null {
  if (few["by hand"] === undefined) return null;
  const inputs = least(few["inputs"]);
  return (least(few["by hand"]) - inputs) / (least(few["kernel"]) - inputs);
}

function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

/** Ratios first. */
export function neuronPage(results: NeuronResults): string {
  const { few, datapaths, operation, repeats } = results;
  const ratio = datapaths.map((one) => {
    const [cache, memory] = [limited(one, "few", operation), limited(one, "many", operation)];
    const hand = timesByHand(one);
    return [
      nameOf(one),
      timesAsFast(one.few["kernel"] ?? [], one.few["interpreter"] ?? []),
      hand === null ? "" : `${hand.toFixed(2)} x`,
      ...[cache, memory].flatMap((at) => [
        (at.bytes / at.own).toFixed(2),
        `${shareOfLimit(at).toFixed(2)} ${isMoving(at) ? "bytes" : "operations"}`,
      ]),
    ];
  });
  const absolute = datapaths.map((one) => {
    const [cache, memory] = [limited(one, "few", operation), limited(one, "many", operation)];
    return [
      nameOf(one),
      one.lanes === 0 ? "none" : String(one.lanes),
      `${one.read} + ${one.written}`,
      one.operations.toFixed(1),
      `${(100 * one.rate).toFixed(1)} %`,
      cache.operations.toFixed(2),
      `${cache.bytes.toFixed(2)}, ${memory.bytes.toFixed(2)}`,
      medianAndLeast(one.few["kernel"], least(one.few["inputs"])),
      medianAndLeast(one.many["kernel"], 0),
    ];
  });
  const most = Math.max(...datapaths.map(({ neurons }) => neurons));
  return `One timestep of ${few.toLocaleString("en")} neurons, whose registers stay in the first-level cache, and of ${Math.min(...datapaths.map(({ neurons }) => neurons)).toLocaleString("en")} to ${most.toLocaleString("en")}, whose arrays take at
least 128 MiB and come from memory, a part of 524,288 at a time; for every datapath of every target that runs in timesteps; the same
parameters for all neurons, inputs by chance. Measured in short turns, ${repeats * 10} for few and ${repeats} of each part for many neurons. Every kernel gave the
interpreter's registers and spikes before it was timed; copying the inputs is left out.

Two things bound a loop from below: moving its **bytes**, as a loop does that only adds over the same arrays, loads what the kernel
loads and stores what it stores; and executing its **operations**, the vector instructions of its arithmetic, each in the ${(1000 * least(operation)).toFixed(0)} ps that an
addition between registers takes on this machine when nothing holds it up. Loads, stores, what runs beside the vectors, and instructions that
take longer than an addition come on top. The larger of the two is the limit.

Speed of the compiled kernel relative to the interpreter's loops and to JavaScript written by hand for the datapath (more is better), and
what share it reaches of additions over the same arrays and of its limit, in the cache and in memory (1 is the most), with what sets that limit:

${table(["relative", "interpreter", "by hand", "additions, cache", "limit, cache", "additions, memory", "limit, memory"], ratio)}

Absolute on this machine: what a kernel reads and writes and how many vector operations it executes per neuron; and nanoseconds
per neuron: of these operations, of these bytes in the cache and in memory, and of the kernel, median (fastest):

${table(["datapath", "lanes", "bytes read + written", "operations", "fire", "operations, ns", "bytes, ns", `kernel, ${few.toLocaleString("en")} neurons`, "kernel, many"], absolute)}

${factLines(results)}`;
}

function nameOf({ target, datapath }: Datapath): string {
  return `${target} ${datapath}`;
}

/** Both less something that they contain. */
function medianAndLeast(timing: Timing | undefined, less: number): string {
  return `${(median(timing ?? []) - less).toFixed(2)} (${(least(timing) - less).toFixed(2)})`;
}

function least(timing: Timing | undefined): number {
  return Math.min(...(timing ?? []));
}
