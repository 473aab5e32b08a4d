import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Engine, Stimuli } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { openShards } from "../../src/shard/engine.ts";
import { outcome } from "../chip/programs.ts";
import { readTrained } from "../compile/trained.ts";

/** What pools of this file are made with besides: workers that die, and little memory. */
const more = vi.hoisted(() => ({ options: {} }));
vi.mock("piscina", async (load) => {
  const { Piscina: Original } = await load<{ Piscina: typeof Piscina }>();
  class Dying extends Original {
    constructor(options: object) {
      super({ ...options, ...more.options });
    }
  }
  return { Piscina: Dying };
});

const opened: Engine[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const engine of opened.splice(0)) await engine.close();
});

/** Ends of channels that this thread listens to. */
function portsOpen(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;
}

describe.each(["sample", "core"] as const)("a run divided by %s", (split) => {
  it.each([
    { way: "exit", words: /exited with code: 0/ },
    { way: "overflow", words: /ERR_WORKER_OUT_OF_MEMORY/ },
  ])("ends when a worker dies in the midst of it ($way), and the next run has a new one", async ({ way, words }) => {
    const { network, input, stimulus } = await readTrained("mnist-mlp");
    const program = compile(network, readTarget("loihi2"), { inputs: { [input]: { kind: "graded", limit: 1 } } });
    const images = stimulus(200);
    const read: typeof images.read = (sample, step, out) => images.read(sample % 200, step, out);
    const samples = (count: number): Stimuli => new Map([[input, { ...images, samples: count, read }]]);
    const expected = await outcome(openInterpreter(program), samples(2));
    more.options = {
      execArgv: ["--import", fileURLToPath(new URL("dying.mjs", import.meta.url))],
      env: { ...process.env, BITSPIKE_DYING: way },
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    };
    const engine = await openShards(program, { threads: 2, split });
    opened.push(engine);
    const given = vi.spyOn(Piscina.prototype, "run");
    expect(await outcome(engine, samples(2))).toEqual(expected);
    const before = portsOpen();
    const answer = await outcome(engine, samples(20_000));
    expect(answer).toMatch(/^SHARD_DIED/);
    expect(answer).toMatch(words);
    expect(await outcome(engine, samples(2))).toEqual(expected);
    const pool = given.mock.contexts[0] as Piscina;
    expect(pool.threads).toHaveLength(2);
    await vi.waitFor(() => expect(portsOpen()).toBeLessThanOrEqual(before), 10_000);
  });
});
