import { describe, expect, it } from "vitest";
import { broughtBy, inputReach } from "../../src/compile/input-range.ts";
import { readSettings } from "../../src/compile/compile.ts";
import type { Datapath } from "../../src/datapath/datapath.ts";
import { readTarget } from "../../src/files.ts";
import { datapathOf } from "../../src/target/datapaths.ts";
import { loadTarget } from "../../src/target/load.ts";
import { withWidths } from "../../src/target/widths.ts";

function shipped(name: string, asked: Readonly<Record<string, number | string>> = {}) {
  const target = readTarget(name);
  const settings = readSettings(target, asked);
  const sized = withWidths(target, settings);
  return { datapath: datapathOf(sized, sized.datapaths["lif"]!), settings };
}

/** A chip of which only the lines of a timestep matter. */
function chipWith(lines: string): Datapath {
  const text = `
name: test
title: Test
description: Only for this test.
verified: [{ level: property-tests, against: nothing }]
datapaths:
  lif:
    state: { membrane: int16 }
    parameters: { shift: { type: 0..3, default: 0 }, threshold: int16 }
    on spike: |
      input = input + weight
    on timestep: |
${lines.replaceAll(/^/gm, "      ")}
      spike    = membrane > threshold + shift
delivery: { spikes: same-timestep }
weights: { type: int8, bits: 8, encodes: weight * scale, round: nearest }
core: { neurons: { value: 8, source: chosen, confidence: assumption } }
chip: { cores: { value: 1, source: chosen, confidence: assumption } }
`;
  const target = loadTarget(text, "test.yaml", () => "");
  return datapathOf(target, target.datapaths["lif"]!);
}

describe("what one timestep may bring", () => {
  it.each<[string, Record<string, number | string>, number]>([
    ["loihi", {}, 2 ** 21 - 1],
    // Shifted left by 6 before it wraps at 32 bits.
    ["loihi2", {}, 2 ** 25 - 1],
    ["generic-16bit", {}, 2 ** 15 - 1],
    ["generic-16bit", { input_bits: 9, overflow: "wrapping" }, 255],
    ["generic-8bit", {}, Infinity],
  ])("is read from the equations of %s with %o: %d", (name, asked, expected) => {
    const { datapath, settings } = shipped(name, asked);
    expect(inputReach(datapath, settings)).toBe(expected);
  });

  it.each<[string, number]>([
    ["membrane = saturate(input, -100, 99)", 99],
    // Of a register without negative values the half below 0 does not count.
    ["membrane = saturate(input, 0, 99)", 99],
    ["x = input << 2\nmembrane = wrap(x + 1, 16)", 8191],
    // The parameter may be 3.
    ["membrane = wrap(input << shift, 16)", 4095],
    // What a register is added to has the room that the register has.
    ["membrane = saturate(membrane + input, -100, 99)", Infinity],
    // Where the model has a floor is no overflow.
    ["membrane = clamp(input, -100, 99)", Infinity],
    ["membrane = saturate(input, -50, 50)\nmembrane = wrap(old(membrane) + input, 8)", 50],
    ["membrane = input > 20 ? 7 : wrap(input, 8)", 128],
  ])("is read from %s: %d", (lines, expected) => {
    expect(inputReach(chipWith(lines), {})).toBe(expected);
  });

  it("counts what a stored weight becomes on its way", () => {
    const { datapath, settings } = shipped("loihi2");
    const constants = { weight_exp: 3, graded: 1, signs: 0, bits: 8 };
    expect(broughtBy(datapath, settings, constants)).toBe(8);
    expect(broughtBy(datapath, settings, { ...constants, weight_exp: -2, graded: 0 })).toBe(0.25);
    expect(broughtBy(shipped("generic-8bit").datapath, {}, {})).toBe(1);
    expect(broughtBy(chipWith("membrane = saturate(input, -9, 9)"), {}, {})).toBe(1);
  });
});
