import { Piscina } from "piscina";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import { encodeRate } from "../../src/encoding/rate.ts";
import type { Engine, Recording, RunOptions, Stimuli, Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { openShards, type ShardEngine, type ShardOptions } from "../../src/shard/engine.ts";
import { recipesOf } from "../../src/shard/own.ts";
import { eventTargets } from "../chip/event-targets.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets, wideProgram } from "../chip/programs.ts";
import { readTrained, type TrainedName } from "../compile/trained.ts";
import { Dice } from "../dice.ts";

/** Numbers of workers and both ways to divide the work. */
const divisions = [1, 2, 3, 5].flatMap((threads) => (["sample", "core"] as const).map((split) => ({ threads, split })));

const opened: Engine[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const engine of opened.splice(0)) await engine.close();
});

async function open(program: Program, options: ShardOptions): Promise<ShardEngine> {
  const engine = await openShards(program, options);
  opened.push(engine);
  return engine;
}

/** A trained network on a chip, with data that the chip takes: values, or spikes drawn from them. */
async function trainedOn(
  chip: string,
  name: TrainedName,
  samples: number,
): Promise<{ program: Program; stimuli: Stimuli }> {
  const { network, input, stimulus, steps } = await readTrained(name);
  const graded = stimulus(samples);
  if (chip === "loihi2") {
    const program = compile(network, readTarget(chip), { inputs: { [input]: { kind: "graded", limit: 1 } } });
    return { program, stimuli: new Map([[input, graded]]) };
  }
  const size = graded.shape.reduce((product, axis) => product * axis, 1);
  const values = new Float32Array(samples * size);
  for (let sample = 0; sample < samples; sample++) graded.read(sample, 0, values.subarray(sample * size));
  const data = {
    samples,
    first: 0,
    time: null,
    shape: graded.shape,
    values,
    dtype: "float32",
    range: [0, 1],
    whole: false,
    reading: "",
  } as const;
  return {
    program: compile(network, readTarget(chip)),
    stimuli: new Map([[input, encodeRate(data, 1, steps, { seed: 7 })]]),
  };
}

