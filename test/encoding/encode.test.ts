import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Stimulus } from "../../src/engine.ts";
import { encode, largestMagnitude, usualEncode, usualScale } from "../../src/encoding/encode.ts";
import { codeOf, mistakeOf } from "../support.ts";
import { bytes, dataOf, float32, framesOf, zeros } from "./support.ts";

describe("constant", () => {
  it("presents the same value at every step, bytes divided by 255", () => {
    const stimulus = encode(dataOf(bytes([1, 2], [255, 51])), { encode: "constant", steps: 3 });
    expect(framesOf(stimulus)).toEqual(Array.from({ length: 3 }, () => [1, Math.fround(0.2)]));
    expect([stimulus.kind, stimulus.constant]).toEqual(["graded", true]);
  });

  it("presents the value of each step where there is a time axis", () => {
    const stimulus = encode(dataOf(float32([1, 3, 1], [1, -2, 3])), { encode: "constant", steps: 2 });
    expect(framesOf(stimulus)).toEqual([[1], [-2]]);
    expect(stimulus.constant).toBe(false);
  });

  it("takes another scale when asked to", () => {
    const stimulus = encode(dataOf(bytes([1, 1], [10])), { encode: "constant", steps: 1, scale: 0.5 });
    expect(framesOf(stimulus)).toEqual([[5]]);
  });
});

describe("spikes", () => {
  it("keeps counts of events as they are, also of bytes", () => {
    const stimulus = encode(dataOf(bytes([1, 2, 2], [0, 3, 255, 1])), { encode: "spikes" });
    expect(framesOf(stimulus)).toEqual([
      [0, 3],
      [255, 1],
    ]);
    expect(stimulus.kind).toBe("spikes");
  });

  it("refuses fractions and negative counts, each with its own hint", () => {
    const fraction = mistakeOf(() => encode(dataOf(float32([1, 2, 1], [0.5, 1])), { encode: "spikes" }));
    const negative = mistakeOf(() => encode(dataOf(float32([1, 2, 1], [1, -1])), { encode: "spikes" }));
    expect([fraction?.code, negative?.code]).toEqual(["ENCODE_COUNTS", "ENCODE_COUNTS"]);
    expect(fraction?.hint).toContain("--encode rate");
    expect(negative?.hint).toContain("negative sign");
    expect(codeOf(() => encode(dataOf(bytes([1, 2, 1], [3])), { encode: "spikes", scale: 0.5 }))).toBe("ENCODE_COUNTS");
  });
});

const probabilities = float32([6, 5], [0, 0.25, 0.5, 0.75, 1, ...Array<number>(25).fill(0.4)]);
const image = dataOf(probabilities);

function someSamples(from: number, to: number): Stimulus {
  return encode(dataOf(probabilities, { samples: { from, to } }), { encode: "rate", steps: 20, rate: { seed: 3 } });
}

function events(seed: number, stream: number): string {
  return String(framesOf(encode(image, { encode: "rate", steps: 50, rate: { seed, stream } })));
}

describe("rate", () => {
  it("draws each event with the probability of its value", () => {
    const steps = 4000;
    const frames = framesOf(encode(image, { encode: "rate", steps, rate: { seed: 1 } }));
    for (const [index, probability] of [0, 0.25, 0.5, 0.75, 1].entries()) {
      const share = frames.reduce((sum, frame) => sum + frame[index]!, 0) / steps;
      const deviation = Math.sqrt((probability * (1 - probability)) / steps);
      expect(Math.abs(share - probability)).toBeLessThanOrEqual(5 * deviation);
    }
  });

  it("gives a sample the same events alone, in a batch, and in any order", () => {
    const batch = someSamples(0, 6);
    const last = framesOf(batch, 4);
    expect(framesOf(someSamples(4, 5), 0)).toEqual(last);
    framesOf(batch, 0);
    expect(framesOf(batch, 4)).toEqual(last);
  });

  it("gives other events for another seed and another stream", () => {
    expect(new Set([events(0, 0), events(1, 0), events(0, 1)]).size).toBe(3);
  });

  it("refuses values that are no probability", () => {
    expect(codeOf(() => encode(dataOf(float32([1, 2], [0, 1.5])), { encode: "rate", steps: 2 }))).toBe("ENCODE_RANGE");
    expect(codeOf(() => encode(dataOf(float32([1, 2], [-0.1, 1])), { encode: "rate", steps: 2 }))).toBe("ENCODE_RANGE");
    const scaled = encode(dataOf(float32([1, 1], [200])), { encode: "rate", steps: 2, scale: 1 / 200 });
    expect(framesOf(scaled)).toEqual([[1], [1]]);
  });
});

