/**
 * HDF5 files: names in groups, and arrays of numbers or text. A reader of its own rather than the HDF5 library compiled to
 * WebAssembly, because bytes may be broken or hostile: here every read is checked and every loop ends, while the library hangs
 * on some such files and keeps gigabytes after others. It covers what the library and h5py write unless asked for something
 * special; the rest is refused with NIR_STORAGE.
 */

import { mistake } from "../../errors.ts";
import { shapeText } from "../../network/draft.ts";
import type { Floats, Shape } from "../../network/types.ts";
import { MAX_COMPRESSION, readFilters } from "./filters.ts";
import { readLinks, type Link } from "./groups.ts";
import { find, MESSAGE, readHeader, type Message } from "./header.ts";
import { openTexts } from "./heaps.ts";
import { readArray } from "./layout.ts";
import { decodeNumbers } from "./numbers.ts";
import { BrokenFile, readSuperblock, Source, UnreadableStorage } from "./source.ts";
import { readShape, readType, type ElementType, type TextType } from "./types.ts";

/** What lies at a path: numbers or text, row-major, or something else, in words. */
export type Hdf5Values =
  | { readonly kind: "numbers"; readonly shape: Shape; readonly data: Floats }
  | { readonly kind: "text"; readonly shape: Shape; readonly data: readonly string[] }
  | { readonly kind: "other"; readonly shape: Shape; readonly what: string };

/** A file in memory. Paths are absolute, such as `/node/edges`. All members throw NIR_DAMAGED where the file is broken. */
export interface Hdf5File {
  /** Names in a group, sorted as people count: 2 before 10. Null when the path is no group. */
  names(path: string): readonly string[] | null;
  /** @throws NIR_STORAGE, NIR_TOO_LARGE */
  read(path: string): Hdf5Values;
  /** Where the object of a path lies: the same number for two paths exactly when they lead to the same object. */
  place(path: string): number | null;
}

/**
 * Look at the bytes of a file; what is in it is read when asked for.
 *
 * @throws NIR_NOT_HDF5, NIR_TRUNCATED, NIR_DAMAGED
 */
export function openHdf5(bytes: Uint8Array): Hdf5File {
  const superblock = guarded("/", () => readSuperblock(bytes));
  if (superblock === null) throw mistake("NIR_NOT_HDF5", { what: beginning(bytes) });
  if (superblock.end > bytes.length) {
    throw mistake("NIR_TRUNCATED", { bytes: bytes.length, expected: superblock.end });
  }
  const open: Open = {
    source: new Source(bytes, superblock),
    objects: new Map(),
    text: openTexts(new Source(bytes, superblock)),
  };
  return {
    names: (path) => guarded(path, () => namesIn(open, path)),
    read: (path) => guarded(path, () => readObject(open, path)),
    place: (path) => guarded(path, () => lookUp(open, path)),
  };
}

/** Messages and names of one object. */
interface Item {
  readonly header: readonly Message[];
  readonly links: ReadonlyMap<string, Link> | null;
}

interface Open {
  readonly source: Source;
  /** Read so far, by place. */
  readonly objects: Map<number, Item>;
  readonly text: ReturnType<typeof openTexts>;
}

/** Turn what the parser throws into the user's mistake. */
function guarded<R>(path: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof BrokenFile) throw mistake("NIR_DAMAGED", { what: error.message }, {}, { cause: error });
    if (!(error instanceof UnreadableStorage)) throw error;
    throw mistake("NIR_STORAGE", { path, how: error.message }, { field: path }, { cause: error });
  }
}

