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

const head = ["synapses", "stored as", "active", "of load", "times JavaScript", "times one by one", "G synops/s"];

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

/** Cells of its row. */
export function lineOf(one: Delivered): string[] {
  const { name, form, activity, synops, timings } = one;
  const own = timings["kernel"];
  return [
    name,
    form,
    `${100 * activity} %`,
    ratio(own, roofOf(one)),
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

/** Ratios first. */
export function deliveryPage(results: DeliveryResults): string {
  const { measured, repeats } = results;
  return `Synapses of random weights and random sources that fire; one core. Every result was compared with the interpreter's first. Ratios
compare the fastest of ${repeats} rounds:

- **of load**: with loading the same weights and nothing else, four or eight rows side by side, in whole lines of the cache. 1 would be the
  most; adding up takes its share, convolutions and lists also read and write a sum for every few weights, and where events act in
  order each one reads and writes every sum.
- **times JavaScript**: with a loop over arrays of the same width.
- **times one by one**: for batches, with the samples one after another.

Thousand million synops per second on this machine, median (best):

${table(head, measured.map(lineOf))}

${factLines(results)}`;
}
