/** Recipes as data: what others load, from a network and lines in a target. Vectors are compared in the conformance suite. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import { readTarget } from "../../src/files.ts";
import type { Target } from "../../src/target/types.ts";
import { cell, dense, input, networkOf, output, target } from "./networks.ts";
import { readNir } from "../../src/formats/nir.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import { golden as bytesOf, mistakeOf } from "../support.ts";

/** generic-8bit with one more recipe, called `own`. */
function withRecipe(lines: string): Target {
  const recipe = lines.replaceAll(/^/gm, "    ");
  return target(`extends: generic-8bit\nname: chip\nrecipes:\n  own:\n    description: d\n    source: s\n${recipe}`);
}

const twoWays = networkOf(
  [
    input("a", 2),
    input("b", 1),
    dense("wide", [
      [1, -0.5],
      [0.25, 2],
    ]),
    dense("narrow", [[0.125], [-0.25]]),
    cell("p", { threshold: [3, 5], leak: [0.5, -1] }),
    output("out"),
  ],
  "a wide p out",
  "b narrow p",
);

function weightsOf({ projections }: Program, name: string): number[] {
  return [...projections.find((one) => one.name === name)!.synapses.weight];
}

describe("a recipe", () => {
  it("knows the smallest and largest quantities of a population", () => {
    const chip = withRecipe(`on population: |
  most  = max(abs(lowest_weight), abs(highest_weight))
  scale = 100 * most + highest_threshold + 10 * lowest_threshold + 0.5 * highest_bias + lowest_beta
parameters:
  weight: { encodes: weight * 40 / most, round: nearest }`);
    const program = compile(twoWays, chip, { recipe: "own" });
    expect([...program.populations[0]!.scale!]).toEqual([100 * 2 + 5 + 10 * 3 + 0.25 + 1]);
    expect(weightsOf(program, "wide")).toEqual([20, 5, -10, 40]);
    expect(weightsOf(program, "narrow")).toEqual([3, -5]);
  });

  it("sets constants of a projection from its own weights", () => {
    const chip = target(`extends: loihi2
name: chip
recipes:
  own:
    description: d
    source: s
    on population: |
      exponent = 6
      scale    = 1024 * highest_weight
    parameters:
      weight_exp: { encodes: "exponent + log2(max(abs(lowest_weight), highest_weight))", round: down }`);
    const { projections } = compile(twoWays, chip, { recipe: "own" });
    expect(projections.map(({ parameters }) => parameters["weight_exp"])).toEqual([7, 4]);
  });

  it("may ask for float32 in every operation", () => {
    const lines = "on population: scale = 1 / highest_weight * 49";
    const network = networkOf([input("a", 1), dense("w", [[49]]), cell("p"), output("out")], "a w p out");
    // 1 / 49 * 49 falls below 1 in float64 and not in float32.
    const scaleOf = (more: string): number =>
      compile(network, withRecipe(more + lines), { recipe: "own" }).populations[0]!.scale![0]!;
    expect([scaleOf(""), scaleOf("arithmetic: float32\n")]).toEqual([(1 / 49) * 49, 1]);
    expect((1 / 49) * 49).toBeLessThan(1);
  });

  it("without a scale of its own leaves it to the compiler", () => {
    const chip = withRecipe("parameters: { threshold: { encodes: threshold * scale, round: down } }");
    const [own, usual] = [compile(twoWays, chip, { recipe: "own" }), compile(twoWays, chip)];
    // The largest weight, 2, fills its width; without a recipe a scale is looked for at which no weight is rounded.
    expect(own.populations[0]!.scale).toEqual(Float64Array.of(63.5));
    expect([...usual.populations[0]!.scale!]).toEqual([64, 32]);
    expect(own.decisions).not.toEqual(usual.decisions);
  });

  it("that comes to no scale is a mistake", () => {
    const chip = withRecipe("on population: scale = 1 / highest_alpha");
    expect(mistakeOf(() => compile(twoWays, chip, { recipe: "own" }))?.code).toBe("COMPILE_NO_SCALE");
  });
});

