import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { programOfIntegers, type IntegerParts } from "../../src/compile/integers.ts";
import { readTarget } from "../../src/files.ts";
import { codeOf } from "../support.ts";

const parts: IntegerParts = {
  inputs: [{ name: "in", shape: [2] }],
  populations: [{ name: "net", shape: [3], parameters: { beta: 128, threshold: [9, 19, 99] } }],
  projections: [{ from: "in", to: "net", synapses: { kind: "dense", weight: Int8Array.of(10, 10, 10, 0, 10, 100) } }],
};

describe("a program of integers", () => {
  it("runs as it says", () => {
    const chip = openInterpreter(programOfIntegers(readTarget("generic-8bit"), parts));
    const fired = [[0, 1], [1], []].map((neuron) => {
      const { count, neuron: ids } = chip.step(new Map([["in", { neuron }]])).get("net")!;
      return [...ids.subarray(0, count)];
    });
    // What was sent arrives a timestep later.
    expect(fired).toEqual([[], [0, 1, 2], [2]]);
  });

  it("has what the chip has where nothing is said", () => {
    const { populations, projections, latency, recipe } = programOfIntegers(readTarget("loihi2"), parts0());
    expect(populations[0]!.datapath).toBe(Object.keys(readTarget("loihi2").datapaths)[0]);
    expect([projections[0]!.arrivesAfter, latency, recipe]).toEqual([1, 0, null]);
  });

  it.each([
    ["a parameter that there is not", { populations: [{ name: "net", shape: [3], parameters: { alpha: 1 } }] }],
    ["a fraction", { populations: [{ name: "net", shape: [3], parameters: { beta: 1.5 } }] }],
    ["a datapath that there is not", { populations: [{ name: "net", shape: [3], datapath: "toString" }] }],
    ["synapses of another size", { inputs: [{ name: "in", shape: [3] }] }],
    ["no inputs", { inputs: [] }],
  ] as const)("is refused with %s", (_, change) => {
    expect(codeOf(() => programOfIntegers(readTarget("generic-8bit"), { ...parts, ...change }))).toBe("PROGRAM_PARTS");
  });
});

function parts0(): IntegerParts {
  return { ...parts, populations: [{ name: "net", shape: [3] }] };
}
