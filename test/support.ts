/** What many tests need. */

import { readFileSync } from "node:fs";
import { BitspikeError } from "../src/errors.ts";
import { readTarget, targetNames } from "../src/files.ts";
import type { Target } from "../src/target/types.ts";

/** Code of the mistake that a call throws, or "no error"; any other error goes on. */
export function codeOf(run: () => unknown): string {
  return mistakeOf(run)?.code ?? "no error";
}

/** The mistake that a call throws, or undefined; any other error goes on. */
export function mistakeOf(run: () => unknown): BitspikeError | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof BitspikeError) return error;
    throw error;
  }
  return undefined;
}

/** The mistake with which a promise fails, or undefined; any other error goes on. */
export async function mistakeOfPromise(promise: Promise<unknown>): Promise<BitspikeError | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BitspikeError) return error;
    throw error;
  }
  return undefined;
}

/** Bytes of a file below `test/golden`. */
export function golden(path: string): Uint8Array {
  return readFileSync(new URL(`golden/${path}`, import.meta.url));
}

/** The targets of the package that run in timesteps. */
export function timestepTargets(): Target[] {
  return targetNames()
    .map((name) => readTarget(name))
    .filter(({ events }) => events === null);
}
