import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { checkProgram } from "../../src/compile/check.ts";
import type { Program, ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import type { Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";
import { mistakeOf } from "../support.ts";
import { programOf } from "./programs.ts";

const text = `name: counting
title: Counts
description: For tests.
verified: [{ level: property-tests, against: nothing }]
datapaths:
  adder:
    inputs: [sum]
    state: { sum: { type: int8, overflow: stops } }
    parameters: { threshold: { type: -99..99, documented: 1..99 } }
    on spike: sum = saturate(sum + weight, -128, 127)
    on timestep: |
      spike = div_down(sum, threshold)
      sum   = sum - spike * threshold
delivery: { spikes: next-timestep, inputs: same-timestep, order: inputs-first, at-most: { inputs: 4, spikes: 5 } }
weights: { type: int8, bits: 8, encodes: weight * scale }
core: { neurons: { value: 9, source: nothing, confidence: assumption } }
chip: { cores: { value: 9, source: nothing, confidence: assumption } }
`;

function targetOf(change: (yaml: string) => string = (yaml) => yaml): Target {
  return loadTarget(change(text), "counting.yaml", () => null);
}

function population(name: string, threshold: number): ProgramPopulation {
  const parameters = { threshold: Int32Array.of(threshold) };
  return {
    name,
    shape: [1],
    neurons: 1,
    datapath: "adder",
    parameters,
    initial: {},
    offset: 0,
    scale: null,
    origin: null,
  };
}

function projection(from: string, to: string, arrivesAfter: number, ...weights: number[]): ProgramProjection {
  const synapses = { kind: "dense", weight: Int32Array.from(weights) } as const;
  return { name: `${from}->${to}`, from, to, arrivesAfter, parameters: {}, accumulator: "sum", synapses };
}

/** Two channels of an input onto one neuron, which drives a second one. */
function chain(target: Target, weights: readonly [number, number], threshold: number): Program {
  return programOf({
    target,
    inputs: [{ name: "in", shape: [2], payloadScale: null, payloadLimit: 100 }],
    populations: [population("first", threshold), population("second", 1)],
    projections: [projection("in", "first", 0, ...weights), projection("first", "second", 1, 3)],
  });
}

function feed(...frames: (readonly [number, number])[]): Stimuli {
  const read: Stimulus["read"] = (_sample, step, out) => out.set(frames[step]!);
  return new Map([["in", { samples: 1, steps: frames.length, shape: [2], kind: "spikes", constant: false, read }]]);
}

function run(program: Program, stimuli: Stimuli, plain = false): Promise<Recording> {
  const probes = [{ population: "second", register: "spike" }];
  return openInterpreter(program, { plain }).run(stimuli, { probes });
}

/** Step, neuron and count of every spike of one population. */
function spikesOf({ populations }: Recording, name: string): number[][] {
  const { start, neuron, payload } = populations.find((one) => one.name === name)!.spikes;
  return [...start.keys()].slice(1).flatMap((row) => {
    const rest = [...neuron.keys()].slice(start[row - 1], start[row]);
    return rest.map((i) => [row - 1, neuron[i]!, payload?.[i] ?? 1]);
  });
}

describe.each([false, true])("counts of binary spikes, plain walk: %s", (plain) => {
  it("act one after the other, each saturating by itself, in order of their sources", async () => {
    // Four of 100 end at 127; two of -100 then leave -73, which a sum of the six would not.
    const recording = await run(chain(targetOf(), [100, -100], -99), feed([4, 2]), plain);
    expect(spikesOf(recording, "first")).toEqual([]);
    const mixed = await run(chain(targetOf(), [100, -100], 7), feed([4, 1]), plain);
    expect(spikesOf(mixed, "first")).toEqual([[0, 0, 3]]);
  });

  it("are cut at what an input's channel and a neuron can send", async () => {
    // Nine events are four, of 10 each; 40 spikes are five, of 3 each, one timestep later.
    const recording = await run(chain(targetOf(), [10, 0], 1), feed([9, 0], [0, 0]), plain);
    expect(spikesOf(recording, "first")).toEqual([[0, 0, 40]]);
    expect(spikesOf(recording, "second")).toEqual([[1, 0, 15]]);
    expect([...recording.populations[1]!.traces.get("spike")!]).toEqual([0, 15]);
    expect(recording.projections.map(({ synops }) => [...synops])).toEqual([[4], [5]]);
  });

  it("below zero are a mistake that is told", async () => {
    const program = chain(targetOf(), [10, 0], -2);
    const error = await run(program, feed([1, 0]), plain).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "ENGINE_SPIKE_COUNT",
      message: "Neuron 0 of first would fire -5 times at timestep 1; with binary spikes it can be 0 to 65535.",
    });
  });
});

describe("the order of projections", () => {
  const inputs = chain(targetOf(), [1, 1], 1);
  const loop = projection("first", "first", 1, 1);

  it("is checked where a chip delivers events of inputs first", () => {
    expect(checkProgram({ ...inputs, projections: [...inputs.projections, loop] })).toBe(null);
    expect(checkProgram({ ...inputs, projections: [loop, ...inputs.projections] })).toContain("has to come first");
  });

  it("is free elsewhere", () => {
    const target = targetOf((yaml) => yaml.replace("order: inputs-first, ", ""));
    expect(checkProgram({ ...inputs, target, projections: [loop, ...inputs.projections] })).toBe(null);
  });
});

/** What is wrong with a program whose neurons pass their counts on. */
function told(target: Target, forwards: Int32Array): string | null {
  const { populations, ...rest } = chain(target, [1, 1], 1);
  return checkProgram({ ...rest, populations: populations.map((one) => ({ ...one, forwards })) });
}

describe("what neurons pass on", () => {
  const forwards = Int32Array.of(0);
  const passing = targetOf((yaml) =>
    yaml
      .replace("    on spike", "    forward: { at-most: 9 }\n    on spike")
      .replace("spike = div", "spike = spike + div"),
  );
  it("goes to neurons of the same population, where the datapath has it", () => {
    expect(told(passing, forwards)).toBe(null);
    expect(told(passing, Int32Array.of(-1))).toBe(null);
    expect(told(passing, Int32Array.of(1))).toContain("does not fit");
    expect(told(passing, Int32Array.of(0, 0))).toContain("does not fit");
    expect(told(targetOf(), forwards)).toContain("its datapath does not");
  });
});

describe("a target", () => {
  it("without payloads takes no numbers on events", () => {
    const program = chain(targetOf(), [1, 1], 1);
    const engine = openInterpreter(program);
    expect(mistakeOf(() => engine.step(new Map([["in", Float64Array.of(0.5, 0)]])))?.code).toBe("ENGINE_EVENT_COUNT");
  });
});
