/** What a program's weights take on the chip. */

import type { Program } from "../compile/program.ts";

/** Weights of one projection. */
export interface WeightUse {
  readonly projection: string;
  /** Weights that are stored: a kernel's once. */
  readonly stored: number;
  /** Share of them that is 0. */
  readonly zeros: number;
  /** Bits in which the chip stores one. */
  readonly bits: number;
  /** Fewest bits of an integer, signed where one is negative, that hold them once common factors of two are left away. */
  readonly effectiveBits: number;
}

/** Memory of a program's weights. */
export interface HardwareUse {
  readonly weights: readonly WeightUse[];
  /** Bits of synapse memory on all cores, copies of kernels included, in the chip's own format. */
  readonly synapseBits: number;
  readonly cores: number;
}

/** What a program's weights take. */
export function hardwareOf({ projections, target, fit }: Program): HardwareUse {
  return {
    weights: projections.map(({ name, synapses: { weight } }) => {
      let zeros = 0;
      for (let i = 0; i < weight.length; i++) if (weight[i] === 0) zeros++;
      return {
        projection: name,
        stored: weight.length,
        zeros: weight.length === 0 ? 0 : zeros / weight.length,
        bits: target.weights.bits,
        effectiveBits: bitsFor(weight),
      };
    }),
    synapseBits: fit.placement.reduce((sum, { synapseBits }) => sum + synapseBits, 0),
    cores: fit.cores,
  };
}

/** Fewest bits that hold all of some integers, common factors of two left away; 0 where all are 0. */
export function bitsFor(values: ArrayLike<number>): number {
  let [low, high, set] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
    set |= value;
  }
  if (set === 0) return 0;
  // -8..7 are 4 bits, and so is the magnitude 15 without a sign.
  const common = 31 - Math.clz32(set & -set);
  const magnitude = Math.max(high >> common, -(low >> common) - 1);
  return 32 - Math.clz32(magnitude) + Number(low < 0);
}