describe("shards give what the interpreter gives", () => {
  it.each([
    { chip: "loihi2", name: "mnist-mlp", samples: 5 },
    { chip: "loihi2", name: "mnist-rec", samples: 5 },
    { chip: "loihi2", name: "mnist-conv", samples: 2 },
    { chip: "generic-8bit", name: "mnist-mlp", samples: 5 },
    { chip: "generic-8bit", name: "mnist-rec", samples: 4 },
    { chip: "generic-8bit", name: "mnist-conv", samples: 2 },
  ] as const)("for $name on $chip", async ({ chip, name, samples }) => {
    const { program, stimuli } = await trainedOn(chip, name, samples);
    const last = program.populations.at(-1)!.name;
    const probes = [
      { population: last, register: "membrane" },
      { population: last, register: "v" },
    ];
    const expected = await outcome(openInterpreter(program), stimuli, { probes });
    const inChipTime = name === "mnist-rec";
    const chipTime = inChipTime ? await outcome(openInterpreter(program), stimuli, { chipTime: true }) : null;
    expect(expected).toMatchObject({ samples });
    for (const division of divisions.filter(({ threads }) => threads === 2 || threads === 3)) {
      const engine = await open(program, division);
      expect(await outcome(engine, stimuli, { probes })).toEqual(expected);
      if (inChipTime && division.threads === 2)
        expect(await outcome(engine, stimuli, { chipTime: true })).toEqual(chipTime);
    }
  });

  it.each(targets.map((target) => ({ name: target.name, target })))(
    "for random programs on $name",
    async ({ target }) => {
      for (const [index, division] of divisions.entries()) {
        const program = randomProgram(target, new Dice(index * 31 + 5));
        const samples = index % 4;
        const stimuli = randomStimuli(program, samples, 4, index, index % 2 === 0);
        const options = { probes: allProbes(program), chipTime: index % 3 === 0 };
        const expected = await outcome(openInterpreter(program), stimuli, options);
        const got = await outcome(await open(program, division), stimuli, options);
        // Which of several mistakes is told depends on which worker meets one first.
        if (typeof expected === "string") expect(String(got).split(":")[0]).toBe(expected.split(":")[0]);
        else expect(got).toEqual(expected);
      }
    },
  );

  it.each(targets.map((target) => ({ name: target.name, target })))(
    "where hundreds of neurons fire at once on $name",
    async ({ target }) => {
      let most = 0;
      for (const [seed, threads] of [2, 3, 2, 5].entries()) {
        const program = wideProgram(target, 1500, new Dice(seed));
        const stimuli = randomStimuli(program, 2, 5, seed, seed % 2 === 0);
        const options = { probes: allProbes(program) };
        const expected = await outcome(openInterpreter(program), stimuli, options);
        const got = await outcome(await open(program, { threads, split: "core" }), stimuli, options);
        if (typeof expected === "string") expect(String(got).split(":")[0]).toBe(expected.split(":")[0]);
        else expect(got).toEqual(expected);
        if (typeof expected === "string") continue;
        const { start } = (expected as Recording).populations[0]!.spikes;
        for (let row = 0; row + 1 < start.length; row++) most = Math.max(most, start[row + 1]! - start[row]!);
      }
      expect(most).toBeGreaterThan(600);
    },
  );

  it.each(eventTargets.map((target) => ({ name: target.name, target })))(
    "sample by sample on $name",
    async ({ target }) => {
      const eventLimit = 40;
      for (const threads of [1, 2, 3]) {
        const program = randomProgram(target, new Dice(threads * 17));
        const stimuli = randomStimuli(program, 4, 3, threads);
        const options = { probes: allProbes(program) };
        const expected = await outcome(openInterpreter(program, { eventLimit }), stimuli, options);
        const got = await outcome(await open(program, { threads, split: "sample", eventLimit }), stimuli, options);
        if (typeof expected === "string") expect(String(got).split(":")[0]).toBe(expected.split(":")[0]);
        else expect(got).toEqual(expected);
      }
    },
  );

  it("of data that workers read themselves", async () => {
    // Drawn from values by our own encoder; what a function of the test reads is sent in portions instead.
    const { program, stimuli } = await trainedOn("generic-8bit", "mnist-mlp", 9);
    expect(recipesOf(program, stimuli)).not.toBe(null);
    const own = new Map([...stimuli].map(([name, one]) => [name, { ...one, read: one.read.bind(null) }]));
    expect(recipesOf(program, own)).toBe(null);
    const expected = await outcome(openInterpreter(program), stimuli);
    const engine = await open(program, { threads: 3, split: "sample" });
    expect(await outcome(engine, stimuli)).toEqual(expected);
    expect(await outcome(engine, own)).toEqual(expected);
    expect(await outcome(engine, stimuli, { signal: AbortSignal.abort() })).toMatch("RUN_INTERRUPTED");
    expect(await outcome(engine, stimuli)).toEqual(expected);
  });

  it("but not neuron by neuron on a chip that runs on events", async () => {
    const program = randomProgram(eventTargets[0]!, new Dice(1));
    await expect(openShards(program, { split: "core" })).rejects.toMatchObject({ code: "SHARD_SPLIT" });
  });

  it.each(["sample", "core"] as const)(
    "run after run by %s, whatever was recorded and stopped before",
    async (split) => {
      const program = randomProgram(targets[1]!, new Dice(77));
      const engine = await open(program, { threads: 2, split });
      const probes = allProbes(program);
      for (const options of [{}, {}, { probes }, { signal: AbortSignal.abort() }, { probes }, {}]) {
        const stimuli = randomStimuli(program, 3, 5, opened.length);
        expect(await outcome(engine, stimuli, options)).toEqual(
          await outcome(openInterpreter(program), stimuli, options),
        );
      }
    },
  );
});

function repeated(stimulus: Stimulus): Stimulus {
  return { ...stimulus, samples: 20_000, read: (sample, step, out) => stimulus.read(sample % 200, step, out) };
}

