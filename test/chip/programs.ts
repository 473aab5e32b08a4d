/** Random small programs over several targets, stimuli for them, and what a run of them gives. */

import { readFileSync } from "node:fs";
import { probeNames } from "../../src/chip/record.ts";
import type {
  Program,
  ProgramInput,
  ProgramPopulation,
  ProgramProjection,
  Synapses,
} from "../../src/compile/program.ts";
import type { Engine, Probe, Recording, RunOptions, Stimuli, Stimulus } from "../../src/engine.ts";
import { narrowest } from "../../src/core/synapses.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget } from "../../src/files.ts";
import { sizeOf } from "../../src/network/types.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { ParameterSpec, Target } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { programOf } from "./empty.ts";
import { randomEventProgram } from "./event-targets.ts";

const motleyText = readFileSync(new URL("motley.yaml", import.meta.url), "utf8");
const readBase = (): string => motleyText;

export { programOf } from "./empty.ts";
export const motley: Target = loadTarget(motleyText, "motley.yaml", readBase);
const sameStep = "extends: motley\nname: motley-same-step\ndelivery: { spikes: same-timestep }";
const binary = `extends: motley
name: motley-binary
datapaths:
  two:
    on timestep: |
      before = x
      x      = wrap(x - nearest_even(x, 3) + real + turn * rem(timestep, 5) + div_down(imag, 8), 20)
      imag   = imag - down(imag, 2)
      spike  = x - old(x) > threshold ? 3 : 0
delivery: { payload-bits: 0 }
`;
const counting = `extends: binary
name: motley-counting
delivery: { inputs: same-timestep, order: inputs-first, at-most: { inputs: 2, spikes: 4 } }
`;
export const targets: readonly Target[] = [
  motley,
  loadTarget(sameStep, "same-step.yaml", readBase),
  loadTarget(binary, "binary.yaml", readBase),
  loadTarget(counting, "counting.yaml", (name) => (name === "binary" ? binary : motleyText)),
  readTarget("loihi2"),
  readTarget("generic-8bit"),
];

/** A program of 1 or 2 inputs and 1 to 4 populations, everything else by chance. */
export function randomProgram(target: Target, dice: Dice): Program {
  if (target.events !== null) return randomEventProgram(target, dice, 1);
  const inputs = Array.from({ length: dice.between(1, 2) }, (_, i) => randomInput(`in${i}`, target, dice));
  const populations = Array.from({ length: dice.between(1, 4) }, (_, i) => randomPopulation(`p${i}`, target, dice));
  const sources = [...inputs, ...populations];
  const projections = Array.from({ length: dice.between(1, 8) }, (_, i) => {
    const from = dice.one(i === 0 ? inputs : sources);
    return randomProjection(`${i}`, from, dice.one(populations), sources, target, dice);
  });
  if (target.delivery.order === "inputs-first") {
    const fromInputs = (from: string): number => Number(inputs.every(({ name }) => name !== from));
    projections.sort((a, b) => fromInputs(a.from) - fromInputs(b.from));
  }
  const outputs = [{ name: "out", population: populations.at(-1)!.name }];
  const settings = Object.entries(target.settings).map(([name, { low, high }]) => [name, dice.between(low, high)]);
  return programOf({ target, settings: Object.fromEntries(settings), inputs, populations, projections, outputs });
}

/** A program with one population of so many neurons, which lead to themselves, and an input that reaches all of them. */
export function wideProgram(target: Target, neurons: number, dice: Dice): Program {
  const input = { ...randomInput("in", target, dice), shape: [20] };
  const population = randomPopulation("wide", target, dice, [neurons]);
  const lists = (sources: number, length: number): Synapses => {
    const stretch = Math.floor(neurons / length);
    const start = Uint32Array.from({ length: sources + 1 }, (_, i) => i * length);
    const neuron = dice.list(sources * length, 0, stretch - 1).map((at, i) => at + (i % length) * stretch);
    const weight = narrowest(dice.list(neuron.length, target.weights.low, target.weights.high));
    return { kind: "sparse", start, target: Uint32Array.from(neuron), weight };
  };
  const sources = [input, population];
  const projections = [
    { ...randomProjection("0", input, population, sources, target, dice), synapses: lists(20, neurons >> 2) },
    { ...randomProjection("1", population, population, sources, target, dice), synapses: lists(neurons, 3) },
  ];
  const settings = Object.entries(target.settings).map(([name, { low, high }]) => [name, dice.between(low, high)]);
  return programOf({
    target,
    settings: Object.fromEntries(settings),
    inputs: [input],
    populations: [population],
    projections,
    outputs: [{ name: "out", population: "wide" }],
  });
}

