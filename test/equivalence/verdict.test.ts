import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fit } from "../../src/compile/program.ts";
import { type Evidence, defaultTolerances, judge } from "../../src/equivalence/verdict.ts";

const fits: Fit = { fits: true, cores: 3, coresAvailable: 128, placement: [], reasons: [] };
const good: Evidence = {
  samples: 200,
  accuracy: { reference: 0.97, emulator: 0.965 },
  predictions: 0.995,
  spikes: 0.98,
  fit: fits,
  coresConfidence: "public-page",
  classes: 10,
  silent: 0,
};

/** The rules that one changed piece of evidence breaks, with their reasons. */
function failing(evidence: Partial<Evidence>, spikes: number | null = null): unknown[] {
  const { checks, pass } = judge({ ...good, ...evidence }, { ...defaultTolerances, spikes });
  expect(pass).toBe(false);
  return checks.filter((check) => check.pass === false).map(({ rule, reason }) => [rule, reason]);
}

describe("judge", () => {
  it("passes within the tolerances and says why in numbers", () => {
    expect(judge(good)).toEqual({
      pass: true,
      checks: expect.any(Array),
      reasons: [
        "Accuracy is 97 % in float and 96.5 % on the chip, a drop of 0.5 percentage points; at most 1 may be lost.",
        "199 of 200 predictions agree (99.5 %); at least 97 % must.",
        "The network fits the chip: it takes 3 of 128 cores.",
      ],
      tolerances: defaultTolerances,
    });
  });

  it("fails each rule on its own, with the numbers", () => {
    expect(failing({ accuracy: { reference: 0.97, emulator: 0.49 } })).toEqual([
      [
        "accuracy",
        "Accuracy is 97 % in float and 49 % on the chip, a drop of 48 percentage points; at most 1 may be lost.",
      ],
    ]);
    expect(failing({ predictions: 0.5 })).toEqual([
      ["predictions", "100 of 200 predictions agree (50 %); at least 97 % must."],
    ]);
    expect(failing({}, 0.99)).toEqual([["spikes", "98 % of the spikes agree; at least 99 % must."]]);
    expect(failing({ fit: { ...fits, fits: false, reasons: ["It needs 300 of 128 cores."] } })).toEqual([
      ["fit", "The network does not fit the chip. It needs 300 of 128 cores."],
    ]);
  });

  it("passes exactly at a limit, whatever the rounding of decimal fractions", () => {
    // 0.97 - 0.96 is more than 0.01 in binary.
    expect(judge({ ...good, accuracy: { reference: 0.97, emulator: 0.96 }, predictions: 0.97 }).pass).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1000 }), fc.nat(100), (samples, right) => {
        const allowed = Math.floor(samples / 100);
        const reference = (right + allowed) / samples;
        const accuracy = { reference, emulator: right / samples };
        expect(judge({ ...good, accuracy }, { ...defaultTolerances, accuracyDrop: allowed / samples }).pass).toBe(true);
      }),
    );
  });

  it("passes a chip that does better than float", () => {
    const { pass, reasons } = judge({ ...good, accuracy: { reference: 0.9, emulator: 0.95 } });
    expect(pass).toBe(true);
    expect(reasons[0]).toContain("which is no drop");
  });

  it("leaves accuracy out without labels, and says so", () => {
    const { pass, checks, reasons } = judge({ ...good, accuracy: null });
    expect(pass).toBe(true);
    expect(checks[0]).toMatchObject({ rule: "accuracy", pass: null });
    expect(reasons[0]).toBe("There are no labels, so accuracy was not judged.");
  });

  it("marks a number of cores that was not checked", () => {
    expect(judge({ ...good, coresConfidence: "literature-unverified" }).reasons[2]).toContain(
      "3 of 128 cores [unverified].",
    );
    expect(judge({ ...good, fit: { ...fits, coresAvailable: null } }).reasons[2]).toContain("takes 3 cores.");
  });

  it("judges spikes only when asked to", () => {
    expect(judge({ ...good, spikes: 0 }).pass).toBe(true);
    expect(judge({ ...good, spikes: 0 }, { ...defaultTolerances, spikes: 0.5 }).pass).toBe(false);
  });

  it("warns of agreement that says nothing", () => {
    expect(judge({ ...good, silent: 200 }).reasons.at(-1)).toContain("No output spiked");
    expect(judge({ ...good, classes: 1 }).reasons.at(-1)).toContain("one neuron");
    expect(judge({ ...good, silent: 199 }).reasons).toHaveLength(3);
  });

  it("never passes a run whose accuracy is not a number", () => {
    expect(judge({ ...good, accuracy: { reference: 0.97, emulator: Number.NaN } }).pass).toBe(false);
  });
});
