import { describe, expect, it } from "vitest";
import { copyFrame, readData } from "../../src/encoding/data.ts";
import type { Shape } from "../../src/network/types.ts";
import { codeOf, mistakeOf } from "../support.ts";
import { bytes, float32, zeros } from "./support.ts";

describe("the axes of data", () => {
  it.each<[string, Shape, Shape, number | undefined, number | null]>([
    ["an image for a flat Input", [200, 28, 28], [784], undefined, null],
    ["an image for an image Input", [200, 28, 28], [1, 28, 28], undefined, null],
    ["rows over time for an Input of one row", [200, 28, 28], [28], undefined, 28],
    ["frames over time", [20, 10, 2, 34, 34], [2, 34, 34], undefined, 10],
    ["flat frames over time", [20, 10, 2312], [2, 34, 34], undefined, 10],
    ["one value per sample for one neuron", [200, 1], [1], undefined, null],
    ["a series for one neuron", [3, 100], [1], undefined, 100],
    ["a series with its feature axis", [3, 100, 1], [1], undefined, 100],
    ["a list of samples for one neuron", [100], [1], undefined, null],
    ["a channel axis that the Input has too", [200, 1, 28, 28], [1, 28, 28], undefined, null],
    ["a channel axis beside more steps than it is long", [200, 1, 28, 28], [784], 25, null],
    ["an axis of length 1 when one step is wanted", [200, 1, 784], [784], 1, 1],
    ["as many steps as features", [5, 4, 4], [4], undefined, 4],
  ])("read %s", (_, axes, input, steps, time) => {
    const data = readData(zeros(axes), input, { steps });
    expect([data.samples, data.time, data.shape]).toEqual([axes[0], time, input]);
  });

  it("that fit no Input are refused with both shapes", () => {
    const error = mistakeOf(() => readData(zeros([200, 27, 27]), [1, 28, 28]));
    expect(error?.code).toBe("DATA_SHAPE");
    expect(error?.message).toContain("[200][27][27]");
    expect(error?.message).toContain("[1][28][28] (784 values per timestep)");
    expect(error?.hint).toContain("[samples][steps][1][28][28]");
  });

  it("with two axes left over are refused", () => {
    expect(codeOf(() => readData(zeros([20, 2, 3, 4]), [4]))).toBe("DATA_SHAPE");
  });

  it("of a single sample are refused with the way to add the axis", () => {
    expect(mistakeOf(() => readData(zeros([28, 28]), [784]))?.hint).toContain("array[None]");
    expect(mistakeOf(() => readData(zeros([784]), [784]))?.hint).toContain("array[None]");
    expect(codeOf(() => readData(zeros([]), [1]))).toBe("DATA_SHAPE");
  });

  it("that fit in two ways are refused", () => {
    expect(codeOf(() => readData(zeros([200, 1, 784]), [784]))).toBe("DATA_AMBIGUOUS");
    expect(codeOf(() => readData(zeros([200, 1, 28, 28]), [28, 28]))).toBe("DATA_AMBIGUOUS");
  });

  it("are told to the user", () => {
    expect(readData(bytes([5, 3, 2]), [2], { samples: { from: 1, to: 4 } }).reading).toBe(
      "[5][3][2] uint8: samples 1 to 3 of 5, 3 timesteps, features [2]",
    );
    expect(readData(zeros([5, 3, 2]), [6]).reading).toBe("[5][3][2] float32: samples 5, no time axis, features [3][2]");
  });
});

describe("the values of data", () => {
  it("are copied frame by frame, from the chosen samples on", () => {
    const data = readData(
      bytes(
        [3, 2, 2],
        Array.from({ length: 12 }, (_, i) => i),
      ),
      [2],
      { samples: { from: 1, to: 3 } },
    );
    const out = new Float32Array(2);
    copyFrame(data, 0.5, 1, 1, out);
    expect([...out]).toEqual([5, 5.5]);
    expect(data.samples).toBe(2);
  });

  it("have their range and wholeness measured over the whole file", () => {
    const data = readData(float32([3, 1], [-2, 7, 0.5]), [1], { samples: { from: 0, to: 1 } });
    expect([data.range, data.whole]).toEqual([[-2, 7], false]);
  });

  it("divided by 255 are the float32 numbers that division gives", () => {
    const data = readData(
      bytes(
        [1, 256],
        Array.from({ length: 256 }, (_, i) => i),
      ),
      [256],
    );
    const out = new Float32Array(256);
    copyFrame(data, 1 / 255, 0, 0, out);
    expect([...out]).toEqual(Array.from({ length: 256 }, (_, i) => Math.fround(i / 255)));
  });

  it("that are not finite are refused with their place", () => {
    const error = mistakeOf(() => readData(float32([2, 2], [1, 2, NaN, 4]), [2]));
    expect([error?.code, error?.message]).toEqual(["DATA_NOT_FINITE", "Element 2 of the data (in C order) is NaN."]);
    expect(codeOf(() => readData(float32([1, 1], [-Infinity]), [1]))).toBe("DATA_NOT_FINITE");
  });

  it("must be there", () => {
    expect(codeOf(() => readData(zeros([0, 784]), [784]))).toBe("DATA_EMPTY");
    expect(codeOf(() => readData(zeros([3, 0, 784]), [784]))).toBe("DATA_EMPTY");
  });

  it.each([
    [0, 4],
    [2, 2],
    [-1, 2],
    [5, 6],
  ])("of samples %i to %i are refused when the file has three", (from, to) => {
    expect(codeOf(() => readData(zeros([3, 2]), [2], { samples: { from, to } }))).toBe("DATA_SAMPLES");
  });
});
