/** A chip as data: what a file in `targets/` says, checked. Plain JSON, so that it travels inside a program. */

import type { DatapathSpec, ParameterSpec, Rounding } from "../datapath/spec.ts";
import type { EventSpec, SynapseSpec } from "./event-types.ts";

export type * from "./event-types.ts";
export type { DatapathSpec, ParameterSpec, Rounding, TypeSpec } from "../datapath/spec.ts";

/** How well a number is known; `literature-unverified` was not checked against the paper and is always shown as such. */
export type Confidence = "quoted" | "public-page" | "computed" | "literature-unverified" | "assumption";

/** A number about a chip and where it comes from. */
export interface Sourced {
  readonly value: number;
  readonly unit?: string | undefined;
  readonly source: string;
  readonly confidence: Confidence;
}

/** What the target's results were compared with. */
export interface Verification {
  readonly level: "silicon" | "rtl" | "vendor-emulator" | "independent-emulator" | "literature" | "property-tests";
  readonly against: string;
  /** Values compared without a mismatch. */
  readonly values?: number | undefined;
}

export interface WeightSpec extends ParameterSpec {
  /** Bits that one stored weight takes. */
  readonly bits: number;
  /** The kernel of a convolution is stored once per core instead of once per neuron. */
  readonly shared?: boolean | undefined;
  /**
   * A synapse is one bit, and its weight the neuron's for the type of the axon: so many types there are, and as many
   * different weights per neuron.
   */
  readonly axonTypes?: Sourced | undefined;
  /** Real expression: what `on load` makes of a weight when nothing is lost; the weight itself where it says nothing. */
  readonly stored?: string | undefined;
}

/** Price of one kind of event. `low` and `high` are the smallest and largest published values. */
export interface EventCost {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
  /** Always pJ. */
  readonly unit: "pJ";
  readonly source: string;
  readonly confidence: Confidence;
}

/** A power in mW. `low` and `high` are the smallest and largest published values. */
export interface Power extends Omit<EventCost, "unit"> {
  readonly unit: "mW";
}

/** Where a link of a mesh leads. */
export type Direction = "east" | "west" | "north" | "south";

/** What each kind of event takes. What is missing is counted, and not known. */
export interface PerEvent<T> {
  /** A synapse is looked up for an arriving event. */
  readonly synop?: T | undefined;
  /** The same by the form in which the weights are stored, where that matters. */
  readonly synopByForm?: Readonly<Partial<Record<"dense" | "sparse" | "conv2d", T | undefined>>> | undefined;
  /** Its weight is added to what the neuron has gathered. */
  readonly accumulation?: T | undefined;
  /** A neuron in a timestep, whether or not it has anything to do. */
  readonly neuronUpdate?: T | undefined;
  /** What an active one takes more: see `active` of the datapaths. */
  readonly neuronActive?: T | undefined;
  readonly spike?: T | undefined;
  /** A message that leaves a core, and one that arrives there. */
  readonly axonOut?: T | undefined;
  readonly axonIn?: T | undefined;
  /** A message over one link. */
  readonly hop?: Readonly<Record<Direction, T>> | undefined;
}

/** The network of a chip's cores. */
export interface NocSpec {
  readonly topology: "mesh";
  /** x first, then y. */
  readonly routing: "x-then-y";
  /** Tiles across and down. */
  readonly width: Sourced;
  readonly height: Sourced;
  /** Cores that share a router: core c lies on tile floor(c / coresPerTile). */
  readonly coresPerTile: Sourced;
  /** Whether tile 1 lies above tile 0, or beside it. */
  readonly tiles: "by-column" | "by-row";
  /** How a spike reaches several cores: as a message to each, or as one that is copied where ways part. */
  readonly copies?: "per-core" | "multicast" | undefined;
  /** Messages that wait at one link before those behind them are held up; missing: as many as there are. */
  readonly linkBuffer?: Sourced | undefined;
  /** Where chips are joined: how many lie side by side, the next ones above them; missing: each above the other. */
  readonly chipsAcross?: Sourced | undefined;
}

/** How long events take, in ns; they follow each other on a core. */
export interface LatencySpec extends PerEvent<Sourced> {
  /** A timestep of fixed length, in ns, whatever happens in it. */
  readonly timestep?: Sourced | undefined;
  /** What ends a timestep, by the number of tiles in use: the entry with most tiles of those that are not above it. */
  readonly barrier: readonly { readonly tiles: number; readonly time: Sourced }[];
}

export interface EnergySpec extends PerEvent<EventCost> {
  /** `published`: of this chip. `stand-in`: of another chip, named in `of`, because this one's are unpublished. */
  readonly basis: "published" | "stand-in";
  readonly of: string;
  /** What the whole chip draws whatever it does. */
  readonly staticPower?: Power | undefined;
  /** What costs energy on the chip and is in none of these. */
  readonly notPriced: readonly string[];
}

