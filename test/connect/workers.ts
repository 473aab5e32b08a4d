/** Workers for tests: real threads, some of which misbehave, and one that looks like a page's worker. */

import { Worker, type ResourceLimits } from "node:worker_threads";
import type { WebWorker } from "../../src/connect/web.ts";

/** Address of a built module. */
export function built(path: string): string {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}

/** A thread that runs some lines of JavaScript; `serve` and `openInterpreter` can be used in them. */
export function threadOf(code: string, resourceLimits: ResourceLimits = {}): Worker {
  const imports = `const { serve } = await import(${JSON.stringify(built("connect/serve.js"))});
    const { openInterpreter } = await import(${JSON.stringify(built("chip/interpreter.js"))});
    const { parentPort } = await import("node:worker_threads");`;
  return new Worker(`(async () => { ${imports} ${code} })();`, { eval: true, resourceLimits });
}

/** The code number with which a thread ends. */
export function endOf(worker: Worker): Promise<number> {
  return new Promise((resolve) => worker.once("exit", resolve));
}

/** What a page calls a worker, over a thread in which the module for pages runs as in a worker of a page. */
export class PageWorker implements WebWorker {
  readonly thread: Worker;

  /** @param script address of the module; by default that of `bitspike/engine-worker` for pages */
  constructor(script: string = built("connect/web-worker.js")) {
    const global = `globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
      globalThis.addEventListener = (type, listener) => parentPort.addEventListener(type, listener);
      globalThis.removeEventListener = (type, listener) => parentPort.removeEventListener(type, listener);`;
    const code = `const { parentPort } = require("node:worker_threads"); ${global} import(${JSON.stringify(script)});`;
    this.thread = new Worker(code, { eval: true });
  }

  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    this.thread.postMessage(message, transfer);
  }

  addEventListener(type: string, listener: (event: { readonly type: string }) => void): void {
    this.thread.on(type, (value: unknown) => {
      listener(Object.assign(value instanceof Error ? { message: value.message } : { data: value }, { type }));
    });
  }

  removeEventListener(): void {}

  terminate(): void {
    void this.thread.terminate();
  }
}
