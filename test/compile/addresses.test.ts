import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile, type CompileOptions } from "../../src/compile/compile.ts";
import { noAddress, type Program } from "../../src/compile/program.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import { readTarget } from "../../src/files.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import { mistakeOf } from "../support.ts";
import { cell, delay, dense, input, networkOf, output, target } from "./networks.ts";
import { simulate } from "./simulate.ts";
import { spikesOf, stimuliOf } from "./wide.ts";

const tinyodin = readTarget("tinyodin");
const odin = readTarget("odin");

/** 2 inputs, 3 and 2 neurons; every weight a multiple of 1/8, the largest of each layer 7/8. */
function twoLayers(sign: 1 | -1 = -1): DiscreteNetwork {
  return networkOf(
    [
      input("in", 2),
      dense("fc1", [
        [0.875, 0.5],
        [0.25, 0.125],
        [0.5, sign * 0.5],
      ]),
      cell("first"),
      dense("fc2", [
        [0.875, 0.5, sign * 0.25],
        [0.375, 0.25, 0.5],
      ]),
      cell("second"),
      output("out"),
    ],
    "in fc1 first fc2 second out",
  );
}

/** One neuron with so many inputs. */
function wide(inputs: number): DiscreteNetwork {
  const weights = dense("fc", [Array.from({ length: inputs }, () => 1)]);
  return networkOf([input("in", inputs), weights, cell("cell"), output("out")], "in fc cell out");
}

function codeAndFacts(network: DiscreteNetwork, chip: typeof odin, options: CompileOptions = {}): string {
  const mistake = mistakeOf(() => compile(network, chip, options));
  return mistake === undefined ? "no error" : `${mistake.code}: ${mistake.message} ${mistake.hint}`;
}

function warningsOf(program: Program): string[] {
  return program.warnings.map(({ code }) => code).filter((code) => code !== "COMPILE_MAY_SATURATE");
}

describe("addresses", () => {
  it("are those of neurons, layer by layer, and then of inputs", () => {
    const { populations, inputs, fit } = compile(twoLayers(), tinyodin);
    expect(populations.map(({ addresses }) => [...addresses!])).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect([...inputs[0]!.addresses!]).toEqual([5, 6]);
    expect(fit).toMatchObject({ fits: true, cores: 1, coresAvailable: 1 });
    expect(fit.reasons[0]).toBe("5 addresses of neurons and 2 of inputs are used, of 256.");
    expect(fit.placement).toEqual([
      { core: 0, population: "first", from: 0, to: 3, synapseBits: 24 },
      { core: 0, population: "second", from: 0, to: 2, synapseBits: 24 },
    ]);
  });

  it("are enough up to the last one, and one more is told where it is", () => {
    expect(compile(wide(255), tinyodin).fit.fits).toBe(true);
    expect(codeAndFacts(wide(256), tinyodin)).toContain(
      "COMPILE_ADDRESSES: The network needs 257 addresses, 1 for neurons and 256 for inputs; tinyodin has 256: it stops fitting at element 255 of in.",
    );
  });
});