function beginning(bytes: Uint8Array): string {
  if (bytes.length === 0) return "is empty";
  const first = bytes.subarray(0, 16);
  if (first.every((byte) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13)) {
    return `begins with the text "${String.fromCharCode(...first)
      .trim()
      .replaceAll(/\s+/g, " ")}"`;
  }
  return `begins with the bytes ${[...first.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

function objectAt({ source, objects }: Open, place: number): Item {
  const known = objects.get(place);
  if (known !== undefined) return known;
  const header = readHeader(source, place);
  const item = { header, links: readLinks(source, header) };
  objects.set(place, item);
  return item;
}

/** More soft links than this on one way lead in a circle, or are meant to keep a reader busy. */
const MAX_SOFT_LINKS = 16;

/**
 * Place of an object; null when the path leads nowhere or out of the file.
 *
 * @param followed soft links followed so far, on the whole way
 */
function lookUp(open: Open, path: string, followed = { count: 0 }): number | null {
  let place = open.source.superblock.root;
  let group = "";
  for (const name of path.split("/").filter((part) => part !== "" && part !== ".")) {
    const link = objectAt(open, place).links?.get(name) ?? null;
    if (link === null) return null;
    if ("place" in link) place = link.place;
    else {
      if (++followed.count > MAX_SOFT_LINKS) return null;
      const target = lookUp(open, absolute(link.path, group), followed);
      if (target === null) return null;
      place = target;
    }
    group += `/${name}`;
  }
  return place;
}

function absolute(path: string, group: string): string {
  return path.startsWith("/") ? path : `${group}/${path}`;
}

function namesIn(open: Open, path: string): readonly string[] | null {
  const place = lookUp(open, path);
  const links = place === null ? null : objectAt(open, place).links;
  const sorter = new Intl.Collator("en", { numeric: true });
  return links === null ? null : [...links.keys()].toSorted((a, b) => sorter.compare(a, b));
}

function readObject(open: Open, path: string): Hdf5Values {
  const { source } = open;
  const place = lookUp(open, path);
  if (place === null) return { kind: "other", shape: [], what: "a link that leads nowhere" };
  const { header, links } = objectAt(open, place);
  if (links !== null) return { kind: "other", shape: [], what: "a group" };
  const [space, typeMessage, layout] = [MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].map((type) =>
    find(header, type),
  );
  if (!space || !typeMessage || !layout) return { kind: "other", shape: [], what: "no array" };
  const type = readType(source, typeMessage.at);
  const shape = readShape(source, space.at);
  if (shape === null) return { kind: "other", shape: [0], what: "an array without values" };
  if (type.kind === "other") return { kind: "other", shape, what: type.what };
  const bytes = readBytes(open, path, header, layout, shape, type);
  if (type.kind === "text") return { kind: "text", shape, data: texts(open, bytes, type) };
  return { kind: "numbers", shape, data: decodeNumbers(bytes, type) };
}

function readBytes(
  { source }: Open,
  path: string,
  header: readonly Message[],
  layout: Message,
  shape: Shape,
  { size }: ElementType,
): Uint8Array {
  const count = shape.reduce((total, length) => total * length, 1);
  if (count === 0) return new Uint8Array();
  // Never allocate what a few bytes promise.
  const bytes = source.bytes.length;
  if (count * size > bytes * MAX_COMPRESSION || count * size >= 2 ** 30) {
    throw mistake("NIR_TOO_LARGE", { path, shape: shapeText(shape), bytes }, { field: path });
  }
  const pipeline = find(header, MESSAGE.filters);
  const filters = pipeline === null ? [] : readFilters(source, pipeline.at);
  const fill = find(header, MESSAGE.fill);
  return readArray(source, layout.at, {
    shape,
    itemSize: size,
    filters,
    fill: fill === null ? null : fillValue(source, fill.at, size),
  });
}

/** One element of what stands where nothing was written; null for zeros. */
function fillValue(source: Source, at: number, itemSize: number): Uint8Array | null {
  const version = source.number(at, 1);
  const isGiven = version < 3 ? source.number(at + 3, 1) === 1 : (source.number(at + 1, 1) & 0x20) !== 0;
  const sizeAt = version < 3 ? at + 4 : at + 2;
  if (!isGiven || source.number(sizeAt, 4) !== itemSize) return null;
  return source.slice(sizeAt + 4, itemSize);
}

/** Strings without what fills them up to a fixed length. */
function texts({ source, text }: Open, bytes: Uint8Array, { size, inHeap }: TextType): readonly string[] {
  const count = bytes.length / size;
  const elements = Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  if (!inHeap) {
    const local = (element: Uint8Array): string => new Source(element, source.superblock).text(0, size).trimEnd();
    return elements.map(local);
  }
  // A length, the address of a collection, an index in it. Length 0 stands alone.
  return elements.map((element) => {
    const reference = new Source(element, source.superblock);
    const length = reference.number(0, 4);
    const collection = length === 0 ? null : reference.address(4);
    const index = reference.number(4 + source.superblock.addressBytes, 4);
    return collection === null ? "" : text(collection, index, length);
  });
}
