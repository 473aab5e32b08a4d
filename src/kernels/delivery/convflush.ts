/** From sums that lie channel last to totals that lie channel first, as neurons are numbered; zeros stay behind. */

import { ConvPlan, Job } from "./job";

/** Sums of 16 bits. */
export function flushNarrow(plan: ConvPlan, job: Job): void {
  const across = plan.width;
  const rowBytes = <usize>(across * plan.outs) << 1;
  const fresh = job.fresh;
  const scale = i32x4.splat(job.scale);
  for (let group: u32 = 0; group < plan.groups; group++) {
    for (let y: u32 = 0; y < plan.height; y++) {
      // A row at a time: it stays in the first-level cache for all channels.
      const row = job.narrow + (<usize>plan.sumAt(group, y) << 1);
      const totals = job.total + (<usize>plan.totalAt(group, y) << 2);
      const vectors: u32 = across < 8 ? 0 : across;
      if (plan.outs == 1) {
        for (let x: u32 = 0; x < vectors; x += 8) {
          const back = x + 8 > across ? x + 8 - across : 0;
          const at = <usize>(x - back);
          addEight(totals + (at << 2), fresh, scale, v128.load(row + (at << 1)), back);
        }
      } else {
        for (let channel: u32 = 0; channel < plan.outs; channel += 8) {
          const channels = min<u32>(8, plan.outs - channel);
          const sums = row + (<usize>channel << 1);
          const total = totals + (<usize>(channel * plan.plane) << 2);
          for (let x: u32 = 0; x < vectors; x += 8) {
            // The last eight may reach back: what was added already is not added again.
            const back = x + 8 > across ? x + 8 - across : 0;
            addBlock(plan, job, sums, total, x - back, back, channels);
          }
        }
      }
      for (let x = vectors; x < across; x++) {
        const sums = row + (<usize>(x * plan.outs) << 1);
        for (let c: u32 = 0; c < plan.outs; c++) {
          addOne(job, totals + (<usize>(c * plan.plane + x) << 2), load<i16>(sums + (<usize>c << 1)));
        }
      }
      clear(row, rowBytes);
    }
  }
  job.fresh = 0;
}

/** Zeros. */
function clear(at: usize, bytes: usize): void {
  const zero = i32x4.splat(0);
  const end = at + bytes;
  for (; at + 16 <= end; at += 16) v128.store(at, zero);
  for (; at < end; at += 2) store<i16>(at, 0);
}

/** Eight pixels of up to eight channels. */
function addBlock(plan: ConvPlan, job: Job, sums: usize, totals: usize, x: u32, back: u32, channels: u32): void {
  const step = <usize>plan.outs << 1;
  const s0 = sums + <usize>x * step, s1 = s0 + step, s2 = s1 + step, s3 = s2 + step;
  const s4 = s3 + step, s5 = s4 + step, s6 = s5 + step, s7 = s6 + step;
  const a = v128.load(s0), b = v128.load(s1), c = v128.load(s2), d = v128.load(s3);
  const e = v128.load(s4), f = v128.load(s5), g = v128.load(s6), h = v128.load(s7);
  // Transpose: pairs of pixels, then fours, then eights.
  const ab0 = low16(a, b), ab1 = high16(a, b), cd0 = low16(c, d), cd1 = high16(c, d);
  const ef0 = low16(e, f), ef1 = high16(e, f), gh0 = low16(g, h), gh1 = high16(g, h);
  const ad0 = low32(ab0, cd0), ad1 = high32(ab0, cd0), ad2 = low32(ab1, cd1), ad3 = high32(ab1, cd1);
  const eh0 = low32(ef0, gh0), eh1 = high32(ef0, gh0), eh2 = low32(ef1, gh1), eh3 = high32(ef1, gh1);
  const plane = <usize>plan.plane << 2;
  const fresh = job.fresh;
  const scale = i32x4.splat(job.scale);
  let total = totals + (<usize>x << 2);
  addEight(total, fresh, scale, low64(ad0, eh0), back);
  if (channels == 1) return;
  addEight((total += plane), fresh, scale, high64(ad0, eh0), back);
  if (channels == 2) return;
  addEight((total += plane), fresh, scale, low64(ad1, eh1), back);
  if (channels == 3) return;
  addEight((total += plane), fresh, scale, high64(ad1, eh1), back);
  if (channels == 4) return;
  addEight((total += plane), fresh, scale, low64(ad2, eh2), back);
  if (channels == 5) return;
  addEight((total += plane), fresh, scale, high64(ad2, eh2), back);
  if (channels == 6) return;
  addEight((total += plane), fresh, scale, low64(ad3, eh3), back);
  if (channels == 7) return;
  addEight((total += plane), fresh, scale, high64(ad3, eh3), back);
}

