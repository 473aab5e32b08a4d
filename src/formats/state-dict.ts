/** A trained network's parameters from a file, put into a network by their names, as PyTorch's load_state_dict does. */

import { BitspikeError, mistake } from "../errors.ts";
import { shapeText } from "../network/draft.ts";
import { checkValues } from "../network/parameters.ts";
import { alphaGain, lapicqueConstants } from "../network/snntorch.ts";
import {
  sizeOf,
  type DenseNode,
  type Conv1dNode,
  type Conv2dNode,
  type Floats,
  type Network,
  type NetworkNode,
  type PopulationNode,
  type ResetKind,
  type ScaleNode,
  type Shape,
  type Tensor,
} from "../network/types.ts";
import { closest } from "../spelling.ts";
import { kindNames, kindOf } from "./kind.ts";
import { parseNpz } from "./npz.ts";
import { decodeSafetensors } from "./safetensors.ts";

/** Arrays by the name of a node and of its parameter: `fc1.weight`, `lif1.beta`. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** Read the arrays of a `.npz` or `.safetensors` file as floats. @throws FILE_KIND, and what the formats throw */
export function readStateDict(bytes: Uint8Array): StateDict {
  const kind = kindOf(bytes);
  if (kind === "npz") return floatsOf(parseNpz(bytes));
  if (kind === "safetensors") return floatsOf(decodeSafetensors(bytes).tensors);
  throw mistake("FILE_KIND", { path: "The state dict", found: kindNames[kind], wanted: ".npz or .safetensors" });
}

interface AnyArray {
  readonly shape: Shape;
  readonly data: Iterable<number | bigint> & { readonly length: number };
}

function floatsOf(arrays: ReadonlyMap<string, AnyArray>): StateDict {
  return new Map(
    [...arrays].map(([name, { shape, data }]) => {
      const isFloat = data instanceof Float32Array || data instanceof Float64Array;
      return [name, { shape, data: isFloat ? data : Float32Array.from(data as Iterable<number>, Number) }];
    }),
  );
}

/**
 * The network with parameters from a state dict. Weights and biases have to be there; `beta`, `alpha`, `threshold`,
 * `graded_spikes_factor`, `reset_mechanism_val` and, of Lapicque neurons, `R`, `C` and `time_step` replace what the network
 * has where they are there. Nothing in the state dict may be left over.
 *
 * @param state arrays by name, or a `.npz` or `.safetensors` file of them
 * @returns a new network; `network` stays as it is
 * @throws STATE_MISSING, STATE_SURPLUS, STATE_SHAPE, NETWORK_PARAMETER_VALUE; STATE_MISTAKES when there are several
 */
export function loadStateDict(network: Network, state: StateDict | Uint8Array): Network {
  const entries = state instanceof Uint8Array ? readStateDict(state) : state;
  const loader = new Loader(entries);
  const nodes = network.nodes.map((node) => loader.load(node));
  loader.finish();
  return { nodes, edges: network.edges };
}

/** Goes through the nodes and gathers what does not fit. */
class Loader {
  private readonly entries: StateDict;
  private readonly taken = new Set<string>();
  private readonly missing: string[] = [];
  private readonly mistakes: BitspikeError[] = [];

  constructor(entries: StateDict) {
    this.entries = entries;
  }

  load(node: NetworkNode): NetworkNode {
    switch (node.kind) {
      case "dense":
      case "conv1d":
      case "conv2d":
        return this.weighted(node);
      case "scale":
        return this.recurrentScale(node);
      case "population":
        return this.population(node);
      default:
        return node;
    }
  }

  /** Throw what was found. */
  finish(): void {
    const surplus = [...this.entries.keys()].filter((name) => !this.taken.has(name));
    if (this.missing.length > 0) {
      const advice = adviceFor(
        this.missing,
        surplus,
        "The layers of the network have to be called as in the state dict.",
      );
      this.mistakes.push(mistake("STATE_MISSING", { names: some(this.missing), advice }));
    }
    if (surplus.length > 0) {
      const wanted = [...this.missing, ...this.taken];
      const advice = adviceFor(surplus, wanted, "Add the layer to the network, or leave the entry out.");
      this.mistakes.push(mistake("STATE_SURPLUS", { names: some(surplus), advice }));
    }
    const [first] = this.mistakes;
    if (first === undefined) return;
    if (this.mistakes.length === 1) throw first;
    throw mistake("STATE_MISTAKES", { count: this.mistakes.length }, {}, { issues: this.mistakes });
  }

  private weighted<N extends DenseNode | Conv1dNode | Conv2dNode>(node: N): N {
    const weight = this.needed(node.name, "weight", node.weight.shape);
    const bias = node.bias === null ? null : this.needed(node.name, "bias", [node.bias.length]);
    return { ...node, weight: { shape: node.weight.shape, data: weight ?? node.weight.data }, bias: bias ?? node.bias };
  }

  /** snnTorch writes the weight of each neuron onto itself twice, in the layer and in its recurrence. */
  private recurrentScale(node: ScaleNode): ScaleNode {
    const owner = node.name.replace(/\.recurrent$/, "");
    if (owner === node.name) return node;
    const inLayer = this.perNeuron(`${owner}.V`, node);
    const V = this.perNeuron(`${node.name}.V`, node) ?? inLayer;
    return V === null ? node : { ...node, scale: V };
  }

