import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readTarget, targetNames } from "../../src/files.ts";
import { loadTarget } from "../../src/target/load.ts";
import { mistakeOf } from "../support.ts";

const chip = `name: chip
title: A chip
description: For tests.
verified:
  - { level: property-tests, against: nothing }
settings:
  mode: { values: [plain, odd], default: plain }
datapaths:
  lif:
    state:
      membrane: { type: int16, encodes: membrane * scale }
    parameters:
      beta: { type: 0..256, encodes: beta * 256, round: nearest }
      threshold: { type: uint15, documented: uint12, encodes: threshold * scale }
      bias: { type: int16, encodes: bias * scale / pow2(exponent), default: 0 }
      exponent: { type: 0..7, chosen: exponent }
    projection:
      shift: { type: 0..3, chosen: exponent }
      signs: { values: [mixed, excitatory, inhibitory], chosen: signs }
      graded: { type: uint1, chosen: graded }
    define: |
      leak(x) = (x * beta) >> 8
    on load: |
      stored = signs == mixed ? weight : mode == odd ? weight + 1 : weight
    on spike: |
      total = total + (graded ? weight * payload : weight)
    on total: |
      input = input + (total << shift)
    on timestep: |
      v        = saturate(leak(membrane) + input + (bias << exponent), -32768, 32767)
      spike    = v > threshold

      membrane = spike ? 0 : v
delivery: { spikes: next-timestep, delays: 0..15, payload-bits: 8 }
weights:
  type: -127..127
  bits: 8
  encodes: weight * scale / pow2(shift)
  step: 1 << (signs == mixed)
core:
  neurons: { value: 16, source: chosen, confidence: assumption }
  synapse-memory: { value: 2, unit: KiB, source: chosen, confidence: assumption }
chip:
  cores: { value: 4, source: chosen, confidence: assumption }
energy:
  basis: published
  of: chip
  synop: { low: 1, typical: 2, high: 3, unit: pJ, source: nobody, confidence: assumption }
recipes:
  usual:
    description: As usual
    source: nobody
    scale: 100
    parameters:
      weight: { encodes: weight * 256, round: down }
      beta: 255
      bias: { encodes: bias * scale, round: nearest }
      shift: 0
`;

const noBase = (): null => null;

/** Every mistake in a file: code, line, column, field. */
function mistakesIn(text: string, readBase: (name: string) => string | null = noBase): string[] {
  const error = mistakeOf(() => loadTarget(text, "chip.yaml", readBase));
  if (error === undefined) return [];
  const all = error.issues.length > 0 ? error.issues : [error];
  return all.map(({ code, place }) => {
    return `${code} ${place.file}:${place.line}:${place.column} ${place.field ?? ""}`.trim();
  });
}

/** The same after one edit of the text, which has to be there. */
function edited(from: string, to: string): string[] {
  if (!chip.includes(from)) throw new Error(`the chip has no ${from}`);
  return mistakesIn(chip.replace(from, to));
}

