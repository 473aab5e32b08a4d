/**
 * How many samples per second does the float reference run, on each backend, against snnTorch on the same machine? The
 * tutorial's 784-1000-10 network over 200 timesteps with a tenth of the inputs active: `node
 * dist-bench/float-against-snntorch.js [--json FILE] [--repeats N]`.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReference, tryBackends, type Probe, type ReferenceEngine } from "bitspike";
import { floatPage, type FloatResults } from "./pages/float.ts";
import { comparePeer, type Agreement, type Peer } from "./peers/compare.ts";
import type { PeerProcess } from "./peers/process.ts";
import { bestThreads, firstSamples, openSnnTorch, peerOf } from "./peers/snntorch.ts";
import { facts, inTurns, main, readOptions, seconds, type Contestant } from "./shared.ts";

const batches = [1, 32, 128];
/** Samples whose every spike and membrane is compared before anything is timed. */
const checked = 32;
/** The slowest backend takes a minute for the larger batches. */
const onlyAlone: ReadonlySet<string> = new Set(["cpu"]);

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "9");
  const folder = mkdtempSync(join(tmpdir(), "bitspike-bench-"));
  const snnTorch = await openSnnTorch(folder, Math.max(...batches), checked);
  const at = facts(snnTorch.versions);
  try {
    const peer = peerOf(folder);
    const missing: Record<string, string> = {};
    const engines = await openEngines(peer, missing);
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
      missing,
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

/** @param missing takes why a backend could not be used */
async function openEngines(
  { network }: Peer,
  missing: Record<string, string>,
): Promise<ReadonlyMap<string, ReferenceEngine>> {
  const engines = new Map<string, ReferenceEngine>();
  for (const { name, ok, reason } of await tryBackends()) {
    if (ok) engines.set(name, await openReference(network, { backend: name }));
    else missing[name] = reason ?? "it does not work";
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
    const agreement = await comparePeer(engine, { ...peer, stimulus: firstSamples(peer.stimulus, samples) });
    if (agreement.mismatches > 0) {
      console.log(`✗ ${name} does not compute what snnTorch does: ${agreement.first ?? ""}`);
      return null;
    }
    all[name] = agreement;
  }
  return all;
}

async function measure(
  batch: number,
  snnTorch: PeerProcess,
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
  const stimuli = new Map([[input, firstSamples(stimulus, batch)]]);
  // As the tutorial: spikes and membranes of the output. Spikes of the other population come with every recording.
  const probes: Probe[] = [{ population: "3", register: "membrane" }];
  for (const [name, engine] of engines) {
    if (batch > 1 && onlyAlone.has(name)) continue;
    contestants.set(name, () => seconds(() => engine.run(stimuli, { probes })));
  }
  return { batch, threads, timings: Object.fromEntries(await inTurns(contestants, repeats)) };
}
