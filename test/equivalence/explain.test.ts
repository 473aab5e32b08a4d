import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compileWithExact, type CompiledExactly, type CompileOptions } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Stimuli, Stimulus } from "../../src/engine.ts";
import { explain, type ExplainInputs } from "../../src/equivalence/explain.ts";
import type { Cause, Ladder } from "../../src/equivalence/explanation.ts";
import { mistake } from "../../src/errors.ts";
import { readTarget } from "../../src/files.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { openReference } from "../../src/reference/engine.ts";
import type { Target } from "../../src/target/types.ts";
import { cell, dense, input, networkOf, output, target as targetOf, type CellOptions } from "../compile/networks.ts";
import { Dice } from "../dice.ts";

const sizes = { in: 14, hidden: 16, out: 4 };
const steps = 14;

/** Two layers with weights by chance. */
function networkBy(dice: Dice, cells: CellOptions = {}): DiscreteNetwork {
  const rows = (to: number, from: number, largest: number): number[][] =>
    Array.from({ length: to }, () => [...dice.list(from, -1000, 1600)].map((value) => (value / 1600) * largest));
  const options = { beta: 0.85, threshold: 1, ...cells };
  const nodes = [
    input("in", sizes.in),
    dense("w1", rows(sizes.hidden, sizes.in, 0.5)),
    cell("hidden", options),
    dense("w2", rows(sizes.out, sizes.hidden, 0.6)),
    cell("out", options),
    output("classes"),
  ];
  return networkOf(nodes, "in w1 hidden w2 out classes");
}

/** Spikes by chance, one seed for each sample. */
function spikesBy(seed: number, samples: number): Stimuli {
  const read: Stimulus["read"] = (sample, step, out) => {
    const dice = new Dice(seed + 7919 * sample + 104_729 * step);
    for (let i = 0; i < out.length; i++) out[i] = Number(dice.chance(35));
  };
  return new Map([["in", { samples, steps, shape: [sizes.in], kind: "spikes", constant: false, read }]]);
}

async function explained(
  network: DiscreteNetwork,
  { program, exact }: CompiledExactly,
  stimuli: Stimuli,
  changes: Partial<ExplainInputs> = {},
): Promise<Ladder> {
  const reference = await openReference(network, { backend: "cpu" });
  const probes = changes.decode === "membrane" ? [{ population: "out", register: "membrane" }] : [];
  const recordings = {
    reference: await reference.run(stimuli, { probes }),
    emulator: await openInterpreter(program).run(stimuli, { probes }),
  };
  const labels = recordings.reference.outputs.get("classes")!.slice(0, recordings.reference.samples).fill(0);
  const inputs = {
    program,
    exact,
    network,
    stimuli,
    labels,
    decode: "spikes",
    reference,
    recordings,
    ...changes,
  } as const;
  const ladder = await explain(inputs);
  await reference.close();
  return ladder;
}

function compiled(network: DiscreteNetwork, target: Target, options: CompileOptions = {}): CompiledExactly {
  return compileWithExact(network, target, options);
}

/** The integer weights of one projection, of which only some steps are left. */
function coarsened(program: Program, name: string, levels: number): Program {
  const projections = program.projections.map((one) => {
    if (one.name !== name || one.synapses.kind !== "dense") return one;
    const largest = [...one.synapses.weight].reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const step = Math.max(1, Math.floor(largest / levels));
    const weight = Int32Array.from(one.synapses.weight, (value) => Math.round(value / step) * step);
    return { ...one, synapses: { ...one.synapses, weight } };
  });
  return { ...program, projections };
}

/** One integer parameter of a population moved by a share of itself. */
function moved(program: Program, population: string, parameter: string, share: number): Program {
  const populations = program.populations.map((one) => {
    if (one.name !== population) return one;
    const values = one.parameters[parameter]!.map((value) => Math.round(value * (1 + share)));
    return { ...one, parameters: { ...one.parameters, [parameter]: values } };
  });
  return { ...program, populations };
}

function first({ explanation }: Ladder): Cause {
  return explanation!.causes[0]!;
}

const wide = readTarget("generic-16bit");