/** A program and data for many seconds. */
async function long(): Promise<{ program: Program; stimuli: Stimuli }> {
  const { program, stimuli } = await trainedOn("loihi2", "mnist-mlp", 200);
  return { program, stimuli: new Map([...stimuli].map(([name, stimulus]) => [name, repeated(stimulus)])) };
}

/** Frames of a file that can be read to a certain place. */
function unreadable(sample: number, _step: number, out: Float32Array | Float64Array): void {
  if (sample === 3000) throw new Error("the disk is gone");
  out.fill(0);
}

/** Ends of channels that this thread listens to. */
function portsOpen(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;
}

/** Ports close a little after they were told to. */
function closedTo(before: number): Promise<void> {
  return vi.waitFor(() => expect(portsOpen()).toBeLessThanOrEqual(before), 10_000);
}

/** Code of the mistake with which a run ends. */
async function codeOfRun(engine: Engine, stimuli: Stimuli, options: RunOptions = {}): Promise<string> {
  const result = await outcome(engine, stimuli, options);
  return typeof result === "string" ? result.split(":")[0]! : "no error";
}

describe("a run of which nothing is said", () => {
  it("stays on this thread where workers would take longer to start, and gives the same", async () => {
    const { program, stimuli } = await trainedOn("loihi2", "mnist-mlp", 3);
    const started = vi.spyOn(Piscina.prototype, "run");
    const engine = await open(program, { threads: 2 });
    expect(await outcome(engine, stimuli)).toEqual(await outcome(openInterpreter(program), stimuli));
    expect([engine.threads, engine.split]).toEqual([1, null]);
    expect(started).not.toHaveBeenCalled();
  });

  it("is divided by sample where there is enough to do", async () => {
    const { program, stimuli } = await trainedOn("loihi2", "mnist-conv", 200);
    const many = new Map([...stimuli].map(([name, one]) => [name, { ...repeated(one), samples: 1000 }]));
    const engine = await open(program, { threads: 2 });
    const got = await engine.run(many);
    expect([engine.threads, engine.split]).toEqual([2, "sample"]);
    const { start, neuron } = got.populations[0]!.spikes;
    const rows = (start.length - 1) / 5;
    const parts = [0, 1, 2, 3, 4].map((part) =>
      Buffer.from(neuron.slice(start[part * rows], start[(part + 1) * rows]).buffer),
    );
    expect(parts.map((part) => part.compare(parts[0]!))).toEqual([0, 0, 0, 0, 0]);
    expect(parts[0]!.length).toBeGreaterThan(1000);
  });
});

