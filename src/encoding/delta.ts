/** Delta modulation: an event where a value has grown by the threshold since the timestep before. */

import type { Stimulus } from "../engine.ts";
import { sizeOf } from "../network/types.ts";
import { copyFrame, type Data } from "./data.ts";
import { withRecipe } from "./recipe.ts";

export interface DeltaOptions {
  /** An event where the difference is at least this; 0.1 when missing. */
  readonly threshold?: number;
  /** The first step is compared with itself (no event) rather than with zero. */
  readonly padding?: boolean;
  /** An event of -1 where the value has fallen by the threshold. */
  readonly offSpikes?: boolean;
}

/** Differences in float32 as snnTorch's `spikegen.delta`. `data` must have a time axis of at least `steps`. */
export function encodeDelta(data: Data, scale: number, steps: number, options: DeltaOptions = {}): Stimulus {
  const threshold = Math.fround(options.threshold ?? 0.1);
  const now = new Float32Array(sizeOf(data.shape));
  const before = new Float32Array(now.length);
  const stimulus: Stimulus = {
    samples: data.samples,
    steps,
    shape: data.shape,
    // An event of -1 is no count.
    kind: options.offSpikes ? "graded" : "spikes",
    constant: false,
    read(sample, step, out) {
      copyFrame(data, scale, sample, step, now);
      if (step > 0) copyFrame(data, scale, sample, step - 1, before);
      else if (options.padding) before.set(now);
      else before.fill(0);
      for (let index = 0; index < now.length; index++) {
        const difference = Math.fround(now[index]! - before[index]!);
        const falls = options.offSpikes && difference <= -threshold;
        out[index] = difference >= threshold ? 1 : falls ? -1 : 0;
      }
    },
  };
  return withRecipe(stimulus, { data, scale, steps, code: { encode: "delta", options } });
}
