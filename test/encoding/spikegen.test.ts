/** The encoders against recorded results of snntorch.spikegen (test/golden/snntorch/spikegen.json). */

import { describe, expect, it } from "vitest";
import { encodeDelta } from "../../src/encoding/delta.ts";
import { latencySteps, latencyTimes, type LatencyOptions } from "../../src/encoding/latency.ts";
import { encodeRate } from "../../src/encoding/rate.ts";
import { golden } from "../support.ts";
import { dataOf, float32, framesOf } from "./support.ts";

interface Case {
  readonly name: string;
  readonly function: "latency" | "latency_code" | "delta" | "rate";
  readonly args: Readonly<Record<string, number | boolean>>;
  readonly data: readonly (number | readonly number[])[];
  readonly output?: readonly unknown[];
  readonly raises?: string;
}

const file = JSON.parse(new TextDecoder().decode(golden("snntorch/spikegen.json"))) as { cases: Case[] };

function latencyOptions(args: Case["args"]): LatencyOptions {
  const { first_spike_time: firstSpike, num_steps: _, ...same } = args;
  return { ...same, ...(firstSpike === undefined ? {} : { firstSpike: firstSpike as number }) };
}

function ofFunction(name: Case["function"]): Case[] {
  return file.cases.filter((item) => item.function === name);
}

describe("latency", () => {
  // Graded targets, interpolation and a number of steps that follows from the data are no options here.
  const other = ["on_target", "interpolate"];
  const cases = ofFunction("latency").filter(({ args }) => args.num_steps && other.every((key) => !(key in args)));

  it.each(cases.map((item) => [item.name, item] as const))("%s", (_, { args, data, output, raises }) => {
    const values = Float32Array.from(data.flat());
    const steps = args.num_steps as number;
    const outside = values.some((value) => value < 0 || value > 1);
    if (raises !== undefined) {
      expect(outside || throws(() => latencySteps(values, steps, latencyOptions(args)))).toBe(true);
      return;
    }
    const due = latencySteps(values, steps, latencyOptions(args));
    const frames = Array.from({ length: steps }, (__, step) => [...due].map((at) => (at === step ? 1 : 0)));
    expect(frames).toEqual(output!.map((frame) => (frame as number[]).flat()));
  });
});

describe("latency_code", () => {
  it.each(ofFunction("latency_code").map((item) => [item.name, item] as const))("%s", (_, { args, data, output }) => {
    const times = latencyTimes(Float32Array.from(data.flat()), args.num_steps as number, latencyOptions(args));
    for (const [index, time] of (output as number[]).entries()) {
      // The logarithm may differ in the last place between maths libraries.
      expect(Math.abs(times[index]! - time)).toBeLessThanOrEqual(3e-7 * Math.max(1, Math.abs(time)));
    }
  });
});

describe("delta", () => {
  it.each(ofFunction("delta").map((item) => [item.name, item] as const))("%s", (_, { args, data, output }) => {
    const features = Array.isArray(data[0]) ? data[0].length : 1;
    const series = dataOf(float32([1, data.length, features], data.flat()));
    const stimulus = encodeDelta(series, 1, data.length, {
      threshold: args.threshold as number,
      padding: args.padding as boolean,
      offSpikes: args.off_spike as boolean,
    });
    expect(framesOf(stimulus).flat()).toEqual((output as number[]).flat());
  });
});

describe("rate where it is certain", () => {
  const cases = ofFunction("rate").filter(({ args, raises }) => raises === undefined && !args.time_var_input);

  it.each(cases.map((item) => [item.name, item] as const))("%s", (_, { args, data, output }) => {
    const values = dataOf(float32([1, data.length], data.flat()));
    const { gain = 1, offset = 0, first_spike_time: firstSpike = 0 } = args as Record<string, number>;
    const stimulus = encodeRate(values, 1, args.num_steps as number, { seed: 5, gain, offset, firstSpike });
    expect(framesOf(stimulus)).toEqual(output);
  });
});

function throws(run: () => unknown): boolean {
  try {
    run();
  } catch {
    return true;
  }
  return false;
}
