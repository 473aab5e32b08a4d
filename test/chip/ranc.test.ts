/** The targets ranc and ranc-rtl against small models, written from a description of RANC. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { ProgramProjection } from "../../src/compile/program.ts";
import { readTarget } from "../../src/files.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { Dice } from "../dice.ts";
import { mistakeOf } from "../support.ts";
import { programOf } from "./programs.ts";
import { emulateNeuron, events, firesAsInFloat, link, load, spread } from "./single.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const plains = fc.boolean();

interface Neuron {
  readonly leak: number;
  readonly positive_threshold: number;
  readonly negative_threshold: number;
  readonly reset_potential: number;
  readonly reset_mode: number;
}

/** Potential and spike after every tick; `width` bits that wrap. */
function modelOfNeuron(neuron: Neuron, sums: readonly number[], floor: number, width: number): number[][] {
  const wrapped = (value: number): number => Number(BigInt.asIntN(width, BigInt(value)));
  let potential = 0;
  return sums.map((sum) => {
    potential = wrapped(wrapped(potential + sum) + neuron.leak);
    const fired = potential >= neuron.positive_threshold;
    const { negative_threshold: low } = neuron;
    const floored = !fired && (floor === 1 ? potential <= low : potential < low);
    if (neuron.reset_mode === 0 && fired) potential = wrapped(neuron.reset_potential);
    else if (neuron.reset_mode === 0 && floored) potential = wrapped(-neuron.reset_potential);
    else if (fired) potential = wrapped(potential - neuron.positive_threshold);
    else if (floored) potential = wrapped(potential - low);
    return [potential, Number(fired)];
  });
}

function randomNeuron(dice: Dice, most: number): Neuron {
  const little = most >> 3;
  return {
    leak: dice.between(-little - 1, little),
    positive_threshold: dice.between(-little, most),
    negative_threshold: dice.between(-most, little),
    reset_potential: dice.between(-most - 1, most),
    reset_mode: dice.between(0, 1),
  };
}

describe("a neuron", () => {
  it.each([{ most: 7 }, { most: 255 }])(
    "of the simulator follows its description, values up to $most",
    async ({ most }) => {
      await fc.assert(
        fc.asyncProperty(seeds, plains, async (seed, plain) => {
          const dice = new Dice(seed);
          const neuron = randomNeuron(dice, most);
          const weights = [...dice.list(4, -most, most)];
          const rows = Array.from({ length: 20 }, () => [...dice.list(4, 0, 1)]);
          const floor = dice.between(0, 1);
          const sums = rows.map((row) => row.reduce((sum, count, i) => sum + count * weights[i]!, 0));
          const got = await emulateNeuron(readTarget("ranc"), { floor }, { ...neuron }, weights, rows, plain);
          expect(got).toEqual(modelOfNeuron(neuron, sums, floor, 32));
        }),
        { numRuns: 100 },
      );
    },
  );

  it("of the block in Verilog wraps after every sum, at any width", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 9, max: 14 }), plains, async (seed, width, plain) => {
        const dice = new Dice(seed);
        const neuron = randomNeuron(dice, 255);
        const weights = [...dice.list(4, -256, 255)];
        const rows = Array.from({ length: 20 }, () => [...dice.list(4, 0, 3)]);
        const sums = rows.map((row) => row.reduce((sum, count, i) => sum + count * weights[i]!, 0));
        const settings = { potential_width: width };
        const got = await emulateNeuron(readTarget("ranc-rtl"), settings, { ...neuron }, weights, rows, plain);
        expect(got).toEqual(modelOfNeuron(neuron, sums, 0, width));
      }),
      { numRuns: 100 },
    );
  });

  it("that would leave 32 bits stops the simulator's run, and wraps in the block", async () => {
    const thresholds = { positive_threshold: 2 ** 31 - 1, negative_threshold: -(2 ** 31) };
    const neuron = { leak: 0, ...thresholds, reset_potential: 0, reset_mode: 1 };
    const rows = [[9], [9]];
    const run = emulateNeuron(readTarget("ranc"), {}, { ...neuron }, [2 ** 29], rows, false);
    await expect(run).rejects.toMatchObject({ code: "ENGINE_REGISTER_RANGE" });
    const settings = { potential_width: 32 };
    expect(await emulateNeuron(readTarget("ranc-rtl"), settings, { ...neuron }, [2 ** 29], rows, false)).toEqual([
      [2 ** 29, 0],
      [2 ** 30, 0],
    ]);
  });
});

/** A packet for one axon, from a source of its own: when it is written, and how long it asks to wait. */
interface Packet {
  readonly axon: number;
  readonly wait: number;
  /** Copies written at the beginning of each step. */
  readonly at: readonly number[];
}

