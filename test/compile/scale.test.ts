import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import { readTarget } from "../../src/files.ts";
import { Dice } from "../dice.ts";
import { cell, dense, input, networkOf, output, type CellOptions } from "./networks.ts";
import { stimuliOf } from "./wide.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const steps = 150;

/** From 10^-3 to 10^2, every order of magnitude as likely. */
function magnitude(dice: Dice): number {
  return 10 ** (dice.between(-3000, 2000) / 1000);
}

interface Case {
  readonly program: Program;
  /** [neurons][inputs] */
  readonly rows: number[][];
}

/** @param slowest share of the current that is kept at most */
function randomCase(chip: string, dice: Dice, slowest = 0.999): Case {
  const [inputs, neurons] = [dice.between(1, 6), dice.between(1, 4)];
  const size = magnitude(dice);
  const weight = (): number => (dice.chance(15) ? 0 : (size * dice.between(-1000, 1000)) / 1000);
  const rows = Array.from({ length: neurons }, () => Array.from({ length: inputs }, weight));
  const each = (value: () => number): number[] => Array.from({ length: neurons }, value);
  const share = (): number => dice.between(0, 999) / 1000;
  const bias = dice.chance(50) ? each(() => (size * dice.between(-300, 300)) / 1000) : undefined;
  const options = {
    ...(chip === "loihi2" && dice.chance(50) ? { alpha: each(() => slowest * share()) } : {}),
    beta: dice.chance(20) ? 1 : each(share),
    threshold: each(() => magnitude(dice)),
    reset: chip === "loihi2" ? ("zero" as const) : dice.one(["zero", "subtract"] as const),
    leak: dice.chance(20) ? each(() => (size * dice.between(-100, 100)) / 1000) : 0,
    resetTo: chip === "loihi2" && dice.chance(30) ? each(() => -magnitude(dice)) : 0,
  };
  const network = networkOf(
    [input("in", inputs), dense("w", rows, bias), cell("p", options), output("out")],
    "in w p out",
  );
  return { program: compile(network, readTarget(chip)), rows };
}

/** Which inputs drive a neuron up (1) or down (-1). */
function active(row: readonly number[], sign: number): number[] {
  return row.map((weight) => Number(weight * sign > 0));
}

function always(frame: number[], count: number = steps): number[][] {
  return Array.from({ length: count }, () => frame);
}

/** For each neuron: everything that drives it up, or down, at every step, or one after the other. */
function worstFrames(rows: readonly (readonly number[])[]): number[][][] {
  return rows.flatMap((row) => {
    const [up, down] = [active(row, 1), active(row, -1)];
    return [always(up), always(down), [...always(down, 70), ...always(up, 80)]];
  });
}

