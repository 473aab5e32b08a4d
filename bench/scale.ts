/**
 * How large a network can be: memory and time of randomly wired networks on one thread and on two, each in a process of its
 * own: `node dist-bench/scale.js [--json FILE]`; `--network N` runs the Nth of them on one thread and prints what it found as
 * JSON, `--divided N` does so on two threads. `--gibibytes N` checks a network with so many of synapses, which one memory
 * does not hold beyond 4, against the interpreter; it takes somewhat more than twice as much memory.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { fileURLToPath } from "node:url";
import {
  openInterpreter,
  openKernels,
  openShards,
  programOfIntegers,
  readTarget,
  synapsesByRow,
  type Program,
  type Recording,
  type SparseSynapses,
  type SteppingEngine,
  type Stimuli,
} from "bitspike";
import { scalePage, type DividedNetwork, type ScaleNetwork, type ScaleResults } from "./pages/scale.ts";
import { facts, inTurns, main, readOptions, seconds } from "./shared.ts";

/** Neurons, how many of them each one reaches, and a threshold with which few of them fire, or many. */
const networks = [
  { neurons: 1_000_000, fanOut: 250, threshold: 400 },
  { neurons: 1_000_000, fanOut: 250, threshold: 100 },
  { neurons: 10_000_000, fanOut: 10, threshold: 100 },
] as const;
const target = "generic-8bit";
const inputs = 1000;
interface Size {
  readonly neurons: number;
  readonly fanOut: number;
  readonly threshold: number;
}

/** A tenth of the inputs fires in each timestep; each drives 50 neurons. */
const active = Uint32Array.from({ length: inputs / 10 }, (_, i) => i * 10);
const [warmUp, steps] = [30, 100];
/** Timesteps of a recording on two threads, and how often each way is timed. */
const [recorded, rounds] = [20, 7];
/** Bytes of a listed synapse of a program: its target and its weight. */
const listedBytes = 5;
/** Of the network that is compared with the interpreter: timesteps, and events that come in in each. */
const [compared, arriving] = [12, 100];

