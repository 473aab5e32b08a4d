/**
 * HDF5 files in memory, through h5wasm. Its low-level calls are used, since the others do not look at the status that
 * HDF5 returns. Whatever a broken file does to HDF5 ends with the call: the WebAssembly memory is put back.
 */

import type { ready } from "h5wasm";
import { mistake, type BitspikeError } from "../errors.ts";
import { shapeText } from "../network/draft.ts";
import type { Floats, Shape } from "../network/types.ts";
import { BrokenFile, exponentBits, readChunks, readSuperblock, type Superblock } from "./hdf5-raw.ts";
import { assembleChunks, decodeNumbers, LZF, type NumberType } from "./hdf5-values.ts";

/** h5wasm, loaded: `await (await import("h5wasm")).ready`. */
export type Hdf5Library = Awaited<typeof ready>;

/** What lies at a path: numbers or text, row-major, or something else, in words. */
export type Hdf5Values =
  | { readonly kind: "numbers"; readonly shape: Shape; readonly data: Floats }
  | { readonly kind: "text"; readonly shape: Shape; readonly data: readonly string[] }
  | { readonly kind: "other"; readonly shape: Shape; readonly what: string };

/** An open file. Paths are absolute, such as `/node/edges`. */
export interface Hdf5File {
  /** Names in a group, sorted as people count: 2 before 10. Null when the path is no group. */
  names(path: string): readonly string[] | null;
  /**
   * @param path something that is there
   * @throws NIR_STORAGE, NIR_TOO_LARGE, NIR_DAMAGED
   */
  read(path: string): Hdf5Values;
  /** The same number for two paths exactly when they lead to the same object. */
  address(path: string): number;
}

/**
 * Open a file, read from it and close it, all within this call.
 *
 * @param read gets the open file, which is of no use after it returns
 * @throws NIR_NOT_HDF5, NIR_TRUNCATED, NIR_DAMAGED, and what `read` throws
 */
export function withHdf5<T>(library: Hdf5Library, bytes: Uint8Array, read: (file: Hdf5File) => T): T {
  const superblock = checkedSuperblock(bytes);
  return isolated(library, (name, messages) => {
    const call: Call = (work) => checked(messages, work);
    library.FS.writeFile(name, bytes);
    const id = call(() => library.open(name, library.H5F_ACC_RDONLY, false, -1, -1));
    const result = read(openFile({ library, id, call, bytes, superblock }));
    call(() => library.close_file(id));
    return result;
  });
}

/** Runs one call of the library and turns every failure into NIR_DAMAGED. */
type Call = <R>(work: () => R) => R;

function checkedSuperblock(bytes: Uint8Array): Superblock {
  const superblock = orDamaged(() => readSuperblock(bytes));
  if (superblock === null) throw mistake("NIR_NOT_HDF5", { what: beginning(bytes) });
  if (superblock.end > bytes.length) {
    throw mistake("NIR_TRUNCATED", { bytes: bytes.length, expected: superblock.end });
  }
  return superblock;
}

