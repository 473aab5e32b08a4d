import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../src/compile/compile.ts";
import { gridOf } from "../../src/compile/exact.ts";
import { isExact, type Decision, type Program } from "../../src/compile/program.ts";
import { readTarget } from "../../src/files.ts";
import { programText } from "../../src/report/program-text.ts";
import { cell, dense, input, networkOf, output, target, type CellOptions } from "./networks.ts";

/** One layer onto as many neurons as there are rows. */
function compiled(
  chip: string,
  rows: readonly (readonly number[])[],
  cells: CellOptions,
  options: CompileOptions = {},
): Program {
  const parts = [input("in", rows[0]!.length), dense("w", rows), cell("p", cells), output("out")];
  return compile(networkOf(parts, "in w p out"), readTarget(chip), options);
}

function weightsOf({ projections }: Program): number[] {
  return [...projections[0]!.synapses.weight];
}

function decisionOf({ decisions }: Program, name: string): Decision {
  return decisions.find(({ parameter }) => parameter === name)!;
}

/** What a threshold of 3 loses where neurons fire at the threshold. */
function thresholdError(reset: "zero" | "subtract"): number {
  return decisionOf(compiled("truenorth", [[1, -1]], { threshold: 3, reset }), "threshold").error;
}

/** What the decay of a current loses that is a shift of 1 at least. */
function shiftError(alpha: number): number {
  const program = compiled("xylo-audio", [[1]], { alpha, beta: 0.5, reset: "subtract" });
  return decisionOf(program, "current_shift").error;
}

/** What the decay of a membrane loses of 5/8. */
function decayError(settings: Record<string, number>): number {
  return decisionOf(compiled("generic-16bit", [[1]], { beta: 0.625 }, { settings }), "beta").error;
}

describe("the grid of numbers", () => {
  it("is the largest power of two of which all are multiples", () => {
    const exact = fc.record({
      whole: fc.array(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), { minLength: 1 }),
      exponent: fc.integer({ min: -60, max: 60 }),
    });
    fc.assert(
      fc.property(exact, ({ whole, exponent }) => {
        const odd = [...whole, 1].map((value) => value * 2 ** exponent);
        expect(gridOf(odd)).toBe(2 ** exponent);
        const grid = gridOf(whole.map((value) => value * 2 ** exponent))! / 2 ** exponent;
        expect(whole.every((value) => value % grid === 0)).toBe(true);
        if (grid < Infinity) expect(whole.some((value) => (value / grid) % 2 !== 0)).toBe(true);
      }),
    );
  });

  it("does not count what is infinite, is infinite without numbers, and null where numbers are too long", () => {
    expect(gridOf([0.75, Infinity, -2, -Infinity, 0])).toBe(0.25);
    expect([gridOf([]), gridOf([0, 0])]).toEqual([Infinity, Infinity]);
    expect([gridOf([0.1]), gridOf([NaN, 1]), gridOf([255, 1], 8), gridOf([255, 0.5], 8)]).toEqual([
      null,
      null,
      1,
      null,
    ]);
  });
});

