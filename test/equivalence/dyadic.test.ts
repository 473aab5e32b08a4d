import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { openReal } from "../../src/chip/real.ts";
import { compileWithExact, type CompiledExactly } from "../../src/compile/compile.ts";
import { isExact, type Program } from "../../src/compile/program.ts";
import type { Recording } from "../../src/engine.ts";
import { compareRecordings, type Divergence } from "../../src/equivalence/compare.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget, targetNames } from "../../src/files.ts";
import type { Target } from "../../src/target/types.ts";
import type { OracleStep } from "../chip/oracle.ts";
import { simulate, type FloatCell } from "../compile/simulate.ts";
import { Dice } from "../dice.ts";
import { recordingOf, type Event } from "../measure/recordings.ts";
import { record } from "../reference/support.ts";
import {
  dyadicTrial,
  featuresOf,
  floorsOf,
  lsbsOf,
  mostEvents,
  originOf,
  readBoth,
  type Features,
  type Trial,
} from "./dyadic.ts";

/** What the compiler warns of that a run shows to happen or not. */
const ofRuns = [
  "COMPILE_MAY_SATURATE",
  "COMPILE_FIRES_REPEATEDLY",
  "COMPILE_EVENT_BY_EVENT",
  "COMPILE_FLOOR",
  "COMPILE_HIDDEN_OUTPUT",
];
/** Networks of a seed until a chip holds one exactly. */
const mostTrials = 6;
const runs = 80;
/** So many of these have to come to the comparison, on every chip, with so many spikes; then it is enough. */
const enough = { compared: 6, spikes: 4 };
/** Runs of the float reference beside the float oracle. */
const mostReferences = 2;

type Run = ReadonlyMap<string, FloatCell>;

/** The first network that the compiler calls exact, or why the last one was none. */
function exactProgram(
  target: Target,
  features: Features,
  dice: Dice,
): (CompiledExactly & { readonly trial: Trial }) | string {
  let reason = "";
  for (let i = 0; i < mostTrials; i++) {
    const trial = dyadicTrial(dice, features);
    try {
      const compiled = compileWithExact(trial.network, target, { inputs: { in: trial.use } });
      const { program } = compiled;
      const lossy = program.decisions.find(({ error, saturated }) => error > 0 || saturated > 0);
      const warned = program.warnings.find(({ code }) => !ofRuns.includes(code));
      expect(isExact(program)).toBe(lossy === undefined);
      if (isExact(program) && warned === undefined) return { trial, ...compiled };
      reason = lossy === undefined ? warned!.message : `${lossy.parameter} is rounded`;
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      reason = error.message;
    }
  }
  return reason;
}

/** Spikes and membranes of the float oracle. */
function floatRecording({ frames }: Trial, run: Run): Recording {
  const populations = [...run].map(([name, { spikes, membrane }]) => ({
    name,
    neurons: membrane[0]!.length,
    events: spikes.flatMap((row, step) => row.flatMap((spike, neuron): Event[] => (spike ? [[0, step, neuron]] : []))),
    membrane: Float64Array.from(membrane.flat()),
  }));
  return recordingOf({ samples: 1, steps: frames.in.length, populations });
}

/** The same of a program by the letter, each population at the model's timesteps. */
function readingRecording({ frames }: Trial, program: Program, rows: readonly OracleStep[]): Recording {
  const steps = frames.in.length;
  const populations = program.populations.map(({ name, neurons, offset }) => {
    const own = rows.slice(offset, offset + steps);
    return {
      name,
      neurons,
      events: own.flatMap(({ sent }, step) =>
        sent.get(name)!.map(({ neuron, payload }): Event => [0, step, neuron, payload]),
      ),
      membrane: Float64Array.from(
        own.flatMap(({ registers }) => registers.get(name)!.map((one) => one.get("membrane")!)),
      ),
    };
  });
  return recordingOf({ samples: 1, steps, populations });
}

/** Membranes in float units, [steps][neurons] of every population. */
function membranesOf(recording: Recording, program: Program): number[][] {
  return program.populations.map((population) => {
    const { name, neurons } = population;
    const trace = recording.populations.find((one) => one.name === name)!.traces.get("membrane")!;
    const lsbs = lsbsOf(program, population);
    return Array.from(trace, (value, at) => value / lsbs[at % neurons]! + originOf(population, at % neurons));
  });
}

