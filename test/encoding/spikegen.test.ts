/** Beyond the recorded results, which the conformance suite compares. */

import { describe, expect, it } from "vitest";
import { encode } from "../../src/encoding/encode.ts";
import { delta, latency, rate } from "../../src/encoding/spikegen.ts";
import type { Tensor } from "../../src/network/types.ts";
import { codeOf } from "../support.ts";
import { dataOf, float32, framesOf } from "./support.ts";

const tensor = (shape: readonly number[], values: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from(values),
});

describe("rate", () => {
  it("takes probabilities over time, and begins them at the first spike", () => {
    const data = tensor([2, 3], [1, 0, 1, 0, 1, 1]);
    const { shape, data: spikes } = rate(data, { seed: 1, timeVarInput: true, firstSpike: 1, gain: 0, offset: 0 });
    expect(shape).toEqual([3, 3]);
    expect([...spikes]).toEqual([0, 0, 0, 1, 0, 1, 0, 1, 1]);
  });

  it("refuses a first spike behind the last timestep", () => {
    const data = tensor([1], [1]);
    expect(codeOf(() => rate(data, { seed: 1, numSteps: 2, firstSpike: 2 }))).toBe("ENCODE_OPTION");
    expect(rate(data, { seed: 1, numSteps: 3, firstSpike: 2 }).data).toEqual(Float32Array.of(0, 0, 1));
  });

  it("refuses a number of timesteps that is missing, or given beside the data's own", () => {
    const data = tensor([2], [1, 0]);
    expect(codeOf(() => rate(data, { seed: 1 }))).toBe("ENCODE_STEPS");
    expect(codeOf(() => rate(data, { seed: 1, numSteps: 2, timeVarInput: true }))).toBe("ENCODE_STEPS");
    expect(codeOf(() => rate(data, { seed: 1, numSteps: 0 }))).toBe("ENCODE_OPTION");
    expect(codeOf(() => rate(data, { seed: 1, numSteps: 1.5 }))).toBe("ENCODE_OPTION");
  });
});

describe("latency", () => {
  it("rises in a straight line between its targets up to the event", () => {
    const data = tensor([2], [0.5, 1]);
    const options = { numSteps: 5, linear: true, normalize: true, interpolate: true, onTarget: 1, offTarget: 0.5 };
    expect([...latency(data, options).data]).toEqual([0.5, 1, 0.75, 0.5, 1, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it("takes as many timesteps as the latest event of all samples needs when late ones may be dropped", () => {
    const data = dataOf(float32([2, 2], [1, 0.5, 0.25, 1]));
    const stimulus = encode(data, { encode: "latency", latency: { linear: true, tau: 4, bypass: true } });
    expect(stimulus.steps).toBe(4);
    expect(framesOf(stimulus, 1)).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
      [1, 0],
    ]);
  });

  it("cannot find the number of timesteps when the times depend on it", () => {
    const data = tensor([1], [1]);
    expect(codeOf(() => latency(data, { bypass: true, normalize: true }))).toBe("ENCODE_STEPS");
    expect(codeOf(() => latency(data, {}))).toBe("ENCODE_STEPS");
  });

  it("presents other targets than 0 and 1 as real values", () => {
    const data = dataOf(float32([1, 1], [1]));
    const options = { encode: "latency", steps: 2, latency: { onTarget: 0.9, offTarget: 0.1 } } as const;
    expect(encode(data, options).kind).toBe("graded");
    expect(framesOf(encode(data, options)).flat()).toEqual([Math.fround(0.9), Math.fround(0.1)]);
  });
});

describe("delta", () => {
  it("counts a fall as an event of -1 when asked to", () => {
    const data = tensor([4, 1], [0, 1, 0.5, 0.5]);
    expect([...delta(data, { threshold: 0.5, offSpikes: true }).data]).toEqual([0, 1, -1, 0]);
    expect([...delta(data, { threshold: 0.5 }).data]).toEqual([0, 1, 0, 0]);
  });
});