  private population(node: PopulationNode): PopulationNode {
    const entry = (field: string): Float64Array | null => this.perNeuron(`${node.name}.${field}`, node);
    const decay = (field: string): Float64Array | null =>
      entry(field)?.map((value) => Math.min(Math.max(value, 0), 1)) ?? null;
    const loaded: PopulationNode = {
      ...node,
      ...(node.threshold === null ? {} : { threshold: entry("threshold") ?? node.threshold }),
      ...this.graded(entry("graded_spikes_factor"), node),
      reset: this.reset(entry("reset_mechanism_val"), node),
    };
    if (node.gainFactors !== undefined) return { ...loaded, ...lapicqueOf(node.gainFactors, entry) };
    const beta = decay("beta") ?? node.beta;
    const alpha = node.alpha === null ? null : (decay("alpha") ?? node.alpha);
    if (node.rule?.response !== "alpha" || alpha === null) return { ...loaded, alpha, beta };
    return { ...loaded, alpha, beta, gain: this.alphaGains(alpha, beta, node.name) };
  }

  private alphaGains(alpha: Float64Array, beta: Float64Array, node: string): Float64Array {
    const wrong = alpha.findIndex((rise, i) => !(rise > beta[i]! && beta[i] !== 1));
    if (wrong !== -1) {
      this.mistakes.push(mistake("NEURON_ALPHA", { alpha: alpha[wrong]!, beta: beta[wrong]! }, { node }));
    }
    return alpha.map((rise, i) => alphaGain(Math.fround(rise), Math.fround(beta[i]!)));
  }

  private graded(values: Float64Array | null, node: PopulationNode): Partial<PopulationNode> {
    const plain = values === null || (node.spikeValue === undefined && values.every((value) => value === 1));
    return plain ? {} : { spikeValue: values };
  }

  private reset(values: Float64Array | null, { name, reset }: PopulationNode): ResetKind {
    if (values === null) return reset;
    const known: readonly ResetKind[] = ["subtract", "zero", "none"];
    const kind = known[values[0] ?? -1];
    if (kind !== undefined) return kind;
    this.mistakes.push(
      mistake("NEURON_RESET", { reset: values[0] ?? NaN }, { node: name, field: "reset_mechanism_val" }),
    );
    return reset;
  }

  private needed(node: string, field: string, shape: Shape): Floats | null {
    const name = `${node}.${field}`;
    const tensor = this.take(name, node);
    if (tensor === null) {
      this.missing.push(name);
      return null;
    }
    const fits = tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis]);
    return fits ? tensor.data : this.misshapen(name, tensor, shapeText(shape));
  }

  /** One value, or one per neuron, as one per neuron. */
  private perNeuron(name: string, { name: node, outputShape }: NetworkNode): Float64Array | null {
    const tensor = this.take(name, node);
    if (tensor === null) return null;
    const size = sizeOf(outputShape);
    const { data, shape } = tensor;
    if (data.length === 1) return new Float64Array(size).fill(data[0] ?? NaN);
    const fits = shape.length === outputShape.length && shape.every((length, axis) => length === outputShape[axis]);
    if (fits) return Float64Array.from(data);
    return this.misshapen(name, tensor, size === 1 ? "one value" : `one value or ${shapeText(outputShape)}`);
  }

  private take(name: string, node: string): Tensor | null {
    const tensor = this.entries.get(name);
    if (tensor === undefined) return null;
    this.taken.add(name);
    try {
      checkValues(node, { field: name, tensor, rule: "finite" });
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      this.mistakes.push(error);
    }
    return tensor;
  }

  private misshapen(name: string, { shape }: Tensor, expected: string): null {
    this.mistakes.push(mistake("STATE_SHAPE", { name, shape: shapeText(shape), expected }, { field: name }));
    return null;
  }
}

/** What a Lapicque neuron works with; `beta` says nothing new, its update does not use it. */
function lapicqueOf(
  factors: readonly Float64Array[],
  entry: (field: string) => Float64Array | null,
): Partial<PopulationNode> {
  entry("beta");
  const [R, C, timeStep] = [entry("R"), entry("C"), entry("time_step")];
  const [ownR, rate, ownStep] = factors;
  if (ownR === undefined || rate === undefined || ownStep === undefined) return {};
  if (R === null && C === null && timeStep === null) return {};
  const constants = lapicqueConstants({
    R: R ?? ownR,
    C: C ?? ownR.map((r, i) => 1 / (r * rate[i]!)),
    timeStep: timeStep ?? ownStep,
  });
  const gains = constants.factors.map(({ data }) => Float64Array.from(data));
  const gain = ownR.map((_, i) => gains.reduce((product, factor) => product * factor[i]!, 1));
  return { beta: Float64Array.from(constants.decay.data), gain, gainFactors: gains };
}

function adviceFor(names: readonly string[], others: readonly string[], otherwise: string): string {
  const [first = ""] = names;
  const near = closest(first, others);
  return near === undefined ? otherwise : `Is ${first} what is called ${near} on the other side?`;
}

/** A list for a message: at most eight names. */
function some(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}