/** Smallest and largest value of a register or per-step name over all worst inputs. */
async function extremes({ program, rows }: Case, register: string): Promise<[number, number]> {
  const engine = openInterpreter(program);
  let [low, high] = [Infinity, -Infinity];
  for (const frames of worstFrames(rows)) {
    const recording = await engine.run(stimuliOf({ in: frames }), { probes: [{ population: "p", register }] });
    for (const value of recording.populations[0]!.traces.get(register)!) {
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  return [low, high];
}

function proved({ warnings }: Program): boolean {
  return warnings.every(({ code }) => code !== "COMPILE_MAY_SATURATE");
}

/** Whether one neuron with one weight is warned of. */
function warned(options: CellOptions, weight: number): boolean {
  const parts = [input("in", 1), dense("w", [[weight]]), cell("p", options), output("out")];
  return !proved(compile(networkOf(parts, "in w p out"), readTarget("loihi2")));
}

describe("the scale of a population", () => {
  it("keeps loihi2's current from wrapping under any input of the network", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        // Slower currents gather for longer than the choice of the scale looks ahead, and are warned of.
        const [low, high] = await extremes(randomCase("loihi2", new Dice(seed), 0.98), "c");
        expect(low).toBeGreaterThan(-8388608);
        expect(high).toBeLessThan(8388609);
      }),
      { numRuns: 50 },
    );
  });

  it("leaves room for the input of one step where the equations wrap it", () => {
    const nodes = [input("in", 500), dense("fc", [Array.from({ length: 500 }, () => 1)]), cell("c"), output("out")];
    const chip = readTarget("loihi");
    const { projections } = compile(networkOf(nodes, "in fc c out"), chip);
    const sum = (projections[0]!.synapses.weight as Int32Array).reduce((total, weight) => total + weight, 0);
    expect(sum).toBeGreaterThan(2 ** 19);
    expect(sum).toBeLessThan(2 ** 21);
  });

  it("is not called proved where input can gather without end", () => {
    expect(warned({ beta: 0.9 }, -1)).toBe(false);
    expect(warned({ beta: 1 }, -1)).toBe(true);
    expect(warned({ beta: 1 }, 1)).toBe(false);
    expect(warned({ beta: 0.9, alpha: 0.9999 }, 1)).toBe(true);
    expect(warned({ beta: 0.9999, threshold: null, reset: "none" }, 1)).toBe(true);
  });

  it.each([
    { chip: "loihi2", floor: -8388607 },
    { chip: "generic-8bit", floor: -32768 },
  ])("keeps $chip's membrane above $floor for ever where that is proved", async ({ chip, floor }) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const one = randomCase(chip, new Dice(seed));
        if (!proved(one.program)) return;
        count++;
        const [low] = await extremes(one, "v");
        expect(low).toBeGreaterThan(floor);
      }),
      { numRuns: 50 },
    );
    expect(count).toBeGreaterThan(10);
  });

  it("allows for inputs of both signs where that is said", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const [limit, inputs] = [magnitude(dice), dice.between(1, 5)];
        const row = Array.from({ length: inputs }, () => dice.between(-1000, 1000) / 997);
        const alpha = dice.between(0, 980) / 1000;
        const parts = [
          input("in", inputs),
          dense("w", [row]),
          cell("p", { alpha, beta: 0.5, threshold: 50 }),
          output("out"),
        ];
        const use = { kind: "graded", limit, signed: true } as const;
        const program = compile(networkOf(parts, "in w p out"), readTarget("loihi2"), { inputs: { in: use } });
        const frame = row.map((weight) => Math.sign(weight) * limit);
        const recording = await openInterpreter(program).run(
          stimuliOf({ in: Array.from({ length: steps }, () => frame) }, "graded"),
          { probes: [{ population: "p", register: "c" }] },
        );
        expect(Math.max(...recording.populations[0]!.traces.get("c")!)).toBeLessThan(8388609);
      }),
      { numRuns: 50 },
    );
  });

  it.each(["loihi2", "generic-8bit"])(
    "keeps neurons of %s without a threshold from firing where that is proved",
    async (chip) => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const dice = new Dice(seed);
          const weight = magnitude(dice);
          const options = { beta: dice.between(0, 999) / 1000, threshold: null, reset: "none" } as const;
          const parts = [input("in", 1), dense("w", [[weight]], [weight / 3]), cell("p", options), output("out")];
          const program = compile(networkOf(parts, "in w p out"), readTarget(chip));
          if (!proved(program)) return;
          count++;
          const recording = await openInterpreter(program).run(
            stimuliOf({ in: Array.from({ length: 400 }, () => [1]) }),
          );
          expect(recording.populations[0]!.spikes.neuron).toHaveLength(0);
        }),
        { numRuns: 50 },
      );
      expect(count).toBeGreaterThan(10);
    },
  );

  it("leaves generic-8bit's membrane room above every threshold", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { program } = randomCase("generic-8bit", new Dice(seed));
        expect(Math.max(...program.populations[0]!.parameters["threshold"]!)).toBeLessThan(32767);
      }),
      { numRuns: 100 },
    );
  });

  it("leaves whole what a reset by subtraction leaves, for ever where that is proved", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const one = randomCase("generic-8bit", new Dice(seed));
        if (one.program.populations[0]!.parameters["subtract"]![0] === 0 || !proved(one.program)) return;
        const [, high] = await extremes(one, "v");
        expect(high).toBeLessThan(32767);
      }),
      { numRuns: 50 },
    );
  });
});
