import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import { readTarget } from "../../src/files.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import { Dice } from "../dice.ts";
import { cell, dense, input, networkOf, output, target } from "./networks.ts";
import { stimuliOf } from "./wide.ts";

const uneven = networkOf(
  [
    input("in", 2),
    dense("w", [
      [1, 0.3],
      [0.01, -0.02],
    ]),
    cell("p", { threshold: [2, 2] }),
    output("out"),
  ],
  "in w p out",
);

const oneThreshold = target(`extends: generic-8bit
name: chip
datapaths:
  lif:
    parameters:
      threshold: { type: uint15, encodes: threshold * scale, round: nearest, per: population }`);

describe("scales of single neurons", () => {
  it("let the largest weight of each use the whole width, where the chip has a threshold for each", () => {
    const { populations, projections } = compile(uneven, readTarget("generic-8bit"));
    const [first, second] = populations[0]!.scale!;
    expect(second! / first!).toBeCloseTo(50, 6);
    // Rows of sources.
    expect([...projections[0]!.synapses.weight]).toEqual([127, 64, 38, -127]);
    expect([...populations[0]!.parameters["threshold"]!]).toEqual([254, 12700]);
  });

  it("stay the common one where that loses nothing", () => {
    const weight = [
      [127, 64],
      [2, 1],
    ];
    const network = networkOf(
      [input("in", 2), dense("w", weight), cell("p", { threshold: [200, 200] }), output("out")],
      "in w p out",
    );
    const { populations, projections } = compile(network, readTarget("generic-8bit"));
    expect([...projections[0]!.synapses.weight]).toEqual([127, 2, 64, 1]);
    expect(new Set(populations[0]!.scale)).toEqual(new Set([1]));
  });

  it("are one where the chip has one threshold", () => {
    const { populations, projections } = compile(uneven, oneThreshold);
    expect(populations[0]!.scale).toHaveLength(1);
    expect([...projections[0]!.synapses.weight]).toEqual([127, 1, 38, -3]);
  });

  it("stay what they are for a neuron without weights", () => {
    const network = networkOf(
      [input("in", 1), dense("w", [[1], [0]]), cell("p", { threshold: [2, 2] }), output("out")],
      "in w p out",
    );
    const [first, second] = compile(network, readTarget("generic-8bit")).populations[0]!.scale!;
    expect(second).toBe(first);
  });

  it("are one per channel of a kernel", () => {
    const kernel: DraftNode = {
      kind: "conv2d",
      name: "c",
      weight: { shape: [2, 1, 1, 1], data: Float64Array.of(1, 0.25) },
      bias: null,
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
      inputSize: null,
    };
    const network = networkOf([input("in", 1, 2, 2), kernel, cell("p", { threshold: 2 }), output("out")], "in c p out");
    const program = compile(network, readTarget("generic-8bit"));
    expect([...program.projections[0]!.synapses.weight]).toEqual([127, 127]);
    expect([...program.populations[0]!.parameters["threshold"]!]).toEqual([254, 254, 254, 254, 1016, 1016, 1016, 1016]);
  });

  it("saturate nothing when the compiler says that no input can", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const dice = new Dice(seed);
        const [from, to] = [dice.between(1, 12), dice.between(1, 4)];
        const rows = Array.from({ length: to }, () => {
          const size = 10 ** dice.between(-3, 1);
          return Array.from({ length: from }, () => (size * dice.between(-100, 100)) / 100);
        });
        const threshold = rows.map(() => dice.between(1, 50) / 10);
        const network = networkOf(
          [input("in", from), dense("w", rows), cell("p", { beta: 0.75, threshold }), output("out")],
          "in w p out",
        );
        const program = compile(network, readTarget("generic-8bit"));
        fc.pre(program.warnings.length === 0);
        // Whatever excites or inhibits a neuron most, for a long time.
        for (const [i, row] of rows.entries()) {
          const frames = [1, -1].flatMap((sign) =>
            Array.from({ length: 40 }, () => row.map((weight) => Number(weight * sign > 0))),
          );
          const recording = await openInterpreter(program).run(stimuliOf({ in: frames }), {
            probes: [{ population: "p", register: "v" }],
          });
          const trace = recording.populations[0]!.traces.get("v")!;
          const own = trace.filter((_, at) => at % to === i);
          expect(Math.max(...own)).toBeLessThan(32767);
          expect(Math.min(...own)).toBeGreaterThan(-32768);
        }
      }),
      { numRuns: 40 },
    );
  });
});
