import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program, ProgramPopulation } from "../../src/compile/program.ts";
import type { Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import type { BitspikeError } from "../../src/errors.ts";
import { Dice } from "../dice.ts";
import { eventTargets } from "./event-targets.ts";
import { allProbes, fed, one, outcome, randomProgram, randomStimuli, rowOf, steady, targets } from "./programs.ts";

const named = [...targets, ...eventTargets].map((target) => ({ name: target.name, target }));
/** A closed loop on a chip of events may go on for ever. */
const eventLimit = 40;
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** A stimulus of one sample of another. */
function only(stimuli: Stimuli, sample: number): Stimuli {
  const one = (stimulus: Stimulus): Stimulus => ({
    ...stimulus,
    samples: 1,
    read: (_, step, out) => stimulus.read(sample, step, out),
  });
  return new Map([...stimuli].map(([name, stimulus]) => [name, one(stimulus)]));
}

describe.each(named)("random programs on $name", ({ target }) => {
  it("prepared loops give what the plain walk gives", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = randomStimuli(program, 2, 5, seed);
        const options = { probes: allProbes(program), chipTime: seed % 2 === 0 };
        const prepared = await outcome(openInterpreter(program, { eventLimit }), stimuli, options);
        expect(prepared).toEqual(
          await outcome(openInterpreter(program, { plain: true, eventLimit }), stimuli, options),
        );
      }),
      { numRuns: 25 },
    );
  });

  it("a constant stimulus gives what the same frames give one by one", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const constant = randomStimuli(program, 2, 6, seed, true);
        const single = new Map([...constant].map(([name, stimulus]) => [name, { ...stimulus, constant: false }]));
        const options = { probes: allProbes(program), chipTime: true };
        const engine = openInterpreter(program, { eventLimit });
        expect(await outcome(engine, constant, options)).toEqual(await outcome(engine, single, options));
      }),
      { numRuns: 60 },
    );
  });

  it("a sample gives the same alone and after others", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const program = randomProgram(target, new Dice(seed));
        const stimuli = randomStimuli(program, 3, 5, seed);
        const options = { probes: allProbes(program), chipTime: seed % 2 === 0 };
        const engine = openInterpreter(program, { eventLimit });
        const all = await outcome(engine, stimuli, options);
        if (typeof all === "string") return;
        const { samples, steps, populations, projections } = all as Recording;
        const alone = (await outcome(engine, only(stimuli, 2), options)) as Recording;
        for (const [index, { neurons, traces }] of alone.populations.entries()) {
          for (let step = 0; step < steps; step++) {
            expect(rowOf(alone, step)[index]).toEqual(rowOf(all as Recording, (samples - 1) * steps + step)[index]);
          }
          for (const [name, trace] of traces) {
            expect(trace).toEqual(populations[index]!.traces.get(name)!.slice(2 * steps * neurons));
          }
        }
        expect(alone.projections.map(({ synops }) => synops[0])).toEqual(projections.map(({ synops }) => synops[2]));
      }),
      { numRuns: 60 },
    );
  });
});

function thrownBy(program: Program, stimuli: Stimuli): Promise<unknown> {
  return openInterpreter(program, { eventLimit })
    .run(stimuli)
    .catch((error: unknown) => error);
}

