/** Which neurons of a program each shard gets, so that all have as much to do. */

import type { Program, ProgramPopulation, Synapses } from "../compile/program.ts";
import { blocksOf, blockTargets } from "../core/blocks.ts";
import { sizeOf } from "../network/types.ts";

/** Nanoseconds of a timestep that a neuron takes, and one synapse of it: about what they are where a tenth of the sources fires. */
const neuronCost = 2;
/** What a timestep takes besides. */
const leastCost = 1000;
const synapseCost = { dense: 0.006, conv2d: 0.01, sparse: 0.12, blocks: 0.12 } as const;

/** About how many nanoseconds a timestep of the whole program takes on one thread. */
export function costOfStep({ populations, projections }: Program): number {
  const neurons = populations.reduce((sum, one) => sum + one.neurons, 0);
  return projections.reduce((sum, { synapses }) => sum + costOfSynapses(synapses), leastCost + neurons * neuronCost);
}

function costOfSynapses(synapses: Synapses): number {
  const places = synapses.kind === "conv2d" ? sizeOf(synapses.outputShape.slice(1)) : 1;
  return synapses.weight.length * places * synapseCost[synapses.kind];
}

/** First neuron of each shard, and the number of neurons: [shards + 1]. */
export type Starts = Uint32Array;

/**
 * A part of every population for each shard, so that all are busy in every phase of a timestep; by the neurons and synapses
 * there, not by neurons alone. One whose neurons pass counts on to each other is not divided: they have to be advanced in
 * their order.
 *
 * @returns in the order of the program's populations
 */
export function divide(program: Program, shards: number): Starts[] {
  return program.populations.map((population, index) => {
    if (population.forwards === undefined) return cut(population, program, shards);
    return Uint32Array.from({ length: shards + 1 }, (_, i) => (i > index % shards ? population.neurons : 0));
  });
}

/** Neurons that are not divided further, where there are enough: whole vectors of the kernels. */
const group = 64;
/** How much more than in equal shares the largest may be so that no row has to be divided in the midst of a block. */
const tolerance = 1.05;

function cut({ name, neurons }: ProgramPopulation, { projections }: Program, shards: number): Starts {
  const incoming = projections.filter(({ to }) => to === name).map(({ synapses }) => synapses);
  const fine = cutAt(incoming, neurons, shards, neurons >= 4 * group * shards ? group : 1);
  if (!incoming.some(({ kind }) => kind === "blocks")) return fine;
  const coarse = cutAt(incoming, neurons, shards, blockTargets);
  return largest(coarse) <= tolerance * largest(fine) ? coarse : fine;
}

function largest(starts: Starts): number {
  let most = 0;
  for (let i = 1; i < starts.length; i++) most = Math.max(most, starts[i]! - starts[i - 1]!);
  return most;
}

/** Cuts at multiples of a unit, nearest to equal shares of the work. */
function cutAt(incoming: readonly Synapses[], neurons: number, shards: number, unit: number): Starts {
  const work = workOf(incoming, neurons, unit);
  const all = work.reduce((sum, one) => sum + one, 0);
  const starts = new Uint32Array(shards + 1);
  let [at, done] = [0, 0];
  for (let shard = 1; shard < shards; shard++) {
    const share = (shard * all) / shards;
    while (at < work.length && done + work[at]! / 2 <= share) done += work[at++]!;
    starts[shard] = Math.min(neurons, at * unit);
  }
  return starts.fill(neurons, shards);
}

/** Synapses of which each tells its target; of more a part is looked at. */
const mostCounted = 2 ** 20;

/** [units] */
function workOf(incoming: readonly Synapses[], neurons: number, unit: number): Float64Array {
  const units = Math.ceil(neurons / unit);
  const work = new Float64Array(units);
  const addEvenly = (cost: number): void => {
    for (let i = 0; i < units; i++) work[i]! += (cost * (Math.min(neurons, (i + 1) * unit) - i * unit)) / neurons;
  };
  addEvenly(neurons * neuronCost);
  for (const synapses of incoming) {
    if (synapses.kind === "sparse" || synapses.kind === "blocks") addListed(work, synapses, neurons, unit);
    else addEvenly(costOfSynapses(synapses));
  }
  return work;
}

/** Add what lists of targets cost, from rows that are evenly apart. */
function addListed(
  work: Float64Array,
  synapses: Synapses & { readonly kind: "sparse" | "blocks" },
  neurons: number,
  unit: number,
): void {
  const { kind, start, target, weight } = synapses;
  const blocks = kind === "blocks" ? blocksOf(neurons) : 1;
  const rows = (start.length - 1) / blocks;
  const every = Math.max(1, Math.ceil(weight.length / mostCounted));
  const cost = synapseCost[kind] * every;
  for (let row = 0; row < rows; row += every) {
    for (let block = 0; block < blocks; block++) {
      const at = row * blocks + block;
      for (let i = start[at]!; i < start[at + 1]!; i++) {
        work[Math.floor((block * blockTargets + target[i]!) / unit)]! += cost;
      }
    }
  }
}
