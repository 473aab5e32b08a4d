/**
 * Bytes of an HDF5 file and the superblock that tells how to read them. All numbers are little-endian.
 *
 * Source: HDF5 File Format Specification 3.0, section II (superblock).
 */

/** Something in the file that contradicts the format. */
export class BrokenFile extends Error {}

/** Something in the file that is legal and not read here. */
export class UnreadableStorage extends Error {}

export interface Superblock {
  /** Bytes in front of the file proper (a user block); addresses count from there. */
  readonly base: number;
  /** Bytes that the file must have. */
  readonly end: number;
  /** Bytes of a stored address. */
  readonly addressBytes: number;
  /** Bytes of a stored length. */
  readonly lengthBytes: number;
  /** Place of the object header of the root group. */
  readonly root: number;
}

/** Reads numbers at places that are checked. Places count from byte 0 of the file. */
export class Source {
  readonly bytes: Uint8Array;
  readonly superblock: Superblock;

  constructor(bytes: Uint8Array, superblock: Superblock) {
    this.bytes = bytes;
    this.superblock = superblock;
  }

  /** A view of `size` bytes, not a copy. */
  slice(at: number, size: number): Uint8Array {
    if (at + size <= this.bytes.length) return this.bytes.subarray(at, at + size);
    throw new BrokenFile(`it ends after ${this.bytes.length} bytes, where more is needed`);
  }

  /** A number of 1 to 8 bytes; above 2^53 only roughly, which is beyond the end of any file. */
  number(at: number, size: number): number {
    return this.slice(at, size).reduceRight((number, byte) => number * 256 + byte, 0);
  }

  /** A number of the file's size of lengths. */
  length(at: number): number {
    return this.number(at, this.superblock.lengthBytes);
  }

  /** Place that a stored address means; null for the address that stands for nothing. */
  address(at: number): number | null {
    const stored = this.slice(at, this.superblock.addressBytes);
    if (stored.every((byte) => byte === 0xff)) return null;
    return this.superblock.base + this.number(at, stored.length);
  }

  /** Text up to `size` bytes or the first NUL. */
  text(at: number, size: number): string {
    const bytes = this.slice(at, size);
    const end = bytes.indexOf(0);
    return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
  }

  /** Throw BrokenFile unless the four letters stand at a place; the result is the place. */
  expect(at: number | null, letters: string): number {
    if (at !== null && String.fromCharCode(...this.slice(at, letters.length)) === letters) return at;
    throw new BrokenFile(`there is no ${letters} block where one should be`);
  }
}

const decoder = new TextDecoder();
const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

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

function superblockAt(bytes: Uint8Array, at: number): Superblock {
  const version = bytes[at + 8] ?? 0;
  if (version > 3) throw new BrokenFile(`its superblock has the unknown version ${version}`);
  const isOld = version < 2;
  const [addressBytes = 0, lengthBytes = 0] = bytes.subarray(at + (isOld ? 13 : 9));
  const known = [2, 4, 8];
  if (bytes.length > at + 15 && !(known.includes(addressBytes) && known.includes(lengthBytes))) {
    throw new BrokenFile("its superblock gives impossible sizes");
  }
  const source = new Source(bytes, { base: at, end: 0, addressBytes, lengthBytes, root: 0 });
  // Four addresses: base, something of no use here, end of the file, then root or (older) driver block and root entry.
  const first = at + [24, 28, 12, 12][version]!;
  const storedBase = source.number(first, addressBytes);
  const end = source.number(first + 2 * addressBytes, addressBytes) - storedBase + at;
  const root = source.address(first + (isOld ? 5 : 3) * addressBytes);
  if (root === null) throw new BrokenFile("it has no root group");
  return { base: at, end, addressBytes, lengthBytes, root };
}
