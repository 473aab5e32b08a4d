import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program } from "../../src/compile/program.ts";
import { connectWorker } from "../../src/connect/connect.ts";
import type { ConnectLimits } from "../../src/connect/connection.ts";
import { connect, threadHandle } from "../../src/connect/node.ts";
import type { EngineName } from "../../src/connect/protocol.ts";
import { connect as connectInPage } from "../../src/connect/web.ts";
import type { ConnectedEngine, StepInput, StepResult, Stimuli } from "../../src/engine.ts";
import { BitspikeError } from "../../src/errors.ts";
import { sizeOf } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import { timestepTargets } from "../support.ts";
import { allProbes, fed, one, outcome, randomProgram, randomStimuli, steady, targets } from "../chip/programs.ts";
import { built, endOf, PageWorker, threadOf } from "./workers.ts";

const all = new Map([...targets, ...timestepTargets()].map((target) => [target.name, target]));

const opened: ConnectedEngine[] = [];
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});

function kept<E extends ConnectedEngine>(engine: E): E {
  opened.push(engine);
  return engine;
}

async function open(program: Program): Promise<ConnectedEngine> {
  return kept(await connect(program));
}

/** An engine over a thread that the test has as well. */
async function over(thread: Worker, program: Program, limits: ConnectLimits = {}): Promise<ConnectedEngine> {
  return kept(await connectWorker(program, threadHandle(thread), limits));
}