function randomShape(dice: Dice): readonly number[] {
  const plane = [dice.between(1, 3), dice.between(1, 4), dice.between(1, 5)];
  return dice.chance(50) ? plane : [dice.chance(4) ? dice.between(250, 530) : dice.between(1, 12)];
}

function randomInput(name: string, { delivery }: Target, dice: Dice): ProgramInput {
  const graded = delivery.payloadBits > 0 && dice.chance(50);
  return { name, shape: randomShape(dice), payloadScale: graded ? 10 : null, payloadLimit: graded ? 255 : 3 };
}

function randomPopulation(name: string, target: Target, dice: Dice, fixed?: readonly number[]): ProgramPopulation {
  const [datapath, spec] = dice.one(Object.entries(target.datapaths));
  const shape = fixed ?? randomShape(dice);
  const neurons = sizeOf(shape);
  const values = ({ low, high }: ParameterSpec): Int32Array => dice.list(dice.chance(50) ? 1 : neurons, low, high);
  const targets = dice.list(neurons, -neurons, neurons - 1).map((neuron) => Math.max(-1, neuron));
  const some = Object.entries(spec.state).filter(() => dice.chance(25));
  return {
    name,
    shape,
    neurons,
    datapath,
    parameters: Object.fromEntries(Object.entries(spec.parameters).map(([key, own]) => [key, values(own)])),
    initial: Object.fromEntries(some.map(([key, own]) => [key, values(own)])),
    ...(spec.forward !== undefined && dice.chance(80) ? { forwards: targets } : {}),
    offset: dice.between(0, Math.min(2, 1 + target.delivery.delays[1])),
    scale: null,
    origin: null,
  };
}

function randomProjection(
  name: string,
  from: ProgramInput | ProgramPopulation,
  to: ProgramPopulation,
  sources: readonly (ProgramInput | ProgramPopulation)[],
  target: Target,
  dice: Dice,
): ProgramProjection {
  const { projection, inputs } = target.datapaths[to.datapath]!;
  const forward = sources.indexOf(from) < sources.indexOf(to);
  const arrival = "payloadScale" in from ? (target.delivery.inputs ?? target.delivery.spikes) : target.delivery.spikes;
  const atOnce = arrival === "same-timestep" && forward;
  const constants = Object.entries(projection).map(([key, { low, high }]) => [key, dice.between(low, high)]);
  return {
    name: `${from.name}->${to.name} ${name}`,
    from: from.name,
    to: to.name,
    arrivesAfter: dice.between(atOnce ? 0 : 1, Math.min(4, 1 + target.delivery.delays[1])),
    parameters: Object.fromEntries(constants),
    accumulator: dice.one(inputs),
    synapses: randomSynapses(from.shape, to.shape, target, dice),
  };
}

export function randomSynapses(from: readonly number[], to: readonly number[], target: Target, dice: Dice): Synapses {
  const { low, high } = target.weights;
  const [sources, targets] = [sizeOf(from), sizeOf(to)];
  if (from.length === 3 && to.length === 3 && dice.chance(60)) return randomConv(from, to, target, dice);
  if (dice.chance(50)) return { kind: "dense", weight: narrowest(dice.list(sources * targets, low, high)) };
  const rows = Array.from({ length: sources }, () =>
    Array.from({ length: targets }, (_, neuron) => neuron).filter(() => dice.chance(30)),
  );
  const start = new Uint32Array(sources + 1);
  for (const [source, row] of rows.entries()) start[source + 1] = start[source]! + row.length;
  const neurons = Uint32Array.from(rows.flat());
  return { kind: "sparse", start, target: neurons, weight: narrowest(dice.list(neurons.length, low, high)) };
}

