/** What all measurements share: facts about machine and versions, repeated timing, tables, the peers' Python. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { version } from "bitspike";

/** Where and with what something was measured. */
export interface Facts {
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
    /** Over the last minute, when the measurement began: more than the cores that are used tells of other work. */
    readonly load: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  /** Of the sources, with `+` where they were changed since. */
  readonly commit: string;
  readonly date: string;
}

/** A path of the project, given relative to its root. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** @param more versions of what is compared with */
export function facts(more: Readonly<Record<string, string>> = {}): Facts {
  const [first] = cpus();
  return {
    machine: {
      processor: first?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${arch()}`,
      load: Number((loadavg()[0] ?? 0).toFixed(2)),
    },
    versions: { bitspike: version, node: process.versions.node, ...tensorFlowVersions(), ...more },
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}

function tensorFlowVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const found: Record<string, string> = {};
  for (const name of ["@tensorflow/tfjs-core", "@tensorflow/tfjs-node"]) {
    try {
      found[name] = (require(`${name}/package.json`) as { version: string }).version;
    } catch {
      // tfjs-node is optional.
    }
  }
  return found;
}

function commit(): string {
  try {
    const changes = git("status", "--porcelain", "--", "src", "targets", "bench", ":!bench/results");
    return git("rev-parse", "--short=12", "HEAD") + (changes === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: projectPath("."), stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim();
}

/** Where and with what, as lines of a list. */
export function factLines({ machine, versions, commit, date }: Facts): string {
  const { processor, cores, memoryGiB, system, load } = machine;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Machine: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; load average ${load}`,
    `- Versions: ${list.join(", ")}`,
    `- Commit ${commit}, ${date}`,
  ].join("\n");
}

/** Seconds that something took in each of several rounds. */
export type Timing = readonly number[];

/** One of several things whose times are compared: a run that gives the seconds it took. */
export type Contestant = () => Promise<number>;

/**
 * Run each contestant once to warm up and then all in turns, so that what else goes on at the machine meets all alike.
 */
export async function inTurns(
  contestants: ReadonlyMap<string, Contestant>,
  repeats: number,
): Promise<Map<string, Timing>> {
  const timings = new Map([...contestants.keys()].map((name) => [name, [] as number[]]));
  for (const run of contestants.values()) await run();
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [name, run] of contestants) timings.get(name)?.push(await run());
  }
  return timings;
}

/** The middle value; the mean of the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** Fastest, middle and slowest of many rounds, in the place of all of them. */
export function extremes(timing: Timing): Timing {
  return [Math.min(...timing), median(timing), Math.max(...timing)];
}

/** The value below which a share of all lies, in percent: the nearest one there is. */
export function percentile(values: Iterable<number>, percent: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

/** How many times as fast as a peer something is, each by its fastest round: the one that other work disturbed least. */
export function timesAsFast(own: Timing, peer: Timing): string {
  const times = ratioOf(own, peer);
  return `${times < 100 ? times.toFixed(2) : Math.round(times).toLocaleString("en")} x`;
}

/** How many times as fast, as a number. */
export function ratioOf(own: Timing, peer: Timing): number {
  return Math.min(...peer) / Math.min(...own);
}

/** Microseconds for one of so many: median (fastest). */
export function microseconds(timing: Timing, count: number): string {
  return `${short((1e6 * median(timing)) / count)} (${short((1e6 * Math.min(...timing)) / count)})`;
}

/** Amount per second: median (lowest to highest). */
export function rate(amount: number, timing: Timing): string {
  const [slowest, fastest] = [Math.max(...timing), Math.min(...timing)];
  return `${short(amount / median(timing))} (${short(amount / slowest)} to ${short(amount / fastest)})`;
}

/** Seconds that a call takes. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** A Markdown table; every cell but the first of a row to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(width[i] ?? 0) : cell.padStart(width[i] ?? 0))).join(" | ")} |`;
  const rule = width.map((size, i) => (i === 0 ? "-".repeat(size) : `${"-".repeat(size - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A number in three digits: 1,230,000 or 0.0123. */
export function short(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);
}

/**
 * Python of an environment that `npm run peers` makes: of numpy 2 for what runs on torch, of numpy 1 for older emulators.
 *
 * @throws Error when it is not there
 */
export function peersPython(environment: "venv" | "venv-numpy1" = "venv"): string {
  const python = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const path = projectPath(`bench/peers/${environment}/${python}`);
  if (!existsSync(path)) throw new Error("The Python environment is missing; npm run peers makes it.");
  return path;
}

/** Options of a measurement: `--name value` each. @throws Error for others */
export function readOptions<Name extends string>(names: readonly Name[]): Partial<Record<Name, string>> {
  const options: Partial<Record<Name, string>> = {};
  const given = process.argv.slice(2);
  for (let i = 0; i < given.length; i += 2) {
    const name = names.find((each) => given[i] === `--${each}`);
    const value = given[i + 1];
    if (name === undefined || value === undefined) {
      throw new Error(
        `${given[i] ?? ""} is no option, or has no value; options: ${names.map((each) => `--${each}`).join(", ")}.`,
      );
    }
    options[name] = value;
  }
  return options;
}

/** Run a script's work; a failure is told in one line. Exit code 1 when it returns false, 2 when it fails. */
export async function main(work: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await work()) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}

/** The JSON document in a file of the project. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
