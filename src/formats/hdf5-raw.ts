/**
 * The parts of the HDF5 format that are read from the bytes themselves: the superblock, to refuse broken files early,
 * and what h5wasm cannot give, which is chunks as they are stored and the layout of a float's bits.
 *
 * Source: HDF5 File Format Specification, version 3.0, sections II (superblock), III.A.1 (version 1 B-trees), IV.A.1 (object
 * headers), IV.A.2.d (datatype message) and IV.A.2.i (data layout message). All numbers are little-endian.
 */

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export interface Superblock {
  /** Bytes in front of the file proper (a user block); addresses count from there. */
  readonly base: number;
  /** Bytes that the file must have. */
  readonly end: number;
  /** Bytes of a stored address. */
  readonly addressBytes: number;
  /** Bytes of a stored length. */
  readonly lengthBytes: number;
}

/** Something in the file that contradicts the format. */
export class BrokenFile extends Error {}

/**
 * Find and read the superblock: at byte 0, 512, 1024, 2048 ..
 *
 * @returns null when there is none
 * @throws BrokenFile
 */
export function readSuperblock(bytes: Uint8Array): Superblock | null {
  for (let at = 0; at + signature.length <= bytes.length; at = at === 0 ? 512 : at * 2) {
    if (signature.every((byte, index) => bytes[at + index] === byte)) return superblockAt(bytes, at);
  }
  return null;
}

/** One stored chunk of a dataset. */
export interface RawChunk {
  /** Index of its first element, per axis. */
  readonly start: readonly number[];
  /** As stored, all filters applied. */
  readonly bytes: Uint8Array;
  /** Bit i set: filter i was left out for this chunk. */
  readonly skippedFilters: number;
}

/**
 * The chunks of a chunked dataset as they are stored.
 *
 * @param address of the dataset's object header, counted from the base
 * @param chunkShape from the dataset's metadata
 * @returns null for the newer chunk indexes, which are not read here
 * @throws BrokenFile
 */
export function readChunks(
  bytes: Uint8Array,
  superblock: Superblock,
  address: number,
  chunkShape: readonly number[],
): readonly RawChunk[] | null {
  const source = new Source(bytes, superblock);
  const layout = headerMessages(source, address).find((message) => message.type === 0x08);
  if (layout === undefined) throw new BrokenFile("a dataset has no layout");
  const version = source.number(layout.at, 1);
  const isChunked = source.number(layout.at + 1, 1) === 2;
  if (version === 3 && isChunked) {
    const tree = source.address(layout.at + 3);
    return tree === null ? [] : [...treeChunks(source, tree, chunkShape.length, null)];
  }
  return (version === 4 || version === 5) && isChunked ? singleChunk(source, layout.at, chunkShape.length) : null;
}

/**
 * How many bits of a dataset's floats are exponent.
 *
 * @returns null when its type is stored elsewhere
 * @throws BrokenFile
 */
export function exponentBits(bytes: Uint8Array, superblock: Superblock, address: number): number | null {
  const source = new Source(bytes, superblock);
  const type = headerMessages(source, address).find((message) => message.type === 0x03);
  const shared = type !== undefined && (type.flags & 2) !== 0;
  return type === undefined || shared ? null : source.number(type.at + 13, 1);
}

function superblockAt(bytes: Uint8Array, at: number): Superblock {
  const version = bytes[at + 8] ?? 255;
  if (version > 3) throw new BrokenFile(`its superblock has the unknown version ${version}`);
  const sizes = version < 2 ? at + 13 : at + 9;
  const [addressBytes = 0, lengthBytes = 0] = bytes.subarray(sizes, sizes + 2);
  if (![2, 4, 8].includes(addressBytes) || ![2, 4, 8].includes(lengthBytes)) {
    throw new BrokenFile("its superblock gives impossible sizes");
  }
  const source = new Source(bytes, { base: 0, end: 0, addressBytes, lengthBytes });
  // Base, an address that is of no use here, then the end of the file; version 1 has four bytes more in front.
  const first = at + [24, 28, 12, 12][version]!;
  const end = source.number(first + 2 * addressBytes, addressBytes);
  return { base: source.number(first, addressBytes), end, addressBytes, lengthBytes };
}

/** Reads numbers at places that are checked. */
class Source {
  readonly bytes: Uint8Array;
  readonly superblock: Superblock;

  constructor(bytes: Uint8Array, superblock: Superblock) {
    this.bytes = bytes;
    this.superblock = superblock;
  }

  slice(at: number, size: number): Uint8Array {
    if (at + size > this.bytes.length) {
      throw new BrokenFile(`it ends after ${this.bytes.length} bytes, where more is needed`);
    }
    return this.bytes.subarray(at, at + size);
  }

