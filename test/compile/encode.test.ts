import { describe, expect, it } from "vitest";
import { encodingOf, Loss, mentions, roundTo, wantedValue } from "../../src/compile/encode.ts";

describe("rounding", () => {
  it.each([
    ["nearest", [-2.5, -1.5, -0.5, 0.5, 1.5, 2.4, 2.6], [-2, -1, 0, 1, 2, 2, 3]],
    ["nearest-even", [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.6], [-2, -2, 0, 0, 2, 2, 3]],
    ["down", [-2.5, -0.1, 0, 0.9, 2], [-3, -1, 0, 0, 2]],
    ["toward-zero", [-2.5, -0.1, 0, 0.9, 2.9], [-2, 0, 0, 0, 2]],
  ] as const)("%s", (rounding, values, expected) => {
    expect(values.map((value) => roundTo(value, rounding) + 0)).toEqual(expected);
    for (const value of [-7, 0, 7, Infinity, -Infinity]) expect(roundTo(value, rounding)).toBe(value);
  });
});

describe("rounding above", () => {
  it.each([
    [-2.5, -2],
    [-2, -1],
    [0, 1],
    [0.1, 1],
    [3, 4],
    // 0.1 * 30 is 3, whatever its last bit says.
    [0.1 * 30, 4],
    [3 - 2 ** -51, 4],
    [-3 - 2 ** -51, -2],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ])("of %d is %d, the next larger integer", (value, expected) => expect(roundTo(value, "above")).toBe(expected));
});

describe("an encoding", () => {
  const spec = { low: 0, high: 9, encodes: "beta * 256", round: "down" } as const;
  const recipe = {
    description: "",
    source: "",
    parameters: { fixed: 7, other: { encodes: "1 - beta", round: "nearest" } },
  } as const;

  it("is the recipe's where there is one, else the target's own", () => {
    expect(encodingOf("fixed", spec, recipe)).toEqual({ kind: "constant", value: 7 });
    expect(encodingOf("other", spec, recipe)).toMatchObject({ kind: "expression", round: "nearest" });
    expect(encodingOf("own", spec, recipe)).toMatchObject({ kind: "expression", round: "down" });
    expect(encodingOf("own", { low: 0, high: 9 }, recipe)).toBeNull();
  });

  it("knows what it depends on, and its value", () => {
    const other = encodingOf("other", spec, recipe)!;
    expect([mentions(other, "beta"), mentions(other, "alpha"), mentions(null, "beta")]).toEqual([true, false, false]);
    expect(wantedValue(other, { beta: 0.25 })).toBe(0.75);
    expect(wantedValue(encodingOf("fixed", spec, recipe)!, {})).toBe(7);
  });
});

describe("what was lost", () => {
  it("is the extremes, the largest error in LSBs and how often a value was cut", () => {
    const loss = new Loss();
    loss.add(3, 0.3, 3.25);
    loss.add(-4, -0.4, -4.5);
    loss.add(10, 2, Infinity);
    loss.cut();
    expect(loss.decision("layer", "weight", "a note")).toEqual({
      where: "layer",
      parameter: "weight",
      integer: [-4, 10],
      wanted: [-0.4, 2],
      error: 0.5,
      saturated: 1,
      count: 3,
      note: "a note",
    });
  });
});
