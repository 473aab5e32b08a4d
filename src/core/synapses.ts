/** Integer weights in the forms in which a program carries them. */

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
export type Synapses = DenseSynapses | ConvSynapses | SparseSynapses | BlockSynapses;

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
export interface SparseSynapses extends Held {
  readonly kind: "sparse";
  /** [from + 1] */
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Weights;
}

/**
 * Rows as `SparseSynapses` has them, with 2 bytes for a target instead of 4: each row is divided into blocks of 65,536 targets,
 * and target numbers count from the first of their block.
 */
export interface BlockSynapses extends Held {
  readonly kind: "blocks";
  /** [from * blocks + 1] the entry with which each block of each row begins */
  readonly start: Uint32Array;
  readonly target: Uint16Array;
  readonly weight: Weights;
}

/** Synapses may lie in a memory that threads share and kernels work on, so that nothing is copied. */
export interface Held {
  /** The WebAssembly.Memory that all of their arrays are views of. */
  readonly memory?: SynapseMemory | undefined;
}

/** The part of a WebAssembly.Memory that is of interest here. */
export interface SynapseMemory {
  readonly buffer: ArrayBufferLike;
}

/** Whether a value is such a memory. */
export function isMemory(value: unknown): value is SynapseMemory {
  return Object.prototype.toString.call(value) === "[object WebAssembly.Memory]";
}
