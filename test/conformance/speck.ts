/** sinabs' DYNAP-CNN: its integer networks as programs for the target speck, its discretization as networks and a recipe. */

import { compile } from "../../src/compile/compile.ts";
import { composeSynapses, type LinearNode } from "../../src/compile/linear.ts";
import type { ProgramProjection, Synapses } from "../../src/compile/program.ts";
import type { PopulationRecording, Probe } from "../../src/engine.ts";
import { createNetwork } from "../../src/network/create.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import { sizeOf, type DiscreteNetwork, type Padding, type Tensor } from "../../src/network/types.ts";
import type { VectorFolder } from "./folder.ts";
import { flat, populationOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type Case, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Shape3 = readonly [number, number, number];
type Pair = readonly [number, number];
/** index, count, index, count, .. */
type Sparse = readonly number[];

interface Layer {
  readonly in_shape: Shape3;
  readonly out_shape: Shape3;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly threshold: number;
  readonly min_v_mem: number;
  readonly reset: string;
  readonly spike_function: string;
  readonly sum_pool: number;
}
interface Weights {
  readonly layers: readonly { readonly weight_oihw: unknown; readonly bias: readonly number[] | null }[];
}
interface Expected {
  readonly spike_count_per_step?: readonly number[];
  readonly spike_count_per_channel?: readonly number[];
  readonly spikes_sparse?: readonly Sparse[];
  readonly v_mem_final?: readonly number[];
  readonly v_mem_per_step?: readonly (readonly number[])[];
}
interface Vector {
  readonly case: string;
  readonly params: { readonly timesteps: number; readonly layers: readonly Layer[] };
  readonly weights?: Weights;
  readonly weights_ref?: string;
  readonly input: { readonly shape: Shape3; readonly events_sparse: readonly Sparse[] };
  readonly expected: { readonly layers: readonly Expected[] };
}

/** A layer in float32, given as bits, and the integers that it becomes. */
interface Discretization {
  readonly case: string;
  readonly input: {
    readonly weight_oihw_f32_bits: readonly number[];
    readonly weight_shape: readonly [number, number, number, number];
    readonly bias_f32_bits: readonly number[] | null;
    readonly threshold_f32_bits: number;
    readonly min_v_mem_f32_bits: number | null;
    readonly state_f32_bits: readonly number[] | null;
  };
  readonly expected: {
    readonly weight_oihw: readonly number[];
    readonly bias: readonly number[] | null;
    readonly threshold: number;
    readonly min_v_mem: number;
    readonly state: readonly number[] | null;
  };
}

/** What a bound that is not given counts as, before scaling. */
const usualBound = -32768;

const target = targetOf("speck");

export const speck: Adapter = {
  name: "speck",
  read(document, folder) {
    if (hasFields(document, "layers") && !hasFields(document, "cases")) return []; // weights that a case names
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    return (document.cases as readonly (Vector | Discretization)[]).map((one) => caseOf(one, folder));
  },
};

function caseOf(vector: Vector | Discretization, folder: VectorFolder): Case {
  const name = vector.case;
  if (isDiscretization(vector)) return { name, needs: "nothing", run: (tally) => compareIntegers(vector, tally) };
  return { name, needs: "integer", run: (engine, tally) => compare(vector, folder, engine, tally) };
}

function isDiscretization(vector: Vector | Discretization): vector is Discretization {
  return hasFields(vector.input, "weight_oihw_f32_bits");
}

function compareIntegers({ input, expected }: Discretization, tally: Tally): void {
  const { populations, projections } = compile(layerOf(input), target, { recipe: "sinabs" });
  const { parameters, initial } = populations[0]!;
  tally.exact("weights", projections[0]!.synapses.weight, expected.weight_oihw);
  const { bias, state, threshold, min_v_mem } = expected;
  // With one neuron per channel where no states are given.
  const each = (state?.length ?? input.weight_shape[0]) / input.weight_shape[0];
  if (bias !== null) {
    const spread = bias.flatMap((value) => Array.from({ length: each }, () => value));
    tally.exact("bias", all(parameters["bias"], spread.length), spread);
  }
  tally.exact("threshold", parameters["threshold"]!, [threshold]);
  tally.exact("min_v_mem", parameters["lower_bound"]!, [min_v_mem]);
  if (state !== null) tally.exact("state", all(initial["membrane"], state.length), state);
}

/** One value for all neurons, or one each. */
function all(values: Int32Array | undefined, count: number): ArrayLike<number> {
  return values?.length === 1 ? Array.from({ length: count }, () => values[0]!) : (values ?? []);
}

/** The layer as a network: a correlation, and integrate-and-fire neurons in one row per channel. */
function layerOf(input: Discretization["input"]): DiscreteNetwork {
  const [channels, inputs, height, width] = input.weight_shape;
  const columns = (input.state_f32_bits?.length ?? channels) / channels;
  const { bias_f32_bits: bias, state_f32_bits: state, min_v_mem_f32_bits: bound } = input;
  const { network } = createNetwork(
    [
      { kind: "input", name: "input", shape: [inputs, height, width + columns - 1] },
      {
        kind: "conv2d",
        name: "conv",
        weight: { shape: input.weight_shape, data: fromBits(input.weight_oihw_f32_bits) },
        bias: bias === null ? null : { shape: [channels], data: fromBits(bias) },
        stride: 1,
        padding: 0,
        dilation: 1,
        groups: 1,
        inputSize: null,
      },
      {
        kind: "population",
        name: "neurons",
        alpha: null,
        currentGain: null,
        beta: one(Float32Array.of(1)),
        gain: one(Float32Array.of(1)),
        feedthrough: null,
        leak: one(Float32Array.of(0)),
        threshold: one(fromBits([input.threshold_f32_bits])),
        reset: "subtract",
        resetTo: one(Float32Array.of(0)),
        resetDelay: false,
        lowerBound: one(bound === null ? Float32Array.of(usualBound) : fromBits([bound])),
        ...(state === null ? {} : { initial: { membrane: { shape: [channels, 1, columns], data: fromBits(state) } } }),
      },
      { kind: "output", name: "output", shape: null },
    ],
    [
      ["input", "conv"],
      ["conv", "neurons"],
      ["neurons", "output"],
    ],
  );
  return discretize(network, defaultTime).network;
}

function one(data: Float32Array): Tensor {
  return { shape: [], data };
}

function fromBits(bits: readonly number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

async function compare(vector: Vector, folder: VectorFolder, engine: IntegerEngine, tally: Tally): Promise<void> {
  const { params, input, expected } = vector;
  const { layers, timesteps } = params;
  const weights = weightsOf(vector, folder);
  const populations = layers.map((layer, i) => {
    const [channels, height, width] = layer.out_shape;
    const bias = Array.from({ length: channels }, (_, c) =>
      Array.from({ length: height * width }, () => weights.layers[i]!.bias?.[c] ?? 0),
    );
    return populationLoad(nameOf(i), layer.out_shape, "integrate_and_fire", {
      bias: bias.flat(),
      threshold: layer.threshold,
      lower_bound: layer.min_v_mem,
      spike_limit: limitOf(layer.spike_function),
      reset_to_zero: Number(layer.reset === "to_zero"),
    });
  });
  const projections = layers.map((_, i) => projectionInto(i, layers, weights));
  const program = programOf(target, {}, { input: input.shape }, populations, projections);
  const size = sizeOf(input.shape);
  const stimulus = stimulusOf(filled(input.events_sparse, size), 1, timesteps, input.shape);
  const probes = layers.map((_, i): Probe => ({ population: nameOf(i), register: "membrane" }));
  const recording = await recordInteger(engine, program, new Map([["input", stimulus]]), probes);
  for (const [i, recorded] of expected.layers.entries()) {
    compareLayer(populationOf(recording, nameOf(i)), recorded, timesteps, nameOf(i), tally);
  }
}

function compareLayer(
  { spikes, neurons, shape, traces }: PopulationRecording,
  expected: Expected,
  steps: number,
  name: string,
  tally: Tally,
): void {
  const counts = new Int32Array(steps * neurons);
  for (let step = 0; step < steps; step++) {
    for (let i = spikes.start[step]!; i < spikes.start[step + 1]!; i++) {
      counts[step * neurons + spikes.neuron[i]!] = spikes.payload?.[i] ?? 1;
    }
  }
  const membrane = traces.get("membrane")!;
  const plane = neurons / shape[0]!;
  const sums = (groups: number, groupOf: (i: number) => number): number[] => {
    const totals = Array.from({ length: groups }, () => 0);
    for (const [i, count] of counts.entries()) totals[groupOf(i)]! += count;
    return totals;
  };
  if (expected.spikes_sparse) tally.exact(`${name} spikes`, counts, filled(expected.spikes_sparse, neurons), neurons);
  if (expected.spike_count_per_step) {
    tally.exact(
      `${name} counts`,
      sums(steps, (i) => Math.floor(i / neurons)),
      expected.spike_count_per_step,
    );
  }
  if (expected.spike_count_per_channel) {
    const channels = sums(shape[0]!, (i) => Math.floor((i % neurons) / plane));
    tally.exact(`${name} channels`, channels, expected.spike_count_per_channel);
  }
  if (expected.v_mem_final) tally.exact(`${name} last`, membrane.subarray(-neurons), expected.v_mem_final);
  if (expected.v_mem_per_step) tally.exact(`${name} membrane`, membrane, flat(expected.v_mem_per_step), neurons);
}

function weightsOf({ weights, weights_ref: file }: Vector, folder: VectorFolder): Weights {
  if (file === undefined) return weights!;
  return JSON.parse(new TextDecoder().decode(folder.bytes(file))) as Weights;
}

function nameOf(layer: number): string {
  return `layer ${layer}`;
}

function limitOf(spikeFunction: string): number {
  if (spikeFunction === "multi") return 0;
  return spikeFunction === "single" ? 1 : Number(spikeFunction.replace("max", ""));
}

/** Lists of index and count as values [steps][size]. */
function filled(rows: readonly Sparse[], size: number): Float64Array {
  const values = new Float64Array(rows.length * size);
  for (const [step, row] of rows.entries()) {
    for (let i = 0; i < row.length; i += 2) values[step * size + row[i]!] = row[i + 1]!;
  }
  return values;
}

/** The pool of the layer before and the correlation of this one, which the compiler makes one set of synapses. */
function projectionInto(index: number, layers: readonly Layer[], weights: Weights): ProgramProjection {
  const layer = layers[index]!;
  const before = layers[index - 1];
  const nodes: LinearNode[] = [];
  const none: Padding = [0, 0];
  if (before !== undefined && before.sum_pool > 1) {
    const window = [before.sum_pool, before.sum_pool] as const;
    const shapes = { inputShape: before.out_shape, outputShape: layer.in_shape };
    nodes.push({ kind: "sumPool2d", name: "pool", ...shapes, kernel: window, stride: window, padding: [none, none] });
  }
  const [down, across] = layer.padding;
  nodes.push({
    kind: "conv2d",
    name: "conv",
    inputShape: layer.in_shape,
    outputShape: layer.out_shape,
    weight: {
      shape: [layer.out_shape[0], layer.in_shape[0], ...layer.kernel],
      data: Float64Array.from(flat(weights.layers[index]!.weight_oihw)),
    },
    bias: null,
    stride: layer.stride,
    padding: [
      [down, down],
      [across, across],
    ],
    dilation: [1, 1],
    groups: 1,
  });
  const synapses = composeSynapses(nodes, sizeOf(before?.out_shape ?? layer.in_shape), sizeOf(layer.out_shape));
  return {
    name: `into ${nameOf(index)}`,
    from: before === undefined ? "input" : nameOf(index - 1),
    to: nameOf(index),
    arrivesAfter: 0,
    parameters: {},
    accumulator: "input",
    synapses: { ...synapses, weight: Int32Array.from(synapses.weight) } as Synapses,
  };
}
