/** Small networks by hand, and targets for them. */

import { readFileSync } from "node:fs";
import { discretize } from "../../src/network/discretize.ts";
import type { DraftEdge, DraftNode, DraftPopulation } from "../../src/network/draft.ts";
import { createNetwork } from "../../src/network/create.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";

type Numbers = number | readonly number[];

/** What a population may say; one value for all neurons, or one each. */
export interface CellOptions {
  readonly alpha?: Numbers;
  readonly currentGain?: Numbers;
  readonly beta?: Numbers;
  readonly gain?: Numbers;
  readonly leak?: Numbers;
  readonly threshold?: Numbers | null;
  readonly reset?: "zero" | "subtract" | "none";
  readonly resetTo?: Numbers;
  readonly resetDelay?: boolean;
  readonly lowerBound?: Numbers;
}

function tensor(values: Numbers): { shape: number[]; data: Float64Array } {
  const list = typeof values === "number" ? [values] : values;
  return { shape: typeof values === "number" ? [] : [list.length], data: Float64Array.from(list) };
}

/** A population: without options an integrator with threshold 1. */
export function cell(name: string, options: CellOptions = {}): DraftPopulation {
  const { alpha, currentGain, threshold = 1 } = options;
  return {
    kind: "population",
    name,
    alpha: alpha === undefined ? null : tensor(alpha),
    currentGain: alpha === undefined ? null : tensor(currentGain ?? 1),
    beta: tensor(options.beta ?? 1),
    gain: tensor(options.gain ?? 1),
    feedthrough: null,
    leak: tensor(options.leak ?? 0),
    threshold: threshold === null ? null : tensor(threshold),
    reset: options.reset ?? "zero",
    resetTo: tensor(options.resetTo ?? 0),
    resetDelay: options.resetDelay ?? false,
    ...(options.lowerBound === undefined ? {} : { lowerBound: tensor(options.lowerBound) }),
  };
}

/** `rows` [out][in]. */
export function dense(name: string, rows: readonly (readonly number[])[], bias?: readonly number[]): DraftNode {
  const weight = { shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) };
  return { kind: "dense", name, weight, bias: bias === undefined ? null : tensor(bias) };
}

export function delay(name: string, steps: Numbers): DraftNode {
  return { kind: "stepDelay", name, steps: tensor(steps) };
}

export function input(name: string, ...shape: number[]): DraftNode {
  return { kind: "input", name, shape };
}

export function output(name: string): DraftNode {
  return { kind: "output", name, shape: null };
}

/** @param chains names joined one after the other: "in fc cell out" */
export function networkOf(nodes: readonly DraftNode[], ...chains: readonly string[]): DiscreteNetwork {
  const edges = chains.flatMap((chain) => {
    const names = chain.split(" ");
    return names.slice(1).map((name, i): DraftEdge => [names[i]!, name]);
  });
  const { network } = createNetwork(nodes, edges);
  return discretize(network, { dt: null, method: "euler", reset: null, resetDelay: false }).network;
}

/** A target beside the tests, or next to the shipped ones. */
export function target(text: string): Target {
  return loadTarget(text, "test.yaml", (name) => readFileSync(`targets/${name}.yaml`, "utf8"));
}
