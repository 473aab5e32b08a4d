/** What arrived at the nodes of a network and left them, step by step, worked out from a recording. */

import type { PopulationRecording, Recording, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type DiscreteNetwork, type DiscreteNode, type Edge } from "../network/types.ts";
import { eachConnection } from "./connections.ts";

/**
 * Values of a run by node. They are worked out anew at every call: what lies between a node and the spikes that it is
 * made of is rarely more than a pooling.
 */
export class Frames {
  readonly #nodes: ReadonlyMap<string, DiscreteNode>;
  readonly #edges: ReadonlyMap<string, readonly Edge[]>;
  readonly #stimuli: Stimuli;
  readonly #recording: Recording;

  constructor(network: DiscreteNetwork, stimuli: Stimuli, recording: Recording) {
    this.#nodes = new Map(network.nodes.map((node) => [node.name, node]));
    this.#edges = new Map(network.nodes.map(({ name }) => [name, network.edges.filter(({ to }) => to === name)]));
    this.#stimuli = stimuli;
    this.#recording = recording;
  }

  /** The sum of what arrives at a node, [size of its input]; zeros before the first step. */
  arriving({ name, inputShape }: DiscreteNode, sample: number, step: number): Float64Array {
    const sum = new Float64Array(sizeOf(inputShape));
    for (const { from, delayed } of this.#edges.get(name) ?? []) {
      const values = this.leaving(this.#nodes.get(from)!, sample, delayed ? step - 1 : step);
      for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
    }
    return sum;
  }

  /**
   * What leaves a node, [size of its output]; zeros before the first step.
   *
   * @throws MEASURE_NO_MEMBRANE for neurons that do not fire and whose membrane was not recorded
   */
  leaving(node: DiscreteNode, sample: number, step: number): Float64Array {
    const out = new Float64Array(sizeOf(node.outputShape));
    if (step < 0) return out;
    switch (node.kind) {
      case "input":
        this.#stimuli.get(node.name)?.read(sample, step, out);
        return out;
      case "population":
        return this.#emitted(node, sample, step, out);
      case "stepDelay":
        return node.steps.every((steps) => steps === node.steps[0])
          ? this.arriving(node, sample, step - node.steps[0]!)
          : out.map((_, i) => this.arriving(node, sample, step - node.steps[i]!)[i]!);
      default:
        return this.#passed(node, this.arriving(node, sample, step), out);
    }
  }

  #passed(
    node: Exclude<DiscreteNode, { kind: "input" | "population" | "stepDelay" }>,
    values: Float64Array,
    out: Float64Array,
  ): Float64Array {
    switch (node.kind) {
      case "scale":
        return values.map((value, i) => value * node.scale[i]!);
      case "threshold":
        return values.map((value, i) => Number(value > node.threshold[i]!));
      case "flatten":
      case "output":
        return values;
      default: {
        eachConnection(node, (to, from, weight) => (out[to]! += weight * values[from]!));
        const bias = "bias" in node ? node.bias : null;
        const area = bias === null ? 1 : out.length / bias.length;
        return bias === null ? out : out.map((value, i) => value + bias[Math.floor(i / area)]!);
      }
    }
  }

  #emitted(
    node: Extract<DiscreteNode, { kind: "population" }>,
    sample: number,
    step: number,
    out: Float64Array,
  ): Float64Array {
    const row = sample * this.#recording.steps + step;
    const population = populationOf(this.#recording, node.name);
    if (node.threshold === null) return out.map((_, i) => membraneOf(population)[row * out.length + i]!);
    const { start, neuron, payload } = population.spikes;
    for (let i = start[row]!; i < start[row + 1]!; i++) {
      const at = neuron[i]!;
      out[at] = payload?.[i] ?? node.spikeValue?.[at] ?? 1;
    }
    return out;
  }
}

/** What was recorded of a population. @throws MEASURE_NO_POPULATION */
export function populationOf(recording: Recording, name: string): PopulationRecording {
  const found = recording.populations.find((population) => population.name === name);
  if (found === undefined) throw mistake("MEASURE_NO_POPULATION", { population: name });
  return found;
}

/** [samples][steps][neurons]. @throws MEASURE_NO_MEMBRANE */
export function membraneOf({ name, traces }: PopulationRecording): ArrayLike<number> {
  const membrane = traces.get("membrane");
  if (membrane === undefined) throw mistake("MEASURE_NO_MEMBRANE", { population: name });
  return membrane;
}
