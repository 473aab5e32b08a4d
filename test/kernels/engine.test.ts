import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { timestepTargets } from "../support.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import { Dice } from "../dice.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets } from "../chip/programs.ts";

const all = new Map([...targets, ...timestepTargets()].map((target) => [target.name, target]));
const named = [...all].map(([name, target]) => ({ name, target }));
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** The engine's name is the only difference that is allowed. */
function anonymous(result: unknown): unknown {
  return typeof result === "string" ? result : { ...(result as Recording), engine: "" };
}

/** Nothing but in the first and in some of the last timesteps. */
function inBursts(stimuli: Stimuli): Stimuli {
  return new Map(
    [...stimuli].map(([name, one]) => {
      const read: Stimulus["read"] = (sample, step, out) => {
        if (step < 2 || step === 30 || step === 33) one.read(sample, step, out);
        else out.fill(0);
      };
      return [name, { ...one, constant: false, read }];
    }),
  );
}

describe.each(named)("random programs on $name", ({ target }) => {
  it("kernels give what the interpreter gives: spikes, registers, counts and mistakes", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = randomStimuli(program, 2, 6, seed, seed % 5 === 0);
        const options = { probes: seed % 3 === 0 ? [] : allProbes(program), chipTime: seed % 2 === 0 };
        const kernels = anonymous(await outcome(await openKernels(program), stimuli, options));
        expect(kernels).toEqual(anonymous(await outcome(openInterpreter(program), stimuli, options)));
      }),
      { numRuns: 40 },
    );
  });

  it("kernels give the same where neurons have long been silent, and sleep, before events reach them again", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = inBursts(randomStimuli(program, 2, 36, seed));
        const options = { probes: seed % 3 === 0 ? [] : allProbes(program), chipTime: seed % 2 === 0 };
        const kernels = anonymous(await outcome(await openKernels(program), stimuli, options));
        expect(kernels).toEqual(anonymous(await outcome(openInterpreter(program), stimuli, options)));
      }),
      { numRuns: 10 },
    );
  });

  it("snapshots go from one engine to the other in the middle of a run", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 0, max: 5 }), async (seed, at) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = randomStimuli(program, 1, 6, seed);
        const [kernels, interpreter] = [await openKernels(program), openInterpreter(program)];
        const expected = await outcome(interpreter, stimuli, { chipTime: true });
        if (typeof expected === "string") return;
        const give = (step: number): Map<string, Float64Array> =>
          new Map(
            [...stimuli].map(([name, { shape, read }]) => {
              const frame = new Float64Array(shape.reduce((product, size) => product * size, 1));
              read(0, step, frame);
              return [name, frame];
            }),
          );
        for (let step = 0; step < at; step++) kernels.step(give(step));
        interpreter.restore(kernels.snapshot());
        for (let step = at; step < 6; step++) {
          const frames = give(step);
          const [a, b] = [kernels.step(frames), interpreter.step(frames)];
          for (const [name, { count, neuron, payload }] of a) {
            const other = b.get(name)!;
            expect([...neuron.subarray(0, count)]).toEqual([...other.neuron.subarray(0, other.count)]);
            expect([...payload.subarray(0, count)]).toEqual([...other.payload.subarray(0, other.count)]);
          }
        }
        expect(kernels.snapshot()).toEqual(interpreter.snapshot());
      }),
      { numRuns: 10 },
    );
  });
});
