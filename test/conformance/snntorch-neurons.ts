/** Single populations of snnTorch's classes. */

import { BitspikeError } from "../../src/errors.ts";
import { createNetwork } from "../../src/network/create.ts";
import type { DraftPopulation } from "../../src/network/draft.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import {
  alpha,
  lapicque,
  lapicqueConstants,
  leaky,
  rLeaky,
  rSynaptic,
  synaptic,
  type LapicqueOptions,
  type NetworkPart,
} from "../../src/network/snntorch.ts";
import { sizeOf, type DiscreteNetwork, type Shape, type Tensor } from "../../src/network/types.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import { flat, floats, populationOf, recordFloat, stepsFirst, stimulusOf, tensorOf } from "./engines.ts";
import type { Case, FloatCase, PlainCase } from "./oracle.ts";
import type { Tally } from "./tally.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** snnTorch's names of arguments and those of our constructors. Those without one only concern training. */
const names: Readonly<Record<string, string>> = {
  alpha: "alpha",
  beta: "beta",
  threshold: "threshold",
  reset_mechanism: "reset",
  reset_delay: "resetDelay",
  inhibition: "inhibition",
  graded_spikes_factor: "gradedSpikesFactor",
  R: "R",
  C: "C",
  time_step: "timeStep",
  all_to_all: "allToAll",
  linear_features: "linearFeatures",
  conv2d_channels: "conv2dChannels",
  kernel_size: "kernelSize",
  V: "V",
  learn_alpha: "",
  learn_beta: "",
  learn_threshold: "",
  learn_recurrent: "",
  learn_graded_spikes_factor: "",
  spike_grad: "",
  surrogate_disable: "",
};

const node =
  (make: (name: string, options: never) => DraftPopulation) =>
  (options: Arguments): NetworkPart => ({
    nodes: [make("neuron", options as never)],
    edges: [],
  });

const classes: Readonly<Record<string, (options: Arguments) => NetworkPart>> = {
  Lapicque: node(lapicque),
  Leaky: node(leaky),
  RLeaky: (options) => rLeaky("neuron", options as never),
  Synaptic: node(synaptic),
  RSynaptic: (options) => rSynaptic("neuron", options as never),
  Alpha: node(alpha),
};

/** Recorded states and the registers that hold them; where they begin, and the arguments that say so. */
const states = [
  { field: "mem", register: "membrane", option: "membrane" },
  { field: "syn", register: "current", option: "current" },
  { field: "syn_exc", register: "current", option: "current" },
  { field: "syn_inh", register: "inhibitory", option: "inhibitory" },
] as const;

interface NeuronVector {
  readonly name: string;
  readonly class: string;
  readonly params?: Arguments;
  readonly constructor?: Arguments | Function;
  readonly shape?: Shape;
  readonly steps: number;
  readonly input: unknown;
  readonly spk: unknown;
  readonly init?: Arguments;
  readonly effective?: Arguments;
  readonly recurrent?: Arguments;
  readonly [field: string]: unknown;
}

/** What a case lacks, by name. */
function missing(type: string, given: Arguments): { readonly missing?: string } {
  if (!(type in classes)) return { missing: `the neuron class ${type}` };
  const unknown = Object.keys(given).find((name) => !(name in names));
  return unknown === undefined ? {} : { missing: `the argument ${unknown} of ${type}` };
}

function optionsOf(given: Arguments): Arguments {
  const known = Object.entries(given).filter(([name]) => names[name] !== "");
  return Object.fromEntries(known.map(([name, value]) => [names[name], value]));
}

/** Arguments that a constructor must refuse. */
export function constructorCase({ class: type, params }: { class: string; params: Arguments }): PlainCase {
  const name = `${type}(${JSON.stringify(params)})`;
  const run = (tally: Tally): void => tally.same("constructor", outcome(type, params), "refused");
  return { name, needs: "nothing", run, ...missing(type, params) };
}

function outcome(type: string, params: Arguments): string {
  try {
    classes[type]!(optionsOf(params));
    return "accepted";
  } catch (error) {
    if (error instanceof BitspikeError) return "refused";
    throw error;
  }
}