describe("what a chip makes of a parameter on load", () => {
  it("is what the program holds, and its loss is told", () => {
    const network = networkOf(
      [input("a", 1), dense("w", [[1]]), cell("p", { threshold: 0.77 }), output("out")],
      "a w p out",
    );
    const { populations, decisions } = compile(network, readTarget("loihi"));
    const threshold = populations[0]!.parameters["threshold"]![0]!;
    expect(threshold % 64).toBe(0);
    const told = decisions.find(({ parameter }) => parameter === "threshold")!;
    expect(told.integer).toEqual([threshold, threshold]);
    expect(told.error).toBeGreaterThan(0.5);
    expect(told.error).toBeLessThanOrEqual(32.5);
  });
});

describe("a lower bound of the membrane", () => {
  const bounded = networkOf(
    [input("a", 1), dense("w", [[1]]), cell("p", { lowerBound: -2, threshold: 3 }), output("out")],
    "a w p out",
  );

  it("is loaded where the chip has one", () => {
    const { populations } = compile(bounded, readTarget("speck"));
    const { threshold, lower_bound: bound } = populations[0]!.parameters;
    expect(bound![0]! / threshold![0]!).toBeCloseTo(-2 / 3, 2);
  });

  it("is refused where it has none, with what to do", () => {
    const mistake = mistakeOf(() => compile(bounded, readTarget("generic-8bit")))!;
    expect(mistake.code).toBe("COMPILE_UNSUPPORTED");
    expect(mistake.message).toContain("lower bound of the membrane");
    expect(mistake.hint).toContain("lower bound");
  });

  it("keeps what can gather below zero within a register", () => {
    expect(down().warnings.map(({ code }) => code)).toContain("COMPILE_MAY_SATURATE");
    expect(down(-5).warnings).toEqual([]);
  });
});

/** One neuron that is only ever driven down. */
function down(lowerBound?: number): Program {
  const own = lowerBound === undefined ? {} : { lowerBound };
  const nodes = [input("a", 1), dense("w", [[-1]]), cell("p", { threshold: 3, ...own }), output("out")];
  return compile(networkOf(nodes, "a w p out"), readTarget("loihi"));
}

interface Layers {
  readonly layers: readonly { readonly weight_oihw: unknown }[];
}

function golden(file: string): unknown {
  return JSON.parse(readFileSync(`test/golden/speck/${file}`, "utf8"));
}

describe("sinabs' recipe on the convolutional network of the NIR paper", () => {
  it("gives the integers of sinabs' own import", async () => {
    const { network: read } = await readNir(bytesOf("models/nir-paper/02_cnn/scnn_mnist.nir"));
    const { network } = discretize(read, { ...defaultTime, reset: "subtract" });
    const { populations, projections, warnings } = compile(network, readTarget("speck"), { recipe: "sinabs" });
    const { layers } = golden("scnn_mnist_params.json") as Layers;
    const { cases } = golden("scnn_mnist.json") as {
      cases: { params: { layers: { threshold: number; min_v_mem: number }[] } }[];
    };
    const wanted = cases[0]!.params.layers;
    expect(populations.map(({ parameters }) => parameters["threshold"]![0])).toEqual(
      wanted.map((one) => one.threshold),
    );
    expect(populations.map(({ parameters }) => parameters["lower_bound"]![0])).toEqual(
      wanted.map((one) => one.min_v_mem),
    );
    for (const [i, { synapses }] of projections.entries()) {
      expect(distinct([...synapses.weight])).toEqual(distinct((layers[i]!.weight_oihw as number[]).flat(3)));
    }
    expect(warnings).toEqual([]);
  });
});

/** How often each number occurs, in shares, so that repetition by a pool does not matter. */
function distinct(values: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1 / values.length;
  return Object.fromEntries(Object.entries(counts).map(([value, share]) => [value, Number(share.toFixed(9))]));
}
