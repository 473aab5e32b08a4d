/** An engine in a worker of a page. */

import type { Program } from "../compile/program.ts";
import type { ConnectedEngine } from "../engine.ts";
import { mistake } from "../errors.ts";
import { connectWorker, type EngineOptions } from "./connect.ts";
import type { WorkerHandle } from "./connection.ts";
import type { MessageEnd } from "./protocol.ts";

/** The part of a page's `Worker` that is used, in the words of its types: events say more than that they have a type. */
export interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly type: string }) => void): void;
  terminate(): void;
}

export interface WebConnectOptions extends EngineOptions {
  /** A worker whose script imports `bitspike/engine-worker`; it is the engine's from now on, and ends with it. */
  readonly worker: WebWorker;
}

/**
 * Open a program on an engine in a worker, so that the page goes on while it computes. Arrays of the program are put into
 * shared memory where the page is cross-origin isolated, else copied; those of data and results are handed over.
 *
 * @throws ENGINE_WORKER_START, ENGINE_WORKER_DIED, and what opening the program throws
 */
export async function connect(program: Program, options: WebConnectOptions): Promise<ConnectedEngine> {
  // Types forbid it, but in Node.js the same call without a worker is right.
  const { worker, ...rest }: Partial<WebConnectOptions> = options ?? {};
  if (worker === undefined) throw mistake("ENGINE_WORKER_START", { reason: "a page gives it as { worker }" });
  return connectWorker(program, webHandle(worker), rest);
}

function webHandle(worker: WebWorker): WorkerHandle {
  return {
    end: worker as unknown as MessageEnd,
    onDeath(listener) {
      worker.addEventListener("error", (event: { readonly type: string; readonly message?: string }) => {
        listener(
          event.message === undefined || event.message === "" ? "its script could not be loaded" : event.message,
        );
      });
      worker.addEventListener("messageerror", () => listener("a message could not be read"));
    },
    hold: () => {},
    terminate: () => worker.terminate(),
  };
}
