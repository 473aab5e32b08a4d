/**
 * Does the float reference compute what snnTorch computes? Fresh random networks of every kind that snnTorch can write to
 * NIR, run by both: `npm run peers:check -- [--seeds N] [--first-seed S] [--backend B]`. Exits 1 on a mismatch.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReference, tryBackends } from "bitspike";
import { facts, main, peersPython, projectPath, readJson, readOptions, table } from "../shared.ts";
import { comparePeer, nothing, readPeer, sum, type Agreement, type Unsaid } from "./compare.ts";

interface Index {
  readonly versions: Readonly<Record<string, string>>;
  readonly networks: readonly (Unsaid & { readonly name: string; readonly kind: string })[];
}

/** Sums over the networks of one kind on one backend. */
interface Row {
  readonly networks: number;
  readonly agreement: Agreement;
}

await main(async () => {
  const options = readOptions(["seeds", "first-seed", "backend"]);
  const seeds = wholeNumber("seeds", options.seeds ?? "5");
  const first = wholeNumber("first-seed", options["first-seed"] ?? String(Math.floor(Math.random() * 1e6)));
  const folder = mkdtempSync(join(tmpdir(), "bitspike-peers-"));
  try {
    const script = projectPath("bench/peers/networks.py");
    execFileSync(peersPython(), [script, folder, String(first), String(seeds)], { stdio: "inherit" });
    const index = readJson<Index>(join(folder, "index.json"));
    console.log(versionLine(index.versions));
    console.log(`Networks of the seeds ${first} to ${first + seeds - 1}; --first-seed ${first} makes them again.\n`);
    const usable = (await tryBackends()).filter(({ ok }) => ok).map(({ name }) => name);
    const backends = options.backend === undefined ? usable : [options.backend];
    let mismatches = 0;
    for (const backend of backends) mismatches += await checkBackend(backend, folder, index);
    if (backends.length > 0 && mismatches === 0) console.log("snnTorch and bitspike agree.");
    return mismatches === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${option} takes a whole number, not ${text}.`);
  return value;
}

function versionLine(peers: Readonly<Record<string, string>>): string {
  return Object.entries(facts(peers).versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** Run all networks on one backend and print what came of it. @returns how many values do not match */
async function checkBackend(backend: string, folder: string, index: Index): Promise<number> {
  const rows = new Map<string, Row>();
  for (const { name, kind, ...unsaid } of index.networks) {
    const bytes = (ending: string): Uint8Array => readFileSync(join(folder, name + ending));
    const peer = readPeer(bytes(".nir"), bytes(".npz"), unsaid);
    const engine = await openReference(peer.network, { backend });
    const agreement = await comparePeer(engine, peer);
    await engine.close();
    const label = `${name}, reset ${unsaid.reset}${unsaid.resetDelay ? ", one step late" : ""}`;
    if (agreement.first !== null) console.log(`✗ ${label}: ${agreement.first}`);
    if (agreement.decided > 0) console.log(`  ${label}: ${roundingText(agreement)}`);
    const row = rows.get(kind) ?? { networks: 0, agreement: nothing };
    rows.set(kind, { networks: row.networks + 1, agreement: sum(row.agreement, agreement) });
  }
  const all = [...rows.values()].reduce((a, b) => ({
    networks: a.networks + b.networks,
    agreement: sum(a.agreement, b.agreement),
  }));
  const head = [
    backend,
    "networks",
    "values",
    "mismatches",
    "worst error",
    "near threshold",
    "closest",
    "decided",
    "left out",
  ];
  console.log(table(head, [...rows, ["all", all] as const].map(cells)));
  console.log();
  return all.agreement.mismatches;
}

function roundingText({ decided, margin, leftOut }: Agreement): string {
  const what = decided === 1 ? "1 membrane lies" : `${decided} membranes lie`;
  return `${what} within ${margin.toExponential(1)} of the threshold, so rounding decides; ${leftOut} values after it are not compared.`;
}

function cells([name, { networks, agreement }]: readonly [string, Row]): string[] {
  const { values, mismatches, worst, near, closest, decided, leftOut } = agreement;
  const counts = [networks, values, mismatches].map(count);
  return [
    name,
    ...counts,
    worst.toExponential(1),
    count(near),
    closest.toExponential(1),
    count(decided),
    count(leftOut),
  ];
}

function count(value: number): string {
  return value.toLocaleString("en");
}
