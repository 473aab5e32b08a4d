/** A chip as data: what a file in `targets/` says, checked. Plain JSON, so that it travels inside a program. */

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

export type Rounding = "nearest" | "nearest-even" | "down" | "toward-zero";

/** A register's or parameter's type: `int24`, `uint12`, or `lo..hi`, or a list of words that stand for 0, 1, 2, .. */
export interface TypeSpec {
  readonly low: number;
  readonly high: number;
  /** Words of an enumeration, in order of their numbers. */
  readonly words?: readonly string[] | undefined;
}

/** An integer that the host loads, and which float quantity it stands for. */
export interface ParameterSpec extends TypeSpec {
  /** Range that the chip documents, where the emulators accept more; leaving it only warns. */
  readonly documented?: TypeSpec | undefined;
  /** Real expression over the float quantities (alpha, beta, threshold, bias, weight, scale, ..). */
  readonly encodes?: string | undefined;
  readonly round?: Rounding | undefined;
  /** Integer expression: distance between representable values. */
  readonly step?: string | undefined;
  /** Chosen by the compiler: the smallest with which every parameter whose `encodes` names this one still fits. */
  readonly exponent?: boolean | undefined;
  /** Value when the network does not say. */
  readonly default?: number | undefined;
}

/** The arithmetic of one kind of neuron, as the text of its blocks. */
export interface DatapathSpec {
  readonly state: Readonly<Record<string, TypeSpec>>;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Constants of a projection. */
  readonly projection: Readonly<Record<string, ParameterSpec>>;
  /** Accumulators that events are added to; `["input"]` unless the target says otherwise. */
  readonly inputs: readonly string[];
  /** Block name (`on spike`, `on total`, `on timestep`, `on load`, `define`) to its text. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Where each block's text begins in the file: 1-based line of its first line, and the columns cut from each line. */
  readonly origin: Readonly<Record<string, { readonly line: number; readonly column: number }>>;
}

export interface WeightSpec extends ParameterSpec {
  /** Bits that one stored weight takes. */
  readonly bits: number;
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

export interface EnergySpec {
  /** `published`: of this chip. `stand-in`: of another chip, named in `of`, because this one's are unpublished. */
  readonly basis: "published" | "stand-in";
  readonly of: string;
  /** Per synaptic event, per neuron and timestep, per spike sent. A missing one is counted but not priced. */
  readonly synop?: EventCost | undefined;
  readonly neuronUpdate?: EventCost | undefined;
  readonly spike?: EventCost | undefined;
  /** What costs energy on the chip and is in none of these. */
  readonly notPriced: readonly string[];
}

/** A named way from floats to integers: expressions that replace those of the target. */
export interface RecipeSpec {
  readonly description: string;
  readonly source: string;
  /** Membrane LSBs per float unit, when the recipe fixes it. */
  readonly scale?: number | undefined;
  /** By parameter (`weight` for the weights). A number is used as it is. */
  readonly parameters: Readonly<Record<string, number | { readonly encodes: string; readonly round: Rounding }>>;
}

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
    readonly spikes: "next-timestep" | "same-timestep";
    /** Smallest and largest extra delay in timesteps. */
    readonly delays: readonly [number, number];
    /** Bits of a graded spike's payload; 0: binary spikes only. */
    readonly payloadBits: number;
  };
  readonly weights: WeightSpec;
  readonly core: { readonly neurons: Sourced; readonly synapseMemory?: Sourced | undefined };
  readonly chip: { readonly cores: Sourced };
  readonly energy: EnergySpec | null;
  readonly recipes: Readonly<Record<string, RecipeSpec>>;
}
