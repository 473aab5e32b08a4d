import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { checkProgram } from "../../src/compile/check.ts";
import { compile } from "../../src/compile/compile.ts";
import { findingsOf, prove, type PopulationFindings } from "../../src/compile/proofs.ts";
import type { CutProof, Program, ProgramPopulation, ProgramProjection, Synapses } from "../../src/compile/program.ts";
import { mapChildren, type Expression } from "../../src/datapath/syntax.ts";
import type { Probe, Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget, targetNames } from "../../src/files.ts";
import { sizeOf } from "../../src/network/types.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";
import { allProbes, programOf, randomProgram, randomStimuli, targets as motley } from "../chip/programs.ts";
import { textOfBlock } from "../datapath/blocks.ts";
import { Dice } from "../dice.ts";
import { cell, dense, input, networkOf, output, type CellOptions } from "./networks.ts";
import { stimuliOf } from "./wide.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const shipped = targetNames().map(readTarget);
/** Every chip that runs in timesteps, and some that are not shipped. */
const chips: readonly Target[] = [...shipped, ...motley.slice(0, 4)].filter(({ events }) => events === null);

function everyInput({ inputs }: Program): Set<string> {
  return new Set(inputs.map(({ name }) => name));
}

/** A program that files could hold too. */
function soundProgram(chip: Target, seed: number): Program {
  const program = randomProgram(chip, new Dice(seed));
  fc.pre(checkProgram(program) === null);
  return program;
}

/** The recording of a random run, or the mistake that stopped it. */
async function run(
  program: Program,
  stimuli: Stimuli,
  probes: readonly Probe[] = allProbes(program),
): Promise<Recording | BitspikeError> {
  try {
    return await openInterpreter(program).run(stimuli, { probes });
  } catch (error) {
    if (error instanceof BitspikeError) return error;
    throw error;
  }
}

/** What two runs have to agree in: traces and spikes, or the code of what stopped them. */
function essence(recording: Recording | BitspikeError): unknown {
  if (recording instanceof BitspikeError) return recording.code;
  return recording.populations.map(({ name, traces, spikes }) => ({ name, traces, spikes }));
}

/** The same program with some calls of each population's timestep replaced by their first argument. */
function withoutIdleCuts(
  program: Program,
  findings: readonly PopulationFindings[],
): { program: Program; removed: number } {
  let removed = 0;
  const datapaths = { ...program.target.datapaths };
  const populations = program.populations.map((population, index) => {
    const { onTimestep, idle } = findings[index]!;
    const strip = (node: Expression): Expression => {
      const inner = mapChildren(node, strip);
      if (!idle.has(node) || inner.kind !== "call") return inner;
      removed++;
      return inner.args[0]!;
    };
    const spec = datapaths[population.datapath]!;
    // Names that constants took the place of still have to be read by something.
    const names = Object.keys({ ...spec.parameters, ...spec.state }).join(" + ") || "0";
    const text = `${textOfBlock(onTimestep.map((line) => ({ ...line, value: strip(line.value) })))}\nread_all = ${names}`;
    const datapath = `own_${index}`;
    datapaths[datapath] = { ...spec, blocks: { ...spec.blocks, "on timestep": text } };
    return { ...population, datapath };
  });
  return { program: { ...program, populations, target: { ...program.target, datapaths } }, removed };
}

/** Compare what was found with what a run shows; how many values were compared. */
function compareWithRun(
  findings: readonly PopulationFindings[],
  recording: Recording | BitspikeError,
  chip: Target,
): number {
  if (recording instanceof BitspikeError) {
    const [stopped] = /^\w+(?= of neuron)/.exec(recording.message) ?? [""];
    const state = Object.values(chip.datapaths).flatMap((spec) => [...Object.keys(spec.state), "spike"]);
    if (recording.code !== "ENGINE_REGISTER_RANGE" || !state.includes(stopped)) return 1;
    const leaving = findings.flatMap(({ proof }) => proof.cuts.filter(({ kind }) => kind === "type"));
    expect(leaving.some(({ name, acts }) => acts === "may" && name === stopped)).toBe(true);
    return 1;
  }
  let compared = 0;
  for (const { name, traces } of recording.populations) {
    const { proof, names } = findings.find((one) => one.proof.population === name)!;
    for (const [register, trace] of traces) {
      const known = names.get(register);
      const [low, high] = proof.registers[register] ?? [Number(known!.low), Number(known!.high)];
      const outside = trace.find((value) => !(value >= low && value <= high));
      if (outside !== undefined) expect([name, register, outside]).toEqual([name, register, [low, high]]);
      compared += trace.length;
    }
  }
  return compared;
}

