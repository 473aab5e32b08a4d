import { describe, expect, it } from "vitest";
import { archiveOf, chooseArrays, readLabels } from "../../src/encoding/arrays.ts";
import type { NpyArray } from "../../src/formats/npy.ts";
import { openNpz, type NpzFile } from "../../src/formats/npz.ts";
import { codeOf, golden, mistakeOf } from "../support.ts";
import { bytes, float32, zeros } from "./support.ts";

function archive(arrays: Record<string, NpyArray>): NpzFile {
  return { names: Object.keys(arrays), read: (name) => arrays[name]! };
}

describe("the arrays of a data file", () => {
  const image = bytes([2, 4]);
  const labels = bytes([2], [1, 0]);

  it("are the only one, whatever its name", () => {
    expect(chooseArrays(archiveOf(image), ["input"]).inputs.get("input")).toBe(image);
    expect(chooseArrays(archive({ x: image }), ["input"])).toEqual({
      inputs: new Map([["input", image]]),
      labels: null,
    });
  });

  it("are the one beside the labels", () => {
    for (const name of ["labels", "label", "targets", "y"]) {
      const chosen = chooseArrays(archive({ x: image, [name]: labels }), ["input"]);
      expect(chosen.inputs.get("input")).toBe(image);
      expect(chosen.labels).toBe(labels);
    }
  });

  it("are those named like the Inputs", () => {
    const other = zeros([2, 3]);
    const chosen = chooseArrays(archive({ a: image, b: other, note: labels }), ["b", "a"]);
    expect([...chosen.inputs]).toEqual([
      ["b", other],
      ["a", image],
    ]);
    expect(chooseArrays(archive({ y: image, z: other }), ["y"]).labels).toBe(null);
  });

  it("that are pickled do not matter unless they are needed", () => {
    const chosen = chooseArrays(openNpz(golden("numpy/stored.npz")), ["data"]);
    expect(chosen.inputs.get("data")?.shape).toEqual([2, 3, 4]);
  });

  it("that are several and named like no Input are refused", () => {
    const error = mistakeOf(() => chooseArrays(archive({ a: image, b: image }), ["input"]));
    expect([error?.code, error?.message]).toEqual([
      "DATA_ARRAYS",
      "The archive holds a, b; the network's Inputs are input.",
    ]);
    expect(codeOf(() => chooseArrays(archive({}), ["input"]))).toBe("DATA_ARRAYS");
    expect(codeOf(() => chooseArrays(archive({ a: image }), ["p", "q"]))).toBe("DATA_ARRAYS");
  });
});

describe("labels", () => {
  it("are one whole number per sample, in a row or a column", () => {
    expect(readLabels(bytes([3], [2, 0, 1]))).toEqual(Int32Array.of(2, 0, 1));
    expect(readLabels(float32([2, 1], [4, 1]))).toEqual(Int32Array.of(4, 1));
  });

  it("of another shape or with fractions are refused", () => {
    expect(mistakeOf(() => readLabels(bytes([2, 10])))?.message).toContain("[2][10] uint8");
    expect(mistakeOf(() => readLabels(float32([2], [1, 0.5])))?.message).toContain("label 1 is 0.5");
    expect(codeOf(() => readLabels(float32([1], [NaN])))).toBe("LABELS_SHAPE");
  });
});
