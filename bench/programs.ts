/** Programs put together by hand, from integers that a chip's emulators take as well. */

import { readTarget, type Program, type Stimuli, type Synapses } from "bitspike";

/** One dense layer on a chip. */
export interface DenseLayer {
  readonly target: string;
  readonly datapath: string;
  /** The same for all neurons. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Constants of the projection. */
  readonly constants: Readonly<Record<string, number>>;
  /** [inputs][neurons], as the chip stores them. */
  readonly weight: Int32Array;
  readonly inputs: number;
  readonly neurons: number;
  /** Timesteps from input to neurons. */
  readonly arrivesAfter: number;
}

/** A program of one population that is fed by the input `input`. */
export function denseProgram(layer: DenseLayer): Program {
  const { datapath, inputs, neurons, weight, arrivesAfter } = layer;
  const target = readTarget(layer.target);
  const settings = Object.entries(target.settings).map(([name, { low, default: usual }]) => [name, usual ?? low]);
  const parameters = Object.entries(layer.parameters).map(([name, value]) => [name, Int32Array.of(value)]);
  const synapses: Synapses = { kind: "dense", weight };
  return {
    format: "bitspike-program",
    version: 1,
    target,
    recipe: null,
    settings: Object.fromEntries(settings) as Record<string, number>,
    inputs: [{ name: "input", shape: [inputs], payloadScale: null, payloadLimit: 1 }],
    populations: [
      {
        name: "neurons",
        shape: [neurons],
        neurons,
        datapath,
        parameters: Object.fromEntries(parameters) as Record<string, Int32Array>,
        initial: {},
        offset: 0,
        scale: null,
        origin: null,
      },
    ],
    projections: [
      {
        name: "weights",
        from: "input",
        to: "neurons",
        arrivesAfter,
        parameters: layer.constants,
        accumulator: target.datapaths[datapath]?.inputs[0] ?? "input",
        synapses,
      },
    ],
    outputs: [],
    latency: 0,
    decisions: [],
    warnings: [],
    fit: { fits: true, cores: 1, coresAvailable: null, placement: [], reasons: [] },
  };
}

/** @param frames [steps][inputs] of 0 and 1, of one sample */
export function stimuliOf(frames: Uint8Array, inputs: number): Stimuli {
  const steps = frames.length / inputs;
  const read = (_sample: number, step: number, out: Float32Array | Float64Array): void => {
    out.set(frames.subarray(step * inputs, (step + 1) * inputs));
  };
  return new Map([["input", { samples: 1, steps, shape: [inputs], kind: "spikes", constant: false, read }]]);
}

/** Numbers from 0 to 1 by chance, the same in every run. */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
