/**
 * Where the bytes of an array lie: in its header, in one piece, or in chunks behind an index.
 *
 * Source: HDF5 File Format Specification 3.0, sections III.A.1, III.H, IV.A.2.f and IV.A.2.i; version 5 of the layout from files
 * written by HDF5 2.0.
 */

import type { Shape } from "../../network/types.ts";
import { unfilter, type Filter } from "./filters.ts";
import { BrokenFile, UnreadableStorage, type Source } from "./source.ts";

/** What is known of an array before its layout is read. */
export interface ArrayInfo {
  readonly shape: Shape;
  /** Bytes per element. */
  readonly itemSize: number;
  readonly filters: readonly Filter[];
  /** One element where nothing was ever written [itemSize]; null for zeros. */
  readonly fill: Uint8Array | null;
}

/** One stored chunk. */
interface Chunk {
  /** Index of its first element, per axis. */
  readonly start: readonly number[];
  /** As stored, all filters applied. */
  readonly bytes: Uint8Array;
  readonly skippedFilters: number;
}

/**
 * All bytes of an array, row-major, elements as they are stored.
 *
 * @param at place of the layout message
 * @throws BrokenFile, UnreadableStorage
 */
export function readArray(source: Source, at: number, info: ArrayInfo): Uint8Array {
  const version = source.number(at, 1);
  if (version < 3 || version > 5) throw new UnreadableStorage(`in version ${version} of HDF5's layouts`);
  const size = product(info.shape) * info.itemSize;
  switch (source.number(at + 1, 1)) {
    case 0:
      return exactly(source.slice(at + 4, source.number(at + 2, 2)), size);
    case 1: {
      const place = source.address(at + 2);
      return place === null ? filled(info, size) : source.slice(place, size);
    }
    case 2:
      return version === 3 ? oldChunks(source, at, info, size) : newChunks(source, at, info, size);
    default:
      throw new UnreadableStorage("as a view of other files");
  }
}

function exactly(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length < size) throw new BrokenFile("an array is shorter than its shape");
  return bytes.subarray(0, size);
}

function filled({ fill, itemSize }: ArrayInfo, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (fill !== null) for (let at = 0; at < size; at += itemSize) bytes.set(fill, at);
  return bytes;
}

function oldChunks(source: Source, at: number, info: ArrayInfo, size: number): Uint8Array {
  const place = source.address(at + 3);
  const sizes = at + 3 + source.superblock.addressBytes;
  const chunkShape = checkedChunk(
    info,
    Array.from({ length: source.number(at + 2, 1) - 1 }, (_, axis) => source.number(sizes + 4 * axis, 4)),
  );
  const chunks = place === null ? [] : treeChunks(source, place, chunkShape.length, null, new Set());
  return assemble(info, size, chunkShape, chunks);
}

function newChunks(source: Source, at: number, info: ArrayInfo, size: number): Uint8Array {
  const isFilteredSingle = (source.number(at + 2, 1) & 2) !== 0;
  const axes = source.number(at + 3, 1);
  const sizeBytes = source.number(at + 4, 1);
  const chunkShape = checkedChunk(
    info,
    Array.from({ length: axes - 1 }, (_, axis) => source.number(at + 5 + axis * sizeBytes, sizeBytes)),
  );
  const index = at + 5 + axes * sizeBytes;
  const chunkBytes = product(chunkShape) * info.itemSize;
  switch (source.number(index, 1)) {
    case 1:
      return assemble(info, size, chunkShape, singleChunk(source, index + 1, isFilteredSingle, chunkShape, chunkBytes));
    case 2:
      return assemble(
        info,
        size,
        chunkShape,
        plainChunks(source, index + 1, gridOf(info.shape, chunkShape), chunkBytes),
      );
    case 3: {
      const grid = gridOf(info.shape, chunkShape);
      return assemble(info, size, chunkShape, fixedArrayChunks(source, source.address(index + 2), grid, chunkBytes));
    }
    default:
      throw new UnreadableStorage("in an array that may grow, in HDF5's newer format");
  }
}

/** Skips every filter. */
const NO_FILTER = -1;

/** The whole array is one chunk. */
function* singleChunk(
  source: Source,
  at: number,
  isFiltered: boolean,
  chunkShape: Shape,
  chunkBytes: number,
): Generator<Chunk> {
  const { lengthBytes } = source.superblock;
  const place = source.address(isFiltered ? at + lengthBytes + 4 : at);
  if (place === null) return;
  const bytes = source.slice(place, isFiltered ? source.length(at) : chunkBytes);
  const skippedFilters = isFiltered ? source.number(at + lengthBytes, 4) : NO_FILTER;
  yield { start: chunkShape.map(() => 0), bytes, skippedFilters };
}

/** Chunks one behind the other, without an index. */
function* plainChunks(source: Source, at: number, grid: Iterable<readonly number[]>, size: number): Generator<Chunk> {
  let place = source.address(at);
  if (place === null) return;
  for (const start of grid) {
    yield { start, bytes: source.slice(place, size), skippedFilters: NO_FILTER };
    place += size;
  }
}

