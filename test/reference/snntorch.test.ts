import { describe, expect, it } from "vitest";
import type { PopulationNode, ResetKind } from "../../src/network/types.ts";
import { golden } from "../support.ts";
import { onEveryBackend, populationOf, raster, record, stimulus } from "./support.ts";

interface Parameters {
  readonly alpha?: number | readonly number[];
  readonly beta: number | readonly number[];
  readonly threshold?: number | readonly number[];
  readonly reset_mechanism?: ResetKind;
  readonly reset_delay?: boolean;
  readonly inhibition?: boolean;
  readonly graded_spikes_factor?: number;
}

interface Case {
  readonly name: string;
  readonly class: string;
  readonly params: Parameters;
  readonly shape: readonly number[];
  readonly steps: number;
  readonly input: readonly (readonly number[])[];
  readonly syn?: readonly (readonly number[])[];
  readonly mem: readonly (readonly number[])[];
  readonly spk: readonly (readonly number[])[];
  readonly init?: unknown;
}

const casesOf = (file: string): readonly Case[] =>
  (JSON.parse(new TextDecoder().decode(golden(`snntorch/${file}`))) as { cases: readonly Case[] }).cases;

/**
 * What a population can say: no suppression between neurons, no scaled spikes, no state to begin with, and an immediate
 * reset that subtracts no more than once where the membrane stays above its threshold.
 */
function expressible({ params, init }: Case): boolean {
  const { inhibition, graded_spikes_factor, reset_delay = true, reset_mechanism = "subtract" } = params;
  const plain = inhibition !== true && graded_spikes_factor === undefined && init === undefined;
  return plain && (reset_delay || reset_mechanism !== "subtract");
}

/** TensorFlow's native library takes numbers too small for a full mantissa as 0. */
const flushed = (values: Float32Array, backend: string): Float32Array =>
  backend === "tfjs-node" ? values.map((value) => (Math.abs(value) < 2 ** -126 ? 0 : value)) : values;

const floats = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

function populationFor({ params, shape: [neurons = 1] }: Case): PopulationNode {
  const spread = (value: number | readonly number[]): Float64Array =>
    Float64Array.from({ length: neurons }, (_, i) => (typeof value === "number" ? value : value[i]!));
  // snnTorch keeps both decays between 0 and 1.
  const decay = (value: number | readonly number[]): Float64Array =>
    spread(value).map((each) => Math.min(1, Math.max(0, each)));
  const { alpha, beta, threshold = 1, reset_mechanism = "subtract", reset_delay = true } = params;
  return {
    kind: "population",
    name: "neuron",
    inputShape: [neurons],
    outputShape: [neurons],
    alpha: alpha === undefined ? null : decay(alpha),
    currentGain: alpha === undefined ? null : spread(1),
    beta: decay(beta),
    gain: spread(1),
    feedthrough: null,
    leak: spread(0),
    threshold: spread(threshold),
    reset: reset_mechanism,
    resetTo: spread(0),
    resetDelay: reset_delay,
  };
}

onEveryBackend((backend) => {
  describe("a population computes bit for bit what snnTorch computes", () => {
    const all = [...casesOf("neuron-leaky.json"), ...casesOf("neuron-synaptic.json")].filter(expressible);

    it.each(all)("$class $name", async (one) => {
      const node = populationFor(one);
      const { name, outputShape } = node;
      const nodes = [{ kind: "input", name: "in", inputShape: outputShape, outputShape } as const, node];
      const edges = [{ from: "in", to: name, delayed: false }];
      const probes = ["membrane", "current"].map((register) => ({ population: name, register }));
      const frames = stimulus(floats(one.input), 1, one.steps, outputShape);
      const recording = await record({ nodes, edges }, { in: frames }, { backend, probes });
      const { spikes, neurons, traces } = populationOf(recording, name);
      expect(raster(spikes, neurons)).toEqual(Uint8Array.from(one.spk.flat()));
      expect(traces.get("membrane")).toEqual(flushed(floats(one.mem), backend));
      expect(traces.get("current")).toEqual(floats(one.syn ?? one.input));
    });
  });
});
