/** Everything that crosses between the thread that asks and the workers that compute. */

import type { MessagePort } from "node:worker_threads";
import type { FeedTable } from "../chip/tabulate.ts";
import type { Range } from "../compile/parts.ts";
import type { Recipe } from "../encoding/recipe.ts";
import type { Probe, Recording, Stimulus } from "../engine.ts";
import type { ErrorCode, Place } from "../errors.ts";
import type { CommonByName } from "../kernels/common.ts";

/** Fields of the shared control block, an Int32Array. What one thread writes often is 128 bytes away from all others. */
export const slots = {
  /** 1: everybody stops at the next chance. */
  stop: 0,
  /** Workers that have begun. */
  arrived: 1,
  /** The first portion that no worker has taken, where workers read the input themselves. */
  next: 3,
  /** Shards that sleep at the barrier. */
  sleeping: 2,
  /** Shards that wait at the barrier. */
  waiting: 32,
  /** How often the barrier has opened; what shards wait on. */
  generation: 64,
  /** One of each for every worker, `stride` apart: samples done, and portions of the input that it was given. */
  done: 96,
  given: 97,
  stride: 32,
} as const;

/** The control block of a run, all 0. */
export function controlFor(workers: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (slots.done + workers * slots.stride)));
}

/** How samples or neurons are divided: each worker takes samples, or each takes a part of every population. */
export type Split = "sample" | "core";

/** One long task per worker and run. The program is given to a worker when it starts. */
export interface ShardTask {
  /** This worker's number and how many there are. */
  readonly shard: number;
  readonly shards: number;
  /** Of the whole run. */
  readonly samples: number;
  readonly steps: number;
  readonly probes: readonly Probe[];
  readonly chipTime: boolean;
  readonly eventLimit: number | undefined;
  readonly control: Int32Array;
  readonly input: SentInput | OwnInput;
  /** Null where the worker has all neurons. */
  readonly part: Part | null;
  /** Large synapses, packed for all workers. */
  readonly common: CommonByName;
}

/** Portions of the input are sent: `Portion`, null behind the last. For each one taken the worker sends anything. */
export interface SentInput {
  readonly port: MessagePort;
}

/** Workers read the input themselves, each a portion that is left until none is. */
export interface OwnInput {
  /** By the names of the inputs, data in shared memory. */
  readonly recipes: ReadonlyMap<string, SharedRecipe>;
  readonly portions: readonly Range[];
}

/** A stimulus as plain data. */
export interface SharedRecipe extends Omit<Stimulus, "read"> {
  readonly recipe: Recipe;
}

/** Some samples of all inputs, `first` counted in the run. */
export interface Portion {
  readonly first: number;
  readonly tables: ReadonlyMap<string, FeedTable>;
}

/** What a worker has of every population. */
export interface Part {
  /** This worker's neurons of each population, and where shards show each other their spikes. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** In the order of the program's populations. */
  readonly boards: readonly Board[];
  /** Turns to spin at the barrier before sleeping. */
  readonly spin: number;
}

/** Spikes of one population in shared memory, two timesteps in turn. */
export interface Board {
  /** First neuron of each shard, and the size of the population: [shards + 1]. */
  readonly starts: Uint32Array;
  /** [2][shards], each on lines of its own: how many spikes, and 1 where they are plain. */
  readonly parts: Uint32Array;
  /** [2][neurons], each shard from its own start on. */
  readonly neuron: Uint32Array;
  /** The same; not written where spikes are plain. */
  readonly payload: Int32Array;
}

/** What was recorded of samples from `first` on. */
export interface RecordedPart {
  readonly first: number;
  readonly recording: Recording;
}

/** What a worker answers. A mistake travels as its parts, since a thread boundary strips an error of its class. */
export type ShardAnswer =
  | { readonly kind: "recorded"; readonly parts: readonly RecordedPart[] }
  /** Another shard failed or the run was stopped. */
  | { readonly kind: "stopped" }
  | {
      readonly kind: "mistake";
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
      readonly place: Place;
    };
