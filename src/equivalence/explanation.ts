/** What is found out about the differences between a float network and its chip. */

import type { Divergence } from "./compare.ts";
import type { LadderStep, Rung } from "./ladder.ts";
import type { Quantization, QuantizationPart } from "./quantizations.ts";

/** A part of what differs. */
export interface Difference {
  readonly spikes: number;
  /** Samples whose class differs. */
  readonly predictions: number;
}

/** One quantization and what it does to the run. */
export interface Cause {
  readonly quantization: Quantization;
  readonly part: QuantizationPart;
  /** As the object of a sentence. */
  readonly text: string;
  /** How many fewer differ when it alone is undone and everything else stays as on the chip; negative: more; null: no such run. */
  readonly undone: Difference | null;
  /** How many differ when it alone is made and everything else is real; null: no such run. */
  readonly alone: Difference | null;
  /** Whether the first spike that differs agrees once it is undone. */
  readonly first: boolean;
}

/** One value of the neuron that differs first, in LSBs. */
export interface DivergentValue {
  /** A register, after the timestep, or a name of its equations. */
  readonly name: string;
  /** [steps] in real numbers with parameters before rounding. */
  readonly order: readonly number[];
  /** [steps] on the chip. */
  readonly chip: readonly number[];
}

/** The first spike that one of float network and chip has and the other has not. */
export interface FirstDivergence extends Divergence {
  /** Whether the neuron fires there, on each rung from the framework down. */
  readonly fires: readonly [boolean, boolean, boolean, boolean];
  /** The condition under which it fires, as the target writes it. */
  readonly condition: string;
  /** Timesteps of `values`, the last one that of the divergence. */
  readonly steps: readonly number[];
  readonly values: readonly DivergentValue[];
}

/** What comes back when quantizations are undone one at a time. */
export interface Explanation {
  /** Samples on which they were, ascending. */
  readonly samples: readonly number[];
  /** What differs between the framework and the chip in these samples. */
  readonly framework: Difference;
  /** What differs before anything is rounded: between the framework and the chip's equations in real numbers. */
  readonly semantics: Difference;
  /** What differs between the chip's equations in real numbers and the chip: what quantization costs. */
  readonly quantization: Difference;
  /** What comes back when all parameters are what they were before rounding, and the arithmetic is the chip's; null: no such run. */
  readonly parameters: Difference | null;
  /** What comes back when nothing is rounded or cut in any timestep, and the parameters are the chip's. */
  readonly arithmetic: Difference;
  /** The one that weighs most first: what it brings back and what it does alone, taken together. */
  readonly causes: readonly Cause[];
  readonly first: FirstDivergence | null;
}

/** From the float network to the chip in four rungs. */
export interface Ladder {
  /** How many samples all four rungs ran on, from the first on. */
  readonly samples: number;
  /** From the framework down; only the framework and the chip where the target has no real reading. */
  readonly rungs: readonly Rung[];
  readonly steps: readonly LadderStep[];
  /** Null: nothing differs, or the target has no real reading. */
  readonly explanation: Explanation | null;
  /** Why they differ, in one sentence. */
  readonly reason: string;
  /** Why there are no rungs between framework and chip; null: there are. */
  readonly missing: { readonly code: string; readonly message: string } | null;
}
