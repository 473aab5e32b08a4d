import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bitsFor } from "../../src/measure/hardware.ts";

it("effective bits are the fewest that hold all weights, common factors of two left away", () => {
  expect(bitsFor([0, 0])).toBe(0);
  expect(bitsFor([1])).toBe(1);
  expect(bitsFor([-1])).toBe(1);
  expect(bitsFor([15, 0])).toBe(4);
  expect(bitsFor([-8, 7])).toBe(4);
  expect(bitsFor([-8, 8])).toBe(2);
  expect(bitsFor([-256, 254])).toBe(8);
  const weights = fc.array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), { minLength: 1 });
  fc.assert(
    fc.property(weights, fc.nat(8), (values, shift) => {
      const bits = bitsFor(values);
      expect(bitsFor(values.map((value) => value * 2 ** shift))).toBe(bits);
      const odd = values.some((value) => value % 2 !== 0);
      if (!odd) return;
      const signed = values.some((value) => value < 0);
      const holds = (width: number): boolean => {
        const [low, high] = signed ? [-(2 ** (width - 1)), 2 ** (width - 1) - 1] : [0, 2 ** width - 1];
        return values.every((value) => value >= low && value <= high);
      };
      expect([holds(bits), holds(bits - 1)]).toEqual([true, false]);
    }),
  );
});