describe("the first cause of a difference", () => {
  const cases: [string, (program: Program) => Program, object][] = [
    ["the weights that were cut to 3 bits", (program) => coarsened(program, "w1", 3), { kind: "weights", where: "w1" }],
    ["those of the other layer", (program) => coarsened(program, "w2", 2), { kind: "weights", where: "w2" }],
    [
      "the decay that was moved",
      (program) => moved(program, "hidden", "beta", -0.08),
      { kind: "parameter", where: "hidden", name: "beta" },
    ],
    [
      "the threshold that was moved",
      (program) => moved(program, "out", "threshold", 0.15),
      { kind: "parameter", where: "out", name: "threshold" },
    ],
  ];

  it.each(cases)("is %s", async (_, sabotage, culprit) => {
    let named = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const network = networkBy(new Dice(seed));
        const { program, exact } = compiled(network, wide);
        const ladder = await explained(network, { program: sabotage(program), exact }, spikesBy(seed, 8));
        expect(ladder.missing).toBeNull();
        // A change that no spike shows has no cause.
        if (ladder.explanation === null) return;
        named++;
        expect(first(ladder).quantization).toEqual(culprit);
        expect(ladder.reason).toContain(first(ladder).text);
        expect(first(ladder).undone!.spikes).toBeGreaterThan(0.25 * ladder.explanation.quantization.spikes);
      }),
      { numRuns: 5 },
    );
    expect(named).toBeGreaterThan(2);
  });

  it.each([
    ["rounding", "((membrane * beta) >> 8)", "((((membrane * beta) >> 8) >> 9) << 9)"],
    ["saturate", "-32768, 32767", "-1500, 1500"],
  ])("is the line of the equations that was made to lose more, by %s", async (loss, before, after) => {
    const plain = readTarget("generic-8bit").datapaths["lif"]!.blocks["on timestep"]!;
    expect(plain).toContain(before);
    const text = plain.replace(before, after);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => `      ${line}`)
      .join("\n");
    const weights = "weights: { type: -2000..2000, bits: 12 }";
    const sabotaged = targetOf(
      `extends: generic-8bit\nname: lossy\n${weights}\ndatapaths:\n  lif:\n    on timestep: |\n${lines}\n`,
    );
    const network = networkBy(new Dice(5));
    const ladder = await explained(network, compiled(network, sabotaged), spikesBy(5, 8));
    expect(first(ladder)).toMatchObject({
      part: "arithmetic",
      quantization: { kind: "arithmetic", name: "v", block: "on timestep", line: 0, loss },
    });
    expect(ladder.reason).toContain(first(ladder).text);
  });
});

function failing(code: "ENGINE_SPIKE_COUNT" | "RUN_INTERRUPTED"): () => never {
  return () => {
    throw mistake(code, { population: "out", neuron: 0, value: -1, limit: 1, timestep: 1 });
  };
}

