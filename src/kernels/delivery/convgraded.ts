/**
 * Graded events at a pixel, two channels at a time: their weights side by side times their payloads side by side is one
 * instruction, and each sum of 32 bits is loaded and stored once for all events of the pixel.
 */

import { payloadsAt } from "./convmarked";
import { ConvPlan, Job } from "./job";

/** Add the 8-bit weights of all marks times the payloads that were kept, and take the marks away. */
export function addPairs(plan: ConvPlan, job: Job, first: u32): void {
  const marks = job.narrow + plan.marks;
  const group = plan.groupOf(first);
  let synops: u64 = 0;
  for (let i: u32 = 0; i < plan.pixels; i++) {
    const word = marks + (<usize>i << 2);
    const channels = load<u32>(word);
    if (channels == 0) continue;
    store<u32>(word, 0);
    const pixel = plan.pixel(i);
    const phase = pixel.phase;
    if (changetype<usize>(phase) == 0) continue;
    synops += <u64>pixel.reached(plan, group) * popcnt(channels);
    const payloads = payloadsAt(plan, job, i);
    const sums = job.narrow + (<usize>(pixel.offset + group * plan.groupSums + pixel.skip) << 2);
    const stride = phase.channelBytes;
    let row = phase.weights + <usize>first * stride + pixel.skip + <usize>(pixel.firstRun * phase.length);
    let delta = phase.deltas + (<usize>pixel.firstRun << 2);
    for (const last = delta + (<usize>pixel.runs << 2); delta < last; delta += 4, row += phase.length) {
      let sum = sums + (<usize>load<u32>(delta) << 2);
      let at = row;
      const end = row + pixel.length;
      for (; at + 32 <= end; at += 32, sum += 128) addThirtyTwo(at, stride, channels, payloads, sum);
      if (at < end) addSixteen(at, stride, channels, payloads, sum);
    }
  }
  job.synops += <f64>synops;
}

@inline
function addThirtyTwo(rows: usize, stride: u32, channels: u32, payloads: usize, sum: usize): void {
  let a = v128.load(sum), b = v128.load(sum, 16), c = v128.load(sum, 32), d = v128.load(sum, 48);
  let e = v128.load(sum, 64), f = v128.load(sum, 80), g = v128.load(sum, 96), h = v128.load(sum, 112);
  do {
    const p = ctz(channels);
    channels &= channels - 1;
    // A channel that has no partner is its own, which gets nothing.
    const q = channels == 0 ? p : ctz(channels);
    const pair = pairOf(payloads, p, q, channels);
    channels &= channels - 1;
    const one = rows + <usize>p * stride;
    const other = rows + <usize>q * stride;
    const p0 = v128.load8x8_s(one), q0 = v128.load8x8_s(other);
    a = addLow(a, p0, q0, pair);
    b = addHigh(b, p0, q0, pair);
    const p1 = v128.load8x8_s(one, 8), q1 = v128.load8x8_s(other, 8);
    c = addLow(c, p1, q1, pair);
    d = addHigh(d, p1, q1, pair);
    const p2 = v128.load8x8_s(one, 16), q2 = v128.load8x8_s(other, 16);
    e = addLow(e, p2, q2, pair);
    f = addHigh(f, p2, q2, pair);
    const p3 = v128.load8x8_s(one, 24), q3 = v128.load8x8_s(other, 24);
    g = addLow(g, p3, q3, pair);
    h = addHigh(h, p3, q3, pair);
  } while (channels != 0);
  v128.store(sum, a);
  v128.store(sum, b, 16);
  v128.store(sum, c, 32);
  v128.store(sum, d, 48);
  v128.store(sum, e, 64);
  v128.store(sum, f, 80);
  v128.store(sum, g, 96);
  v128.store(sum, h, 112);
}

@inline
function addSixteen(rows: usize, stride: u32, channels: u32, payloads: usize, sum: usize): void {
  let a = v128.load(sum), b = v128.load(sum, 16), c = v128.load(sum, 32), d = v128.load(sum, 48);
  do {
    const p = ctz(channels);
    channels &= channels - 1;
    const q = channels == 0 ? p : ctz(channels);
    const pair = pairOf(payloads, p, q, channels);
    channels &= channels - 1;
    const one = rows + <usize>p * stride;
    const other = rows + <usize>q * stride;
    const p0 = v128.load8x8_s(one), q0 = v128.load8x8_s(other);
    a = addLow(a, p0, q0, pair);
    b = addHigh(b, p0, q0, pair);
    const p1 = v128.load8x8_s(one, 8), q1 = v128.load8x8_s(other, 8);
    c = addLow(c, p1, q1, pair);
    d = addHigh(d, p1, q1, pair);
  } while (channels != 0);
  v128.store(sum, a);
  v128.store(sum, b, 16);
  v128.store(sum, c, 32);
  v128.store(sum, d, 48);
}

/** The payloads of two channels for all lanes; 0 in place of the second where none is left. */
@inline
function pairOf(payloads: usize, p: u32, q: u32, left: u32): v128 {
  const second = left == 0 ? 0 : load<u16>(payloads + (<usize>q << 1));
  return i32x4.splat(load<u16>(payloads + (<usize>p << 1)) | (<i32>second << 16));
}

@inline
function addLow(sum: v128, p: v128, q: v128, pair: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.shuffle(p, q, 0, 8, 1, 9, 2, 10, 3, 11), pair));
}

@inline
function addHigh(sum: v128, p: v128, q: v128, pair: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.shuffle(p, q, 4, 12, 5, 13, 6, 14, 7, 15), pair));
}
