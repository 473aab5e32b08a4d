/** Integer weights in the three forms in which a program carries them. */

import type { Shape } from "../network/types.ts";

/** Integer weights of one projection, as a chip stores them. */
export type Synapses = DenseSynapses | ConvSynapses | SparseSynapses;

/** `weight` [from][to], one row per source neuron. */
export interface DenseSynapses {
  readonly kind: "dense";
  readonly weight: Int32Array;
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
  readonly weight: Int32Array;
}

/** Row of source s: target[start[s]] .. target[start[s + 1] - 1], ascending, with the weights beside. */
export interface SparseSynapses {
  readonly kind: "sparse";
  /** [from + 1] */
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
}
