/**
 * Where arrays lie in one WebAssembly memory. Everything is laid out before the memory is made, because growing it would
 * cut off every view that exists: reserve regions, open the memory once, then take views of them.
 */

import { mistake } from "../errors.ts";
import { largestMemoryPages } from "./encode.ts";
import { webAssembly, type WasmMemory } from "./wasm.ts";

interface Arrays {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
}

/** How the elements of an array are stored. */
export type Storage = keyof Arrays;

const makers = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f64: Float64Array,
} as const;

/** Every array begins at a multiple of this many bytes: a line of the processor's cache. */
export const alignment = 64;
/** Elements behind an array that kernels may read and write are its own: at least `leastPadding`, up to a multiple of this. */
export const paddingElements = 64;
export const leastPadding = 8;

const pageBytes = 65_536;
/** Arrays of one length a power of two apart would all fall into the same few lines of the cache. */
const stagger = 5 * alignment;

/** A reserved array. */
export interface Region<S extends Storage = Storage> {
  readonly storage: S;
  /** Address of the first byte. */
  readonly offset: number;
  /** Elements that were asked for; the padding comes behind them. */
  readonly length: number;
}

/** Bytes of one element. */
export function bytesOf(storage: Storage): number {
  return makers[storage].BYTES_PER_ELEMENT;
}

/** The length with padding. */
export function paddedLength(length: number): number {
  return Math.ceil((length + leastPadding) / paddingElements) * paddingElements;
}

/** Reserves arrays one behind the other. */
export class Layout {
  private next = alignment;

  /** Bytes reserved so far. */
  get bytes(): number {
    return this.next;
  }

  reserve<S extends Storage>(storage: S, length: number): Region<S> {
    const offset = this.next;
    const bytes = paddedLength(length) * bytesOf(storage);
    this.next = Math.ceil((offset + bytes) / alignment) * alignment + stagger;
    return { storage, offset, length };
  }
}

/**
 * Make the memory of a finished layout; all zeros.
 *
 * @param shared between threads
 * @param room pages that may be put behind what is shared, as far as a memory can have them
 * @throws ENGINE_MEMORY when there is not as much
 */
export function openMemory(layout: Layout, shared = false, room = 0): WasmMemory {
  const pages = checkSize(layout);
  const facts = { bytes: layout.bytes };
  if (webAssembly === undefined) throw mistake("ENGINE_MEMORY", facts);
  try {
    return new webAssembly.Memory(
      shared ? { initial: pages, maximum: Math.min(largestMemoryPages, pages + room), shared } : { initial: pages },
    );
  } catch (cause) {
    throw mistake("ENGINE_MEMORY", facts, {}, { cause });
  }
}

/** How many pages a layout takes. @throws ENGINE_MEMORY when no memory can be as large */
export function checkSize(layout: Layout): number {
  const pages = pagesOf(layout);
  if (pages > largestMemoryPages) throw mistake("ENGINE_MEMORY", { bytes: layout.bytes });
  return pages;
}

export function pagesOf({ bytes }: Layout): number {
  return Math.ceil(bytes / pageBytes);
}

/**
 * Room behind everything that a memory holds; threads may ask at the same time.
 *
 * @returns address of its first byte
 * @throws ENGINE_MEMORY when there is not as much
 */
export function roomBehind(memory: WasmMemory, layout: Layout): number {
  try {
    return memory.grow(pagesOf(layout)) * pageBytes;
  } catch (cause) {
    throw mistake("ENGINE_MEMORY", { bytes: memory.buffer.byteLength + layout.bytes }, {}, { cause });
  }
}

/** A region of a layout that lies at an address. */
export function placedAt<S extends Storage>(address: number, region: Region<S>): Region<S> {
  return { ...region, offset: region.offset + address };
}

/** The elements that were asked for. */
export function viewOf<S extends Storage>(memory: WasmMemory, region: Region<S>): Arrays[S] {
  return view(memory, region, region.length);
}

/** With the padding behind them. */
export function paddedViewOf<S extends Storage>(memory: WasmMemory, region: Region<S>): Arrays[S] {
  return view(memory, region, paddedLength(region.length));
}

function view<S extends Storage>(memory: WasmMemory, { storage, offset }: Region<S>, length: number): Arrays[S] {
  return new makers[storage](memory.buffer as ArrayBuffer, offset, length) as unknown as Arrays[S];
}
