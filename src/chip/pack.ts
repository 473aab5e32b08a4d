/** Typed arrays to bytes and back: the form of a snapshot. */

type Packed = Int32Array | Uint32Array | Float64Array;

const kinds = { i: Int32Array, u: Uint32Array, f: Float64Array } as const;
type Kind = keyof typeof kinds;

function kindOf(array: Packed): Kind {
  return array instanceof Int32Array ? "i" : array instanceof Uint32Array ? "u" : "f";
}

/** One byte string: a line of JSON with kinds and lengths, then the arrays, each aligned to 8 bytes. */
export function packArrays(arrays: readonly Packed[]): Uint8Array {
  const header = new TextEncoder().encode(`${JSON.stringify(arrays.map((a) => [kindOf(a), a.length]))}\n`);
  const sizes = arrays.map((array) => aligned(array.byteLength));
  const bytes = new Uint8Array(aligned(header.length) + sizes.reduce((sum, size) => sum + size, 0));
  bytes.set(header);
  let offset = aligned(header.length);
  for (const [index, array] of arrays.entries()) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += sizes[index]!;
  }
  return bytes;
}

/** The arrays that `packArrays` was given, or null for bytes that it did not make. */
export function unpackArrays(bytes: Uint8Array): Packed[] | null {
  const end = bytes.indexOf(10) + 1;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as [Kind, number][];
    // A copy, so that the arrays are aligned and the caller's bytes stay untouched.
    const { buffer } = bytes.slice();
    let offset = aligned(end);
    return header.map(([kind, length]) => {
      const array = new kinds[kind](buffer, offset, length);
      offset += aligned(array.byteLength);
      return array;
    });
  } catch {
    return null;
  }
}

function aligned(size: number): number {
  return Math.ceil(size / 8) * 8;
}