/** What keeps a run on the chip from being comparable, though every parameter is exact; null: nothing. */
function beyond(program: Program, trial: Trial, run: Run, chip: Recording, exact: boolean): string | null {
  if (chip.populations.some(({ spikes }) => spikes.payload?.some((count) => count > 1)))
    return "a neuron fires twice at once";
  const falls = program.populations.some((population) => {
    const floors = floorsOf(program, population);
    return run.get(population.name)!.membrane.some((row) => row.some((value, i) => value < floors[i]!));
  });
  if (falls) return "a membrane falls below the chip's floor";
  if (program.target.events === null) return exact ? null : "an operation rounds or overflows";
  // Such a chip serves events one by one, so that a neuron can fire between two of them.
  return mostEvents(trial, run) > 1 ? "events meet" : null;
}

/** Whether the first difference is a membrane exactly at its threshold, where chips fire that compare with >=. */
function isTie({ reference, population, neuron, step }: Divergence, { network }: Trial, run: Run): boolean {
  const node = network.nodes.find(({ name }) => name === population)!;
  if (node.kind !== "population") return false;
  return !reference && run.get(population)!.membrane[step]![neuron] === node.threshold![neuron];
}

describe.each(targetNames())("a network of short numbers on %s", (name) => {
  it("fires in every timestep as in float, membranes alike, wherever nothing is rounded and nothing overflows", async () => {
    const target = readTarget(name);
    const features = featuresOf(target);
    const tally = { compared: 0, spikes: 0, ties: 0, tiesAlike: 0, references: 0 };
    const apart: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        if (tally.compared >= enough.compared && tally.spikes >= enough.spikes) return;
        const found = exactProgram(target, features, new Dice(seed));
        if (typeof found === "string") {
          apart[found] = (apart[found] ?? 0) + 1;
          return;
        }
        const { trial, program, exact } = found;
        const run = simulate(trial.network, trial.frames);
        const probes = program.populations.map((one) => ({ population: one.name, register: "membrane" }));
        const chip = await openInterpreter(program).run(trial.stimuli, { probes });
        const readings = target.events === null ? readBoth(program, trial) : null;
        const why = beyond(program, trial, run, chip, readings?.exact ?? true);
        if (why !== null) {
          apart[why] = (apart[why] ?? 0) + 1;
          return;
        }
        // From the chip upward: equations in real numbers, then the network in float.
        if (readings !== null) {
          const real = readingRecording(trial, program, readings.real);
          expect(compareRecordings(real, chip).divergence).toBeNull();
          expect(membranesOf(real, program)).toEqual(membranesOf(chip, program));
          // The rungs of the ladder: with the program's integers, and with what they were before rounding.
          for (const values of [undefined, exact()]) {
            const reading = { values, exactInputs: new Set(program.inputs.map((input) => input.name)) };
            const rung = await openReal(program, reading).run(trial.stimuli, { probes });
            expect(compareRecordings(rung, chip).divergence).toBeNull();
            expect(membranesOf(rung, program)).toEqual(membranesOf(chip, program));
          }
        }
        const float = floatRecording(trial, run);
        const { divergence } = compareRecordings(float, chip);
        if (divergence !== null) {
          expect([divergence, isTie(divergence, trial, run)]).toEqual([divergence, true]);
          tally.ties++;
          return;
        }
        expect(membranesOf(chip, program)).toEqual(float.populations.map(({ traces }) => [...traces.get("membrane")!]));
        tally.compared++;
        tally.spikes += float.populations.reduce((sum, { spikes }) => sum + spikes.neuron.length, 0);
        if ([...run.values()].some(({ margin }) => margin === 0)) tally.tiesAlike++;
        if (tally.references++ >= mostReferences) return;
        const reference = await record(trial.network, Object.fromEntries(trial.stimuli), { backend: "cpu", probes });
        expect(compareRecordings(reference, chip).divergence).toBeNull();
        expect(compareRecordings(reference, float).divergence).toBeNull();
        expect(reference.populations.map(({ traces }) => [...traces.get("membrane")!])).toEqual(
          membranesOf(chip, program),
        );
      }),
      { numRuns: runs },
    );
    // A chip on which there is no such network says why: what kept the networks that were tried from being compared.
    expect(tally.compared, JSON.stringify(apart)).toBeGreaterThanOrEqual(enough.compared);
    expect(tally.spikes, JSON.stringify(apart)).toBeGreaterThanOrEqual(enough.spikes);
    // A chip that fires at the threshold does so always.
    expect(Math.min(tally.ties, tally.tiesAlike)).toBe(0);
  });
});
