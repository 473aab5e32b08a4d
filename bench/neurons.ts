/**
 * How long does a timestep of one neuron take, for every datapath of every target: the compiled kernel against the
 * interpreter's loops, JavaScript by hand where there is some, and what bounds it: additions over the same arrays, and the
 * time that the processor needs for as many vector instructions?
 * `node dist-bench/neurons.js [--json FILE] [--repeats N] [--only TEXT]`.
 */

import { writeFileSync } from "node:fs";
import { BitspikeError, readTarget, targetNames } from "bitspike";
import { Population, type PopulationLoad } from "../dist/core/population.js";
import { bytesOf, Layout, openMemory, type Region } from "../dist/kernels/memory.js";
import type { KernelNeurons } from "../dist/kernels/neurons.js";
import { additionsPerTurn, openOperations } from "./additions.ts";
import { byHand } from "./by-hand.ts";
import { bound, Driven, loadOf, type Target } from "./driven.ts";
import { neuronPage, type NeuronResults } from "./pages/neurons.ts";
import { extremes, facts, main, readOptions, type Timing } from "./shared.ts";

type Measured = NeuronResults["datapaths"][number];

/** Neurons whose arrays stay in the first-level cache. */
const few = 1024;
/** Bytes of arrays that come from memory: several times what a cache that is shared by many cores holds. */
const bytesOfMany = 2 ** 27;
/** They are measured in parts, in turns so short that other work at the machine leaves some of them alone. */
const neuronsOfPart = 2 ** 19;
/** Neuron updates per measurement in the cache, and inputs that take turns. */
const updates = 2 ** 18;
const inputs = 16;
/** Share of neurons that is to fire, about. */
const wantedRate = 0.05;

