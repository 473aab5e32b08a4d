/** Integer weights in the three forms in which a program carries them. */

import type { Shape } from "../network/types.ts";

/** Integers in as few bytes as hold them: a network of millions of synapses is made of these. */
export type Weights = Int8Array | Int16Array | Int32Array;

/** The same integers in the narrowest array that holds all of them; the array itself where it is that. */
export function narrowest(weights: Weights): Weights {
  if (weights instanceof Int8Array) return weights;
  let bits = 0;
  // A magnitude of w needs the bits of w, or of -1 - w where it is negative; all of them at once.
  for (let i = 0; i < weights.length; i++) bits |= weights[i]! ^ (weights[i]! >> 31);
  if (bits < 2 ** 7) return Int8Array.from(weights);
  return bits < 2 ** 15 && weights instanceof Int32Array ? Int16Array.from(weights) : weights;
}

/** Integer weights of one projection, as a chip stores them. */
export type Synapses = DenseSynapses | ConvSynapses | SparseSynapses;

/** `weight` [from][to], one row per source neuron. */
export interface DenseSynapses {
  readonly kind: "dense";
  readonly weight: Weights;
}

/** A two-dimensional correlation over [channels][height][width]; pairs are height, width. */
export interface ConvGeometry {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Zeros above and left of the input; those below and right follow from the shapes. */
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** `weight` [out][in/groups][height][width]. */
export interface ConvSynapses extends ConvGeometry {
  readonly kind: "conv2d";
  readonly weight: Weights;
}

/** Row of source s: target[start[s]] .. target[start[s + 1] - 1], ascending, with the weights beside. */
export interface SparseSynapses {
  readonly kind: "sparse";
  /** [from + 1] */
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Weights;
}
