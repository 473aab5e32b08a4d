import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { programOfIntegers } from "../../src/compile/integers.ts";
import type { Program, Synapses } from "../../src/compile/program.ts";
import type { Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import { openShards } from "../../src/shard/engine.ts";
import { holdLarge } from "../../src/shard/hold.ts";
import { outcome } from "../chip/programs.ts";

const [inputs, neurons] = [50, 3000];

/** Every input leads to 30 neurons, or one neuron twice. */
function listOf(twice: boolean): Synapses {
  const start = Uint32Array.from({ length: inputs + 1 }, (_, source) => 30 * source);
  const at = (i: number): number => (twice && i === 31 ? 1 : (i % 30) * 100 + Math.floor(i / 30));
  const target = Uint32Array.from({ length: 30 * inputs }, (_, i) => at(i));
  return { kind: "sparse", start, target, weight: Int8Array.from(target, (i) => (i % 256) - 100) };
}

function programWith(synapses: Synapses): Program {
  return programOfIntegers(readTarget("generic-8bit"), {
    inputs: [{ name: "in", shape: [inputs] }],
    populations: [{ name: "out", shape: [neurons], parameters: { beta: 240, threshold: 150 } }],
    projections: [{ from: "in", to: "out", synapses }],
  });
}

function readEvents(_sample: number, step: number, out: Float32Array | Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Number((i + step) % 3 === 0);
}

function isKept(synapses: Synapses, least: number): boolean {
  const [projection, ...others] = programWith(listOf(false)).projections;
  const program = { ...programWith(listOf(false)), projections: [{ ...projection!, synapses }, ...others] };
  return holdLarge(program, least).projections[0]!.synapses === synapses;
}

describe("large lists of synapses", () => {
  it("lie in a memory that all workers read, and give the same", async () => {
    const program = programWith(listOf(false));
    const held = holdLarge(program, 100);
    const { synapses } = held.projections[0]!;
    expect("memory" in synapses && synapses.memory?.buffer).toBeInstanceOf(SharedArrayBuffer);
    const stimulus: Stimulus = {
      samples: 2,
      steps: 10,
      shape: [inputs],
      kind: "spikes",
      constant: false,
      read: readEvents,
    };
    const stimuli = new Map([["in", stimulus]]);
    const expected = await outcome(openInterpreter(program), stimuli);
    expect(expected).toMatchObject({ samples: 2 });
    const got = await outcome(await openKernels(held), stimuli);
    expect({ ...(got as object), engine: "" }).toEqual({ ...(expected as object), engine: "" });
  });

  it("stay as they are where they are short, dense, or reach a neuron twice", () => {
    expect(isKept(listOf(false), 2 ** 26)).toBe(true);
    expect(isKept(listOf(false), 1)).toBe(false);
    expect(isKept(listOf(true), 1)).toBe(true);
    expect(isKept({ kind: "dense", weight: new Int8Array(inputs * neurons) }, 1)).toBe(true);
    const weight = new Int8Array(200 * 50);
    const target = Uint32Array.from(weight, (_, i) => i % 200);
    const whole: Synapses = {
      kind: "sparse",
      start: Uint32Array.from({ length: 51 }, (_, i) => 200 * i),
      target,
      weight,
    };
    expect(isKept(whole, 1)).toBe(true);
  });
});

function readFew(sample: number, step: number, out: Float32Array | Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Number((i * 13 + step * 5 + sample) % 97 === 0);
}

describe("large synapses of whole rows", () => {
  it("give the same on several workers, which have one copy of them", async () => {
    const [sources, targets] = [2100, 4096];
    const weight = Int8Array.from({ length: sources * targets }, (_, i) => ((i * 7919) % 251) - 125);
    const program = programOfIntegers(readTarget("generic-8bit"), {
      inputs: [{ name: "in", shape: [sources] }],
      populations: [{ name: "out", shape: [targets], parameters: { beta: 240, threshold: 150 } }],
      projections: [{ from: "in", to: "out", synapses: { kind: "dense", weight } }],
    });
    const stimulus: Stimulus = {
      samples: 5,
      steps: 4,
      shape: [sources],
      kind: "spikes",
      constant: false,
      read: readFew,
    };
    const stimuli = new Map([["in", stimulus]]);
    const engine = await openShards(program, { threads: 2, split: "sample" });
    try {
      const expected = (await outcome(openInterpreter(program), stimuli)) as object;
      for (let run = 0; run < 2; run++) {
        expect({ ...((await outcome(engine, stimuli)) as object), engine: "" }).toEqual({ ...expected, engine: "" });
      }
    } finally {
      await engine.close();
    }
  });
});
