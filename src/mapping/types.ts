/** What is placed on the cores of a chip, and what comes of it. */

import type { Synapses } from "../core/synapses.ts";
import type { Shape } from "../network/types.ts";
import type { Confidence, Direction } from "../target/types.ts";

/** A population, as far as its place matters. */
export interface MappedPopulation {
  readonly name: string;
  readonly neurons: number;
  /** Which of the target's datapaths runs it. */
  readonly datapath: string;
  /** [neurons] or [1] */
  readonly parameters: Readonly<Record<string, Int32Array>>;
}

/** A projection, as far as the places of its synapses matter. */
export interface MappedProjection {
  readonly from: string;
  readonly to: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly synapses: Synapses;
}

/** Everything that is placed, and where events come from. */
export interface Mapped {
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly populations: readonly MappedPopulation[];
  readonly projections: readonly MappedProjection[];
}

/** Some consecutive neurons of a population: `from` (included) to `to` (excluded). */
export interface NeuronRange {
  readonly population: string;
  readonly from: number;
  readonly to: number;
}

/** One core and the neurons on it. */
export interface CoreUse extends NeuronRange {
  /** Cores of a second chip are numbered on behind those of the first. */
  readonly core: number;
  /** Of these neurons. */
  readonly synapseBits: number;
}

/** Something of which a target says how much there is. */
export interface ResourceUse {
  /** `neurons`, `synapse memory`, .. */
  readonly name: string;
  readonly per: "neuron" | "core" | "chip";
  readonly available: number;
  /** null: a number of them. */
  readonly unit: "bits" | null;
  readonly source: string;
  readonly confidence: Confidence;
  /** The most that one neuron, core or chip takes. */
  readonly most: number;
  /** Which one: `core 12`, `neuron 3 of lif1`. */
  readonly where: string;
}

/** What one core takes. */
export interface CoreLoad {
  readonly core: number;
  /** By the resources that are counted per core, in their order. */
  readonly used: readonly number[];
}

/** Messages over one link of the mesh. */
export interface LinkLoad {
  readonly tile: number;
  readonly direction: Direction;
  /** Per timestep. */
  readonly messages: number;
}

/** Messages between cores, all per timestep. A crossing counts its links, and one from chip to chip as several. */
export interface PlannedTraffic {
  /** What the rates were read from; null: every neuron fires in every timestep. */
  readonly rates: string | null;
  /** From core to core, those that stay on their core among them. */
  readonly messages: number;
  /** Links crossed where the neurons lie now. */
  readonly hops: number;
  /** With the same parts on the cores in order. */
  readonly inOrder: number;
  /** With the same parts anywhere, on average. */
  readonly anywhere: number;
  /** No placement of these parts needs less. */
  readonly atLeast: number;
  readonly links: readonly LinkLoad[];
}

/** Whether the network fits the chip, and where it lies. */
export interface Fit {
  readonly fits: boolean;
  /** Cores used. */
  readonly cores: number;
  /** Cores of as many chips as are used. */
  readonly coresAvailable: number | null;
  readonly placement: readonly CoreUse[];
  /** Why it does not fit; what a limit rests on. */
  readonly reasons: readonly string[];
  /** Chips used, where the target says something of them; one where it is absent. */
  readonly chips?: number | undefined;
  /** Everything that the target limits, as far as the network uses it. */
  readonly resources?: readonly ResourceUse[] | undefined;
  /** By core, in the order of their numbers. */
  readonly loads?: readonly CoreLoad[] | undefined;
  /** Where the target describes a network of cores. */
  readonly traffic?: PlannedTraffic | undefined;
  /** Where it does not fit: changes that were tried, and what came of them. */
  readonly advice?: readonly string[] | undefined;
}
