/** From stored bytes to values: filters undone, chunks put together, numbers decoded. Only what HDF5 itself does not do. */

import type { Floats, Shape } from "../network/types.ts";
import { bfloat16ToNumber, float16ToNumber, toHostOrder } from "./bytes.ts";
import { BrokenFile, type RawChunk } from "./hdf5-raw.ts";
import { decompressLzf } from "./lzf.ts";

/** HDF5's number of the LZF filter, which only h5py has. */
export const LZF = 32000;
const SHUFFLE = 2;
const FLETCHER32 = 3;

export interface Filter {
  readonly id: number;
  readonly cd_values: readonly number[];
}

/** How a number is stored. */
export interface NumberType {
  readonly isFloat: boolean;
  /** Bytes: 1, 2, 4 or 8 for an integer, 2, 4 or 8 for a float. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Of a float of two bytes: 5 (half precision) or 8 (bfloat16). */
  readonly exponentBits: number;
}

/**
 * Decode numbers: floats of 8 bytes as Float64Array, shorter ones as Float32Array, integers as Float32Array where that
 * is exact and as Float64Array where not.
 *
 * @param bytes whole numbers of `type.size` bytes
 */
export function decodeNumbers(bytes: Uint8Array, type: NumberType): Floats {
  const buffer = toHostOrder(bytes, type.size, type.littleEndian);
  if (!type.isFloat) return fromIntegers(integers(buffer, type));
  if (type.size === 8) return new Float64Array(buffer);
  if (type.size === 4) return new Float32Array(buffer);
  return Float32Array.from(new Uint16Array(buffer), type.exponentBits === 8 ? bfloat16ToNumber : float16ToNumber);
}

/**
 * Put chunks together to the bytes of the whole array.
 *
 * @param filters in the order in which they were applied; LZF, shuffle and Fletcher-32 only
 * @param itemSize bytes per element
 * @throws BrokenFile
 */
export function assembleChunks(
  shape: Shape,
  chunkShape: Shape,
  itemSize: number,
  chunks: readonly RawChunk[],
  filters: readonly Filter[],
): Uint8Array {
  const out = new Uint8Array(product(shape) * itemSize);
  const chunkBytes = product(chunkShape) * itemSize;
  let covered = 0;
  for (const chunk of chunks) {
    const bytes = unfilter(chunk, filters, chunkBytes);
    covered += place(out, shape, chunkShape, itemSize, chunk.start, bytes);
  }
  if (covered !== out.length) throw new BrokenFile("an array has chunks missing");
  return out;
}

type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

function integers(buffer: ArrayBuffer, { size, signed }: NumberType): Integers {
  switch (size) {
    case 1:
      return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
    case 2:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 4:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    default:
      return signed
        ? Float64Array.from(new BigInt64Array(buffer), Number)
        : Float64Array.from(new BigUint64Array(buffer), Number);
  }
}

function fromIntegers(values: Integers): Floats {
  const short = Float32Array.from(values);
  return short.every((value, index) => value === values[index]) ? short : Float64Array.from(values);
}

function unfilter(chunk: RawChunk, filters: readonly Filter[], size: number): Uint8Array {
  let bytes = chunk.bytes;
  for (const [index, filter] of [...filters.entries()].toReversed()) {
    if ((chunk.skippedFilters >>> index) & 1) continue;
    if (filter.id === FLETCHER32) bytes = withoutChecksum(bytes);
    else if (filter.id === SHUFFLE) bytes = unshuffle(bytes, filter.cd_values[0] ?? 1);
    else bytes = unpacked(bytes, size);
  }
  if (bytes.length !== size) throw new BrokenFile("a chunk has the wrong size");
  return bytes;
}

function unpacked(bytes: Uint8Array, size: number): Uint8Array {
  // Three bytes of LZF stand for at most 264; a larger promise is not worth the memory.
  const result = size <= bytes.length * 88 + 264 ? decompressLzf(bytes, size) : null;
  if (result === null) throw new BrokenFile("a compressed chunk cannot be unpacked");
  return result;
}

/** First bytes of all elements lie together, then all second bytes, and so on; a remainder stays behind as it is. */
function unshuffle(bytes: Uint8Array, itemSize: number): Uint8Array {
  const count = Math.floor(bytes.length / itemSize);
  const out = bytes.slice();
  for (let byte = 0; byte < itemSize; byte++) {
    for (let item = 0; item < count; item++) out[item * itemSize + byte] = bytes[byte * count + item]!;
  }
  return out;
}

/** Fletcher's checksum over big-endian words of two bytes, both sums modulo 65535, stored behind the data. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const data = bytes.subarray(0, -4);
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(-4);
  let low = 0;
  let high = 0;
  for (let at = 0; at < data.length; at += 2) {
    low = (low + data[at]! * 256 + (data[at + 1] ?? 0)) % 65535;
    high = (high + low) % 65535;
  }
  if ((a + b * 256) % 65535 !== low || (c + d * 256) % 65535 !== high) {
    throw new BrokenFile("the checksum of a chunk is wrong");
  }
  return data;
}

/** Copy the part of a chunk that lies inside the array; the result is how many bytes that was. */
function place(
  out: Uint8Array,
  shape: Shape,
  chunkShape: Shape,
  itemSize: number,
  start: readonly number[],
  chunk: Uint8Array,
): number {
  const extent = shape.map((size, axis) => Math.min(chunkShape[axis] ?? 0, size - (start[axis] ?? 0)));
  if (extent.some((size) => size <= 0)) throw new BrokenFile("a chunk lies outside of its array");
  const last = shape.length - 1;
  const run = (extent[last] ?? 1) * itemSize;
  // `to` and `from` are row-major positions over the axes before `axis`.
  const copy = (axis: number, to: number, from: number): void => {
    const target = to * (shape[axis] ?? 1) + (start[axis] ?? 0);
    const source = from * (chunkShape[axis] ?? 1);
    if (axis === last) {
      out.set(chunk.subarray(source * itemSize, source * itemSize + run), target * itemSize);
    } else {
      for (let i = 0; i < (extent[axis] ?? 0); i++) copy(axis + 1, target + i, source + i);
    }
  };
  copy(0, 0, 0);
  return product(extent) * itemSize;
}

function product(shape: Shape): number {
  return shape.reduce((total, size) => total * size, 1);
}