/** Line and column of a piece of text. */
function placeOf(piece: string, text: string = chip): string {
  if (!text.includes(piece)) throw new Error(`nowhere: ${piece}`);
  const before = text.slice(0, text.indexOf(piece)).split("\n");
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

describe("a target file", () => {
  it("without mistakes loads", () => expect(mistakesIn(chip)).toEqual([]));

  it.each(targetNames())("%s, which comes with the package, loads", (name) => {
    expect(readTarget(name).name).toBe(name);
  });

  it("has its types, words and defaults as numbers", () => {
    const { datapaths, settings, delivery } = loadTarget(chip, "chip.yaml", noBase);
    const { state, parameters, projection } = datapaths["lif"]!;
    expect(state["membrane"]).toMatchObject({ low: -32768, high: 32767 });
    expect(parameters["threshold"]).toMatchObject({ low: 0, high: 32767, documented: { low: 0, high: 4095 } });
    expect(projection["signs"]).toMatchObject({ low: 0, high: 2, words: ["mixed", "excitatory", "inhibitory"] });
    expect(settings["mode"]).toMatchObject({ low: 0, high: 1, default: 0 });
    expect(delivery).toEqual({ spikes: "next-timestep", delays: [0, 15], payloadBits: 8 });
  });

  it("says everything that is wrong at once", () => {
    const text = chip
      .replace("title: A chip\n", "")
      .replace("bits: 8\n  encodes", "bits: many\n  encodes")
      .replace("spikes: next-timestep", "spikes: whenever")
      .replace("core:\n", "cores: 3\ncore:\n");
    expect(mistakesIn(text)).toEqual([
      "TARGET_FIELD chip.yaml:1:1 title",
      `TARGET_FIELD chip.yaml:${placeOf("whenever", text)} delivery.spikes`,
      `TARGET_FIELD chip.yaml:${placeOf("many", text)} weights.bits`,
      `TARGET_FIELD chip.yaml:${placeOf("3\ncore", text)} cores`,
    ]);
  });

  it.each(["name", "title", "description", "verified", "datapaths", "delivery", "weights", "core", "chip"])(
    "needs %s",
    (field) => {
      const lines = chip.split("\n");
      const from = lines.findIndex((line) => line.startsWith(`${field}:`));
      const to = lines.findIndex((line, index) => index > from && /^\S/.test(line));
      const text = [...lines.slice(0, from), ...lines.slice(to)].join("\n");
      expect(mistakesIn(text)).toEqual([`TARGET_FIELD chip.yaml:1:1 ${field}`]);
    },
  );

  it.each([
    ["bits: 8\n  encodes", "encodes", "type: -127", "weights.bits"],
    ["  neurons: { value: 16, source: chosen, confidence: assumption }\n", "", "synapse-memory: {", "core.neurons"],
    ["value: 16, source", "value: 16.5, source", "16.5", "core.neurons.value"],
    ["unit: KiB", "unit: kilobytes", "kilobytes", "core.synapse-memory.unit"],
    ["type: int16, encodes: m", "type: int99, encodes: m", "int99", "datapaths.lif.state.membrane.type"],
    ["round: nearest }", "round: up }", "up }", "datapaths.lif.parameters.beta.round"],
    ["{ type: 0..256, encodes: b", "{ encodes: b", "{ encodes: b", "datapaths.lif.parameters.beta"],
    ["values: [plain, odd]", "type: uint1, values: [plain, odd]", "{ type: uint1, values", "settings.mode"],
    ["default: plain }", "default: even }", "even }", "settings.mode.default"],
    ["7, chosen: exponent", "7, chosen: signs", "signs }\n    proj", "datapaths.lif.parameters.exponent.chosen"],
    ["values: [mixed, e", "encodes: x, values: [mixed, e", "x, values", "datapaths.lif.projection.signs.encodes"],
    ["values: [plain, odd]", "chosen: graded, values: [plain, odd]", "graded, values", "settings.mode.chosen"],
    ["level: property-tests", "level: hearsay", "hearsay", "verified.0.level"],
    ["name: chip", "name: My Chip", "My", "name"],
    ["delays: 0..15", "delays: 15", "15, pay", "delivery.delays"],
    ["unit: pJ", "unit: nJ", "nJ", "energy.synop.unit"],
    ["recipes:", "noc: ring\nrecipes:", "ring", "noc"],
    ["recipes:", "latency: { spike: fast }\nrecipes:", "fast", "latency.spike"],
    ["define: |\n      leak(x) = (x * beta) >> 8", "define: 8", "8\n    on load", "datapaths.lif.define"],
  ])("wrong form: %j for %j", (from, to, piece, field) => {
    const text = chip.replace(from, to);
    expect(mistakesIn(text)).toEqual([`TARGET_FIELD chip.yaml:${placeOf(piece, text)} ${field}`]);
  });

  it("that is no map of fields is told so", () => {
    expect(mistakesIn("")).toEqual(["TARGET_FIELD chip.yaml:undefined:undefined"]);
    expect(mistakesIn("- 1\n- 2")).toEqual(["TARGET_FIELD chip.yaml:1:1"]);
  });
});

describe("YAML that means something else than it seems", () => {
  it.each([
    ["encodes: beta * 256", "encodes: !beta * 256", "13:44"],
    ["encodes: beta * 256", "encodes: beta: 256", "13:38"],
    ["title: A chip", "title: A chip: the best", "2:8"],
    ["title: A chip", "title: A\ntitle: B", "3:1"],
    ["title: A chip", "title: [A", "3:1"],
    ["title: A chip", "\ttitle: A", "2:1"],
  ])("%j for %j", (from, to, expected) => {
    expect(edited(from, to)[0]).toBe(`TARGET_YAML chip.yaml:${expected}`);
  });

  it.each(["title: *missing", "title: &a [*a]", `a: &a [x]\nb: &b [${"*a,".repeat(50)}]\nc: [${"*b,".repeat(50)}]`])(
    "aliases that lead nowhere or everywhere: %s",
    (line) => expect(edited("title: A chip", line)[0]).toMatch(/^TARGET_(YAML|FIELD) chip.yaml/),
  );

  it("a mistake behind an alias is shown where its text stands", () => {
    const text = chip
      .replace(
        "on total: |\n      input = input + (total << shift)",
        "on total: &sum |\n      input = input + (total << shfit)",
      )
      .replace(
        "delivery:",
        "  other:\n    projection: { shift: 0..3, signs: uint2 }\n    on spike: *sum\n    on timestep: spike = input\ndelivery:",
      )
      .replace("weight * scale / pow2(shift)", "weight * scale")
      .replace("shift: { type: 0..3, chosen: exponent }", "shift: 0..3")
      .replace("1 << (signs == mixed)", "1 << signs");
    const place = placeOf("shfit", text);
    expect(mistakesIn(text)).toEqual([
      `DATAPATH_NAME chip.yaml:${place} datapaths.lif.on total`,
      `DATAPATH_NAME chip.yaml:${place} datapaths.other.on spike`,
    ]);
  });
});

describe("a mistake inside an equation has its place in the file", () => {
  it.each([
    ["in a block", "spike    = v > threshold", "spike    = v > thershold", "thershold"],
    ["after an empty line", "membrane = spike ? 0 : v", "membrane = spike ? 0 : w", "w\ndelivery"],
    ["in the first line", "total = total + (graded", "total = totl + (graded", "totl"],
    ["in a definition used there", "leak(x) = (x * beta) >> 8", "leak(x) = (x * bta) >> 8", "leak(membrane)"],
  ])("%s", (_, from, to, piece) => {
    const text = chip.replace(from, to);
    expect(mistakesIn(text)[0]).toContain(`chip.yaml:${placeOf(piece, text)} `);
  });

  it.each([
    ["plain", "on spike: total = total + wieght"],
    ["in double quotes", 'on spike: "total = total + wieght"'],
    ["in single quotes", "on spike: 'total = total + wieght'"],
    ["in a block", "on spike: |\n      total = total + wieght"],
    ["in a block that begins with a comment", "on spike: |\n\n      # first\n      total = total + wieght"],
    ["in a block with its own indentation", "on spike: |2\n        total = total + wieght"],
    ["in a block that keeps its end", "on spike: |+\n      total = total + wieght\n\n"],
    ["in a block with tabs", "on spike: |\n      total\t=\ttotal + wieght"],
    ["in a block, continued", "on spike: |\n      total = total +\n        (graded ? payload : 1) * wieght"],
  ])("%s", (_, equations) => {
    const was = /on spike: \|\n.*\n/.exec(chip)![0];
    const text = chip.replace(was, `${equations}\n`);
    const issue = mistakesIn(text).find((one) => one.startsWith("DATAPATH_NAME"));
    expect(issue).toBe(`DATAPATH_NAME chip.yaml:${placeOf("wieght", text)} datapaths.lif.on spike`);
  });

  it("the place of the whole text where letters do not stand one to one in the file", () => {
    const was = /on spike: \|\n.*\n/.exec(chip)![0];
    for (const written of [
      '"total = total\\x20+ wieght"',
      '"total = total\n        + wieght"',
      ">\n      total = total\n      + wieght",
    ]) {
      const text = chip.replace(was, `on spike: ${written}\n`);
      const issue = mistakesIn(text).find((one) => one.startsWith("DATAPATH_NAME"));
      expect(issue).toBe(`DATAPATH_NAME chip.yaml:${placeOf(written, text)} datapaths.lif.on spike`);
    }
  });

  it("with Windows line ends too", () => {
    const text = chip.replace("spike    = v > threshold", "spike    = v > thershold").replaceAll("\n", "\r\n");
    expect(mistakesIn(text)[0]).toContain(`chip.yaml:${placeOf("thershold", text)} `);
  });

  it.each([
    ["encodes: beta * 256", "encodes: beat * 256", "DATAPATH_QUANTITY", "beat", "parameters.beta.encodes"],
    ["encodes: beta * 256", "encodes: '1 + beat'", "DATAPATH_QUANTITY", "beat", "parameters.beta.encodes"],
    ["encodes: beta * 256", "encodes: beta 256", "DATAPATH_SYNTAX", "256, round", "parameters.beta.encodes"],
    ["encodes: membrane * scale", "encodes: membrane * beta", "DATAPATH_QUANTITY", "beta }", "state.membrane.encodes"],
  ])("%j for %j", (from, to, code, piece, field) => {
    const text = chip.replace(from, to);
    expect(mistakesIn(text)).toContain(`${code} chip.yaml:${placeOf(piece, text)} datapaths.lif.${field}`);
  });
});

describe("fields that contradict each other", () => {
  it.each([
    [
      "type: int16, encodes: membrane",
      "type: 5..-5, encodes: membrane",
      "TARGET_RANGE",
      "datapaths.lif.state.membrane",
    ],
    ["type: 0..7, chosen", "type: 7..0, chosen", "TARGET_RANGE", "datapaths.lif.parameters.exponent"],
    ["type: -127..127", "type: 127..-127", "TARGET_RANGE", "weights.type"],
    [
      "type: uint15, documented",
      "type: 0..4294967295, documented",
      "TARGET_FIELD",
      "datapaths.lif.parameters.threshold",
    ],
    [
      "{ type: int16, encodes: m",
      "{ type: 0..9999999999999999999, encodes: m",
      "TARGET_FIELD",
      "datapaths.lif.state.membrane",
    ],
    ["documented: uint12", "documented: uint16", "TARGET_FIELD", "datapaths.lif.parameters.threshold.documented"],
    ["documented: uint12", "documented: 9..3", "TARGET_RANGE", "datapaths.lif.parameters.threshold.documented"],
    ["default: 0 }", "default: 40000 }", "TARGET_FIELD", "datapaths.lif.parameters.bias.default"],
    ["/ pow2(exponent)", "", "TARGET_FIELD", "datapaths.lif.parameters.exponent.chosen"],
    ["/ pow2(shift)", "", "TARGET_FIELD", "datapaths.lif.projection.shift.chosen"],
    [
      "values: [mixed, excitatory, inhibitory]",
      "values: [mixed, positive]",
      "TARGET_FIELD",
      "datapaths.lif.projection.signs.chosen",
    ],
    ["graded: { type: uint1", "graded: { type: 2..3", "TARGET_FIELD", "datapaths.lif.projection.graded.chosen"],
    ["encodes: weight * scale /", "encodes: weight * scale * scale /", "TARGET_FIELD", "weights.encodes"],
    ["encodes: weight * scale /", "encodes: weight * scale + 1 /", "TARGET_FIELD", "weights.encodes"],
    ["encodes: weight * scale /", "encodes: 0 - weight * scale /", "TARGET_FIELD", "weights.encodes"],
    ["encodes: weight * scale /", "encodes: floor(weight) * scale /", "TARGET_FIELD", "weights.encodes"],
    ["encodes: weight * scale /", "encodes: weight * beta /", "DATAPATH_QUANTITY", "weights.encodes"],
    [
      "encodes: membrane * scale",
      "encodes: membrane * scale + 3",
      "TARGET_FIELD",
      "datapaths.lif.state.membrane.encodes",
    ],
    ["encodes: membrane * scale", "encodes: membrane", "TARGET_FIELD", "datapaths.lif.state.membrane.encodes"],
    ["step: 1 << (signs", "step: 1 << (sings", "DATAPATH_QUANTITY", "weights.step"],
    ["step: 1 << (signs == mixed)", "step: 1 << 2 + 1", "DATAPATH_SHIFT_MIXED", "weights.step"],
    ["step: 1 << (signs == mixed)", "step: beta", "DATAPATH_QUANTITY", "weights.step"],
    ["delays: 0..15", "delays: 9..3", "TARGET_RANGE", "delivery.delays"],
    ["delays: 0..15", "delays: 0..99999999", "TARGET_FIELD", "delivery.delays"],
    ["delays: 0..15", "delays: 0..15, at-most: { spikes: 3 }", "TARGET_FIELD", "delivery.at-most"],
    ["    define: |", "    forward: { at-most: 3 }\n    define: |", "DATAPATH_FORWARD", "datapaths.lif.forward"],
    ["    define: |", "    forward: { at-most: 0 }\n    define: |", "TARGET_FIELD", "datapaths.lif.forward.at-most"],
    [
      "encodes: beta * 256, ",
      "encodes: beta * 256, decodes: beta / 128, ",
      "TARGET_FIELD",
      "datapaths.lif.parameters.beta.decodes",
    ],
    [
      "encodes: beta * 256, ",
      "encodes: beta * 256, decodes: bta, ",
      "DATAPATH_QUANTITY",
      "datapaths.lif.parameters.beta.decodes",
    ],
    [
      "documented: uint12, ",
      "documented: uint12, decodes: threshold, ",
      "TARGET_FIELD",
      "datapaths.lif.parameters.threshold.decodes",
    ],
    ["    define: |", "    charge: alpha / (1 - alpha)\n    define: |", "TARGET_FIELD", "datapaths.lif.charge"],
    ["    define: |", "    charge: beta\n    define: |", "DATAPATH_QUANTITY", "datapaths.lif.charge"],
    ["    define: |", "    active: busy\n    define: |", "TARGET_FIELD", "datapaths.lif.active"],
    ["synop: { low: 1", "axon-out: { low: 4", "TARGET_FIELD", "energy.axon-out"],
    [
      "recipes:",
      "noc: { topology: mesh, routing: x-then-y, tiles: by-row, width: &one { value: 1, source: chosen, confidence: assumption }, height: *one, cores-per-tile: *one }\nrecipes:",
      "TARGET_FIELD",
      "noc",
    ],
    ["    define: |", "    role: inner\n    define: |", "TARGET_FIELD", "datapaths.lif.role"],
    ["    define: |", "    fires: twice\n    define: |", "TARGET_FIELD", "datapaths.lif.fires"],
    [
      "core:\n",
      "core:\n  kinds: { soma: { neurons: { value: 3, source: chosen, confidence: assumption } } }\n",
      "TARGET_FIELD",
      "core.kinds.soma",
    ],
    [
      "core:\n",
      "core:\n  shared: true\n  axons: { value: 3, source: chosen, confidence: assumption }\n",
      "TARGET_FIELD",
      "core.shared",
    ],
    [
      "core:\n",
      "core:\n  constants: { some: { of: [threshold, weight], most: { value: 3, source: chosen, confidence: assumption } } }\n",
      "TARGET_FIELD",
      "core.constants.some.of.1",
    ],
    [
      "chip:\n",
      "chip:\n  systems: [{ name: board, chips: { value: 1, source: chosen, confidence: assumption } }]\n",
      "TARGET_FIELD",
      "chip.systems.0.chips",
    ],
    ["delays: 0..15", "delays: 0..15, inputs: at-once", "TARGET_FIELD", "delivery.inputs"],
    ["delays: 0..15", "delays: 0..15, order: inputs-last", "TARGET_FIELD", "delivery.order"],
    ["low: 1, typical: 2", "low: 2, typical: 1", "TARGET_FIELD", "energy.synop"],
    [
      "weight: { encodes: weight * 256",
      "weight: { encodes: weight *",
      "DATAPATH_SYNTAX",
      "recipes.usual.parameters.weight.encodes",
    ],
    [
      "weight: { encodes: weight * 256",
      "weight: { encodes: weight * weight",
      "TARGET_FIELD",
      "recipes.usual.parameters.weight.encodes",
    ],
    ["weight: { encodes: weight * 256, round: down }", "weight: 3", "TARGET_FIELD", "recipes.usual.parameters.weight"],
    ["    scale: 100\n", "", "TARGET_FIELD", "recipes.usual.parameters.weight.encodes"],
    ["beta: 255", "beta: 257", "TARGET_FIELD", "recipes.usual.parameters.beta"],
    ["beta: 255", "gamma: 255", "TARGET_RECIPE", "recipes.usual.parameters.gamma"],
    [
      "bias: { encodes: bias * scale, r",
      "bias: { encodes: bais * scale, r",
      "DATAPATH_QUANTITY",
      "recipes.usual.parameters.bias.encodes",
    ],
    [
      "shift: 0\n",
      "shift: { encodes: scale, round: down }\n",
      "DATAPATH_QUANTITY",
      "recipes.usual.parameters.shift.encodes",
    ],
    [
      "shift: 0\n",
      "shift: { encodes: highest_weight, round: down, step: 1 << 1 }\n",
      "TARGET_FIELD",
      "recipes.usual.parameters.shift",
    ],
    [
      "round: down }\n",
      "round: down, step: 1 << sings }\n",
      "DATAPATH_QUANTITY",
      "recipes.usual.parameters.weight.step",
    ],
    ["scale: 100\n", "scale: 100\n    on population: scale = 2\n", "TARGET_FIELD", "recipes.usual.scale"],
    ["scale: 100\n", "on population: scale = beta\n", "DATAPATH_NAME", "recipes.usual.on population"],
    ["scale: 100\n", "on population: size = 2\n", "DATAPATH_NO_RESULT", "recipes.usual.on population"],
    ["scale: 100\n", "scale: 100\n    define: f(x) = wrap(x, 2)\n", "DATAPATH_FUNCTION", "recipes.usual.define"],
    ["scale: 100\n", "scale: 100\n    define: exp(x) = x\n", "DATAPATH_DECLARED_TWICE", "recipes.usual.define"],
    [
      "beta * 256, round: nearest }",
      'beta * 256, on load: "stored = bias" }',
      "DATAPATH_NAME",
      "datapaths.lif.parameters.beta.on load",
    ],
    [
      "beta * 256, round: nearest }",
      'beta * 256, on load: "kept = beta" }',
      "DATAPATH_NO_RESULT",
      "datapaths.lif.parameters.beta.on load",
    ],
    ["values: [plain, odd]", "values: [plain, membrane]", "DATAPATH_DECLARED_TWICE", "datapaths.lif.state.membrane"],
  ])("%j for %j", (from, to, code, field) => {
    const found = edited(from, to);
    expect(found.map((one) => one.replace(/chip\.yaml:\d+:\d+ /, ""))).toContain(`${code} ${field}`);
  });

  it("a recipe may work out numbers once per population and use them everywhere", () => {
    const lines =
      "define: |\n      half(x) = x / 2\n    on population: |\n      most  = half(highest_weight)\n      scale = 100 / most\n";
    const text = chip
      .replace("scale: 100\n", lines)
      .replace("weight * 256", "float32(weight / most) * 256")
      .replace("shift: 0\n", 'shift: { encodes: "half(highest_weight) < most", round: down }\n');
    expect(mistakesIn(text)).toEqual([]);
    const recipe = loadTarget(text, "chip.yaml", noBase).recipes["usual"]!;
    expect(recipe.population).toBe("most  = half(highest_weight)\nscale = 100 / most\n");
  });

  it("two exponents of one projection are one too many", () => {
    const text = chip
      .replace("shift: { type", "more: { type: 0..3, chosen: exponent }\n      shift: { type")
      .replace("pow2(shift)", "pow2(shift + more)")
      .replace("(total << shift)", "(total << (shift + more))");
    expect(mistakesIn(text)).toEqual([`TARGET_FIELD chip.yaml:${placeOf("more", text)} datapaths.lif.projection`]);
  });

  it("each is told once, however many datapaths there are", () => {
    const text = chip
      .replace(
        "delivery:",
        "  copy:\n    projection: { shift: uint2 }\n    on spike: total = shift\n    on timestep: spike = input\ndelivery:",
      )
      .replace("weight * scale / pow2(shift)", "weight * scale * scale");
    expect(mistakesIn(text).filter((one) => one.includes("weights.encodes"))).toHaveLength(1);
  });
});

describe("a target that extends another", () => {
  const bases: Record<string, string> = { chip, circle: "extends: circle\nname: circle" };
  const readBase = (name: string): string | null => bases[name] ?? null;

  it("overrides single fields, down to one register", () => {
    const text =
      "extends: chip\nname: wide\ndatapaths: { lif: { state: { membrane: { type: int24 } } } }\nchip: { cores: { value: 9 } }";
    const { name, title, datapaths, chip: limits } = loadTarget(text, "wide.yaml", readBase);
    expect([name, title, limits.cores.value, limits.cores.source]).toEqual(["wide", "A chip", 9, "chosen"]);
    expect(datapaths["lif"]!.state["membrane"]).toMatchObject({ low: -(2 ** 23), encodes: "membrane * scale" });
  });

  it("takes away what it leaves empty", () => {
    const text = "extends: chip\nname: bare\nenergy: null\nweights: { step: }\nrecipes: { usual: null }";
    const { energy, weights, recipes } = loadTarget(text, "bare.yaml", readBase);
    expect([energy, weights.step, recipes]).toEqual([null, undefined, {}]);
    expect(mistakesIn("extends: chip\nname: bare\ndelivery: null", readBase)[0]).toMatch(/^TARGET_FIELD .* delivery$/);
  });

  it("goes through a chain of bases", () => {
    const chain: Record<string, string> = { ...bases, a: "extends: chip\nname: a\ntitle: A", b: "extends: a\nname: b" };
    const { name, title, description } = loadTarget("extends: b\nname: c", "c.yaml", (base) => chain[base] ?? null);
    expect([name, title, description]).toEqual(["c", "A", "For tests."]);
  });

  it("shows a mistake in the file in which it stands", () => {
    bases["broken"] = chip.replace("spike    = v > threshold", "spike    = v > thershold");
    const text = "extends: broken\nname: mine\ncore: { neurons: { value: 5 } }\nweights: { bits: 99 }";
    const place = placeOf("thershold", bases["broken"]);
    const inBase = `DATAPATH_NAME broken.yaml:${place} datapaths.lif.on timestep`;
    expect(mistakesIn(text, readBase)).toEqual(["TARGET_FIELD chip.yaml:4:18 weights.bits", inBase]);
    expect(mistakesIn(text.replace("99", "9"), readBase)).toEqual([inBase]);
  });

  it("an equation of its own has its place in its own file", () => {
    const text = "extends: chip\nname: mine\ndatapaths:\n  lif:\n    on spike: total = total + payload * wieght\n";
    expect(mistakesIn(text, readBase)).toEqual(["DATAPATH_NAME chip.yaml:5:41 datapaths.lif.on spike"]);
  });

  it.each([
    ["extends: chop\nname: x", "TARGET_BASE chip.yaml:1:10"],
    ["name: x\nextends: circle", "TARGET_BASE circle.yaml:1:10"],
    ["extends: [chip]\nname: x", "TARGET_FIELD chip.yaml:1:10 extends"],
    ["extends: chip", "TARGET_FIELD chip.yaml:1:10 name"],
  ])("%j: %s", (text, expected) => expect(mistakesIn(text, readBase)[0]).toBe(expected));

  it("takes nothing from a key that objects have anyway", () => {
    const datapath = `
    projection: { shift: 0..3, signs: { values: [mixed, excitatory, inhibitory] } }
    on spike: total = (weight << shift) * signs
    on timestep: spike = input`;
    const text = `extends: chip\nname: x\ndatapaths:\n  toString:${datapath}\n`;
    expect(loadTarget(text, "x.yaml", readBase).datapaths["toString"]!.inputs).toEqual(["input"]);
  });
});

describe("counts of spikes", () => {
  const counting = chip
    .replace("payload-bits: 8", "inputs: same-timestep, order: inputs-first, at-most: { inputs: 15, spikes: 31 }")
    .replace("    define: |", "    forward: { at-most: 31 }\n    define: |")
    .replace("spike    = v > threshold", "spike    = min(spike + (v > threshold), 31)");

  it("and what a neuron passes on are part of a target", () => {
    const { delivery, datapaths } = loadTarget(counting, "chip.yaml", noBase);
    expect(delivery).toMatchObject({
      spikes: "next-timestep",
      inputs: "same-timestep",
      order: "inputs-first",
      atMost: { inputs: 15, spikes: 31 },
    });
    expect(datapaths["lif"]!.forward).toEqual({ atMost: 31 });
  });

  it("are read in spike only where counts are passed on", () => {
    const text = counting.replace("    forward: { at-most: 31 }\n", "");
    expect(mistakesIn(text)).toEqual([
      `DATAPATH_NAME chip.yaml:${placeOf("spike + (v", text)} datapaths.lif.on timestep`,
    ]);
  });
});

describe("the JSON schema beside the documentation", () => {
  it("knows each field of the shipped targets", () => {
    const schema = readFileSync("docs/target.schema.json", "utf8");
    for (const word of ["datapaths", "projection", "synapse-memory", "payload-bits", "chosen", "documented"]) {
      expect(schema).toContain(`"${word}"`);
    }
  });
});

describe("a target with mistakes of form and in equations", () => {
  it("tells both at once", () => {
    const text = readFileSync("targets/generic-8bit.yaml", "utf8")
      .replace("bits: 8\n", "bits: 80\n")
      .replace("v > threshold", "v > treshold");
    const error = mistakeOf(() => loadTarget(text, "bad.yaml", () => null));
    expect(error?.issues.map(({ code }) => code)).toEqual(["TARGET_FIELD", "DATAPATH_NAME"]);
  });
});
