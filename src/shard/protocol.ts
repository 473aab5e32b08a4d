/** Everything that crosses between the thread that asks and the workers that compute. */

import type { FeedTable } from "../chip/feed.ts";
import type { Range } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import type { Probe, Recording } from "../engine.ts";
import type { ErrorCode, Place } from "../errors.ts";

/** Fields of the shared control block, an Int32Array. */
export const slots = {
  /** 1: everybody stops at the next chance. */
  stop: 0,
  /** Workers that have begun. */
  arrived: 1,
  /** Shards that wait at the barrier. */
  waiting: 2,
  /** How often the barrier has opened; what shards wait on. */
  generation: 3,
  /** Samples done, one slot per worker from here on. */
  done: 4,
} as const;

/** How samples or neurons are divided: each worker takes samples, or each takes a part of every population. */
export type Split = "sample" | "core";

/** One long task per worker and run. */
export interface ShardTask {
  readonly split: Split;
  /** This worker's number and how many there are. */
  readonly shard: number;
  readonly shards: number;
  /** Arrays in shared memory. */
  readonly program: Program;
  readonly tables: ReadonlyMap<string, FeedTable>;
  /** Samples `first` to `end` (excluded). */
  readonly first: number;
  readonly end: number;
  readonly probes: readonly Probe[];
  readonly chipTime: boolean;
  readonly eventLimit: number | undefined;
  readonly control: Int32Array;
  /** Split by core: this worker's neurons of each population, and where shards show each other their spikes. */
  readonly ranges: ReadonlyMap<string, Range>;
  readonly boards: ReadonlyMap<string, Board>;
  /** Turns to spin at the barrier before sleeping. */
  readonly spin: number;
}

/** Spikes of one population in shared memory, two timesteps in turn. */
export interface Board {
  /** First neuron of each shard, and the size of the population: [shards + 1]. */
  readonly starts: Uint32Array;
  /** [2][shards] */
  readonly count: Uint32Array;
  /** [2][neurons], each shard from its own start on. */
  readonly neuron: Uint32Array;
  readonly payload: Int32Array;
}

/** What a worker answers. A mistake travels as its parts, since a thread boundary strips an error of its class. */
export type ShardAnswer =
  | { readonly kind: "recording"; readonly recording: Recording }
  /** Another shard failed or the run was stopped. */
  | { readonly kind: "stopped" }
  | {
      readonly kind: "mistake";
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
      readonly place: Place;
    };
