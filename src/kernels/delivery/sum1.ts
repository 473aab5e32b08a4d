/**
 * Counts of the ones in columns of bits: full adders over whole vectors, 128 targets each, as carry-save adders in hardware.
 * The counts are kept as eight bit planes, so at most 255 events.
 */

import { DensePlan, Job } from "./job";
import { firstOf, rowOf } from "./row";

/** Add the rows of the job's next `count` events, `bytes` of each from `column` on. */
export function sum1(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 32) {
    eightRows(
      rowOf(plan, event, end, column),
      rowOf(plan, event + 4, end, column),
      rowOf(plan, event + 8, end, column),
      rowOf(plan, event + 12, end, column),
      rowOf(plan, event + 16, end, column),
      rowOf(plan, event + 20, end, column),
      rowOf(plan, event + 24, end, column),
      rowOf(plan, event + 28, end, column),
      bytes,
      job.narrow,
    );
  }
}

function eightRows(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  bytes: u32,
  narrow: usize,
): void {
  const end = a + bytes;
  for (; a < end; a += 16, b += 16, c += 16, d += 16, e += 16, f += 16, g += 16, h += 16, narrow += 128) {
    addEight(a, b, c, d, e, f, g, h, narrow);
  }
}

@inline
function addEight(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: usize, narrow: usize): void {
  const ones = v128.load(narrow), twos = v128.load(narrow, 16), fours = v128.load(narrow, 32);
  const p = v128.load(a), q = v128.load(b), r = v128.load(c), s = v128.load(d);
  const ones1 = odd(ones, p, q), twos1 = most(ones, p, q);
  const ones2 = odd(ones1, r, s), twos2 = most(ones1, r, s);
  const twos3 = odd(twos, twos1, twos2), fours1 = most(twos, twos1, twos2);
  const t = v128.load(e), u = v128.load(f), v = v128.load(g), w = v128.load(h);
  const ones3 = odd(ones2, t, u), twos4 = most(ones2, t, u);
  v128.store(narrow, odd(ones3, v, w));
  const twos5 = most(ones3, v, w);
  v128.store(narrow, odd(twos3, twos4, twos5), 16);
  const fours2 = most(twos3, twos4, twos5);
  v128.store(narrow, odd(fours, fours1, fours2), 32);
  const eights = most(fours, fours1, fours2);
  const c3 = carry(narrow + 48, eights);
  const c4 = carry(narrow + 64, c3);
  const c5 = carry(narrow + 80, c4);
  const c6 = carry(narrow + 96, c5);
  carry(narrow + 112, c6);
}

/** The sum bit of a full adder. */
@inline
function odd(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

/** The carry of a full adder. */
@inline
function most(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(v128.xor(a, b), c));
}

/** Add a carry to one plane. @returns the carry to the next */
@inline
function carry(plane: usize, bits: v128): v128 {
  const before = v128.load(plane);
  v128.store(plane, v128.xor(before, bits));
  return v128.and(before, bits);
}
