/** Where the row and the payload of an event are. */

import { DensePlan, Job } from "./job";

/** Address of the job's next event; the `count` from there are done in one go. */
@inline
export function firstOf(job: Job): usize {
  return job.neurons + (<usize>job.next << 2);
}

/** The row of an event; past the last event the row of zeros. */
@inline
export function rowOf(plan: DensePlan, event: usize, end: usize, column: u32): usize {
  const source = event < end ? load<u32>(event) : plan.sources;
  return plan.weights + <usize>source * plan.stride + column;
}

/** The payload of an event; past the last event 0. */
@inline
export function payloadOf(job: Job, event: usize, end: usize): i32 {
  if (event >= end) return 0;
  return job.payloads == 0 ? 1 : load<i32>(event - job.neurons + job.payloads);
}

/**
 * Vectors before the one that is meant, for `offsetof`: a place that is known when the kernel is compiled is part of the
 * instruction, where an addition takes as long as one of the sums.
 */
@unmanaged
export class None {}
@unmanaged
export class One extends None {
  first: v128;
}
@unmanaged
export class Two extends One {
  second: v128;
}
@unmanaged
export class Three extends Two {
  third: v128;
}