/** A list of chunks in row-major order, in pages when it is long. */
function* fixedArrayChunks(
  source: Source,
  at: number | null,
  grid: Iterable<readonly number[]>,
  chunkBytes: number,
): Generator<Chunk> {
  if (at === null) return;
  source.expect(at, "FAHD");
  const { addressBytes, lengthBytes } = source.superblock;
  const isFiltered = source.number(at + 5, 1) === 1;
  const entryBytes = source.number(at + 6, 1);
  const pageEntries = 2 ** source.number(at + 7, 1);
  const entries = source.length(at + 8);
  const block = source.address(at + 8 + lengthBytes);
  if (block === null) return;
  const bitmap = source.expect(block, "FADB") + 6 + addressBytes;
  const isPaged = entries > pageEntries;
  // A checksum ends the block and each page.
  const pages = bitmap + (isPaged ? Math.ceil(Math.ceil(entries / pageEntries) / 8) + 4 : 0);
  let entry = 0;
  for (const start of grid) {
    const page = isPaged ? Math.floor(entry / pageEntries) : 0;
    const isWritten = !isPaged || source.number(bitmap + Math.floor(page / 8), 1) & (0x80 >> (page % 8));
    const here = pages + entry * entryBytes + page * 4;
    const place = isWritten ? source.address(here) : null;
    entry++;
    if (place === null) continue;
    const stored = isFiltered ? source.number(here + addressBytes, entryBytes - addressBytes - 4) : chunkBytes;
    const skippedFilters = isFiltered ? source.number(here + entryBytes - 4, 4) : NO_FILTER;
    yield { start, bytes: source.slice(place, stored), skippedFilters };
  }
}

/** Chunks under a version 1 B-tree. Levels must fall and nodes not come twice, so it ends. */
function* treeChunks(
  source: Source,
  at: number,
  axes: number,
  above: number | null,
  seen: Set<number>,
): Generator<Chunk> {
  source.expect(at, "TREE");
  const { addressBytes } = source.superblock;
  const level = source.number(at + 5, 1);
  if (seen.has(at) || (above !== null && level !== above - 1)) {
    throw new BrokenFile("an index of chunks goes round in circles");
  }
  seen.add(at);
  const children = source.number(at + 6, 2);
  const keyBytes = 8 + 8 * (axes + 1);
  for (let child = 0; child < children; child++) {
    const key = at + 8 + 2 * addressBytes + child * (keyBytes + addressBytes);
    const place = source.address(key + keyBytes);
    if (place === null) throw new BrokenFile("a chunk is missing");
    if (level > 0) yield* treeChunks(source, place, axes, level, seen);
    else {
      yield {
        start: Array.from({ length: axes }, (_, axis) => source.number(key + 8 + 8 * axis, 8)),
        bytes: source.slice(place, source.number(key, 4)),
        skippedFilters: source.number(key + 4, 4),
      };
    }
  }
}

/** Index of the first element of each chunk, row-major. */
function* gridOf(shape: Shape, chunkShape: Shape): Generator<readonly number[]> {
  const start = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0;) {
    yield [...start];
    for (axis = shape.length - 1; axis >= 0; axis--) {
      start[axis] = (start[axis] ?? 0) + (chunkShape[axis] ?? 1);
      if ((start[axis] ?? 0) < (shape[axis] ?? 0)) break;
      start[axis] = 0;
    }
  }
}

function checkedChunk({ shape, itemSize }: ArrayInfo, chunkShape: Shape): Shape {
  const isSound = chunkShape.length === shape.length && chunkShape.every((size) => size >= 1);
  if (isSound && product(chunkShape) * itemSize < 2 ** 31) return chunkShape;
  throw new BrokenFile("an array has chunks of an impossible shape");
}

function assemble(info: ArrayInfo, size: number, chunkShape: Shape, chunks: Iterable<Chunk>): Uint8Array {
  const out = filled(info, size);
  const chunkBytes = product(chunkShape) * info.itemSize;
  let covered = 0;
  for (const { start, bytes, skippedFilters } of chunks) {
    covered += copyChunk(out, info, chunkShape, start, unfilter(bytes, info.filters, skippedFilters, chunkBytes));
    if (covered > size) throw new BrokenFile("an array has a chunk twice");
  }
  return out;
}

/** Copy the part of a chunk that lies inside the array; the result is how many bytes that was. */
function copyChunk(
  out: Uint8Array,
  { shape, itemSize }: ArrayInfo,
  chunkShape: Shape,
  start: readonly number[],
  chunk: Uint8Array,
): number {
  const extent = shape.map((size, axis) => Math.min(chunkShape[axis] ?? 0, size - (start[axis] ?? 0)));
  const isOnGrid = start.every((index, axis) => index % (chunkShape[axis] ?? 1) === 0);
  if (!isOnGrid || extent.some((size) => size <= 0)) throw new BrokenFile("a chunk lies outside of its array");
  const last = shape.length - 1;
  const run = (extent[last] ?? 1) * itemSize;
  // `to` and `from` are row-major positions over the axes before `axis`.
  const copy = (axis: number, to: number, from: number): void => {
    const target = to * (shape[axis] ?? 1) + (start[axis] ?? 0);
    const source = from * (chunkShape[axis] ?? 1);
    if (axis < last) {
      for (let i = 0; i < (extent[axis] ?? 0); i++) copy(axis + 1, target + i, source + i);
    } else out.set(chunk.subarray(source * itemSize, source * itemSize + run), target * itemSize);
  };
  copy(0, 0, 0);
  return product(extent) * itemSize;
}

function product(shape: Shape): number {
  return shape.reduce((total, size) => total * size, 1);
}
