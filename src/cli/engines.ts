/** The engines of the command line: the float reference, and the integer engine over worker threads. */

import { openReference } from "../reference/engine.ts";
import { openShards } from "../shard/engine.ts";
import type { Engines } from "../validate.ts";
import type { RunFlags } from "./options.ts";

/** @param backend of TensorFlow.js; the best usable one when missing */
export function enginesOf(flags: RunFlags & { readonly backend?: string }): Engines {
  return {
    openReference: (network) => openReference(network, { backend: flags.backend }),
    openEmulator: (program) => openShards(program, { threads: flags.threads, split: flags.split }),
  };
}
