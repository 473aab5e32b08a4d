import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, runBlock } from "../../src/datapath/evaluate.ts";
import { parseBlock, parseDefinitions, parseExpression } from "../../src/datapath/parse.ts";
import { evaluateLines, evaluateReal, parseReal } from "../../src/datapath/real.ts";
import { codeOf, mistakeOf } from "../support.ts";

function nothing(): never {
  throw new Error("no names here");
}

/** The value of an integer expression without names. */
function valueOf(text: string): number {
  return Number(evaluate(parseExpression(text, "integer"), { value: nothing, old: nothing }));
}

/** Names and values after the lines of a block. */
function valuesOf(text: string, values: Record<string, number> = {}, define = ""): Record<string, number> {
  const map = new Map(Object.entries(values).map(([name, value]) => [name, BigInt(value)]));
  runBlock(parseBlock(text, parseDefinitions(define)), map);
  return Object.fromEntries([...map].map(([name, value]) => [name, Number(value)]));
}

function integer(text: string): string {
  return codeOf(() => parseExpression(text, "integer"));
}

/** Code and place of a mistake in a block, such as `DATAPATH_SYNTAX 2:5`. */
function placed(text: string, define = ""): string {
  const { code, place } = mistakeOf(() => parseBlock(text, parseDefinitions(define)))!;
  return `${code} ${place.line}:${place.column}`;
}

/** 1 to `most` parts with operators between them. */
function mixed(part: fc.Arbitrary<string>, operators: readonly string[], most: number): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(fc.constantFrom(...operators), part), { minLength: 1, maxLength: most })
    .map((parts) => parts.flat().slice(1).join(" "));
}

