import { describe, expect, it } from "vitest";
import { encodeTargets } from "../../src/encoding/targets.ts";
import { codeOf } from "../support.ts";
import { framesOf } from "./support.ts";

const column = (frames: readonly (readonly number[])[], index: number): number[] =>
  frames.map((frame) => frame[index]!);

const code = (label: number, options: object): string =>
  codeOf(() => encodeTargets(Int32Array.of(label), 2, 3, { code: "rate", ...options }));

describe("target spike trains", () => {
  it("let the right class fire in every timestep and the others never", () => {
    const stimulus = encodeTargets(Int32Array.of(1, 0), 2, 3, { code: "rate" });
    expect(stimulus).toMatchObject({ samples: 2, steps: 3, shape: [2], kind: "spikes" });
    expect(framesOf(stimulus, 0)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(framesOf(stimulus, 1)).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });

  it("space the events regularly from the first one on", () => {
    const options = { code: "rate", correctRate: 0.5, incorrectRate: 0.2, firstSpike: 1 } as const;
    const frames = framesOf(encodeTargets(Int32Array.of(0), 2, 10, options));
    expect(column(frames, 0)).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect(column(frames, 1)).toEqual([0, 1, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  it("fall on whole timesteps when the rate does not divide them", () => {
    const frames = framesOf(encodeTargets(Int32Array.of(0), 1, 10, { code: "rate", correctRate: 0.4 }));
    expect(frames.flat()).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 0, 0]);
  });

  it("let the right class fire first and the others last", () => {
    const options = { code: "latency", firstSpike: 1 } as const;
    const frames = framesOf(encodeTargets(Int32Array.of(2), 3, 4, options));
    expect(frames).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
      [1, 1, 0],
    ]);
  });

  it("have the values asked for", () => {
    const options = { code: "rate", onTarget: 0.75, offTarget: 0.25 } as const;
    const stimulus = encodeTargets(Int32Array.of(0), 2, 1, options);
    expect(stimulus.kind).toBe("graded");
    expect(framesOf(stimulus)).toEqual([[0.75, 0.25]]);
  });

  it("refuse labels beyond the classes, rates beyond 1 and a late first spike", () => {
    expect(code(2, {})).toBe("ENCODE_OPTION");
    expect(code(0, { correctRate: 1.5 })).toBe("ENCODE_OPTION");
    expect(code(0, { firstSpike: 3 })).toBe("ENCODE_OPTION");
    expect(code(1, {})).toBe("no error");
  });
});
