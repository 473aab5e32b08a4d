/**
 * Convolutions: an event adds runs of weights to sums that lie channel last, with a border wide enough for every tap. A run is
 * the taps of one row of the kernel, mirrored, with all channels out.
 */

import { addPairs } from "./convgraded";
import { addMarked, mark } from "./convmarked";
import { addRuns } from "./convruns";
import { flushNarrow, flushWide } from "./convflush";
import { ConvPlan, ConvBlock, ConvPhase, ConvPixel, Job, jobAt } from "./job";

// Kernels by number; `fields.ts` of the folder above has the same.
/** Sums of 16 bits, which the plan's blocks of channels keep from overflowing. */
const NARROW: u32 = 0;
/** Weights of 8 bits and payloads of 16. */
const GRADED: u32 = 2;

/**
 * Add up the events of every job into its totals.
 *
 * @param jobs [count] structures
 */
export function addConv(plan: ConvPlan, kernel: u32, jobs: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const job = jobAt(jobs, i);
    job.fresh = u32(job.more == 0);
    // The blocks count with one event of each source at most.
    const ascending = ascends(job);
    const wide = u32(kernel != NARROW || !ascending);
    if (job.wide != wide) clearBorder(plan, job, wide);
    if (!wide) addNarrow(plan, job);
    else if (kernel == GRADED && ascending) addGraded(plan, job);
    else addWide(plan, job, job.neurons, job.neurons + (<usize>job.count << 2));
    if (wide) flushWide(plan, job);
  }
}

/** What taps left in the border would lie inside for sums of the other width. */
function clearBorder(plan: ConvPlan, job: Job, wide: u32): void {
  memory.fill(job.narrow, 0, plan.marks);
  job.wide = wide;
}

function ascends(job: Job): bool {
  let event = job.neurons;
  const last = event + (<usize>job.count << 2) - 4;
  if (job.count < 2) return true;
  for (; event < last; event += 4) if (load<u32>(event) >= load<u32>(event + 4)) return false;
  return true;
}

function addNarrow(plan: ConvPlan, job: Job): void {
  let event = job.neurons;
  const last = event + (<usize>job.count << 2);
  while (event < last && load<u32>(event) < plan.firstSource) event += 4;
  let pending = false;
  for (let i: u32 = 0; i < plan.blocks; i++) {
    const block = plan.block(i);
    const begin = event;
    while (event < last && load<u32>(event) < block.end) event += 4;
    const count = <u32>((event - begin) >> 2);
    if (count > 0) {
      pending = true;
      // Pixel by pixel sums stay in the first-level cache, and where several channels fired in registers, which is worth
      // looking at all marks from an event in four pixels on.
      if (block.marks && count * 4 > plan.pixels) {
        mark(plan, job, begin, event, block.first);
        addMarked(plan, job, block.first);
      } else {
        addOneByOne(plan, job, begin, event);
      }
    }
    if (block.flush && pending && i + 1 < plan.blocks) {
      flushNarrow(plan, job);
      pending = false;
    }
  }
  if (pending || job.fresh) flushNarrow(plan, job);
}

/** 8-bit weights to sums of 16 bits; events ascend. */
function addOneByOne(plan: ConvPlan, job: Job, event: usize, end: usize): void {
  const pixels = plan.pixels;
  let synops: u64 = 0;
  let channel = (load<u32>(event) - plan.firstSource) / pixels;
  let first = plan.firstSource + channel * pixels;
  let group = plan.groupOf(channel);
  for (; event < end; event += 4) {
    const source = load<u32>(event);
    if (source - first >= pixels) {
      channel = (source - plan.firstSource) / pixels;
      first = plan.firstSource + channel * pixels;
      group = plan.groupOf(channel);
    }
    const pixel = plan.pixel(source - first);
    const phase = pixel.phase;
    if (changetype<usize>(phase) == 0) continue;
    synops += pixel.reached(plan, group);
    const sums = job.narrow + (<usize>(pixel.offset + group * plan.groupSums + pixel.skip) << 1);
    addRuns(phase, pixel, phase.weights + <usize>channel * phase.channelBytes + pixel.skip, sums);
  }
  job.synops += <f64>synops;
}

