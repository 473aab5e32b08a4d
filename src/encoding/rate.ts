/** Rate coding: in every timestep an event with the probability that the value gives. */

import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import { randomFrame } from "../fixed/random.ts";
import { sizeOf } from "../network/types.ts";
import { copyFrame, type Data } from "./data.ts";
import { withRecipe } from "./recipe.ts";

export interface RateOptions {
  /** 0 to 2^53 - 1. */
  readonly seed: number;
  /** Which input of the network this is, so that two inputs are unrelated. */
  readonly stream?: number;
  /** Probability = clamp(value * gain + offset, 0, 1); 1 and 0 when missing. With a time axis the value is the probability. */
  readonly gain?: number;
  readonly offset?: number;
  /** No events before this timestep, the last one at most; 0 when missing. Data with a time axis begin there. */
  readonly firstSpike?: number;
}

/**
 * Independent Bernoulli draws, as snnTorch's `spikegen.rate`; other bits, the same law.
 * A sample's events depend on its index in the file, so they are the same alone and among others.
 *
 * @param steps with a time axis at most its length plus `firstSpike`
 * @throws ENCODE_OPTION
 */
export function encodeRate(data: Data, scale: number, steps: number, options: RateOptions): Stimulus {
  const { seed, stream = 0, gain = 1, offset = 0, firstSpike = 0 } = options;
  if (!(Number.isInteger(firstSpike) && firstSpike >= 0 && firstSpike < steps)) {
    throw mistake("ENCODE_OPTION", {
      option: "firstSpike",
      value: firstSpike,
      range: `a timestep from 0 to ${steps - 1}`,
    });
  }
  const timed = data.time !== null;
  const values = new Float32Array(sizeOf(data.shape));
  const bits = new Uint32Array(values.length);
  const stimulus: Stimulus = {
    samples: data.samples,
    steps,
    shape: data.shape,
    kind: "spikes",
    constant: false,
    read(sample, step, out) {
      if (step < firstSpike) return void out.fill(0);
      copyFrame(data, scale, sample, step - firstSpike, values);
      randomFrame(seed, { stream, sample: data.first + sample, step }, bits);
      // At probability 1 every draw is below 2^32, at 0 none is: both are certain.
      for (let index = 0; index < bits.length; index++) {
        const value = values[index]!;
        const probability = timed ? value : Math.fround(Math.fround(value * Math.fround(gain)) + Math.fround(offset));
        out[index] = bits[index]! < probability * 2 ** 32 ? 1 : 0;
      }
    },
  };
  return withRecipe(stimulus, { data, scale, steps, code: { encode: "rate", options } });
}
