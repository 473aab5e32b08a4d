import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Engine } from "../../src/engine.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import { placeOnCores } from "../../src/mapping/place.ts";
import { openShards } from "../../src/shard/engine.ts";
import { allProbes, motley, outcome, randomProgram, randomStimuli } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { chosen } from "./chips.ts";

const opened: Engine[] = [];
afterAll(async () => {
  for (const engine of opened) await engine.close();
});

async function keep<E extends Engine>(engine: E | Promise<E>): Promise<E> {
  opened.push(await engine);
  return engine;
}

/** A program of several parts, once with each population on one core and once by chance, saved and read again. */
function mappedTwice(seed: number): readonly [Program, Program] {
  const dice = new Dice(seed);
  const program = randomProgram(motley, dice);
  const chip = {
    ...motley,
    core: { neurons: chosen(dice.between(3, 20)), shared: true },
    chip: { cores: chosen(500) },
  };
  const places = program.populations.flatMap(({ name, neurons }) => {
    const size = dice.between(1, 3);
    return Array.from({ length: Math.ceil(neurons / size) }, (_, i) => i * size)
      .filter(() => dice.chance(30))
      .map((from) => ({
        population: name,
        neurons: [from, Math.min(neurons, from + size) - 1] as const,
        core: dice.between(0, 499),
      }));
  });
  const roomy = { ...chip, core: { neurons: chosen(1000), shared: true } };
  const mapped = { ...program, fit: placeOnCores(roomy, program, { mapping: { places } }) };
  return [{ ...program, fit: placeOnCores(chip, program) }, decodeProgram(encodeProgram(mapped))];
}

describe("a mapped program", () => {
  it("runs as the unmapped one, bit for bit, on the interpreter and on kernels", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const [plain, mapped] = mappedTwice(seed);
        // Now and then chance maps a small program as it lies anyway.
        fc.pre(JSON.stringify(mapped.fit.placement) !== JSON.stringify(plain.fit.placement));
        const stimuli = randomStimuli(plain, 2, 5, seed);
        const options = { probes: allProbes(plain) };
        const expected = await outcome(await keep(openInterpreter(plain)), stimuli, options);
        expect(await outcome(await keep(openInterpreter(mapped)), stimuli, options)).toEqual(expected);
        const kernels = await outcome(await keep(openKernels(mapped)), stimuli, options);
        expect(kernels).toEqual(await outcome(await keep(openKernels(plain)), stimuli, options));
        if (typeof expected !== "string") expect(kernels).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    [4, 2],
    [21, 3],
    [35, 3],
  ])("(%i) runs so on %i threads that divide it by core", async (seed, threads) => {
    const [plain, mapped] = mappedTwice(seed);
    const stimuli = randomStimuli(plain, 3, 6, seed);
    const options = { probes: allProbes(plain) };
    const expected = await outcome(await keep(openInterpreter(plain)), stimuli, options);
    expect(typeof expected).toBe("object");
    expect(await outcome(await keep(openShards(mapped, { threads, split: "core" })), stimuli, options)).toEqual(
      expected,
    );
  });
});