describe("precedence", () => {
  // Expected: what a C compiler computes.
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["10 - 4 - 3", 3],
    ["-2 * 3", -6],
    ["- -2", 2],
    ["!0 + 1", 2],
    ["!(0 + 1)", 0],
    ["!!7", 1],
    ["-1 < 0", 1],
    ["1 << 2 << 3", 32],
    ["256 >> 2 >> 3", 8],
    ["1 << 2 * 2", 16],
    ["1 << 3 > 7", 1],
    ["7 < 1 << 3", 1],
    ["1 + 1 == 2", 1],
    ["1 + 1 > 1 && 2 < 1 * 3", 1],
    ["1 || 0 && 0", 1],
    ["(1 || 0) && 0", 0],
    ["0 == 1 || 1", 1],
    ["1 ? 2 : 0 ? 3 : 4", 2],
    ["0 ? 2 : 0 ? 3 : 4", 4],
    ["1 ? 0 ? 5 : 6 : 7", 6],
    ["0 || 1 ? 2 : 3", 2],
    ["1 == 1 ? 5 + 1 : 6 * 0", 6],
    ["max(1, 2) + min(3, 4) * 2", 8],
    ["0x1F + 0xff", 286],
    ["1e3", 1000],
    ["9007199254740991", 2 ** 53 - 1],
  ])("%s is %i", (text, expected) => expect(valueOf(text)).toBe(expected));

  it("is JavaScript's too, for what both can say", () => {
    const number = fc.tuple(fc.constantFrom("", "-", "!"), fc.nat(9)).map((parts) => parts.join(""));
    const sum = mixed(number, ["+", "-", "*"], 5);
    const condition = mixed(mixed(sum, ["<", "<=", ">", ">=", "==", "!="], 2), ["&&", "||"], 4);
    fc.assert(
      fc.property(condition, condition, condition, (a, b, c) => {
        // As a condition: && and || give 0 or 1 here, and one of their operands there.
        const text = `(${a} ? ${b} : ${c}) ? 1 : 0`;
        expect(valueOf(text)).toBe(new Function(`return ${text}`)());
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is easily misread is refused", () => {
  it.each(["1 << 2 + 1", "1 + 1 << 2", "8 >> 1 - 1", "8 - 1 >> 1", "1 - 2 * 3 << 1"])(
    "shift beside a sum: %s",
    (text) => {
      expect(integer(text)).toBe("DATAPATH_SHIFT_MIXED");
    },
  );

  it.each(["(1 << 2) + 1", "1 << (2 + 1)", "(1 + 1) << 2"])("parentheses make a shift clear: %s", (text) => {
    expect(integer(text)).toBe("no error");
  });

  it.each(["1 < 2 < 3", "1 == 1 == 1", "1 < 2 == 1", "1 != 2 >= 3", "1 <= 2 > 3"])("chained comparison: %s", (text) => {
    expect(integer(text)).toBe("DATAPATH_COMPARISON_CHAINED");
  });

  it.each(["(1 < 2) < 3", "1 == (1 == 1)", "1 < 2 && 2 < 3"])("comparisons in parentheses or joined: %s", (text) => {
    expect(integer(text)).toBe("no error");
  });

  it.each([
    ["1 / 2", "DATAPATH_DIVISION"],
    ["1.5", "DATAPATH_NUMBER"],
    ["9007199254740992", "DATAPATH_NUMBER"],
    ["1e16", "DATAPATH_NUMBER"],
    ["sqrt(2)", "DATAPATH_FUNCTION"],
    ["constructor(2)", "DATAPATH_FUNCTION"],
    ["exp(2)", "DATAPATH_FUNCTION"],
    ["abs()", "DATAPATH_ARGUMENTS"],
    ["abs(1, 2)", "DATAPATH_ARGUMENTS"],
    ["max(1)", "DATAPATH_ARGUMENTS"],
    ["old(1 + 2)", "DATAPATH_ARGUMENTS"],
    ["old(a, b)", "DATAPATH_ARGUMENTS"],
    ["", "DATAPATH_SYNTAX"],
    ["1 +", "DATAPATH_SYNTAX"],
    ["(1", "DATAPATH_SYNTAX"],
    ["1)", "DATAPATH_SYNTAX"],
    ["1 ? 2", "DATAPATH_SYNTAX"],
    ["a b", "DATAPATH_SYNTAX"],
    ["1 & 2", "DATAPATH_SYNTAX"],
    ["~1", "DATAPATH_SYNTAX"],
    ["a = b", "DATAPATH_SYNTAX"],
    ["f(1,)", "DATAPATH_SYNTAX"],
    ["12abc", "DATAPATH_SYNTAX"],
    ["+1", "DATAPATH_SYNTAX"],
    ["3 % 2", "DATAPATH_SYNTAX"],
    ["größe", "DATAPATH_SYNTAX"],
  ])("%s: %s", (text, code) => expect(integer(text)).toBe(code));

  it("depth and length have an end, told as a mistake instead of a crash", () => {
    const deep = 100_000;
    expect(integer("(".repeat(deep) + "1" + ")".repeat(deep))).toBe("DATAPATH_TOO_LONG");
    expect(integer("-".repeat(deep) + "1")).toBe("DATAPATH_TOO_LONG");
    expect(integer("a ? 1 : ".repeat(deep) + "1")).toBe("DATAPATH_TOO_LONG");
    expect(integer("1 + ".repeat(deep) + "1")).toBe("DATAPATH_TOO_LONG");
    expect(codeOf(() => parseBlock(`a = ${"1 + ".repeat(deep)}1`))).toBe("DATAPATH_TOO_LONG");
    const doubling = Array.from({ length: 60 }, (_, i) => `d${i + 1} = d${i} + d${i}`).join("\n");
    expect(codeOf(() => parseDefinitions(`d0 = 1\n${doubling}`))).toBe("DATAPATH_TOO_LONG");
    expect(integer("1 + ".repeat(500) + "1")).toBe("DATAPATH_TOO_LONG");
    expect(valueOf("1 + ".repeat(499) + "1")).toBe(500);
    expect(valueOf("-(".repeat(90) + "1" + ")".repeat(90))).toBe(1);
  });
});

describe("lines", () => {
  it("run in order, and a later line reads what an earlier one assigned", () => {
    expect(valuesOf("a = 2\nb = a * 3\na = b + 1")).toEqual({ a: 7, b: 6 });
  });

  it("go on where the next line begins with an operator, or this one ends with one", () => {
    expect(valuesOf("a = 1\n  + 2\n  * 3\nb = 4 *\n 5\nc = a > 1\n  ? 6\n  : 7\nd = max(\n 1,\n 2\n)")).toEqual({
      a: 7,
      b: 20,
      c: 6,
      d: 2,
    });
  });

  it("may have comments, blank lines, tabs and Windows line ends", () => {
    expect(valuesOf("# first\r\n\r\na = 1 # one\r\n\t+ 2\r\n#last\r\nb =\ta")).toEqual({ a: 3, b: 3 });
    expect(parseBlock("  # nothing\n\n")).toEqual([]);
  });

  it("a name before a parenthesis on the next line is no call", () => {
    expect(placed("a = abs\n(b)")).toBe("DATAPATH_SYNTAX 2:1");
  });

  it.each([
    ["a = 1 b = 2", "DATAPATH_SYNTAX 1:7"],
    ["a = 1\n + 2 b = 3", "DATAPATH_SYNTAX 2:6"],
    ["a = 1\nb = 2 c", "DATAPATH_SYNTAX 2:7"],
    ["a = 1\n\n  b 3", "DATAPATH_SYNTAX 3:5"],
    ["a = 1\n = 2", "DATAPATH_SYNTAX 2:2"],
    ["a = (1 +\n  2", "DATAPATH_SYNTAX 2:4"],
    ["a = 1\nb = 2 $ 3", "DATAPATH_SYNTAX 2:7"],
    ["a = 1\n# c\nb = 2 / 3", "DATAPATH_DIVISION 3:7"],
    ["a = 1\nb = 1.5", "DATAPATH_NUMBER 2:5"],
    ["a = 1\n  + 2 << 3", "DATAPATH_SHIFT_MIXED 2:7"],
    ["a = 1\nb = 1 <\n 2 < 3", "DATAPATH_COMPARISON_CHAINED 3:4"],
    ["a = 1\nb = 1 + sqrt(4)", "DATAPATH_FUNCTION 2:9"],
    ["a = 1\nb = 1 + abs(1, 2)", "DATAPATH_ARGUMENTS 2:9"],
    ["a = 1\n\tb = old(3)", "DATAPATH_ARGUMENTS 2:6"],
    ["1 = a", "DATAPATH_SYNTAX 1:1"],
    ["a(b) = 1", "DATAPATH_SYNTAX 1:2"],
  ])("a mistake has its place: %j", (text, expected) => expect(placed(text)).toBe(expected));

  it("a character that belongs to no word is shown whole", () => {
    const { message, place } = mistakeOf(() => parseBlock("# 𝛂\na = 1 + 𝛂"))!;
    expect([message, place]).toEqual([expect.stringContaining('"𝛂"'), { line: 2, column: 9 }]);
  });
});

describe("definitions", () => {
  it("take arguments and may use earlier definitions", () => {
    const define = "half(x) = toward_zero(x, 1)\nboth(x, y) = half(x) + half(y)\nfour = 4";
    expect(valuesOf("a = both(7, -7) + four\nb = half(four)", {}, define)).toEqual({ a: 4, b: 2 });
  });

  it("are expressions, not text: an argument keeps its own precedence", () => {
    expect(valuesOf("a = twice(1 + 2)", {}, "twice(x) = x * 2")).toEqual({ a: 6 });
  });

  it("keep a parameter apart from a definition and from a name of the block that are called the same", () => {
    expect(valuesOf("y = 100\na = f(5) + y", {}, "x = 3\nf(x) = x + 1\ng(y) = y")).toEqual({ y: 100, a: 106 });
    expect(valuesOf("y = 100\na = f(y + 1)", {}, "g(x) = x\nf(x) = g(x + 1)")).toEqual({ y: 100, a: 102 });
  });

  it("read names of the block where they are used", () => {
    expect(valuesOf("v = 5\na = above(3)", {}, "above(x) = v > x")).toEqual({ v: 5, a: 1 });
  });

  it("may ask for the old value of an argument that is a register", () => {
    expect(valuesOf("v = v + 5\na = change(v)", { v: 1 }, "change(x) = x - old(x)")).toEqual({ v: 6, a: 5 });
    expect(placed("a = 1\nb = change(1 + 2)", "change(x) = x - old(x)")).toBe("DATAPATH_OLD 2:5");
  });

  it.each([
    ["a = 1\nb = f(1)", "f(x, y) = x", "DATAPATH_ARGUMENTS 2:5"],
    ["a = 1\nb = 2 + f(0)", "f(x) = 1 + g(x)\n", "DATAPATH_FUNCTION 1:12"],
    ["f = 1", "f = 2", "DATAPATH_DECLARED_TWICE 1:1"],
    ["a = 1", "f = 2\nf = 3", "DATAPATH_DECLARED_TWICE 2:1"],
    ["a = 1", "max(a, b) = a", "DATAPATH_DECLARED_TWICE 1:1"],
    ["a = 1", "old(a) = a", "DATAPATH_DECLARED_TWICE 1:1"],
    ["a = 1", "f(x, x) = x", "DATAPATH_DECLARED_TWICE 1:6"],
    ["a = 1", "f() = 1", "DATAPATH_SYNTAX 1:3"],
    ["a = 1", "f(1) = 1", "DATAPATH_SYNTAX 1:3"],
    ["a = 1", "f(x) = x y", "DATAPATH_SYNTAX 1:10"],
    ["a = 1", "f(x) = x << 1 + x", "DATAPATH_SHIFT_MIXED 1:10"],
  ])("%j with %j is refused", (text, define, expected) => expect(placed(text, define)).toBe(expected));

  it("a definition may not use itself or a later one", () => {
    expect(placed("a = 1", "f(x) = f(x)")).toBe("DATAPATH_FUNCTION 1:8");
    expect(placed("a = 1", "f(x) = g(x)\ng(x) = x")).toBe("DATAPATH_FUNCTION 1:8");
  });
});

describe("real expressions", () => {
  it.each([
    ["(1 - beta) * 4096", { beta: 0.75 }, 1024],
    ["threshold * scale / 64", { threshold: 2, scale: 16 }, 0.5],
    ["bias * scale / pow2(exponent)", { bias: 3, scale: 4, exponent: -1 }, 24],
    ["floor(0 - 1.5) + abs(0 - 2) + min(1, 2) + max(1, 2)", {}, 3],
    ["exp(log(5)) > 4.9 && 1 != 2 ? 1 : 0", {}, 1],
    ["0 - log(1 - beta) / log(2)", { beta: 0.875 }, 3],
    ["1 << 3", {}, 8],
    ["!beta || 0", { beta: 0 }, 1],
    ["log2(8) + nearest_even(5, 1) + nearest_even(0 - 3.5, 0) + nearest_even(7, 1)", {}, 3 + 2 - 4 + 4],
    ["float32(0.1) * 10", {}, 1 + 2 ** -26],
  ])("%s", (text, quantities, expected) => {
    expect(evaluateReal(parseReal(text), quantities)).toBeCloseTo(expected, 12);
  });

  it("are exact, or rounded after every operation as one asks", () => {
    const expression = parseReal("a / 49 * 49 < 1 ? 2 : -a");
    expect(evaluateReal(expression, { a: 1 })).toBe(2);
    expect(evaluateReal(expression, { a: 1 }, Math.fround)).toBe(-1);
    expect(evaluateReal(parseReal("a"), { a: 0.1 }, Math.fround)).toBe(Math.fround(0.1));
  });

  it("take definitions of their own, and stand in lines that use each other", () => {
    const definitions = parseDefinitions("half(x) = x / 2\nthird = 1 / 3", "real");
    expect(evaluateReal(parseReal("half(a) + third", definitions), { a: 3 })).toBeCloseTo(11 / 6, 12);
    const lines = parseBlock("b = half(a)\nc = b * b", definitions, "real");
    expect(evaluateLines(lines, { a: 3 })).toEqual({ b: 1.5, c: 2.25 });
    expect(codeOf(() => parseDefinitions("pow2(x) = x", "real"))).toBe("DATAPATH_DECLARED_TWICE");
  });

  it("know other functions than the integers do", () => {
    expect(codeOf(() => parseReal("wrap(1, 2)"))).toBe("DATAPATH_FUNCTION");
    expect(codeOf(() => parseReal("old(beta)"))).toBe("DATAPATH_FUNCTION");
  });
});
