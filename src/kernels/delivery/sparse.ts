/**
 * Rows that list their targets: one addition for each synapse. Targets come in blocks whose totals stay in the second-level
 * cache, and are numbered within their block by 16 bits.
 */

import { eventsBelow, Job, jobAt, SparsePlan } from "./job";

/**
 * Add up the events of every job into its totals.
 *
 * @param bits of a weight: 8, 16 or 32
 * @param jobs [count] structures
 */
export function addSparse(plan: SparsePlan, bits: u32, jobs: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const job = jobAt(jobs, i);
    if (!job.more) memory.fill(job.total, 0, <usize>plan.totals << 2);
  }
  for (let block: u32 = 0; block < plan.blocks; block++) {
    for (let i: u32 = 0; i < count; i++) jobAt(jobs, i).next = 0;
    let end: u32 = 0;
    do {
      const last = count == 1 || plan.sources - end <= plan.block;
      end += plan.block;
      for (let i: u32 = 0; i < count; i++) {
        const job = jobAt(jobs, i);
        const events = last ? job.count - job.next : eventsBelow(job, end);
        if (bits == 8) addEvents<i8>(plan, job, events, block);
        else if (bits == 16) addEvents<i16>(plan, job, events, block);
        else addEvents<i32>(plan, job, events, block);
      }
      if (last) break;
    } while (true);
  }
}

function addEvents<T>(plan: SparsePlan, job: Job, events: u32, block: u32): void {
  const starts = plan.start + <usize>(block * (plan.sources + 1)) * 4;
  const totals = job.total + (<usize>block << 18);
  let entries: u64 = 0;
  for (let i = job.next; i < job.next + events; i++) {
    const row = starts + (<usize>load<u32>(job.neurons + (<usize>i << 2)) << 2);
    const begin = load<u32>(row);
    const end = load<u32>(row + 4);
    entries += end - begin;
    const factor = job.payloads == 0 ? job.scale : job.scale * load<i32>(job.payloads + (<usize>i << 2));
    if (factor == 1) addRow<T>(plan, begin, end, totals);
    else addTimes<T>(plan, begin, end, totals, factor);
  }
  job.next += events;
  if (plan.counts) job.synops += <f64>entries;
}

function addRow<T>(plan: SparsePlan, begin: u32, end: u32, totals: usize): void {
  let target = plan.targets + (<usize>begin << 1);
  let weight = plan.weights + <usize>begin * sizeof<T>();
  const stop = plan.weights + <usize>end * sizeof<T>();
  for (; weight + 3 * sizeof<T>() < stop; weight += 4 * sizeof<T>(), target += 8) {
    add(totals, load<u16>(target), load<T>(weight));
    add(totals, load<u16>(target + 2), load<T>(weight + sizeof<T>()));
    add(totals, load<u16>(target + 4), load<T>(weight + 2 * sizeof<T>()));
    add(totals, load<u16>(target + 6), load<T>(weight + 3 * sizeof<T>()));
  }
  for (; weight < stop; weight += sizeof<T>(), target += 2) add(totals, load<u16>(target), load<T>(weight));
}

function addTimes<T>(plan: SparsePlan, begin: u32, end: u32, totals: usize, factor: i32): void {
  let target = plan.targets + (<usize>begin << 1);
  let weight = plan.weights + <usize>begin * sizeof<T>();
  const stop = plan.weights + <usize>end * sizeof<T>();
  for (; weight + 3 * sizeof<T>() < stop; weight += 4 * sizeof<T>(), target += 8) {
    add(totals, load<u16>(target), load<T>(weight) * factor);
    add(totals, load<u16>(target + 2), load<T>(weight + sizeof<T>()) * factor);
    add(totals, load<u16>(target + 4), load<T>(weight + 2 * sizeof<T>()) * factor);
    add(totals, load<u16>(target + 6), load<T>(weight + 3 * sizeof<T>()) * factor);
  }
  for (; weight < stop; weight += sizeof<T>(), target += 2) add(totals, load<u16>(target), load<T>(weight) * factor);
}

@inline
function add(totals: usize, target: u32, value: i32): void {
  const total = totals + (<usize>target << 2);
  store<i32>(total, load<i32>(total) + value);
}
