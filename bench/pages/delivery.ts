/** Kernels of synaptic delivery against their roof, as text. */

import { factLines, median, short, table, type Facts, type Timing } from "../shared.ts";

/** One measurement. */
export interface Delivered {
  readonly name: string;
  readonly form: string;
  readonly activity: number;
  readonly synops: number;
  /** Bytes that the roof loads. */
  readonly bytes: number;
  /** Seconds for `synops`, by contestant. */
  readonly timings: Readonly<Record<string, Timing>>;
}

/** What delivery.ts finds out. */
export interface DeliveryResults extends Facts {
  readonly repeats: number;
  readonly measured: readonly Delivered[];
}

const head = [
  "synapses",
  "stored as",
  "active",
  "of load",
  "of its limit",
  "times JavaScript",
  "times one by one",
  "G synops/s",
];

/** Thousand million synops per second: median and best. */
function speed(synops: number, timing: Timing | undefined): string {
  if (timing === undefined) return "";
  return `${short(synops / median(timing) / 1e9)} (${short(synops / Math.min(...timing) / 1e9)})`;
}

/** The faster of the two roofs. */
function roofOf({ timings }: Delivered): Timing | undefined {
  const roofs = Object.entries(timings).filter(([name]) => name.startsWith("load"));
  return roofs.toSorted(([, a], [, b]) => Math.min(...a) - Math.min(...b))[0]?.[1];
}

function ratio(own: Timing | undefined, other: Timing | undefined): string {
  if (own === undefined || other === undefined) return "";
  return (Math.min(...other) / Math.min(...own)).toFixed(2);
}

/** The share of what takes longer, loading weights or computing with them; empty where that was not measured. */
function limitOf(one: Delivered): string {
  const [arithmetic, load] = [one.timings["arithmetic"], roofOf(one)];
  if (arithmetic === undefined || load === undefined) return "";
  const computes = Math.min(...arithmetic) > Math.min(...load);
  return `${ratio(one.timings["kernel"], computes ? arithmetic : load)} ${computes ? "arithmetic" : "load"}`;
}

/** Cells of its row. */
export function lineOf(one: Delivered): string[] {
  const { name, form, activity, synops, timings } = one;
  const own = timings["kernel"];
  return [
    name,
    form,
    `${100 * activity} %`,
    ratio(own, roofOf(one)),
    limitOf(one),
    ratio(own, timings["JavaScript"]),
    ratio(own, timings["one by one"]),
    speed(synops, own),
  ];
}

/** One sentence. */
export function deliveryHeadline({ measured }: DeliveryResults): string {
  const shares = (form: string, suffix: string): string => {
    const own = measured.filter((one) => one.form.startsWith(form) && one.name.endsWith(suffix));
    const all = own.map((one) => Number(ratio(one.timings["kernel"], roofOf(one))));
    return `${Math.min(...all)} to ${Math.max(...all)}`;
  };
  return `Delivery reaches these shares of only loading the weights: dense ${shares("dense 8", " 8 bits")}, in order ${shares("dense,", "in order")}, convolutions ${shares("conv", " 8 bits")}, lists ${shares("sparse", " 8 bits")}.`;
}

/** Ratios first; results of old runs have no limits. */
export function deliveryPage(results: DeliveryResults): string {
  const { measured, repeats } = results;
  const limited = measured.some(({ timings }) => timings["arithmetic"] !== undefined);
  const shown = (cells: readonly string[]): string[] => cells.filter((_, column) => limited || column !== limitColumn);
  return `Synapses of random weights and random sources that fire; one core. Every result was compared with the interpreter's first. Ratios
compare the fastest of ${repeats} rounds:

- **of load**: with loading the same weights and nothing else, four or eight rows side by side, in whole lines of the cache. 1 would be the
  most; adding up takes its share, convolutions and lists also read and write a sum for every few weights, and where events act in
  order each one reads and writes every sum.${limited ? limitText : ""}
- **times JavaScript**: with a loop over arrays of the same width.
- **times one by one**: for batches, with the samples one after another.

Thousand million synops per second on this machine, median (best):

${table(
  shown(head),
  measured.map((one) => shown(lineOf(one))),
)}

${factLines(results)}`;
}

const limitColumn = head.indexOf("of its limit");
const limitText = `
- **of its limit**, for convolutions and lists, which load little and compute much: with the slower of loading and of what every weight
  needs beside. In a convolution it is widened and added, in registers, and where spikes are graded multiplied too, those of two
  events in one instruction; in a list the place of its target is read, and a sum read, changed and written. Kernels add to that the
  reading and writing of sums in a convolution, the way from these to totals, which all neurons take however few sources fire, and
  finding each row.`;
