/**
 * Rows that list their targets: one addition for each synapse. Long rows come in blocks of targets whose totals stay in the
 * second-level cache; the blocks of short ones lie side by side and are taken one after the other.
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
  if (plan.whole) addBlocks(plan, bits, jobs, count, 0, plan.blocks);
  else for (let block: u32 = 0; block < plan.blocks; block++) addBlocks(plan, bits, jobs, count, block, block + 1);
}

/** Blocks `first` to `end` (excluded) of all rows. */
function addBlocks(plan: SparsePlan, bits: u32, jobs: usize, count: u32, first: u32, end: u32): void {
  for (let i: u32 = 0; i < count; i++) jobAt(jobs, i).next = 0;
  let limit: u32 = 0;
  do {
    const last = count == 1 || plan.sources - limit <= plan.block;
    limit += plan.block;
    for (let i: u32 = 0; i < count; i++) {
      const job = jobAt(jobs, i);
      const events = last ? job.count - job.next : eventsBelow(job, limit);
      if (plan.targetBytes == 2) {
        if (bits == 8) addEvents<i8, u16>(plan, job, events, first, end);
        else if (bits == 16) addEvents<i16, u16>(plan, job, events, first, end);
        else addEvents<i32, u16>(plan, job, events, first, end);
      } else if (bits == 8) addEvents<i8, u32>(plan, job, events, first, end);
      else if (bits == 16) addEvents<i16, u32>(plan, job, events, first, end);
      else addEvents<i32, u32>(plan, job, events, first, end);
    }
    if (last) break;
  } while (true);
}

/** Events whose rows are fetched side by side. */
const ahead: u32 = 8;
/** Bytes of a line of the processor's cache. */
const line: usize = 64;

function addEvents<W, T>(plan: SparsePlan, job: Job, events: u32, first: u32, end: u32): void {
  let entries: u64 = 0;
  const begin = job.next;
  const last = begin + events;
  for (let i = begin; i < last; i++) {
    if (plan.far && (i - begin) % ahead == 0) fetch<W, T>(plan, job, i, min(last, i + ahead), first, end);
    const source = load<u32>(job.neurons + (<usize>i << 2));
    const row = plan.start + ((<usize>source * plan.stride) << 2);
    const factor = job.payloads == 0 ? job.scale : job.scale * load<i32>(job.payloads + (<usize>i << 2));
    let from = load<u32>(row + (<usize>first << 2));
    for (let block = first; block < end; block++) {
      const next = load<u32>(row + (<usize>block << 2) + 4);
      let to = next;
      if (plan.cut) {
        if (block == 0) from = firstFrom<T>(plan, from, to, plan.low);
        if (block + 1 == plan.blocks) to = firstFrom<T>(plan, from, to, plan.high);
      }
      const totals = job.total + (<usize>block << 18) - (<usize>plan.low << 2);
      if (factor == 1) addRow<W, T>(plan, from, to, totals);
      else addTimes<W, T>(plan, from, to, totals, factor);
      entries += to - from;
      from = next;
    }
  }
  job.next = last;
  if (plan.counts) job.synops += <f64>entries;
}

/**
 * Read a byte of every line of some events' rows. Without it a row begins to come from memory when the one before is done; this
 * way a processor waits for several of them at the same time.
 */
function fetch<W, T>(plan: SparsePlan, job: Job, begin: u32, end: u32, first: u32, last: u32): void {
  let seen: u32 = 0;
  for (let i = begin; i < end; i++) {
    const row = plan.start + ((<usize>load<u32>(job.neurons + (<usize>i << 2)) * plan.stride) << 2);
    const from = <usize>load<u32>(row + (<usize>first << 2));
    const to = <usize>load<u32>(row + (<usize>last << 2));
    seen += linesOf(plan.targets + from * sizeof<T>(), plan.targets + to * sizeof<T>());
    seen += linesOf(plan.weights + from * sizeof<W>(), plan.weights + to * sizeof<W>());
  }
  // Written, so that no compiler finds the reading needless.
  job.seen = seen;
}

@inline
function linesOf(from: usize, to: usize): u32 {
  let seen: u32 = 0;
  for (let at = from; at < to; at += line) seen += load<u8>(at);
  return seen;
}

/** Targets of a row or less are walked, more of them halved first. */
const walked: u32 = 16;

/** The first of some entries, ascending, whose target is not below a limit; `to` where all are. */
function firstFrom<T>(plan: SparsePlan, from: u32, to: u32, limit: u32): u32 {
  while (to - from > walked) {
    const middle = from + ((to - from) >> 1);
    if (load<T>(plan.targets + <usize>middle * sizeof<T>()) < limit) from = middle + 1;
    else to = middle;
  }
  while (from < to && load<T>(plan.targets + <usize>from * sizeof<T>()) < limit) from++;
  return from;
}

function addRow<W, T>(plan: SparsePlan, begin: u32, end: u32, totals: usize): void {
  let target = plan.targets + <usize>begin * sizeof<T>();
  let weight = plan.weights + <usize>begin * sizeof<W>();
  const stop = plan.weights + <usize>end * sizeof<W>();
  for (; weight + 3 * sizeof<W>() < stop; weight += 4 * sizeof<W>(), target += 4 * sizeof<T>()) {
    add(totals, load<T>(target), load<W>(weight));
    add(totals, load<T>(target + sizeof<T>()), load<W>(weight + sizeof<W>()));
    add(totals, load<T>(target + 2 * sizeof<T>()), load<W>(weight + 2 * sizeof<W>()));
    add(totals, load<T>(target + 3 * sizeof<T>()), load<W>(weight + 3 * sizeof<W>()));
  }
  for (; weight < stop; weight += sizeof<W>(), target += sizeof<T>()) add(totals, load<T>(target), load<W>(weight));
}

function addTimes<W, T>(plan: SparsePlan, begin: u32, end: u32, totals: usize, factor: i32): void {
  let target = plan.targets + <usize>begin * sizeof<T>();
  let weight = plan.weights + <usize>begin * sizeof<W>();
  const stop = plan.weights + <usize>end * sizeof<W>();
  for (; weight + 3 * sizeof<W>() < stop; weight += 4 * sizeof<W>(), target += 4 * sizeof<T>()) {
    add(totals, load<T>(target), load<W>(weight) * factor);
    add(totals, load<T>(target + sizeof<T>()), load<W>(weight + sizeof<W>()) * factor);
    add(totals, load<T>(target + 2 * sizeof<T>()), load<W>(weight + 2 * sizeof<W>()) * factor);
    add(totals, load<T>(target + 3 * sizeof<T>()), load<W>(weight + 3 * sizeof<W>()) * factor);
  }
  for (; weight < stop; weight += sizeof<W>(), target += sizeof<T>()) {
    add(totals, load<T>(target), load<W>(weight) * factor);
  }
}

@inline
function add(totals: usize, target: u32, value: i32): void {
  const total = totals + (<usize>target << 2);
  store<i32>(total, load<i32>(total) + value);
}
