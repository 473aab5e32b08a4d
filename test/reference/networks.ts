/**
 * Random networks whose parameters and inputs are small multiples of powers of two, so that float32 never rounds. A seed
 * makes the whole network; it is what a failing property prints.
 */

import type { Stimulus } from "../../src/engine.ts";
import { createNetwork } from "../../src/network/create.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import type { DraftEdge, DraftLeaf } from "../../src/network/draft.ts";
import { sizeOf, type DiscreteNetwork, type Shape, type Tensor } from "../../src/network/types.ts";

/** A network and what it is fed. */
export interface Experiment {
  readonly network: DiscreteNetwork;
  readonly stimuli: ReadonlyMap<string, Stimulus>;
}

const STEPS = 5;
/** With these, all sums below stay under 24 bits. */
const HALVES = [-1, -0.5, 0, 0.5, 1];

/** Draws from a seed. */
class Dice {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  /** 0 .. sides - 1 */
  roll(sides: number): number {
    // Constants of Knuth's MMIX generator cut to 32 bits; the high bits are good enough to choose test cases.
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.state >>> 8) / 2 ** 24) * sides);
  }
  pick<T>(choices: readonly T[]): T {
    return choices[this.roll(choices.length)] as T;
  }
  often(): boolean {
    return this.roll(2) === 0;
  }
  tensor(shape: Shape, choices: readonly number[]): Tensor {
    return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => this.pick(choices)) };
  }
  pair(choices: readonly number[]): [number, number] {
    return [this.pick(choices), this.pick(choices)];
  }
}

/**
 * Two inputs meet; then a picture layer, neurons, and two smaller layers of neurons with loops, delays and a residual edge
 * chosen at random; two outputs.
 */
export function experiment(seed: number): Experiment {
  const dice = new Dice(seed);
  const shape = dice.pick<Shape>([
    [1, 5, 5],
    [2, 4, 6],
    [4, 5, 4],
  ]);
  const front = frontOf(dice, shape);
  const way = ["a", ...front.map((node) => node.name)];
  const last = way.at(-1) ?? "a";
  const inner = shapeAfter(shape, front);
  const edges = [
    ...chain([...way, "hidden", "flat", "dense", "middle", "link", "top", "out"]),
    ...chain(["b", way[1] ?? "hidden"]),
    ...chain([last, "drive"]),
    ...(dice.often() ? chain(["hidden", "hidden"]) : []),
    ...(dice.often() ? chain(["top", "recurrent", "top"]) : []),
    ...(dice.often() ? chain(["top", "back", "middle"]) : []),
    ...(dice.often() ? chain(["middle", "wait", "middle"]) : []),
    ...(dice.often() ? chain(["flat", "skip", "top"]) : []),
  ];
  const nodes: DraftLeaf[] = [
    { kind: "input", name: "a", shape },
    { kind: "input", name: "b", shape },
    ...front,
    population(dice, "hidden", inner),
    { kind: "flatten", name: "flat", startDim: 0, endDim: -1, inputShape: null },
    dense(dice, "dense", sizeOf(inner), 3),
    population(dice, "middle", [3]),
    dense(dice, "link", 3, 2),
    population(dice, "top", [2]),
    dense(dice, "recurrent", 2, 2),
    dense(dice, "back", 2, 3),
    { kind: "stepDelay", name: "wait", steps: dice.tensor([3], [0, 1, 2, 4]) },
    dense(dice, "skip", sizeOf(inner), 2),
    { kind: "output", name: "out", shape: null },
    { kind: "output", name: "drive", shape: null },
  ];
  const used = new Set(edges.flat());
  const { network } = createNetwork(
    nodes.filter((node) => used.has(node.name)),
    edges,
  );
  const samples = 1 + dice.roll(4);
  const stimuli = new Map([
    ["a", stimulusOf(dice, samples, shape, HALVES)],
    ["b", stimulusOf(dice, samples, shape, [0, 0, 1])],
  ]);
  return { network: discretize(network, defaultTime).network, stimuli };
}

