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
  /** Convolutions: 1 when the sums in the making had 32 bits last, and their border still has. */
  wide: u32;
  /** Synapses that were reached; kernels of convolutions and of lists of targets add to it. */
  synops: f64;
  /** What was read only to be in the cache; here, since plans may lie once for all threads. */
  seen: u64;
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

/** How synapses are stored that list their targets. A weight w is stored as s, with w = scale * s. */
@unmanaged
export class SparsePlan {
  sources: u32;
  /** Blocks of 65,536 targets that are here or in part, or 1 of any size where targets have 32 bits. */
  blocks: u32;
  /** [sources][stride] u32, of the first block that is here: the entry with which each row and block begins. */
  start: usize;
  stride: u32;
  /** [entries] u16 or u32, counted from the first of the block. */
  targets: usize;
  /** Bytes of a target. */
  targetBytes: u32;
  /** [entries] */
  weights: usize;
  /** Elements. */
  totals: u32;
  /** Sources whose rows stay in the cache while the samples of a batch take their turns. */
  block: u32;
  /** 1: entries are what synops count. */
  counts: u32;
  /** 1: rows are so short that all blocks of one event are added up before those of the next. */
  whole: u32;
  /** 1: lists are larger than a cache. */
  far: u32;
  /** 1: targets of the first block below `low`, and those of the last from `high` on, are not here. */
  cut: u32;
  low: u32;
  high: u32;
}

/** How the synapses of one convolution are stored. Sums lie [group][down][across][channel out], with a border. */
@unmanaged
export class ConvPlan {
  /** Bits of a weight: 8, 16 or 32. */
  bits: u32;
  /** The first source that reaches anything here, and how many channels of them there are. */
  firstSource: u32;
  channels: u32;
  /** Of one channel in. */
  pixels: u32;
  /** Channels in and out of one group, and how many groups there are. */
  ins: u32;
  outs: u32;
  groups: u32;
  /** Elements of sums: of one group, of one row, before the first that is no border. */
  groupSums: u32;
  rowSums: u32;
  border: u32;
  /** Output. */
  height: u32;
  width: u32;
  plane: u32;
  /** Bytes from the sums to the marks. */
  marks: u32;
  /** [pixels] ConvPixel */
  pixelTable: usize;
  /** [blocks] ConvBlock */
  blockTable: usize;
  blocks: u32;

  @inline
  pixel(index: u32): ConvPixel {
    return changetype<ConvPixel>(this.pixelTable + <usize>index * offsetof<ConvPixel>());
  }

  @inline
  block(index: u32): ConvBlock {
    return changetype<ConvBlock>(this.blockTable + <usize>index * offsetof<ConvBlock>());
  }

  @inline
  groupOf(channel: u32): u32 {
    return this.groups == 1 ? 0 : channel / this.ins;
  }

  /** Element of sums with which an output row begins. */
  @inline
  sumAt(group: u32, y: u32): u32 {
    return group * this.groupSums + this.border + y * this.rowSums;
  }

  /** Element of the totals with which an output row of the group's first channel begins. */
  @inline
  totalAt(group: u32, y: u32): u32 {
    return group * this.outs * this.plane + y * this.width;
  }
}

/** What an event at one pixel adds to. */
@unmanaged
export class ConvPixel {
  /** Element of sums of the first tap of the first group. */
  offset: u32;
  /** null: the event reaches nothing. */
  phase: ConvPhase;
  /** Synapses that an event reaches in the first group, in those between, in the last: a part of the targets may cut. */
  inFirst: u32;
  inOthers: u32;
  inLast: u32;
  /** Of the phase's runs those that reach the output, and how many. */
  firstRun: u32;
  runs: u32;
  /** Elements at the beginning of a run that reach nothing, and those that are added, a multiple of 16. */
  skip: u32;
  length: u32;

  @inline
  reached(plan: ConvPlan, group: u32): u32 {
    return group == 0 ? this.inFirst : group + 1 == plan.groups ? this.inLast : this.inOthers;
  }
}

/** The taps that meet pixels of one phase of the stride. */
@unmanaged
export class ConvPhase {
  /** [channels][runs][length] */
  weights: usize;
  channelBytes: u32;
  /** Elements, a multiple of 16. */
  length: u32;
  /** [runs] u32, elements of sums from the first run. */
  deltas: usize;

  @inline
  delta(run: u32): u32 {
    return load<u32>(this.deltas + (<usize>run << 2));
  }
}

/** Channels whose events may be added up together. */
@unmanaged
export class ConvBlock {
  /** Sources from here on belong to the next block. */
  end: u32;
  /** First channel. */
  first: u32;
  /** 1: not more than 32 channels, all of one group. */
  marks: u32;
  /** 1: sums of 16 bits might not hold more. */
  flush: u32;
}
