/**
 * Safetensors: named arrays behind a JSON header.
 * Source: github.com/huggingface/safetensors, README, section "Format".
 */

import { mistake } from "../errors.ts";
import { sizeOf, type Shape } from "../network/types.ts";
import {
  bfloat16ToNumber,
  float16ToNumber,
  numberToBfloat16,
  numberToFloat16,
  toHostOrder,
  toLittleEndian,
} from "./bytes.ts";

export type SafetensorsDtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64";

/** Bytes per element and the typed array that holds it; the two short floats are widened. */
const formats = {
  BOOL: { bytes: 1, storage: Uint8Array },
  U8: { bytes: 1, storage: Uint8Array },
  I8: { bytes: 1, storage: Int8Array },
  U16: { bytes: 2, storage: Uint16Array },
  I16: { bytes: 2, storage: Int16Array },
  F16: { bytes: 2, storage: Float32Array },
  BF16: { bytes: 2, storage: Float32Array },
  U32: { bytes: 4, storage: Uint32Array },
  I32: { bytes: 4, storage: Int32Array },
  F32: { bytes: 4, storage: Float32Array },
  U64: { bytes: 8, storage: BigUint64Array },
  I64: { bytes: 8, storage: BigInt64Array },
  F64: { bytes: 8, storage: Float64Array },
} as const satisfies Record<SafetensorsDtype, { bytes: number; storage: unknown }>;

export type SafetensorsData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** One array in C order, `data` [product of shape]. F16 and BF16 are held as Float32Array, BOOL as 0 and 1. */
export interface SafeTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  readonly data: SafetensorsData;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** The `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit for the header. */
const headerLimit = 100_000_000;
const metadataKey = "__metadata__";

/**
 * Write arrays as one file: header padded to 8 bytes, wide types first so that all data are aligned, names in
 * order; the same content always gives the same bytes. F16 and BF16 are rounded to the nearest, ties to even.
 */
export function encodeSafetensors(file: SafetensorsFile): Uint8Array {
  const sorted = [...file.tensors].toSorted(
    ([a, left], [b, right]) => formats[right.dtype].bytes - formats[left.dtype].bytes || (a < b ? -1 : 1),
  );
  // No prototype, so that any name is a plain key.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(file.metadata).length > 0) header[metadataKey] = file.metadata;
  let end = 0;
  const pieces = sorted.map(([name, tensor]) => {
    if (name === metadataKey) throw new RangeError(`${metadataKey} is not a name for a tensor`);
    const bytes = encodeTensor(name, tensor);
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
    return bytes;
  });
  return assemble(JSON.stringify(header), pieces, end);
}

function assemble(header: string, pieces: readonly Uint8Array[], size: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + size).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}

function encodeTensor(name: string, { dtype, shape, data }: SafeTensor): Uint8Array {
  const { bytes, storage } = formats[dtype];
  if (!(data instanceof storage)) throw new TypeError(`${name}: ${dtype} is written from ${storage.name}`);
  if (data.length !== sizeOf(shape)) throw new RangeError(`${name}: [${shape.join("][")}], ${data.length} elements`);
  if (dtype === "F16") return toLittleEndian(Uint16Array.from(data as Float32Array, numberToFloat16), 2);
  if (dtype === "BF16") return toLittleEndian(Uint16Array.from(data as Float32Array, numberToBfloat16), 2);
  return toLittleEndian(data, bytes);
}

/**
 * Read one file; every array is a copy.
 *
 * @throws SAFETENSORS_BROKEN, SAFETENSORS_DTYPE
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, start } = parseHeader(bytes);
  const body = bytes.subarray(start);
  const entries = Object.entries(header).filter(([name]) => name !== metadataKey);
  const described = entries.map(([name, value]) => ({ name, ...describe(name, value) }));
  checkCoverage(described, body.length);
  const tensors = described.map(({ name, dtype, shape, from, to }): [string, SafeTensor] => [
    name,
    { dtype, shape, data: decodeData(body.subarray(from, to), dtype) },
  ]);
  return { tensors: new Map(tensors), metadata: parseMetadata(header[metadataKey]) };
}

function parseHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes, fewer than the 8 of the header's length`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  const start = 8 + Number(declared);
  if (declared > headerLimit || start > bytes.length) {
    throw broken(`it declares a header of ${declared} bytes and has ${bytes.length} bytes in all`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)));
  } catch (cause) {
    throw mistake("SAFETENSORS_BROKEN", { reason: "its header is not JSON" }, undefined, { cause });
  }
  if (!isRecord(header)) throw broken("its header is not a JSON object");
  return { header, start };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Description {
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
}

function describe(name: string, value: unknown): Description {
  if (!isRecord(value)) throw broken(`tensor ${name} is not described by a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw broken(`tensor ${name} has no dtype`);
  if (!Object.hasOwn(formats, dtype)) throw mistake("SAFETENSORS_DTYPE", { name, dtype });
  if (!isSizes(shape)) throw broken(`the shape of tensor ${name} is not a list of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2) throw broken(`the data_offsets of tensor ${name} are not two numbers`);
  const [from, to] = offsets as [number, number];
  const known = dtype as SafetensorsDtype;
  const wanted = (shape.includes(0) ? 0 : sizeOf(shape)) * formats[known].bytes;
  if (to - from !== wanted) {
    throw broken(`tensor ${name} of [${shape.join("][")}] ${dtype} takes ${wanted} bytes and lies in ${to - from}`);
  }
  return { dtype: known, shape, from, to };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** The tensors must cover the data exactly, as the format demands: no holes, no overlaps, nothing behind. */
function checkCoverage(tensors: readonly (Description & { name: string })[], size: number): void {
  let end = 0;
  for (const { name, from, to } of tensors.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw broken(`the data of tensor ${name} begin at ${from}; the data before end at ${end}`);
    end = to;
  }
  if (end !== size) throw broken(`its tensors take ${end} bytes and it holds ${size}`);
}

function decodeData(body: Uint8Array, dtype: SafetensorsDtype): SafetensorsData {
  const buffer = toHostOrder(body, formats[dtype].bytes, true);
  if (dtype === "F16") return Float32Array.from(new Uint16Array(buffer), float16ToNumber);
  if (dtype === "BF16") return Float32Array.from(new Uint16Array(buffer), bfloat16ToNumber);
  return new formats[dtype].storage(buffer);
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw broken(`its ${metadataKey} is not a JSON object`);
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (texts.length < Object.keys(value).length) throw broken(`a value in its ${metadataKey} is not text`);
  return Object.fromEntries(texts);
}

function broken(reason: string): Error {
  return mistake("SAFETENSORS_BROKEN", { reason });
}
