/** `bitspike doctor`: what this machine offers to a run, and what will be used. */

import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { Command } from "commander";
import { memoryText } from "../measure/numbers.ts";
import { tryBackends, type BackendTrial } from "../reference/backend.ts";
import { item, section, table } from "../report/table.ts";
import { version } from "../version.ts";
import type { MakeCommand } from "./command.ts";
import { openOutput, type JsonOption } from "./output.ts";
import type { Terminal } from "./terminal.ts";

const examples = `
Examples:
  $ bitspike doctor
  $ bitspike doctor --json -`;

/** The `doctor` command. */
export const doctorCommand: MakeCommand = ({ terminal }) =>
  new Command("doctor")
    .description("show the runtime, the TensorFlow.js backend in use and why, SIMD, threads and memory")
    .option("--json <file>", "write the same as JSON; - is standard output")
    .addHelpText("after", examples)
    .action((options: JsonOption) => examine(terminal, options));

interface Findings {
  readonly version: string;
  readonly runtime: { readonly node: string; readonly v8: string; readonly platform: string; readonly arch: string };
  readonly backend: { readonly used: string | null; readonly tried: readonly BackendTrial[] };
  readonly simd: boolean;
  readonly sharedMemory: boolean;
  readonly threads: { readonly available: number; readonly cores: number; readonly model: string };
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
}

async function examine(terminal: Terminal, options: JsonOption): Promise<void> {
  const output = await openOutput(terminal, options);
  const findings = await findOut();
  output.say(findingsText(findings, terminal).trim());
  return output.json(findings);
}

async function findOut(): Promise<Findings> {
  const tried = await tryBackends();
  return {
    version,
    runtime: { node: process.versions.node, v8: process.versions.v8, platform: process.platform, arch: process.arch },
    backend: { used: tried.find(({ ok }) => ok)?.name ?? null, tried },
    simd: webAssembly.validate(simdProbe),
    sharedMemory: typeof SharedArrayBuffer !== "undefined",
    threads: { available: availableParallelism(), cores: cpus().length, model: cpus()[0]?.model ?? "unknown" },
    memory: { total: totalmem(), free: freemem() },
  };
}

/** The types of Node.js 20 know WebAssembly as a namespace of types only. */
const webAssembly = (globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly;

/** The smallest module that uses a SIMD instruction: () => v128 with i8x16.splat of 0. */
const simdProbe = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

function findingsText(
  { runtime, backend, simd, sharedMemory, threads, memory }: Findings,
  { style }: Terminal,
): string {
  const used = backend.used ?? "none works";
  const passedOver = backend.tried
    .slice(
      0,
      backend.tried.findIndex(({ ok }) => ok),
    )
    .map(trialText);
  const rows = [
    ["runtime", `Node.js ${runtime.node} (V8 ${runtime.v8}), ${runtime.platform} ${runtime.arch}`],
    ["float backend", [used, ...passedOver].join("; ")],
    ["WebAssembly SIMD", simd ? "yes" : "no"],
    ["shared memory", sharedMemory ? "yes" : "no"],
    ["threads", `${threads.available} available, ${threads.cores} cores (${threads.model})`],
    ["memory", `${memoryText(memory.total * 8)}, ${memoryText(memory.free * 8)} free`],
  ];
  const trials = backend.tried.flatMap((trial) =>
    item(trial.ok ? "✓" : "✗", trialText(trial), trial.ok ? style.good : style.bad),
  );
  return (
    section("bitspike", version, style, table([{ header: "" }, { header: "" }], rows, style)) +
    section("TensorFlow.js backends", "best first; each had to compute a known result", style, trials)
  );
}

function trialText({ name, ok, reason }: BackendTrial): string {
  return ok ? `${name} works` : `${name} cannot be used: ${reason ?? "unknown"}`;
}
