/** The compiled kernels of synaptic delivery: where they are found, and instances of them for a memory. */

import { mistake } from "../errors.ts";
import { webAssembly, type WasmMemory } from "./wasm.ts";

/** Compiled once; can be sent to workers. Modules for a memory of one thread's own, and for one that threads share. */
export interface DeliveryModules {
  readonly own: object;
  readonly shared: object;
}

/** What `delivery/index.ts` exports, on one memory. Addresses are bytes. */
export interface DeliveryKernels {
  addDense(plan: number, kernel: number, jobs: number, count: number): void;
  addConv(plan: number, kernel: number, jobs: number, count: number): void;
  addSparse(plan: number, bits: number, jobs: number, count: number): void;
  countEntries(start: number, neurons: number, count: number): number;
  listNonZero(frame: number, size: number, places: number, table: number): number;
  listOneBytes(values: number, size: number, rows: number, found: number, ends: number, places: number): number;
  listOneFloats(values: number, size: number, rows: number, found: number, ends: number, places: number): number;
}

// The same file from src/ and from dist/; bundlers look for exactly this form.
const own = new URL("../../dist/kernels/delivery.wasm", import.meta.url);
const shared = new URL("../../dist/kernels/delivery-shared.wasm", import.meta.url);

let loaded: Promise<DeliveryModules> | null = null;

/**
 * Read and compile the kernels, the first time that they are needed. Ask `hasSimd()` first.
 *
 * @throws ENGINE_KERNELS when the files are not there or do not compile
 */
export async function loadDelivery(): Promise<DeliveryModules> {
  loaded ??= loadBoth();
  try {
    return await loaded;
  } catch (error) {
    // They may be there the next time.
    loaded = null;
    throw error;
  }
}

async function loadBoth(): Promise<DeliveryModules> {
  const modules = await Promise.all([load(own), load(shared)]);
  return { own: modules[0], shared: modules[1] };
}

async function load(url: URL): Promise<object> {
  try {
    return await webAssembly!.compile(await read(url));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw mistake("ENGINE_KERNELS", { url: url.href, reason }, {}, { cause });
  }
}

async function read(url: URL): Promise<Uint8Array> {
  if (url.protocol === "file:") {
    // Asked for in this way, Node.js's files are no import that a bundler for browsers would stumble over.
    const { readFile } = process.getBuiltinModule("node:fs/promises");
    return readFile(url);
  }
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** An instance of the kernels that works on a memory. */
export function deliveryKernels(modules: DeliveryModules, memory: WasmMemory): DeliveryKernels {
  // Not instanceof: a page that is not isolated has no such name, and yet such buffers.
  const isShared = Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]";
  const { exports } = new webAssembly!.Instance(isShared ? modules.shared : modules.own, { env: { memory } });
  return exports as unknown as DeliveryKernels;
}
