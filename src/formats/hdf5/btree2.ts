/**
 * Version 2 B-trees, the newer index of what a group holds.
 *
 * Source: HDF5 File Format Specification 3.0, section III.A.2.
 */

import { BrokenFile, type Source } from "./source.ts";

/** Places of all records of a tree; every record has the same size. */
export function* treeRecords(source: Source, at: number): Generator<number> {
  source.expect(at, "BTHD");
  const nodeBytes = source.number(at + 6, 4);
  const recordBytes = source.number(at + 10, 2);
  const depth = source.number(at + 12, 2);
  const root = source.address(at + 16);
  const count = source.number(at + 16 + source.superblock.addressBytes, 2);
  if (root === null) return;
  const levels = levelSizes(source, nodeBytes, recordBytes, depth);
  const tree: Tree = { source, recordBytes, countBytes: bytesFor(levels[0]?.most ?? 0), levels, seen: new Set() };
  yield* nodeRecords(tree, root, count, depth);
}

interface Tree {
  readonly source: Source;
  readonly recordBytes: number;
  /** Bytes of a stored number of records. */
  readonly countBytes: number;
  readonly levels: readonly Level[];
  /** Nodes met so far. */
  readonly seen: Set<number>;
}

interface Level {
  /** Most records of a node. */
  readonly most: number;
  /** Most records of a node and all below it. */
  readonly total: number;
  /** Bytes that lead to one child; 0 for a leaf. */
  readonly pointerBytes: number;
}

/** A node's signature, version, type and checksum. */
const OVERHEAD = 10;

/** By level, leaves first: sizes follow from how much could be in a node. */
function levelSizes(source: Source, nodeBytes: number, recordBytes: number, depth: number): readonly Level[] {
  const leaf = Math.floor((nodeBytes - OVERHEAD) / recordBytes);
  if (!(leaf > 0) || depth > 64) throw new BrokenFile("an index has impossible sizes");
  const levels: Level[] = [{ most: leaf, total: leaf, pointerBytes: 0 }];
  for (let level = 1; level <= depth; level++) {
    const below = levels[level - 1]?.total ?? 0;
    const totalBytes = level > 1 ? bytesFor(below) : 0;
    const pointerBytes = source.superblock.addressBytes + bytesFor(leaf) + totalBytes;
    const most = Math.floor((nodeBytes - OVERHEAD - pointerBytes) / (recordBytes + pointerBytes));
    levels.push({ most, total: (most + 1) * below + most, pointerBytes });
  }
  return levels;
}

function* nodeRecords(tree: Tree, at: number, count: number, level: number): Generator<number> {
  const { source, recordBytes, countBytes, levels, seen } = tree;
  if (seen.has(at)) throw new BrokenFile("an index goes round in circles");
  seen.add(at);
  const records = source.expect(at, level > 0 ? "BTIN" : "BTLF") + 6;
  for (let record = 0; record < count; record++) yield records + record * recordBytes;
  if (level === 0) return;
  const pointerBytes = levels[level]?.pointerBytes ?? 0;
  for (let child = 0; child <= count; child++) {
    const pointer = records + count * recordBytes + child * pointerBytes;
    const place = source.address(pointer);
    if (place === null) throw new BrokenFile("an index has a part missing");
    const inChild = source.number(pointer + source.superblock.addressBytes, countBytes);
    yield* nodeRecords(tree, place, inChild, level - 1);
  }
}

/** Bytes that hold numbers up to a limit. */
function bytesFor(limit: number): number {
  return Math.floor(Math.log2(limit) / 8) + 1;
}
