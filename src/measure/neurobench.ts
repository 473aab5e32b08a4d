/**
 * NeuroBench's algorithm metrics, by the definitions of its release 2.3.0 (J. Yik et al., Nature Communications 16, 1545,
 * 2025), of any recording of a network: a float one, or a chip's, whose integer membranes rest earlier.
 */

import type { Probe, Recording, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type DiscreteNetwork, type DiscreteNode, type PopulationNode } from "../network/types.ts";
import { eachConnection, isConnection, type ConnectionNode } from "./connections.ts";
import { denseMacs } from "./dense.ts";
import { Frames, membraneOf, populationOf } from "./frames.ts";

/** Of one run. What is per sample covers all its timesteps. */
export interface NeurobenchMetrics {
  /** Weights and biases; the neurons' own parameters are not trainable there. */
  readonly parameterCount: number;
  /**
   * Bytes of the float32 network with what snnTorch's layers carry besides, which is no chip's memory; null where
   * the size of a layer's extras is not known.
   */
  readonly footprintBytes: number | null;
  /** Zero weights / all weights, to 4 decimals, as NeuroBench rounds it. */
  readonly connectionSparsity: number;
  /** 1 - nonzero / all outputs of all layers that fire: one ratio of sums. */
  readonly activationSparsity: number;
  /** The same of each layer, by its name. */
  readonly activationSparsityByLayer: ReadonlyMap<string, number>;
  /** Neurons whose membrane changed, summed over a sample's timesteps; in the first one all count. Null: not recorded. */
  readonly membraneUpdatesPerSample: number | null;
  /** Pairs of a nonzero input and a nonzero weight; `dense` counts every pair. */
  readonly synapticOperationsPerSample: {
    /** In timesteps in which some input of the layer, in any sample of the batch, was none of -1, 0 and 1. */
    readonly effectiveMacs: number;
    readonly effectiveAcs: number;
    readonly dense: number;
  };
  /** Null where a layer's neurons have no price there, or where membranes were not recorded. */
  readonly neuronOperationsPerSample: { readonly effective: number; readonly dense: number } | null;
}

export interface NeurobenchOptions {
  /** Samples of each batch, in order; all samples in one unless given. A batch decides together between AC and MAC. */
  readonly batches?: readonly number[];
  /** Do without metrics of membranes that were not recorded; they are asked for unless given. */
  readonly membranes?: "required" | "where recorded";
}

/** What has to be recorded for `neurobenchMetrics`. */
export function neurobenchProbes(network: DiscreteNetwork): Probe[] {
  return populationsOf(network).map(({ name }) => ({ population: name, register: "membrane" }));
}

/**
 * Measure a run.
 *
 * @param stimuli what the run was given
 * @param recording of all populations of the network, with the probes of `neurobenchProbes`
 * @throws MEASURE_NO_MEMBRANE, MEASURE_NO_POPULATION for a recording of something else, MEASURE_BATCHES
 */
export function neurobenchMetrics(
  network: DiscreteNetwork,
  stimuli: Stimuli,
  recording: Recording,
  options: NeurobenchOptions = {},
): NeurobenchMetrics {
  const { samples } = recording;
  const frames = new Frames(network, stimuli, recording);
  const updates = updatesOf(network, recording, options);
  const perSample = (total: number): number => (samples === 0 ? 0 : total / samples);
  const operations = synapticOperations(network, frames, recording, batchesOf(recording, options.batches));
  return {
    ...staticMetrics(network),
    ...activation(network, frames, recording),
    membraneUpdatesPerSample: updates && perSample(updates.reduce((sum, { count }) => sum + count, 0)),
    synapticOperationsPerSample: {
      effectiveMacs: perSample(operations.macs),
      effectiveAcs: perSample(operations.acs),
      dense: denseMacs(network) * recording.steps,
    },
    neuronOperationsPerSample: updates && neuronOperations(updates, recording),
  };
}

interface Updates {
  readonly node: PopulationNode;
  readonly count: number;
}

/** Null where membranes are missing and may be. @throws MEASURE_NO_MEMBRANE, MEASURE_NO_POPULATION */
function updatesOf(
  network: DiscreteNetwork,
  recording: Recording,
  { membranes = "required" }: NeurobenchOptions,
): readonly Updates[] | null {
  const nodes = populationsOf(network);
  const recorded = nodes.every(({ name }) => populationOf(recording, name).traces.has("membrane"));
  if (!recorded && membranes === "where recorded") return null;
  return nodes.map((node) => ({ node, count: membraneUpdates(node, recording) }));
}

function staticMetrics(
  network: DiscreteNetwork,
): Pick<NeurobenchMetrics, "parameterCount" | "footprintBytes" | "connectionSparsity"> {
  const connections = network.nodes.filter(isConnection);
  const weights = connections.reduce((sum, { weight }) => sum + weight.data.length, 0);
  const biases = connections.reduce((sum, { bias }) => sum + (bias?.length ?? 0), 0);
  const zeros = connections.reduce((sum, { weight }) => sum + weight.data.filter((value) => value === 0).length, 0);
  const extras = populationsOf(network).map((node) => kinds[kindOf(node)].buffers);
  return {
    parameterCount: weights + biases,
    footprintBytes: extras.reduce<number | null>(plus, 4 * (weights + biases)),
    connectionSparsity: weights === 0 ? 0 : Math.round((zeros / weights) * 1e4) / 1e4,
  };
}

