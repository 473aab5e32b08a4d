/** The files of one oracle. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One folder as a document sees it: files are named relative to the document. */
export interface VectorFolder {
  /** Bytes of a file. @throws when it cannot be read */
  bytes(name: string): Uint8Array;
  /** Names of the files beside the document. */
  names(): readonly string[];
}

/** A file to look for cases in, or the reason why that failed. */
export interface VectorFile {
  /** Path below the oracle's folder. */
  readonly name: string;
  readonly folder: VectorFolder;
  /** The JSON document. @throws SyntaxError and what reading throws */
  document(): unknown;
}

/** Oracles of a folder of oracles, by name. */
export function oracleNames(vectors: string): string[] {
  const entries = readdirSync(vectors, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** All JSON files of an oracle, those of its subfolders too, in the order of their names. */
export function vectorFiles(oracle: string): VectorFile[] {
  const names = readdirSync(oracle, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => vectorFile(oracle, name));
}

function vectorFile(oracle: string, name: string): VectorFile {
  const beside = dirname(join(oracle, name));
  return {
    name,
    folder: {
      bytes: (file) => new Uint8Array(readFileSync(join(beside, file))),
      names: () => readdirSync(beside),
    },
    document: () => JSON.parse(readFileSync(join(oracle, name), "utf8")) as unknown,
  };
}