/** A ring of rows of bits: what is set, what found its bit set, what came for the row that is read. */
function modelOfAxons(packets: readonly Packet[], axons: number, rows: number, steps: number): number[][][] {
  const ring = Array.from({ length: rows }, () => new Set<number>());
  return Array.from({ length: steps }, (_, step) => {
    const [merged, dropped] = [Array.from({ length: axons }, () => 0), Array.from({ length: axons }, () => 0)];
    const written = packets.flatMap((packet) => Array.from({ length: packet.at[step]! }, () => packet));
    for (const { axon, wait } of written) {
      // Packets of this step were sent in the one before, when that one's row was being read.
      const row = (step + wait) % rows;
      if (row === (step + rows - 1) % rows) dropped[axon]! += 1;
      else if (ring[row]!.has(axon)) merged[axon]! += 1;
      else ring[row]!.add(axon);
    }
    const current = ring[step % rows]!;
    const fired = Array.from({ length: axons }, (__, axon) => Number(current.has(axon)));
    current.clear();
    return [fired, merged, dropped];
  });
}

describe("an axon", () => {
  it("holds one bit per row, merges what finds it set and drops what would wait for the row being read", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(1, 2, 3, 4, 16, 53), plains, async (seed, rows, plain) => {
        const dice = new Dice(seed);
        const [axons, steps] = [3, 24];
        const packets = Array.from({ length: 8 }, (): Packet => {
          const at = Array.from({ length: steps }, () => dice.one([0, 0, 0, 1, 1, 2]));
          return { axon: dice.between(0, axons - 1), wait: dice.between(0, rows - 1), at };
        });
        const inputs = packets.map((_, i) => ({ name: `${i}`, shape: [2], payloadScale: null, payloadLimit: 1 }));
        const projections = packets.map(({ axon, wait }, i): ProgramProjection => {
          return { ...link(`${i}`, "axons", [axon, axon], [1, 1]), accumulator: "buffer", parameters: { wait } };
        });
        const program = programOf({
          target: readTarget("ranc"),
          settings: { floor: 0, buffer_rows: rows },
          inputs,
          populations: [load("axons", axons, "axon", {})],
          projections,
        });
        const stimuli = new Map(
          packets.map(({ at }, i) => [
            `${i}`,
            events(
              spread(
                at.map((count) => [count]),
                2,
              ),
            ),
          ]),
        );
        const names = ["spike", "merged", "dropped"];
        const probes = names.map((register) => ({ population: "axons", register }));
        const { traces } = (await openInterpreter(program, { plain }).run(stimuli, { probes })).populations[0]!;
        const got = Array.from({ length: steps }, (_, step) =>
          names.map((name) => [...traces.get(name)!.subarray(step * axons, (step + 1) * axons)]),
        );
        expect(got).toEqual(modelOfAxons(packets, axons, rows, steps));
      }),
      { numRuns: 120 },
    );
  });
});

describe("a network of small whole numbers", () => {
  it("fires on RANC as it does in float, at thresholds that are met exactly too", () => firesAsInFloat("ranc"));
});

describe("a network that RANC cannot hold", () => {
  const integrating = cell("p", { beta: 1 });
  const typed = dense("w", [[1, -1, 0.5, 0.25, 0.75]]);

  it.each([
    ["leaks by a factor", dense("w", [[1, 1]]), cell("p", { beta: 0.9 }), "COMPILE_UNSUPPORTED", "leak by a factor"],
    ["has a current", dense("w", [[1, 1]]), cell("p", { alpha: 0.5 }), "COMPILE_UNSUPPORTED", "synaptic current"],
    ["has five weights", typed, integrating, "COMPILE_AXON_TYPES", "Neuron 0 of p has 5 different weights"],
  ])("is refused with the reason: one that %s", (_, weights, neurons, code, reason) => {
    const size = code === "COMPILE_AXON_TYPES" ? 5 : 2;
    const network = networkOf([input("in", size), weights, neurons, output("out")], "in w p out");
    const error = mistakeOf(() => compile(network, readTarget("ranc")));
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(reason);
    expect(error?.hint.length).toBeGreaterThan(20);
  });

  it("is said to be too large where a neuron listens to more sources than a core has axons", () => {
    const weights = dense("w", [Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 1 : -1))]);
    const network = networkOf([input("in", 300), weights, integrating, output("out")], "in w p out");
    const { fit } = compile(network, readTarget("ranc"));
    expect([fit.fits, fit.reasons[0]]).toEqual([false, "One neuron of p needs 300 axons; a core has 256."]);
  });
});