/** Whether the events of all inputs may come in any order. */
function isFree(program: Program, findings: readonly PopulationFindings[]): boolean {
  const claims = findings.flatMap(({ proof }) => proof.order);
  const inputs = everyInput(program);
  const fromInputs = program.projections.filter(({ from }) => inputs.has(from));
  return fromInputs.every(({ name }) => claims.find(({ projection }) => projection === name)!.free);
}

/** The inputs' elements in another order, with their synapses: the same network, whose events come in another order. */
function reordered(program: Program, stimuli: Stimuli, seed: number): { program: Program; stimuli: Stimuli } | null {
  const dice = new Dice(seed);
  const orders = new Map(program.inputs.map(({ name, shape }) => [name, shuffled(sizeOf(shape), dice)]));
  const inputs = new Set(program.inputs.map(({ name }) => name));
  if (program.projections.some(({ from, synapses }) => inputs.has(from) && synapses.kind === "conv2d")) return null;
  const projections = program.projections.map((projection): ProgramProjection => {
    const order = orders.get(projection.from);
    return order === undefined ? projection : { ...projection, synapses: permuted(projection.synapses, order) };
  });
  const read = new Map(
    [...stimuli].map(([name, stimulus]): [string, Stimulus] => {
      const order = orders.get(name)!;
      const row = new Float64Array(order.length);
      const own: Stimulus["read"] = (sample, step, out) => {
        stimulus.read(sample, step, row);
        for (const [place, element] of order.entries()) out[place] = row[element]!;
      };
      return [name, { ...stimulus, read: own }];
    }),
  );
  return { program: { ...program, projections }, stimuli: read };
}

function shuffled(count: number, dice: Dice): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = dice.between(0, i);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/** Rows in another order. */
function permuted(synapses: Synapses, order: readonly number[]): Synapses {
  if (synapses.kind === "conv2d") throw new Error("kernels have no rows");
  if (synapses.kind === "dense") {
    const width = synapses.weight.length / order.length;
    const rows = order.flatMap((row) => [...synapses.weight.subarray(row * width, (row + 1) * width)]);
    return { kind: "dense", weight: Int32Array.from(rows) };
  }
  const { start, target, weight } = synapses;
  const rows = order.map((row) => [start[row]!, start[row + 1]!] as const);
  const starts = new Uint32Array(order.length + 1);
  for (const [i, [low, high]] of rows.entries()) starts[i + 1] = starts[i]! + high - low;
  return {
    kind: "sparse",
    start: starts,
    target: Uint32Array.from(rows.flatMap(([low, high]) => [...target.subarray(low, high)])),
    weight: Int32Array.from(rows.flatMap(([low, high]) => [...weight.subarray(low, high)])),
  };
}

/** `count` inputs onto one neuron, through one weight each. */
function oneNeuron(chip: string, weights: readonly number[], options: CellOptions = {}): Program {
  const parts = [input("in", weights.length), dense("w", [weights]), cell("p", options), output("out")];
  return compile(networkOf(parts, "in w p out"), readTarget(chip));
}

function cutsOf(program: Program): readonly CutProof[] {
  return program.proofs!.populations[0]!.cuts;
}

/** The last value of every type. */
function highest(types: Readonly<Record<string, { high: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(types).map(([name, { high }]) => [name, high]));
}

