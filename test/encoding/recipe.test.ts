import { describe, expect, it } from "vitest";
import type { Data } from "../../src/encoding/data.ts";
import { encodeDelta } from "../../src/encoding/delta.ts";
import { encodeConstant, encodeSpikes } from "../../src/encoding/direct.ts";
import { encodeLatency, usualLatency } from "../../src/encoding/latency.ts";
import { encodeRate } from "../../src/encoding/rate.ts";
import { stimulusFrom } from "../../src/encoding/reader.ts";
import { recipeOf } from "../../src/encoding/recipe.ts";
import type { Stimulus } from "../../src/engine.ts";
import { Dice } from "../dice.ts";

const dice = new Dice(11);

function dataOf(time: number | null): Data {
  const values = Float32Array.from(dice.list(5 * (time ?? 1) * 12, 0, 100), (value) => value / 100);
  const facts = { dtype: "float32", range: [0, 1], whole: false, reading: "" } as const;
  return { samples: 3, first: 2, time, shape: [3, 4], values, ...facts };
}

const counts: Data = {
  ...dataOf(6),
  values: Uint8Array.from(dice.list(5 * 6 * 12, 0, 3)),
  dtype: "uint8",
  whole: true,
};

/** All frames. */
function framesOf({ samples, steps, read }: Stimulus): Float64Array[] {
  return Array.from({ length: samples * steps }, (_, row) => {
    const frame = new Float64Array(12);
    read(Math.floor(row / steps), row % steps, frame);
    return frame;
  });
}

describe("a recipe that was sent elsewhere", () => {
  it.each([
    { name: "constant", stimulus: encodeConstant(dataOf(null), 0.5, 6) },
    { name: "constant over time", stimulus: encodeConstant(dataOf(7), 1, 6) },
    { name: "spikes", stimulus: encodeSpikes(counts, 1, 6) },
    { name: "rate", stimulus: encodeRate(dataOf(null), 1, 6, { seed: 5, gain: 0.8, firstSpike: 1 }) },
    { name: "latency", stimulus: encodeLatency(dataOf(null), 1, 6, usualLatency) },
    { name: "delta", stimulus: encodeDelta(dataOf(6), 1, 6, { offSpikes: true }) },
  ])("gives the frames of $name", ({ stimulus }) => {
    const again = stimulusFrom(structuredClone(recipeOf(stimulus.read)!));
    const frames = framesOf(stimulus);
    expect(frames.some((frame) => frame.some((value) => value !== 0))).toBe(true);
    expect(framesOf(again)).toEqual(frames);
    expect({ ...again, read: null }).toEqual({ ...stimulus, read: null });
  });

  it("goes with a stimulus of fewer samples, and not with other frames", () => {
    const stimulus = encodeRate(dataOf(null), 1, 6, { seed: 5 });
    expect(recipeOf({ ...stimulus, samples: 1 }.read)).not.toBe(null);
    expect(recipeOf((sample, step, out) => stimulus.read(sample, step, out))).toBe(null);
  });
});
