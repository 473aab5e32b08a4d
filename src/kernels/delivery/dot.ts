/** Weights times payloads of 16 bits, two events in one product-and-add; sums of 32 bits, modulo 2^32. */

import { DensePlan, Job } from "./job";
import { firstOf, payloadOf, rowOf } from "./row";

/** Add the rows of the job's next `count` events times their payloads; 8-bit weights, stored unsigned. */
export function dot8(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 16) {
    const first = pairOf(payloadOf(job, event, end), payloadOf(job, event + 4, end));
    const second = pairOf(payloadOf(job, event + 8, end), payloadOf(job, event + 12, end));
    let a = rowOf(plan, event, end, column);
    let b = rowOf(plan, event + 4, end, column);
    let c = rowOf(plan, event + 8, end, column);
    let d = rowOf(plan, event + 12, end, column);
    let narrow = job.narrow;
    for (const stop = a + bytes; a < stop; a += 16, b += 16, c += 16, d += 16, narrow += 64) {
      const p = v128.load(a), q = v128.load(b), r = v128.load(c), s = v128.load(d);
      addEight(evenOf(p), evenOf(q), first, evenOf(r), evenOf(s), second, narrow);
      addEight(oddOf(p), oddOf(q), first, oddOf(r), oddOf(s), second, narrow + 32);
    }
  }
}

/** The same for 16-bit weights, stored signed. */
export function dot16(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 16) {
    const first = pairOf(payloadOf(job, event, end), payloadOf(job, event + 4, end));
    const second = pairOf(payloadOf(job, event + 8, end), payloadOf(job, event + 12, end));
    let a = rowOf(plan, event, end, column);
    let b = rowOf(plan, event + 4, end, column);
    let c = rowOf(plan, event + 8, end, column);
    let d = rowOf(plan, event + 12, end, column);
    let narrow = job.narrow;
    for (const stop = a + bytes; a < stop; a += 16, b += 16, c += 16, d += 16, narrow += 32) {
      addEight(v128.load(a), v128.load(b), first, v128.load(c), v128.load(d), second, narrow);
    }
  }
}

/** Two payloads for all lanes. */
@inline
function pairOf(a: i32, b: i32): v128 {
  return i32x4.splat((a & 0xffff) | (b << 16));
}

@inline
function evenOf(bytes: v128): v128 {
  return v128.and(bytes, i16x8.splat(0x00ff));
}

@inline
function oddOf(bytes: v128): v128 {
  return i16x8.shr_u(bytes, 8);
}

/** Eight targets of four rows. */
@inline
function addEight(a: v128, b: v128, ab: v128, c: v128, d: v128, cd: v128, narrow: usize): void {
  const low = i32x4.add(i32x4.dot_i16x8_s(lowPairs(a, b), ab), i32x4.dot_i16x8_s(lowPairs(c, d), cd));
  const high = i32x4.add(i32x4.dot_i16x8_s(highPairs(a, b), ab), i32x4.dot_i16x8_s(highPairs(c, d), cd));
  v128.store(narrow, i32x4.add(v128.load(narrow), low));
  v128.store(narrow + 16, i32x4.add(v128.load(narrow + 16), high));
}

@inline
function lowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function highPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
