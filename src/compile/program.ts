/** What a chip would be loaded with: integers only, plus the report of every decision that led to them. */

import type { Synapses } from "../core/synapses.ts";
import type { Warning } from "../errors.ts";
import type { Shape } from "../network/types.ts";
import type { Target } from "../target/types.ts";

export type { ConvSynapses, DenseSynapses, SparseSynapses, Synapses } from "../core/synapses.ts";

/** Stands for an address that there is not. */
export const noAddress = 0xffffffff;

/** Where a part lies on a chip that runs on events; a program for timesteps has none of this. */
export interface Addressed {
  /** [copies][neurons or elements]; a source has several where one address cannot hold all of its synapses. */
  readonly addresses?: Uint32Array | undefined;
  /** Constants of the synapses' sources, [copies * neurons] or [1]. */
  readonly sourceParameters?: Readonly<Record<string, Int32Array>> | undefined;
}

/** One Input node of the network as the chip receives it. */
export interface ProgramInput extends Addressed {
  readonly name: string;
  readonly shape: Shape;
  /** What a host value is multiplied with and rounded to give a payload; null: events, each of whole number. */
  readonly payloadScale: number | null;
  /** Largest payload magnitude. */
  readonly payloadLimit: number;
}

export interface ProgramPopulation extends Addressed {
  readonly name: string;
  readonly shape: Shape;
  readonly neurons: number;
  /** Which of the target's datapaths runs it. */
  readonly datapath: string;
  /** Integer parameters, [neurons] or [1] when all neurons share one value. */
  readonly parameters: Readonly<Record<string, Int32Array>>;
  /** Registers that do not start at 0, [neurons] or [1]. */
  readonly initial: Readonly<Record<string, Int32Array>>;
  /** [neurons] where the datapath forwards: the neuron that gets this one's count in the same timestep, or -1. */
  readonly forwards?: Int32Array | undefined;
  /** Chip timestep of the model's step 0; until then the population is held in its initial state. */
  readonly offset: number;
  /** Membrane LSBs per float unit, [neurons] or [1]; null where the program was not made from floats. */
  readonly scale: Float64Array | null;
  /** Float value of membrane 0, [neurons] or [1], where the chip's zero is not the network's; null: 0. */
  readonly origin: Float64Array | null;
}

export interface ProgramProjection {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Timesteps from firing to arrival; 0: within the same timestep, to a population later in the order. */
  readonly arrivesAfter: number;
  /** Integer constants of the projection (weight exponent, graded, ..). */
  readonly parameters: Readonly<Record<string, number>>;
  /** Which accumulator of the target's datapath it feeds. */
  readonly accumulator: string;
  readonly synapses: Synapses;
  /** On a chip that runs on events: the copy of its source that it leaves from; the first where nothing is said. */
  readonly copy?: number | undefined;
  /** What such a chip stores for a synapse beside its weight, [synapses] or [1]. */
  readonly registers?: Readonly<Record<string, Int32Array>> | undefined;
}

/** One number that the compiler derived, and what was lost. For arrays: the extremes over all elements. */
export interface Decision {
  /** Population or projection. */
  readonly where: string;
  /** Register or parameter: `weight`, `threshold`, .. */
  readonly parameter: string;
  /** Smallest and largest integer used. */
  readonly integer: readonly [number, number];
  /** Smallest and largest float wanted, in the units of the network. */
  readonly wanted: readonly [number, number];
  /** Largest |got - wanted| in LSBs of the parameter. */
  readonly error: number;
  /** How many values were cut at the end of the range. */
  readonly saturated: number;
  readonly count: number;
  readonly note: string | null;
}

/** One core and the neurons on it. */
export interface CoreUse {
  readonly core: number;
  readonly population: string;
  /** Neurons `from` (included) to `to` (excluded). */
  readonly from: number;
  readonly to: number;
  readonly synapseBits: number;
}

/** Whether the network fits the chip, and where it lies. */
export interface Fit {
  readonly fits: boolean;
  /** Cores used. */
  readonly cores: number;
  readonly coresAvailable: number | null;
  readonly placement: readonly CoreUse[];
  /** Why it does not fit; what a limit rests on. */
  readonly reasons: readonly string[];
}

export interface Program {
  readonly format: "bitspike-program";
  readonly version: 1;
  /** Complete, so that a program runs without its target file. */
  readonly target: Target;
  /** Recipe by which floats became integers; null for a program made of integers. */
  readonly recipe: string | null;
  /** Chip-wide options and constants. */
  readonly settings: Readonly<Record<string, number>>;
  readonly inputs: readonly ProgramInput[];
  readonly populations: readonly ProgramPopulation[];
  readonly projections: readonly ProgramProjection[];
  /** Output nodes and the population each shows. */
  readonly outputs: readonly { readonly name: string; readonly population: string }[];
  /** Chip timesteps beyond the model's: the largest offset. */
  readonly latency: number;
  readonly decisions: readonly Decision[];
  readonly warnings: readonly Warning[];
  readonly fit: Fit;
}
