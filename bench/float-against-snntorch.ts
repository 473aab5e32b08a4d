/**
 * How many samples per second does the float reference run, on each backend, against snnTorch on the same machine? The
 * tutorial's 784-1000-10 network over 200 timesteps with a tenth of the inputs active: `node
 * dist-bench/float-against-snntorch.js [--json FILE] [--repeats N]`.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  openReference,
  parseNpz,
  tryBackends,
  writeNpz,
  type Probe,
  type ReferenceEngine,
  type Stimulus,
} from "bitspike";
import { floatPage, type FloatResults } from "./page.ts";
import { comparePeer, readPeer, type Agreement, type Peer } from "./peers/compare.ts";
import { facts, inTurns, main, peersPython, projectPath, readOptions, seconds, type Contestant } from "./shared.ts";

const batches = [1, 32, 128];
/** Samples whose every spike and membrane is compared before anything is timed. */
const checked = 32;
/** What a NIR file does not say: the tutorial's neurons, and so snnTorch's defaults. */
const unsaid = { reset: "subtract", resetDelay: true, classes: { 1: "Leaky", 3: "Leaky" } } as const;
/** The slowest backend takes a minute for the larger batches. */
const onlyAlone: ReadonlySet<string> = new Set(["cpu"]);

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "9");
  const folder = mkdtempSync(join(tmpdir(), "bitspike-bench-"));
  const snnTorch = await openSnnTorch(folder);
  const at = facts(snnTorch.versions);
  try {
    const peer = peerOf(folder);
    const engines = await openEngines(peer);
    const agreement = await checkAll(engines, peer);
    if (agreement === null) return false;
    const measured = [];
    for (const batch of batches) measured.push(await measure(batch, snnTorch, engines, peer, repeats));
    for (const engine of engines.values()) await engine.close();
    const results: FloatResults = {
      ...at,
      repeats,
      steps: peer.stimulus.steps,
      agreement,
      measured,
    };
    console.log(floatPage(results));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    return true;
  } finally {
    snnTorch.close();
    rmSync(folder, { recursive: true });
  }
});

interface Task {
  readonly way: "step" | "layer";
  readonly batch: number;
  readonly threads: number;
}

/** snnTorch in a process of its own, which waits for tasks. */
interface SnnTorch {
  readonly versions: Readonly<Record<string, string>>;
  /** Run the network once. @returns seconds */
  run(task: Task): Promise<number>;
  close(): void;
}

async function openSnnTorch(folder: string): Promise<SnnTorch> {
  const script = projectPath("bench/peers/speed.py");
  const largest = String(Math.max(...batches));
  const child = spawn(peersPython(), [script, folder, largest, String(checked)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("snnTorch's process ended; its message is above.");
    return JSON.parse(line.value) as Record<string, unknown>;
  };
  const { versions } = await answer();
  return {
    versions: versions as Record<string, string>,
    async run(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return (await answer())["seconds"] as number;
    },
    close: () => child.stdin.end(),
  };
}

/** The network with what snnTorch recorded of the first samples, and the input of all of them. */
function peerOf(folder: string): Peer {
  const npz = (name: string): ReturnType<typeof parseNpz> => parseNpz(readFileSync(join(folder, name)));
  const all = writeNpz(new Map([...npz("input.npz"), ...npz("expected.npz")]), false);
  return readPeer(readFileSync(join(folder, "net.nir")), all, unsaid);
}

async function openEngines({ network }: Peer): Promise<ReadonlyMap<string, ReferenceEngine>> {
  const engines = new Map<string, ReferenceEngine>();
  for (const { name, ok, reason } of await tryBackends()) {
    if (ok) engines.set(name, await openReference(network, { backend: name }));
    else console.log(`${name} is left out: ${reason ?? "it does not work"}.`);
  }
  return engines;
}

/** Compare each engine with snnTorch. @returns null when one differs */
async function checkAll(
  engines: ReadonlyMap<string, ReferenceEngine>,
  peer: Peer,
): Promise<Record<string, Agreement> | null> {
  const all: Record<string, Agreement> = {};
  for (const [name, engine] of engines) {
    const samples = onlyAlone.has(name) ? 1 : checked;
    const agreement = await comparePeer(engine, { ...peer, stimulus: part(peer.stimulus, samples) });
    if (agreement.mismatches > 0) {
      console.log(`✗ ${name} does not compute what snnTorch does: ${agreement.first ?? ""}`);
      return null;
    }
    all[name] = agreement;
  }
  return all;
}

/** The first samples of a stimulus. */
function part(stimulus: Stimulus, samples: number): Stimulus {
  return { ...stimulus, samples };
}

async function measure(
  batch: number,
  snnTorch: SnnTorch,
  engines: ReadonlyMap<string, ReferenceEngine>,
  { network, stimulus }: Peer,
  repeats: number,
): Promise<FloatResults["measured"][number]> {
  const contestants = new Map<string, Contestant>();
  const threads: Record<string, number> = {};
  for (const way of ["step", "layer"] as const) {
    const best = await bestThreads(snnTorch, way, batch);
    threads[`snnTorch ${way}`] = best;
    contestants.set(`snnTorch ${way}`, () => snnTorch.run({ way, batch, threads: best }));
  }
  const input = network.nodes.find(({ kind }) => kind === "input")?.name ?? "";
  const stimuli = new Map([[input, part(stimulus, batch)]]);
  // As the tutorial: spikes and membranes of the output. Spikes of the other population come with every recording.
  const probes: Probe[] = [{ population: "3", register: "membrane" }];
  for (const [name, engine] of engines) {
    if (batch > 1 && onlyAlone.has(name)) continue;
    contestants.set(name, () => seconds(() => engine.run(stimuli, { probes })));
  }
  return { batch, threads, timings: Object.fromEntries(await inTurns(contestants, repeats)) };
}

/** The number of threads with which torch can be fastest. */
async function bestThreads(snnTorch: SnnTorch, way: Task["way"], batch: number): Promise<number> {
  let best = { threads: 1, time: Infinity };
  for (let round = 0; round < 8; round++) {
    for (let threads = 1; threads <= availableParallelism(); threads++) {
      const time = await snnTorch.run({ way, batch, threads });
      if (time < best.time) best = { threads, time };
    }
  }
  return best.threads;
}
