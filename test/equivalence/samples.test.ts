import { describe, expect, it } from "vitest";
import { payloadUnit } from "../../src/chip/real.ts";
import type { Program } from "../../src/compile/program.ts";
import { membranes } from "../../src/equivalence/explain.ts";
import type { LadderInputs } from "../../src/equivalence/ladder.ts";
import { roundedInputs } from "../../src/equivalence/samples.ts";

function inputs(values: readonly number[], aborted: boolean = false): LadderInputs {
  const input = { name: "in", shape: [values.length], payloadScale: 2, payloadLimit: 10 };
  const read = (_: number, __: number, out: Float32Array | Float64Array): void => out.set(values);
  const stimulus = { samples: 1, steps: 2, shape: [values.length], kind: "values", constant: false, read };
  const datapaths = { lif: { state: { membrane: {} } }, relay: { state: {} } };
  const populations = [
    { name: "large", neurons: 30, datapath: "lif" },
    { name: "small", neurons: 10, datapath: "lif" },
    { name: "relay", neurons: 1, datapath: "relay" },
    { name: "out", neurons: 20, datapath: "lif" },
  ];
  const outputs = [{ name: "classes", population: "out" }];
  const program = { inputs: [input], populations, outputs, target: { datapaths } } as unknown as Program;
  return {
    program,
    stimuli: new Map([["in", stimulus]]),
    decode: "spikes",
    signal: { aborted },
  } as unknown as LadderInputs;
}

describe("an input is rounded", () => {
  it.each([
    ["where a payload is not whole", [1, 0.7], ["in"]],
    ["and not where all are", [1, 0.5, -2], []],
    ["and not where values are cut to the limit", [1, 40.3, -99.9], []],
  ])("%s", async (_, values, expected) => {
    expect([...(await roundedInputs(inputs(values)))]).toEqual(expected);
  });

  it("until somebody stops it", async () => {
    await expect(roundedInputs(inputs([1], true))).rejects.toMatchObject({ code: "RUN_INTERRUPTED" });
  });
});

it("payloads that are not rounded fit 32 bits whatever their limit", () => {
  expect(payloadUnit({ payloadLimit: 255 })).toBe(2 ** -22);
  for (const payloadLimit of [1, 127, 255, 256, 511, 512, 1023, 32_767, 2 ** 24, 2 ** 30 - 1]) {
    expect(payloadLimit / payloadUnit({ payloadLimit })).toBeLessThan(2 ** 31);
  }
});

function names(most: number): string[] {
  return membranes(inputs([1]), 1, most).map(({ population }) => population);
}

it("membranes are recorded as far as there is room in all, outputs first", () => {
  expect(names(120)).toEqual(["out", "large", "small"]);
  expect(names(100)).toEqual(["out", "large"]);
  expect(names(70)).toEqual(["out", "small"]);
  expect(names(39)).toEqual(["small"]);
});
