/** From the sums in the making to totals of 32 bits; zeros stay behind. */

import { Job } from "./job";
import { None, One, Three, Two } from "./row";

/** Counts as bit planes, 128 bytes for 128 targets: plane p has bit p of each count. */
export function flush1(job: Job, total: usize, length: u32): void {
  const zero = i32x4.splat(0);
  // Locals: what is stored to memory might be the job itself, as far as the compiler can tell.
  const fresh = job.fresh;
  const offset = i32x4.splat(job.offset);
  const scale = i32x4.splat(job.scale);
  let narrow = job.narrow;
  for (const end = narrow + length; narrow < end; narrow += 128, total += 512) {
    transposeBits(narrow);
    for (let group: usize = 0; group < 128; group += 16) {
      const counts = v128.load(narrow + group);
      v128.store(narrow + group, zero);
      const low = i16x8.extend_low_i8x16_u(counts);
      const high = i16x8.extend_high_i8x16_u(counts);
      addSixteen(total + (group << 2), fresh, offset, scale, low, high);
    }
  }
}

/** Sums as two vectors for 16 targets: of the 16-bit lanes modulo 2^16, and of their upper bytes. */
export function flush8(job: Job, total: usize, length: u32): void {
  const zero = i32x4.splat(0);
  // Locals: what is stored to memory might be the job itself, as far as the compiler can tell.
  const fresh = job.fresh;
  const offset = i32x4.splat(job.offset);
  const scale = i32x4.splat(job.scale);
  let narrow = job.narrow;
  for (const end = narrow + length; narrow < end; narrow += 32, total += 64) {
    const odd = v128.load(narrow, 16);
    const even = i16x8.sub(v128.load(narrow), i16x8.shl(odd, 8));
    v128.store(narrow, zero);
    v128.store(narrow, zero, 16);
    addSixteen(total, fresh, offset, scale, even, odd);
  }
}

/** Sums of 32 bits, modulo 2^32. */
export function flush32(job: Job, total: usize, length: u32): void {
  const zero = i32x4.splat(0);
  // Locals: what is stored to memory might be the job itself, as far as the compiler can tell.
  const fresh = job.fresh;
  const offset = i32x4.splat(job.offset);
  const scale = i32x4.splat(job.scale);
  let narrow = job.narrow;
  for (const end = narrow + length; narrow < end; narrow += 16, total += 16) {
    addFour<None>(total, fresh, offset, scale, v128.load(narrow));
    v128.store(narrow, zero);
  }
}

@inline
function addSixteen(total: usize, fresh: u32, offset: v128, scale: v128, first: v128, second: v128): void {
  addFour<None>(total, fresh, offset, scale, i32x4.extend_low_i16x8_u(first));
  addFour<One>(total, fresh, offset, scale, i32x4.extend_high_i16x8_u(first));
  addFour<Two>(total, fresh, offset, scale, i32x4.extend_low_i16x8_u(second));
  addFour<Three>(total, fresh, offset, scale, i32x4.extend_high_i16x8_u(second));
}

/** Four totals, some vectors behind the first. */
@inline
function addFour<At>(total: usize, fresh: u32, offset: v128, scale: v128, sum: v128): void {
  const before = fresh ? offset : v128.load(total, offsetof<At>());
  v128.store(total, i32x4.add(before, i32x4.mul(sum, scale)), offsetof<At>());
}

/** Eight vectors of which bit k of byte j of vector p becomes bit p of byte j of vector k. */
@inline
function transposeBits(at: usize): void {
  const nibbles = i8x16.splat(0x0f);
  const pairs = i8x16.splat(0x33);
  const bits = i8x16.splat(0x55);
  for (let p: usize = 0; p < 64; p += 16) exchange(at + p, at + p + 64, 4, nibbles);
  for (let p: usize = 0; p < 32; p += 16) {
    exchange(at + p, at + p + 32, 2, pairs);
    exchange(at + p + 64, at + p + 96, 2, pairs);
  }
  for (let p: usize = 0; p < 128; p += 32) exchange(at + p, at + p + 16, 1, bits);
}

/** Exchange the upper bits of each group in one vector with the lower ones in the other. */
@inline
function exchange(a: usize, b: usize, shift: i32, mask: v128): void {
  const x = v128.load(a);
  const y = v128.load(b);
  const differ = v128.and(v128.xor(i16x8.shr_u(x, shift), y), mask);
  v128.store(b, v128.xor(y, differ));
  v128.store(a, v128.xor(x, i16x8.shl(differ, shift)));
}
