/**
 * Groups: which names they hold and where those lead. Three ways of storage: symbol tables, link messages in the header, and link
 * messages in a heap.
 *
 * Source: HDF5 File Format Specification 3.0, sections III.A.1, III.C, III.D, IV.A.2.c, g and r.
 */

import { treeRecords } from "./btree2.ts";
import { find, MESSAGE, type Message } from "./header.ts";
import { openHeap } from "./heaps.ts";
import { BrokenFile, type Source } from "./source.ts";

/** Where a name leads: the place of an object header, a path to look up, or out of the file (null). */
export type Link = { readonly place: number } | { readonly path: string } | null;

/**
 * The names in a group.
 *
 * @param header messages of the object
 * @returns null when the object is no group
 * @throws BrokenFile
 */
export function readLinks(source: Source, header: readonly Message[]): ReadonlyMap<string, Link> | null {
  const table = find(header, MESSAGE.symbolTable);
  if (table !== null) return new Map(tableLinks(source, table.at));
  const info = find(header, MESSAGE.linkInfo);
  if (info === null) return null;
  const compact = header.filter((message) => message.type === MESSAGE.link).map(({ at }) => readLink(source, at));
  return new Map([...compact, ...denseLinks(source, info.at)]);
}

function* tableLinks(source: Source, at: number): Generator<[string, Link]> {
  const { addressBytes, lengthBytes } = source.superblock;
  const tree = source.address(at);
  const heap = source.expect(source.address(at + addressBytes), "HEAP");
  const names = source.address(heap + 8 + 2 * lengthBytes);
  const namesBytes = source.length(heap + 8);
  if (tree === null || names === null) throw new BrokenFile("a group lost its names");
  const text = (offset: number): string => {
    if (offset >= namesBytes) throw new BrokenFile("a name lies outside of its group");
    return source.text(names + offset, namesBytes - offset);
  };
  const entryBytes = 2 * addressBytes + 24;
  for (const node of symbolNodes(source, tree, null, new Set())) {
    const count = source.number(node + 6, 2);
    for (let entry = node + 8; entry < node + 8 + count * entryBytes; entry += entryBytes) {
      const name = text(source.number(entry, addressBytes));
      const isSoft = source.number(entry + 2 * addressBytes, 4) === 2;
      if (isSoft) yield [name, { path: text(source.number(entry + 2 * addressBytes + 8, 4)) }];
      else yield [name, linkTo(source.address(entry + addressBytes))];
    }
  }
}

/** Places of the symbol table nodes under a version 1 B-tree. Levels must fall and nodes not come twice, so it ends. */
function* symbolNodes(source: Source, at: number, above: number | null, seen: Set<number>): Generator<number> {
  source.expect(at, "TREE");
  const { addressBytes, lengthBytes } = source.superblock;
  const level = source.number(at + 5, 1);
  if (seen.has(at) || (above !== null && level !== above - 1)) throw new BrokenFile("a group goes round in circles");
  seen.add(at);
  const children = source.number(at + 6, 2);
  for (let child = 0; child < children; child++) {
    const key = at + 8 + 2 * addressBytes + child * (lengthBytes + addressBytes);
    const place = source.address(key + lengthBytes);
    if (place === null) throw new BrokenFile("a group lost a part of its names");
    if (level > 0) yield* symbolNodes(source, place, level, seen);
    else if (seen.has(place)) throw new BrokenFile("a group goes round in circles");
    else yield source.expect(place, "SNOD");
    seen.add(place);
  }
}

function* denseLinks(source: Source, at: number): Generator<[string, Link]> {
  const { addressBytes } = source.superblock;
  const first = at + 2 + (source.number(at + 1, 1) & 1 ? 8 : 0);
  const heapAt = source.address(first);
  const index = source.address(first + addressBytes);
  if (heapAt === null || index === null) return;
  const heap = openHeap(source, heapAt);
  // A record is a hash of the name, then the link's id in the heap.
  for (const record of treeRecords(source, index)) yield readLink(source, heap.find(record + 4));
}

function readLink(source: Source, at: number): [string, Link] {
  const flags = source.number(at + 1, 1);
  const type = flags & 0x08 ? source.number(at + 2, 1) : 0;
  const lengthAt = at + 2 + (flags & 0x08 ? 1 : 0) + (flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0);
  const lengthBytes = 1 << (flags & 3);
  const length = source.number(lengthAt, lengthBytes);
  const name = source.text(lengthAt + lengthBytes, length);
  const target = lengthAt + lengthBytes + length;
  if (type === 0) return [name, linkTo(source.address(target))];
  return [name, type === 1 ? { path: source.text(target + 2, source.number(target, 2)) } : null];
}

function linkTo(place: number | null): Link {
  if (place === null) throw new BrokenFile("a name leads nowhere");
  return { place };
}
