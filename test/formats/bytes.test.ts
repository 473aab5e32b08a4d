import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import {
  bfloat16ToNumber,
  float16ToNumber,
  numberToBfloat16,
  numberToFloat16,
  toHostOrder,
  toLittleEndian,
} from "../../src/formats/bytes.ts";

const patterns = Array.from({ length: 65536 }, (_, bits) => bits);

describe("half precision", () => {
  it("has the values of IEEE 754", () => {
    const known: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3c00, 1],
      [0xc000, -2],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
    ];
    for (const [bits, value] of known) expect(float16ToNumber(bits)).toBe(value);
    expect(float16ToNumber(0x8000)).toBe(-0);
    expect(float16ToNumber(0x7e01)).toBeNaN();
  });

  it("gives back every pattern that is not NaN", () => {
    const finite = patterns.filter((bits) => !Number.isNaN(float16ToNumber(bits)));
    expect(finite.map((bits) => numberToFloat16(float16ToNumber(bits)))).toEqual(finite);
    expect(finite).toHaveLength(65536 - 2 * 1023);
  });

  it("takes the nearest pattern, the even one when two are as near", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 65504, noNaN: true }), (value) => {
        const bits = numberToFloat16(value);
        const error = Math.abs(float16ToNumber(bits) - value);
        for (const other of [bits - 1, bits + 1].filter((b) => b >= 0 && b <= 0x7bff)) {
          expect(Math.abs(float16ToNumber(other) - value)).toBeGreaterThanOrEqual(error);
        }
      }),
    );
    expect(numberToFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToFloat16(65519)).toBe(0x7bff);
    expect(numberToFloat16(65520)).toBe(0x7c00);
    expect(numberToFloat16(2 ** -14 - 2 ** -26)).toBe(0x0400);
  });
});

describe("bfloat16", () => {
  it("gives back every pattern that is not NaN", () => {
    const finite = patterns.filter((bits) => !Number.isNaN(bfloat16ToNumber(bits)));
    expect(finite.map((bits) => numberToBfloat16(bfloat16ToNumber(bits)))).toEqual(finite);
  });

  it("rounds to the nearest, ties to even", () => {
    expect(numberToBfloat16(1 + 2 ** -8)).toBe(0x3f80);
    expect(numberToBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(numberToBfloat16(1 + 2 ** -8 + 2 ** -20)).toBe(0x3f81);
  });
});

describe("byte order", () => {
  it("of a copy is the host's, and the original stays", () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 4);
    expect(new Int16Array(toHostOrder(bytes.subarray(1), 2, false))).toEqual(Int16Array.of(0x0102, 0x0304));
    expect(new Int16Array(toHostOrder(bytes.subarray(1), 2, true))).toEqual(Int16Array.of(0x0201, 0x0403));
    expect([...bytes]).toEqual([9, 1, 2, 3, 4]);
  });

  it("little endian comes back as it was written", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const data = Float64Array.from(values);
        expect(new Float64Array(toHostOrder(toLittleEndian(data, 8), 8, true))).toEqual(data);
      }),
    );
  });
});
