/** What a conformance run is made of: oracles, their cases, and the engines that cases are run on. */

import type { BackendName } from "../../src/reference/backend.ts";
import type { Tally } from "./tally.ts";
import type { VectorFolder } from "./folder.ts";

/** A program runs prepared, by the plain walk over its equations, and on worker threads. */
export type IntegerEngine = "interpreter" | "kernels" | "plain" | "shards";

interface CaseBase {
  readonly name: string;
  /** What bitspike lacks to run the case; the case is then left out by that name. */
  readonly missing?: string;
}
/** A float network. */
export interface FloatCase extends CaseBase {
  readonly needs: "float";
  run(backend: BackendName, tally: Tally): Promise<void>;
}
/** A program of integers. */
export interface IntegerCase extends CaseBase {
  readonly needs: "integer";
  run(engine: IntegerEngine, tally: Tally): Promise<void>;
}
/** A program for a chip that is sent words, whose outputs come in an order that no recording of timesteps has. */
export interface EventCase extends CaseBase {
  readonly needs: "events";
  run(engine: Exclude<IntegerEngine, "kernels" | "shards">, tally: Tally): void;
}
/** A function, a reader or a constructor: no engine is involved. */
export interface PlainCase extends CaseBase {
  readonly needs: "nothing";
  run(tally: Tally): void | Promise<void>;
}
export type Case = FloatCase | IntegerCase | EventCase | PlainCase;

/** Translates the files of one oracle into cases: names, shapes and the target, no arithmetic. */
export interface Adapter {
  /** Name of the folder. */
  readonly name: string;
  /**
   * The cases of one JSON document, judged by its fields; null when it is none that the adapter knows. An index of files
   * gives no cases and throws when a file is not there.
   */
  read(document: unknown, folder: VectorFolder): readonly Case[] | null;
}

/** Whether a document is an object that has these fields. */
export function hasFields<Name extends string>(
  document: unknown,
  ...names: readonly Name[]
): document is Record<Name, unknown> {
  return typeof document === "object" && document !== null && names.every((name) => name in document);
}
