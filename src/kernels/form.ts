/** What all layouts of synapses in a memory share. */

import type { Fit } from "./fit.ts";

/** Which neurons of the target population are here: `low` to `high` (excluded) of `neurons`. */
export interface Targets {
  readonly neurons: number;
  readonly low: number;
  readonly high: number;
}

/** What the sums of one sample need beside the list of events. */
export interface SumSizes {
  /** Elements, more than there are targets: kernels write whole vectors. */
  readonly totals: number;
  /** Bytes of sums in the making. */
  readonly narrow: number;
}

/** One layout of synapses, ready to add up events. */
export interface OpenForm extends Pick<Fit, "scale" | "base"> {
  /**
   * The kernel that adds up events, by number.
   *
   * @param low smallest and @param high largest payload; both 1 where all events count once
   */
  kernel(alike: boolean, low: number, high: number): number;
  /** Whether kernels, told to add to what is there, write to no totals but those of targets of the events. */
  readonly sparing: boolean;
  /** Run a kernel on jobs that lie one behind the other. */
  run(kernel: number, jobs: number, count: number): void;
  /** Synapses that events reach, whose neurons lie at an address; 0 where kernels count them. */
  synops(neurons: number, count: number): number;
}
