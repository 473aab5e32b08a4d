import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/engine.ts";
import { accuracyOf, decodes, readOut } from "../../src/measure/readout.ts";
import { drawn, recordingOf, recordingOfDrawn } from "./recordings.ts";

const twoSamples = recordingOf({
  samples: 2,
  steps: 3,
  populations: [
    {
      name: "out",
      neurons: 3,
      // Sample 0: neuron 2 first, neuron 1 most. Sample 1: silent.
      events: [
        [0, 0, 2],
        [0, 1, 1],
        [0, 2, 1],
      ],
      membrane: Int32Array.from([5, 0, 0, 0, 9, 0, 1, 2, 3, /**/ 0, 0, 0, 0, 0, 8, 7, 7, -1]),
    },
  ],
  outputs: { output: "out" },
});

describe("readOut", () => {
  it("takes the output with most spikes unless told otherwise", () => {
    const { predictions, counts, output, classes, silent } = readOut(twoSamples);
    expect([...predictions]).toEqual([1, 0]);
    expect([...counts]).toEqual([0, 2, 1, 0, 0, 0]);
    expect({ output, classes, silent }).toEqual({ output: "output", classes: 3, silent: 1 });
  });

  it("takes the output that spikes first", () => {
    expect([...readOut(twoSamples, { decode: "first-spike" }).predictions]).toEqual([2, 0]);
  });

  it("takes the largest membrane of the last step, or of any step", () => {
    expect([...readOut(twoSamples, { decode: "membrane" }).predictions]).toEqual([2, 0]);
    expect([...readOut(twoSamples, { decode: "max-membrane" }).predictions]).toEqual([1, 2]);
  });

  it("compares membranes in float units where neurons differ in scale and origin", () => {
    const scale = Float64Array.of(1, 1, 10);
    const origin = Float64Array.of(0, 0, 1);
    expect([...readOut(twoSamples, { decode: "membrane", scale }).predictions]).toEqual([1, 0]);
    expect([...readOut(twoSamples, { decode: "membrane", scale: Float64Array.of(1), origin }).predictions]).toEqual([
      2, 0,
    ]);
  });

  it("counts an event as often as its payload says", () => {
    const recording = recordingOf({
      samples: 1,
      steps: 2,
      populations: [
        {
          name: "out",
          neurons: 2,
          events: [
            [0, 0, 0],
            [0, 1, 0],
            [0, 1, 1, 5],
          ],
        },
      ],
      outputs: { output: "out" },
    });
    expect([...readOut(recording).counts]).toEqual([2, 5]);
    expect([...readOut(recording).predictions]).toEqual([1]);
  });

  it("reads the named output among several", () => {
    const recording = recordingOf({
      samples: 1,
      steps: 1,
      populations: [
        { name: "a", neurons: 2, events: [[0, 0, 0]] },
        { name: "b", neurons: 2, events: [[0, 0, 1]] },
      ],
      outputs: { first: "a", second: "b" },
    });
    expect([...readOut(recording).predictions]).toEqual([0]);
    expect([...readOut(recording, { output: "second" }).predictions]).toEqual([1]);
    expect(() => readOut(recording, { output: "third" })).toThrowError(/first, second/);
  });

  it("refuses to count spikes in values that are not whole numbers", () => {
    const graded: Recording = { ...twoSamples, outputs: new Map([["output", new Float32Array(18).fill(0.5)]]) };
    expect(() => readOut(graded)).toThrowError(expect.objectContaining({ code: "READOUT_NO_SPIKES" }));
    expect(() => readOut(graded, { decode: "first-spike" })).toThrowError(
      expect.objectContaining({ code: "READOUT_NO_SPIKES" }),
    );
    expect([...readOut(graded, { decode: "membrane" }).counts]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("says whose membrane is missing", () => {
    const recording = recordingOf({
      samples: 1,
      steps: 1,
      populations: [{ name: "out", neurons: 1 }],
      outputs: { o: "out" },
    });
    expect(() => readOut(recording, { decode: "membrane" })).toThrowError(
      expect.objectContaining({ code: "READOUT_NO_MEMBRANE", message: expect.stringContaining("population out") }),
    );
  });

  it("gives the lowest class on every tie, whatever the read-out", () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom(...decodes), (size, decode) => {
        // Every output does what output 0 does.
        const same = size.outEvents
          .filter(([, , neuron]) => neuron === 0)
          .flatMap(([sample, step]) =>
            Array.from({ length: size.out }, (_, neuron) => [sample, step, neuron] as const),
          );
        const recording = recordingOf({
          samples: size.samples,
          steps: size.steps,
          populations: [
            {
              name: "out",
              neurons: size.out,
              events: same,
              membrane: new Float32Array(size.samples * size.steps * size.out).fill(3),
            },
          ],
          outputs: { output: "out" },
        });
        expect([...readOut(recording, { decode }).predictions]).toEqual(Array.from({ length: size.samples }, () => 0));
      }),
    );
  });

  it("chooses a class that no other class exceeds in spikes", () => {
    fc.assert(
      fc.property(drawn, (size) => {
        const { predictions, counts, classes } = readOut(recordingOfDrawn(size));
        predictions.forEach((chosen, sample) => {
          const row = [...counts.subarray(sample * classes, (sample + 1) * classes)];
          expect(row.indexOf(Math.max(...row))).toBe(chosen);
        });
      }),
    );
  });
});

describe("accuracyOf", () => {
  it("is the share of right predictions", () => {
    expect(accuracyOf(Uint32Array.of(1, 2, 0, 1), [1, 2, 1, 1], 3)).toBe(0.75);
  });

  it("refuses labels that are too few or no classes", () => {
    expect(() => accuracyOf(Uint32Array.of(1, 2), [1], 3)).toThrowError(
      expect.objectContaining({ code: "LABELS_COUNT" }),
    );
    expect(() => accuracyOf(Uint32Array.of(1, 2), [1, 3], 3)).toThrowError(
      expect.objectContaining({ code: "LABELS_RANGE", message: expect.stringContaining("sample 1 is 3") }),
    );
  });
});