describe("weights of one sign", () => {
  it("are asked for where a source has one", () => {
    expect(codeAndFacts(twoLayers(), odin)).toMatch(
      /COMPILE_SIGNS: Element 1 of in has .* as 1 of 2 have; on odin .*--split-signs/,
    );
    expect(codeAndFacts(twoLayers(1), odin)).toBe("no error");
  });

  it("are made of two addresses where that is asked for, and only there", () => {
    const program = compile(twoLayers(), odin, { splitSigns: true });
    const [first, second] = program.populations;
    expect([...program.inputs[0]!.addresses!]).toEqual([6, 7, noAddress, 8]);
    expect([...first!.addresses!]).toEqual([0, 1, 2, noAddress, noAddress, 3]);
    expect([...second!.addresses!]).toEqual([4, 5]);
    expect(program.projections.map(({ name, copy = 0, synapses }) => [name, copy, [...synapses.weight]])).toEqual([
      ["fc1", 0, [7, 2, 4, 4, 1]],
      ["fc1 (negative)", 1, [4]],
      ["fc2", 0, [7, 3, 4, 2, 4]],
      ["fc2 (negative)", 1, [2]],
    ]);
    expect([...program.inputs[0]!.sourceParameters!["inhibitory"]!]).toEqual([0, 0, 1, 1]);
    expect([...first!.sourceParameters!["inhibitory"]!]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(program.projections.every(({ registers }) => registers!["mapped"]!.join() === "1")).toBe(true);
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
  });

  it("may be negative all together", () => {
    const network = networkOf(
      [input("in", 2), dense("fc", [[0.875, -0.5]]), cell("cell"), output("out")],
      "in fc cell out",
    );
    const program = compile(network, odin);
    expect([...program.projections[0]!.synapses.weight]).toEqual([7, 4]);
    expect([...program.inputs[0]!.sourceParameters!["inhibitory"]!]).toEqual([0, 1]);
    expect(warningsOf(program)).toEqual(["COMPILE_EVENT_BY_EVENT", "COMPILE_FLOOR"]);
  });

  it("count addresses twice", () => {
    const rows = Array.from({ length: 2 }, (_, i) => Array.from({ length: 128 }, () => (i === 0 ? 1 : -1)));
    const network = networkOf([input("in", 128), dense("fc", rows), cell("cell"), output("out")], "in fc cell out");
    expect(codeAndFacts(network, odin, { splitSigns: true })).toContain(
      "needs 258 addresses, 2 for neurons and 256 for inputs",
    );
  });
});

describe("what such a chip cannot do", () => {
  it("two ways between the same layers", () => {
    const nodes = [input("in", 1), dense("a", [[1]]), dense("b", [[1]]), cell("cell"), output("out")];
    expect(codeAndFacts(networkOf(nodes, "in a cell out", "in b cell"), tinyodin)).toContain(
      "COMPILE_PARALLEL: Two ways lead from in to cell",
    );
  });

  it.each([
    ["a leak by a factor", cell("cell", { beta: 0.5 }), "COMPILE_UNSUPPORTED"],
    ["reset by subtraction", cell("cell", { reset: "subtract" }), "COMPILE_UNSUPPORTED"],
    ["a current", cell("cell", { alpha: 0.5 }), "COMPILE_UNSUPPORTED"],
    ["a bias", cell("cell", { leak: 0.1 }), "COMPILE_UNSUPPORTED"],
  ])("%s", (_, node, code) => {
    const network = networkOf([input("in", 1), dense("fc", [[1]]), node, output("out")], "in fc cell out");
    for (const chip of [tinyodin, odin]) expect(codeAndFacts(network, chip)).toContain(code);
  });

  it("a delay", () => {
    const nodes = [input("in", 1), dense("fc", [[1]]), delay("late", 2), cell("cell"), output("out")];
    expect(codeAndFacts(networkOf(nodes, "in fc late cell out"), tinyodin)).toContain("COMPILE_DELAY");
  });

  it("real values", () => {
    const options = { inputs: { in: { kind: "graded", limit: 1 } } } as const;
    expect(codeAndFacts(twoLayers(), tinyodin, options)).toContain("COMPILE_GRADED");
  });

  it("weights that its own equations lose", () => {
    const lossy = target('extends: odin\nname: lossy\nsynapses: { on load: "weight = abs(weight)" }');
    expect(codeAndFacts(twoLayers(1), lossy)).toContain(
      "COMPILE_STORED: A weight of 7 cannot be stored: 0 would be delivered",
    );
    const narrow = target(
      `extends: odin
name: narrow
synapses:
  state: { weight: { type: uint3, overflow: stops } }
  on load: |
    weight = abs(weight) * 2
    mapped = 1`,
    );
    expect(codeAndFacts(twoLayers(1), narrow)).toContain("weight would be 14, outside 0..7");
    expect(codeAndFacts(twoLayers(1), odin, { settings: { deliver_unmapped: 1 } })).toBe("no error");
  });
});

describe("what the chip does otherwise is told:", () => {
  it("thresholds after every event", () => {
    expect(warningsOf(compile(twoLayers(), tinyodin))).toEqual(["COMPILE_EVENT_BY_EVENT"]);
  });

  it("a loop within the timestep", () => {
    const nodes = [input("in", 1), dense("fc", [[1]]), cell("cell"), dense("back", [[1]]), output("out")];
    const program = compile(networkOf(nodes, "in fc cell out", "cell back cell"), tinyodin);
    expect(warningsOf(program)).toEqual(["COMPILE_EVENT_BY_EVENT", "COMPILE_LOOP_EARLY"]);
    expect(program.projections.map(({ arrivesAfter }) => arrivesAfter)).toEqual([0, 0]);
  });

  it("settings that leave neurons out, or their spikes", () => {
    const program = compile(twoLayers(), tinyodin, { settings: { last_neuron: 3, open_loop: 1 } });
    expect(warningsOf(program)).toEqual(["COMPILE_EVENT_BY_EVENT", "COMPILE_SWEEP", "COMPILE_OPEN_LOOP"]);
    expect(program.warnings.find(({ code }) => code === "COMPILE_SWEEP")!.message).toContain("up to 4");
  });
});

/** Layers in which every neuron has one source, so that it gets one event per timestep: the chip does what floats do. */
function lanes(dice: Dice, signs: readonly number[]): { network: DiscreteNetwork; size: number } {
  const size = dice.between(1, 4);
  const layers = Array.from({ length: dice.between(1, 3) }, (_, i) => i);
  const diagonal = (): number[][] =>
    Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => {
        if (row !== column) return 0;
        return row === 0 ? 0.875 : (dice.one(signs) * dice.between(1, 7)) / 8;
      }),
    );
  const nodes = layers.flatMap((i) => [
    dense(`fc${i}`, diagonal()),
    cell(`cell${i}`, { threshold: Array.from({ length: size }, () => dice.between(1, 20) / 8) }),
  ]);
  const names = layers.flatMap((i) => [`fc${i}`, `cell${i}`]).join(" ");
  return { network: networkOf([input("in", size), ...nodes, output("out")], `in ${names} out`), size };
}