/** A population that is fed a recorded input. */
export function neuronCase(vector: NeuronVector): FloatCase {
  const given = argumentsOf(vector);
  const name = `${vector.class} ${vector.name}`;
  return {
    name,
    needs: "float",
    run: (backend, tally) => compareSamples(vector, backend, tally),
    ...missing(vector.class, given),
  };
}

function argumentsOf({ params, constructor }: NeuronVector): Arguments {
  return params ?? (typeof constructor === "function" ? {} : (constructor ?? {}));
}

/** Samples that begin in states of their own run one by one: the state is a part of the network. */
async function compareSamples(vector: NeuronVector, backend: BackendName, tally: Tally): Promise<void> {
  const [batch] = batchOf(vector.shape ?? [1]);
  if (vector.init === undefined || batch === 1) return compare(vector, backend, tally);
  for (let sample = 0; sample < batch; sample++) await compare(sampleOf(vector, sample), backend, tally);
}

function sampleOf(vector: NeuronVector, sample: number): NeuronVector {
  const series = ["input", "spk", ...states.map(({ field }) => field)].filter((field) => field in vector);
  const own = series.map((field) => [field, (vector[field] as unknown[][]).map((rows) => [rows[sample]])] as const);
  const init = Object.entries(vector.init ?? {}).map(
    ([field, rows]) => [field, [(rows as unknown[])[sample]]] as const,
  );
  const shape = [1, ...batchOf(vector.shape ?? [1])[1]];
  return { ...vector, ...Object.fromEntries(own), shape, init: Object.fromEntries(init) };
}

async function compare(vector: NeuronVector, backend: BackendName, tally: Tally): Promise<void> {
  const given = argumentsOf(vector);
  const recurrent = vector.recurrent === undefined ? {} : recurrenceOf(vector.recurrent);
  const part = classes[vector.class]!({ ...optionsOf(given), ...initialState(vector), ...recurrent });
  const [batch, shape] = batchOf(vector.shape ?? [1]);
  if (vector.class === "Lapicque" && vector.effective !== undefined)
    compareConstants(optionsOf(given), vector.effective, tally);
  const recorded = states.filter(({ field }) => field in vector);
  const registers = recorded.map(({ register }) => register);
  const run = await recordPart(part, shape, flat(vector.input), [batch, vector.steps], registers, backend);
  const size = batch * sizeOf(shape);
  const thresholds = Array.from({ length: size }, (_, i) => run.thresholds[i % run.thresholds.length]!);
  const expected = { spikes: floats(vector.spk), membranes: floats(vector["mem"]) };
  const comparable = tally.spikes({ spikes: run.spikes, membranes: run.traces["membrane"]! }, expected, thresholds);
  for (const { field, register } of recorded) {
    tally.close(
      field,
      run.traces[register]!.subarray(0, comparable),
      floats(vector[field]).subarray(0, comparable),
      size,
    );
  }
}

/** With a batch axis the first axis counts samples. */
function batchOf(shape: Shape): readonly [number, Shape] {
  return shape.length === 1 ? [1, shape] : [shape[0]!, shape.slice(1)];
}

function initialState(vector: NeuronVector): Arguments {
  const batched = (vector.shape ?? [1]).length > 1;
  const given = states.flatMap(({ field, option }) => {
    const values = vector.init?.[field] ?? vector[`${field}0`];
    if (values === undefined) return [];
    return [[option, tensorOf(batched && Array.isArray(values) ? values[0] : values)] as const];
  });
  return Object.fromEntries(given);
}

function recurrenceOf({ weight, bias, V }: Arguments): Arguments {
  if (weight === undefined) return { V };
  return { weight: tensorOf(weight), bias: bias === undefined || bias === null ? null : tensorOf(bias) };
}