describe("a ladder", () => {
  it("has four rungs that agree, and no cause, where a chip holds a network exactly", async () => {
    const rows = [0, 5, 10, 15].map((i) => Array.from({ length: 14 }, (_, j) => ((i + j * 3) % 7) - 2));
    const nodes = [input("in", 14), dense("w", rows), cell("p", { beta: 0.5, threshold: 6 }), output("classes")];
    const network = networkOf(nodes, "in w p classes");
    const options = { settings: {} };
    const ladder = await explained(network, compiled(network, wide, options), spikesBy(2, 4));
    expect(ladder.rungs.map(({ name }) => name)).toEqual(["framework", "chip order", "chip parameters", "chip"]);
    expect(new Set(ladder.rungs.map(({ spikes }) => spikes)).size).toBe(1);
    expect(ladder.rungs[0]!.spikes).toBeGreaterThan(0);
    expect(ladder.steps.map(({ spikes }) => spikes.differing)).toEqual([0, 0, 0]);
    expect(ladder).toMatchObject({ explanation: null, missing: null, reason: "Every spike and every class agrees." });
  });

  it("explains classes that differ where every spike agrees", async () => {
    const dice = new Dice(4);
    const rows = Array.from({ length: 4 }, () => [...dice.list(14, -1000, 1000)].map((value) => value / 1000));
    const nodes = [input("in", 14), dense("w", rows), cell("out", { beta: 0.85, threshold: 60 }), output("classes")];
    const network = networkOf(nodes, "in w out classes");
    const { program, exact } = compiled(network, wide);
    const coarse = { program: coarsened(program, "w", 1), exact };
    const ladder = await explained(network, coarse, spikesBy(4, 12), { decode: "membrane" });
    const { framework, causes } = ladder.explanation!;
    expect(framework.spikes).toBe(0);
    expect(framework.predictions).toBeGreaterThan(0);
    expect(causes[0]!.quantization).toEqual({ kind: "weights", where: "w" });
    expect(ladder.reason).toContain(`of ${framework.predictions} class`);
  });

  it("has the framework and the chip alone where a run between them fails, and ends where it is stopped", async () => {
    const network = networkBy(new Dice(3));
    const { program } = compiled(network, wide);
    const exact = failing("ENGINE_SPIKE_COUNT");
    const ladder = await explained(network, { program, exact }, spikesBy(3, 2));
    expect(ladder.missing?.code).toBe("ENGINE_SPIKE_COUNT");
    const stopped = explained(network, { program, exact: failing("RUN_INTERRUPTED") }, spikesBy(3, 2));
    await expect(stopped).rejects.toMatchObject({ code: "RUN_INTERRUPTED" });
  });

  it("says what is lost before anything is rounded", async () => {
    // A chip without a decay of the membrane.
    const network = networkBy(new Dice(11), { beta: 0.7, reset: "subtract" });
    const speck = compiled(network, readTarget("speck"), { approximate: ["leak", "lower-bound"] });
    const ladder = await explained(network, speck, spikesBy(11, 6));
    expect(ladder.explanation!.semantics.spikes).toBeGreaterThan(ladder.explanation!.framework.spikes / 2);
    expect(ladder.reason).toContain("before anything is rounded");
    expect(ladder.reason).toContain("COMPILE_APPROXIMATED");
  });

  it("adds up: what differs on the way and what comes back when everything is undone", async () => {
    const network = networkBy(new Dice(3));
    const ladder = await explained(network, compiled(network, readTarget("loihi2")), spikesBy(3, 10), {
      samples: "all",
    });
    const { explanation, steps: parts } = ladder;
    const { causes, quantization, parameters, arithmetic, samples, first: place } = explanation!;
    expect(parts.map(({ cost }) => cost)).toEqual(["semantics", "parameters", "arithmetic"]);
    for (const { undone, alone } of causes) {
      expect(undone!.spikes).toBeLessThanOrEqual(quantization.spikes);
      expect(alone!.spikes).toBeGreaterThanOrEqual(0);
    }
    expect(Math.max(parameters!.spikes, arithmetic.spikes)).toBeLessThanOrEqual(quantization.spikes);
    expect(samples).toEqual(samples.toSorted((a, b) => a - b));
    expect(place!.sample).toBe(samples[0]);
    expect(place!.fires[0]).toBe(place!.reference);
    expect(place!.fires[3]).toBe(place!.emulator);
    expect(place!.condition).toBe("v > threshold << 6");
    expect(place!.values.map(({ name }) => name)).toContain("v");
    for (const { order, chip } of place!.values)
      expect([order.length, chip.length]).toEqual([place!.steps.length, place!.steps.length]);
  });

  it("undoes quantizations on as many samples as are asked for, those whose class differs among them", async () => {
    const network = networkBy(new Dice(3));
    const { program, exact } = compiled(network, wide);
    const coarse = { program: coarsened(program, "w1", 2), exact };
    const ladder = await explained(network, coarse, spikesBy(3, 12), { samples: 3 });
    const { rungs, explanation, samples } = ladder;
    const differing = rungs[0]!.predictions.flatMap((one, sample) =>
      one === rungs[3]!.predictions[sample] ? [] : [sample],
    );
    expect(samples).toBe(12);
    expect(explanation!.samples).toHaveLength(3);
    expect(explanation!.samples.filter((sample) => differing.includes(sample)).length).toBeGreaterThanOrEqual(
      Math.min(2, differing.length),
    );
  });

  it.each([
    ["tinyodin", "REAL_EVENTS"],
    ["odin", "REAL_EVENTS"],
  ])("on %s has the framework and the chip alone, and says why: %s", async (name, code) => {
    const rows = [[1, 2, 1, 1, 2, 1, 3, 1, 2, 1, 1, 1, 2, 1]];
    const nodes = [input("in", 14), dense("w", rows), cell("p", { threshold: 4 }), output("classes")];
    const network = networkOf(nodes, "in w p classes");
    const ladder = await explained(network, compiled(network, readTarget(name)), spikesBy(1, 2));
    expect(ladder.rungs.map((rung) => rung.name)).toEqual(["framework", "chip"]);
    expect(ladder.missing!.code).toBe(code);
    expect(ladder.reason).toContain(name);
  });
});
