/**
 * Filters: what was done to a chunk before it was stored, and how to undo it.
 *
 * Source: HDF5 File Format Specification 3.0, section IV.A.2.l; the filters of the HDF5 library; LZF of h5py.
 */

import { unzlibSync } from "fflate";
import { decompressLzf } from "./lzf.ts";
import { BrokenFile, UnreadableStorage, type Source } from "./source.ts";

export interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
const LZF = 32000;

const foreign: Readonly<Record<number, string>> = { 4: "szip", 5: "n-bit", 6: "scale-offset" };

/** Largest ratio of a filter: deflate makes 258 bytes of two bits. */
export const MAX_COMPRESSION = 1032;

/**
 * Filters in a filter pipeline message, in the order in which they were applied.
 *
 * @throws UnreadableStorage for a filter that is not known here
 */
export function readFilters(source: Source, at: number): readonly Filter[] {
  const isOld = source.number(at, 1) === 1;
  const filters: Filter[] = [];
  let place = at + (isOld ? 8 : 2);
  for (let rest = source.number(at + 1, 1); rest > 0; rest--) {
    const id = source.number(place, 2);
    const hasName = isOld || id >= 256;
    const nameBytes = hasName ? source.number(place + 2, 2) : 0;
    const counts = place + (hasName ? 6 : 4);
    const count = source.number(counts, 2);
    const name = source.text(counts + 2, nameBytes);
    if (![DEFLATE, SHUFFLE, FLETCHER32, LZF].includes(id)) {
      throw new UnreadableStorage(`compressed with the filter ${foreign[id] ?? (name || id)}`);
    }
    const values = counts + 2 + (isOld ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    filters.push({ id, values: Array.from({ length: count }, (_, index) => source.number(values + 4 * index, 4)) });
    // Old ones are filled up to a multiple of eight bytes.
    place = values + 4 * (isOld ? Math.ceil(count / 2) * 2 : count);
  }
  return filters;
}

/**
 * Undo the filters of one chunk.
 *
 * @param skipped bit i set: filter i was left out for this chunk
 * @param size bytes of the result
 * @throws BrokenFile
 */
export function unfilter(stored: Uint8Array, filters: readonly Filter[], skipped: number, size: number): Uint8Array {
  let bytes = stored;
  for (const [index, filter] of [...filters.entries()].toReversed()) {
    if ((skipped >>> index) & 1) continue;
    if (filter.id === FLETCHER32) bytes = withoutChecksum(bytes);
    else if (filter.id === SHUFFLE) bytes = unshuffle(bytes, filter.values[0] ?? 1);
    else bytes = decompress(filter.id, bytes, size);
  }
  if (bytes.length !== size) throw new BrokenFile("a chunk has the wrong size");
  return bytes;
}

function decompress(id: number, bytes: Uint8Array, size: number): Uint8Array {
  // A promise that no compression keeps is not worth the memory.
  const isPossible = size <= bytes.length * MAX_COMPRESSION;
  const result = !isPossible ? null : id === LZF ? decompressLzf(bytes, size) : inflate(bytes, size);
  if (result?.length !== size) throw new BrokenFile("a compressed chunk cannot be unpacked");
  return result;
}

function inflate(bytes: Uint8Array, size: number): Uint8Array | null {
  try {
    return unzlibSync(bytes, { out: new Uint8Array(size) });
  } catch {
    return null;
  }
}

/** First bytes of all elements lie together, then all second bytes, and so on; a remainder stays behind as it is. */
function unshuffle(bytes: Uint8Array, itemSize: number): Uint8Array {
  const count = Math.floor(bytes.length / itemSize);
  if (count === 0) return bytes;
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
  if ((a + b * 256) % 65535 === low && (c + d * 256) % 65535 === high) return data;
  throw new BrokenFile("the checksum of a chunk is wrong");
}