/** 8-bit weights times payloads of 16 bits, to sums of 32 bits; events ascend. Pairs need more than an event at each pixel. */
function addGraded(plan: ConvPlan, job: Job): void {
  let event = job.neurons;
  const last = event + (<usize>job.count << 2);
  while (event < last && load<u32>(event) < plan.firstSource) event += 4;
  for (let i: u32 = 0; i < plan.blocks; i++) {
    const block = plan.block(i);
    const begin = event;
    while (event < last && load<u32>(event) < block.end) event += 4;
    if (block.marks && <u32>((event - begin) >> 2) > plan.pixels) {
      mark(plan, job, begin, event, block.first);
      addPairs(plan, job, block.first);
    } else {
      addWide(plan, job, begin, event);
    }
  }
}

/** Weights of any width times payloads, to sums of 32 bits; events in any order and number. */
function addWide(plan: ConvPlan, job: Job, event: usize, end: usize): void {
  const sources = plan.channels * plan.pixels;
  let synops: u64 = 0;
  for (; event < end; event += 4) {
    const source = load<u32>(event) - plan.firstSource;
    // What lies before the first has become very large.
    if (source >= sources) continue;
    const channel = source / plan.pixels;
    const pixel = plan.pixel(source - channel * plan.pixels);
    const phase = pixel.phase;
    if (changetype<usize>(phase) == 0) continue;
    const payload = i32x4.splat(job.payloads == 0 ? 1 : load<i32>(event - job.neurons + job.payloads));
    const group = plan.groupOf(channel);
    synops += pixel.reached(plan, group);
    const sums = job.narrow + (<usize>(pixel.offset + group * plan.groupSums + pixel.skip) << 2);
    const bytes = plan.bits >> 3;
    const runBytes = <usize>phase.length * bytes;
    let row = phase.weights + <usize>channel * phase.channelBytes + <usize>(pixel.skip * bytes);
    row += <usize>pixel.firstRun * runBytes;
    const length = pixel.length;
    let delta = phase.deltas + (<usize>pixel.firstRun << 2);
    for (const last = delta + (<usize>pixel.runs << 2); delta < last; delta += 4, row += runBytes) {
      const sum = sums + (<usize>load<u32>(delta) << 2);
      if (bytes == 1) addRun8(row, sum, length, payload);
      else if (bytes == 2) addRun16(row, sum, length, payload);
      else addRun32(row, sum, length, payload);
    }
  }
  job.synops += <f64>synops;
}

/** A multiple of 16 elements. */
function addRun8(row: usize, sum: usize, length: u32, payload: v128): void {
  for (const stop = row + length; row < stop; row += 16, sum += 64) {
    const low = v128.load8x8_s(row);
    addProduct(i32x4.extend_low_i16x8_s(low), payload, sum);
    addProduct(i32x4.extend_high_i16x8_s(low), payload, sum + 16);
    const high = v128.load8x8_s(row + 8);
    addProduct(i32x4.extend_low_i16x8_s(high), payload, sum + 32);
    addProduct(i32x4.extend_high_i16x8_s(high), payload, sum + 48);
  }
}

function addRun16(row: usize, sum: usize, length: u32, payload: v128): void {
  for (const stop = row + (<usize>length << 1); row < stop; row += 16, sum += 32) {
    const weights = v128.load(row);
    addProduct(i32x4.extend_low_i16x8_s(weights), payload, sum);
    addProduct(i32x4.extend_high_i16x8_s(weights), payload, sum + 16);
  }
}

function addRun32(row: usize, sum: usize, length: u32, payload: v128): void {
  for (const stop = row + (<usize>length << 2); row < stop; row += 16, sum += 16) {
    addProduct(v128.load(row), payload, sum);
  }
}

@inline
function addProduct(weights: v128, payload: v128, sum: usize): void {
  v128.store(sum, i32x4.add(v128.load(sum), i32x4.mul(weights, payload)));
}
