/** Weights times payloads of any width, modulo 2^32, and sums of 32-bit weights. */

import { DensePlan, Job } from "./job";
import { firstOf, payloadOf, rowOf } from "./row";

/** Add the rows of the job's next `count` events times their payloads; 8-bit weights, stored unsigned. */
export function multiply8(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 4) {
    const payload = i32x4.splat(payloadOf(job, event, end));
    let row = rowOf(plan, event, end, column);
    let narrow = job.narrow;
    for (const stop = row + bytes; row < stop; row += 16, narrow += 64) {
      const weights = v128.load(row);
      const even = v128.and(weights, i16x8.splat(0x00ff));
      const odd = i16x8.shr_u(weights, 8);
      add(i32x4.extend_low_i16x8_u(even), payload, narrow);
      add(i32x4.extend_high_i16x8_u(even), payload, narrow + 16);
      add(i32x4.extend_low_i16x8_u(odd), payload, narrow + 32);
      add(i32x4.extend_high_i16x8_u(odd), payload, narrow + 48);
    }
  }
}

/** The same for 16-bit weights, stored signed. */
export function multiply16(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 4) {
    const payload = i32x4.splat(payloadOf(job, event, end));
    let row = rowOf(plan, event, end, column);
    let narrow = job.narrow;
    for (const stop = row + bytes; row < stop; row += 16, narrow += 32) {
      const weights = v128.load(row);
      add(i32x4.extend_low_i16x8_s(weights), payload, narrow);
      add(i32x4.extend_high_i16x8_s(weights), payload, narrow + 16);
    }
  }
}

/** The same for 32-bit weights, four events at a time. */
export function multiply32(plan: DensePlan, job: Job, count: u32, column: u32, bytes: u32): void {
  let event = firstOf(job);
  const end = event + (<usize>count << 2);
  for (; event < end; event += 16) {
    const pa = i32x4.splat(payloadOf(job, event, end));
    const pb = i32x4.splat(payloadOf(job, event + 4, end));
    const pc = i32x4.splat(payloadOf(job, event + 8, end));
    const pd = i32x4.splat(payloadOf(job, event + 12, end));
    let a = rowOf(plan, event, end, column);
    let b = rowOf(plan, event + 4, end, column);
    let c = rowOf(plan, event + 8, end, column);
    let d = rowOf(plan, event + 12, end, column);
    let narrow = job.narrow;
    for (const stop = a + bytes; a < stop; a += 16, b += 16, c += 16, d += 16, narrow += 16) {
      const ab = i32x4.add(i32x4.mul(v128.load(a), pa), i32x4.mul(v128.load(b), pb));
      const cd = i32x4.add(i32x4.mul(v128.load(c), pc), i32x4.mul(v128.load(d), pd));
      v128.store(narrow, i32x4.add(v128.load(narrow), i32x4.add(ab, cd)));
    }
  }
}

@inline
function add(weights: v128, payload: v128, narrow: usize): void {
  v128.store(narrow, i32x4.add(v128.load(narrow), i32x4.mul(weights, payload)));
}
