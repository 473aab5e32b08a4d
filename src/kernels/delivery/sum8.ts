/**
 * Sums of rows of 8-bit weights, stored unsigned. A vector holds 16 targets: the first eight in its even bytes, the others in
 * its odd ones. Read as 16-bit lanes they are even + 256 * odd; kept are the sum of the lanes, modulo 2^16, and the sum of
 * the odd bytes, from which that of the even ones follows. That is three operations for 16 synapses; to widen each byte
 * takes five.
 */

import { DensePlan, Job } from "./job";
import { firstOf, None, One, rowOf, Three, Two } from "./row";

/** Add the rows of the job's next `count` events, `bytes` of each from `column` on. */
export function sum8(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event + 16 < end; event += 32) {
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
  if (event < end) {
    fourRows(
      rowOf(plan, event, end, column),
      rowOf(plan, event + 4, end, column),
      rowOf(plan, event + 8, end, column),
      rowOf(plan, event + 12, end, column),
      bytes,
      job.narrow,
    );
  }
}

function fourRows(a: usize, b: usize, c: usize, d: usize, bytes: u32, narrow: usize): void {
  const whole = a + (bytes & ~63);
  const end = a + bytes;
  for (; a < whole; a += 64, b += 64, c += 64, d += 64, narrow += 128) {
    addFour<None>(a, b, c, d, narrow);
    addFour<One>(a, b, c, d, narrow);
    addFour<Two>(a, b, c, d, narrow);
    addFour<Three>(a, b, c, d, narrow);
  }
  for (; a < end; a += 16, b += 16, c += 16, d += 16, narrow += 32) addFour<None>(a, b, c, d, narrow);
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
  const whole = a + (bytes & ~63);
  const end = a + bytes;
  for (; a < whole; a += 64, b += 64, c += 64, d += 64, e += 64, f += 64, g += 64, h += 64, narrow += 128) {
    addEight<None>(a, b, c, d, e, f, g, h, narrow);
    addEight<One>(a, b, c, d, e, f, g, h, narrow);
    addEight<Two>(a, b, c, d, e, f, g, h, narrow);
    addEight<Three>(a, b, c, d, e, f, g, h, narrow);
  }
  for (; a < end; a += 16, b += 16, c += 16, d += 16, e += 16, f += 16, g += 16, h += 16, narrow += 32) {
    addEight<None>(a, b, c, d, e, f, g, h, narrow);
  }
}

/** Sixteen targets, some vectors behind where the rows begin. */
@inline
function addFour<At>(a: usize, b: usize, c: usize, d: usize, narrow: usize): void {
  const p = v128.load(a, offsetof<At>()), q = v128.load(b, offsetof<At>()), r = v128.load(c, offsetof<At>()), s = v128.load(d, offsetof<At>());
  v128.store(narrow, i16x8.add(v128.load(narrow, 2 * offsetof<At>()), fourLanes(p, q, r, s)), 2 * offsetof<At>());
  v128.store(narrow, i16x8.add(v128.load(narrow, 2 * offsetof<At>() + 16), fourOdd(p, q, r, s)), 2 * offsetof<At>() + 16);
}

@inline
function addEight<At>(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  narrow: usize,
): void {
  const p = v128.load(a, offsetof<At>()), q = v128.load(b, offsetof<At>());
  const r = v128.load(c, offsetof<At>()), s = v128.load(d, offsetof<At>());
  let lanes = i16x8.add(v128.load(narrow, 2 * offsetof<At>()), fourLanes(p, q, r, s));
  let odd = i16x8.add(v128.load(narrow, 2 * offsetof<At>() + 16), fourOdd(p, q, r, s));
  const t = v128.load(e, offsetof<At>()), u = v128.load(f, offsetof<At>());
  const v = v128.load(g, offsetof<At>()), w = v128.load(h, offsetof<At>());
  lanes = i16x8.add(lanes, fourLanes(t, u, v, w));
  odd = i16x8.add(odd, fourOdd(t, u, v, w));
  v128.store(narrow, lanes, 2 * offsetof<At>());
  v128.store(narrow, odd, 2 * offsetof<At>() + 16);
}

@inline
function fourLanes(p: v128, q: v128, r: v128, s: v128): v128 {
  return i16x8.add(i16x8.add(p, q), i16x8.add(r, s));
}

@inline
function fourOdd(p: v128, q: v128, r: v128, s: v128): v128 {
  const pq = i16x8.add(i16x8.shr_u(p, 8), i16x8.shr_u(q, 8));
  const rs = i16x8.add(i16x8.shr_u(r, 8), i16x8.shr_u(s, 8));
  return i16x8.add(pq, rs);
}
