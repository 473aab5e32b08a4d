import { describe, expect, it } from "vitest";
import type { Program } from "../../src/compile/program.ts";
import type { Cause, Difference, Explanation } from "../../src/equivalence/explanation.ts";
import { reasonOf } from "../../src/equivalence/reason.ts";

const program = { warnings: [] } as unknown as Program;

function both(spikes: number, predictions: number = 0): Difference {
  return { spikes, predictions };
}

function cause(text: string, undone: Difference | null, alone: Difference): Cause {
  return { quantization: { kind: "weights", where: text }, part: "parameters", text, undone, alone, first: false };
}

/** 100 spikes by quantization and nothing before it, where nothing else is said. */
function reason(changes: Partial<Explanation>): string {
  return reasonOf(
    {
      samples: [0, 1],
      framework: both(100),
      semantics: both(0),
      quantization: both(100),
      parameters: both(0),
      arithmetic: both(0),
      causes: [],
      first: null,
      ...changes,
    },
    program,
  );
}

describe("the reason", () => {
  it("speaks of the whole difference where nothing differs before rounding, else of what quantization changes", () => {
    const causes = [cause("A", both(80), both(90))];
    expect(reason({ causes })).toBe("Most of the difference (80 of 100 spikes in 2 samples) comes from A.");
    const text = reason({ causes, framework: both(130), semantics: both(40) });
    expect(text).toBe(
      "Most of what quantization changes (80 of 100 spikes in 2 samples) comes from A. 40 differ before anything is rounded.",
    );
  });

  it("goes by classes where every spike agrees", () => {
    const quantization = both(0, 4);
    const causes = [cause("A", both(0, 3), both(0, 4)), cause("B", both(0, 1), both(0, 1))];
    expect(reason({ framework: both(0, 4), quantization, causes })).toBe(
      "Most of the difference (3 of 4 classes in 2 samples) comes from A.",
    );
    expect(reason({ framework: both(0, 4), semantics: both(0, 3), quantization })).toContain(
      "Most of the difference (4 classes in 2 samples) is there before anything is rounded (3)",
    );
  });

  it("names causes of which each is enough", () => {
    const causes = [cause("A", both(-5), both(90)), cause("B", null, both(60))];
    expect(reason({ causes })).toContain("Several causes, of which each alone makes most of the difference");
    expect(reason({ causes })).toContain("A (90); B (60). Undoing only one of them does not bring back anything.");
    expect(reason({ causes: causes.slice(0, 1) })).toContain("others together at least half");
  });

  it("says what undoing a half brings back, or that neither half brings anything", () => {
    const causes = [cause("A", both(9), both(20))];
    expect(reason({ causes, parameters: both(30), arithmetic: both(10) })).toBe(
      "Many small causes: undoing all rounding of parameters brings back 30 of 100 spikes in 2 samples; most of all A (alone 20).",
    );
    expect(reason({ arithmetic: both(10), parameters: null })).toBe(
      "Many small causes: undoing all rounding and overflow in the arithmetic brings back 10 of 100 spikes in 2 samples.",
    );
    expect(reason({ arithmetic: both(0), parameters: both(-3) })).toBe(
      "Many small causes: of 100 spikes in 2 samples, undoing either all parameters or all of the arithmetic brings nothing back.",
    );
  });
});