function beginning(bytes: Uint8Array): string {
  if (bytes.length === 0) return "is empty";
  const first = bytes.subarray(0, 16);
  if (first.every((byte) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13)) {
    return `begins with the text "${String.fromCharCode(...first).trim()}"`;
  }
  return `begins with the bytes ${[...first.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

/**
 * Run `work` with a file name that is free, HDF5's messages caught, and stack, heap and open files of the library put
 * back if it throws. Errors pass through C code that does not clean up after them: without this, each broken file would
 * leave a little less of the library, and one that makes it write astray would spoil every file after it.
 */
function isolated<T>(library: Hdf5Library, work: (name: string, messages: string[]) => T): T {
  const name = freeName(library);
  const heap = library.HEAPU8.slice();
  const messages: string[] = [];
  const restoreStderr = divertStderr(library, messages);
  try {
    return onKeptStack(library, () => work(name, messages));
  } catch (error) {
    closeStreams(library, name);
    library.HEAPU8.set(heap);
    library.HEAPU8.fill(0, heap.length);
    throw error;
  } finally {
    restoreStderr();
    if (library.FS.analyzePath(name).exists) library.FS.unlink(name);
  }
}

/**
 * Call `work` and put the library's stack pointer back afterwards, which an exception that leaves C code does not do.
 * Only `ccall` does that: it saves the pointer whenever it is given a string, and finds functions as `_name`.
 */
function onKeptStack<T>(library: Hdf5Library, work: () => T): T {
  const outcomes: ({ readonly value: T } | { readonly error: unknown })[] = [];
  const slots = library as unknown as Record<string, (() => void) | undefined>;
  slots["_bitspike"] = () => {
    try {
      outcomes.push({ value: work() });
    } catch (error) {
      outcomes.push({ error });
    }
  };
  library.ccall("bitspike", null, ["string"], ["keep the stack"]);
  delete slots["_bitspike"];
  const [outcome] = outcomes;
  if (outcome !== undefined && "value" in outcome) return outcome.value;
  throw outcome?.error ?? new Error("ccall did not call");
}

/** The parts of Emscripten's file system that its types leave out. */
interface Stream {
  readonly path?: string;
  stream_ops: { readonly write?: (stream: Stream, heap: Uint8Array, at: number, size: number) => number };
}

function streamsOf(library: Hdf5Library): readonly (Stream | null | undefined)[] {
  return (library.FS as unknown as { readonly streams: readonly (Stream | null | undefined)[] }).streams;
}

/** Let what HDF5 prints go to `messages`; the result puts things back. */
function divertStderr(library: Hdf5Library, messages: string[]): () => void {
  const stderr = streamsOf(library)[2];
  if (!stderr) return () => {};
  const usual = stderr.stream_ops;
  const write = (_: Stream, heap: Uint8Array, at: number, size: number): number => {
    messages.push(new TextDecoder().decode(heap.subarray(at, at + size)));
    return size;
  };
  stderr.stream_ops = { ...usual, write };
  return () => {
    stderr.stream_ops = usual;
  };
}

function closeStreams(library: Hdf5Library, name: string): void {
  for (const stream of streamsOf(library)) {
    if (stream?.path === name) library.FS.close(stream as Parameters<typeof library.FS.close>[0]);
  }
}

function freeName(library: Hdf5Library): string {
  let number = 0;
  while (library.FS.analyzePath(`/bitspike-${number}.h5`).exists) number++;
  return `/bitspike-${number}.h5`;
}

/** HDF5 prints whenever something fails, even where its caller ignores it, so any message means damage. */
function checked<R>(messages: string[], work: () => R): R {
  try {
    const result = work();
    if (messages.length === 0) return result;
  } catch (error) {
    if (messages.length === 0) throw damaged("its structure is broken", error);
  }
  const text = messages.splice(0).join("");
  const reason = [...text.matchAll(/ in \w+\(\): (.+)/g)].at(-1)?.[1];
  throw damaged(reason === undefined ? "its structure is broken" : `HDF5 finds "${reason}"`, new Error(text));
}

function damaged(what: string, cause?: unknown): BitspikeError {
  return mistake("NIR_DAMAGED", { what }, {}, { cause });
}

function orDamaged<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof BrokenFile) throw damaged(error.message, error);
    throw error;
  }
}

/** An open file and all that reading from it takes. */
interface Open {
  readonly library: Hdf5Library;
  readonly id: bigint;
  readonly call: Call;
  readonly bytes: Uint8Array;
  readonly superblock: Superblock;
}

interface Dataset {
  readonly path: string;
  readonly shape: Shape;
  readonly metadata: ReturnType<Hdf5Library["get_dataset_metadata"]>;
}

function openFile(open: Open): Hdf5File {
  const { library, id, call } = open;
  const sorter = new Intl.Collator("en", { numeric: true });
  const names = (path: string): readonly string[] | null => {
    const found = ifGiven(open, path, "group", () => library.get_names(id, path, false));
    return found?.toSorted((a, b) => sorter.compare(a, b)) ?? null;
  };
  const address = (path: string): number => {
    const reference = call(() => library.create_object_reference(id, path));
    return [...reference].reduceRight((number, byte) => number * 256 + byte, 0);
  };
  return { names, address, read: (path) => readDataset(open, path, () => address(path)) };
}

/**
 * A call that fails when the path is not of the kind that it takes; then null. Asking for the kind beforehand would
 * cost far more: HDF5 looks at every part of the path from the root.
 */
function ifGiven<R>(open: Open, path: string, kind: "group" | "dataset", work: () => R): R | null {
  try {
    return open.call(work);
  } catch (error) {
    if (kindOf(open, path) === kind) throw error;
    return null;
  }
}

function kindOf({ library, id, call }: Open, path: string): "group" | "dataset" | "other" {
  const type = call(() => library.get_type(id, path));
  return type === library.H5G_GROUP ? "group" : type === library.H5G_DATASET ? "dataset" : "other";
}

function readDataset(open: Open, path: string, address: () => number): Hdf5Values {
  const { library, id, call } = open;
  const metadata = ifGiven(open, path, "dataset", () => library.get_dataset_metadata(id, path));
  if (metadata === null) {
    return { kind: "other", shape: [], what: kindOf(open, path) === "group" ? "a group" : "a link that leads nowhere" };
  }
  const dataset: Dataset = { path, shape: metadata.shape ?? [0], metadata };
  const { shape } = dataset;
  const what = unreadable(library, metadata);
  if (what !== null) return { kind: "other", shape, what };
  checkSize(dataset, open.bytes.length);
  const filters = call(() => library.get_dataset_filters(id, path));
  const foreign = filters.find((filter) => !knownFilters.has(filter.id));
  if (foreign !== undefined) throw storage(path, `compressed with the filter ${foreign.name || foreign.id}`);
  if (metadata.type === library.H5T_class_t.H5T_STRING.value) {
    return { kind: "text", shape, data: readText(open, dataset) };
  }
  const isLzf = filters.some((filter) => filter.id === LZF);
  const bytes = isLzf ? readLzf(open, dataset, filters, address()) : readBytes(open, dataset);
  // HDF5 hands numbers over in little-endian order; raw chunks are as they were written.
  const type = numberType(open, dataset, !isLzf || metadata.littleEndian, address);
  return { kind: "numbers", shape, data: decodeNumbers(bytes, type) };
}

/** HDF5's own filters that h5wasm can undo (deflate, shuffle, Fletcher-32, n-bit, scale-offset), and LZF. */
const knownFilters: ReadonlySet<number> = new Set([1, 2, 3, 5, 6, LZF]);

/** Largest ratio that deflate reaches: 258 bytes of two bits. */
const MAX_COMPRESSION = 1032;

/** In words what a dataset holds that is neither text nor numbers; null for those. */
function unreadable(library: Hdf5Library, metadata: Dataset["metadata"]): string | null {
  const { H5T_INTEGER, H5T_FLOAT, H5T_STRING, H5T_COMPOUND, H5T_ENUM } = library.H5T_class_t;
  if (metadata.shape === null) return "nothing (an empty dataset)";
  if (metadata.virtual_sources !== undefined) return "a view of other files";
  switch (metadata.type) {
    case H5T_STRING.value:
      return null;
    case H5T_INTEGER.value:
      return [1, 2, 4, 8].includes(metadata.size) ? null : `integers of ${metadata.size} bytes`;
    case H5T_FLOAT.value:
      return [2, 4, 8].includes(metadata.size) ? null : `floats of ${metadata.size} bytes`;
    case H5T_COMPOUND.value: {
      const members = metadata.compound_type?.members.map(({ name }) => name).join() ?? "";
      return members === "r,i" ? "complex numbers" : "records";
    }
    case H5T_ENUM.value:
      return "booleans or names of an enumeration";
    default:
      return metadata.type === 11 ? "complex numbers" : "values of another kind";
  }
}

/** Never allocate what a few bytes promise. */
function checkSize({ path, metadata, shape }: Dataset, fileBytes: number): void {
  const bytes = metadata.total_size * metadata.size;
  if (bytes <= fileBytes * MAX_COMPRESSION && bytes < 2 ** 30) return;
  throw mistake("NIR_TOO_LARGE", { path, shape: shapeText(shape), bytes: fileBytes }, { field: path });
}

function storage(path: string, how: string): BitspikeError {
  return mistake("NIR_STORAGE", { path, how }, { field: path });
}

/** Let HDF5 read a dataset into its memory and do something with it there. */
function withValues<R>(open: Open, { path, metadata }: Dataset, use: (start: number, size: number) => R): R {
  const { library, id, call } = open;
  const size = metadata.total_size * metadata.size;
  const { _malloc: allocate, _free: free } = library;
  const start = allocate(Math.max(size, 1));
  if (start === 0) throw storage(path, `${size} bytes, which is more than there is memory for`);
  library.HEAPU8.fill(0, start, start + size);
  const status = call(() => library.get_dataset_data(id, path, null, null, null, BigInt(start)));
  if (status < 0) throw damaged(`${path} cannot be read`);
  const result = use(start, size);
  free(start);
  return result;
}

function readBytes(open: Open, dataset: Dataset): Uint8Array {
  return withValues(open, dataset, (start, size) => open.library.HEAPU8.slice(start, start + size));
}

/** Strings without what fills them up to a fixed length. */
function readText(open: Open, dataset: Dataset): readonly string[] {
  const { library, id, call } = open;
  const { path, metadata } = dataset;
  return withValues(open, dataset, (start, size) => {
    const heap = library.HEAPU8;
    if (!metadata.vlen) {
      const decoder = new TextDecoder();
      return Array.from({ length: metadata.total_size }, (_, index) => {
        const bytes = heap.subarray(start + index * metadata.size, start + (index + 1) * metadata.size);
        return decoder.decode(bytes).replace(/\0.*$/s, "").trimEnd();
      });
    }
    const pointers = new DataView(heap.buffer, start, size);
    const text = Array.from({ length: metadata.total_size }, (_, index) => {
      const pointer = pointers.getUint32(index * 4, true);
      return pointer === 0 ? "" : library.UTF8ToString(pointer);
    });
    call(() => library.reclaim_vlen_memory(id, path, "", BigInt(start)));
    return text;
  });
}

function readLzf(
  open: Open,
  { path, shape, metadata }: Dataset,
  filters: ReturnType<Hdf5Library["get_dataset_filters"]>,
  address: number,
): Uint8Array {
  const chunkShape = metadata.chunks ?? shape;
  const isPlain = filters.every((filter) => [LZF, 2, 3].includes(filter.id));
  const chunks = orDamaged(() => readChunks(open.bytes, open.superblock, address, chunkShape));
  if (chunks === null || !isPlain) throw storage(path, "compressed with LZF in one of HDF5's newer layouts");
  return orDamaged(() => assembleChunks(shape, chunkShape, metadata.size, chunks, filters));
}

function numberType(open: Open, dataset: Dataset, littleEndian: boolean, address: () => number): NumberType {
  const { size, signed, type } = dataset.metadata;
  const isFloat = type === open.library.H5T_class_t.H5T_FLOAT.value;
  if (!isFloat || size !== 2) return { isFloat, size, signed, littleEndian, exponentBits: 0 };
  const bits = orDamaged(() => exponentBits(open.bytes, open.superblock, address()));
  if (bits !== 5 && bits !== 8) throw storage(dataset.path, "floats of two bytes in an unknown layout");
  return { isFloat, size, signed, littleEndian, exponentBits: bits };
}
