import { describe, expect, it } from "vitest";
import { checkBlock, type BlockRules } from "../../src/datapath/check.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import type { DatapathSpec, ParameterSpec } from "../../src/datapath/spec.ts";

const rules: BlockRules = {
  readable: new Set(["input", "decay", "v", "u"]),
  writable: new Set(["v", "u", "spike"]),
  registers: new Set(["v", "u"]),
  result: "spike",
};

/** Codes and places of the mistakes in a block. */
function found(text: string): string[] {
  return checkBlock(parseBlock(text), rules).map(({ code, place }) => `${code} ${place.line}:${place.column}`);
}

describe("names in a block", () => {
  it("locals are assigned once and read afterwards, registers as often as one likes", () => {
    expect(found("a = v + input\nv = a\nv = v - old(v)\nspike = v > decay\nspike = spike && a")).toEqual([]);
  });

  it.each([
    ["spike = w", ["DATAPATH_NAME 1:9"]],
    ["b = a\na = 1\nspike = b", ["DATAPATH_NAME 1:5"]],
    ["a = a + 1\nspike = a", ["DATAPATH_NAME 1:5"]],
    ["v = spike\nspike = 1", ["DATAPATH_NAME 1:5"]],
    ["a = 1\na = 2\nspike = a", ["DATAPATH_ASSIGNED_TWICE 2:1"]],
    ["decay = 1\nspike = 0", ["DATAPATH_NOT_WRITABLE 1:1"]],
    ["spike = 0\n  input = 0", ["DATAPATH_NOT_WRITABLE 2:3"]],
    ["a = 1\nspike = old(a)", ["DATAPATH_OLD 2:9"]],
    ["spike = old(decay)", ["DATAPATH_OLD 1:9"]],
    ["a = 1\nv = 3", ["DATAPATH_NO_RESULT 2:1"]],
    ["", ["DATAPATH_NO_RESULT 1:1"]],
    ["spike = 0 ? w : max(x, y)", ["DATAPATH_NAME 1:13", "DATAPATH_NAME 1:21", "DATAPATH_NAME 1:24"]],
    [
      "decay = w\ndecay = 2",
      ["DATAPATH_NAME 1:9", "DATAPATH_NOT_WRITABLE 1:1", "DATAPATH_ASSIGNED_TWICE 2:1", "DATAPATH_NO_RESULT 2:1"],
    ],
  ])("%j: %j", (text, expected) => expect(found(text)).toEqual(expected));
});

const lif: DatapathSpec = {
  state: { v: { low: -128, high: 127, encodes: "v * scale" } },
  parameters: { decay: { low: 0, high: 255, encodes: "(1 - beta) * 256" }, limit: { low: 0, high: 127 } },
  projection: { gain: { low: 0, high: 7 } },
  inputs: ["input"],
  reset: "zero",
  blocks: {
    "on spike": "total = total + (weight << gain)",
    "on timestep": "v = saturate(v - ((v * decay) >> 8) + input, -128, 127)\nspike = v > limit",
  },
};

function issuesOf(change: Partial<DatapathSpec>, settings: Record<string, ParameterSpec> = {}): string[] {
  const spec = { ...lif, ...change, blocks: { ...lif.blocks, ...change.blocks } };
  return readDatapath(spec, settings).issues.map(({ code, place, message }) => {
    const where = place.line === undefined ? place.field : `${place.field} ${place.line}:${place.column}`;
    return [code, where, /^\S+/.exec(message)![0]].join(" ");
  });
}

