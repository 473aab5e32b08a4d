import { expect, it } from "vitest";
import type { TimeEstimate } from "../../src/measure/timing.ts";
import { timeSection } from "../../src/report/traffic-text.ts";

const simple = { mean: 30, shortest: 10, longest: 90, byStep: [30, 30], bySample: [20, 100] };
const time: TimeEstimate = {
  basis: "events",
  missing: [],
  steps: 2,
  simple,
  mesh: { mean: 12, shortest: 11, longest: 13, byStep: [12, 12], bySample: [24] },
  perSample: 72,
  samplesPerSecond: 1e9 / 72,
  sources: [],
};

it("times with messages of some samples stand beside those of the cores in the same ones", () => {
  const lines = timeSection(time).split("\n");
  expect(lines.filter((line) => line.includes(" ns"))).toEqual([
    "Time on the chip  72 ns per sample, 13,888,889 samples per second",
    expect.stringMatching(/^ {2}cores alone +30 ns +10 ns +90 ns$/),
    expect.stringMatching(/^ {2}with messages on their way, first sample +12 ns +11 ns +13 ns$/),
    expect.stringMatching(/^ {2}cores alone, first sample +10 ns$/),
  ]);
  const all = { ...time, mesh: { ...time.mesh!, bySample: [24, 24] } };
  expect(timeSection(all)).not.toContain("first");
});
