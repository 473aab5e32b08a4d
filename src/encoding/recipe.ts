/** What encoded data are made of, as plain data from which another thread can make the same frames. */

import type { Stimulus } from "../engine.ts";
import { frameIndex, isExact, type Data } from "./data.ts";
import type { DeltaOptions } from "./delta.ts";
import type { LatencyOptions } from "./latency.ts";
import type { RateOptions } from "./rate.ts";

/** A code with its options. */
export type Code =
  | { readonly encode: "constant" | "spikes" }
  | { readonly encode: "rate"; readonly options: RateOptions }
  | { readonly encode: "latency"; readonly options: LatencyOptions }
  | { readonly encode: "delta"; readonly options: DeltaOptions };

/** What an encoder was given. */
export interface Recipe {
  readonly data: Data;
  readonly scale: number;
  readonly steps: number;
  readonly code: Code;
}

/** By the functions that read frames: a stimulus that was put together anew with another one is another one. */
const recipes = new WeakMap<Stimulus["read"], Recipe>();

/** Remember what a stimulus was made of. @returns the stimulus */
export function withRecipe(stimulus: Stimulus, recipe: Recipe): Stimulus {
  recipes.set(stimulus.read, recipe);
  return stimulus;
}

/** What the frames of a stimulus are made of; null where no encoder of ours makes them. */
export function recipeOf(read: Stimulus["read"]): Recipe | null {
  return recipes.get(read) ?? null;
}

/** Frames of an array as they are, those of one sample one behind the other. */
export interface StoredFrames {
  readonly values: Data["values"];
  /** Which frame of the array is that of a sample and step. */
  index(sample: number, step: number): number;
}

/** Where the frames of a stimulus lie; null where they have to be made. */
export function storedFrames({ read, constant }: Pick<Stimulus, "read" | "constant">): StoredFrames | null {
  const recipe = recipeOf(read);
  if (recipe === null) return null;
  const { data, scale, code } = recipe;
  if (code.encode !== "constant" && code.encode !== "spikes") return null;
  if (!isExact(data, scale) || (data.time === null && !constant)) return null;
  return { values: data.values, index: (sample, step) => frameIndex(data, sample, step) };
}
