import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile, readSettings } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import type { Recording } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import type { Target } from "../../src/target/types.ts";
import { withWidths } from "../../src/target/widths.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { Dice } from "../dice.ts";
import { allProbes, outcome, randomProgram, randomStimuli } from "./programs.ts";

const target = readTarget("generic-16bit");
type Settings = Readonly<Record<string, number | string>>;
const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const widths = ["membrane_bits", "current_bits", "input_bits"] as const;

/** The target with settings that cannot be others, so that random programs have these. */
function fixed(asked: Settings): Target {
  const values = readSettings(target, asked);
  const settings = Object.entries(target.settings).map(([name, spec]) => {
    const value = values[name]!;
    return [name, { ...spec, low: value, high: value, default: value }] as const;
  });
  return { ...withWidths(target, values), settings: Object.fromEntries(settings) };
}

function allOf(bits: number): Settings {
  return Object.fromEntries(widths.map((name) => [name, bits]));
}

/** What one neuron becomes in one timestep, by the names of the equations. */
function stepOf(asked: Settings, names: Readonly<Record<string, number>>): Record<string, number> {
  const { datapath } = readDatapath(target.datapaths["lif"]!, target.settings);
  const usual = { current: 0, membrane: 0, resting: 0, input: 0, alpha: 0, beta: 65536, threshold: 30000, bias: 0 };
  const known = { ...usual, subtract: 0, refractory: 0, ...readSettings(target, asked), ...names };
  const values = new Map([...datapath!.words, ...Object.entries(known)].map(([name, value]) => [name, BigInt(value)]));
  runBlock(datapath!.onTimestep, values);
  return Object.fromEntries([...values].map(([name, value]) => [name, Number(value)]));
}

/** Whether a neuron with a threshold of 10 fires at 9, 10 and 11. */
function spikes(fires: string): number[] {
  return [9, 10, 11].map((membrane) => stepOf({ fires }, { membrane, threshold: 10 })["spike"]!);
}

/** A random program whose weights, biases and thresholds are small beside registers of 32 bits. */
function gentle(asked: Settings, seed: number, size: number): Program {
  const dice = new Dice(seed);
  const program = randomProgram(fixed(asked), new Dice(seed));
  const small = (values: Int32Array): Int32Array => values.map(() => dice.between(-size, size));
  const populations = program.populations.map((one) => {
    const { bias, threshold, ...rest } = one.parameters;
    const parameters = { ...rest, bias: small(bias!), threshold: small(threshold!).map(Math.abs) };
    return { ...one, initial: {}, parameters };
  });
  const projections = program.projections.map((one) => {
    return { ...one, synapses: { ...one.synapses, weight: small(Int32Array.from(one.synapses.weight)) } };
  });
  return { ...program, populations, projections };
}

describe("an overflow", () => {
  it("is all that saturating and wrapping registers differ in", async () => {
    const seen = { same: 0, different: 0 };
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 6, max: 12 }), fc.nat(9), async (seed, bits, size) => {
        const run = (asked: Settings): Promise<unknown> => {
          const program = gentle(asked, seed, size);
          return outcome(openInterpreter(program), randomStimuli(program, 1, 8, seed), { probes: allProbes(program) });
        };
        const wide = (await run({ ...allOf(32), overflow: "wrapping" })) as Recording;
        const fits = wide.populations.every(({ traces }) =>
          ["arrived", "current", "v", "membrane"].every((name) => {
            return (traces.get(name) as Float64Array).every((value) => Math.abs(value) < 2 ** (bits - 2));
          }),
        );
        const narrow = [
          await run({ ...allOf(bits), overflow: "saturating" }),
          await run({ ...allOf(bits), overflow: "wrapping" }),
        ];
        seen[fits ? "same" : "different"]++;
        if (fits) expect(narrow).toEqual([wide, wide]);
      }),
      { numRuns: 60 },
    );
    // Neither side of the law is empty.
    expect(Math.min(seen.same, seen.different)).toBeGreaterThan(3);
  });

  it("is cut at the ends of a register, or comes out at the other end", () => {
    for (const [name, arriving] of [
      ["membrane_bits", { input: 100 }],
      ["current_bits", { input: 100 }],
      ["input_bits", { input: 100 }],
    ] as const) {
      expect(stepOf({ [name]: 7 }, { ...arriving })["v"]).toBe(63);
      expect(stepOf({ [name]: 7, overflow: "wrapping" }, { ...arriving })["v"]).toBe(100 - 128);
      expect(stepOf({ [name]: 8 }, { ...arriving })["v"]).toBe(100);
      expect(stepOf({ [name]: 7 }, { input: -100 })["v"]).toBe(-64);
    }
  });
});

