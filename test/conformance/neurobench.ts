/** NeuroBench: metrics of small networks of snnTorch's layers. */

import { neurobenchMetrics, neurobenchProbes } from "../../src/measure/neurobench.ts";
import { createNetwork } from "../../src/network/create.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import type { DraftEdge, DraftNode } from "../../src/network/draft.ts";
import { leaky, synaptic } from "../../src/network/snntorch.ts";
import type { DiscreteNetwork, ResetKind } from "../../src/network/types.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import { flat, populationOf, rasterOf, recordFloat, stepsFirst, stimulusOf, tensorOf } from "./engines.ts";
import { hasFields, type Adapter } from "./oracle.ts";
import type { Tally } from "./tally.ts";

interface LayerFile {
  readonly type: "Linear" | "Conv2d" | "Flatten" | "Leaky" | "Synaptic";
  readonly weight?: unknown;
  readonly bias?: unknown;
  readonly stride?: readonly number[];
  readonly padding?: readonly number[];
  readonly dilation?: readonly number[];
  readonly groups?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly threshold?: number;
  readonly reset_mechanism?: ResetKind;
  readonly reset_delay?: boolean;
}

interface MetricsFile {
  readonly name: string;
  readonly network: { readonly layers: readonly LayerFile[] };
  /** `data` [sample][timestep][..features]. */
  readonly input: { readonly shape: readonly number[]; readonly data: unknown };
  readonly batches: readonly number[];
  readonly expected: {
    readonly parameterCount: number;
    readonly footprintBytes: number;
    readonly connectionSparsity: number;
    readonly activationSparsity: number;
    readonly activationSparsityByLayer: Readonly<Record<string, number>>;
    readonly membraneUpdatesPerSample: number;
    readonly synapticOperationsPerSample: Readonly<Record<"Effective_MACs" | "Effective_ACs" | "Dense", number>>;
    readonly neuronOperationsPerSample: Readonly<Record<"Effective Neuron Ops" | "Neuron Dense Ops", number>>;
  };
  readonly debug: Readonly<Record<string, unknown>> & {
    /** By layer, one number per sample. */
    readonly spikeCountsByLayerPerSampleTotal: Readonly<Record<string, readonly number[]>>;
  };
}

export const neurobench: Adapter = {
  name: "neurobench",
  read(document) {
    if (!hasFields(document, "network", "input", "batches", "expected")) return null;
    const file = document as MetricsFile;
    return [{ name: file.name, needs: "float", run: (backend, tally) => compare(file, backend, tally) }];
  },
};

async function compare(file: MetricsFile, backend: BackendName, tally: Tally): Promise<void> {
  const { expected, debug } = file;
  const [samples = 0, steps = 0, ...shape] = file.input.shape;
  const network = networkOf(file, shape);
  const values = stepsFirst(flat(file.input.data), samples, steps);
  const stimuli = new Map([["input", stimulusOf(values, samples, steps, shape)]]);
  const recording = await recordFloat(backend, network, stimuli, neurobenchProbes(network));
  const got = neurobenchMetrics(network, stimuli, recording, { batches: file.batches });
  const operations = got.synapticOperationsPerSample;
  tally.exact("parameterCount", [got.parameterCount], [expected.parameterCount]);
  tally.exact("footprintBytes", [got.footprintBytes ?? NaN], [expected.footprintBytes]);
  tally.exact("connectionSparsity", [got.connectionSparsity], [expected.connectionSparsity]);
  tally.exact("dense operations", [operations.dense], [expected.synapticOperationsPerSample.Dense]);
  perSample(tally, samples, "MACs", operations.effectiveMacs, expected.synapticOperationsPerSample.Effective_MACs);
  perSample(tally, samples, "ACs", operations.effectiveAcs, expected.synapticOperationsPerSample.Effective_ACs);
  perSample(tally, samples, "updates", got.membraneUpdatesPerSample ?? NaN, expected.membraneUpdatesPerSample);
  const neurons = got.neuronOperationsPerSample;
  perSample(
    tally,
    samples,
    "neuron operations",
    neurons?.effective ?? NaN,
    expected.neuronOperationsPerSample["Effective Neuron Ops"],
  );
  tally.exact(
    "dense neuron operations",
    [neurons?.dense ?? NaN],
    [expected.neuronOperationsPerSample["Neuron Dense Ops"]],
  );
  ratio(tally, "activationSparsity", got.activationSparsity, expected.activationSparsity);
  tally.same("layers", [...got.activationSparsityByLayer.keys()], Object.keys(expected.activationSparsityByLayer));
  for (const [layer, sparsity] of Object.entries(expected.activationSparsityByLayer)) {
    ratio(tally, `sparsity of layer ${layer}`, got.activationSparsityByLayer.get(layer) ?? NaN, sparsity);
    const { spikes } = populationOf(recording, layer);
    const counts = Array.from({ length: samples }, (_, i) => spikes.start[(i + 1) * steps]! - spikes.start[i * steps]!);
    tally.exact(`spikes of layer ${layer}`, counts, debug.spikeCountsByLayerPerSampleTotal[layer]!);
  }
  const last = populationOf(recording, network.nodes.findLast(({ kind }) => kind === "population")!.name);
  const raster = stepsFirst(rasterOf(last), samples, steps);
  tally.exact("spikes of the last layer", raster, flat(debug["spikesOfLastLayer_[timestep][sample][neuron]"]));
  const membranes = stepsFirst(last.traces.get("membrane")!, samples, steps).slice(-samples * last.neurons);
  tally.exact("last membranes", membranes, flat(debug["finalMembraneLastLayer_[sample][neuron]"]));
}

/** A count that was divided by the samples: the count itself has to be the same. */
function perSample(tally: Tally, samples: number, what: string, got: number, expected: number): void {
  tally.exact(what, [Math.round(got * samples)], [Math.round(expected * samples)]);
  ratio(tally, `${what} per sample`, got, expected);
}

/** Within 1e-9. */
function ratio(tally: Tally, what: string, got: number, expected: number): void {
  tally.same(`${what} ${expected}`, Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), true);
}

function networkOf({ network }: MetricsFile, shape: readonly number[]): DiscreteNetwork {
  const names = ["input", ...network.layers.map((_, i) => String(i)), "output"];
  const nodes: DraftNode[] = [
    { kind: "input", name: "input", shape },
    ...network.layers.map((layer, i) => nodeOf(layer, String(i))),
    { kind: "output", name: "output", shape: null },
  ];
  const edges = names.slice(1).map((to, i): DraftEdge => [names[i]!, to]);
  return discretize(createNetwork(nodes, edges).network, defaultTime).network;
}

function nodeOf(layer: LayerFile, name: string): DraftNode {
  const neuron = {
    beta: layer.beta ?? 0,
    threshold: layer.threshold,
    reset: layer.reset_mechanism,
    resetDelay: layer.reset_delay,
  };
  switch (layer.type) {
    case "Flatten":
      return { kind: "flatten", name, startDim: 0, endDim: -1, inputShape: null };
    case "Leaky":
      return leaky(name, neuron);
    case "Synaptic":
      return synaptic(name, { ...neuron, alpha: layer.alpha ?? 0 });
    default: {
      const weight = tensorOf(layer.weight);
      const bias = layer.bias ? tensorOf(layer.bias) : null;
      if (layer.type === "Linear") return { kind: "dense", name, weight, bias };
      const { stride = 1, padding = 0, dilation = 1, groups = 1 } = layer;
      return { kind: "conv2d", name, weight, bias, stride, padding, dilation, groups, inputSize: null };
    }
  }
}