describe("a network of short numbers", () => {
  it("gets a scale at which nothing is rounded, and is told", () => {
    const program = compiled("generic-8bit", [[1, -0.5, 0.25]], { beta: 0.5, threshold: 1.5, leak: 0.125 });
    expect(weightsOf(program)).toEqual([64, -32, 16]);
    const { threshold, bias } = program.populations[0]!.parameters;
    expect([...threshold!, ...bias!]).toEqual([96, 8]);
    expect(program.decisions.map(({ error, saturated }) => [error, saturated])).toEqual(
      program.decisions.map(() => [0, 0]),
    );
    expect(isExact(program)).toBe(true);
    expect(programText(program)).toContain("none: every integer is exactly what the network asks for");
  });

  it("keeps the usual scale where nothing is lost at it either", () => {
    const program = compiled("generic-8bit", [[1, -1]], { beta: 0.5, threshold: 2 });
    expect([weightsOf(program), isExact(program)]).toEqual([[127, -127], true]);
  });

  it("gets one scale for all neurons where the chip holds one threshold", () => {
    const program = compiled(
      "loihi2",
      [
        [1, 0.5],
        [-0.25, 0.125],
      ],
      { threshold: 1.25, beta: 0 },
    );
    expect(program.populations[0]!.scale).toHaveLength(1);
    expect(isExact(program)).toBe(true);
  });

  it("is rounded like others where one number is not short, or takes more bits than the chip has", () => {
    for (const weights of [
      [1, 0.3],
      [1, 1 / 256],
    ]) {
      const program = compiled("generic-8bit", [weights], { beta: 0.5, threshold: 1.5 });
      expect([weightsOf(program)[0], isExact(program)]).toEqual([127, false]);
      expect(programText(program)).not.toContain("every integer is exactly");
    }
    const long = compiled("generic-8bit", [[1, 0.5]], { beta: 0.5, threshold: 1.3 });
    expect([weightsOf(long)[0], isExact(long)]).toEqual([127, false]);
  });

  it("is scaled for the coarsest parameter: a threshold in steps of 64 LSBs, or one with bits that are dropped", () => {
    for (const chip of ["loihi2", "loihi"]) {
      const program = compiled(chip, [[0.25, -0.125]], { threshold: 1 / 1024, beta: 1 });
      const [{ scale, parameters }] = program.populations as [Program["populations"][0]];
      expect(isExact(program)).toBe(true);
      expect((scale![0]! / 1024) % 64).toBe(0);
      expect(parameters["threshold"]![0]! * (chip === "loihi2" ? 64 : 1)).toBe(scale![0]! / 1024);
    }
  });

  it("of an input of graded values is scaled by what its payload means", () => {
    const inputs = { in: { kind: "graded", limit: 1 } } as const;
    const program = compiled("loihi2", [[0.5, -0.25]], { threshold: 2 }, { inputs });
    expect(isExact(program)).toBe(true);
    expect(Number.isInteger(Math.log2(program.populations[0]!.scale![0]! / 255))).toBe(true);
  });

  it("is scaled neuron by neuron where the chip can do that and no scale serves all", () => {
    const program = compiled(
      "generic-8bit",
      [
        [1, 0.5],
        [1 / 1024, -3 / 1024],
        [0.3, 1],
      ],
      { beta: 0.5, threshold: 1 },
    );
    const { scale } = program.populations[0]!;
    const exactly = [1, 0.5, 1 / 1024, -3 / 1024].map((weight, i) => weight * scale![Math.floor(i / 2)]!);
    const [a, b, , c, d] = weightsOf(program);
    expect([a, c, b, d]).toEqual(exactly);
    expect(isExact(program)).toBe(false);
  });
});

describe("what is said to be lost", () => {
  it("is nothing by firing at the next whole number, unless the reset subtracts it", () => {
    expect([thresholdError("zero"), thresholdError("subtract")]).toEqual([0, 1]);
  });

  it("is also what a chip has no decay for though the integer is the one asked for", () => {
    // Half of an event is gone before the membrane sees it: there is no faster decay.
    expect([0, 0.25, 0.5, 0.75].map(shiftError)).toEqual([1, 0.5, 0, 0]);
    expect(decayError({})).toBe(0);
    // 5/8 becomes 3/4 where two bits are kept: half of a quarter.
    expect(decayError({ decay_bits: 2 })).toBe(0.5);
  });

  it("follows a parameter that is stored with fewer bits", () => {
    const chip = target(`extends: generic-8bit
name: chip
datapaths: { lif: { parameters: { threshold: { type: uint15, encodes: threshold * scale, round: nearest, on load: stored = (threshold >> 4) << 4 } } } }`);
    const parts = [input("in", 2), dense("w", [[1, 0.5]]), cell("p", { beta: 0.5, threshold: 1.5 }), output("out")];
    const program = compile(networkOf(parts, "in w p out"), chip);
    expect([isExact(program), program.populations[0]!.parameters["threshold"]![0]! % 16]).toEqual([true, 0]);
  });
});
