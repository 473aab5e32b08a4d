/**
 * Heaps: the fractal heap, which holds the links of large groups, and global heap collections, which hold text.
 *
 * Source: HDF5 File Format Specification 3.0, sections III.E and III.G.
 */

import { BrokenFile, UnreadableStorage, type Source } from "./source.ts";

/** Finds objects of a fractal heap. */
export interface Heap {
  /** Place of the object that the id at a place means. */
  find(id: number): number;
}

/** What locating needs to know of a fractal heap. */
interface Layout {
  readonly source: Source;
  /** Blocks in a row. Rows 0 and 1 have blocks of `startBytes`, each further row has blocks twice as large. */
  readonly width: number;
  readonly startBytes: number;
  /** Rows whose blocks hold objects; blocks of later rows hold rows again. */
  readonly directRows: number;
  readonly offsetBytes: number;
}

/** @throws BrokenFile, UnreadableStorage */
export function openHeap(source: Source, at: number): Heap {
  source.expect(at, "FRHP");
  const { addressBytes, lengthBytes } = source.superblock;
  if (source.number(at + 7, 2) > 0) throw new UnreadableStorage("with compressed names");
  const largestObject = source.number(at + 10, 4);
  // Behind the flags: sizes and counts of no use here, ten lengths and two addresses.
  const table = at + 14 + 10 * lengthBytes + 2 * addressBytes;
  const startBytes = source.length(table + 2);
  const largestBlock = source.length(table + 2 + lengthBytes);
  const offsetBytes = Math.ceil(source.number(table + 2 + 2 * lengthBytes, 2) / 8);
  const rootAt = table + 6 + 2 * lengthBytes;
  const root = source.address(rootAt);
  const rows = source.number(rootAt + addressBytes, 2);
  const isPower = [startBytes, largestBlock].every((size) => size > 0 && Number.isInteger(Math.log2(size)));
  if (root === null || !isPower || offsetBytes < 1 || offsetBytes > 8) throw new BrokenFile("a heap is empty");
  const directRows = Math.log2(largestBlock) - Math.log2(startBytes) + 2;
  const layout = { source, width: source.number(table, 2), startBytes, directRows, offsetBytes };
  const lengthOfLength = Math.min(Math.ceil(Math.log2(largestBlock) / 8), Math.floor(Math.log2(largestObject) / 8) + 1);
  return {
    find: (id) => {
      if ((source.number(id, 1) & 0x30) !== 0) throw new UnreadableStorage("with very long or very short names");
      const offset = source.number(id + 1, offsetBytes);
      const place = rows === 0 ? root + offset : locate(layout, root, offset, rows);
      source.slice(place, source.number(id + 1 + offsetBytes, lengthOfLength));
      return place;
    },
  };
}

/** Place of a heap offset under an indirect block; `offset` counts from where the block begins in the heap. */
function locate(layout: Layout, at: number, offset: number, rows: number): number {
  const { source, width, startBytes, directRows, offsetBytes } = layout;
  source.expect(at, "FHIB");
  const { addressBytes } = source.superblock;
  const children = at + 5 + addressBytes + offsetBytes;
  let rest = offset;
  for (let row = 0; row < rows; row++) {
    const blockBytes = startBytes * 2 ** Math.max(row - 1, 0);
    if (rest < width * blockBytes) {
      const column = Math.floor(rest / blockBytes);
      const place = source.address(children + (row * width + column) * addressBytes);
      if (place === null) break;
      rest -= column * blockBytes;
      if (row < directRows) return source.expect(place, "FHDB") + rest;
      // Smaller than this block, so the descent ends.
      return locate(layout, place, rest, Math.log2(blockBytes / (width * startBytes)) + 1);
    }
    rest -= width * blockBytes;
  }
  throw new BrokenFile("a name is not in its heap");
}

/** Text of a global heap, by collection and index; each collection is read once. */
export function openTexts(source: Source): (collection: number, index: number, length: number) => string {
  const collections = new Map<number, ReadonlyMap<number, number>>();
  return (collection, index, length) => {
    const objects = collections.get(collection) ?? readCollection(source, collection);
    collections.set(collection, objects);
    const place = objects.get(index);
    if (place === undefined) throw new BrokenFile("a text is missing");
    const header = 8 + source.superblock.lengthBytes;
    if (length > source.length(place + 8)) throw new BrokenFile("a text is longer than its place");
    return source.text(place + header, length);
  };
}

/** Places of the objects of one collection, by index. */
function readCollection(source: Source, at: number): ReadonlyMap<number, number> {
  source.expect(at, "GCOL");
  const header = 8 + source.superblock.lengthBytes;
  const end = at + source.length(at + 8);
  source.slice(at, end - at);
  const objects = new Map<number, number>();
  for (let place = at + header; place + header <= end;) {
    const index = source.number(place, 2);
    // Index 0 is the free space at the end.
    if (index === 0) break;
    objects.set(index, place);
    place += header + Math.ceil(source.length(place + 8) / 8) * 8;
  }
  return objects;
}
