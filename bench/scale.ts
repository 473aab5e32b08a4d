/**
 * How large a network can be: memory and time of randomly wired networks, each in a process of its own:
 * `node dist-bench/scale.js [--json FILE]`; `--network N` runs the Nth of them and prints what it found as JSON.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  openInterpreter,
  openKernels,
  programOfIntegers,
  readTarget,
  synapsesByRow,
  type Program,
  type SteppingEngine,
} from "bitspike";
import { scalePage, type ScaleNetwork, type ScaleResults } from "./pages/scale.ts";
import { facts, main, readOptions } from "./shared.ts";

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

await main(async () => {
  const options = readOptions(["json", "network"]);
  if (options.network !== undefined) {
    console.log(JSON.stringify(await measure(networks[Number(options.network)]!)));
    return true;
  }
  if (!(await givesTheResult())) {
    console.log("✗ kernels: their spikes are not the interpreter's.");
    return false;
  }
  const script = fileURLToPath(import.meta.url);
  const found = networks.map((_, index) => {
    const printed = execFileSync(process.execPath, [script, "--network", String(index)], { encoding: "utf8" });
    return JSON.parse(printed) as ScaleNetwork;
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

async function measure(size: Size): Promise<ScaleNetwork> {
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