/** The mistake with which a promise fails, in all its parts. */
async function mistakeOf(promise: Promise<unknown> | (() => unknown)): Promise<Partial<BitspikeError> | "no error"> {
  try {
    await (typeof promise === "function" ? promise() : promise);
    return "no error";
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    const { name, code, message, hint, place, issues } = error;
    return { name, code, message, hint, place, issues };
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const mistake = await mistakeOf(promise);
  return mistake === "no error" ? mistake : mistake.code!;
}

function asRow(result: StepResult): unknown[] {
  return [...result].map(([name, { count, neuron, payload }]) => {
    return [name, count, [...neuron.subarray(0, count)], [...payload.subarray(0, count)]];
  });
}

/** A program that takes one input, and data for many seconds. */
const busy = { program: fed(one, 1), stimuli: steady(1, 100, 1_000_000) };

/** The interpreter in a thread of its own, as the package starts it. */
function ownThread(): Worker {
  return new Worker(new URL(built("connect/node-worker.js")));
}

/** A way to connect: to a thread of Node.js, or to a worker as pages have them. */
const ways = [
  { way: "a thread", to: (program: Program, engine?: EngineName) => connect(program, { engine }) },
  {
    way: "a worker of a page",
    to: (program: Program, engine?: EngineName) => connect(program, { engine, worker: new PageWorker() }),
  },
];

describe.each(ways)("an engine in $way", ({ way, to }) => {
  it("runs as it would here, on every target, mistakes included", async () => {
    for (const [index, target] of [...all.values()].entries()) {
      const seed = 3 * index + (way === "a thread" ? 0 : 1);
      const program = randomProgram(target, new Dice(seed));
      const stimuli = randomStimuli(program, seed % 4, 5, seed, seed % 3 === 0);
      const options = { probes: allProbes(program), chipTime: seed % 2 === 0 };
      const name = index % 2 === 0 ? "kernels" : "interpreter";
      const engine = kept(await to(program, name));
      expect(engine.name).toBe(name);
      const expected = await outcome(openInterpreter(program), stimuli, options);
      expect(await outcome(engine, stimuli, options)).toEqual(expected);
      await engine.close();
    }
  });

  it("steps, shows registers, and goes back to snapshots as it would here", async () => {
    for (const [index, target] of [...all.values()].entries()) {
      const dice = new Dice(index + 11);
      const program = randomProgram(target, dice);
      const stimuli = randomStimuli(program, 1, 12, index);
      const [engine, here] = [kept(await to(program)), openInterpreter(program)];
      const [first] = program.populations;
      const [register] = Object.keys(target.datapaths[first!.datapath]!.state);
      const both = async (does: (engine: ConnectedEngine | typeof here) => unknown): Promise<void> => {
        const [got, expected] = [await settled(() => does(engine)), await settled(() => does(here))];
        expect(got).toEqual(expected);
      };
      for (let step = 0; step < 12; step++) {
        const inputs = inputsOf(program, stimuli, step, dice);
        await both(async (one) => asRow(await one.step(inputs)));
        await both((one) => one.read(first!.name, register!));
        if (step === 4) await both((one) => one.reset());
        if (step === 9) {
          const taken = await settled(() => engine.snapshot());
          await both((one) => one.snapshot());
          await both(async (one) => asRow(await one.step()));
          if (taken instanceof Uint8Array) await both((one) => one.restore(taken));
        }
      }
      await engine.close();
    }
  });

  it("tells a user's mistake with its code, words, place and hint", async () => {
    const program = fed(one, 1);
    const [engine, here] = [kept(await to(program)), openInterpreter(program)];
    const wrong = [
      new Map([["other", new Float64Array(2)]]),
      new Map([["in", { neuron: [0, 2] }]]),
      new Map([["in", { neuron: [0, 1], payload: [1] }]]),
      new Map([["in", { neuron: [0, 1], count: 1.5 }]]),
      new Map([["in", null as unknown as StepInput]]),
      new Map([["in", new Float64Array(3)]]),
    ];
    for (const inputs of wrong) {
      const expected = await mistakeOf(() => here.step(inputs));
      expect(expected).not.toBe("no error");
      expect(await mistakeOf(engine.step(inputs))).toEqual(expected);
    }
    expect(await mistakeOf(engine.read("cell", "v"))).toEqual(await mistakeOf(() => here.read("cell", "v")));
    expect(await mistakeOf(engine.restore(new Uint8Array(9)))).toMatchObject({ code: "ENGINE_SNAPSHOT" });
    expect(await mistakeOf(engine.run(new Map()))).toEqual(await mistakeOf(here.run(new Map())));
    const probes = [{ population: "cell", register: "v" }];
    const run = engine.run(steady(1, 2), { probes });
    expect(await mistakeOf(run)).toEqual(await mistakeOf(here.run(steady(1, 2), { probes })));
    expect(asRow(await engine.step())).toEqual(asRow(here.step()));
  });

  it("that is closed ends its worker, what it was doing, and everything afterwards", async () => {
    const engine = await to(busy.program);
    const running = codeOf(engine.run(busy.stimuli));
    await engine.step();
    const late = codeOf(engine.run(busy.stimuli));
    await engine.close();
    await engine.close();
    expect([await running, await late]).toEqual(["RUN_INTERRUPTED", "RUN_INTERRUPTED"]);
    const after = [engine.run(busy.stimuli), engine.step(), engine.read("cell", "sum"), engine.reset()];
    for (const call of after) expect(await codeOf(call)).toBe("ENGINE_CLOSED");
  });
});

/** What a call gives, or the code of its mistake. */
async function settled<T>(call: () => T | Promise<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}

/** What all inputs are given in one step: frames, parts of larger arrays, or events. */
function inputsOf(program: Program, stimuli: Stimuli, step: number, dice: Dice): Map<string, StepInput> {
  return new Map(
    program.inputs.map(({ name, shape, payloadScale }): [string, StepInput] => {
      const size = sizeOf(shape);
      const frame = new Float64Array(size + 3).subarray(2, size + 2);
      stimuli.get(name)!.read(0, step, frame);
      if (dice.chance(50) || payloadScale !== null) return [name, dice.chance(50) ? frame : frame.slice()];
      const neuron = Uint32Array.from({ length: size }, (_, i) => size - 1 - i);
      const payload = Int32Array.from(neuron, (id) => frame[id]!);
      return [
        name,
        dice.chance(50) ? { neuron, payload, count: size } : { neuron: [...neuron], payload: [...payload] },
      ];
    }),
  );
}

/** For JSON: typed arrays by where their memory is. */
function sharedArrays(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? (value.buffer instanceof SharedArrayBuffer ? "shared" : "copied") : value;
}

describe("a connected engine", () => {
  it("leaves the program and what a caller gave as they were", async () => {
    const program = randomProgram(targets[0]!, new Dice(2));
    const before = structuredClone(program);
    const engine = await open(program);
    const frame = Float64Array.of(1, 0);
    const other = await open(fed(one, 1));
    const neuron = Uint32Array.of(1, 5);
    await other.step(new Map([["in", frame]]));
    await other.step(new Map([["in", { neuron, count: 1 }]]));
    const snapshot = await other.snapshot();
    await other.restore(snapshot);
    await engine.run(randomStimuli(program, 1, 3, 1)).catch(() => {});
    expect(program).toEqual(before);
    expect([frame.length, neuron.length, snapshot.length > 0]).toEqual([2, 2, true]);
  });

  it("gives results that later steps do not touch", async () => {
    const engine = await open(fed({ ...one, parameters: { threshold: Int32Array.of(5) } }, 100));
    const drive = new Map([["in", Float64Array.of(8, 0)]]);
    const [, second, third] = await Promise.all([engine.step(drive), engine.step(drive), engine.step()]);
    await engine.reset();
    expect([asRow(second!), asRow(third!)]).toEqual([[["cell", 1, [1], [1]]], [["cell", 1, [1], [1]]]]);
    expect(asRow(await engine.step())).toEqual([["cell", 0, [], []]]);
  });

  it("answers while it runs, reports how far it is, and never afterwards", async () => {
    const engine = await open(busy.program);
    const stimuli = steady(1, 100, 20_000);
    const seen: [number, number][] = [];
    const run = engine.run(stimuli, { onProgress: (done, total) => seen.push([done, total]) });
    let finished = false;
    void run.then(() => (finished = true));
    while (seen.length < 2) await engine.step();
    expect(finished).toBe(false);
    expect((await run).samples).toBe(20_000);
    const count = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(seen).toHaveLength(count);
    expect(seen.at(-1)).toEqual([20_000, 20_000]);
    const done = seen.map(([samples]) => samples);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it("hands over the memory of data and results, and shares that of the program", async () => {
    const thread = ownThread();
    const sent = vi.spyOn(thread, "postMessage");
    const engine = await over(thread, busy.program);
    const messages = sent.mock.calls.map(([message]) => JSON.stringify(message, sharedArrays)).join();
    expect(messages).toContain('"weight":"shared"');
    expect(messages).not.toContain("copied");
    const { populations } = await engine.run(steady(1, 3));
    const transferred = sent.mock.calls.flatMap(([, transfer]) => transfer as readonly ArrayBuffer[]);
    expect(transferred.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0]);
    expect(populations[0]!.spikes.start).toHaveLength(4);
  });

  it("has ended its thread when it is closed", async () => {
    const thread = ownThread();
    const engine = await over(thread, busy.program);
    await engine.close();
    expect(thread.threadId).toBe(-1);
  });

  it("can run several things at a time", async () => {
    const program = randomProgram(targets[0]!, new Dice(9));
    const engine = await open(program);
    const several = [1, 2, 3].map((seed) => randomStimuli(program, 3, 6, seed));
    const got = await Promise.all(several.map((stimuli) => outcome(engine, stimuli)));
    expect(got).toEqual(await Promise.all(several.map((stimuli) => outcome(openInterpreter(program), stimuli))));
  });
});

function refuse(): never {
  throw new Error("no more");
}

describe("a run in a worker", () => {
  it("stops soon after its signal, and the engine can run again", async () => {
    const engine = await open(busy.program);
    const abort = new AbortController();
    let reports = 0;
    const onProgress = (): void => {
      if (++reports === 2) abort.abort();
    };
    expect(await codeOf(engine.run(busy.stimuli, { signal: abort.signal, onProgress }))).toBe("RUN_INTERRUPTED");
    expect(await codeOf(engine.run(busy.stimuli, { signal: abort.signal }))).toBe("RUN_INTERRUPTED");
    expect(await outcome(engine, steady(1, 5))).toEqual(await outcome(openInterpreter(busy.program), steady(1, 5)));
  });

  it("stops while its data are still being read", async () => {
    const engine = await open(busy.program);
    const signal = { aborted: false };
    let reads = 0;
    const stimuli = new Map(
      [...steady(1, 1000, 1_000_000)].map(([name, stimulus]) => {
        const read: typeof stimulus.read = (sample, step, out) => {
          if (++reads === 500) signal.aborted = true;
          stimulus.read(sample, step, out);
        };
        return [name, { ...stimulus, constant: false, read }];
      }),
    );
    expect(await codeOf(engine.run(stimuli, { signal }))).toBe("RUN_INTERRUPTED");
    expect(reads).toBeLessThan(1_000_000_000);
  });

  it("ends with what its caller throws when told how far it is", async () => {
    const engine = await open(busy.program);
    await expect(engine.run(busy.stimuli, { onProgress: refuse })).rejects.toThrow("no more");
    expect(await outcome(engine, steady(1, 5))).toEqual(await outcome(openInterpreter(busy.program), steady(1, 5)));
  });
});

describe("a worker that fails", () => {
  const { program, stimuli } = busy;

  it("by never answering is given up at a limit, and ended", async () => {
    const thread = threadOf("setInterval(() => {}, 1000);");
    const end = endOf(thread);
    const mistake = await mistakeOf(over(thread, program, { startMs: 100 }));
    expect(mistake).toMatchObject({
      code: "ENGINE_WORKER_START",
      message: expect.stringContaining("had not answered after 0.1 s"),
      hint: expect.stringContaining("bitspike/engine-worker"),
    });
    await end;
    expect(thread.threadId).toBe(-1);
  });

  it.each([
    {
      what: "a script that is not there",
      make: () => new Worker(new URL("missing.js", import.meta.url)),
      says: "missing.js",
    },
    { what: "a script that throws", make: () => threadOf("throw new Error('no luck');"), says: "no luck" },
    { what: "a script that ends", make: () => threadOf("process.exit(5);"), says: "ended with code 5" },
  ])("to start because of $what says so", async ({ make, says }) => {
    expect(await mistakeOf(over(make(), program))).toMatchObject({
      code: "ENGINE_WORKER_START",
      message: expect.stringContaining(says),
    });
  });

  it("to start in a page says so", async () => {
    const worker = new PageWorker(new URL("missing.js", import.meta.url).href);
    expect(await codeOf(connect(program, { worker }))).toBe("ENGINE_WORKER_START");
  });

  it("to be given in a page says so", async () => {
    const connectAsInNode = connectInPage as unknown as (program: Program) => Promise<unknown>;
    expect(await codeOf(connectAsInNode(program))).toBe("ENGINE_WORKER_START");
  });

  it("by dying ends everything it was asked, at once", async () => {
    const thread = ownThread();
    const engine = await over(thread, program);
    const running = codeOf(engine.run(stimuli));
    await engine.step();
    await thread.terminate();
    expect(await running).toBe("ENGINE_WORKER_DIED");
    expect(await mistakeOf(engine.step())).toMatchObject({
      code: "ENGINE_WORKER_DIED",
      message: expect.stringContaining("it ended with code"),
    });
    await engine.close();
  });

  it("by running out of memory ends with that reason", async () => {
    const code = `const kept = [];
      const step = () => { for (;;) kept.push(Array.from({ length: 1000 }, Math.random)); };
      serve(parentPort, { kernels: (program) => ({ ...openInterpreter(program), step }) });`;
    const engine = await over(threadOf(code, { maxOldGenerationSizeMb: 32 }), program);
    expect(await mistakeOf(engine.step())).toMatchObject({
      code: "ENGINE_WORKER_DIED",
      message: expect.stringContaining("memory"),
    });
  });

  it("by falling silent while it has something to do is given up at a limit, and ended", async () => {
    const sleep = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";
    const thread = threadOf(`const kernels = (program) => ({ ...openInterpreter(program), step: () => ${sleep} });
      serve(parentPort, { kernels });`);
    const end = endOf(thread);
    const engine = await over(thread, program, { silentMs: 150 });
    expect(await codeOf(engine.reset())).toBe("no error");
    // Silence while nothing is asked is none.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const [step, other] = [mistakeOf(engine.step()), codeOf(engine.snapshot())];
    expect(await step).toMatchObject({
      code: "ENGINE_WORKER_DIED",
      message: expect.stringContaining("no sign of life for 0.15 s"),
    });
    expect(await other).toBe("ENGINE_WORKER_DIED");
    await end;
    expect(thread.threadId).toBe(-1);
  });

  it("in a way that is our mistake tells it and can go on", async () => {
    const code = `const kernels = (program) => ({ ...openInterpreter(program), step: () => null.spikes });
      serve(parentPort, { kernels });`;
    const engine = await over(threadOf(code), program);
    await expect(engine.step()).rejects.toThrow(/null/);
    expect(await codeOf(engine.reset())).toBe("no error");
  });

  it("to open the program tells the program's mistake and ends", async () => {
    const thread = ownThread();
    const end = endOf(thread);
    const target = structuredClone(program.target);
    Object.assign(target.datapaths["loose"]!.blocks, { "on timestep": "spike = unheard_of" });
    expect(await mistakeOf(over(thread, { ...program, target }))).toMatchObject({
      code: "DATAPATH_NAME",
      place: { line: expect.any(Number) as number },
    });
    await end;
    expect(thread.threadId).toBe(-1);
  });
});

/** Run some lines of a program with a connected engine. */
function processWith(lines: string): { status: number | null; stdout: string; stderr: string } {
  const code = `import { connect } from ${JSON.stringify(built("node.js"))};
    const program = ${JSON.stringify(fed(one, 1), (_, value: unknown) => (ArrayBuffer.isView(value) ? { ints: [...(value as Int32Array)] } : value))};
    const revive = (value) => value === null || typeof value !== "object" ? value : value.ints ? Int32Array.from(value.ints)
      : Array.isArray(value) ? value.map(revive) : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v)]));
    const engine = await connect(revive(program));
    ${lines}`;
  const options = {
    encoding: "utf8",
    timeout: 20_000,
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  } as const;
  return spawnSync(process.execPath, ["--input-type=module", "-e", code], options);
}

describe("a process", () => {
  it("ends though an engine was never closed", () => {
    const { status, stdout, stderr } = processWith("await engine.step(); console.log('done');");
    expect([status, stdout, stderr]).toEqual([0, "done\n", ""]);
  });

  it("waits for what it asked, and for a worker to be ended", () => {
    const { status, stdout, stderr } = processWith(`
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log([...(await engine.read("cell", "sum"))].join());
      await engine.close();
      console.log("closed");`);
    expect([status, stdout, stderr]).toEqual([0, "0,0\nclosed\n", ""]);
  });
});
