import { describe, expect, it } from "vitest";
import { Tally } from "./tally.ts";

describe("a tally", () => {
  it("counts values, mismatches and the largest error, and keeps the first difference", () => {
    const tally = new Tally("a case");
    tally.exact("spk", [0, 1, 1, 0], [0, 1, 0, 1], 2);
    tally.close("mem", [1, 2.5], [1, 2], 2);
    expect(tally).toMatchObject({ values: 6, mismatches: 3, worst: 1 });
    expect(tally.first).toEqual({ case: "a case", where: "spk[1][0]", expected: 0, got: 1 });
  });

  it("allows 1e-5 absolute plus 1e-5 relative", () => {
    const tally = new Tally("a case");
    tally.close("mem", [1e-5, 100.00101, Infinity, NaN], [0, 100, Infinity, NaN]);
    expect(tally.mismatches).toBe(0);
    tally.close("mem", [1.1e-5, 100.0011, NaN, -Infinity], [0, 100, 0, Infinity]);
    expect(tally.mismatches).toBe(4);
  });

  it("takes a different length for a difference", () => {
    const tally = new Tally("a case");
    tally.exact("spk", [1], [1, 0]);
    expect(tally).toMatchObject({ mismatches: 1, first: { where: "length of spk", expected: 2, got: 1 } });
  });

  it("tells a spike that rounding decides from an error by the membranes", () => {
    const tally = new Tally("a case");
    const here = { spikes: [0, 0, 0, 1], membranes: [0.5, 0.2, 0.4, 1.000001] };
    const there = { spikes: [0, 0, 0, 0], membranes: [0.5, 0.2, 0.4, 0.999999] };
    expect(tally.spikes(here, there, [1, 1])).toBe(2);
    expect(tally).toMatchObject({ values: 2, mismatches: 0 });
    expect(tally.notes).toMatchObject([{ case: "a case", where: "step 1, neuron 1" }]);
  });

  it("takes a spike for an error where the membranes differ or lie off the threshold", () => {
    const tally = new Tally("a case");
    const other = { spikes: [0], membranes: [0.9] };
    expect(tally.spikes({ spikes: [1], membranes: [1.000001] }, other, [1])).toBe(1);
    expect(tally.spikes({ spikes: [1], membranes: [0.9] }, other, [1])).toBe(1);
    expect(tally.mismatches).toBe(2);
    expect(tally.notes).toEqual([]);
  });
});
