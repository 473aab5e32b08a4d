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
