/** From a graph of nodes to projections: the stateless ways that lead from one population or input to another. */

import { mistake, type Warning } from "../errors.ts";
import {
  sizeOf,
  type DiscreteNetwork,
  type DiscreteNode,
  type PopulationNode,
  type StatelessNode,
  type ThresholdNode,
} from "../network/types.ts";
import { applyLinear, type LinearNode } from "./linear.ts";

/** One way from a source to a population or Output. */
export interface Path {
  readonly from: string;
  readonly to: string;
  /** Linear nodes on the way, in order; a mask keeps some elements and drops the others. */
  readonly nodes: readonly LinearNode[];
  /** Timesteps that edges add which close a loop: each carries what left in the timestep before. */
  readonly lag: number;
  /** Timesteps that Delay nodes on the way add. */
  readonly delay: number;
}

/** A network seen as a chip sees it. */
export interface Circuit {
  readonly inputs: readonly DiscreteNode[];
  /** In an order in which each comes after those that feed it in the same timestep. */
  readonly populations: readonly PopulationNode[];
  readonly paths: readonly Path[];
  /** Constant input of each population per timestep, [neurons], from the biases on the way. */
  readonly bias: ReadonlyMap<string, Float64Array>;
  readonly outputs: readonly { readonly name: string; readonly population: string }[];
  readonly warnings: readonly Warning[];
}

/** Find the populations of a network and the ways between them. @throws COMPILE_ codes for what a chip cannot have */
export function findCircuit(network: DiscreteNetwork): Circuit {
  const finder = new Finder(network);
  const populations = network.nodes.flatMap((node) =>
    node.kind === "population" ? [node] : node.kind === "threshold" ? [thresholdPopulation(node)] : [],
  );
  if (populations.length === 0) throw mistake("COMPILE_NO_POPULATION", {});
  const paths = populations.flatMap((population) => finder.pathsInto(population.name));
  const silent = populations.filter(({ threshold }) => threshold === null).map(({ name }) => name);
  const { from, to } = paths.find((path) => silent.includes(path.from)) ?? {};
  if (from !== undefined && to !== undefined) throw mistake("COMPILE_NO_SPIKES", { from, to }, { node: from });
  return {
    inputs: network.nodes.filter((node) => node.kind === "input"),
    populations,
    paths,
    bias: new Map(populations.map(({ name }) => [name, finder.constantInto(name)])),
    outputs: network.nodes.filter((node) => node.kind === "output").map(({ name }) => finder.output(name)),
    warnings: [...finder.lateBiases].map(lateBias),
  };
}

function lateBias(delay: string): Warning {
  const message = `A bias reaches ${delay}: in the network it acts after that delay, on the chip from the first timestep on.`;
  return { code: "COMPILE_BIAS_DELAYED", message, place: { node: delay } };
}

/** A stateless threshold is a neuron that forgets everything in each step. */
function thresholdPopulation(node: ThresholdNode): PopulationNode {
  const size = sizeOf(node.outputShape);
  const zeros = new Float64Array(size);
  return {
    kind: "population",
    name: node.name,
    inputShape: node.inputShape,
    outputShape: node.outputShape,
    alpha: null,
    currentGain: null,
    beta: zeros,
    gain: new Float64Array(size).fill(1),
    feedthrough: null,
    leak: zeros,
    threshold: Float64Array.from(node.threshold),
    reset: "zero",
    resetTo: zeros,
    resetDelay: false,
  };
}

function isSource(node: DiscreteNode): boolean {
  return node.kind === "population" || node.kind === "threshold" || node.kind === "input";
}

class Finder {
  /** Delay nodes that a bias goes through. */
  readonly lateBiases = new Set<string>();
  private readonly nodes: ReadonlyMap<string, DiscreteNode>;
  private readonly network: DiscreteNetwork;

  constructor(network: DiscreteNetwork) {
    this.network = network;
    this.nodes = new Map(network.nodes.map((node) => [node.name, node]));
  }

  pathsInto(name: string): Path[] {
    return this.walkBack(name, name, []);
  }

  private walkBack(at: string, to: string, nodes: readonly LinearNode[]): Path[] {
    return this.network.edges
      .filter((edge) => edge.to === at)
      .flatMap(({ from, delayed }) => {
        const node = this.nodes.get(from)!;
        const lag = Number(delayed);
        if (isSource(node)) return [{ from, to, nodes, lag, delay: 0 }];
        if (node.kind !== "stepDelay") return this.walkBack(from, to, [node as LinearNode, ...nodes]);
        const paths = this.throughDelay(from, to, [...new Set(node.steps)], node.steps, nodes);
        return paths.map((path) => ({ ...path, lag: path.lag + lag }));
      });
  }

  /** Elements with different delays become ways of their own. */
  private throughDelay(
    at: string,
    to: string,
    delays: readonly number[],
    steps: Int32Array,
    nodes: readonly LinearNode[],
  ): Path[] {
    return delays.flatMap((delay) => {
      const keep = Uint8Array.from(steps, (own) => Number(own === delay));
      const rest = delays.length === 1 ? nodes : [{ kind: "mask" as const, keep }, ...nodes];
      return this.walkBack(at, to, rest).map((path) => ({ ...path, delay: path.delay + delay }));
    });
  }

  /** What arrives at a node when nothing fires. */
  constantInto(name: string): Float64Array {
    const { inputShape } = this.nodes.get(name)!;
    const sum = new Float64Array(sizeOf(inputShape));
    for (const { from, to } of this.network.edges) {
      if (to !== name) continue;
      const node = this.nodes.get(from)!;
      if (isSource(node)) continue;
      const arriving = this.constantInto(from);
      const late = node.kind === "stepDelay" && arriving.some((value, i) => value !== 0 && node.steps[i]! > 0);
      if (late) this.lateBiases.add(from);
      const leaving = node.kind === "stepDelay" ? arriving : withBias(node as StatelessNode, arriving);
      for (let i = 0; i < sum.length; i++) sum[i]! += leaving[i]!;
    }
    return sum;
  }

  output(name: string): { name: string; population: string } {
    const paths = this.walkBack(name, name, []);
    const [path] = paths;
    const plain = paths.length === 1 && path!.nodes.every((node) => node.kind === "flatten") && path!.delay === 0;
    if (!plain || this.nodes.get(path!.from)!.kind === "input") throw mistake("COMPILE_OUTPUT", {}, { node: name });
    return { name, population: path!.from };
  }
}

function withBias(node: StatelessNode, arriving: Float64Array): Float64Array {
  const out = applyLinear(node as LinearNode, arriving);
  if (!("bias" in node) || node.bias === null) return out;
  const each = out.length / node.bias.length;
  for (let i = 0; i < out.length; i++) out[i]! += node.bias[Math.floor(i / each)]!;
  return out;
}
