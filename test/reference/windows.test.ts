import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ranges, windowSize } from "../../src/reference/windows.ts";

const count = fc.integer({ min: 1, max: 1e6 });

describe("windowSize", () => {
  it("stays within the floats allowed unless one step of one sample is larger", () => {
    const run = fc.record({ samples: count, steps: count, floatsPerStep: count, floatsPerSample: count });
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 1e9 }), (size, floats) => {
        const { batch, steps } = windowSize(size, floats);
        expect(batch).toBeGreaterThanOrEqual(1);
        expect(steps).toBeGreaterThanOrEqual(1);
        expect(batch).toBeLessThanOrEqual(size.samples);
        expect(steps).toBeLessThanOrEqual(size.steps);
        const used = batch * (size.floatsPerSample + steps * size.floatsPerStep);
        expect(used <= floats || (batch === 1 && steps === 1)).toBe(true);
      }),
    );
  });

  it("takes everything at once where it fits", () => {
    expect(windowSize({ samples: 200, steps: 25, floatsPerStep: 10, floatsPerSample: 10 }, 1e6)).toEqual({
      batch: 200,
      steps: 25,
    });
  });
});

describe("ranges", () => {
  it("cover everything once, in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 30 }), (total, size) => {
        const all = ranges(total, size).flatMap(({ first, count: n }) =>
          Array.from({ length: n }, (_, i) => first + i),
        );
        expect(all).toEqual(Array.from({ length: total }, (_, i) => i));
        expect(ranges(total, size).every(({ count: n }) => n <= size)).toBe(true);
      }),
    );
  });
});