describe("latency", () => {
  it("gives every bright value one event, the brighter the earlier", () => {
    const stimulus = encode(dataOf(float32([1, 4], [1, 0.5, 0.1, 0])), { encode: "latency", steps: 11 });
    const frames = framesOf(stimulus);
    const when = (index: number) => frames.flatMap((frame, step) => (frame[index] === 1 ? [step] : []));
    expect([when(0), when(1), when(2), when(3)]).toEqual([[0], [5], [9], []]);
  });

  it("has one event or none per value, whatever the values", () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 40 }), (list, steps) => {
        const frames = framesOf(encode(dataOf(float32([1, list.length], list)), { encode: "latency", steps }));
        for (const [index, value] of list.entries()) {
          const count = frames.reduce((sum, frame) => sum + frame[index]!, 0);
          expect(count).toBe(Math.fround(value) < Math.fround(0.01) ? 0 : 1);
        }
      }),
    );
  });

  it("is refused for data with time and for values beyond 1", () => {
    expect(codeOf(() => encode(dataOf(zeros([1, 3, 2])), { encode: "latency" }))).toBe("ENCODE_TIME");
    expect(codeOf(() => encode(dataOf(float32([1, 1], [2])), { encode: "latency", steps: 3 }))).toBe("ENCODE_RANGE");
  });
});

describe("delta", () => {
  it("is refused for data without time", () => {
    expect(codeOf(() => encode(dataOf(zeros([1, 3])), { encode: "delta", steps: 3 }))).toBe("ENCODE_TIME");
  });
});

describe("what is assumed", () => {
  it("are counts for small whole numbers over time, else values as they are", () => {
    expect(usualEncode(dataOf(bytes([1, 2, 2], [0, 1, 3, 0]))).encode).toBe("spikes");
    expect(usualEncode(dataOf(bytes([1, 2, 2], [0, 1, 255, 0]))).encode).toBe("constant");
    expect(usualEncode(dataOf(float32([1, 2, 2], [0, 1, -1, 0]))).encode).toBe("constant");
    expect(usualEncode(dataOf(float32([1, 2, 2], [0, 0.5, 1, 0]))).encode).toBe("constant");
    expect(usualEncode(dataOf(bytes([1, 2], [0, 1]))).encode).toBe("constant");
  });

  it("is a scale of 1/255 for bytes as values only", () => {
    const image = dataOf(bytes([1, 2]));
    expect(["constant", "rate", "latency"].map((name) => usualScale(image, name as "rate"))).toEqual(
      Array(3).fill(1 / 255),
    );
    expect([
      usualScale(image, "spikes"),
      usualScale(image, "delta"),
      usualScale(dataOf(zeros([1, 2])), "rate"),
    ]).toEqual([1, 1, 1]);
  });

  it("are as many steps as the data have; without time they must be given", () => {
    expect(encode(dataOf(zeros([1, 7, 2])), { encode: "constant" }).steps).toBe(7);
    expect(codeOf(() => encode(dataOf(zeros([1, 2])), { encode: "constant" }))).toBe("DATA_STEPS");
    expect(codeOf(() => encode(dataOf(zeros([1, 7, 2])), { encode: "constant", steps: 8 }))).toBe("DATA_STEPS_FEW");
  });
});

describe("the largest magnitude", () => {
  it("of bytes is that of 255, of other values that of the whole file", () => {
    const image = dataOf(bytes([2, 1], [3, 100]), { samples: { from: 0, to: 1 } });
    expect(largestMagnitude(image, "constant", 1 / 255)).toBe(1);
    expect(largestMagnitude(image, "spikes", 1)).toBe(100);
    const values = dataOf(float32([2, 1], [3, -8]), { samples: { from: 0, to: 1 } });
    expect(largestMagnitude(values, "constant", 0.5)).toBe(4);
    expect(largestMagnitude(image, "rate", 1 / 255)).toBe(1);
  });
});
