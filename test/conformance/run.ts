/** Runs the cases of all oracles that are found, each on every engine that supports it. */

import { join } from "node:path";
import { backendNames, tryBackends, type BackendName } from "../../src/reference/backend.ts";
import { oracleNames, vectorFiles } from "./folder.ts";
import { lava } from "./lava.ts";
import { nengoLoihi } from "./nengo-loihi.ts";
import { neurobench } from "./neurobench.ts";
import { nir } from "./nir.ts";
import type { Adapter, Case, IntegerEngine } from "./oracle.ts";
import { odin } from "./odin.ts";
import { ranc } from "./ranc.ts";
import { sanaFe } from "./sana-fe.ts";
import { snntorch } from "./snntorch.ts";
import { speck } from "./speck.ts";
import { tinyodin } from "./tinyodin.ts";
import { Tally, type Difference, type RoundingNote } from "./tally.ts";
import { xylo } from "./xylo.ts";

/** One adapter per oracle. */
export const adapters: readonly Adapter[] = [
  lava,
  nengoLoihi,
  neurobench,
  nir,
  odin,
  ranc,
  sanaFe,
  snntorch,
  speck,
  tinyodin,
  xylo,
];

export type EngineName = BackendName | IntegerEngine;
export const integerEngines: readonly IntegerEngine[] = ["interpreter", "kernels", "plain", "shards"];
/** Those on which a chip that is sent words can be opened. */
const eventEngines: readonly Exclude<IntegerEngine, "kernels" | "shards">[] = ["interpreter", "plain"];
export const engineNames: readonly EngineName[] = [...backendNames, ...integerEngines];

/** The plain walk is slow and threads take long to start: of every so many cases they take one. */
const partOf: Readonly<Record<IntegerEngine, number>> = { interpreter: 1, kernels: 1, plain: 5, shards: 12 };

export interface RunOptions {
  /** Folder with one folder per oracle. */
  readonly vectors: string;
  /** Oracles to run; all that are found when missing. */
  readonly only?: readonly string[] | undefined;
  /** Engine to run on; all when missing. */
  readonly engine?: EngineName | undefined;
}

/** What came of one oracle. */
export interface OracleResult {
  readonly name: string;
  readonly files: number;
  readonly cases: number;
  /** Cases that ran on one engine at least. */
  run: number;
  readonly unsupported: { readonly case: string; readonly capability: string }[];
  /** Over all engines. */
  values: number;
  mismatches: number;
  worst: number;
  first: Difference | null;
  /** Spikes decided by the order of summation. */
  readonly rounding: RoundingNote[];
  /** Cases run by engine; cases that need none are counted as `none`. */
  readonly engines: Record<string, number>;
  /** Files that could not be read, with the reason. */
  readonly unreadable: { readonly file: string; readonly reason: string }[];
}

export interface ConformanceResult {
  readonly oracles: readonly OracleResult[];
  /** Folders beside the oracles for which there is no adapter. */
  readonly unknown: readonly string[];
  /** Float backends that cannot be used here, with the reason. */
  readonly absent: readonly { readonly engine: string; readonly reason: string }[];
}

/** Run everything. @throws when the folder itself or an oracle asked for is not there */
export async function runConformance(options: RunOptions): Promise<ConformanceResult> {
  const trials = await tryBackends();
  const backends = trials.filter(({ ok }) => ok).map(({ name }) => name);
  const absent = trials.filter(({ ok }) => !ok).map(({ name, reason }) => ({ engine: name, reason: reason ?? "" }));
  const oracles: OracleResult[] = [];
  for (const adapter of chosenAdapters(options)) {
    oracles.push(await runOracle(adapter, join(options.vectors, adapter.name), { ...options, backends }));
  }
  const known = adapters.map(({ name }) => name);
  const unknown =
    options.only === undefined ? oracleNames(options.vectors).filter((name) => !known.includes(name)) : [];
  return { oracles, unknown, absent };
}

