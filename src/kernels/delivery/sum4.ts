/**
 * Sums of rows of 4-bit weights, stored unsigned, two in a byte: a vector holds 16 targets in its lower halves of bytes and 16
 * in its upper ones, each in the order of 8-bit weights. Eight rows add up in bytes before they are widened.
 */

import { DensePlan, Job } from "./job";
import { firstOf, None, One, rowOf } from "./row";

/** Add the rows of the job's next `count` events, `bytes` of each from `column` on. */
export function sum4(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
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
  const whole = a + (bytes & ~31);
  const end = a + bytes;
  for (; a < whole; a += 32, b += 32, c += 32, d += 32, e += 32, f += 32, g += 32, h += 32, narrow += 128) {
    addEight<None>(a, b, c, d, e, f, g, h, narrow);
    addEight<One>(a, b, c, d, e, f, g, h, narrow);
  }
  if (a < end) addEight<None>(a, b, c, d, e, f, g, h, narrow);
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
  const t = v128.load(e, offsetof<At>()), u = v128.load(f, offsetof<At>());
  const v = v128.load(g, offsetof<At>()), w = v128.load(h, offsetof<At>());
  // Bytes are lower + 16 * upper; their sum modulo 256 and the sum of the upper halves give that of the lower ones.
  const both = i8x16.add(fourBytes(p, q, r, s), fourBytes(t, u, v, w));
  const upper = i8x16.add(fourUpper(p, q, r, s), fourUpper(t, u, v, w));
  const lower = i8x16.sub(both, v128.and(i16x8.shl(upper, 4), i8x16.splat(-16)));
  // As for 8-bit weights: the sum of the lanes, and that of their upper bytes.
  const lowerLanes = i16x8.add(v128.load(narrow, 4 * offsetof<At>()), lower);
  v128.store(narrow, lowerLanes, 4 * offsetof<At>());
  const lowerOdd = i16x8.add(v128.load(narrow, 4 * offsetof<At>() + 16), i16x8.shr_u(lower, 8));
  v128.store(narrow, lowerOdd, 4 * offsetof<At>() + 16);
  const upperLanes = i16x8.add(v128.load(narrow, 4 * offsetof<At>() + 32), upper);
  v128.store(narrow, upperLanes, 4 * offsetof<At>() + 32);
  const upperOdd = i16x8.add(v128.load(narrow, 4 * offsetof<At>() + 48), i16x8.shr_u(upper, 8));
  v128.store(narrow, upperOdd, 4 * offsetof<At>() + 48);
}

@inline
function fourBytes(p: v128, q: v128, r: v128, s: v128): v128 {
  return i8x16.add(i8x16.add(p, q), i8x16.add(r, s));
}

@inline
function fourUpper(p: v128, q: v128, r: v128, s: v128): v128 {
  return i8x16.add(i8x16.add(upperOf(p), upperOf(q)), i8x16.add(upperOf(r), upperOf(s)));
}

@inline
function upperOf(bytes: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(0x0f));
}