  /** Above 2^53 only roughly, which is beyond the end of any file. */
  number(at: number, size: number): number {
    return this.slice(at, size).reduceRight((number, byte) => number * 256 + byte, 0);
  }

  /** Place in `bytes` that a stored address means; null for the address that stands for nothing. */
  address(at: number): number | null {
    const stored = this.slice(at, this.superblock.addressBytes);
    if (stored.every((byte) => byte === 0xff)) return null;
    return this.superblock.base + this.number(at, stored.length);
  }

  expect(at: number, text: string): void {
    if (String.fromCharCode(...this.slice(at, text.length)) !== text) {
      throw new BrokenFile(`there is no ${text} block at byte ${at}`);
    }
  }
}

interface Message {
  readonly type: number;
  readonly flags: number;
  /** Place of its first byte. */
  readonly at: number;
  readonly size: number;
}

/** All messages of an object header, of those in continuation blocks too. */
function headerMessages(source: Source, address: number): readonly Message[] {
  const at = source.superblock.base + address;
  const isNew = source.number(at, 1) !== 1;
  const blocks = isNew ? [firstBlock(source, at)] : [{ at: at + 16, size: source.number(at + 8, 4), extra: 0 }];
  const messages: Message[] = [];
  for (const block of blocks) {
    if (blocks.length > 1000) throw new BrokenFile("an object header goes round in circles");
    for (const message of blockMessages(source, block, isNew)) {
      messages.push(message);
      if (message.type !== 0x10) continue;
      const next = source.address(message.at) ?? source.bytes.length;
      const size = source.number(message.at + source.superblock.addressBytes, source.superblock.lengthBytes);
      // New blocks are framed by a signature and a checksum.
      if (isNew) source.expect(next, "OCHK");
      blocks.push(isNew ? { at: next + 4, size: size - 8, extra: blocks[0]!.extra } : { at: next, size, extra: 0 });
    }
  }
  return messages;
}

interface Block {
  readonly at: number;
  readonly size: number;
  /** Bytes for the creation order in front of each message. */
  readonly extra: number;
}

function firstBlock(source: Source, at: number): Block {
  source.expect(at, "OHDR");
  const flags = source.number(at + 5, 1);
  const sizeAt = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  return { at: sizeAt + sizeBytes, size: source.number(sizeAt, sizeBytes), extra: flags & 0x04 ? 2 : 0 };
}

function* blockMessages(source: Source, block: Block, isNew: boolean): Generator<Message> {
  const head = isNew ? 4 + block.extra : 8;
  for (let at = block.at; at + head <= block.at + block.size;) {
    const type = source.number(at, isNew ? 1 : 2);
    const size = source.number(at + (isNew ? 1 : 2), 2);
    const flags = source.number(at + (isNew ? 3 : 4), 1);
    yield { type, flags, at: at + head, size };
    at += head + size;
  }
}

/** Chunks of a version 1 B-tree. `above` is the level of the node that leads here; levels must fall, so no loop lasts. */
function* treeChunks(source: Source, at: number, axes: number, above: number | null): Generator<RawChunk> {
  source.expect(at, "TREE");
  const { addressBytes } = source.superblock;
  const level = source.number(at + 5, 1);
  if (above !== null && level >= above) throw new BrokenFile("an index of chunks goes round in circles");
  const children = source.number(at + 6, 2);
  const keyBytes = 8 + 8 * (axes + 1);
  for (let child = 0; child < children; child++) {
    const key = at + 8 + 2 * addressBytes + child * (keyBytes + addressBytes);
    const place = source.address(key + keyBytes);
    if (place === null) continue;
    if (level > 0) yield* treeChunks(source, place, axes, level);
    else {
      yield {
        start: Array.from({ length: axes }, (_, axis) => source.number(key + 8 + 8 * axis, 8)),
        bytes: source.slice(place, source.number(key, 4)),
        skippedFilters: source.number(key + 4, 4),
      };
    }
  }
}

/** The newer layout, where one chunk holds everything; null for its other indexes. */
function singleChunk(source: Source, at: number, axes: number): readonly RawChunk[] | null {
  const flags = source.number(at + 2, 1);
  const dimensions = source.number(at + 3, 1);
  const index = at + 5 + dimensions * source.number(at + 4, 1);
  const isFiltered = (flags & 2) !== 0;
  if (source.number(index, 1) !== 1 || !isFiltered) return null;
  const { lengthBytes } = source.superblock;
  const place = source.address(index + 1 + lengthBytes + 4);
  if (place === null) return [];
  const size = source.number(index + 1, lengthBytes);
  const skippedFilters = source.number(index + 1 + lengthBytes, 4);
  return [{ start: Array.from({ length: axes }, () => 0), bytes: source.slice(place, size), skippedFilters }];
}
