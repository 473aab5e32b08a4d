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
  /** Of chips whose events wait in a queue of limited room. */
  readonly queue?: QueueRecording | undefined;
}

/** What went on in the queue of a chip that runs on events, in each timestep. */
export interface QueueRecording {
  /** Most entries that were in it at once, [samples][steps]. */
  readonly longest: Int32Array;
  /** Entries that it lost because it was full, [samples][steps]. */
  readonly lost: Int32Array;
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

/**
 * Events of one Input node in one timestep. Those of one neuron add up, so that their order means nothing: the effect is
 * that of a frame. A payload is the integer that the chip receives, after the input's scale; one of 0 is no event.
 */
export interface StepEvents {
  /** Ids, 0 to the size of the input less 1. */
  readonly neuron: ArrayLike<number>;
  /** What each event carries, for inputs that take counts: how many there are; 1 each where it is missing or null. */
  readonly payload?: ArrayLike<number> | null;
  /** How many entries of the arrays are meant, from the first on; all where it is missing. */
  readonly count?: number;
}

/** What one Input node is fed in one timestep: a frame [size] of host values, as a stimulus writes, or events. */
export type StepInput = Float32Array | Float64Array | StepEvents;

/** By the names of the Input nodes; those that are missing are silent. The map and its arrays are only read. */
export type StepInputs = ReadonlyMap<string, StepInput>;

/** Spikes of one population in one timestep: the first `count` entries of two arrays, which may be longer. */
export interface StepSpikes {
  readonly count: number;
  /** Ids, ascending. */
  readonly neuron: Uint32Array;
  /** What each spike carries; 1 for a plain one. */
  readonly payload: Int32Array;
}

/** What one timestep gave, by population. */
export type StepResult = ReadonlyMap<string, StepSpikes>;

/** An engine for closed loops: one sample, one timestep of the chip at a time. */
export interface SteppingEngine extends Engine {
  /**
   * Advance one timestep.
   *
   * @returns the spikes of this timestep: always the same objects, written anew by the next step and emptied by `reset`
   *   and `restore`, so that what is to be kept has to be copied
   * @throws RUN_STIMULUS_UNKNOWN, RUN_STIMULUS_SHAPE, DATA_NOT_FINITE, ENGINE_EVENT_COUNT, ENGINE_STEP_INPUT,
   *   ENGINE_EVENT_NEURON, ENGINE_EVENT_PAYLOAD for inputs that the program does not take, and the state stays as it was;
   *   what the equations throw (ENGINE_REGISTER_RANGE, ENGINE_DELIVERY_RANGE, ENGINE_SUM_RANGE) ends a timestep halfway:
   *   then ENGINE_STEP_BROKEN until `reset` or `restore`
   */
  step(inputs?: StepInputs): StepResult;
  /**
   * The values of a register after the last step, one per neuron; exact, since a register has at most 53 bits.
   *
   * @param into [neurons], overwritten and returned; a new array where it is missing
   * @throws RUN_PROBE for a register that the population does not have, ENGINE_READ_SIZE
   */
  read(population: string, register: string, into?: Float64Array): Float64Array;
  /** Back to the initial state. */
  reset(): void;
  /**
   * All registers and events under way, for `restore` of any engine of the same program.
   *
   * @param into written from its beginning where it is long enough, so that nothing has to be allocated
   * @returns the bytes: a part of `into` from its beginning, or a new array where it is missing or too short. How many
   *   there are depends on the events under way.
   * @throws ENGINE_STEP_BROKEN
   */
  snapshot(into?: Uint8Array): Uint8Array;
  /**
   * Go on from where a snapshot was taken; the bytes are copied.
   *
   * @throws ENGINE_SNAPSHOT for bytes that are none of this program, and the state stays as it was
   */
  restore(snapshot: Uint8Array): void;
}

/**
 * An engine in a worker, from `connect`: that of this page or process goes on while it computes. Everything is as in
 * `SteppingEngine`, but answered by a promise, and what is given back belongs to the caller. Calls are served in their
 * order; while a run is going on others are answered in between.
 *
 * Every call may also fail with ENGINE_WORKER_DIED, and with ENGINE_CLOSED after `close`.
 */
export interface ConnectedEngine extends Engine {
  /** A frame over shared memory is not copied: it must stay as it is until the answer has come. */
  step(inputs?: StepInputs): Promise<StepResult>;
  read(population: string, register: string): Promise<Float64Array>;
  reset(): Promise<void>;
  snapshot(): Promise<Uint8Array>;
  restore(snapshot: Uint8Array): Promise<void>;
  /** Ends the worker at once; what it was doing fails with RUN_INTERRUPTED (a run) or ENGINE_CLOSED. */
  close(): Promise<void>;
}
