/** Weights times payloads of 16 bits, two events in one product-and-add; sums of 32 bits, modulo 2^32. */

import { DensePlan, Job } from "./job";
import { firstOf, None, One, payloadOf, rowOf, Three, Two } from "./row";

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
      const pq = lowPairs(p, q), rs = lowPairs(r, s);
      const upperPq = highPairs(p, q), upperRs = highPairs(r, s);
      addFour<None>(evenOf(pq), first, evenOf(rs), second, narrow);
      addFour<One>(evenOf(upperPq), first, evenOf(upperRs), second, narrow);
      addFour<Two>(oddOf(pq), first, oddOf(rs), second, narrow);
      addFour<Three>(oddOf(upperPq), first, oddOf(upperRs), second, narrow);
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
      const p = v128.load(a), q = v128.load(b), r = v128.load(c), s = v128.load(d);
      addFour<None>(lowPairs(p, q), first, lowPairs(r, s), second, narrow);
      addFour<One>(highPairs(p, q), first, highPairs(r, s), second, narrow);
    }
  }
}

/** Two payloads for all lanes. */
@inline
function pairOf(a: i32, b: i32): v128 {
  return i32x4.splat((a & 0xffff) | (b << 16));
}

@inline
function evenOf(lanes: v128): v128 {
  return v128.and(lanes, i16x8.splat(0x00ff));
}

@inline
function oddOf(lanes: v128): v128 {
  return i16x8.shr_u(lanes, 8);
}

/** Four targets of four rows, in pairs. */
@inline
function addFour<At>(pq: v128, first: v128, rs: v128, second: v128, narrow: usize): void {
  const sum = i32x4.add(i32x4.dot_i16x8_s(pq, first), i32x4.dot_i16x8_s(rs, second));
  v128.store(narrow, i32x4.add(v128.load(narrow, offsetof<At>()), sum), offsetof<At>());
}

@inline
function lowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function highPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