describe("a datapath", () => {
  it("without mistakes has none", () => expect(issuesOf({})).toEqual([]));

  it("needs its two blocks", () => {
    const { issues, datapath } = readDatapath({ ...lif, blocks: {} }, {});
    expect(datapath).toBeNull();
    expect(issues.map(({ code }) => code)).toEqual(["DATAPATH_NO_BLOCK", "DATAPATH_NO_BLOCK"]);
  });

  it("gives a mistake in a definition the place where the definition is used", () => {
    const define = "leak(x) = x +\n  unknown";
    const on = "v = 1 +\n  leak(v)\nspike = v + input + decay + limit";
    expect(issuesOf({ blocks: { define, "on timestep": on } })).toEqual(["DATAPATH_NAME on timestep 2:3 unknown"]);
  });

  it.each([
    ["a register", { state: { ...lif.state, w: { low: 0, high: 1 } } }, "DATAPATH_UNUSED state.w No"],
    ["a parameter", { parameters: { ...lif.parameters, w: { low: 0, high: 1 } } }, "DATAPATH_UNUSED parameters.w No"],
    ["a constant", { projection: { ...lif.projection, w: { low: 0, high: 1 } } }, "DATAPATH_UNUSED projection.w No"],
    ["an accumulator", { inputs: ["input", "w"] }, "DATAPATH_UNUSED inputs No"],
  ])("that never uses %s is refused", (_, change, expected) => expect(issuesOf(change)).toEqual([expected]));

  it.each([
    ["a parameter", { parameters: { ...lif.parameters, v: { low: 0, high: 1 } } }, "parameters.v v"],
    ["a constant", { projection: { ...lif.projection, decay: { low: 0, high: 1 } } }, "projection.decay decay"],
    ["an accumulator", { inputs: ["input", "limit"] }, "inputs limit"],
    ["an accumulator twice", { inputs: ["input", "input"] }, "inputs input"],
    ["a register", { state: { ...lif.state, spike: { low: 0, high: 1 } } }, "state.spike spike"],
    ["a register", { state: { ...lif.state, input: { low: 0, high: 1 } }, inputs: ["v"] }, "state.input input"],
    [
      "a parameter",
      { parameters: { ...lif.parameters, timestep: { low: 0, high: 1 } } },
      "parameters.timestep timestep",
    ],
    ["a word", { parameters: { ...lif.parameters, mode: { low: 0, high: 1, words: ["on", "v"] } } }, "state.v v"],
    ["a definition", { blocks: { define: "limit = 3" } }, "define 1:1 limit"],
  ])("in which %s has a name with another meaning is refused", (_, change, expected) => {
    expect(issuesOf(change)).toContain(`DATAPATH_DECLARED_TWICE ${expected}`);
  });

  it("may share a word between two enumerations that give it the same number", () => {
    const [low, high] = [0, 1];
    const on = "total = total + (mode == off ? weight << gain : other)";
    const same = { mode: { low, high, words: ["off", "on"] }, other: { low, high, words: ["off", "half"] } };
    const swapped = { ...same, other: { low, high, words: ["half", "off"] } };
    const blocks = { "on spike": on };
    expect(issuesOf({ projection: { ...lif.projection, ...same }, blocks })).toEqual([]);
    expect(issuesOf({ projection: { ...lif.projection, ...swapped }, blocks })).toEqual([
      "DATAPATH_WORD_AMBIGUOUS projection.other The",
    ]);
  });

  it("may keep its accumulator in a register", () => {
    const blocks = { "on timestep": "v = v - ((v * decay) >> 8)\nspike = v > limit" };
    expect(issuesOf({ inputs: ["v"], blocks })).toEqual([]);
  });

  it.each([
    ["on spike", "total = total + input + gain + v", []],
    ["on spike", "v = 1", ["DATAPATH_NOT_WRITABLE on spike 1:1 v"]],
    ["on spike", "total = timestep", ["DATAPATH_NAME on spike 1:9 timestep"]],
    ["on total", "input = input + (total << gain) + old(v)", []],
    ["on total", "total = 1", ["DATAPATH_NOT_WRITABLE on total 1:1 total"]],
    ["on total", "input = weight", ["DATAPATH_NAME on total 1:9 weight"]],
    ["on timestep", "v = timestep + gain\nspike = decay + limit + input", ["DATAPATH_NAME on timestep 1:16 gain"]],
    ["on load", "stored = weight >> gain", []],
    ["on load", "stored = v", ["DATAPATH_NAME on load 1:10 v"]],
    ["on load", "stored = old(v)", ["DATAPATH_OLD on load 1:10 old(v)"]],
    ["on load", "x = weight", ["DATAPATH_NO_RESULT on load 1:1 The"]],
  ])("%s: %j", (block, text, expected) => {
    const got = issuesOf({ blocks: { [block]: text } }).filter((issue) => !issue.startsWith("DATAPATH_UNUSED"));
    expect(got).toEqual(expected);
  });

  it("knows its settings in every block", () => {
    const settings = { mode: { low: 0, high: 1, words: ["plain", "wide"] } };
    const blocks = { "on load": "stored = mode == wide ? weight : 0", "on spike": "total = total + mode + gain" };
    expect(issuesOf({ blocks }, settings)).toEqual([]);
    expect(issuesOf({}, { v: { low: 0, high: 1 } })).toEqual(["DATAPATH_DECLARED_TWICE state.v v"]);
  });

  it.each([
    ["(1 - beta) * 256 / alpha + threshold + bias + subtract + scale", []],
    ["(1 - beat)", ["DATAPATH_QUANTITY parameters.decay.encodes 1:6 beat"]],
    ["(1 - limit)", ["DATAPATH_QUANTITY parameters.decay.encodes 1:6 limit"]],
    ["weight", ["DATAPATH_QUANTITY parameters.decay.encodes 1:1 weight"]],
    ["1 +", ["DATAPATH_SYNTAX parameters.decay.encodes 1:4 Found"]],
    ["wrap(1, 2)", ["DATAPATH_FUNCTION parameters.decay.encodes 1:1 There"]],
  ])("a parameter that encodes %j", (encodes, expected) => {
    expect(issuesOf({ parameters: { ...lif.parameters, decay: { low: 0, high: 255, encodes } } })).toEqual(expected);
  });

  it("an exponent that the compiler chooses may stand in another parameter's encoding", () => {
    const on = "v = v - ((v * (decay << e)) >> 8) + input\nspike = v > limit";
    const decay = { low: 0, high: 255, encodes: "beta / pow2(e)" };
    const parameters = { ...lif.parameters, decay, e: { low: 0, high: 7, chosen: "exponent" as const } };
    expect(issuesOf({ parameters, blocks: { "on timestep": on } })).toEqual([]);
  });

  it.each([
    ["v * scale", []],
    ["w * scale", ["DATAPATH_QUANTITY state.v.encodes 1:1 w"]],
    ["v * beta", ["DATAPATH_QUANTITY state.v.encodes 1:5 beta"]],
  ])("a register that encodes %j", (encodes, expected) => {
    expect(issuesOf({ state: { v: { low: -128, high: 127, encodes } } })).toEqual(expected);
  });
});