function activation(
  network: DiscreteNetwork,
  frames: Frames,
  recording: Recording,
): Pick<NeurobenchMetrics, "activationSparsity" | "activationSparsityByLayer"> {
  const layers = network.nodes
    .filter((node) => node.kind === "threshold" || (node.kind === "population" && node.threshold !== null))
    .map((node) => ({ node, nonzero: nonzeroOutputs(node, frames, recording) }));
  const places = recording.samples * recording.steps;
  const sparsity = (nonzero: number, neurons: number): number =>
    places * neurons === 0 ? 1 : 1 - nonzero / (places * neurons);
  const sizes = layers.map(({ node }) => sizeOf(node.outputShape));
  const total = layers.reduce((sum, { nonzero }) => sum + nonzero, 0);
  return {
    activationSparsity: sparsity(
      total,
      sizes.reduce((sum, size) => sum + size, 0),
    ),
    activationSparsityByLayer: new Map(
      layers.map(({ node, nonzero }, i) => [node.name, sparsity(nonzero, sizes[i]!)] as const),
    ),
  };
}

function nonzeroOutputs(node: DiscreteNode, frames: Frames, recording: Recording): number {
  // What fires sends nothing that is 0.
  if (node.kind === "population") return populationOf(recording, node.name).spikes.neuron.length;
  let count = 0;
  for (let sample = 0; sample < recording.samples; sample++) {
    for (let step = 0; step < recording.steps; step++) {
      count += frames.leaving(node, sample, step).filter((value) => value !== 0).length;
    }
  }
  return count;
}

function membraneUpdates({ name }: PopulationNode, recording: Recording): number {
  const population = populationOf(recording, name);
  const membrane = membraneOf(population);
  const { neurons } = population;
  const { samples, steps } = recording;
  let changed = 0;
  for (let sample = 0; sample < samples; sample++) {
    const first = sample * steps * neurons;
    const end = first + steps * neurons;
    changed += Math.min(neurons, end - first);
    for (let i = first + neurons; i < end; i++) if (membrane[i] !== membrane[i - neurons]) changed++;
  }
  return changed;
}

function synapticOperations(
  network: DiscreteNetwork,
  frames: Frames,
  { steps }: Recording,
  batches: readonly number[],
): { acs: number; macs: number } {
  const total = { acs: 0, macs: 0 };
  for (const node of network.nodes.filter(isConnection)) {
    const fan = nonzeroFan(node);
    let first = 0;
    for (const size of batches) {
      for (let step = 0; step < steps; step++) {
        let [effective, ternary] = [0, true];
        for (let sample = first; sample < first + size; sample++) {
          for (const [i, value] of frames.arriving(node, sample, step).entries()) {
            if (value === 0) continue;
            effective += fan[i]!;
            ternary &&= value === 1 || value === -1;
          }
        }
        total[ternary ? "acs" : "macs"] += effective;
      }
      first += size;
    }
  }
  return total;
}

/** How many nonzero weights each element of the input meets. */
function nonzeroFan(node: ConnectionNode): Float64Array {
  const fan = new Float64Array(sizeOf(node.inputShape));
  eachConnection(node, (_, from, weight) => {
    if (weight !== 0) fan[from]! += 1;
  });
  return fan;
}

function batchesOf({ samples }: Recording, batches: readonly number[] = [samples]): readonly number[] {
  const total = batches.reduce((sum, size) => sum + size, 0);
  if (total !== samples || batches.some((size) => !Number.isInteger(size) || size < 0)) {
    throw mistake("MEASURE_BATCHES", { batches: batches.join(" + "), samples });
  }
  return batches;
}

type Kind = "leaky" | "synaptic" | "lapicque" | "alpha";

/** Bytes of a layer's buffers in snnTorch, and NeuroBench's basic operations per update by kind of reset. */
const kinds: Readonly<Record<Kind, { buffers: number | null; subtract: number; zero: number }>> = {
  leaky: { buffers: 20, subtract: 4, zero: 4 },
  synaptic: { buffers: 24, subtract: 6, zero: 8 },
  lapicque: { buffers: null, subtract: 11, zero: 11 },
  alpha: { buffers: null, subtract: 18, zero: 24 },
};

/** Which of snnTorch's neurons a population is; only Lapicque's multiplies its input by several factors. */
function kindOf({ rule, alpha, gainFactors }: PopulationNode): Kind {
  if (rule?.response === "alpha") return "alpha";
  return alpha !== null ? "synaptic" : gainFactors !== undefined ? "lapicque" : "leaky";
}

function neuronOperations(
  updates: readonly Updates[],
  { samples, steps }: Recording,
): NeurobenchMetrics["neuronOperationsPerSample"] {
  let [effective, dense]: [number | null, number | null] = [0, 0];
  for (const { node, count } of updates) {
    const price = node.reset === "none" ? null : kinds[kindOf(node)][node.reset];
    effective = plus(effective, price && price * count);
    dense = plus(dense, price && price * sizeOf(node.outputShape) * steps);
  }
  return effective === null || dense === null ? null : { effective: samples === 0 ? 0 : effective / samples, dense };
}

/** A sum of which nothing is known where something of it is not. */
function plus(sum: number | null, one: number | null): number | null {
  return sum === null || one === null ? null : sum + one;
}

function populationsOf({ nodes }: DiscreteNetwork): PopulationNode[] {
  return nodes.filter((node) => node.kind === "population");
}
