import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter, openMachine } from "../../src/chip/interpreter.ts";
import { Machine } from "../../src/chip/machine.ts";
import type { Program, Synapses } from "../../src/compile/program.ts";
import { programOfIntegers } from "../../src/compile/integers.ts";
import type { Engine, Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { synapsesByRow } from "../../src/kernels/by-row.ts";
import { kernelCores } from "../../src/kernels/cores.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import { checkSize, Layout } from "../../src/kernels/memory.ts";
import { bytesOfSynapses, planPieces } from "../../src/kernels/pieces.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

const modules = await loadDelivery();

/** Kernels where a memory holds no more than so many bytes before synapses get others. */
function openIn(bytes: number, program: Program): Engine {
  const cores = kernelCores(modules, bytes);
  return openMachine(program, "kernels", (probed) => new Machine(program, { cores, probed }));
}

/** The engine's name is the only difference that is allowed. */
function anonymous(result: unknown): unknown {
  return typeof result === "string" ? result : { ...(result as Recording), engine: "" };
}

const named = targets.map((target) => ({ name: target.name, target }));
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe.each(named)("synapses in several memories on $name", ({ target }) => {
  it("give what the interpreter gives", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = randomStimuli(program, 2, 6, seed, seed % 5 === 0);
        const options = { probes: allProbes(program) };
        const expected = anonymous(await outcome(openInterpreter(program), stimuli, options));
        expect(anonymous(await outcome(openIn(1, program), stimuli, options))).toEqual(expected);
        expect(anonymous(await outcome(openIn(3000, program), stimuli, options))).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });
});

/** One layer that is divided into many pieces. */
function layerOf(synapses: Synapses, inputs: number, neurons: number): Program {
  return programOfIntegers(readTarget("generic-8bit"), {
    inputs: [{ name: "in", shape: [inputs] }],
    populations: [{ name: "out", shape: [neurons], parameters: { beta: 200, threshold: 300 } }],
    projections: [{ from: "in", to: "out", synapses }],
  });
}

function readEvents(sample: number, step: number, out: Float32Array | Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Number((i * 7 + step * 5 + sample) % 4 === 0);
}

describe("pieces", () => {
  const dice = new Dice(4);
  const dense: Synapses = { kind: "dense", weight: Int8Array.from(dice.list(40 * 1000, -128, 127)) };
  const listed = synapsesByRow({ sources: 40, targets: 1000, bits: 8 }, (source, add) => {
    for (let target = source % 7; target < 1000; target += 40) add(target, (target % 200) - 90);
  });

  it("are some targets each, none of them larger than it should be, and have all of them", () => {
    const whole = { neurons: 1000, low: 30, high: 1000 };
    for (const synapses of [dense, listed]) {
      const pieces = planPieces(synapses, whole, "weight", 8000);
      const ends = pieces.map(({ first, packed }) => [first + 30, packed.targets.low, packed.targets.high]);
      expect(ends.every(([first, low]) => first === low)).toBe(true);
      expect([ends[0]![1], ends.at(-1)![2]]).toEqual([30, 1000]);
      expect(ends.slice(1).every(([, low], i) => low === ends[i]![2])).toBe(true);
      expect(pieces.length).toBeGreaterThanOrEqual(bytesOfSynapses(synapses, whole) / 8000);
    }
  });

  it.each([
    { form: "dense rows", synapses: dense },
    { form: "lists", synapses: { ...listed, memory: undefined } as Synapses },
  ])("of $form give what the interpreter gives", async ({ synapses }) => {
    const program = layerOf(synapses, 40, 1000);
    const stimulus: Stimulus = {
      samples: 2,
      steps: 20,
      shape: [40],
      kind: "spikes",
      constant: false,
      read: readEvents,
    };
    const stimuli: Stimuli = new Map([["in", stimulus]]);
    const expected = anonymous(await outcome(openInterpreter(program), stimuli));
    expect((expected as Recording).populations[0]!.spikes.neuron.length).toBeGreaterThan(100);
    expect(anonymous(await outcome(openIn(8000, program), stimuli))).toEqual(expected);
  });

  it("that no memory could hold are refused before one is made", () => {
    const layout = new Layout();
    layout.reserve("u8", 2 ** 33);
    expect(() => checkSize(layout)).toThrow(expect.objectContaining({ code: "ENGINE_MEMORY" }));
  });
});
