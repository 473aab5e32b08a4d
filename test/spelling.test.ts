import { describe, expect, it } from "vitest";
import { closest } from "../src/spelling.ts";

describe("the closest word", () => {
  const targets = ["generic-8bit", "loihi2", "xylo"];

  it.each([
    ["loihi", "loihi2"],
    ["Loihi2", "loihi2"],
    ["liohi2", "loihi2"],
    ["generic8bit", "generic-8bit"],
    ["xylo2", "xylo"],
  ])("to %s is %s", (word, expected) => expect(closest(word, targets)).toBe(expected));

  it("is none when nothing is near", () => {
    expect(closest("speck", targets)).toBe(undefined);
    expect(closest("a", [])).toBe(undefined);
  });

  it("counts a swap of neighbours as one edit", () => {
    expect(closest("abdc", ["abcx", "abcd"])).toBe("abcd");
  });
});