await main(async () => {
  const options = readOptions(["json", "network", "divided", "gibibytes"]);
  if (options.gibibytes !== undefined) return isRight(Number(options.gibibytes));
  if (options.network !== undefined) {
    console.log(JSON.stringify(await measure(networks[Number(options.network)]!)));
    return true;
  }
  if (options.divided !== undefined) {
    const found = await measureDivided(networks[Number(options.divided)]!);
    console.log(JSON.stringify(found));
    return found !== null;
  }
  if (!(await givesTheResult())) {
    console.log("✗ kernels: their spikes are not the interpreter's.");
    return false;
  }
  const script = fileURLToPath(import.meta.url);
  const asked = (option: string, index: number): unknown => {
    return JSON.parse(execFileSync(process.execPath, [script, option, String(index)], { encoding: "utf8" }));
  };
  const found = networks.map((_, index): ScaleNetwork => {
    const one = asked("--network", index) as Omit<ScaleNetwork, "divided">;
    return { ...one, divided: asked("--divided", index) as DividedNetwork };
  });
  const results: ScaleResults = { ...facts(), target, inputs: active.length, steps, networks: found };
  console.log(scalePage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

/** Every neuron reaches one in each stretch of the population, by chance, with a weight of -11 to 9. */
function programOfSize({ neurons, fanOut, threshold }: Size): Program {
  const stretch = neurons / fanOut;
  const inner = synapsesByRow({ sources: neurons, targets: neurons, bits: 8 }, (source, add) => {
    let state = Math.imul(source, 2654435761) >>> 0;
    for (let i = 0; i < fanOut; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      add(i * stretch + Math.floor(((state >>> 4) / 2 ** 28) * stretch), ((state >>> 24) % 21) - 11);
    }
  });
  const outer = synapsesByRow({ sources: inputs, targets: neurons, bits: 8 }, (source, add) => {
    for (let i = 0; i < 50; i++) add(Math.floor(((source * 50 + i) * neurons) / (inputs * 50)), 120);
  });
  return programOfIntegers(readTarget(target), {
    inputs: [{ name: "in", shape: [inputs] }],
    populations: [{ name: "net", shape: [neurons], parameters: { beta: 230, threshold } }],
    projections: [
      { from: "in", to: "net", synapses: outer },
      { from: "net", to: "net", synapses: inner },
    ],
  });
}

/** Ids of what fires in some timesteps. */
function fired(chip: SteppingEngine, count: number): Uint32Array[] {
  return Array.from({ length: count }, () => {
    const { neuron, count: spikes } = chip.step(new Map([["in", { neuron: active }]])).get("net")!;
    return neuron.slice(0, spikes);
  });
}

/** A small network of the same kind fires alike on the kernels and on the interpreter. */
async function givesTheResult(): Promise<boolean> {
  const program = programOfSize({ neurons: 200_000, fanOut: 25, threshold: 100 });
  const [kernels, interpreter] = [await openKernels(program), openInterpreter(program)];
  const [got, expected] = [fired(kernels, 20), fired(interpreter, 20)];
  const same = got.every((row, step) => row.join() === expected[step]!.join());
  await kernels.close();
  return same && expected.some((row) => row.length > 0);
}

async function measure(size: Size): Promise<Omit<ScaleNetwork, "divided">> {
  const { neurons, fanOut } = size;
  const program = programOfSize(size);
  const chip = await openKernels(program);
  fired(chip, warmUp);
  const events = new Map([["in", { neuron: active }]]);
  const times: number[] = [];
  let spikes = 0;
  for (let step = 0; step < steps; step++) {
    const begin = performance.now();
    spikes += chip.step(events).get("net")!.count;
    times.push((performance.now() - begin) / 1000);
  }
  const { kind } = program.projections[1]!.synapses;
  return {
    neurons,
    synapses: neurons * fanOut + inputs * 50,
    stored: kind,
    spikesPerStep: spikes / steps,
    times,
    mebibytes: process.resourceUsage().maxRSS / 1024,
  };
}

/** So many samples of the same events. */
function samplesOf(samples: number): Stimuli {
  return new Map([
    ["in", { samples, steps: recorded, shape: [inputs], kind: "spikes", constant: true, read: readActive }],
  ]);
}

function readActive(_sample: number, _step: number, out: Float32Array | Float64Array): void {
  out.fill(0);
  for (const neuron of active) out[neuron] = 1;
}

/** A number that tells all spikes of a sample from others. */
function spikesOf({ populations, steps: own }: Recording, sample: number): number {
  const { start, neuron } = populations[0]!.spikes;
  let hash = start[(sample + 1) * own]! - start[sample * own]!;
  for (let i = start[sample * own]!; i < start[(sample + 1) * own]!; i++)
    hash = Math.imul(hash ^ neuron[i]!, 16_777_619);
  return hash;
}

/** By core on two threads, and as many whole copies; null where their spikes are not those of one thread. */
async function measureDivided(size: Size): Promise<DividedNetwork | null> {
  const program = programOfSize(size);
  const [one, two] = [samplesOf(1), samplesOf(2)];
  const byCore = await openShards(program, { threads: 2, split: "core" });
  const divided = spikesOf(await byCore.run(one), 0);
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  // Both workers have the whole network; with one sample the second has nothing to do.
  const copies = await openShards(program, { threads: 2, split: "sample" });
  const both = await copies.run(two);
  const expected = spikesOf(await copies.run(one), 0);
  if ([divided, spikesOf(both, 0), spikesOf(both, 1)].some((spikes) => spikes !== expected)) return null;
  const ways = {
    one: () => seconds(() => copies.run(one)),
    byCore: () => seconds(() => byCore.run(one)),
    copies: () => seconds(() => copies.run(two)),
  };
  const timings = await inTurns(new Map(Object.entries(ways)), rounds);
  await Promise.all([byCore.close(), copies.close()]);
  const [oneThread, twoThreads, twoCopies] = Object.keys(ways).map((way) => timings.get(way)!);
  return { steps: recorded, mebibytes, oneThread: oneThread!, twoThreads: twoThreads!, twoCopies: twoCopies! };
}

/** Whether a network whose synapses take so much, half of them as a matrix and half as lists, fires as on the interpreter. */
async function isRight(gibibytes: number): Promise<boolean> {
  const half = (gibibytes / 2) * 2 ** 30;
  if (freemem() < 5 * half) throw new Error(`There are not ${(5 * half) / 2 ** 30} GiB of memory left.`);
  const neurons = Math.floor(Math.sqrt(half));
  const program = programOfSynapses(neurons, Math.floor(half / listedBytes / neurons));
  const steps = Array.from(
    { length: compared },
    (_, step) =>
      new Map([
        ["in", { neuron: Uint32Array.from({ length: arriving }, (_, i) => (i * neurons) / arriving + step * 7) }],
      ]),
  );
  const chip = await openKernels(program);
  const interpreter = openInterpreter(program);
  let spikes = 0;
  for (const [step, events] of steps.entries()) {
    const [got, wanted] = [chip, interpreter].map((engine) => {
      const { neuron, count } = engine.step(events).get("net")!;
      return neuron.slice(0, count);
    }) as [Uint32Array, Uint32Array];
    if (got.join() !== wanted.join()) {
      console.log(`✗ timestep ${step}: the spikes of the kernels are not the interpreter's.`);
      return false;
    }
    spikes += wanted.length;
  }
  const bytes = program.projections.reduce((all, { synapses }) => all + synapses.weight.length, 0);
  console.log(
    `✓ ${neurons} neurons, ${(bytes / 1e9).toFixed(2)} thousand million synapses, ${gibibytes} GiB: ${spikes} spikes in ${compared} timesteps, all the interpreter's.`,
  );
  await chip.close();
  return spikes > 0;
}

/** As many inputs as neurons, each with a synapse to every neuron; neurons reach `fanOut` of each other. */
function programOfSynapses(neurons: number, fanOut: number): Program {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >> 24;
  const weight = new Int8Array(neurons * neurons);
  for (let i = 0; i < weight.length; i++) weight[i] = next();
  return programOfIntegers(readTarget(target), {
    inputs: [{ name: "in", shape: [neurons] }],
    populations: [{ name: "net", shape: [neurons], parameters: { beta: 230, threshold: 3000 } }],
    projections: [
      { from: "in", to: "net", synapses: { kind: "dense", weight } },
      { from: "net", to: "net", synapses: listsOf(neurons, fanOut, next) },
    ],
  });
}

/** One target in each stretch of the neurons, at a place that is another for each source. */
function listsOf(neurons: number, fanOut: number, next: () => number): SparseSynapses {
  const stretch = Math.floor(neurons / fanOut);
  const start = Uint32Array.from({ length: neurons + 1 }, (_, source) => source * fanOut);
  const target = new Uint32Array(neurons * fanOut);
  const weight = new Int8Array(neurons * fanOut);
  for (let source = 0, i = 0; source < neurons; source++) {
    for (let j = 0; j < fanOut; j++, i++) {
      target[i] = j * stretch + ((source + j) % stretch);
      weight[i] = next();
    }
  }
  return { kind: "sparse", start, target, weight };
}
