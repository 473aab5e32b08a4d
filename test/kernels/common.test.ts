import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { openInterpreter, openMachine } from "../../src/chip/interpreter.ts";
import { Machine } from "../../src/chip/machine.ts";
import { programOfIntegers } from "../../src/compile/integers.ts";
import type { Program, Synapses } from "../../src/compile/program.ts";
import type { Engine, Recording } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { packForAll, type CommonByName } from "../../src/kernels/common.ts";
import { kernelCores } from "../../src/kernels/cores.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { webAssembly } from "../../src/kernels/wasm.ts";
import { Dice } from "../dice.ts";

const modules = await loadDelivery();

function openOn(common: CommonByName, program: Program): Engine {
  const cores = kernelCores(modules, undefined, common);
  return openMachine(program, "kernels", (probed) => new Machine(program, { cores, probed }));
}

/** The engine's name is the only difference that is allowed. */
function anonymous(result: unknown): unknown {
  return typeof result === "string" ? result : { ...(result as Recording), engine: "" };
}

const named = targets.map((target) => ({ name: target.name, target }));
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe.each(named)("synapses packed for all threads on $name", ({ target }) => {
  it("give what the interpreter gives, to each engine that reads them", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const common = await packForAll(program, 0);
        // Sums of each lie behind those of the other.
        const engines = [openOn(common, program), openOn(common, program)];
        const options = { probes: allProbes(program) };
        for (const [i, engine] of [...engines, ...engines].entries()) {
          const stimuli = randomStimuli(program, 2, 6, seed + i, seed % 5 === 0);
          const expected = anonymous(await outcome(openInterpreter(program), stimuli, options));
          expect(anonymous(await outcome(engine, stimuli, options))).toEqual(expected);
        }
      }),
      { numRuns: 6 },
    );
  });
});

function programWith(synapses: Synapses): Program {
  return programOfIntegers(readTarget("generic-8bit"), {
    inputs: [{ name: "in", shape: [20] }],
    populations: [{ name: "out", shape: [100], parameters: { beta: 240, threshold: 150 } }],
    projections: [{ from: "in", to: "out", synapses }],
  });
}

describe("what is packed for all threads", () => {
  const dense: Synapses = { kind: "dense", weight: Int8Array.from({ length: 2000 }, (_, i) => (i % 9) - 4) };

  it("is what is large", async () => {
    const [projection] = programWith(dense).projections;
    expect([...(await packForAll(programWith(dense), 2000)).keys()]).toEqual([projection!.name]);
    expect((await packForAll(programWith(dense), 2001)).size).toBe(0);
  });

  it("lies in shared memory, which a part of the neurons does not use", async () => {
    const program = programWith(dense);
    const common = await packForAll(program, 0);
    const [own] = common.values();
    expect(own!.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    const before = own!.memory.buffer.byteLength;
    const cores = kernelCores(modules, undefined, common);
    const machine = (low: number): Machine =>
      new Machine(program, { cores, ranges: new Map([["out", { low, high: 100 }]]) });
    expect(machine(40).population("out").size).toBe(60);
    expect(own!.memory.buffer.byteLength).toBe(before);
    machine(0);
    expect(own!.memory.buffer.byteLength).toBeGreaterThan(before);
  });

  it("leaves out what no memory is found for, which every thread then has itself", async () => {
    const Memory = vi.spyOn(webAssembly!, "Memory").mockImplementation(function refuse() {
      throw new RangeError("could not allocate memory");
    });
    try {
      expect((await packForAll(programWith(dense), 0)).size).toBe(0);
      expect(Memory).toHaveBeenCalledOnce();
    } finally {
      Memory.mockRestore();
    }
  });

  it("takes no more than room for the sums of its threads", async () => {
    const [own] = (await packForAll(programWith(dense), 0, 2)).values();
    for (let times = 0; times < 16; times++) own!.memory.grow(1);
    expect(() => own!.memory.grow(1)).toThrow(RangeError);
  });

  it("is not packed to the end by a run that is stopped", async () => {
    const stopped = packForAll(programWith(dense), 0, 1, { aborted: true });
    await expect(stopped).rejects.toMatchObject({ code: "RUN_INTERRUPTED" });
  });
});
