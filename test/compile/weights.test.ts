import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, readSettings } from "../../src/compile/compile.ts";
import { WeightFormat } from "../../src/compile/weights.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import { readTarget } from "../../src/files.ts";
import type { Target } from "../../src/target/types.ts";
import { codeOf, timestepTargets } from "../support.ts";
import { cell, dense, input, networkOf, output, target } from "./networks.ts";

function formatOf(chip: Target, recipe: string | null = null): WeightFormat {
  const spec = Object.values(chip.datapaths)[0]!;
  const { datapath } = readDatapath(spec, chip.settings);
  return new WeightFormat(chip, datapath!, recipe === null ? null : chip.recipes[recipe]!, readSettings(chip, {}));
}

/** Quantize a row of weights: the integers kept, and what was lost. */
function quantized(
  format: WeightFormat,
  weights: readonly number[],
  scale: number,
  constants: Record<string, number> = {},
) {
  const synapses = { kind: "dense", from: 1, to: weights.length, weight: Float64Array.from(weights) } as const;
  const { synapses: kept, decision } = format.quantize("w", synapses, Float64Array.of(scale), constants, "");
  return { weight: [...kept.weight], decision };
}

describe("weights of generic-8bit", () => {
  const format = formatOf(readTarget("generic-8bit"));

  it("are rounded to the nearest, ties up, and cut at both ends with a count", () => {
    const { weight, decision } = quantized(format, [0.5, -0.5, 1.4, 126.6, 127.6, -128, 0], 1);
    expect(weight).toEqual([1, 0, 1, 127, 127, -127, 0]);
    expect(decision).toMatchObject({ integer: [-127, 127], wanted: [-128, 127.6], saturated: 2, count: 7, error: 1 });
  });
});

function constants(signs: number, bits: number): Record<string, number> {
  return { signs, bits, weight_exp: 0, graded: 0 };
}

describe("weights of loihi2", () => {
  const format = formatOf(readTarget("loihi2"));
  const [mixed, excitatory, inhibitory] = [0, 1, 2];

  it.each([
    // Scale 64 makes one weight LSB one unit; mixed signs leave out the lowest bit.
    [mixed, 8, [1, 2.9, 3.1, -1, -256, 254, 255, 300, -300], [2, 2, 4, 0, -256, 254, 254, 254, -256], 3],
    [excitatory, 8, [0.4, 0.6, 254.6, 255.4, 260], [0, 1, 255, 255, 255], 1],
    [inhibitory, 8, [-0.4, -0.6, -254.4, -255], [0, -1, -254, -255], 0],
    [mixed, 4, [15, 16, 17, -250], [0, 32, 32, -256], 0],
    [excitatory, 1, [63, 64, 200], [0, 128, 128], 1],
  ] as const)("with signs %i and %i bits keep only what the chip stores", (signs, bits, wanted, expected, cut) => {
    const { weight, decision } = quantized(format, wanted, 64, constants(signs, bits));
    expect(weight).toEqual(expected);
    expect(decision.saturated).toBe(cut);
  });

  it("of a recipe are rounded as the recipe says", () => {
    const own = formatOf(readTarget("loihi2"), "nir-paper");
    expect(quantized(own, [0.5, -0.999, 0.009], 16384, constants(mixed, 8)).weight).toEqual([128, -256, 2]);
  });
});

describe("what the compiler offers", () => {
  const names = timestepTargets().map(({ name }) => name);
  it.each(names.filter((name) => !name.startsWith("speck")))("%s stores without loss", (name) => {
    const chip = readTarget(name);
    const format = formatOf(chip);
    const [spec] = Object.values(chip.datapaths);
    const choices = Object.entries(spec!.projection).map(([key, { low, high }]) => ({ key, low, high }));
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), fc.nat(), (picks, pick) => {
        const constants = Object.fromEntries(
          choices.map(({ key, low, high }, i) => [key, low + (picks[i]! % (high - low + 1))]),
        );
        const { low, high } = format.limits(constants);
        const step = format.step(constants);
        fc.pre(low < 0 || high > 0);
        const span = Math.round((high - low) / step) + 1;
        const offered = low + step * (pick % span);
        const wanted = chip.weights.stored === undefined ? offered : offered * 64 * 2 ** (constants["weight_exp"] ?? 0);
        expect(format.stored(offered, constants)).toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("depends on the settings of the chip where its equations do", () => {
    const text = `
extends: generic-8bit
name: narrow
settings: { mode: { values: [wide, narrow] } }
datapaths: { lif: { on load: "stored = mode == narrow ? clamp(weight, -15, 15) : weight" } }`;
    const parts = [input("in", 2), dense("w", [[1, -0.3]]), cell("p", { beta: 0.5 }), output("out")];
    const weightsOf = (mode: string): number[] => {
      const { synapses } = compile(networkOf(parts, "in w p out"), target(text), { settings: { mode } })
        .projections[0]!;
      return [...synapses.weight];
    };
    expect(weightsOf("wide")).toEqual([127, -38]);
    expect(weightsOf("narrow")).toEqual([15, -4]);
  });

  it("has to be something: a chip that keeps no weight whole is refused", () => {
    const text = `
extends: generic-8bit
name: lossy
datapaths: { lif: { on load: stored = weight >> 1 } }`;
    const parts = [input("in", 1), dense("w", [[1]]), cell("p", { beta: 0.5 }), output("out")];
    expect(codeOf(() => compile(networkOf(parts, "in w p out"), target(text)))).toBe("COMPILE_NO_SCALE");
  });
});
