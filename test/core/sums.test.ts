import { describe, expect, it } from "vitest";
import { recognizeSum, recognizeSums } from "../../src/core/sums.ts";
import { parseBlock, parseDefinitions } from "../../src/datapath/parse.ts";

const constants = new Map([["shift", 3]]);
const block = (text: string) => parseBlock(text, parseDefinitions(""));

describe("sums that need no equation per event", () => {
  it("are recognized side by side, each with what it adds", () => {
    const text = "total = total + payload * weight\nevents = events + 1\ncost = cost + (shift - 5)";
    expect(recognizeSums(block(text), constants)).toEqual([
      { name: "total", sum: "weight * payload" },
      { name: "events", sum: 1 },
      { name: "cost", sum: -2 },
    ]);
    expect(recognizeSum(block(text), constants)).toBe(null);
  });

  it("are none where a line depends on what the neuron holds, is written twice or does not add", () => {
    for (const line of ["total = total + membrane", "total = weight", "total = events + 1", "total = total - 1"]) {
      expect([line, recognizeSums(block(line), constants)]).toEqual([line, null]);
    }
    expect(recognizeSums(block("total = total + 1\ntotal = total + weight"), constants)).toBe(null);
  });

  it("are one where there is one line of weights", () => {
    expect(recognizeSum(block("total = total + weight"), constants)).toBe("weight");
    expect(recognizeSum(block("events = events + weight"), constants)).toBe(null);
    expect(recognizeSum(block("total = total + 1"), constants)).toBe(null);
  });
});