@inline
function addEight(total: usize, fresh: u32, scale: v128, sums: v128, back: u32): void {
  let first = i32x4.mul(i32x4.extend_low_i16x8_s(sums), scale);
  let second = i32x4.mul(i32x4.extend_high_i16x8_s(sums), scale);
  if (!fresh) {
    if (back > 0) {
      const from = i32x4.splat(back);
      first = v128.and(first, i32x4.ge_s(i32x4(0, 1, 2, 3), from));
      second = v128.and(second, i32x4.ge_s(i32x4(4, 5, 6, 7), from));
    }
    first = i32x4.add(first, v128.load(total));
    second = i32x4.add(second, v128.load(total + 16));
  }
  v128.store(total, first);
  v128.store(total + 16, second);
}

@inline
function addOne(job: Job, total: usize, sum: i32): void {
  store<i32>(total, (job.fresh ? 0 : load<i32>(total)) + sum * job.scale);
}

/** Sums of 32 bits. */
export function flushWide(plan: ConvPlan, job: Job): void {
  const across = plan.width;
  const fours = plan.outs & ~3;
  const fresh = job.fresh;
  const scale = i32x4.splat(job.scale);
  for (let group: u32 = 0; group < plan.groups; group++) {
    for (let y: u32 = 0; y < plan.height; y++) {
      const row = job.narrow + (<usize>plan.sumAt(group, y) << 2);
      const totals = job.total + (<usize>plan.totalAt(group, y) << 2);
      const vectors = across & ~3;
      for (let channel: u32 = 0; channel < fours; channel += 4) {
        const total = totals + (<usize>(channel * plan.plane) << 2);
        for (let x: u32 = 0; x < vectors; x += 4) {
          const sums = row + (<usize>(x * plan.outs + channel) << 2);
          addSquare(plan, sums, total + (<usize>x << 2), fresh, scale);
        }
      }
      for (let x: u32 = 0; x < across; x++) {
        const sums = row + (<usize>(x * plan.outs) << 2);
        for (let c = x < vectors ? fours : 0; c < plan.outs; c++) {
          addOne(job, totals + (<usize>(c * plan.plane + x) << 2), load<i32>(sums + (<usize>c << 2)));
        }
      }
      clear(row, <usize>(across * plan.outs) << 2);
    }
  }
  job.fresh = 0;
}

/** Four pixels of four channels. */
@inline
function addSquare(plan: ConvPlan, sums: usize, total: usize, fresh: u32, scale: v128): void {
  const step = <usize>plan.outs << 2;
  const a = v128.load(sums), b = v128.load(sums + step);
  sums += step << 1;
  const c = v128.load(sums), d = v128.load(sums + step);
  const ab0 = low32(a, b), ab1 = high32(a, b), cd0 = low32(c, d), cd1 = high32(c, d);
  const plane = <usize>plan.plane << 2;
  addFour(total, fresh, scale, low64(ab0, cd0));
  addFour(total + plane, fresh, scale, high64(ab0, cd0));
  total += plane << 1;
  addFour(total, fresh, scale, low64(ab1, cd1));
  addFour(total + plane, fresh, scale, high64(ab1, cd1));
}

@inline
function addFour(total: usize, fresh: u32, scale: v128, sums: v128): void {
  const product = i32x4.mul(sums, scale);
  v128.store(total, fresh ? product : i32x4.add(v128.load(total), product));
}

@inline
function low16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function high16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

@inline
function low32(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}

@inline
function high32(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

@inline
function low64(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 2);
}

@inline
function high64(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 1, 3);
}
