/** A model or a program from a file, as several commands take it. */

import { dirname, resolve } from "node:path";
import { decodeProgram } from "../compile/file.ts";
import type { Program } from "../compile/program.ts";
import { readLabels } from "../encoding/arrays.ts";
import { mistake, type Warning } from "../errors.ts";
import { inFile, readArrays, readBytes } from "../files.ts";
import { kindNames, kindOf } from "../formats/kind.ts";
import { readNetworkYaml } from "../formats/network-yaml.ts";
import { readNir } from "../formats/nir.ts";
import type { Network } from "../network/types.ts";

/** A network as its file has it. */
export interface Model {
  readonly kind: "model";
  readonly network: Network;
  readonly warnings: readonly Warning[];
}

/** A program as it was compiled before. */
export interface ProgramFile {
  readonly kind: "program";
  readonly program: Program;
}

/** Read a model or a program. @throws FILE_KIND, and what the formats throw */
export async function readModelOrProgram(path: string): Promise<Model | ProgramFile> {
  const bytes = await readBytes(path);
  const kind = kindOf(bytes);
  if (kind === "safetensors") return { kind: "program", program: inFile(path, () => decodeProgram(bytes)) };
  if (kind === "npy" || kind === "npz") throw wrongKind(path, kindNames[kind], "a model or a program");
  if (kind === "text" && /^(datapaths|extends)\s*:/m.test(new TextDecoder().decode(bytes))) {
    throw wrongKind(path, "a target", "a model or a program");
  }
  if (kind === "network" || (kind === "text" && /\.ya?ml$/i.test(path))) {
    return { kind: "model", ...(await readNetworkFile(bytes, path)) };
  }
  // Anything else goes to the NIR reader, which says best what is wrong with it.
  return { kind: "model", ...(await readNir(bytes, path)) };
}

/** A network file, with the arrays beside it. @throws what `readNetworkYaml` throws */
export function readNetworkFile(bytes: Uint8Array, path: string): ReturnType<typeof readNetworkYaml> {
  const text = new TextDecoder().decode(bytes);
  return readNetworkYaml(text, path, (name) => readArrays(resolve(dirname(path), name)));
}

/** Read a model. @throws FILE_KIND, and what its format throws */
export async function readModel(path: string): Promise<Model> {
  const file = await readModelOrProgram(path);
  if (file.kind === "model") return file;
  throw wrongKind(path, kindNames.safetensors, "a model");
}

/** The labels of `--labels`: one array. @throws DATA_ARRAYS, LABELS_SHAPE */
export async function readLabelFile(path: string): Promise<Int32Array> {
  const { names, read } = await readArrays(path);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw mistake(
      "DATA_ARRAYS",
      { arrays: names.join(", ") || "no arrays", inputs: "one array of labels" },
      { file: path },
    );
  }
  return inFile(path, () => readLabels(read(name)));
}

function wrongKind(path: string, found: string, wanted: string): Error {
  return mistake("FILE_KIND", { path, found, wanted });
}
