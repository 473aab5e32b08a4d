/** Random synapses and events for the kernels, and what the interpreter's sums make of them. */

import { emptyList, type EventList } from "../../src/core/events.ts";
import { openRows } from "../../src/core/rows.ts";
import { addUp, type Sum } from "../../src/core/sums.ts";
import type { ConvSynapses, Synapses } from "../../src/core/synapses.ts";
import {
  openDelivery,
  packSynapses,
  reserveSums,
  writeSynapses,
  type KernelDelivery,
} from "../../src/kernels/delivery.ts";
import type { Targets } from "../../src/kernels/form.ts";
import { deliveryKernels, type DeliveryModules } from "../../src/kernels/load.ts";
import { Layout, openMemory, viewOf } from "../../src/kernels/memory.ts";
import { BitspikeError } from "../../src/errors.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { Dice } from "../dice.ts";

/** Weights that programs have: of every width, of few values, in steps, and all extremes. */
const weightKinds: readonly ((dice: Dice) => () => number)[] = [
  (dice) => () => (dice.chance(50) ? -1 : 1),
  (dice) => () => dice.between(-128, 127),
  (dice) => () => dice.one([-128, 127]),
  (dice) => () => dice.between(0, 255),
  (dice) => () => 2 * dice.between(-128, 127),
  (dice) => () => dice.between(-8, 7),
  (dice) => () => 16 * dice.between(0, 15) - 100,
  (dice) => () => dice.between(-(2 ** 15), 2 ** 15 - 1),
  (dice) => () => dice.one([-(2 ** 15), 0, 2 ** 15 - 1]),
  (dice) => () => dice.between(-(2 ** 31), 2 ** 31 - 1),
  (dice) => () => dice.one([-(2 ** 31), -(2 ** 31) + 1, 2 ** 31 - 1]),
  (dice) => () => dice.between(-300, 300) * 7_000_000,
  (dice) => {
    const [one, other] = [dice.between(-(2 ** 31), 2 ** 31 - 1), dice.between(-40, 40)];
    return () => dice.one([one, other]);
  },
  (dice) => {
    const only = dice.between(-200, 200);
    return () => only;
  },
];

/** Payloads of both signs, of 8, 16 and 32 bits, all alike or not. */
const payloadKinds: readonly ((dice: Dice) => () => number)[] = [
  () => () => 1,
  (dice) => () => dice.between(-9, 9),
  (dice) => () => dice.between(0, 255),
  (dice) => () => dice.one([-(2 ** 15), 2 ** 15 - 1]),
  (dice) => () => dice.between(-(2 ** 15) - 2, 0),
  (dice) => () => dice.one([0, 2 ** 15 + 1, 60_000]),
  (dice) => () => dice.one([-(2 ** 31) + 1, 2 ** 31 - 1, 0, 1]),
  (dice) => {
    const only = dice.between(-70_000, 70_000);
    return () => only;
  },
];

export function randomWeights(count: number, dice: Dice): Int32Array {
  const one = dice.one(weightKinds)(dice);
  return Int32Array.from({ length: count }, one);
}

/** Rows of all targets or of some. */
export function randomRows(sources: number, neurons: number, dice: Dice): Synapses {
  if (dice.chance(60)) {
    const weight = randomWeights(sources * neurons, dice);
    if (dice.chance(20)) for (let i = 0; i < weight.length; i++) if (!dice.chance(2)) weight[i] = 0;
    return { kind: "dense", weight };
  }
  const percent = dice.one([1, 5, 30, 100]);
  const rows = Array.from({ length: sources }, () =>
    Array.from({ length: neurons }, (_, neuron) => neuron).filter(() => dice.chance(percent)),
  );
  return { kind: "sparse", ...joined(rows), weight: randomWeights(rows.flat().length, dice) };
}

/** Some thousandths of all synapses. */
export function longLists(sources: number, neurons: number, dice: Dice): Synapses {
  const rows = Array.from({ length: sources }, () => {
    const row: number[] = [];
    for (let neuron = dice.between(0, 300); neuron < neurons; neuron += dice.between(1, 300)) row.push(neuron);
    return row;
  });
  return { kind: "sparse", ...joined(rows), weight: randomWeights(rows.flat().length, dice) };
}

function joined(rows: readonly (readonly number[])[]): { readonly start: Uint32Array; readonly target: Uint32Array } {
  const start = new Uint32Array(rows.length + 1);
  for (const [source, row] of rows.entries()) start[source + 1] = start[source]! + row.length;
  return { start, target: Uint32Array.from(rows.flat()) };
}

