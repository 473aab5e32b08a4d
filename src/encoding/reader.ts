/** Frames from a recipe. */

import type { Stimulus } from "../engine.ts";
import { encodeDelta } from "./delta.ts";
import { encodeConstant, encodeSpikes } from "./direct.ts";
import { encodeLatency } from "./latency.ts";
import { encodeRate } from "./rate.ts";
import type { Recipe } from "./recipe.ts";

/** The stimulus that the recipe was taken from. */
export function stimulusFrom({ data, scale, steps, code }: Recipe): Stimulus {
  switch (code.encode) {
    case "constant":
      return encodeConstant(data, scale, steps);
    case "spikes":
      return encodeSpikes(data, scale, steps);
    case "rate":
      return encodeRate(data, scale, steps, code.options);
    case "latency":
      return encodeLatency(data, scale, steps, code.options);
    case "delta":
      return encodeDelta(data, scale, steps, code.options);
    default:
      return code satisfies never;
  }
}