function chain(names: readonly string[]): DraftEdge[] {
  return names.slice(1).map((to, i): DraftEdge => [names[i] ?? "", to]);
}

function frontOf(dice: Dice, shape: Shape): DraftLeaf[] {
  const between: DraftLeaf[] = [
    { kind: "scale", name: "between", scale: dice.tensor(shape, HALVES) },
    { kind: "threshold", name: "between", threshold: dice.tensor(shape, HALVES) },
    { kind: "stepDelay", name: "between", steps: dice.tensor(shape, [0, 1, 2, 9]) },
  ];
  const picture = [conv2d(dice, shape), conv2d(dice, shape), pool(dice)];
  return [...(dice.often() ? [dice.pick(between)] : []), ...(dice.roll(4) > 0 ? [dice.pick(picture)] : [])];
}

function shapeAfter(shape: Shape, front: readonly DraftLeaf[]): Shape {
  const ends: DraftLeaf[] = [
    { kind: "input", name: "in", shape },
    { kind: "output", name: "out", shape: null },
  ];
  const { network } = createNetwork([...ends, ...front], chain(["in", ...front.map((node) => node.name), "out"]));
  return network.nodes.find((node) => node.kind === "output")?.inputShape ?? shape;
}

function conv2d(dice: Dice, [channels = 1]: Shape): DraftLeaf {
  const groups = dice.pick([1, channels, channels % 2 === 0 ? 2 : 1]);
  const outputs = groups * dice.pick([1, 2]);
  const same = dice.roll(4) === 0;
  return {
    kind: "conv2d",
    name: "picture",
    weight: dice.tensor([outputs, channels / groups, ...dice.pair([1, 2])], HALVES),
    bias: dice.often() ? dice.tensor([outputs], HALVES) : null,
    stride: same ? 1 : dice.pair([1, 2]),
    padding: same ? "same" : dice.pair([0, 1, 2]),
    dilation: dice.pair([1, 2]),
    groups,
    inputSize: null,
  };
}

function pool(dice: Dice): DraftLeaf {
  const kind = dice.pick(["sumPool2d", "avgPool2d"] as const);
  return { kind, name: "picture", kernel: 2, stride: dice.pair([1, 2]), padding: dice.pair([0, 1]) };
}

function dense(dice: Dice, name: string, from: number, to: number): DraftLeaf {
  const bias = dice.often() ? dice.tensor([to], HALVES) : null;
  return { kind: "dense", name, weight: dice.tensor([to, from], HALVES), bias };
}

/** Neurons with decays of 0, 1/2 or 1: a few steps stay exact. */
function population(dice: Dice, name: string, shape: Shape): DraftLeaf {
  return {
    kind: "population",
    name,
    alpha: dice.often() ? dice.tensor(shape, [0, 0.5, 1]) : null,
    currentGain: dice.tensor([1], [1, 0.5]),
    beta: dice.tensor(shape, [0, 0.5, 1]),
    gain: dice.tensor(dice.pick([shape, [1]]), [1, 0.5]),
    feedthrough: dice.often() ? dice.tensor(shape, HALVES) : null,
    leak: dice.tensor([1], [0, 0.25]),
    // Membranes handed on would need more bits in every layer, so only the last population may do that.
    threshold: name === "top" && dice.often() ? null : dice.tensor(shape, [-0.25, 0.5, 1, 1.5]),
    reset: dice.pick(["zero", "subtract", "none"] as const),
    resetTo: dice.tensor([1], [0, -0.5]),
    resetDelay: dice.often(),
    ...(dice.often() ? { lowerBound: dice.tensor([1], [-0.5, 0, -8]) } : {}),
  };
}

function stimulusOf(dice: Dice, samples: number, shape: Shape, choices: readonly number[]): Stimulus {
  const size = sizeOf(shape);
  const { data } = dice.tensor([samples, STEPS, size], choices);
  const constant = dice.often();
  return {
    samples,
    steps: STEPS,
    shape,
    kind: "graded",
    constant,
    read(sample, step, out) {
      const from = (sample * STEPS + (constant ? 0 : step)) * size;
      out.set(data.subarray(from, from + size));
    },
  };
}