/** How a recipe derives one parameter. */
export interface RecipeRule {
  readonly encodes: string;
  readonly round: Rounding;
  /** Of `weight`: integer expression, the distance between values that are rounded to; the target's own if left out. */
  readonly step?: string | undefined;
}

/** A named way from floats to integers: expressions that replace those of the target. */
export interface RecipeSpec {
  readonly description: string;
  readonly source: string;
  /** How expressions are evaluated, those that the recipe keeps from the target too; float64 where it says nothing. */
  readonly arithmetic?: "float64" | "float32" | undefined;
  /** `name(a, b) = expression` lines, for use in all of its expressions. */
  readonly define?: string | undefined;
  /** Membrane LSBs per float unit, when the recipe fixes it. */
  readonly scale?: number | undefined;
  /**
   * Lines evaluated once per population, from its smallest and largest quantities (`lowest_weight`, `highest_bias`, ..).
   * They assign `scale`; whatever else they assign can be used in the other expressions of the recipe.
   */
  readonly population?: string | undefined;
  /**
   * By parameter of a neuron or constant of a projection, by register for its initial value, `weight` for the weights. A
   * number is used as it is.
   */
  readonly parameters: Readonly<Record<string, number | RecipeRule>>;
}

/** A board or machine of several chips. */
export interface SystemSpec {
  readonly name: string;
  readonly chips: Sourced;
}

/** So many different settings does a core have for its neurons, each a value for every one of these parameters. */
export interface CoreConstants {
  /** Parameters of neurons, or constants of the projections onto them. */
  readonly of: readonly string[];
  readonly most: Sourced;
}

/** Limits of one kind of neuron. */
export interface KindLimits {
  /** Per core. */
  readonly neurons?: Sourced | undefined;
  /** How many neurons of this kind one neuron reaches. */
  readonly fanOut?: Sourced | undefined;
}

/** When something that was sent arrives. */
export type Arrival = "next-timestep" | "same-timestep";

export interface Target {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly verified: readonly Verification[];
  readonly notModelled: readonly string[];
  /** Options and constants of the whole chip, readable in every block. */
  readonly settings: Readonly<Record<string, ParameterSpec & { readonly description?: string | undefined }>>;
  readonly datapaths: Readonly<Record<string, DatapathSpec>>;
  readonly delivery: {
    /** When a spike reaches its targets: the step after, or the same step in layer order. */
    readonly spikes: Arrival;
    /** When an event of an input reaches its targets, where that is not as for spikes. */
    readonly inputs?: Arrival | undefined;
    /** `inputs-first`: a neuron gets the events of inputs before those of other neurons. */
    readonly order?: "inputs-first" | undefined;
    /** Largest number of events that an input's channel and a neuron send in one timestep; the others are dropped. */
    readonly atMost?: { readonly inputs?: number | undefined; readonly spikes?: number | undefined } | undefined;
    /** Smallest and largest extra delay in timesteps. */
    readonly delays: readonly [number, number];
    /** Bits of a graded spike's payload; 0: binary spikes only, and a count of n is n events one after the other. */
    readonly payloadBits: number;
  };
  readonly weights: WeightSpec;
  readonly core: {
    readonly neurons: Sourced;
    readonly synapseMemory?: Sourced | undefined;
    /** Lines by which spikes enter a core: one per source, and per type where axons have types. */
    readonly axons?: Sourced | undefined;
    /** Messages that a core keeps: one for each of its neurons and each core in which that neuron has synapses. */
    readonly axonsOut?: Sourced | undefined;
    /** Synapses onto one neuron. */
    readonly fanIn?: Sourced | undefined;
    /** By name: what neurons of a core have to share. */
    readonly constants?: Readonly<Record<string, CoreConstants>> | undefined;
    /** How many axons the spikes of one neuron can be sent to. */
    readonly destinations?: Sourced | undefined;
    /** Several populations may lie on one core. */
    readonly shared?: boolean | undefined;
    /** What a neuron gathered is read once per timestep in a step of its own, as costly as an accumulation. */
    readonly gathered?: boolean | undefined;
    /** By datapath: what a core has of that kind of neuron, where there are several kinds. */
    readonly kinds?: Readonly<Record<string, KindLimits>> | undefined;
  };
  readonly chip: {
    readonly cores: Sourced;
    /** Channels by which events of inputs enter. */
    readonly inputs?: Sourced | undefined;
    /** Boards and machines that join several of the chips, the smallest first; missing: one chip is all there is. */
    readonly systems?: readonly SystemSpec[] | undefined;
  };
  /** Missing where nothing is known of it, or where there is none. */
  readonly noc?: NocSpec | undefined;
  readonly energy: EnergySpec | null;
  readonly latency?: LatencySpec | undefined;
  readonly recipes: Readonly<Record<string, RecipeSpec>>;
  /** How the chip runs on events; null: it runs in timesteps. */
  readonly events: EventSpec | null;
  /** What it then stores for every pair of a source and a neuron. */
  readonly synapses: SynapseSpec | null;
}