function randomConv(
  inputShape: readonly number[],
  outputShape: readonly number[],
  target: Target,
  dice: Dice,
): Synapses {
  const { low, high } = target.weights;
  const [ins, outs] = [inputShape[0]!, outputShape[0]!];
  const groups = dice.one([1, 2, 3].filter((count) => ins % count === 0 && outs % count === 0));
  const pair = (least: number, most: number): [number, number] => [
    dice.between(least, most),
    dice.between(least, most),
  ];
  const kernel = pair(1, 3);
  const weight = narrowest(dice.list(outs * (ins / groups) * sizeOf(kernel), low, high));
  return {
    kind: "conv2d",
    weight,
    inputShape,
    outputShape,
    kernel,
    stride: pair(1, 2),
    padding: pair(0, 2),
    dilation: pair(1, 2),
    groups,
  };
}

/** Frames for every input of a program; the same for the same seed, whatever order they are read in. */
export function randomStimuli(
  { inputs }: Program,
  samples: number,
  steps: number,
  seed: number,
  constant = false,
): Stimuli {
  return new Map(
    inputs.map(({ name, shape, payloadScale }, index): [string, Stimulus] => {
      const kind = payloadScale === null ? "spikes" : "graded";
      const read: Stimulus["read"] = (sample, step, out) => {
        const dice = new Dice(seed + 1009 * index + 101 * sample + (constant ? 0 : 7919 * step));
        const value = (): number => (kind === "spikes" ? dice.between(1, 3) : dice.between(-300, 300) / 7);
        for (let i = 0; i < sizeOf(shape); i++) out[i] = dice.chance(35) ? value() : 0;
      };
      return [name, { samples, steps, shape, kind, constant, read }];
    }),
  );
}

/** Everything that can be probed in a program. */
export function allProbes(program: Program): Probe[] {
  return [...probeNames(program)].flatMap(([population, names]) => {
    return names.map((register) => ({ population, register }));
  });
}

/** What a run gives, as plain data that can be compared; a mistake as its code and words. */
export async function outcome(engine: Engine, stimuli: Stimuli, options: RunOptions = {}): Promise<unknown> {
  try {
    const { engine: _, populations, ...rest } = await engine.run(stimuli, options);
    // An engine may keep small numbers in wider arrays.
    const plain = populations.map((one) => ({
      ...one,
      traces: new Map([...one.traces].map(([name, trace]) => [name, Float64Array.from(trace)])),
    }));
    return { ...rest, populations: plain };
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** Ids and payloads of what fired in one row of a recording, by population. */
export function rowOf(recording: Recording, row: number): [string, number[], number[]][] {
  return recording.populations.map(({ name, spikes }) => {
    const { start, neuron, payload } = spikes;
    const ids = [...neuron.subarray(start[row]!, start[row + 1]!)];
    return [name, ids, ids.map((_, i) => payload?.[start[row]! + i] ?? 1)];
  });
}

/** Two neurons that add up what arrives and leak. */
export const one: ProgramPopulation = {
  name: "cell",
  shape: [2],
  neurons: 2,
  datapath: "loose",
  parameters: { threshold: Int32Array.of(800) },
  initial: {},
  offset: 0,
  scale: null,
  origin: null,
};

/** One population whose second neuron sees the first value of the input `in`, through one weight. */
export function fed(population: ProgramPopulation, weight: number): Program {
  return programOf({
    target: motley,
    inputs: [{ name: "in", shape: [2], payloadScale: 1, payloadLimit: 2 ** 20 }],
    populations: [population],
    projections: [
      {
        name: "in->cell",
        from: "in",
        to: population.name,
        arrivesAfter: 1,
        parameters: { shift: 0 },
        accumulator: motley.datapaths[population.datapath]!.inputs[0]!,
        synapses: { kind: "dense", weight: narrowest(Int32Array.of(0, weight, 0, 0)) },
      },
    ],
  });
}

/** The same value for both neurons of the input at each step. */
export function steady(value: number, steps: number, samples = 1): Stimuli {
  const read: Stimulus["read"] = (_sample, _step, out) => out.fill(value);
  return new Map([["in", { samples, steps, shape: [2], kind: "graded", constant: true, read }]]);
}
