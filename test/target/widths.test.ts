import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";
import { withWidths } from "../../src/target/widths.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { mistakeOf } from "../support.ts";

/** A chip whose membrane and threshold are as wide as settings say. */
const adjustable = `
extends: generic-8bit
name: adjustable
settings: { bits: { type: 4..31, default: 16 } }
datapaths:
  lif:
    state:
      membrane: { type: "int[bits]" }
    parameters:
      threshold: { type: "uint[bits]", documented: "uint[bits]" }
    on timestep: |
      low      = -(1 << (bits - 1))
      v        = saturate(((membrane * beta) >> 8) + input + bias, low, -low - 1)
      spike    = v > threshold
      membrane = !spike ? v : subtract ? v - threshold : 0
`;

function load(text: string): Target {
  return loadTarget(text, "test.yaml", (name) => readFileSync(`targets/${name}.yaml`, "utf8"));
}

const parts = [input("in", 2), dense("w", [[1, -1]]), cell("p", { beta: 1, threshold: 1.5 }), output("out")];
const network = networkOf(parts, "in w p out");

describe("a type with the width of a setting", () => {
  it("has the range of the setting's default until something else is asked for", () => {
    const { state, parameters } = load(adjustable).datapaths["lif"]!;
    expect(state["membrane"]).toMatchObject({ low: -32768, high: 32767, width: "bits" });
    expect(parameters["threshold"]).toMatchObject({ low: 0, high: 65535, documented: { low: 0, high: 65535 } });
  });

  it("follows the setting, and everything else stays", () => {
    const chip = load(adjustable);
    const narrow = withWidths(chip, { bits: 9 });
    expect(narrow.datapaths["lif"]!.state["membrane"]).toMatchObject({ low: -256, high: 255 });
    expect(narrow.datapaths["lif"]!.parameters["threshold"]).toMatchObject({ high: 511, documented: { high: 511 } });
    expect(withWidths(narrow)).toEqual(chip);
  });

  it.each([6, 9, 16, 24])("bounds the scale of a network: %i bits", (bits) => {
    const program = compile(network, load(adjustable), { settings: { bits } });
    const { low, high } = program.target.datapaths["lif"]!.state["membrane"]!;
    expect([low, high]).toEqual([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]);
    const threshold = program.populations[0]!.parameters["threshold"]![0]!;
    expect(threshold).toBeGreaterThan(0);
    expect(threshold).toBeLessThan(high);
    expect(openInterpreter(program).step(new Map())).toBeDefined();
  });

  it.each([
    ['"int[bits]" }', '"int[bots]" }', "state.membrane", "the setting bots, which does not exist"],
    ["4..31", "0..31", "state.membrane", "the setting bits of 0..31; it has to be 1..53"],
    ["4..31", "4..32", "parameters.threshold", "the setting bits of 4..32; it has to be 1..31"],
    ["4..31", "4..32", "parameters.threshold.documented", "the setting bits of 4..32; it has to be 1..31"],
  ])("%j for %j is told", (from, to, field, reason) => {
    const issues = mistakeOf(() => load(adjustable.replace(from, to)))?.issues ?? [];
    const told = issues.find(({ place }) => place.field === `datapaths.lif.${field}`);
    expect(told?.message).toContain(reason);
    expect(told?.place).toMatchObject({ file: "test.yaml" });
  });

  it.each([
    ["settings: { bits:", 'settings: { deep: { type: "int[bits]" }, bits:', "settings.deep.type"],
    ["name: adjustable", 'name: adjustable\nweights: { type: "int[bits]" }', "weights.type"],
  ])("is for registers and parameters only: %j", (from, to, field) => {
    const issues = mistakeOf(() => load(adjustable.replace(from, to)))?.issues ?? [];
    expect(issues.map(({ place }) => place.field)).toContain(field);
  });
});