/** Whether nothing differed, nothing was unreadable, and everything asked for was found. */
export function passed({ oracles }: ConformanceResult): boolean {
  return (
    oracles.length > 0 && oracles.every((one) => one.cases > 0 && one.mismatches === 0 && one.unreadable.length === 0)
  );
}

function chosenAdapters({ vectors, only }: RunOptions): readonly Adapter[] {
  const there = oracleNames(vectors);
  for (const name of only ?? []) {
    if (!there.includes(name)) throw new Error(`${vectors} has no folder ${name}`);
    if (!adapters.some((adapter) => adapter.name === name)) throw new Error(`there is no adapter for ${name}`);
  }
  return adapters.filter(({ name }) => there.includes(name) && (only ?? there).includes(name));
}

interface Chosen {
  readonly engine?: EngineName | undefined;
  readonly backends: readonly BackendName[];
}

async function runOracle(adapter: Adapter, path: string, chosen: Chosen): Promise<OracleResult> {
  const { cases, files, unreadable } = findCases(adapter, path);
  const result: OracleResult = {
    name: adapter.name,
    files,
    cases: cases.length,
    run: 0,
    unsupported: [],
    values: 0,
    mismatches: 0,
    worst: 0,
    first: null,
    rounding: [],
    engines: {},
    unreadable,
  };
  for (const [index, found] of cases.entries()) {
    const engines = found.missing === undefined ? enginesFor(found, index, chosen) : [];
    for (const engine of engines) add(result, engine, await runCase(found, engine));
    if (engines.length > 0) result.run++;
    else
      result.unsupported.push({
        case: found.name,
        capability: found.missing ?? `what runs ${found.needs} cases among the chosen engines`,
      });
  }
  return result;
}

function findCases(
  adapter: Adapter,
  path: string,
): Pick<OracleResult, "files" | "unreadable"> & { readonly cases: Case[] } {
  const cases: Case[] = [];
  const unreadable: OracleResult["unreadable"] = [];
  const files = vectorFiles(path);
  for (const { name, folder, document } of files) {
    try {
      const found = adapter.read(document(), folder);
      if (found === null) unreadable.push({ file: name, reason: "its fields are those of no kind of case" });
      for (const one of found ?? []) cases.push({ ...one, name: `${name}: ${one.name}` });
    } catch (error) {
      unreadable.push({ file: name, reason: String(error) });
    }
  }
  return { cases, files: files.length, unreadable };
}

/** The engines for a case; a part of the integer cases also runs on the slower ones, all of them when one is named. */
function enginesFor(found: Case, index: number, { engine, backends }: Chosen): readonly (EngineName | "none")[] {
  const all: readonly EngineName[] =
    found.needs === "float" ? backends : found.needs === "events" ? eventEngines : integerEngines;
  if (found.needs === "nothing") return ["none"];
  if (engine !== undefined) return all.filter((name) => name === engine);
  return all.filter((name) => !(name in partOf) || index % partOf[name as IntegerEngine] === 0);
}

/** Run one case on one engine and compare. */
export async function runCase(found: Case, engine: EngineName | "none"): Promise<Tally> {
  const tally = new Tally(`${found.name} (${engine})`);
  try {
    if (found.needs === "nothing") await found.run(tally);
    else if (found.needs === "events") found.run(engine === "plain" ? "plain" : "interpreter", tally);
    else if (found.needs === "float") await found.run(engine as BackendName, tally);
    else await found.run(engine as IntegerEngine, tally);
  } catch (error) {
    tally.fail("run", error);
  }
  return tally;
}

function add(result: OracleResult, engine: string, tally: Tally): void {
  result.engines[engine] = (result.engines[engine] ?? 0) + 1;
  result.values += tally.values;
  result.mismatches += tally.mismatches;
  result.worst = Math.max(result.worst, tally.worst);
  result.first ??= tally.first;
  result.rounding.push(...tally.notes);
}