describe("any settings", () => {
  it("give programs whose prepared loops do what the plain walk does", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const asked = Object.entries(target.settings).map(([name, { low, high }]) => [name, dice.between(low, high)]);
        const program = randomProgram(fixed(Object.fromEntries(asked)), dice);
        const stimuli = randomStimuli(program, 1, 4, seed);
        const options = { probes: allProbes(program) };
        const prepared = await outcome(openInterpreter(program), stimuli, options);
        expect(prepared).toEqual(await outcome(openInterpreter(program, { plain: true }), stimuli, options));
        expect(prepared).not.toBeTypeOf("string");
      }),
      { numRuns: 15 },
    );
  });
});

describe("rounding of what is kept", () => {
  it.each([
    ["floored", [-2, 1, -1, 0]],
    ["truncated", [-1, 1, 0, 0]],
    ["even", [-2, 2, 0, 0]],
  ])("%s", (rounding, expected) => {
    const halves = [-3, 3, -1, 1].map((membrane) => stepOf({ rounding }, { membrane, beta: 32768 })["membrane"]! + 0);
    expect(halves).toEqual(expected);
    const currents = [-3, 3, -1, 1].map((current) => stepOf({ rounding }, { current, alpha: 32768 })["current"]! + 0);
    expect(currents).toEqual(expected);
  });

  it("comes after the share itself, which has so many bits", () => {
    // 0.7 is 1 of 1, 3 of 4 and 45 of 64.
    const kept = [1, 2, 6].map((bits) => stepOf({ decay_bits: bits }, { membrane: 640, beta: 45875 })["membrane"]);
    expect(kept).toEqual([320, 480, 450]);
    expect(stepOf({ decay_bits: 16 }, { membrane: 30000, beta: 45875 })["membrane"]).toBe(
      Math.floor((30000 * 45875) / 65536),
    );
  });
});

describe("a membrane at its threshold", () => {
  it("fires only where that is set, and either way above it", () => {
    expect([spikes("above"), spikes("reached")]).toEqual([
      [0, 0, 1],
      [0, 1, 1],
    ]);
  });

  it("is reset to zero or by its threshold, and rests as long as it is told", () => {
    expect(stepOf({}, { membrane: 50, threshold: 20 })["membrane"]).toBe(0);
    expect(stepOf({}, { membrane: 50, threshold: 20, subtract: 1, refractory: 3 })).toMatchObject({
      membrane: 30,
      resting: 3,
    });
    expect(stepOf({}, { membrane: 50, threshold: 20, resting: 2, input: 9 })).toMatchObject({
      spike: 0,
      membrane: 50,
      resting: 1,
    });
  });
});

describe("weights", () => {
  const network = networkOf(
    [input("in", 3), dense("fc", [[1, -0.5, 0.3]]), cell("c", { beta: 0.75, threshold: 2 }), output("out")],
    "in fc c out",
  );

  it("have the bits that are set, and the compiler makes use of them all", () => {
    for (const bits of [2, 4, 8, 12, 16]) {
      const { projections } = compile(network, target, { settings: { weight_bits: bits, ...allOf(32) } });
      const [largest] = projections[0]!.synapses.weight;
      expect(largest).toBe(2 ** (bits - 1) - 1);
    }
  });
});

describe("a decay of few bits", () => {
  it("is told where it is far from the network's", () => {
    const network = networkOf(
      [input("in", 1), dense("fc", [[1]]), cell("c", { beta: 0.9 }), output("out")],
      "in fc c out",
    );
    const codes = (bits: number): string[] =>
      compile(network, target, { settings: { decay_bits: bits } }).warnings.map(({ code }) => code);
    expect(codes(3)).toContain("COMPILE_DECAY");
    expect(codes(12)).not.toContain("COMPILE_DECAY");
  });
});
