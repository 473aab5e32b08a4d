import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { lossPlaces, openReal } from "../../src/chip/real.ts";
import type { Program } from "../../src/compile/program.ts";
import type { LossPlace } from "../../src/core/real.ts";
import type { Recording } from "../../src/engine.ts";
import { readTarget, targetNames } from "../../src/files.ts";
import { Dice } from "../dice.ts";
import { eventsOf, reals, runReading, sizeOfProgram } from "./oracle.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets as some } from "./programs.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const inTimesteps = targetNames()
  .map(readTarget)
  .filter(({ events }) => events === null);
const named = [...new Map([...some, ...inTimesteps].map((target) => [target.name, target]))];

/** Machines of bits have no real reading; here it is asked for all the same where all losses happen. */
function asIfReal(program: Program): Program {
  const entries = Object.entries(program.target.datapaths);
  const datapaths = Object.fromEntries(entries.map(([name, spec]) => [name, { ...spec, real: undefined }]));
  return { ...program, target: { ...program.target, datapaths } };
}

describe.each(named)("a random program on %s in real numbers", (_, target) => {
  it("does what the chip does where every loss happens", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = asIfReal(randomProgram(target, new Dice(seed)));
        const stimuli = randomStimuli(program, 2, 5, seed);
        const options = { probes: allProbes(program), chipTime: seed % 2 === 0 };
        const chip = await outcome(openInterpreter(program), stimuli, options);
        // A run that leaves a register's range ends on the chip.
        if (typeof chip === "string") return;
        compared++;
        expect(await outcome(openReal(program, { acts: () => true }), stimuli, options)).toEqual(chip);
      }),
      { numRuns: 12 },
    );
    expect(compared).toBeGreaterThan(0);
  });

  it("is its equations read in real numbers, neuron by neuron, where no loss happens", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = asIfReal(randomProgram(target, new Dice(seed)));
        if (sizeOfProgram(program) > 100) return;
        const stimuli = randomStimuli(program, 1, 3, seed);
        const probes = allProbes(program).filter(({ population, register }) => {
          const { datapath } = program.populations.find(({ name }) => name === population)!;
          return register in target.datapaths[datapath]!.state;
        });
        const got = await outcome(openReal(program), stimuli, { probes, chipTime: true });
        if (typeof got === "string") return;
        const frames = [0, 1, 2].map((step) => eventsOf(program, stimuli, step));
        const expected = runReading(program, frames, 3 + program.latency, reals);
        for (const { name, neurons, spikes, traces } of (got as Recording).populations) {
          for (const [step, { sent, registers }] of expected.entries()) {
            const [from, to] = [spikes.start[step]!, spikes.start[step + 1]!];
            expect([...spikes.neuron.subarray(from, to)]).toEqual(sent.get(name)!.map(({ neuron }) => neuron));
            for (const [register, trace] of traces) {
              const own = [...trace.subarray(step * neurons, (step + 1) * neurons)];
              for (const [neuron, value] of own.entries()) {
                const wanted = registers.get(name)![neuron]!.get(register)!;
                expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
              }
            }
          }
        }
        compared++;
      }),
      { numRuns: 15 },
    );
    expect(compared).toBeGreaterThan(0);
  });
});

function key({ population, block, line, kind }: LossPlace): string {
  return [population, block, line, kind].join();
}

describe("the places where numbers are lost", () => {
  it("are told with how many numbers they changed, and only those of lines that lose something", async () => {
    const program = randomProgram(readTarget("loihi2"), new Dice(7));
    const places = lossPlaces(program);
    const counts = new Map<string, number>();
    const watch = (place: LossPlace, numbers: number): void => {
      counts.set(key(place), (counts.get(key(place)) ?? 0) + numbers);
    };
    const stimuli = randomStimuli(program, 2, 5, 7);
    await openReal(program, { acts: () => true, watch }).run(stimuli);
    expect(counts.size).toBeGreaterThan(0);
    // A loss that changes nothing is not told of.
    expect([...counts.values()].every((numbers) => numbers > 0)).toBe(true);
    expect(counts.size).toBeLessThan(places.length);
    for (const name of counts.keys()) expect(places.map(key)).toContain(name);
    // What never changed a number may as well not happen.
    const never = (place: LossPlace): boolean => counts.has(key(place));
    const options = { probes: allProbes(program) };
    const without = await outcome(openReal(program, { acts: never }), stimuli, options);
    expect(without).toEqual(await outcome(openReal(program, { acts: () => true }), stimuli, options));
  });
});
