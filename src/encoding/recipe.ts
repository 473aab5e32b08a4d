/** What encoded data are made of, as plain data from which another thread can make the same frames. */

import type { Stimulus } from "../engine.ts";
import type { Data } from "./data.ts";
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
