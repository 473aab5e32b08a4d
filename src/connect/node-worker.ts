/** The thread that `connect` starts in Node.js: it waits for a program and runs it. */

import { parentPort } from "node:worker_threads";
import { engines } from "./engines.ts";
import type { MessageEnd } from "./protocol.ts";
import { serve } from "./serve.ts";

if (parentPort === null) throw new Error("bitspike/engine-worker is for a worker to import");
serve(parentPort as unknown as MessageEnd, engines);
