/** The interface of everything that runs a network, and what it takes and gives. All engines share it. */

import type { Shape } from "./network/types.ts";

/**
 * What one Input node is fed, frame by frame. Plain data plus a pure function of (sample, step): the same whatever the
 * order and the batching, in any worker.
 */
export interface Stimulus {
  readonly samples: number;
  readonly steps: number;
  /** Shape of one frame. */
  readonly shape: Shape;
  /** `spikes`: whole numbers of events, 0 or more. `graded`: any real value. */
  readonly kind: "spikes" | "graded";
  /** The same frame at every step of a sample: engines may compute its effect once. */
  readonly constant: boolean;
  /** Write the frame of one sample and step to `out` [size of shape]; `out` is overwritten. */
  read(sample: number, step: number, out: Float32Array | Float64Array): void;
}

/** One stimulus per Input node, by the node's name. */
export type Stimuli = ReadonlyMap<string, Stimulus>;

/**
 * Spikes of one population in (sample, step, neuron) order. Row r = sample * steps + step; its spikes are
 * neuron[start[r]] .. neuron[start[r + 1] - 1], ascending.
 */
export interface SpikeTrain {
  /** [rows + 1] */
  readonly start: Uint32Array;
  /** [spikes] */
  readonly neuron: Uint32Array;
  /** [spikes], what each event carries; null when all carry 1. */
  readonly payload: Int32Array | null;
}

/** [samples][steps][neurons] of one register, integers for a chip, floats for the reference. */
export type Trace = Int32Array | Float32Array | Float64Array;

export interface PopulationRecording {
  readonly name: string;
  readonly shape: Shape;
  readonly neurons: number;
  readonly spikes: SpikeTrain;
  /** The probed registers, by name (`membrane`, `current`, ..). */
  readonly traces: ReadonlyMap<string, Trace>;
}

/** Events that reached one projection's synapses. */
export interface ProjectionRecording {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** [samples] spikes delivered through one synapse each, within the model's steps. */
  readonly synops: Float64Array;
}

/** What a network did; row t is the model's timestep t whatever the latency of the engine. */
export interface Recording {
  readonly engine: string;
  readonly samples: number;
  readonly steps: number;
  /** In the order of the network, inputs first to last layer. */
  readonly populations: readonly PopulationRecording[];
  /** Empty for the float reference. */
  readonly projections: readonly ProjectionRecording[];
  /** Values that arrived at each Output node, [samples][steps][size], by its name. */
  readonly outputs: ReadonlyMap<string, Float32Array>;
}

/** A register or per-step name to record, after the step, for every neuron of a population. */
export interface Probe {
  readonly population: string;
  readonly register: string;
}

/** What an engine looks at between timesteps: an AbortSignal, or anything else that can be asked. */
export interface StopSignal {
  readonly aborted: boolean;
}

export interface RunOptions {
  readonly probes?: readonly Probe[];
  /** Integer engines: record every timestep of the chip, latency included, instead of the model's timesteps. */
  readonly chipTime?: boolean;
  /** Stops the run between timesteps with RUN_INTERRUPTED. */
  readonly signal?: StopSignal;
  /** Called now and then with samples done; never after the run has ended. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Anything that runs a whole recording. Every sample starts from the initial state. */
export interface Engine {
  /** `reference`, `interpreter`, `kernels`, `shards`. */
  readonly name: string;
  run(stimuli: Stimuli, options?: RunOptions): Promise<Recording>;
  /** Frees workers and memory; the engine cannot be used afterwards. */
  close(): Promise<void>;
}

/** What one timestep gave: spikes of every population, as ids ascending with what each carries. */
export type StepResult = ReadonlyMap<string, { readonly neuron: Uint32Array; readonly payload: Int32Array }>;

/** An engine for closed loops: one sample, one timestep at a time. */
export interface SteppingEngine extends Engine {
  /** Advance one chip timestep; `frames` holds one frame [size] per Input node, missing ones are silent. */
  step(frames: ReadonlyMap<string, Float32Array | Float64Array>): StepResult;
  /** Back to the initial state. */
  reset(): void;
  /** All registers and events under way, to be given back to `restore` of an engine of the same program. */
  snapshot(): Uint8Array;
  restore(snapshot: Uint8Array): void;
}
