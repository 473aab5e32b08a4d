import { describe, expect, it } from "vitest";
import type { Stimulus } from "../src/engine.ts";
import type { Shape } from "../src/network/types.ts";
import { checkProbes, checkStimuli } from "../src/stimuli.ts";
import { codeOf } from "./support.ts";

const silent = (samples: number, steps: number, shape: Shape): Stimulus => ({
  samples,
  steps,
  shape,
  kind: "spikes",
  constant: true,
  read: (_sample, _step, out) => void out.fill(0),
});
const inputs = [
  { name: "a", shape: [2, 3] },
  { name: "b", shape: [1] },
];
const check = (stimuli: Record<string, Stimulus>): string =>
  codeOf(() => checkStimuli(inputs, new Map(Object.entries(stimuli))));

describe("checkStimuli", () => {
  it("tells the length of the run", () => {
    const stimuli = new Map([
      ["a", silent(4, 5, [6])],
      ["b", silent(4, 5, [1])],
    ]);
    expect(checkStimuli(inputs, stimuli)).toEqual({ samples: 4, steps: 5 });
  });

  it("names an input without data, and data without an input", () => {
    expect(check({ a: silent(4, 5, [6]) })).toBe("RUN_STIMULUS_MISSING");
    expect(check({ a: silent(4, 5, [6]), b: silent(4, 5, [1]), c: silent(4, 5, [1]) })).toBe("RUN_STIMULUS_UNKNOWN");
  });

  it("refuses frames of another size and inputs of different length", () => {
    expect(check({ a: silent(4, 5, [5]), b: silent(4, 5, [1]) })).toBe("RUN_STIMULUS_SHAPE");
    expect(check({ a: silent(4, 5, [6]), b: silent(4, 6, [1]) })).toBe("RUN_STIMULI_DIFFER");
    expect(check({ a: silent(4, 5, [6]), b: silent(3, 5, [1]) })).toBe("RUN_STIMULI_DIFFER");
  });
});

describe("checkProbes", () => {
  const registers = new Map([["lif", ["membrane"]]]);

  it("accepts a register that is there", () => {
    expect(codeOf(() => checkProbes(registers, [{ population: "lif", register: "membrane" }]))).toBe("no error");
  });

  it("refuses an unknown population or register", () => {
    expect(codeOf(() => checkProbes(registers, [{ population: "lif", register: "current" }]))).toBe("RUN_PROBE");
    expect(codeOf(() => checkProbes(registers, [{ population: "out", register: "membrane" }]))).toBe("RUN_PROBE");
  });
});
