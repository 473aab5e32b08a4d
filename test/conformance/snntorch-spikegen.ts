/** snnTorch's encoders. */

import { latencyTimes, type LatencyOptions } from "../../src/encoding/latency.ts";
import { delta, latency, rate, type SpikegenRateOptions } from "../../src/encoding/spikegen.ts";
import { BitspikeError } from "../../src/errors.ts";
import type { Tensor } from "../../src/network/types.ts";
import { flat, floats, shapeOf, tensorOf } from "./engines.ts";
import type { PlainCase } from "./oracle.ts";
import type { Tally } from "./tally.ts";

type Arguments = Readonly<Record<string, unknown>>;

interface Vector {
  readonly name: string;
  readonly function: string;
  readonly args: Arguments;
  readonly data: unknown;
  readonly output?: unknown;
  readonly raises?: string;
}

/** snnTorch's names of arguments and ours. */
const names: Readonly<Record<string, string>> = {
  num_steps: "numSteps",
  tau: "tau",
  threshold: "threshold",
  linear: "linear",
  normalize: "normalize",
  clip: "clip",
  bypass: "bypass",
  interpolate: "interpolate",
  on_target: "onTarget",
  off_target: "offTarget",
  first_spike_time: "firstSpike",
  gain: "gain",
  offset: "offset",
  time_var_input: "timeVarInput",
  padding: "padding",
  off_spike: "offSpikes",
};

const functions: Readonly<Record<string, (data: Tensor, options: Arguments) => Tensor>> = {
  rate: (data, options) => rate(data, { seed: 5, ...options } as SpikegenRateOptions),
  latency,
  delta,
  latency_code: ({ shape, data }, { numSteps, ...options }) => ({
    shape,
    data: latencyTimes(Float32Array.from(data), numSteps as number, options as LatencyOptions),
  }),
};

/** A function of `spikegen` with its result or its refusal. */
export function encoderCase(vector: Vector): PlainCase {
  const unknown = Object.keys(vector.args).find((name) => !(name in names));
  const lacking = !(vector.function in functions)
    ? `spikegen.${vector.function}`
    : unknown && `the argument ${unknown}`;
  const run = (tally: Tally): void => compare(vector, tally);
  return { name: vector.name, needs: "nothing", run, ...(lacking === undefined ? {} : { missing: lacking }) };
}

function compare({ function: name, args, data, output, raises }: Vector, tally: Tally): void {
  const options = Object.fromEntries(Object.entries(args).map(([key, value]) => [names[key], value]));
  const tensor = tensorOf(data);
  try {
    const result = functions[name]!(tensor, options);
    if (raises !== undefined) return tally.same("outcome", "a result", "refused");
    tally.same("shape", result.shape, shapeOf(output));
    if (name === "latency_code" || args["interpolate"] || args["on_target"])
      tally.close("output", result.data, floats(output));
    else tally.exact("output", result.data, flat(output));
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    tally.same("outcome", "refused", raises === undefined ? "a result" : "refused");
  }
}

interface Law {
  readonly p: number;
  readonly samples: number;
  readonly expected_mean: number;
  readonly four_sigma_of_mean: number;
}

/** The rate code is another draw from the same law: its mean has to lie as near to the expected one. */
export function rateCase({ p, samples, expected_mean, four_sigma_of_mean }: Law): PlainCase {
  const run = (tally: Tally): void => {
    const { data } = rate({ shape: [1], data: Float32Array.of(p) }, { numSteps: samples, seed: 5 });
    const mean = (data as Float32Array).reduce((sum, value) => sum + value, 0) / data.length;
    tally.same(
      "events are 0 or 1",
      (data as Float32Array).every((value) => value === 0 || value === 1),
      true,
    );
    tally.same("mean within four sigma", Math.abs(mean - expected_mean) <= four_sigma_of_mean, true);
  };
  return { name: `rate of probability ${p}`, needs: "nothing", run };
}
