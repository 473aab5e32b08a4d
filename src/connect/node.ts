/** An engine in a thread of Node.js. */

import { Worker } from "node:worker_threads";
import type { Program } from "../compile/program.ts";
import type { ConnectedEngine } from "../engine.ts";
import { connectWorker, type EngineOptions } from "./connect.ts";
import type { WorkerHandle } from "./connection.ts";
import type { MessageEnd } from "./protocol.ts";
import { connect as connectWeb, type WebWorker } from "./web.ts";

export interface ConnectOptions extends EngineOptions {
  /** A worker as pages have them; a thread of Node.js is started where it is missing. */
  readonly worker?: WebWorker | undefined;
}

/**
 * Open a program on an engine in another thread, so that this one goes on while it computes. Arrays of the program are
 * shared; those of data and results are handed over. A process that has nothing else to do ends without waiting for an
 * engine that is at rest.
 *
 * @throws ENGINE_WORKER_START, ENGINE_WORKER_DIED, and what opening the program throws
 */
export function connect(program: Program, { worker, ...options }: ConnectOptions = {}): Promise<ConnectedEngine> {
  if (worker !== undefined) return connectWeb(program, { worker, ...options });
  // Options of the process, such as that it takes its program from a string, may not fit a thread, which needs none.
  const thread = new Worker(workerFile(), { execArgv: [] });
  return connectWorker(program, threadHandle(thread), options);
}

/** Threads run JavaScript: where this file is still TypeScript, the built one is taken. */
function workerFile(): URL {
  const own = import.meta.url;
  return new URL(own.endsWith(".ts") ? "../../dist/connect/node-worker.js" : "./node-worker.js", own);
}

/** @param worker from the moment of its start */
export function threadHandle(worker: Worker): WorkerHandle {
  return {
    end: endOf(worker),
    onDeath(listener) {
      worker.on("error", (error: unknown) => listener(error instanceof Error ? error.message : String(error)));
      worker.on("messageerror", () => listener("a message could not be read"));
      worker.on("exit", (code) => listener(`it ended with code ${code}`));
    },
    hold(busy) {
      if (busy) worker.ref();
      else worker.unref();
    },
    terminate: () => worker.terminate(),
  };
}

/** Threads have `on` where pages' workers have `addEventListener`. */
function endOf(worker: Worker): MessageEnd {
  type Listener = Parameters<MessageEnd["addEventListener"]>[1];
  const listeners = new Map<Listener, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    addEventListener(type, listener) {
      const own = (data: unknown): void => listener({ data });
      listeners.set(listener, own);
      worker.on(type, own);
    },
    removeEventListener(type, listener) {
      worker.off(type, listeners.get(listener) ?? listener);
    },
  };
}
