/** Which arrays of a data file feed which Input, and which are the labels. */

import { mistake } from "../errors.ts";
import type { NpyArray } from "../formats/npy.ts";
import type { NpzFile } from "../formats/npz.ts";

/** Names under which labels lie beside the data in an archive. */
const labelNames = ["labels", "label", "targets", "y"];

export interface ChosenArrays {
  /** One array per Input, by the Input's name. */
  readonly inputs: ReadonlyMap<string, NpyArray>;
  /** The labels in the same archive, if there are any. */
  readonly labels: NpyArray | null;
}

/** A single array as an archive of one, so that both are chosen from alike. */
export function archiveOf(array: NpyArray): NpzFile {
  return { names: ["data"], read: () => array };
}

/**
 * Choose the arrays by the names of the Inputs; a single array beside the labels needs no name when there is one Input.
 *
 * @throws DATA_ARRAYS, and what reading the arrays throws
 */
export function chooseArrays(file: NpzFile, inputs: readonly string[]): ChosenArrays {
  const labelName = labelNames.find((name) => file.names.includes(name) && !inputs.includes(name));
  const dataNames = file.names.filter((name) => name !== labelName);
  const named = inputs.every((input) => dataNames.includes(input));
  if (!named && !(inputs.length === 1 && dataNames.length === 1)) {
    throw mistake("DATA_ARRAYS", { arrays: list(file.names, "no arrays"), inputs: list(inputs, "none") });
  }
  return {
    inputs: new Map(inputs.map((input) => [input, file.read(named ? input : dataNames[0]!)])),
    labels: labelName === undefined ? null : file.read(labelName),
  };
}

function list(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join(", ");
}

/**
 * Labels as class numbers [all samples of the file].
 *
 * @param array [samples] or [samples][1]
 * @throws LABELS_SHAPE
 */
export function readLabels(array: NpyArray): Int32Array {
  const { shape, data, dtype } = array;
  const flat = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  const bad = data.findIndex((value) => !Number.isInteger(value) || Math.abs(value) > 0x7fffffff);
  if (flat && bad < 0) return Int32Array.from(data);
  const problem = flat ? `label ${bad} is ${data[bad]}` : `the array is [${shape.join("][")}] ${dtype}`;
  throw mistake("LABELS_SHAPE", { problem });
}
