import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fanInsOf, type FanIn } from "../../src/compile/fan-in.ts";
import { composeSynapses } from "../../src/compile/linear.ts";
import { momentsOf, type Moments } from "../../src/compile/moments.ts";
import { expectedError, nearest, roundTogether, type Grid } from "../../src/compile/together.ts";
import type { Calibration } from "../../src/compile/calibration.ts";
import type { Recording } from "../../src/engine.ts";
import type { PopulationNode } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import { cell, dense, input, networkOf, output } from "./networks.ts";
import { stimuliOf } from "./wide.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

function randomFanIn(size: number): FanIn {
  const all = Uint32Array.from({ length: size }, (_, i) => i);
  return { neuron: 0, group: 0, index: all, feature: all };
}

/** Moments of random frames. */
function randomMoments(dice: Dice, size: number): { readonly moments: Moments; readonly frames: readonly number[][] } {
  const frames = Array.from({ length: dice.between(3, 20) }, () => {
    const common = dice.between(0, 10);
    return Array.from({ length: size }, () => common + dice.between(0, 5));
  });
  const products = new Float64Array(size * size);
  for (const frame of frames) {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) products[i * size + j]! += (frame[i]! * frame[j]!) / frames.length;
  }
  return { moments: { products, size, doubt: dice.between(0, 30) }, frames };
}

describe("weights that are rounded together", () => {
  it("lie next to what is wanted, and do no more wrong than the nearest", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const size = dice.between(1, 30);
        const grid: Grid = { step: dice.between(1, 2), low: -20, high: 20 };
        const wanted = Float64Array.from({ length: size }, () => dice.between(-2500, 2500) / 100);
        const { moments, frames } = randomMoments(dice, size);
        const fanIn = randomFanIn(size);
        const found = roundTogether(wanted, grid, fanIn, moments);
        const wrong = (values: Float64Array): number => {
          const error = values.map((value, i) => value - wanted[i]!);
          const doubt = error.reduce((sum, one) => sum + moments.doubt * one * one, 0);
          return expectedError(error, fanIn, moments) + doubt;
        };
        const plain = nearest(wanted, grid);
        expect(wrong(found)).toBeLessThanOrEqual(wrong(plain) * (1 + 1e-9) + 1e-9);
        for (const [i, value] of found.entries()) {
          expect(Math.abs(value % grid.step)).toBe(0);
          const cut = Math.max(grid.low, Math.min(grid.high, wanted[i]!));
          expect(Math.abs(value - cut)).toBeLessThan(grid.step + 1e-9);
        }
        // The expected error is the mean over the frames.
        const error = found.map((value, i) => value - wanted[i]!);
        const squares = frames.map((frame) => frame.reduce((sum, x, i) => sum + x * error[i]!, 0) ** 2);
        const mean = squares.reduce((sum, square) => sum + square, 0) / frames.length;
        expect(expectedError(error, fanIn, moments)).toBeCloseTo(mean, 6);
      }),
      { numRuns: 200 },
    );
  });
});

describe("fan-ins", () => {
  it("hold every weight once, with the source or the tap that it belongs to", () => {
    const conv = composeSynapses(
      [
        {
          kind: "conv2d",
          name: "c",
          inputShape: [4, 3, 3],
          outputShape: [2, 2, 2],
          weight: { shape: [2, 2, 2, 2], data: Float64Array.from({ length: 16 }, (_, i) => i) },
          bias: null,
          stride: [1, 1],
          padding: [
            [0, 0],
            [0, 0],
          ],
          dilation: [1, 1],
          groups: 2,
        },
      ],
      36,
      8,
    );
    expect([...fanInsOf(conv)].map(({ neuron, group, index }) => [neuron, group, [...index]])).toEqual([
      [0, 0, [0, 1, 2, 3, 4, 5, 6, 7]],
      [4, 1, [8, 9, 10, 11, 12, 13, 14, 15]],
    ]);
    const sparse = {
      kind: "sparse" as const,
      from: 2,
      to: 2,
      start: Uint32Array.of(0, 2, 3),
      target: Uint32Array.of(0, 1, 1),
      weight: Float64Array.of(5, 6, 7),
    };
    expect([...fanInsOf(sparse)].map(({ index, feature }) => [[...index], [...feature]])).toEqual([
      [[0], [0]],
      [
        [1, 2],
        [0, 1],
      ],
    ]);
  });
});

/** Mean product over three timesteps. */
function mean(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0) / 3;
}

describe("moments", () => {
  it("gather inputs as the membrane behind them does", () => {
    const network = networkOf(
      [input("in", 2), dense("w", [[1, 1]]), cell("p", { alpha: 0.5, beta: 0.25, threshold: 100 }), output("out")],
      "in w p out",
    );
    const node = network.nodes.find((one): one is PopulationNode => one.kind === "population")!;
    const frames = [
      [1, 0],
      [0, 2],
      [1, 0],
    ];
    const spikes = { start: new Uint32Array(4), neuron: new Uint32Array(0), payload: null };
    const recording: Recording = {
      engine: "none",
      samples: 1,
      steps: 3,
      populations: [{ name: "p", shape: [1], neurons: 1, spikes, traces: new Map() }],
      projections: [],
      outputs: new Map(),
    };
    const calibration: Calibration = { stimuli: stimuliOf({ in: frames }), recording, origin: "here" };
    const synapses = { kind: "dense" as const, from: 2, to: 1, weight: Float64Array.of(1, 1) };
    const path = { from: "in", to: "p", nodes: [], lag: 0, delay: 0 };
    const [moments] = momentsOf(path, synapses, node, calibration)!;
    // Currents 1, 0.5, 1.25 and 0, 2, 1; membranes 1, 0.75, 1.4375 and 0, 2, 1.5.
    const [first, second] = [
      [1, 0.75, 1.4375],
      [0, 2, 1.5],
    ] as const;
    expect([...moments!.products]).toEqual([
      mean(first, first),
      mean(first, second),
      mean(first, second),
      mean(second, second),
    ]);
  });
});
