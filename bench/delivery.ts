/**
 * How close do the kernels of synaptic delivery come to what loading the same bytes takes, and how far are they from plain
 * JavaScript? `node dist-bench/delivery.js [--json FILE] [--repeats N] [--only TEXT]`.
 */

import { writeFileSync } from "node:fs";
import type { EventList } from "../dist/core/events.js";
import { openRows } from "../dist/core/rows.js";
import { addUp, type Sum } from "../dist/core/sums.js";
import type { ConvSynapses, SparseSynapses, Synapses } from "../dist/core/synapses.js";
import {
  openDelivery,
  packSynapses,
  reserveSums,
  writeSynapses,
  type KernelDelivery,
  type PackedSynapses,
} from "../dist/kernels/delivery.js";
import { deliveryKernels, loadDelivery, type DeliveryModules } from "../dist/kernels/load.js";
import { Layout, openMemory, viewOf } from "../dist/kernels/memory.js";
import type { WasmMemory } from "../dist/kernels/wasm.js";
import { openInOrder } from "./in-order.ts";
import { openArithmetic, openLoad, openTouch } from "./load.ts";
import { deliveryPage, lineOf, type Delivered, type DeliveryResults } from "./pages/delivery.ts";
import { facts, inTurns, main, readOptions, type Contestant } from "./shared.ts";

/** One matrix or kernel, and how many of its sources fire. */
interface Case {
  readonly name: string;
  readonly synapses: () => Synapses;
  readonly sum: Sum;
  readonly sources: number;
  readonly neurons: number;
  /** Shares of sources that fire. */
  readonly activities: readonly number[];
  /** Whether registers saturate at every event, so that the order of events counts. */
  readonly inOrder?: boolean;
  /** Samples of a batch; 1 where events are added up one list at a time. */
  readonly samples: number;
}

/** Synops of one measurement at least. */
const leastSynops = 2e7;

