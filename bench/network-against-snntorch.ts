/**
 * How fast does a chip's program of the tutorial's 784-1000-10 network run, against the float network in snnTorch? 200
 * timesteps, a tenth of the inputs active, one sample and a batch, one thread and two:
 * `node dist-bench/network-against-snntorch.js [--json FILE] [--repeats N]`.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compile,
  defaultTime,
  discretize,
  openInterpreter,
  openKernels,
  openShards,
  readNir,
  readTarget,
  type Engine,
  type Program,
  type Recording,
  type Stimuli,
} from "bitspike";
import { networkPage, type NetworkResults } from "./pages/network.ts";
import type { PeerProcess } from "./peers/process.ts";
import { bestThreads, firstSamples, openSnnTorch, peerOf, type Way } from "./peers/snntorch.ts";
import { facts, inTurns, main, readOptions, seconds, type Contestant } from "./shared.ts";

/** One that resets as snnTorch does, and one that only resets to zero. */
const targets = [
  { target: "loihi2", reset: "zero" },
  { target: "generic-8bit", reset: "subtract" },
] as const;
const batches = [1, 128];
/** Samples whose every spike is compared with the interpreter's before anything is timed. */
const checked = 4;

/** Every way to run a program; by core only where there is one sample. */
const openers: Readonly<Record<string, (program: Program) => Engine | Promise<Engine>>> = {
  "kernels, 1 thread": openKernels,
  "shards by sample, 2 threads": (program) => openShards(program, { threads: 2, split: "sample" }),
  "shards by core, 2 threads": (program) => openShards(program, { threads: 2, split: "core" }),
};
const suits = (name: string, batch: number): boolean =>
  name.includes("kernels") || name.includes("by core") === (batch === 1);

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "9");
  const folder = mkdtempSync(join(tmpdir(), "bitspike-network-"));
  const snnTorch = await openSnnTorch(folder, Math.max(...batches), 1);
  const at = facts(snnTorch.versions);
  const engines = new Map<string, Engine>();
  try {
    const { stimulus } = peerOf(folder);
    const programs = targets.map(({ target, reset }) => programOf(folder, target, reset));
    const stimuliFor = (samples: number): Stimuli => new Map([["input", firstSamples(stimulus, samples)]]);
    const about: NetworkResults["programs"][number][] = [];
    for (const [i, program] of programs.entries()) {
      const expected = await openInterpreter(program).run(stimuliFor(checked));
      about.push(aboutOf(expected, targets[i]!));
      for (const [name, open] of Object.entries(openers)) {
        const engine = await open(program);
        engines.set(`${program.target.name}, ${name}`, engine);
        if (fingerprint(await engine.run(stimuliFor(checked))) === fingerprint(expected)) continue;
        console.log(`✗ ${program.target.name}, ${name}: differs from the interpreter.`);
        return false;
      }
    }
    const measured = [];
    for (const batch of batches) {
      const own = [...engines].filter(([name]) => suits(name, batch));
      measured.push(await measure(batch, snnTorch, new Map(own), stimuliFor(batch), repeats));
    }
    const { steps } = stimulus;
    const results: NetworkResults = { ...at, repeats, steps, programs: about, measured };
    console.log(networkPage(results));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    return true;
  } finally {
    for (const engine of engines.values()) await engine.close();
    snnTorch.close();
    rmSync(folder, { recursive: true });
  }
});

/** The network that snnTorch wrote; its reset is what NIR does not say. */
function programOf(folder: string, target: string, reset: "zero" | "subtract"): Program {
  const { network } = readNir(readFileSync(join(folder, "net.nir")));
  return compile(discretize(network, { ...defaultTime, dt: null, reset }).network, readTarget(target));
}

function aboutOf(
  { populations, projections, samples, steps }: Recording,
  { target, reset }: (typeof targets)[number],
): NetworkResults["programs"][number] {
  const frames = samples * steps;
  const rates = populations.map(({ neurons, spikes: { neuron } }) => neuron.length / neurons / frames);
  const synops = projections.reduce((all, one) => all + one.synops.reduce((a, b) => a + b, 0), 0);
  return { target, reset, rates, synopsPerStep: synops / frames };
}

async function measure(
  batch: number,
  snnTorch: PeerProcess,
  engines: ReadonlyMap<string, Engine>,
  stimuli: Stimuli,
  repeats: number,
): Promise<NetworkResults["measured"][number]> {
  const contestants = new Map<string, Contestant>();
  const threads: Record<string, number> = {};
  for (const way of ["step", "layer"] as const satisfies readonly Way[]) {
    const best = await bestThreads(snnTorch, way, batch, 4);
    threads[`snnTorch ${way}`] = best;
    contestants.set(`snnTorch ${way}`, () => snnTorch.run({ way, batch, threads: best }));
  }
  // One sample takes a millisecond: some in one turn.
  const times = batch === 1 ? 10 : 1;
  for (const [name, engine] of engines) {
    const run = async (): Promise<void> => {
      for (let i = 0; i < times; i++) await engine.run(stimuli);
    };
    contestants.set(name, async () => (await seconds(run)) / times);
  }
  const timings = Object.fromEntries(await inTurns(contestants, batch === 1 ? 5 * repeats : repeats));
  return { batch, threads, timings };
}

/** All spikes and counters as text. */
function fingerprint({ populations, projections }: Recording): string {
  const spikes = populations.map((each) => [each.name, each.spikes.start.join(), each.spikes.neuron.join()]);
  return JSON.stringify([spikes, projections.map(({ name, synops }) => [name, synops.join()])]);
}
