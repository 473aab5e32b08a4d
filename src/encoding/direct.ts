/** Values that need no code: presented as they are, as real numbers or as counts of events. */

import type { Stimulus } from "../engine.ts";
import { copyFrame, type Data } from "./data.ts";
import { withRecipe } from "./recipe.ts";

/** The same value at every timestep; data with a time axis: the value of each timestep. */
export function encodeConstant(data: Data, scale: number, steps: number): Stimulus {
  return direct(data, scale, steps, "graded");
}

/** Numbers of events, whole and 0 or more after scaling; without a time axis the same at every timestep. */
export function encodeSpikes(data: Data, scale: number, steps: number): Stimulus {
  return direct(data, scale, steps, "spikes");
}

function direct(data: Data, scale: number, steps: number, kind: Stimulus["kind"]): Stimulus {
  const stimulus: Stimulus = {
    samples: data.samples,
    steps,
    shape: data.shape,
    kind,
    constant: data.time === null,
    read(sample, step, out) {
      copyFrame(data, scale, sample, step, out);
    },
  };
  return withRecipe(stimulus, { data, scale, steps, code: { encode: kind === "graded" ? "constant" : "spikes" } });
}