describe("a run that goes wrong", () => {
  it("says which register of which neuron would leave its range, when, and how far", async () => {
    // A quarter leaks toward zero, and -8000 >> 4 arrives from step 2 on: -500, -875, -875 + 218 - 500.
    expect(await thrownBy(fed(one, -100), steady(80, 9))).toMatchObject({
      code: "ENGINE_REGISTER_RANGE",
      message: "membrane of neuron 1 in cell would become -1157 at timestep 4, outside -1024..1023.",
    });
  });

  it("says which accumulator of which neuron events would drive too far", async () => {
    expect(await thrownBy(fed(one, 100), steady(82, 9))).toMatchObject({
      code: "ENGINE_DELIVERY_RANGE",
      message: "sum of neuron 1 in cell would become 8200 while events of in->cell arrive, outside -8192..8191.",
    });
  });

  it.each([
    { kind: "dense", weight: new Int32Array(4).fill(2 ** 23) },
    {
      kind: "sparse",
      start: Uint32Array.of(0, 1, 2),
      target: Uint32Array.of(0, 1),
      weight: Int32Array.of(-(2 ** 23), 1),
    },
    {
      kind: "conv2d",
      weight: Int32Array.of(2 ** 23),
      inputShape: [1, 1, 2],
      outputShape: [1, 1, 2],
      kernel: [1, 1],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    },
  ] as const)("refuses a sum that may leave 2^53: $kind", async (synapses) => {
    const parameters = { turn: Int32Array.of(0), threshold: Int32Array.of(1) };
    const program = fed({ ...one, datapath: "two", parameters }, 0);
    const inputs = [{ ...program.inputs[0]!, payloadLimit: 2 ** 30 }];
    const projections = [{ ...program.projections[0]!, synapses }];
    const got = await thrownBy({ ...program, inputs, projections }, steady(2 ** 30, 2));
    expect(got).toMatchObject({ code: "ENGINE_SUM_RANGE" });
  });

  it("refuses probes and stimuli that the program does not have", async () => {
    const engine = openInterpreter(fed(one, 1));
    const run = (stimuli: Stimuli, register = "membrane", population = "cell"): Promise<string> =>
      engine.run(stimuli, { probes: [{ population, register }] }).then(
        () => "no error",
        (error: BitspikeError) => error.code,
      );
    expect(await run(steady(1, 2), "v")).toBe("RUN_PROBE");
    expect(await run(steady(1, 2), "threshold")).toBe("RUN_PROBE");
    expect(await run(steady(1, 2), "membrane", "soma")).toBe("RUN_PROBE");
    expect(await run(new Map())).toBe("RUN_STIMULUS_MISSING");
    expect(await run(steady(1, 2))).toBe("no error");
  });
});

describe("a run that is stopped", () => {
  it("rejects before it begins", async () => {
    const options = { signal: { aborted: true } };
    expect(await outcome(openInterpreter(fed(one, 1)), steady(1, 2), options)).toMatch(/^RUN_INTERRUPTED/);
  });

  it("rejects soon, reports progress until then and never afterwards", async () => {
    const signal = { aborted: false };
    const seen: number[] = [];
    const onProgress = (done: number): void => {
      seen.push(done);
      if (seen.length === 3) signal.aborted = true;
    };
    const engine = openInterpreter(fed(one, 1));
    expect(await outcome(engine, steady(1, 100, 100_000), { signal, onProgress })).toMatch(/^RUN_INTERRUPTED/);
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toBeLessThan(100_000);
    const { samples } = await engine.run(steady(1, 3, 7), { onProgress });
    expect([samples, seen.at(-1)]).toEqual([7, 7]);
  });
});

describe("rows of a recording", () => {
  // Both neurons of `late` see what `early` fires one step later, held until step 2 of the chip.
  const early: ProgramPopulation = { ...one, name: "early", parameters: { threshold: Int32Array.of(5) }, offset: 1 };
  const late: ProgramPopulation = { ...early, name: "late", offset: 2 };
  const program = fed(early, 100);
  const [first] = program.projections;
  const second = { ...first!, name: "early->late", from: "early", to: "late" };
  const synapses = { kind: "dense" as const, weight: Int32Array.of(0, 0, 100, 100) };
  const both: Program = {
    ...program,
    populations: [early, late],
    projections: [first!, { ...second, synapses }],
    outputs: [{ name: "out", population: "late" }],
    latency: 2,
  };
  const stimuli = steady(4, 3);

  it("are the model's timesteps, each population's from its own offset on", async () => {
    const { steps, populations, outputs, projections } = await openInterpreter(both).run(stimuli);
    expect(steps).toBe(3);
    expect(populations.map(({ spikes }) => [...spikes.start])).toEqual([
      [0, 1, 2, 3],
      [0, 2, 4, 6],
    ]);
    expect([...outputs.get("out")!]).toEqual([1, 1, 1, 1, 1, 1]);
    // Neuron 0 of the input has two synapses, and so has neuron 1, of weight 0.
    expect(projections.map(({ synops }) => [...synops])).toEqual([[12], [6]]);
  });

  it("are the chip's timesteps where that is asked for", async () => {
    const probes = [
      { population: "late", register: "sum" },
      { population: "late", register: "membrane" },
    ];
    const { steps, populations } = await openInterpreter(both).run(stimuli, { chipTime: true, probes });
    expect(steps).toBe(5);
    expect(populations.map(({ spikes }) => [...spikes.start])).toEqual([
      [0, 0, 1, 2, 3, 3],
      [0, 0, 0, 2, 4, 6],
    ]);
  });

  it("without a sample are none", async () => {
    const { samples, populations } = await openInterpreter(both).run(steady(4, 3, 0), { probes: allProbes(both) });
    expect([samples, ...populations.map(({ spikes }) => spikes.start.length)]).toEqual([0, 1, 1]);
  });
});