/** What the constructor worked out beside the neuron. */
function compareConstants(options: Arguments, effective: Arguments, tally: Tally): void {
  const constants = lapicqueConstants(options as LapicqueOptions);
  const told: Readonly<Record<string, Tensor>> = {
    R: constants.R,
    C: constants.C,
    time_step: constants.timeStep,
    beta: constants.beta,
    decay_factor_used: constants.decay,
    input_gain_used: lapicque("neuron", options as LapicqueOptions).gain,
  };
  for (const [name, tensor] of Object.entries(told)) {
    if (name in effective) tally.close(name, Float32Array.from(tensor.data), floats(effective[name]));
  }
}

interface PartRun {
  /** What leaves the neurons, [steps][samples][neurons]. */
  readonly spikes: Float64Array;
  /** [steps][samples][neurons] by register. */
  readonly traces: Readonly<Record<string, Float64Array>>;
  /** [neurons] */
  readonly thresholds: Float64Array;
}

/** Run one population between an Input and an Output. */
export async function recordPart(
  part: NetworkPart,
  shape: Shape,
  input: readonly number[],
  [samples, steps]: readonly [number, number],
  registers: readonly string[],
  backend: BackendName,
): Promise<PartRun> {
  const network = between(part, shape);
  const probes = registers.map((register) => ({ population: "neuron", register }));
  const stimuli = new Map([["input", stimulusOf(input, samples, steps, shape)]]);
  const recording = await recordFloat(backend, network, stimuli, probes);
  const { traces } = populationOf(recording, "neuron");
  const neuron = network.nodes.find(({ name }) => name === "neuron");
  return {
    spikes: stepsFirst(recording.outputs.get("output") ?? [], samples, steps),
    traces: Object.fromEntries([...traces].map(([name, values]) => [name, stepsFirst(values, samples, steps)])),
    thresholds: (neuron?.kind === "population" ? neuron.threshold : null) ?? new Float64Array(sizeOf(shape)).fill(NaN),
  };
}

function between({ nodes, edges }: NetworkPart, shape: Shape): DiscreteNetwork {
  const { network } = createNetwork(
    [{ kind: "input", name: "input", shape }, ...nodes, { kind: "output", name: "output", shape: null }],
    [["input", "neuron"], ["neuron", "output"], ...edges],
  );
  return discretize(network, defaultTime).network;
}

/** A neuron of the tutorial that is written by hand: the threshold is tested before the update. */
export function handWrittenCase(vector: Arguments): Case {
  const name = `function ${String(vector["name"])}`;
  const run = vector["trace_float64"] === undefined ? handWritten : decaying;
  return { name, needs: "float", run: (backend, tally) => run(vector, backend, tally) };
}

async function handWritten(vector: Arguments, backend: BackendName, tally: Tally): Promise<void> {
  const { R, C, time_step: timeStep, threshold } = vector as Readonly<Record<string, number>>;
  const reset = String(vector["name"]).includes("no_reset") ? "none" : "subtract";
  const neuron = lapicque("neuron", { R, C, timeStep, threshold, reset, testedBefore: true });
  const input = flat(vector["input"]);
  const part = { nodes: [neuron], edges: [] };
  const run = await recordPart(part, [1], input, [1, input.length], ["membrane"], backend);
  tally.exact("spk", run.spikes, flat(vector["spk"]), 1);
  tally.close("mem", run.traces["membrane"]!, floats(vector["mem"]), 1);
}

/** A membrane that decays without input and is written down before each update. */
async function decaying(vector: Arguments, backend: BackendName, tally: Tally): Promise<void> {
  const expected = flat(vector["trace_float64"]);
  const numbers = /R=(?<R>[\d.e+-]+), C=(?<C>[\d.e+-]+), time_step=(?<timeStep>[\d.e+-]+)/.exec(String(vector["note"]));
  const { R, C, timeStep } = numbers!.groups!;
  const options = { R: Number(R), C: Number(C), timeStep: Number(timeStep), membrane: vector["U0"] as number };
  const part = { nodes: [{ ...lapicque("neuron", options), threshold: null }], edges: [] };
  const run = await recordPart(part, [1], [], [1, expected.length], ["membrane"], backend);
  tally.close("mem", run.traces["membrane"]!.subarray(0, -1), expected.slice(1), 1);
}
