import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Recording } from "../../src/engine.ts";
import { eventsOf, runOracle, sizeOfProgram, type Event } from "./oracle.ts";
import { Dice } from "../dice.ts";
import { outcome, randomProgram, randomStimuli, targets } from "./programs.ts";

describe.each(targets.map((target) => ({ name: target.name, target })))("a random program on $name", ({ target }) => {
  it("does what its equations say, neuron by neuron and event by event", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        fc.pre(sizeOfProgram(program) < 120);
        const stimuli = randomStimuli(program, 1, 4, seed);
        const probes = program.populations.flatMap(({ name: population, datapath }) => {
          return Object.keys(target.datapaths[datapath]!.state).map((register) => ({ population, register }));
        });
        const got = await outcome(openInterpreter(program), stimuli, { probes, chipTime: true });
        // A register that leaves its range is the other tests' subject.
        if (typeof got === "string") return;
        const steps = 4 + program.latency;
        const frames = Array.from({ length: 4 }, (_, step) => eventsOf(program, stimuli, step));
        const expected = runOracle(program, frames, steps);
        const { populations, projections } = got as Recording;
        for (const { name, neurons, spikes, traces } of populations) {
          for (const [step, { sent, registers }] of expected.entries()) {
            const [from, to] = [spikes.start[step]!, spikes.start[step + 1]!];
            const fired = [...spikes.neuron.subarray(from, to)].map((neuron, i): Event => {
              return { neuron, payload: spikes.payload?.[from + i] ?? 1 };
            });
            expect(fired).toEqual(sent.get(name));
            for (const [register, trace] of traces) {
              const values = registers.get(name)!.map((neuron) => neuron.get(register));
              expect([...trace.subarray(step * neurons, (step + 1) * neurons)]).toEqual(values);
            }
          }
        }
        for (const { name, synops } of projections) {
          expect(synops[0]).toBe(expected.reduce((sum, step) => sum + step.synops.get(name)!, 0));
        }
      }),
      { numRuns: 40 },
    );
  });
});