/** Every geometry, with outputs that need not be those that fit. */
export function randomConv(dice: Dice): ConvSynapses {
  const pair = (least: number, most: number): [number, number] => [
    dice.between(least, most),
    dice.between(least, most),
  ];
  const groups = dice.one([1, 1, 2, 3, 5]);
  const many = dice.chance(20);
  const ins = groups * (many ? dice.between(20, 75) : dice.between(1, 8));
  const outs = groups * dice.one([1, dice.between(1, 5), dice.between(5, 20)]);
  const inputShape = [ins, ...(many ? pair(1, 3) : pair(1, 9))];
  const outputShape = [outs, ...(many ? pair(1, 5) : pair(1, 20))];
  const kernel = pair(1, 4);
  const weight = randomWeights(outs * (ins / groups) * sizeOf(kernel), dice);
  const [stride, padding, dilation] = [pair(1, dice.one([1, 3])), pair(0, 4), pair(1, dice.one([1, 4]))];
  return { kind: "conv2d", weight, inputShape, outputShape, kernel, stride, padding, dilation, groups };
}

/** A part of the targets, often all. */
export function randomTargets(neurons: number, dice: Dice): Targets {
  if (dice.chance(50)) return { neurons, low: 0, high: neurons };
  const ends = [dice.between(0, neurons), dice.between(0, neurons)].toSorted((a, b) => a - b);
  return { neurons, low: ends[0]!, high: ends[1]! };
}

/** Mostly ascending; a neuron may stand several times, and the list need not begin at 0. */
export function randomEvents(sources: number, most: number, dice: Dice): EventList {
  const begin = dice.chance(30) ? dice.between(1, 5) : 0;
  const count = sources === 0 || dice.chance(5) ? 0 : dice.between(1, most);
  const list = emptyList(begin + count + dice.between(0, 3));
  const once = dice.chance(50) && count <= sources;
  let neurons = Array.from({ length: count }, () => dice.between(0, sources - 1));
  if (once) {
    const share = Math.ceil((100 * count) / sources);
    neurons = Array.from({ length: sources }, (_, id) => id).filter(() => dice.chance(share));
  }
  if (!dice.chance(5)) neurons.sort((a, b) => a - b);
  neurons = neurons.slice(0, count);
  const payload = dice.one(payloadKinds)(dice);
  for (const [i, neuron] of neurons.entries()) {
    list.neuron[begin + i] = neuron;
    list.payload[begin + i] = payload();
  }
  list.begin = begin;
  list.count = neurons.length;
  return list;
}

/** Totals and synops, or the code of a mistake. */
export type Outcome = { readonly total: Int32Array | Float64Array; readonly synops: number } | string;

/** The first difference of two outcomes in words, null where there is none; much faster than comparing long arrays whole. */
export function difference(expected: Outcome, got: Outcome): string | null {
  if (typeof expected === "string" || typeof got === "string") {
    return expected === got ? null : `${JSON.stringify(expected)} expected, ${JSON.stringify(got)}`;
  }
  if (expected.synops !== got.synops) return `${expected.synops} synops expected, ${got.synops}`;
  if (expected.total.length !== got.total.length)
    return `${expected.total.length} totals expected, ${got.total.length}`;
  for (const [i, value] of expected.total.entries()) {
    if (value !== got.total[i]) return `total ${i}: ${value} expected, ${got.total[i]}`;
  }
  return null;
}

export function interpreted(synapses: Synapses, { neurons, low, high }: Targets, sum: Sum, events: EventList): Outcome {
  return attempt(() => {
    const total = new Float64Array(high - low);
    const synops = addUp(openRows(synapses, neurons, low, high), events, sum, total, "a");
    return { total, synops };
  });
}

export function attempt(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}

/**
 * A delivery with as many samples as there are lists.
 *
 * @param inside whether the lists that are given back lie in its memory
 */
export function opened(
  modules: DeliveryModules,
  synapses: Synapses,
  targets: Targets,
  sum: Sum,
  lists: readonly EventList[],
  { shared, inside }: { readonly shared: boolean; readonly inside: boolean },
): { readonly delivery: KernelDelivery; readonly lists: readonly EventList[]; readonly form: string } {
  const layout = new Layout();
  const packed = packSynapses(synapses, targets, sum, layout);
  const places = reserveSums(packed, layout, lists.length);
  const regions = lists.map(({ neuron, payload }) => ({
    neuron: layout.reserve("u32", neuron.length),
    payload: layout.reserve("i32", payload.length),
  }));
  const memory = openMemory(layout, shared);
  writeSynapses(packed, synapses, memory);
  const kernels = deliveryKernels(modules, memory);
  const delivery = openDelivery({ kernels, memory, packed, places, synapses, name: "a" });
  const own = lists.map((list, i) => {
    if (!inside) return list;
    const [neuron, payload] = [viewOf(memory, regions[i]!.neuron), viewOf(memory, regions[i]!.payload)];
    neuron.set(list.neuron);
    payload.set(list.payload);
    return { ...list, neuron, payload };
  });
  return { delivery, lists: own, form: `${packed.form.kind} ${packed.form.bits}` };
}

/** What a delivery made of a list. */
export function sumsOf(delivery: KernelDelivery, sample: number): Outcome {
  const { total, wide, synops } = delivery.sums[sample]!;
  return { total: wide ?? total, synops };
}