describe("spikes of a network whose numbers the chip can hold", () => {
  it.each([
    { chip: tinyodin, signs: [1, 1, -1] },
    { chip: odin, signs: [1] },
  ])("are those of the float network: $chip.name", async ({ chip, signs }) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const dice = new Dice(seed);
        const { network, size } = lanes(dice, signs);
        const frames = Array.from({ length: 25 }, () => [...dice.list(size, 0, 1)]);
        const program = compile(network, chip);
        const got = await spikesOf(program, { in: frames });
        for (const [name, { spikes }] of simulate(network, { in: frames })) expect(got.get(name)).toEqual(spikes);
      }),
      { numRuns: 12 },
    );
  });

  it("are counted where a neuron fires several times in a timestep", async () => {
    const network = networkOf(
      [input("in", 3), dense("fc", [[0.875, 0.875, 0.875]]), cell("cell", { threshold: 0.5 }), output("out")],
      "in fc cell out",
    );
    const { populations, projections } = await openInterpreter(compile(network, tinyodin)).run(
      stimuliOf({
        in: [
          [1, 1, 1],
          [0, 0, 0],
          [1, 0, 0],
        ],
      }),
    );
    const { spikes } = populations[0]!;
    expect([[...spikes.start], [...spikes.neuron], [...(spikes.payload ?? [])]]).toEqual([
      [0, 1, 1, 2],
      [0, 0],
      [3, 1],
    ]);
    expect([...projections[0]!.synops]).toEqual([4]);
  });

  it("come out of a neuron with two addresses once", async () => {
    const frames = {
      in: [
        [1, 1],
        [1, 0],
        [1, 1],
        [0, 1],
        [1, 1],
      ],
    };
    const split = await spikesOf(compile(twoLayers(), odin, { splitSigns: true }), frames);
    expect(
      split
        .get("second")!
        .flat()
        .reduce((sum, one) => sum + one),
    ).toBeGreaterThan(0);
    expect([...split.values()].map((rows) => rows[0]!.length)).toEqual([3, 2]);
  });
});
