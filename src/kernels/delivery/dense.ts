/** Rows of weights to all targets: the order in which tiles of targets, blocks of sources and samples take their turns. */

import { dot16, dot8 } from "./dot";
import { flush1, flush32, flush8 } from "./flush";
import { DensePlan, eventsBelow, Job, jobAt } from "./job";
import { multiply16, multiply32, multiply8 } from "./multiply";
import { sum1 } from "./sum1";
import { sum4 } from "./sum4";
import { sum8 } from "./sum8";

/** Bytes of narrow sums that stay in the first-level cache. */
const tile: u32 = 32_768;

// Kernels by number; `dense.ts` of the folder above has the same.
const SUM1: u32 = 0;
const SUM4: u32 = 1;
const SUM8: u32 = 2;
const DOT8: u32 = 3;
const DOT16: u32 = 4;
const MULTIPLY8: u32 = 5;
const MULTIPLY16: u32 = 6;
const MULTIPLY32: u32 = 7;

/** log2 of the bytes of narrow sums for each byte of weights. */
function spread(kernel: u32): u32 {
  switch (kernel) {
    case SUM1:
      return 3;
    case SUM4:
    case DOT8:
    case MULTIPLY8:
      return 2;
    case SUM8:
    case DOT16:
    case MULTIPLY16:
      return 1;
    default:
      return 0;
  }
}

/** log2 of the bytes of totals for each byte of weights. */
function width(kernel: u32): u32 {
  switch (kernel) {
    case SUM1:
      return 5;
    case SUM4:
      return 3;
    case DOT16:
    case MULTIPLY16:
      return 1;
    case MULTIPLY32:
      return 0;
    default:
      return 2;
  }
}

/**
 * Add up the events of every job into its totals.
 *
 * @param jobs [count] structures
 */
export function addDense(plan: DensePlan, kernel: u32, jobs: usize, count: u32): void {
  const step = tile >> spread(kernel);
  for (let column: u32 = 0; column < plan.stride; column += step) {
    const bytes = min(step, plan.stride - column);
    for (let i: u32 = 0; i < count; i++) {
      const job = jobAt(jobs, i);
      job.next = 0;
      job.pending = 0;
      job.fresh = u32(job.more == 0);
    }
    let end: u32 = 0;
    do {
      const last = count == 1 || plan.sources - end <= plan.block;
      end += plan.block;
      for (let i: u32 = 0; i < count; i++) {
        const job = jobAt(jobs, i);
        addEvents(plan, kernel, job, last ? job.count - job.next : eventsBelow(job, end), column, bytes);
      }
      if (last) break;
    } while (true);
    for (let i: u32 = 0; i < count; i++) flush(kernel, jobAt(jobs, i), column, bytes);
  }
}

function addEvents(plan: DensePlan, kernel: u32, job: Job, events: u32, column: u32, bytes: u32): void {
  while (events > 0) {
    if (job.pending == plan.interval) flush(kernel, job, column, bytes);
    const some = min(events, plan.interval - job.pending);
    addRows(plan, kernel, job, some, column, bytes);
    job.next += some;
    job.pending += some;
    events -= some;
  }
}

function addRows(plan: DensePlan, kernel: u32, job: Job, count: u32, column: u32, bytes: u32): void {
  switch (kernel) {
    case SUM1:
      return sum1(plan, job, count, column, bytes);
    case SUM4:
      return sum4(plan, job, count, column, bytes);
    case SUM8:
      return sum8(plan, job, count, column, bytes);
    case DOT8:
      return dot8(plan, job, count, column, bytes);
    case DOT16:
      return dot16(plan, job, count, column, bytes);
    case MULTIPLY8:
      return multiply8(plan, job, count, column, bytes);
    case MULTIPLY16:
      return multiply16(plan, job, count, column, bytes);
    default:
      return multiply32(plan, job, count, column, bytes);
  }
}

function flush(kernel: u32, job: Job, column: u32, bytes: u32): void {
  const total = job.total + (<usize>column << width(kernel));
  const length = bytes << spread(kernel);
  if (kernel == SUM1) flush1(job, total, length);
  else if (kernel <= SUM8) flush8(job, total, length);
  else flush32(job, total, length);
  job.pending = 0;
  job.fresh = 0;
}
