import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadTarget } from "../../src/target/load.ts";
import { findingsOf } from "../../src/target/ranges.ts";
import type { Target } from "../../src/target/types.ts";
import { mistakeOf } from "../support.ts";

const chip = `name: chip
title: A chip
description: For tests.
verified: [{ level: property-tests, against: nothing }]
settings:
  bits: { type: 8..12, default: 12 }
  floor: { values: [none, zero], default: none }
datapaths:
  lif:
    state:
      membrane: int12
      rest: { type: uint4, overflow: stops }
    parameters:
      leak: 0..11
      bias: int8
      threshold: { type: 0..500, documented: 1..500 }
    on load: |
      stored = (weight << bits) >> bits
    on spike: |
      input = input + weight
    on timestep: |
      v        = membrane - (membrane >> leak) + input + bias
      w        = saturate(v, -2048, 2047)
      spike    = div_down(max(w, 0), threshold)
      membrane = w - spike * threshold
      rest     = rest + (floor == zero)
delivery: { spikes: next-timestep }
weights: { type: int8, bits: 8, encodes: weight * scale }
core: { neurons: { value: 16, source: chosen, confidence: assumption } }
chip: { cores: { value: 4, source: chosen, confidence: assumption } }
`;

function load(change: (text: string) => string = (text) => text): Target {
  return loadTarget(change(chip), "chip.yaml", () => null);
}

/** Code, message, line and column of every mistake. */
function mistakesOf(from: string, to: string): string[] {
  expect(chip).toContain(from);
  const found = mistakeOf(() => load((text) => text.replace(from, to)));
  return (found?.issues ?? []).map(({ code, message, place }) => {
    return `${place.line}:${place.column} ${place.field} ${code} ${message}`;
  });
}

describe("a target", () => {
  it("is sound where every register stays in its type while nothing arrives", () => {
    expect(load().name).toBe("chip");
  });

  it.each<[string, string, string]>([
    // A cut that is too wide, or missing.
    ["-2048, 2047)", "-2049, 2047)", "membrane can leave -2048..2047 though nothing arrives: it becomes -2049 with"],
    ["saturate(v, -2048, 2047)", "v", "membrane can leave -2048..2047 though nothing arrives: it becomes "],
    ["membrane = w", "membrane = w - threshold", "membrane can leave -2048..2047"],
    // A register that counts, and says nothing of its end.
    [
      "{ type: uint4, overflow: stops }",
      "uint4",
      "rest can leave 0..15 though nothing arrives: it becomes 16 with rest = 15, floor = zero.",
    ],
    // Operations without a result.
    [", documented: 1..500", "", "div_down(max(w, 0), threshold) has no result with membrane = "],
    ["leak: 0..11", "leak: -1..11", "membrane >> leak has no result with "],
    [
      "(weight << bits) >> bits",
      "weight >> (bits - 9)",
      "weight >> (bits - 9) has no result with bits = 8, weight = 0: the amount is -1.",
    ],
  ])("with %s made %s is refused, with values that do it", (from, to, message) => {
    expect(mistakesOf(from, to).join("\n")).toContain(message);
  });

  it("is told where, inside the equation", () => {
    expect(mistakesOf("-2048, 2047)", "-2049, 2047)")[0]).toMatch(
      /^25:7 datapaths\.lif\.on timestep DATAPATH_LEAVES_TYPE /,
    );
    expect(mistakesOf(", documented: 1..500", "")[0]).toMatch(/^24:18 datapaths\.lif\.on timestep DATAPATH_CAN_FAIL /);
  });

  it("is not refused for what only an input, or no one knows whether anything, does", () => {
    const hard = "(membrane * membrane * membrane + bias * bias * bias == 33 ? 9999 : w - spike * threshold)";
    expect(load((text) => text.replace("-2048, 2047)", "-2048, 2047 + abs(input))")).name).toBe("chip");
    expect(load((text) => text.replace("w - spike * threshold", hard)).name).toBe("chip");
  });

  it("tells all of its mistakes at once", () => {
    const text = chip.replace("-2048, 2047)", "-2049, 2047)").replace("cores: { value: 4", "cores: { value: -4");
    const broken = text.replace("value: -4", "value: 4").replace("encodes: weight", "encodes: wait");
    const codes = mistakeOf(() => loadTarget(broken, "chip.yaml", () => null))!.issues.map(({ code }) => code);
    expect(codes).toEqual(["DATAPATH_QUANTITY", "DATAPATH_LEAVES_TYPE"]);
  });
});

describe("what the types alone say", () => {
  it("tells registers that stay whatever arrives from those that stay while nothing does", () => {
    const open = load((text) =>
      text
        .replace("rest + (floor == zero)", "clamp(input, 0, 15)")
        .replace("saturate(v, -2048, 2047)", "v + bias + input")
        .replace("int12", "{ type: int12, overflow: stops }"),
    );
    expect(findingsOf(load(), "lif").registers).toEqual({ membrane: "always", rest: "not known" });
    expect(findingsOf(open, "lif").registers).toEqual({ membrane: "not known", rest: "always" });
  });

  it("tells cuts and choices that make no difference", () => {
    const idle = load((text) =>
      text.replace(
        "spike    = div_down(max(w, 0), threshold)",
        "spike    = threshold > 0 ? wrap(div_down(max(w, 0), threshold), 13) : 0",
      ),
    );
    expect(findingsOf(idle, "lif").idle).toEqual([
      "on timestep, line 3: threshold > 0 is always so",
      "on timestep, line 3: wrap(div_down(max(w, 0), threshold), 13) never cuts",
    ]);
  });

  it("holds of blocks that several kinds of events run, told in the text in which it stands", () => {
    const text = readFileSync("targets/tinyodin.yaml", "utf8").replace(
      "membrane = fires ? 0 : membrane",
      "membrane = fires ? 0 : membrane - 1",
    );
    const [issue] = mistakeOf(() => loadTarget(text, "x.yaml", () => null))!.issues;
    expect(issue).toMatchObject({ code: "DATAPATH_LEAVES_TYPE", place: { field: "datapaths.lif.on spike, leak" } });
    expect(issue!.message).toContain("it becomes -2049 with membrane = -2048");
  });
});