describe("what is proved of a program", () => {
  it("holds in every run; cuts that can never act make no difference, nor does the order of events that is called free", async () => {
    let [compared, removed, free, shown] = [0, 0, 0, 0];
    for (const chip of chips) {
      await fc.assert(
        fc.asyncProperty(seeds, fc.constant(chip.name), async (seed, _chip) => {
          const program = soundProgram(chip, seed);
          const findings = findingsOf(program, everyInput(program));
          const stimuli = randomStimuli(program, 1, 14, seed);
          const recording = await run(program, stimuli);
          compared += compareWithRun(findings, recording, chip);
          const other = withoutIdleCuts(program, findings);
          removed += other.removed;
          expect(essence(await run(other.program, stimuli, allProbes(program)))).toEqual(essence(recording));
          const turned = reordered(program, stimuli, seed);
          if (turned === null || recording instanceof BitspikeError) return;
          const second = await run(turned.program, turned.stimuli);
          // Which neuron leaves its type first is told of the neuron that came to it first.
          if (second instanceof BitspikeError) return;
          if (isFree(program, findings)) {
            expect(essence(second)).toEqual(essence(recording));
            free++;
          } else if (JSON.stringify(essence(second)) !== JSON.stringify(essence(recording))) shown++;
        }),
        { numRuns: 4 },
      );
    }
    expect(compared).toBeGreaterThanOrEqual(4 * chips.length);
    expect(removed).toBeGreaterThan(20);
    expect(free).toBeGreaterThan(10);
    expect(shown).toBeGreaterThan(0);
  });

  it.each(
    shipped.filter(
      ({ datapaths, events }) =>
        events === null && Object.values(datapaths).some(({ inputs, state }) => inputs.some((name) => name in state)),
    ),
  )("of $name, whose events act on registers one by one, whether their order shows, and it does", async (target) => {
    const [datapath, spec] = Object.entries(target.datapaths).find(([, { inputs, state }]) =>
      inputs.some((name) => name in state),
    )!;
    const { low, high } = target.weights;
    const first: ProgramPopulation = {
      name: "p",
      shape: [1],
      neurons: 1,
      datapath,
      parameters: Object.fromEntries(
        Object.entries(highest(spec.parameters)).map(([name, value]) => [name, Int32Array.of(value)]),
      ),
      initial: {},
      offset: 0,
      scale: null,
      origin: null,
    };
    // So many events that the sum passes the register's end before the others take it back.
    const count = 2 * Math.ceil(2 ** 15 / (high * 2 ** 8)) + 2;
    const weight = Int32Array.from({ length: count }, (_, i) => (i < count / 2 ? high : low));
    const program = programOf({
      target,
      inputs: [{ name: "in", shape: [count], payloadScale: null, payloadLimit: 1 }],
      populations: [first],
      projections: [
        {
          name: "in->p",
          from: "in",
          to: "p",
          arrivesAfter: (target.delivery.inputs ?? target.delivery.spikes) === "same-timestep" ? 0 : 1,
          parameters: highest(spec.projection),
          accumulator: spec.inputs.find((name) => name in spec.state)!,
          synapses: { kind: "dense", weight },
        },
      ],
    });
    const [order] = prove(program).populations[0]!.order;
    const stimuli = stimuliOf({ in: Array.from({ length: 3 }, () => Array.from({ length: count }, () => 1)) });
    const turned = {
      ...program,
      projections: [{ ...program.projections[0]!, synapses: { kind: "dense" as const, weight: weight.toReversed() } }],
    };
    const [straight, other] = [essence(await run(program, stimuli)), essence(await run(turned, stimuli))];
    // Events that bring nothing of their own have no order that could show.
    const isAlike = !spec.blocks["on spike"]!.includes("weight");
    expect(order).toMatchObject({ free: isAlike, because: isAlike ? "events all alike" : "cut one by one" });
    if (isAlike) expect(other).toEqual(straight);
    else expect(other).not.toEqual(straight);
  });

  describe("of equations that read the timestep and what events carry", () => {
    const chip = loadTarget(
      `
name: carrying
title: Carrying
description: For tests.
verified: [{ level: property-tests, against: arithmetic }]
datapaths:
  sum:
    state: { last: 0..100, sum: -1000..1000 }
    on spike: |
      input = input + weight * payload
    on timestep: |
      last  = min(timestep, 100)
      sum   = clamp(input, -1000, 1000)
      spike = sum > 500
delivery: { spikes: next-timestep, delays: 0..0, payload-bits: 8 }
weights: { type: -7..7, bits: 4, encodes: weight * scale }
core: { neurons: { value: 4, source: chosen, confidence: assumption } }
chip: { cores: { value: 1, source: chosen, confidence: assumption } }
`,
      "carrying.yaml",
      () => null,
    );
    const population: ProgramPopulation = {
      name: "p",
      shape: [1],
      neurons: 1,
      datapath: "sum",
      parameters: {},
      initial: {},
      offset: 0,
      scale: null,
      origin: null,
    };
    const synapses = { kind: "dense" as const, weight: Int32Array.of(2) };
    const program = programOf({
      target: chip,
      inputs: [{ name: "in", shape: [1], payloadScale: 1, payloadLimit: 10 }],
      populations: [population],
      projections: [
        { name: "w", from: "in", to: "p", arrivesAfter: 1, parameters: {}, accumulator: "input", synapses },
      ],
    });

    it("events act in the timestep in which they arrive", () => {
      const [own] = program.inputs;
      const [projection] = program.projections;
      const late = {
        ...program,
        inputs: [{ ...own!, payloadLimit: 600 }],
        projections: [{ ...projection!, arrivesAfter: 3 }],
      };
      const [cut] = prove(late).populations[0]!.cuts.filter(({ acts }) => acts === "may");
      expect(cut!.witness).toMatchObject({ from: "reset", timesteps: 4, events: 1, arrived: { input: 1200 } });
    });

    it("timesteps go on for ever", () => {
      expect(prove(program).populations[0]!.registers["last"]).toEqual([0, 100]);
    });

    it("payloads are negative only where it is said that they may be", () => {
      expect(prove(program).populations[0]!.registers["sum"]).toEqual([0, 20]);
      expect(prove(program, new Set(["in"])).populations[0]!.registers["sum"]).toEqual([-20, 20]);
    });
  });

  it("finds where a leak settles, and that nothing can overflow there", () => {
    const program = oneNeuron("generic-8bit", [0.5, -1, 0.25], { beta: 0.5, threshold: 1, reset: "zero" });
    const [population] = program.proofs!.populations;
    const { weight } = program.projections[0]!.synapses;
    const most = Math.max(...weight) + weight[2]!;
    expect(population!.arriving["input"]).toEqual([weight[1], most]);
    const [low, high] = population!.registers["membrane"]!;
    // Half of the membrane stays, so that it settles at twice what arrives, and one more for rounding down.
    expect(low).toBeGreaterThanOrEqual(2 * weight[1]! - 2);
    expect(low).toBeLessThanOrEqual(2 * weight[1]! + 2);
    expect(high).toBe(program.populations[0]!.parameters["threshold"]![0]);
    expect(population!.cuts.map(({ acts, kind }) => [kind, acts])).toEqual([["saturate", "never"]]);
  });

  it("finds the timesteps that drive a membrane without a leak to its end, and they do", async () => {
    const program = oneNeuron("generic-8bit", [1, -1, -1], { beta: 1, threshold: 1, reset: "zero" });
    const [cut] = cutsOf(program);
    expect(cut).toMatchObject({
      kind: "saturate",
      acts: "may",
      block: "on timestep",
      name: "v",
      text: "saturate(.., -32768, 32767)",
    });
    const { from, timesteps, events, registers } = cut!.witness!;
    expect([from, events]).toEqual(["reset", 2]);
    const frames = Array.from({ length: timesteps }, () => [0, 1, 1]);
    const recording = await openInterpreter(program).run(stimuliOf({ in: frames }), {
      probes: [{ population: "p", register: "membrane" }],
    });
    const trace = recording.populations[0]!.traces.get("membrane")!;
    expect(trace.at(-1)).toBe(-32768);
    expect(trace.at(-2)).toBe(registers["membrane"]);
    expect(trace.at(-2)! + cut!.witness!.arrived["input"]!).toBeLessThan(-32768);
  });

  it("proves on a chip that saturates what it proves on one that wraps, and both do the same while nothing overflows", async () => {
    let proved = 0;
    const chip = readTarget("generic-16bit");
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const rows = Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => dice.between(-100, 100) / 97));
        const options = {
          alpha: dice.between(0, 90) / 100,
          beta: dice.between(0, 95) / 100,
          threshold: dice.between(50, 300) / 100,
        };
        const network = networkOf([input("in", 4), dense("w", rows), cell("p", options), output("out")], "in w p out");
        const [first, second] = ["saturating", "wrapping"].map((overflow) => {
          return compile(network, chip, { settings: { overflow } });
        }) as [Program, Program];
        const never = [first, second].map((program) => cutsOf(program).every(({ acts }) => acts === "never"));
        expect(never[0]).toBe(never[1]);
        if (!never[0]) return;
        proved++;
        const frames = Array.from({ length: 20 }, () => Array.from({ length: 4 }, () => dice.between(0, 1)));
        const stimuli = stimuliOf({ in: frames });
        expect(essence(await run(second, stimuli))).toEqual(essence(await run(first, stimuli)));
      }),
      { numRuns: 8 },
    );
    expect(proved).toBeGreaterThan(2);
  });
});
