/** What a chip would be loaded with: integers only, plus the report of every decision that led to them. */

import type { Synapses } from "../core/synapses.ts";
import type { Warning } from "../errors.ts";
import type { Fit } from "../mapping/types.ts";
import type { Shape } from "../network/types.ts";
import type { Target } from "../target/types.ts";

export type { CoreLoad, CoreUse, Fit, LinkLoad, NeuronRange, ResourceUse, PlannedTraffic } from "../mapping/types.ts";
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

/** Whether every integer is exactly what the network asks for: nothing was rounded and nothing cut. */
export function isExact({ decisions }: Pick<Program, "decisions">): boolean {
  return decisions.length > 0 && decisions.every(({ error, saturated }) => error === 0 && saturated === 0);
}

/** Whether a cut changes anything: on no input, on some perhaps, or whenever it is reached. */
export type Acts = "never" | "may" | "always";

/** Timesteps in a row in which the same elements of inputs send. */
export interface SentRun {
  readonly timesteps: number;
  /** By input. */
  readonly elements: Readonly<Record<string, readonly number[]>>;
}

/** Values with which something acts, as the plain walk of the equations showed. */
export interface ActWitness {
  readonly neuron: number;
  /**
   * `reset`: a run from a reset, by events of inputs alone. `sources`: the same where neurons that lead here fire together,
   * which was not shown to be possible. `state`: registers within what was proved, not shown to be reachable.
   */
  readonly from: "reset" | "sources" | "state";
  /** Timesteps of such a run, the last one acting; 1 where it starts from a state. */
  readonly timesteps: number;
  /** Events of the last timestep. */
  readonly events: number;
  /** What they add up to, by accumulator that is no register. */
  readonly arrived: Readonly<Record<string, number>>;
  /** Registers before the last timestep; on a chip that runs on events, before the event that acts. */
  readonly registers: Readonly<Record<string, number>>;
  /** On such a chip: what inputs send in a run from a reset, so that it can be run again. */
  readonly sent?: readonly SentRun[] | undefined;
}

/** One call that cuts, or one register that may leave its type, which stops a run. */
export interface CutProof {
  readonly kind: "wrap" | "saturate" | "clamp" | "type";
  /** `on spike`, `on total` or `on timestep`; on a chip that runs on events a text of its own, such as `on spike, leak`. */
  readonly block: string;
  /** Line of the block, and the name that it assigns. */
  readonly line: number;
  readonly name: string;
  /** `saturate(.., -8, 7)`; of a register its type. */
  readonly text: string;
  readonly acts: Acts;
  /** Where it may act: values that make it, or null where none were found. */
  readonly witness: ActWitness | null;
}

/** In which order a projection's events of one timestep have to be taken. */
export interface OrderProof {
  readonly projection: string;
  /** Any order gives the same. */
  readonly free: boolean;
  readonly because:
    | "an exact sum"
    | "never cut"
    | "cut alike in any order"
    | "events all alike"
    | "cut one by one"
    | "not decided";
}

/** What was proved of one population, for every run that begins with a reset. */
export interface PopulationProof {
  readonly population: string;
  /** Smallest and largest value of each register between two timesteps, or two events. */
  readonly registers: Readonly<Record<string, readonly [number, number]>>;
  /** Of each accumulator that is no register, what one timestep brings; or the weight of one event; null: not known. */
  readonly arriving: Readonly<Record<string, readonly [number, number] | null>>;
  readonly cuts: readonly CutProof[];
  readonly order: readonly OrderProof[];
}

/** What intervals prove with the program's own integers. */
export interface Proofs {
  /** `events` on a chip that runs on events: registers are told between any two of them, in whatever order they come. */
  readonly between?: "timesteps" | "events" | undefined;
  /** What they rest on: the least and the most that one element of each input sends in a timestep. */
  readonly inputs: Readonly<Record<string, readonly [number, number]>>;
  readonly populations: readonly PopulationProof[];
}

export interface Program {
  readonly format: "bitspike-program";
  readonly version: 1;
  /** Complete, so that a program runs without its target file. */
  readonly target: Target;
  /** Recipe by which floats became integers; null for a program made of integers. */
  readonly recipe: string | null;
  /** Data for which the weights were rounded; absent where each was rounded for itself. */
  readonly calibration?: string | undefined;
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
  /** What can overflow and what cannot; left out where nobody asked. */
  readonly proofs?: Proofs | undefined;
}
