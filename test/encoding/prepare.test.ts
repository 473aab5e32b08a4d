import { describe, expect, it } from "vitest";
import { archiveOf } from "../../src/encoding/arrays.ts";
import { prepareInputs } from "../../src/encoding/prepare.ts";
import type { NpyArray } from "../../src/formats/npy.ts";
import type { NpzFile } from "../../src/formats/npz.ts";
import { codeOf } from "../support.ts";
import { bytes, float32, framesOf } from "./support.ts";

const one = [{ name: "input", shape: [2] }];

function archive(arrays: Record<string, NpyArray>): NpzFile {
  return { names: Object.keys(arrays), read: (name) => arrays[name]! };
}

describe("preparing inputs", () => {
  it("reads, encodes and says what was assumed", () => {
    const prepared = prepareInputs(one, archiveOf(bytes([3, 2], [0, 255])), { seed: 0, steps: 4 });
    expect(prepared).toMatchObject({ samples: 3, steps: 4, all: 3, first: 0, encode: "constant", scale: 1 / 255 });
    expect(prepared.facts).toEqual({ input: { kind: "graded", limit: 1 } });
    expect(prepared.notes).toEqual([
      "Data of input: [3][2] uint8: samples 3, no time axis, features [2].",
      "Encoded as constant: data without time are presented unchanged in every timestep (--encode).",
      "Bytes are divided by 255 (--scale).",
    ]);
    expect(framesOf(prepared.stimuli.get("input")!)[3]).toEqual([0, 1]);
  });

  it("takes only as many timesteps as are asked for, and says so", () => {
    const prepared = prepareInputs(one, archiveOf(bytes([1, 9, 2])), { seed: 0, steps: 5 });
    expect([prepared.steps, prepared.encode]).toEqual([5, "spikes"]);
    expect(prepared.notes.join(" ")).toContain("Of 9 timesteps in the data the first 5 are used.");
  });

  it("takes the labels of the samples in use", () => {
    const file = archive({ x: bytes([4, 2]), y: bytes([4], [5, 6, 7, 8]) });
    const options = { seed: 0, steps: 1, samples: { from: 1, to: 3 } };
    expect(prepareInputs(one, file, options).labels).toEqual(Int32Array.of(6, 7));
    expect(prepareInputs(one, file, { ...options, samples: { from: 2, to: null } }).labels).toEqual(
      Int32Array.of(7, 8),
    );
    expect(codeOf(() => prepareInputs(one, archive({ x: bytes([4, 2]), y: bytes([3]) }), options))).toBe(
      "LABELS_COUNT",
    );
  });

  it("draws unrelated events for two Inputs with the same data", () => {
    const values = float32([1, 40], Array<number>(40).fill(0.5));
    const inputs = [
      { name: "a", shape: [40] },
      { name: "b", shape: [40] },
    ];
    const prepared = prepareInputs(inputs, archive({ a: values, b: values }), { seed: 0, steps: 5, encode: "rate" });
    expect(framesOf(prepared.stimuli.get("a")!)).not.toEqual(framesOf(prepared.stimuli.get("b")!));
    expect(prepared.facts).toEqual({ a: { kind: "spikes", limit: 1 }, b: { kind: "spikes", limit: 1 } });
  });

  it("runs as long as the shortest data with time", () => {
    const inputs = [
      { name: "a", shape: [3] },
      { name: "b", shape: [3] },
    ];
    const file = archive({ a: float32([1, 3], [1, 2, 3]), b: float32([1, 4, 3], Array<number>(12).fill(0.5)) });
    const prepared = prepareInputs(inputs, file, { seed: 0 });
    expect([...prepared.stimuli.values()].map(({ steps }) => steps)).toEqual([4, 4]);
  });
});
