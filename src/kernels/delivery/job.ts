/** What JavaScript tells the kernels: structures of 32-bit fields. `fields.ts` beside this folder names them in the same order. */

/** How the synapses of one delivery are stored. A weight w is stored as s, with w = scale * s + base. */
@unmanaged
export class DensePlan {
  /** [sources + 1] rows, the last of zeros. */
  weights: usize;
  sources: u32;
  /** Bytes from row to row, and how many of them hold weights: multiples of 16. */
  stride: u32;
  /** Events that narrow sums can take before they may overflow. */
  interval: u32;
  /** Sources whose rows stay in the cache while the samples of a batch take their turns. */
  block: u32;
}

/** One sample: its events, and where their effect is added up. */
@unmanaged
export class Job {
  /** [count] u32 */
  neurons: usize;
  /** [count] i32, or 0 where every event counts once. */
  payloads: usize;
  count: u32;
  /** What sums of stored weights are multiplied with. */
  scale: i32;
  /** What every target gets besides. */
  offset: i32;
  /** Sums in the making; zeros between calls. */
  narrow: usize;
  /** [targets] i32 */
  total: usize;
  /** 1: add to what is in `total`, and leave `offset` out. */
  more: u32;

  // The kernels' own:
  /** The first event that is not done. */
  next: u32;
  /** Events in the narrow sums. */
  pending: u32;
  /** 1: nothing of this call is in `total`. */
  fresh: u32;
}

/** A job in a list of them. */
@inline
export function jobAt(jobs: usize, index: u32): Job {
  return changetype<Job>(jobs + <usize>index * offsetof<Job>());
}

/** How many of a job's next events come from sources below `limit`. */
export function eventsBelow(job: Job, limit: u32): u32 {
  const first = job.next;
  let end = first;
  while (end < job.count && load<u32>(job.neurons + (<usize>end << 2)) < limit) end++;
  return end - first;
}