describe.each(["sample", "core"] as const)("a run divided by %s", (split) => {
  it("that is stopped rejects soon, and the engine can run again", async () => {
    const { program, stimuli } = await long();
    const engine = await open(program, { threads: 2, split });
    const signal = { aborted: false };
    setTimeout(() => (signal.aborted = true), 150);
    expect(await codeOfRun(engine, stimuli, { signal })).toBe("RUN_INTERRUPTED");
    expect(await codeOfRun(engine, stimuli, { signal })).toBe("RUN_INTERRUPTED");
    const few = (await trainedOn("loihi2", "mnist-mlp", 2)).stimuli;
    expect(await outcome(engine, few)).toEqual(await outcome(openInterpreter(program), few));
  });

  it("waits for another one on the same engine", async () => {
    const program = randomProgram(targets[0]!, new Dice(9));
    const engine = await open(program, { threads: 3, split });
    const all = [1, 2, 3, 4].map((seed) => randomStimuli(program, 3, 6, seed));
    const got = await Promise.all(all.map((stimuli) => outcome(engine, stimuli)));
    expect(got).toEqual(await Promise.all(all.map((stimuli) => outcome(openInterpreter(program), stimuli))));
  });

  it("reports progress up to the number of samples, and nothing afterwards", async () => {
    const { program, stimuli } = await trainedOn("loihi2", "mnist-rec", 150);
    const engine = await open(program, { threads: 2, split });
    const seen: [number, number][] = [];
    await engine.run(stimuli, { onProgress: (done, total) => seen.push([done, total]) });
    const count = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(seen).toHaveLength(count);
    expect(seen.at(-1)).toEqual([150, 150]);
    const done = seen.map(([samples]) => samples);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it("tells a mistake that a worker meets by its own code and words", async () => {
    const { program, stimuli } = await trainedOn("loihi2", "mnist-rec", 4);
    const [first] = program.populations;
    const lif = program.target.datapaths["lif"]!;
    const narrow = { ...lif, state: { ...lif.state, membrane: { low: -1000, high: 1000 } } };
    const target = { ...program.target, datapaths: { ...program.target.datapaths, lif: narrow } };
    const engine = await open({ ...program, target }, { threads: 2, split });
    const error = await engine.run(stimuli).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "ENGINE_REGISTER_RANGE",
      message: expect.stringMatching(`^membrane of neuron \\d+ in ${first!.name} would become`),
      hint: expect.stringContaining("saturate"),
    });
  });

  it("passes on what goes wrong while the input is read, and leaves nothing open", async () => {
    const { program, stimuli } = await long();
    const engine = await open(program, { threads: 2, split });
    const few = (await trainedOn("loihi2", "mnist-mlp", 2)).stimuli;
    expect(await outcome(engine, few)).toEqual(await outcome(openInterpreter(program), few));
    const before = portsOpen();
    const broken = new Map([...stimuli].map(([name, stimulus]) => [name, { ...stimulus, read: unreadable }]));
    await expect(engine.run(broken)).rejects.toThrow("the disk is gone");
    expect(await outcome(engine, few)).toEqual(await outcome(openInterpreter(program), few));
    await closedTo(before);
  });

  it("that is stopped while its input is read rejects soon", async () => {
    const { program, stimuli } = await long();
    const engine = await open(program, { threads: 2, split });
    const signal = { aborted: false };
    let last = 0;
    const slow = new Map(
      [...stimuli].map(([name, stimulus]): [string, Stimulus] => {
        const read: Stimulus["read"] = (sample, step, out) => {
          last = sample;
          signal.aborted ||= sample === 1000;
          stimulus.read(sample, step, out);
        };
        return [name, { ...stimulus, read }];
      }),
    );
    expect(await codeOfRun(engine, slow, { signal })).toBe("RUN_INTERRUPTED");
    expect(last).toBeLessThan(19_999);
  });

  it("ends when a worker fails in a way that is our mistake", async () => {
    const { program, stimuli } = await trainedOn("loihi2", "mnist-rec", 4);
    const [first, ...rest] = program.projections;
    const broken = { ...first!, synapses: { ...first!.synapses, kind: "knitted" as "dense" } };
    const engine = await open({ ...program, projections: [broken, ...rest] }, { threads: 2, split });
    expect(await codeOfRun(engine, stimuli)).toBe("SHARD_DIED");
  });

  it("ends when a worker dies, and the next run has a new one", async () => {
    const { program, stimuli } = await long();
    const engine = await open(program, { threads: 2, split });
    // The pool is the engine's own; its threads are seen where tasks are given to it.
    const given = vi.spyOn(Piscina.prototype, "run");
    const before = portsOpen();
    const running = codeOfRun(engine, stimuli);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const pool = given.mock.contexts[0] as Piscina;
    await pool.threads[0]!.terminate();
    expect(await running).toBe("SHARD_DIED");
    await closedTo(before);
    const few = (await trainedOn("loihi2", "mnist-mlp", 2)).stimuli;
    expect(await outcome(engine, few)).toEqual(await outcome(openInterpreter(program), few));
  });

  it("ends when the engine is closed meanwhile", async () => {
    const { program, stimuli } = await long();
    const engine = await open(program, { threads: 2, split });
    const running = codeOfRun(engine, stimuli);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await engine.close();
    expect(await running).toBe("RUN_INTERRUPTED");
  });
});