await main(() => {
  const options = readOptions(["json", "repeats", "only"]);
  const repeats = Number(options.repeats ?? "9");
  const at = facts();
  const measured: Measured[] = [];
  for (const target of targetNames().map((name) => readTarget(name))) {
    if (target.events !== null) continue;
    for (const name of Object.keys(target.datapaths)) {
      if (!`${target.name} ${name}`.includes(options.only ?? "")) continue;
      const one = measure(target, name, repeats);
      if (one === null) return Promise.resolve(false);
      measured.push(one);
    }
  }
  const results: NeuronResults = { ...at, repeats, few, operation: measureOperations(repeats), datapaths: measured };
  console.log(neuronPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return Promise.resolve(true);
});

/** The input at which about as many neurons fire as wanted, and how many do. */
function calibrate(target: Target, name: string): { amplitude: number; rate: number } {
  let best = { amplitude: 1, rate: rateAt(target, name, 1) ?? 0 };
  for (let amplitude = 2; amplitude <= bound; amplitude *= 2) {
    const rate = rateAt(target, name, amplitude);
    // The registers do not hold such inputs.
    if (rate === null) break;
    if (Math.abs(rate - wantedRate) < Math.abs(best.rate - wantedRate)) best = { amplitude, rate };
  }
  return best;
}

/** Share of neurons that fire in a timestep, null when a register leaves its range. */
function rateAt(target: Target, name: string, amplitude: number): number | null {
  const all = new Driven(loadOf(target, name, few), amplitude, inputs);
  let fired = 0;
  for (let step = 1; step <= 64; step++) {
    all.feed(step);
    try {
      all.neurons.step(step);
    } catch (error) {
      if (error instanceof BitspikeError) return null;
      throw error;
    }
    fired += all.neurons.fired.count;
  }
  return fired / few / 64;
}

/** @returns null when the kernel differs from the interpreter */
function measure(target: Target, name: string, repeats: number): Measured | null {
  const { amplitude, rate } = calibrate(target, name);
  const load = loadOf(target, name, few);
  const small = new Driven(load, amplitude, inputs);
  const { kernel } = small.plan;
  if (!agrees(small, new Population(load, false))) {
    console.log(`✗ ${target.name}, ${name}: the kernel differs from the interpreter.`);
    return null;
  }
  const { loads, stores } = kernel?.traffic ?? { loads: [], stores: [] };
  const bytes = Math.max(1, bytesIn([...new Set([...loads, ...stores])]));
  const parts = Math.ceil(bytesOfMany / (bytes * neuronsOfPart));
  return {
    target: target.name,
    datapath: name,
    rate,
    lanes: kernel === null ? 0 : 128 / kernel.group,
    operations: kernel?.operations ?? 0,
    read: bytesIn(loads),
    written: bytesIn(stores),
    few: measureFew(target, name, small, repeats),
    neurons: parts * neuronsOfPart,
    many: measureMany(loadOf(target, name, neuronsOfPart), amplitude, parts, repeats),
  };
}

/** Nanoseconds of one vector instruction where nothing else holds the processor up. */
function measureOperations(repeats: number): Timing {
  const layout = new Layout();
  layout.reserve("i32", 16);
  const run = openOperations(openMemory(layout));
  const turns = 2 ** 12;
  const times: number[] = [];
  for (let repeat = 0; repeat <= repeats * 10; repeat++) {
    const start = performance.now();
    run(turns);
    const time = ((performance.now() - start) * 1e6) / (turns * additionsPerTurn);
    if (repeat > repeats) times.push(Number(time.toFixed(4)));
  }
  return extremes(times);
}

function bytesIn(regions: readonly Region[]): number {
  return regions.reduce((sum, { storage }) => sum + bytesOf(storage), 0);
}

function ids({ fired }: Population | KernelNeurons): string {
  return fired.neuron.subarray(0, fired.count).join();
}

function agrees(all: Driven, interpreter: Population): boolean {
  for (let step = 1; step <= 50; step++) {
    all.feed(step);
    all.feed(step, interpreter);
    all.neurons.step(step);
    interpreter.step(step);
    for (const [name, array] of interpreter.registers) {
      if (array.some((value, i) => value !== all.neurons.registers.get(name)![i])) return false;
    }
    if (ids(all.neurons) !== ids(interpreter)) return false;
  }
  return true;
}

/** One of several that take turns: `step` of so many timesteps is timed as a whole. */
interface Turn {
  readonly steps: number;
  readonly step: (step: number) => void;
}

/** In the cache; every contestant is given its inputs first, and `inputs` is what that takes alone. */
function measureFew(target: Target, name: string, small: Driven, repeats: number): Readonly<Record<string, Timing>> {
  const steps = updates / few;
  const load = loadOf(target, name, few);
  const interpreter = new Population(load, false);
  const contestants = new Map<string, Turn>([
    ["kernel", { steps, step: (step) => (small.feed(step), small.neurons.step(step)) }],
    ["additions", { steps, step: (step) => (small.feed(step), small.add()) }],
    ["inputs", { steps, step: (step) => small.feed(step) }],
    ["interpreter", { steps: 8, step: (step) => (small.feed(step, interpreter), interpreter.step(step)) }],
  ]);
  const hand = byHand[`${target.name} ${name}`];
  if (hand !== undefined) {
    const run = hand(Object.fromEntries(Object.entries(load.parameters).map(([key, values]) => [key, values[0]!])));
    const names = [...load.datapath.spec.inputs, ...Object.keys(load.datapath.spec.state)];
    const accumulators = new Map(names.map((key) => [key, new Int32Array(few)]));
    const fired = new Uint32Array(few);
    contestants.set("by hand", {
      steps,
      step: (step) => (small.feed(step, { accumulators }), run(accumulators, fired)),
    });
  }
  // Short turns, some of which no other work disturbs.
  return inShortTurns(contestants, repeats * 10, few);
}

/**
 * In memory: one part after the other, so that each has left the cache when its turn comes again. Inputs are given while the
 * clock stands still, since copying takes as long as a step. Additions, which leave anything in registers, have arrays of
 * their own.
 */
function measureMany(
  load: PopulationLoad,
  amplitude: number,
  parts: number,
  repeats: number,
): Readonly<Record<string, Timing>> {
  const open = (): Driven[] => Array.from({ length: parts }, () => new Driven(load, amplitude, 1));
  const [own, others] = [open(), open()];
  const timings = { kernel: [] as number[], additions: [] as number[] };
  const times = (all: readonly Driven[], step: (one: Driven) => void): number[] =>
    all.map((one) => {
      const start = performance.now();
      step(one);
      return Number((((performance.now() - start) * 1e6) / load.high).toFixed(3));
    });
  for (let repeat = 0; repeat <= repeats; repeat++) {
    for (const one of own) one.feed(repeat);
    const kernel = times(own, (one) => one.neurons.step(repeat + 1));
    const additions = times(others, (one) => one.add());
    if (repeat === 0) continue;
    timings.kernel.push(...kernel);
    timings.additions.push(...additions);
  }
  return { kernel: extremes(timings.kernel), additions: extremes(timings.additions) };
}

/** Nanoseconds per neuron and timestep. */
function inShortTurns(
  contestants: ReadonlyMap<string, Turn>,
  repeats: number,
  neurons: number,
): Readonly<Record<string, Timing>> {
  const timings = new Map([...contestants.keys()].map((key) => [key, [] as number[]]));
  for (let repeat = 0; repeat <= repeats; repeat++) {
    for (const [key, { steps, step }] of contestants) {
      const start = performance.now();
      for (let i = 1; i <= steps; i++) step(i);
      const time = ((performance.now() - start) * 1e6) / (steps * neurons);
      // Picoseconds are enough.
      if (repeat > repeats / 10) timings.get(key)!.push(Number(time.toFixed(3)));
    }
  }
  return Object.fromEntries([...timings].map(([key, timing]) => [key, extremes(timing)]));
}