let state = 1;
/** Whole numbers by chance, the same in every run. */
function chance(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** Weights of so many bits, of both signs. */
function weights(count: number, bits: number): Int32Array {
  const weight = new Int32Array(count);
  for (let i = 0; i < count; i++) weight[i] = chance(2 ** bits) - 2 ** (bits - 1);
  return weight;
}

function dense(sources: number, neurons: number, bits: number, more: Partial<Case> = {}): Case {
  const graded = more.sum === "weight * payload" ? ", graded" : "";
  const batch = more.samples === undefined ? "" : `, batch of ${more.samples}`;
  const order = more.inOrder === true ? ", in order" : "";
  return {
    name: `dense ${sources}x${neurons}, ${bits} bits${graded}${batch}${order}`,
    synapses: () => ({ kind: "dense", weight: weights(sources * neurons, bits) }),
    sum: "weight",
    sources,
    neurons,
    activities: [0.1],
    samples: 1,
    ...more,
  };
}

function conv(channels: number, sum: Sum = "weight"): Case {
  const side = 32;
  const shape = [channels, side, side];
  const synapses = (): ConvSynapses => ({
    kind: "conv2d",
    weight: weights(channels * channels * 9, 8),
    inputShape: shape,
    outputShape: shape,
    kernel: [3, 3],
    stride: [1, 1],
    padding: [1, 1],
    dilation: [1, 1],
    groups: 1,
  });
  const size = channels * side * side;
  const name = `conv 3x3, ${channels} channels, 32x32, 8 bits${sum === "weight" ? "" : ", graded"}`;
  return { name, synapses, sum, sources: size, neurons: size, activities: [0.02, 0.1, 0.3], samples: 1 };
}

function sparse(sources: number, neurons: number, share: number, more: Partial<Case> = {}): Case {
  const synapses = (): SparseSynapses => {
    const start = new Uint32Array(sources + 1);
    const target: number[] = [];
    for (let source = 0; source < sources; source++) {
      for (let neuron = 0; neuron < neurons; neuron++) if (chance(1000) < 1000 * share) target.push(neuron);
      start[source + 1] = target.length;
    }
    return { kind: "sparse", start, target: Uint32Array.from(target), weight: weights(target.length, 8) };
  };
  const name = `sparse ${sources}x${neurons}, ${100 * share} % non-zero, 8 bits${more.inOrder === true ? ", in order" : ""}`;
  return { name, synapses, sum: "weight", sources, neurons, activities: [0.1], samples: 1, ...more };
}

const activities = [0.01, 0.1, 0.5];
const cases: readonly Case[] = [
  dense(784, 1024, 8, { activities }),
  dense(4096, 4096, 8, { activities }),
  dense(16_384, 4096, 8, { activities }),
  dense(4096, 4096, 1),
  dense(4096, 4096, 4),
  dense(4096, 4096, 16),
  dense(4096, 4096, 8, { sum: "weight * payload" }),
  dense(4096, 4096, 16, { sum: "weight * payload" }),
  dense(4096, 4096, 8, { samples: 16 }),
  dense(16_384, 4096, 8, { samples: 16 }),
  conv(16),
  conv(32),
  conv(64),
  conv(32, "weight * payload"),
  sparse(4096, 4096, 0.01),
  sparse(4096, 4096, 0.04),
  sparse(4096, 4096, 0.1),
  dense(784, 1024, 8, { activities, inOrder: true }),
  dense(4096, 4096, 8, { activities, inOrder: true }),
  sparse(4096, 4096, 0.04, { inOrder: true }),
];

await main(async () => {
  const options = readOptions(["json", "repeats", "only"]);
  const repeats = Number(options.repeats ?? "9");
  const at = facts();
  const modules = await loadDelivery();
  const measured: Delivered[] = [];
  for (const one of cases) {
    if (!one.name.includes(options.only ?? "")) continue;
    const lines = await measure(one, modules, repeats);
    if (lines === null) return false;
    measured.push(...lines);
  }
  const results: DeliveryResults = { ...at, repeats, measured };
  console.log(deliveryPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

/** A delivery with lists of events and what the roof needs, all in one memory. */
interface Bench {
  readonly form: string;
  /** Of one row: weights, and what lists have beside them. */
  readonly rowBytes: number;
  readonly neuron: readonly Uint32Array[];
  readonly payload: Int32Array;
  /** Room for addresses of rows. */
  readonly addresses: Uint32Array;
  readonly rowAt: (source: number) => number;
  readonly memory: WasmMemory;
  /** Of lists: where the places of targets begin, and as many sums as there are neurons; null for others. */
  readonly listed: { readonly targets: number; readonly entries: number; readonly sums: number } | null;
  /** All samples together. */
  readonly run: (lists: readonly List[]) => void;
  /** Samples one after another; null where there is one. */
  readonly oneByOne: ((lists: readonly List[]) => void) | null;
  /** @returns synops of all lists; null when a kernel differs from the interpreter */
  readonly check: (lists: readonly List[]) => number | null;
}

function open(one: Case, synapses: Synapses, modules: DeliveryModules): Bench {
  const { neurons, sources, sum, samples } = one;
  const layout = new Layout();
  const packed = packSynapses(synapses, { neurons, low: 0, high: neurons }, sum, layout);
  const places = reserveSums(packed, layout, samples);
  const lists = Array.from({ length: samples }, () => layout.reserve("u32", sources));
  const payloads = layout.reserve("i32", sources);
  const addresses = layout.reserve("u32", sources * samples + 8);
  const touched = layout.reserve("i32", neurons);
  const memory = openMemory(layout);
  writeSynapses(packed, synapses, memory);
  const kernels = deliveryKernels(modules, memory);
  const delivery = openDelivery({ kernels, memory, packed, places, synapses, name: one.name });
  const { form } = packed;
  const payload = viewOf(memory, payloads);
  for (let i = 0; i < sources; i++) payload[i] = chance(200) - 100;
  return {
    form: `${form.kind} ${form.bits}`,
    ...rowsOf(packed, synapses, memory),
    neuron: lists.map((list) => viewOf(memory, list)),
    payload,
    addresses: viewOf(memory, addresses),
    memory,
    listed:
      form.kind === "sparse"
        ? { targets: form.targets.offset, entries: form.targets.length, sums: touched.offset }
        : null,
    run: (all) => delivery.addUpBatch(all),
    oneByOne: samples === 1 ? null : (all) => all.forEach((list, i) => delivery.addUp(list, i)),
    check: (all) => check(one, synapses, delivery, all),
  };
}

/** Where the weights of a source lie. */
function rowsOf({ form }: PackedSynapses, synapses: Synapses, memory: WasmMemory): Pick<Bench, "rowBytes" | "rowAt"> {
  if (form.kind === "dense") {
    return { rowBytes: form.stride, rowAt: (source) => form.weights.offset + source * form.stride };
  }
  if (synapses.kind === "conv2d") {
    // One kernel for all pixels of a channel.
    const [channels = 1, height = 1, width = 1] = synapses.inputShape;
    const rowBytes = form.weights.length / channels;
    return { rowBytes, rowAt: (source) => form.weights.offset + Math.floor(source / height / width) * rowBytes };
  }
  if (form.kind === "conv2d") throw new Error("a convolution's form holds something else");
  const start = viewOf(memory, form.start);
  const rowBytes = (form.weights.length + 2 * form.targets.length) / form.sources;
  return { rowBytes, rowAt: (source) => form.targets.offset + 2 * start[source]! };
}

function openOrdered({ sources, neurons }: Case, synapses: Synapses): Bench {
  const bench = openInOrder(synapses, sources, neurons);
  return {
    ...bench,
    listed: null,
    neuron: [bench.neuron],
    run: ([list]) => bench.deliver(list!),
    oneByOne: null,
    check: ([list]) => bench.check(list!),
  };
}

/** @returns null when a kernel differs from the interpreter */
async function measure(one: Case, modules: DeliveryModules, repeats: number): Promise<Delivered[] | null> {
  const synapses = one.synapses();
  const bench = one.inOrder === true ? openOrdered(one, synapses) : open(one, synapses, modules);
  const measured: Delivered[] = [];
  for (const activity of one.activities) {
    const lists = bench.neuron.map((neuron) => fire(neuron, bench.payload, one.sources, activity));
    // Registers that are added to go on from where they were: each activity begins anew.
    const synops = one.inOrder === true ? openOrdered(one, synapses).check(lists) : bench.check(lists);
    if (synops === null) {
      console.log(`✗ ${one.name}: the kernel differs from the interpreter.`);
      return null;
    }
    const times = Math.max(1, Math.ceil(leastSynops / synops));
    const { run, oneByOne } = bench;
    const contestants = new Map<string, Contestant>();
    contestants.set(
      "kernel",
      timed(() => run(lists), times),
    );
    if (oneByOne !== null) {
      contestants.set(
        "one by one",
        timed(() => oneByOne(lists), times),
      );
    }
    const bytes = addRoofs(contestants, bench, lists, times);
    if (one.inOrder !== true) addArithmetic(contestants, one, bench, { bytes, synops, times });
    if (synapses.kind === "dense" && one.samples === 1 && one.inOrder !== true)
      contestants.set("JavaScript", inJavaScript(one, synapses.weight, lists[0]!));
    const timings = await inTurns(contestants, repeats);
    // Each contestant repeats as often as it needs to be measured well.
    for (const [name, timing] of timings) {
      timings.set(name, name === "JavaScript" ? timing : timing.map((seconds) => seconds / times));
    }
    const line = { name: one.name, form: bench.form, activity, synops, bytes, timings: Object.fromEntries(timings) };
    measured.push(line);
    console.log(lineOf(line).join("  "));
  }
  return measured;
}

type List = EventList;

function fire(neuron: Uint32Array, payload: Int32Array, sources: number, activity: number): List {
  let count = 0;
  for (let source = 0; source < sources; source++) if (chance(10_000) < 10_000 * activity) neuron[count++] = source;
  return { neuron, payload, begin: 0, count, binary: false };
}

/** @returns synops of all lists; null when a kernel differs from the interpreter */
function check(
  { name, sum, neurons }: Case,
  synapses: Synapses,
  delivery: KernelDelivery,
  lists: readonly List[],
): number | null {
  delivery.addUpBatch(lists);
  const rows = openRows(synapses, neurons, 0, neurons);
  let synops = 0;
  for (const [sample, list] of lists.entries()) {
    const total = new Float64Array(neurons);
    const expected = addUp(rows, list, sum, total, name);
    const { total: own, wide, synops: counted } = delivery.sums[sample]!;
    if (wide !== null || counted !== expected || !total.every((value, i) => value === own[i])) return null;
    synops += counted;
  }
  return synops;
}

/** Once without a clock: whoever had its turn before may have emptied the caches. */
function timed(run: () => void, times: number): Contestant {
  return () => {
    run();
    const start = performance.now();
    for (let i = 0; i < times; i++) run();
    return Promise.resolve((performance.now() - start) / 1000);
  };
}

/** The same rows, only loaded. @returns their bytes */
function addRoofs(contestants: Map<string, Contestant>, bench: Bench, lists: readonly List[], times: number): number {
  const { addresses, rowAt } = bench;
  // Whole lines of the cache, and no more than there are.
  const rowBytes = Math.max(64, 64 * Math.floor(bench.rowBytes / 64));
  let count = 0;
  for (const { neuron, count: events } of lists)
    for (let i = 0; i < events; i++) addresses[count++] = rowAt(neuron[i]!);
  for (const together of [4, 8]) {
    const load = openLoad(bench.memory, together);
    const whole = Math.ceil(count / together) * together;
    for (let i = count; i < whole; i++) addresses[i] = addresses[i - together]!;
    contestants.set(
      `load ${together} rows`,
      timed(() => void load(addresses.byteOffset, whole, rowBytes), times),
    );
  }
  return count * rowBytes;
}

/** What has to be done with each weight; `bench.addresses` holds those of the rows. */
function addArithmetic(
  contestants: Map<string, Contestant>,
  { sum }: Case,
  { form, memory, addresses, rowBytes, listed }: Bench,
  { bytes, synops, times }: { readonly bytes: number; readonly synops: number; readonly times: number },
): void {
  if (listed !== null) {
    const touch = openTouch(memory);
    const count = 8 * Math.floor(Math.min(synops, listed.entries) / 8);
    const turns = Math.max(1, Math.round(synops / count));
    contestants.set(
      "arithmetic",
      timed(() => {
        for (let turn = 0; turn < turns; turn++) touch(listed.targets, count, listed.sums);
      }, times),
    );
  } else if (form === "conv2d 8") {
    const own = Math.max(64, 64 * Math.floor(rowBytes / 64));
    const work = openArithmetic(memory, sum !== "weight");
    contestants.set(
      "arithmetic",
      timed(() => void work(addresses.byteOffset, bytes / own, own), times),
    );
  }
}

/** One addition for each synapse, from weights as narrow as the kernel's. */
function inJavaScript(
  { neurons, sum }: Case,
  weight: Int8Array | Int16Array | Int32Array,
  { neuron, payload, count }: List,
): Contestant {
  const narrow = weight.some((one) => one < -128 || one > 127) ? Int16Array.from(weight) : Int8Array.from(weight);
  const total = new Int32Array(neurons);
  return timed(() => {
    total.fill(0);
    for (let i = 0; i < count; i++) {
      const [row, factor] = [neuron[i]! * neurons, sum === "weight" ? 1 : payload[i]!];
      for (let j = 0; j < neurons; j++) total[j]! += factor * narrow[row + j]!;
    }
  }, 1);
}
