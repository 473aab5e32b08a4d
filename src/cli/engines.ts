/** The engines of the command line: the float reference, and the integer engine here or over worker threads. */

import type { Engines } from "../validate.ts";
import type { RunFlags } from "./options.ts";

/**
 * Each is loaded when it is opened: TensorFlow.js and the workers take longer to start than small networks to run.
 *
 * @param backend of TensorFlow.js; the best usable one when missing
 */
export function enginesOf(flags: Partial<RunFlags> & { readonly backend?: string }): Engines {
  return {
    async openReference(network) {
      const { openReference } = await import("../reference/engine.ts");
      return openReference(network, { backend: flags.backend });
    },
    async openEmulator(program) {
      const { openShards } = await import("../shard/engine.ts");
      return openShards(program, { threads: flags.threads, split: flags.split });
    },
  };
}
