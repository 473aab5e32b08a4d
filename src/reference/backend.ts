/**
 * Which TensorFlow.js backend does the arithmetic: the native library, else WebAssembly, else plain JavaScript. A
 * backend counts as usable only when a small known computation comes out right on it.
 */

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { mistake } from "../errors.ts";
import { firstWrongResult } from "./known-results.ts";

/** Best first. `tfjs-node` is TensorFlow's native library. */
export const backendNames = ["tfjs-node", "wasm", "cpu"] as const;
export type BackendName = (typeof backendNames)[number];

/** What came of trying one backend. */
export interface BackendTrial {
  readonly name: BackendName;
  readonly ok: boolean;
  /** Why it cannot be used; null when it can. */
  readonly reason: string | null;
}

export interface BackendChoice {
  readonly name: BackendName;
  /** The backends tried, best first; the last one was taken. */
  readonly tried: readonly BackendTrial[];
}

export interface BackendOptions {
  /** One of `backendNames`; the best usable one when left out. */
  readonly backend?: string | undefined;
  /** Address of the folder with the backend's .wasm files, needed in a browser; must be set before the first use. */
  readonly wasmPath?: string | undefined;
}

/** Names under which the backends are registered in TensorFlow.js. */
const registered: Readonly<Record<BackendName, string>> = { "tfjs-node": "tensorflow", wasm: "wasm", cpu: "cpu" };

const trials = new Map<BackendName, Promise<BackendTrial>>();

/**
 * Choose a backend; each is started and checked once per process.
 *
 * @throws REFERENCE_BACKEND when the backend that was asked for is unknown or cannot be used
 */
export async function chooseBackend(options: BackendOptions = {}): Promise<BackendChoice> {
  const { backend, wasmPath } = options;
  // Without this, TensorFlow.js advertises its other packages on standard error.
  tf.enableProdMode();
  if (wasmPath !== undefined && !trials.has("wasm")) setWasmPaths(wasmPath);
  const wanted = backendNames.filter((name) => backend === undefined || backend === name);
  const tried: BackendTrial[] = [];
  for (const name of wanted) {
    const trial = await tryBackend(name);
    tried.push(trial);
    if (trial.ok) return { name, tried };
  }
  const reason = tried[0]?.reason ?? `the backends are ${backendNames.join(", ")}`;
  throw mistake("REFERENCE_BACKEND", { backend: backend ?? "cpu", reason });
}

/** Try every backend, for a report on the machine. */
export async function tryBackends(): Promise<readonly BackendTrial[]> {
  tf.enableProdMode();
  const all: BackendTrial[] = [];
  for (const name of backendNames) all.push(await tryBackend(name));
  return all;
}

/**
 * Make a started backend the current one. TensorFlow.js has one current backend per process, so whoever shares it must
 * call this whenever others may have run in between.
 */
export function useBackend(name: BackendName): void {
  const engine = tf.engine();
  const key = registered[name];
  if (engine.backendName === key && engine.backend === engine.registry[key]) return;
  // Started backends switch at once; the promise only serves those that still have to start.
  void engine.setBackend(key);
}

function tryBackend(name: BackendName): Promise<BackendTrial> {
  const known = trials.get(name);
  if (known !== undefined) return known;
  const trial = startAndCheck(name);
  trials.set(name, trial);
  return trial;
}

async function startAndCheck(name: BackendName): Promise<BackendTrial> {
  const deprecations = name === "tfjs-node" ? silenceDeprecations() : null;
  try {
    await start(name);
    useBackend(name);
    const wrong = firstWrongResult();
    if (wrong === null) return { name, ok: true, reason: null };
    return { name, ok: false, reason: `${wrong} gives a wrong result` };
  } catch (error) {
    return { name, ok: false, reason: reasonOf(error) };
  } finally {
    deprecations?.restore();
  }
}

async function start(name: BackendName): Promise<void> {
  switch (name) {
    case "tfjs-node":
      return startNative();
    case "wasm":
      return startWasm();
    case "cpu":
      return;
    default:
      name satisfies never;
  }
}

async function startNative(): Promise<void> {
  if (typeof process === "undefined" || process.versions?.node === undefined) throw new Error("it needs Node.js");
  // Read by the native library when it is loaded: errors only, and no optional kernels, which greet whoever loads them.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "0";
  // A variable, so that no bundler looks for a package that is only there in Node.js, and only sometimes.
  const specifier = "@tensorflow/tfjs-node";
  await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
}

/**
 * Node.js warns once of each deprecated function; tfjs-node calls several, on being loaded and at its first operations.
 * They are called here, while those warnings lead nowhere. (With `process.noDeprecation` they would come later.)
 */
function silenceDeprecations(): { restore: () => void } | null {
  if (typeof process === "undefined") return null;
  const { emitWarning } = process;
  process.emitWarning = ((...args: Parameters<typeof emitWarning>) => {
    const [, type] = args as readonly unknown[];
    if (type !== "DeprecationWarning") Reflect.apply(emitWarning, process, args);
  }) as typeof emitWarning;
  return {
    restore() {
      process.emitWarning = emitWarning;
    },
  };
}

/**
 * Instantiate the WebAssembly module here and register the finished backend, so that switching to it later never waits:
 * while TensorFlow.js itself waits for a backend to start, it can use no other.
 */
async function startWasm(): Promise<void> {
  const backend = await tf.findBackendFactory("wasm")();
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === "ERR_MODULE_NOT_FOUND") return "it is not installed";
  const [line = ""] = String(message ?? error).split("\n");
  return line.trim().replace(/[.:]$/, "");
}
