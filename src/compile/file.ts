/** Programs as files: `.safetensors` with the integers as tensors and everything else as JSON metadata. */

import { mistake } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor, type SafetensorsFile } from "../formats/safetensors.ts";
import { isMemory, narrowest, type Weights } from "../core/synapses.ts";
import { checkProgram } from "./check.ts";
import type { Program } from "./program.ts";

/** Metadata key that holds the program without its arrays. */
const key = "bitspike.program";

/** A program as the bytes of a file; the same program always gives the same bytes. */
export function encodeProgram(program: Program): Uint8Array {
  const tensors = new Map<string, SafeTensor>();
  const json = JSON.stringify(detach(program, "program", tensors));
  return encodeSafetensors({ tensors, metadata: { [key]: json } });
}

/**
 * A program from the bytes of a file.
 *
 * @throws PROGRAM_FORMAT when it is no program, or one that does not hold together
 */
export function decodeProgram(bytes: Uint8Array, file?: string): Program {
  const place = file === undefined ? {} : { file };
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata[key];
  const refuse = (reason: string): never => {
    throw mistake("PROGRAM_FORMAT", { reason }, place);
  };
  if (text === undefined) return refuse(`its metadata has no ${key}`);
  const program = attach(parse(text, refuse), tensors, refuse);
  const reason = checkProgram(program);
  return reason === null ? (program as Program) : refuse(reason);
}

function parse(text: string, refuse: (reason: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`its ${key} is no JSON`);
  }
}

/** The same value with arrays of numbers put aside, and numbers that JSON does not know written as text. */
function detach(value: unknown, path: string, tensors: Map<string, SafeTensor>): unknown {
  // Where a memory is: its arrays are written on their own.
  if (isMemory(value)) return undefined;
  if (ArrayBuffer.isView(value)) {
    tensors.set(path, tensorOf(value as Numbers));
    return { $tensor: path };
  }
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map((item, index) => detach(item, `${path}.${index}`, tensors));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, detach(item, `${path}.${name}`, tensors)]),
  );
}

type Numbers = Weights | Uint16Array | Uint32Array | Float64Array;

/** The narrowest form that holds all values: a program of 8-bit weights takes a byte for each. */
function tensorOf(data: Numbers): SafeTensor {
  const shape = [data.length];
  if (data instanceof Float64Array) return { dtype: "F64", shape, data };
  if (data instanceof Uint16Array) return { dtype: "U16", shape, data };
  if (data instanceof Uint32Array) return { dtype: "U32", shape, data };
  const narrow = narrowest(data);
  if (narrow instanceof Int8Array) return { dtype: "I8", shape, data: narrow };
  return { dtype: narrow instanceof Int16Array ? "I16" : "I32", shape, data: narrow };
}

function attach(value: unknown, tensors: SafetensorsFile["tensors"], refuse: (reason: string) => never): unknown {
  if (Array.isArray(value)) return value.map((item) => attach(item, tensors, refuse));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if ("$number" in record) return Number(record["$number"]);
  if ("$tensor" in record) {
    const path = String(record["$tensor"]);
    const data = tensors.get(path)?.data;
    if (data !== undefined && /\.synapses\.(weight|target)$/.test(path)) return data;
    if (data instanceof Int8Array || data instanceof Int16Array) return Int32Array.from(data);
    if (data instanceof Int32Array || data instanceof Uint32Array || data instanceof Float64Array) return data;
    return refuse(`its tensor ${path} is missing or of a wrong kind`);
  }
  return Object.fromEntries(Object.entries(record).map(([name, item]) => [name, attach(item, tensors, refuse)]));
}
