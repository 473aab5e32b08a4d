/** Both runs of a made-up network, computed here in a few lines, so that reports can be tested without engines. */

import { readFileSync } from "node:fs";
import type { CoreUse, Program, ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import type { PopulationRecording, ProjectionRecording, Recording, Stimulus } from "../../src/engine.ts";
import { defaultTolerances } from "../../src/equivalence/verdict.ts";
import { fanOut, synopsOf } from "../../src/measure/synops.ts";
import type { DenseNode, DiscreteNetwork, PopulationNode } from "../../src/network/types.ts";
import type { ReportInputs } from "../../src/report/build.ts";
import { type Event, trainOf } from "../measure/recordings.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";

export interface SyntheticOptions {
  readonly samples: number;
  readonly steps: number;
  /** Inputs, then neurons of each layer. */
  readonly sizes: readonly number[];
  /** LSBs per float unit; smaller ones lose more. */
  readonly scale?: number;
  readonly target?: string;
}

export function targetNamed(name: string): Target {
  return loadTarget(readTarget(name), `targets/${name}.yaml`, readTarget);
}

function readTarget(name: string): string {
  return readFileSync(new URL(`../../targets/${name}.yaml`, import.meta.url), "utf8");
}

/** Numbers in [0, 1) that are the same on every machine. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const beta = 0.9;

/** A network of dense layers whose two runs differ as rounded weights and decays make them differ. */
export function synthetic(options: SyntheticOptions): ReportInputs {
  const { samples, steps, sizes } = options;
  const scale = options.scale ?? 64;
  const next = random(7);
  const weights = sizes.slice(1).map((to, layer) => {
    const from = sizes[layer] ?? 0;
    return Float32Array.from(
      { length: from * to },
      () => (next() - 0.49) * (layer === 0 ? 3.4 / Math.sqrt(from) : 6 / Math.sqrt(from)),
    );
  });
  const images = Array.from({ length: samples }, () =>
    Float32Array.from({ length: sizes[0] ?? 0 }, () => (next() < 0.2 ? next() : 0)),
  );
  const rounded = weights.map((layer) => layer.map((weight) => Math.round(weight * scale)));
  const reference = run("reference", options, images, weights, beta, 1);
  const emulator = run("interpreter", options, images, rounded, Math.round(beta * 4096) / 4096, scale);
  const program = programOf(options, rounded, scale);
  return {
    model: "models/demo.nir",
    network: networkOf(sizes, weights),
    program,
    reference: {
      recording: reference,
      backend: "tfjs wasm",
      backendReason: "The native library is not installed.",
      wallMs: 812.4,
    },
    stimuli: new Map([["input", stimulusOf(images, options)]]),
    emulator: { recording: withSynops(emulator, program), threads: 2, split: "sample", wallMs: 1934.7 },
    labels: Array.from({ length: samples }, (_, sample) => labelOf(reference, sample, sizes.at(-1) ?? 1)),
    decode: "spikes",
    assumptions: {
      dt: 1e-4,
      method: "euler",
      reset: "zero",
      resetDelay: false,
      scale: 1 / 255,
      encode: "constant",
      seed: 1,
      notes: ["The axes were read as samples and features; the same frame stands at every step."],
    },
    tolerances: defaultTolerances,
    warnings: [
      {
        code: "NIR_OUTPUT_SHAPE",
        message: "The Output node declares shape [1], but 10 values arrive at it.",
        place: { file: "models/demo.nir", node: "output" },
      },
    ],
    versions: { bitspike: "0.1.0", node: "v20.20.0", "@tensorflow/tfjs-core": "4.22.0" },
    command: [
      "bitspike",
      "validate",
      "models/demo.nir",
      "--target",
      options.target ?? "loihi2",
      "--input",
      "images.npy",
      "--steps",
      String(steps),
    ],
  };
}

/** The images, the same at every step. */
function stimulusOf(images: readonly Float32Array[], { samples, steps, sizes }: SyntheticOptions): Stimulus {
  return {
    samples,
    steps,
    shape: [sizes[0] ?? 0],
    kind: "graded",
    constant: true,
    read: (sample, _step, out) => void out.set(images[sample] ?? []),
  };
}

/** Mostly right: every ninth label is another class. */
function labelOf(reference: Recording, sample: number, classes: number): number {
  const values = reference.outputs.get("output") ?? new Float32Array();
  const counts = Array.from({ length: classes }, () => 0);
  const from = sample * reference.steps * classes;
  for (let i = 0; i < reference.steps * classes; i++) counts[i % classes]! += values[from + i]!;
  const best = counts.indexOf(Math.max(...counts));
  return sample % 9 === 4 ? (best + 1) % classes : best;
}

/** Leaky neurons, reset to zero; integers where `scale` is not 1. */
function run(
  engine: string,
  { samples, steps, sizes }: SyntheticOptions,
  images: readonly Float32Array[],
  weights: readonly Float32Array[],
  decay: number,
  scale: number,
): Recording {
  const layers = sizes.slice(1);
  const events: Event[][] = layers.map(() => []);
  const traces = layers.map((neurons) => new (scale === 1 ? Float32Array : Int32Array)(samples * steps * neurons));
  const outputs = new Float32Array(samples * steps * (sizes.at(-1) ?? 0));
  for (let sample = 0; sample < samples; sample++) {
    const membranes = layers.map((neurons) => new Float64Array(neurons));
    for (let step = 0; step < steps; step++) {
      let arriving: ArrayLike<number> = images[sample] ?? [];
      for (const [index, neurons] of layers.entries()) {
        const spikes = new Float32Array(neurons);
        const membrane = membranes[index] ?? new Float64Array();
        for (let neuron = 0; neuron < neurons; neuron++) {
          let input = 0;
          for (let from = 0; from < arriving.length; from++) {
            if (arriving[from] !== 0) input += arriving[from]! * weights[index]![from * neurons + neuron]!;
          }
          let value = membrane[neuron]! * decay + input;
          if (scale !== 1) value = Math.trunc(value);
          const fires = value > scale;
          if (fires) {
            spikes[neuron] = 1;
            events[index]!.push([sample, step, neuron]);
          }
          membrane[neuron] = fires ? 0 : value;
          traces[index]![(sample * steps + step) * neurons + neuron] = membrane[neuron]!;
        }
        arriving = spikes;
        if (index === layers.length - 1) outputs.set(spikes, (sample * steps + step) * neurons);
      }
    }
  }
  const input: Event[] = images.flatMap((image, sample) =>
    Array.from({ length: steps }).flatMap((_, step) =>
      [...image].flatMap((value, neuron): Event[] => (value === 0 ? [] : [[sample, step, neuron]])),
    ),
  );
  const populations = [
    populationOf("input", sizes[0] ?? 0, trainOf(samples, steps, input), new Map()),
    ...layers.map((neurons, index) =>
      populationOf(
        `lif${index + 1}`,
        neurons,
        trainOf(samples, steps, events[index] ?? []),
        new Map([["membrane", traces[index]!]]),
      ),
    ),
  ];
  return { engine, samples, steps, populations, projections: [], outputs: new Map([["output", outputs]]) };
}

function populationOf(
  name: string,
  neurons: number,
  spikes: PopulationRecording["spikes"],
  traces: PopulationRecording["traces"],
): PopulationRecording {
  return { name, shape: [neurons], neurons, spikes, traces };
}

function withSynops(recording: Recording, program: Program): Recording {
  const projections = program.projections.map(({ name, from, to, synapses }): ProjectionRecording => {
    const source = recording.populations.find((population) => population.name === from);
    if (source === undefined) throw new Error(`no population ${from}`);
    return { name, from, to, synops: synopsOf(source.spikes, fanOut(synapses, source.neurons), recording.steps) };
  });
  return { ...recording, projections };
}

function networkOf(sizes: readonly number[], weights: readonly Float32Array[]): DiscreteNetwork {
  const nodes: DiscreteNetwork["nodes"][number][] = [
    { kind: "input", name: "input", inputShape: [sizes[0] ?? 0], outputShape: [sizes[0] ?? 0] },
  ];
  for (const [layer, data] of weights.entries()) {
    const [from = 0, to = 0] = [sizes[layer], sizes[layer + 1]];
    const dense: DenseNode = {
      kind: "dense",
      name: `fc${layer + 1}`,
      inputShape: [from],
      outputShape: [to],
      weight: { shape: [to, from], data },
      bias: null,
    };
    const lif: PopulationNode = {
      kind: "population",
      name: `lif${layer + 1}`,
      inputShape: [to],
      outputShape: [to],
      alpha: null,
      currentGain: null,
      beta: new Float64Array(to).fill(beta),
      gain: new Float64Array(to).fill(1),
      feedthrough: null,
      leak: new Float64Array(to),
      threshold: new Float64Array(to).fill(1),
      reset: "zero",
      resetTo: new Float64Array(to),
      resetDelay: false,
    };
    nodes.push(dense, lif);
  }
  const last = sizes.at(-1) ?? 0;
  nodes.push({ kind: "output", name: "output", inputShape: [last], outputShape: [last] });
  const edges = nodes
    .slice(1)
    .map((node, index) => ({ from: nodes[index]?.name ?? "", to: node.name, delayed: false }));
  return { nodes, edges };
}

function extremes(values: Float32Array, factor: number): readonly [number, number] {
  const sorted = values.toSorted();
  return [sorted[0]! * factor, sorted.at(-1)! * factor];
}

function programOf({ sizes, target }: SyntheticOptions, weights: readonly Float32Array[], scale: number): Program {
  const populations = sizes.slice(1).map((neurons, index): ProgramPopulation => ({
    name: `lif${index + 1}`,
    shape: [neurons],
    neurons,
    datapath: "lif",
    parameters: {},
    initial: {},
    offset: index,
    scale: Float64Array.of(scale),
    origin: null,
  }));
  const projections = weights.map((weight, index): ProgramProjection => ({
    name: `fc${index + 1}`,
    from: index === 0 ? "input" : `lif${index}`,
    to: `lif${index + 1}`,
    arrivesAfter: index === 0 ? 0 : 1,
    parameters: {},
    accumulator: "input",
    synapses: { kind: "dense", weight: Int32Array.from(weight) },
  }));
  const placement = populations.map((population, core): CoreUse => ({
    core,
    population: population.name,
    from: 0,
    to: population.neurons,
    synapseBits: 8 * (weights[core]?.length ?? 0),
  }));
  return {
    format: "bitspike-program",
    version: 1,
    target: targetNamed(target ?? "loihi2"),
    recipe: null,
    settings: {},
    inputs: [{ name: "input", shape: [sizes[0] ?? 0], payloadScale: 255, payloadLimit: 255 }],
    populations,
    projections,
    outputs: [{ name: "output", population: populations.at(-1)?.name ?? "" }],
    latency: populations.length - 1,
    decisions: [
      ...weights.map((weight, index) => ({
        where: `fc${index + 1}`,
        parameter: "weight",
        integer: extremes(weight, 1),
        wanted: extremes(weight, 1 / scale),
        error: 0.5,
        saturated: index === 0 ? 3 : 0,
        count: weight.length,
        note: index === 0 ? "3 weights are larger than 8 bits hold" : null,
      })),
      ...populations.map(({ name, neurons }) => ({
        where: name,
        parameter: "membrane_decay",
        integer: [410, 410] as const,
        wanted: [0.1, 0.1] as const,
        error: 0.4,
        saturated: 0,
        count: neurons,
        note: null,
      })),
    ],
    warnings: [
      {
        code: "WEIGHTS_CUT",
        message: "3 of the weights of fc1 were cut at the end of the range.",
        place: { node: "fc1" },
      },
    ],
    fit: {
      fits: true,
      cores: placement.length,
      coresAvailable: 128,
      placement,
      reasons: ["Synapse memory decides: 196 of 192 KiB per core would be needed for one more neuron."],
    },
  };
}
