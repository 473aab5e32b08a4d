/** What a network does in float64, node after node, straight from the definitions. */

import { sizeOf, type DiscreteNetwork, type DiscreteNode, type PopulationNode } from "../../src/network/types.ts";
import { withBias } from "./slowly.ts";

/** [steps][elements] */
type Rows = number[][];

/** What one population did. */
export interface FloatCell {
  readonly spikes: Rows;
  /** After each step. */
  readonly membrane: Rows;
  /** How near to its threshold any membrane came: closer than rounding, spikes are a matter of luck. */
  readonly margin: number;
}

/**
 * Run a network without delayed resets.
 *
 * @param frames by input, [steps][size]
 */
export function simulate(
  network: DiscreteNetwork,
  frames: Readonly<Record<string, readonly (readonly number[])[]>>,
): ReadonlyMap<string, FloatCell> {
  const steps = Object.values(frames)[0]!.length;
  const runs = new Map(network.nodes.map((node) => [node.name, new NodeRun(node)]));
  for (let step = 0; step < steps; step++) {
    for (const { name, inputShape } of network.nodes) {
      const x = Array.from({ length: sizeOf(inputShape) }, () => 0);
      for (const { from, to, delayed } of network.edges) {
        if (to !== name) continue;
        const arriving = runs.get(from)!.left[delayed ? step - 1 : step] ?? [];
        for (const [i, value] of arriving.entries()) x[i]! += value;
      }
      runs.get(name)!.advance(frames[name]?.[step] ?? x);
    }
  }
  const populations = [...runs].filter(([, { node }]) => node.kind === "population");
  return new Map(populations);
}

/** One node: what arrived, what left, and its state. */
class NodeRun implements FloatCell {
  readonly left: Rows = [];
  readonly spikes: Rows = [];
  readonly membrane: Rows = [];
  margin = Infinity;
  readonly node: DiscreteNode;
  private readonly arrived: Rows = [];
  private current: number[] = [];
  private held: number[] = [];

  constructor(node: DiscreteNode) {
    this.node = node;
  }

  advance(x: readonly number[]): void {
    this.arrived.push([...x]);
    this.left.push(this.value(x));
  }

  private value(x: readonly number[]): number[] {
    const { node } = this;
    switch (node.kind) {
      case "input":
      case "output":
        return [...x];
      case "stepDelay":
        return x.map((_, i) => this.arrived[this.arrived.length - 1 - node.steps[i]!]?.[i] ?? 0);
      case "threshold":
        return x.map((value, i) => Number(value > node.threshold[i]!));
      case "population":
        return this.integrate(node, x);
      default:
        return withBias(node, x);
    }
  }

  private integrate(node: PopulationNode, x: readonly number[]): number[] {
    const { alpha, currentGain, beta, gain, leak, threshold, reset, resetTo } = node;
    this.current = x.map((value, i) =>
      alpha === null ? value : alpha[i]! * (this.current[i] ?? 0) + currentGain![i]! * value,
    );
    const v = this.current.map((current, i) => beta[i]! * (this.held[i] ?? 0) + gain[i]! * current + leak[i]!);
    const spikes = v.map((value, i) => Number(threshold !== null && value > threshold[i]!));
    this.held = v.map((value, i) => {
      if (spikes[i] === 0 || reset === "none") return value;
      return reset === "zero" ? resetTo[i]! : value - threshold![i]!;
    });
    for (const [i, value] of v.entries()) {
      this.margin = Math.min(this.margin, Math.abs(value - (threshold?.[i] ?? Infinity)));
    }
    this.spikes.push(spikes);
    this.membrane.push(this.held);
    return threshold === null ? this.held : spikes;
  }
}
