/**
 * Seeded randomness without state: the bits at a place (stream, sample, step, element) depend on the seed and the
 * place alone, so that any part of a run can be computed anywhere, in any order.
 * Source: J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011): Philox4x32-10.
 */

/** The multipliers and key increments of the paper, section 3.3. */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const increment0 = 0x9e3779b9;
const increment1 = 0xbb67ae85;
const rounds = 10;

/** Upper 32 bits of a product of two unsigned 32-bit numbers; exact, by halves of 16 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * One block of Philox4x32-10.
 *
 * @param counter four unsigned 32-bit numbers
 * @param key two unsigned 32-bit numbers
 * @param out receives four unsigned 32-bit numbers at `at`
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
  at = 0,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + increment0) >>> 0;
    k1 = (k1 + increment1) >>> 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Where random bits are taken: every part a whole number below 2^32. */
export interface RandomPlace {
  /** Separates what must not be related, such as two inputs of one network. */
  readonly stream: number;
  readonly sample: number;
  readonly step: number;
}

/**
 * Random bits for every element of one frame; the counter is (element / 4, step, sample, stream).
 *
 * @param seed whole number, 0 to 2^53 - 1
 * @param out [elements] overwritten with unsigned 32-bit numbers
 */
export function randomFrame(seed: number, place: RandomPlace, out: Uint32Array): void {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const;
  const block = new Uint32Array(4);
  for (let start = 0; start < out.length; start += 4) {
    philox([start >>> 2, place.step, place.sample, place.stream], key, block);
    for (let lane = 0; lane < 4 && start + lane < out.length; lane++) out[start + lane] = block[lane]!;
  }
}
