/** Decompression of LZF, the byte-oriented Lempel-Ziv format of liblzf, which h5py uses as an HDF5 filter. */

/**
 * Decompress one block. A control byte below 32 announces that many literals plus one; any other holds the upper bits
 * of a length and of a distance back into what was written already.
 *
 * @param size bytes of the result
 * @returns [size], or null when the block does not decompress to exactly that
 */
export function decompressLzf(block: Uint8Array, size: number): Uint8Array | null {
  const out = new Uint8Array(size);
  let read = 0;
  let written = 0;
  while (read < block.length) {
    const control = block[read++]!;
    if (control < 32) {
      const end = read + control + 1;
      if (end > block.length || written + control + 1 > size) return null;
      out.set(block.subarray(read, end), written);
      written += control + 1;
      read = end;
    } else {
      const long = control >> 5 === 7;
      const length = (control >> 5) + 2 + (long ? (block[read++] ?? size) : 0);
      const low = block[read++];
      const from = written - ((control & 31) << 8) - (low ?? 0) - 1;
      if (low === undefined || from < 0 || written + length > size) return null;
      // Byte by byte: the source may overlap what is being written, which repeats a pattern.
      for (let i = 0; i < length; i++) out[written++] = out[from + i]!;
    }
  }
  return written === size ? out : null;
}
