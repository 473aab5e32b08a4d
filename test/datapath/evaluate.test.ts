import { describe, expect, it } from "vitest";
import { evaluate, runBlock } from "../../src/datapath/evaluate.ts";
import { parseBlock, parseExpression } from "../../src/datapath/parse.ts";
import { codeOf, mistakeOf } from "../support.ts";

const nothing = (): never => {
  throw new Error("no names here");
};

function valueOf(text: string): bigint {
  return evaluate(parseExpression(text, "integer"), { value: nothing, old: nothing });
}

/** Worked out by hand. */
describe("the functions", () => {
  it.each([
    // The usual ones.
    ["min(-3, 2)", -3],
    ["max(-3, 2)", 2],
    ["abs(-7)", 7],
    ["abs(7)", 7],
    ["sign(-5)", -1],
    ["sign(0)", 0],
    ["sign(9)", 1],
    // Cutting.
    ["clamp(5, -3, 3)", 3],
    ["clamp(-5, -3, 3)", -3],
    ["clamp(2, -3, 3)", 2],
    ["saturate(128, -128, 127)", 127],
    ["saturate(-129, -128, 127)", -128],
    ["saturate(5, 9, 3)", 3],
    // Two's complement.
    ["wrap(127, 8)", 127],
    ["wrap(128, 8)", -128],
    ["wrap(255, 8)", -1],
    ["wrap(256, 8)", 0],
    ["wrap(-128, 8)", -128],
    ["wrap(-129, 8)", 127],
    ["wrap(3, 1)", -1],
    ["wrap(2, 1)", 0],
    ["wrap(-1, 1)", -1],
    ["wrap(2147483648, 32)", -2147483648],
    ["wrap(-2147483649, 32)", 2147483647],
    ["wrap(9007199254740991, 53)", -1],
    ["wrap(9007199254740991, 54)", 9007199254740991],
    // Division by powers of two.
    ["toward_zero(7, 1)", 3],
    ["toward_zero(-7, 1)", -3],
    ["toward_zero(-1, 5)", 0],
    ["toward_zero(-8, 3)", -1],
    ["toward_zero(-9, 0)", -9],
    ["down(7, 1)", 3],
    ["down(-7, 1)", -4],
    ["down(-1, 5)", -1],
    ["down(-8, 3)", -1],
    ["down(-9, 0)", -9],
    ["nearest_even(1, 1)", 0],
    ["nearest_even(3, 1)", 2],
    ["nearest_even(5, 1)", 2],
    ["nearest_even(7, 1)", 4],
    ["nearest_even(-1, 1)", 0],
    ["nearest_even(-3, 1)", -2],
    ["nearest_even(-5, 1)", -2],
    ["nearest_even(5, 2)", 1],
    ["nearest_even(6, 2)", 2],
    ["nearest_even(10, 2)", 2],
    ["nearest_even(11, 2)", 3],
    ["nearest_even(-6, 2)", -2],
    ["nearest_even(-10, 2)", -2],
    ["nearest_even(-7, 2)", -2],
    ["nearest_even(-9, 0)", -9],
    // Quotients round down, remainders have the sign of the divisor.
    ["div_down(7, 2)", 3],
    ["div_down(-7, 2)", -4],
    ["div_down(7, -2)", -4],
    ["div_down(-7, -2)", 3],
    ["div_down(6, -2)", -3],
    ["div_down(-6, 2)", -3],
    ["div_down(0, -5)", 0],
    ["div_down(1, 5)", 0],
    ["div_down(-1, 5)", -1],
    ["rem(7, 2)", 1],
    ["rem(-7, 2)", 1],
    ["rem(7, -2)", -1],
    ["rem(-7, -2)", -1],
    ["rem(6, -2)", 0],
    ["rem(-6, 3)", 0],
    ["rem(-1, 5)", 4],
    ["rem(1, -5)", -4],
    // Fields of bits.
    ["bits(182, 0, 4)", 6],
    ["bits(182, 4, 4)", 11],
    ["bits(182, 1, 0)", 0],
    ["bits(182, 0, 9)", 182],
    ["bits(-1, 5, 3)", 7],
    ["bits(-2, 0, 4)", 14],
    ["bits(-1, 60, 8)", 255],
    // Shifts.
    ["5 << 0", 5],
    ["-5 << 3", -40],
    ["5 >> 0", 5],
    ["-5 >> 1", -3],
    ["-1 >> 4096", -1],
    ["1 >> 60", 0],
    // Conditions.
    ["!5", 0],
    ["!0", 1],
    ["3 && -2", 1],
    ["0 && 1", 0],
    ["0 || -2", 1],
    ["0 || 0", 0],
    ["-1 ? 4 : 5", 4],
  ])("%s is %i", (text, expected) => expect(valueOf(text)).toBe(BigInt(expected)));

  it("no value is too large", () => {
    const large = 2n ** 53n - 1n;
    expect(valueOf("9007199254740991 * 9007199254740991 + 1")).toBe(large * large + 1n);
    expect(valueOf("(1 << 100) + 1")).toBe(2n ** 100n + 1n);
    expect(valueOf("((1 << 100) + 1) - (1 << 100)")).toBe(1n);
    expect(valueOf("wrap((1 << 70) + 5, 70)")).toBe(5n);
    expect(valueOf("nearest_even((1 << 70) + 1, 1)")).toBe(2n ** 69n);
    expect(valueOf("nearest_even((1 << 70) + 3, 1)")).toBe(2n ** 69n + 2n);
    expect(valueOf("rem(-(1 << 80), 7)")).toBe(3n);
    expect(valueOf("div_down(-(1 << 80), 7)")).toBe(-(2n ** 80n + 3n) / 7n);
    expect(valueOf("bits((1 << 80) + 9, 78, 4)")).toBe(4n);
    expect(valueOf("1 << 4096")).toBe(2n ** 4096n);
  });

  it.each([
    ["1 << -1", "DATAPATH_SHIFT_AMOUNT", 3],
    ["1 << 4097", "DATAPATH_SHIFT_AMOUNT", 3],
    ["1 >> -1", "DATAPATH_SHIFT_AMOUNT", 3],
    ["wrap(1, 0)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["wrap(1, 4097)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["toward_zero(1, -1)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["down(1, -1)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["nearest_even(1, -1)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["bits(1, -1, 2)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["bits(1, 2, -1)", "DATAPATH_SHIFT_AMOUNT", 1],
    ["div_down(1, 0)", "DATAPATH_DIVISOR", 1],
    ["rem(1, 0)", "DATAPATH_DIVISOR", 1],
    ["min(0, 1 << -1)", "DATAPATH_SHIFT_AMOUNT", 10],
    ["1 || 0 ? 1 << -1 : 0", "DATAPATH_SHIFT_AMOUNT", 12],
  ])("%s has no value: %s", (text, code, column) => {
    const { code: got, place } = mistakeOf(() => valueOf(text))!;
    expect([got, place.column]).toEqual([code, column]);
  });

  it.each(["1 ? 2 : 1 << -1", "0 ? rem(1, 0) : 2", "1 || rem(1, 0)", "0 && wrap(1, 0)"])(
    "what is not needed is not worked out: %s",
    (text) => expect(codeOf(() => valueOf(text))).toBe("no error"),
  );
});

describe("a block", () => {
  it("leaves the entry's values to old(), however often a register is written", () => {
    const values = new Map([["v", 1n]]);
    runBlock(parseBlock("v = v + 10\nv = v * 2\nw = v - old(v)"), values);
    expect(values).toEqual(
      new Map([
        ["v", 22n],
        ["w", 21n],
      ]),
    );
  });
});
