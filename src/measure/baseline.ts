/** The same layers computed densely, every weight multiplied, at published prices of arithmetic. */

import type { EventCost } from "../target/types.ts";
import { times, type EnergyRange } from "./range.ts";

/** Price of one multiply-accumulate of a dense accelerator. */
export interface MacPrice extends EventCost {
  readonly name: "int8" | "float32";
  /** Each weight is read from a memory; else the arithmetic alone. */
  readonly weightReads: boolean;
  /** What the low, typical and high figures include. */
  readonly includes: string;
}

/** The same network with every weight multiplied, at one price. */
export interface DenseEnergy {
  readonly price: MacPrice;
  /** All weights at every timestep of a sample. */
  readonly everyStep: EnergyRange;
  /** All weights once per sample, as a conventional network of the same layers. */
  readonly once: EnergyRange;
}

export interface DenseBaseline {
  /** Multiply-accumulates of one pass through all weights. */
  readonly macsPerStep: number;
  /** `macsPerStep` times the steps of a sample. */
  readonly macsPerSample: number;
  readonly technology: string;
  readonly energies: readonly DenseEnergy[];
}

/** The technology that `macPrices` are of; energies are not scaled to a chip's own node. */
export const macTechnology = "45 nm, 0.9 V";

const horowitz = 'M. Horowitz, "Computing\'s energy problem (and what we can do about it)", ISSCC 2014';

const int8 = {
  name: "int8",
  unit: "pJ",
  source: horowitz,
  confidence: "literature-unverified",
} as const;
const float32 = {
  name: "float32",
  unit: "pJ",
  source: "PMC8934428, table 3, citing M. Horowitz, ISSCC 2014",
  confidence: "public-page",
} as const;

/**
 * Prices of a multiply-accumulate at 45 nm, without and with the read of its weight from an 8 KB SRAM (10 pJ per 64 bits),
 * without which a comparison flatters the dense side. Larger memories cost more: 20 pJ per 64 bits of 32 KB.
 */
export const macPrices: readonly MacPrice[] = [
  {
    ...int8,
    weightReads: false,
    low: 0.23,
    typical: 0.3,
    high: 0.3,
    includes: "8-bit multiply 0.2 and add 0.03 (low), or the add of a 32-bit accumulator 0.1 (typical, high)",
  },
  {
    ...int8,
    weightReads: true,
    low: 1.48,
    typical: 1.55,
    high: 1.55,
    includes: "the same and 1.25 for one 8-bit weight from an 8 KB SRAM",
  },
  {
    ...float32,
    weightReads: false,
    low: 4.6,
    typical: 4.6,
    high: 4.6,
    includes: "32-bit multiply 3.7 and add 0.9",
  },
  {
    ...float32,
    weightReads: true,
    low: 9.6,
    typical: 9.6,
    high: 9.6,
    includes: "the same and 5 for one 32-bit weight from an 8 KB SRAM",
  },
];

/** `int8`, `float32 + read`: a price in few characters. */
export function macName({ name, weightReads }: Pick<MacPrice, "name" | "weightReads">): string {
  return weightReads ? `${name} + read` : name;
}

/**
 * The dense side of the comparison.
 *
 * @param macsPerStep multiply-accumulates of one pass, as `denseMacs` counts them
 */
export function denseBaseline(macsPerStep: number, steps: number): DenseBaseline {
  const macsPerSample = macsPerStep * steps;
  const energies = macPrices.map((price) => ({
    price,
    everyStep: times(price, macsPerSample),
    once: times(price, macsPerStep),
  }));
  return { macsPerStep, macsPerSample, technology: macTechnology, energies };
}
