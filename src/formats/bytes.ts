/** Byte order and half-precision floats: what the array formats share. */

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Copy `bytes` into a buffer of its own in the byte order of this machine, ready to be viewed as typed array.
 *
 * @param bytes whole elements; left as they are
 * @param itemSize bytes per element: 1, 2, 4 or 8
 * @param littleEndian how the elements are stored in `bytes`
 */
export function toHostOrder(bytes: Uint8Array, itemSize: number, littleEndian: boolean): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  if (littleEndian !== hostIsLittleEndian && itemSize > 1) reverseEach(copy, itemSize);
  return copy.buffer;
}

function reverseEach(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start < bytes.length; start += itemSize) bytes.subarray(start, start + itemSize).reverse();
}

/** The bytes of a typed array in little-endian order; a copy. */
export function toLittleEndian(data: ArrayBufferView, itemSize: number): Uint8Array {
  // Swapping is its own inverse: from host order to little endian is the same as back.
  return new Uint8Array(toHostOrder(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), itemSize, true));
}

/** Value of an IEEE 754 half-precision pattern, `bits` 0 to 65535; exact. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Half-precision pattern nearest to `value`, ties to even; beyond 65519.99 infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : exponentOf(magnitude);
  // In units of the last place the pattern is a whole number, and carrying into the exponent comes out right.
  const units = roundHalfEven(magnitude * 2 ** (10 - exponent));
  return sign | (units + (exponent + 14) * 1024);
}

/** Value of a bfloat16 pattern, `bits` 0 to 65535: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0]!;
}

/** Bfloat16 pattern nearest to `value` as float32, ties to even. */
export function numberToBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratchFloat[0] = value;
  const bits = scratchBits[0]!;
  // Adding just under half of the last place kept, or exactly half when that place is odd, rounds to even.
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** Exponent e of a normal number: 2^e <= magnitude < 2^(e + 1). */
function exponentOf(magnitude: number): number {
  const guess = Math.floor(Math.log2(magnitude));
  // Log2 may round across a power of two.
  if (2 ** guess > magnitude) return guess - 1;
  return 2 ** (guess + 1) <= magnitude ? guess + 1 : guess;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
