/**
 * NumPy's archive of arrays (.npz): a zip file of .npy files, stored or deflated.
 * Source: APPNOTE.TXT, the zip file format specification of PKWARE, sections 4.3 and 4.4.
 */

import { Inflate, zipSync, type Zippable } from "fflate";
import { BitspikeError, located, mistake } from "../errors.ts";
import { parseNpy, writeNpy, type NpyArray } from "./npy.ts";

/** An archive whose arrays are unpacked when asked for, so that one broken array does not hide the others. */
export interface NpzFile {
  /** Names of the arrays without `.npy`, in the order of the archive. */
  readonly names: readonly string[];
  /**
   * Unpack one array.
   *
   * @throws what `parseNpy` throws, NPZ_BROKEN, NPZ_METHOD; the place names the array
   */
  read(name: string): NpyArray;
}

/** One file inside an archive, as the central directory describes it. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly checksum: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly offset: number;
}

/**
 * Open an archive; reads its directory only. Files in it that do not end in `.npy` are left out.
 *
 * @throws NPZ_BROKEN when this is no archive, or its directory is damaged
 */
export function openNpz(bytes: Uint8Array): NpzFile {
  const entries = new Map<string, Entry>();
  for (const entry of directory(bytes)) {
    if (!entry.name.endsWith(".npy")) continue;
    const name = entry.name.slice(0, -".npy".length);
    if (entries.has(name)) throw broken(`two arrays are called ${name}`);
    entries.set(name, entry);
  }
  return {
    names: [...entries.keys()],
    read(name: string): NpyArray {
      const entry = entries.get(name);
      if (entry === undefined) throw new RangeError(`no array is called ${name}`);
      try {
        return parseNpy(unpack(bytes, entry));
      } catch (error) {
        throw error instanceof BitspikeError ? located(error, { field: name }) : error;
      }
    },
  };
}

/** Read every array of an archive, by name; throws as `openNpz` and `NpzFile.read` do. */
export function parseNpz(bytes: Uint8Array): ReadonlyMap<string, NpyArray> {
  const file = openNpz(bytes);
  return new Map(file.names.map((name) => [name, file.read(name)]));
}

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;

function directory(bytes: Uint8Array): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endRecord(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (at === 0xffffffff || count === 0xffff) throw broken("archives beyond 4 GiB (ZIP64) are not read");
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== directorySignature) throw broken("its directory is damaged");
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    if (nameEnd > end) throw broken("its directory is damaged");
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, nameEnd)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      unpacked: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** Offset of the record that ends an archive; only a comment of up to 65535 bytes may follow it. */
function endRecord(view: DataView): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  throw broken("it is no zip archive, or its end is missing");
}

function unpack(bytes: Uint8Array, entry: Entry): Uint8Array {
  const content = packedBytes(bytes, entry);
  const unpacked = entry.method === 0 ? content : inflate(content, entry.unpacked);
  if (unpacked.length !== entry.unpacked) {
    throw broken(`it declares ${entry.unpacked} bytes and holds ${unpacked.length}`);
  }
  if (crc32(unpacked) !== entry.checksum) throw broken("its checksum is wrong");
  return unpacked;
}

/** The bytes of one entry as they lie in the archive. */
function packedBytes(bytes: Uint8Array, entry: Entry): Uint8Array {
  if (entry.encrypted) throw mistake("NPZ_METHOD", { method: "encryption" });
  if (entry.method !== 0 && entry.method !== 8) {
    throw mistake("NPZ_METHOD", { method: `compression method ${entry.method}` });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset } = entry;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== localSignature) {
    throw broken("its directory points to a place where no file begins");
  }
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + entry.packed > bytes.length) throw broken("the archive ends inside it");
  return bytes.subarray(start, start + entry.packed);
}

/** Unpacks piece by piece and stops at `limit` bytes: memory grows with what is there, not with what is declared. */
function inflate(packed: Uint8Array, limit: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const stream = new Inflate((piece) => {
    total += piece.length;
    if (total > limit) throw broken(`it holds more than the ${limit} bytes that it declares`);
    pieces.push(piece);
  });
  try {
    for (let at = 0; at < packed.length; at += pieceSize) {
      stream.push(packed.subarray(at, at + pieceSize), at + pieceSize >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof BitspikeError) throw cause;
    throw mistake("NPZ_BROKEN", { reason: "its compressed data are damaged" }, undefined, { cause });
  }
  return concatenate(pieces, total);
}

const pieceSize = 65536;

function concatenate(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function broken(reason: string): Error {
  return mistake("NPZ_BROKEN", { reason });
}

/**
 * Write arrays as one archive, deflated unless `compress` is false; the same arrays always give the same bytes.
 *
 * @param arrays by name; a name must not be empty
 */
export function writeNpz(arrays: ReadonlyMap<string, NpyArray>, compress = true): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of arrays) files[`${name}.npy`] = writeNpy(array);
  // Local time on purpose: the zip field has no zone, so that this is the same everywhere.
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
