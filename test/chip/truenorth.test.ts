/** The target truenorth against what its sources say of the neuron's deterministic modes. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import { readTarget } from "../../src/files.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { Dice } from "../dice.ts";
import { emulateNeuron, firesAsInFloat } from "./single.ts";

const resetModes = ["to_value", "linear", "none"] as const;
const floors = ["reset", "saturate"] as const;

interface Neuron {
  readonly leak: number;
  readonly threshold: number;
  readonly reset_value: number;
  readonly reset_mode: number;
  readonly negative_threshold: number;
  readonly floor: number;
}

const plain: Neuron = {
  leak: 0,
  threshold: 10,
  reset_value: 3,
  reset_mode: resetModes.indexOf("to_value"),
  negative_threshold: 5,
  floor: floors.indexOf("reset"),
};

/** Membrane and spike after each step, for what arrives in it: one source per different weight. */
function run(neuron: Neuron, sums: readonly number[], walk = false): Promise<number[][]> {
  const weights = [...new Set(sums)];
  const rows = sums.map((sum) => weights.map((weight) => Number(weight === sum)));
  return emulateNeuron(readTarget("truenorth"), {}, { ...neuron }, weights, rows, walk);
}

describe("a neuron of TrueNorth", () => {
  it("fires at its threshold and not below it", async () => {
    expect(await run(plain, [9, 1])).toEqual([
      [9, 0],
      [3, 1],
    ]);
  });

  it("leaks by a signed constant in every timestep, whatever the sign of the membrane", async () => {
    expect(await run({ ...plain, leak: -2 }, [4, 0, 0, 0])).toEqual([
      [2, 0],
      [0, 0],
      [-2, 0],
      [-4, 0],
    ]);
    expect((await run({ ...plain, leak: 5 }, [0, 0])).map(([, spike]) => spike)).toEqual([0, 1]);
  });

  // The table of the six resets: what is left after a spike at 12, and after a fall to -7.
  it.each([
    ["to_value", "reset", 3, -3],
    ["to_value", "saturate", 3, -5],
    ["linear", "reset", 2, -2],
    ["linear", "saturate", 2, -5],
    ["none", "reset", 12, -7],
    ["none", "saturate", 12, -5],
  ] as const)(
    "with reset %s and floor %s keeps %i after a spike, %i below the floor",
    async (mode, floor, up, down) => {
      const neuron = { ...plain, reset_mode: resetModes.indexOf(mode), floor: floors.indexOf(floor) };
      expect(await run(neuron, [12])).toEqual([[up, 1]]);
      expect(await run(neuron, [-7])).toEqual([[down, 0]]);
      // At the floor nothing happens yet.
      expect(await run(neuron, [-5])).toEqual([[-5, 0]]);
    },
  );

  it("saturates at 20 bits", async () => {
    const neuron = {
      ...plain,
      threshold: 524_287,
      negative_threshold: 524_287,
      reset_mode: resetModes.indexOf("none"),
    };
    const up = await emulateNeuron(readTarget("truenorth"), {}, { ...neuron }, [255], [[2000], [2000], [1]], false);
    expect(up).toEqual([
      [510_000, 0],
      [524_287, 1],
      [524_287, 1],
    ]);
    const down = await emulateNeuron(readTarget("truenorth"), {}, { ...neuron }, [-256], [[2048], [1]], false);
    expect(down.map(([membrane]) => membrane)).toEqual([-524_288, -524_288]);
  });

  it("never leaves its 20 bits, and does in loops what it does in the plain walk", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const dice = new Dice(seed);
        const most = dice.one([20, 524_287]);
        const neuron = {
          leak: dice.between(-256, 255),
          threshold: dice.between(0, most),
          reset_value: dice.between(-most, most),
          reset_mode: dice.between(0, 2),
          negative_threshold: dice.between(0, most),
          floor: dice.between(0, 1),
        };
        const sums = [...dice.list(12, -256, 255)];
        expect(await run(neuron, sums)).toEqual(await run(neuron, sums, true));
      }),
      { numRuns: 80 },
    );
  });
});

describe("a network", () => {
  it("of small whole numbers fires on TrueNorth as it does in float", () => firesAsInFloat("truenorth"));

  it("with a lower bound of the membrane has it as a negative threshold that saturates", () => {
    const bound = { lowerBound: { shape: [], data: Float64Array.of(-0.5) } };
    const parts = [input("in", 1), dense("w", [[1]]), { ...cell("p", { threshold: 2 }), ...bound }, output("out")];
    const { populations } = compile(networkOf(parts, "in w p out"), readTarget("truenorth"));
    const { parameters, scale } = populations[0]!;
    expect(parameters["floor"]).toEqual(Int32Array.of(floors.indexOf("saturate")));
    expect(parameters["negative_threshold"]![0]).toBe(Math.round(scale![0]! / 2));
  });
});
