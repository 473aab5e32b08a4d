/** Many events at a pixel: the channels that fired are marked first, and each sum is loaded and stored once for all of them. */

import { addRuns } from "./convruns";
import { ConvPlan, Job } from "./job";

/** Set one bit per event: a word for each pixel, a bit for each channel from `first` on; keep the payload, if there is one. */
export function mark(plan: ConvPlan, job: Job, event: usize, end: usize, first: u32): void {
  const marks = job.narrow + plan.marks;
  const pixels = plan.pixels;
  const origin = plan.firstSource + first * pixels;
  for (; event < end; event += 4) {
    const source = load<u32>(event) - origin;
    const channel = source / pixels;
    const pixel = source - channel * pixels;
    const word = marks + (<usize>pixel << 2);
    store<u32>(word, load<u32>(word) | (1 << channel));
    if (job.payloads == 0) continue;
    store<i16>(payloadsAt(plan, job, pixel) + (<usize>channel << 1), <i16>load<i32>(event - job.neurons + job.payloads));
  }
}

/** Where the payloads of one pixel are kept, 16 bits for each of 32 channels. */
@inline
export function payloadsAt(plan: ConvPlan, job: Job, pixel: u32): usize {
  return job.narrow + plan.marks + (<usize>plan.pixels << 2) + (<usize>pixel << 6);
}

/** Add the rows of all marks to sums of 16 bits, and take the marks away. */
export function addMarked(plan: ConvPlan, job: Job, first: u32): void {
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
    const sums = job.narrow + (<usize>(pixel.offset + group * plan.groupSums + pixel.skip) << 1);
    const stride = phase.channelBytes;
    const rows = phase.weights + <usize>first * stride + pixel.skip;
    if ((channels & (channels - 1)) == 0) {
      addRuns(phase, pixel, rows + <usize>ctz(channels) * stride, sums);
      continue;
    }
    const length = pixel.length;
    const runBytes = phase.length;
    let start = rows + <usize>(pixel.firstRun * runBytes);
    let delta = phase.deltas + (<usize>pixel.firstRun << 2);
    for (const last = delta + (<usize>pixel.runs << 2); delta < last; delta += 4, start += runBytes) {
      let sum = sums + (<usize>load<u32>(delta) << 1);
      let row = start;
      const end = row + length;
      for (; row + 48 <= end; row += 48, sum += 96) addSix(row, stride, channels, sum);
      for (; row < end; row += 16, sum += 32) addTwo(row, stride, channels, sum);
    }
  }
  job.synops += <f64>synops;
}

@inline
function addSix(rows: usize, stride: u32, channels: u32, sum: usize): void {
  let a = v128.load(sum);
  let b = v128.load(sum + 16);
  let c = v128.load(sum + 32);
  let d = v128.load(sum + 48);
  let e = v128.load(sum + 64);
  let f = v128.load(sum + 80);
  do {
    const row = rows + <usize>ctz(channels) * stride;
    channels &= channels - 1;
    a = i16x8.add(a, v128.load8x8_s(row));
    b = i16x8.add(b, v128.load8x8_s(row + 8));
    c = i16x8.add(c, v128.load8x8_s(row + 16));
    d = i16x8.add(d, v128.load8x8_s(row + 24));
    e = i16x8.add(e, v128.load8x8_s(row + 32));
    f = i16x8.add(f, v128.load8x8_s(row + 40));
  } while (channels != 0);
  v128.store(sum, a);
  v128.store(sum + 16, b);
  v128.store(sum + 32, c);
  v128.store(sum + 48, d);
  v128.store(sum + 64, e);
  v128.store(sum + 80, f);
}

@inline
function addTwo(rows: usize, stride: u32, channels: u32, sum: usize): void {
  let a = v128.load(sum);
  let b = v128.load(sum + 16);
  do {
    const row = rows + <usize>ctz(channels) * stride;
    channels &= channels - 1;
    a = i16x8.add(a, v128.load8x8_s(row));
    b = i16x8.add(b, v128.load8x8_s(row + 8));
  } while (channels != 0);
  v128.store(sum, a);
  v128.store(sum + 16, b);
}
