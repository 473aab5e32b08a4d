/** Everything that crosses between the thread that asks and the worker that has the engine. */

import type { Program } from "../compile/program.ts";
import type { Probe, Recording, StepInputs } from "../engine.ts";
import { BitspikeError, type ErrorCode, type Place } from "../errors.ts";
import type { PackedStimuli } from "./stimuli.ts";

/** One end of a channel: a worker as its owner has it, what a worker calls its own global, or a message port. */
export interface MessageEnd {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message" | "messageerror", listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: "message" | "messageerror", listener: (event: { readonly data: unknown }) => void): void;
}

/** An engine that a worker can have. */
export type EngineName = "kernels" | "interpreter";

/** What the worker does when asked; comlink carries the calls and answers. */
export interface Served {
  /** Answered as soon as the worker has started. */
  hello(): void;
  /** @returns the name of the engine */
  open(program: Program, engine: EngineName): Promise<Answer<string>>;
  run(id: number, stimuli: PackedStimuli, options: RunRequest): Promise<Answer<Recording>>;
  /**
   * Asked now and then while anything is being done.
   *
   * @param stop runs that are to stop
   * @returns how far runs are: [id, samples done, samples]
   */
  look(stop: readonly number[]): readonly RunState[];
  step(inputs: StepInputs): Promise<Answer<PackedSpikes>>;
  read(population: string, register: string): Promise<Answer<Float64Array>>;
  reset(): Promise<Answer<void>>;
  snapshot(): Promise<Answer<Uint8Array>>;
  restore(snapshot: Uint8Array): Promise<Answer<void>>;
}

export interface RunRequest {
  readonly probes: readonly Probe[];
  readonly chipTime: boolean;
}

export type RunState = readonly [id: number, done: number, total: number];

/**
 * The spikes of a timestep in one array, so that one buffer is handed over: how many of each population, in the order of
 * the program, then all ids, then all payloads.
 */
export type PackedSpikes = Int32Array;

/** A result, or a mistake in its parts, since a thread boundary strips an error of its class. */
export type Answer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "mistake"; readonly mistake: MistakeParts };

export interface MistakeParts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly place: Place;
  readonly issues: readonly MistakeParts[];
}

/** A mistake in its parts. */
export function partsOf({ code, message, hint, place, issues }: BitspikeError): MistakeParts {
  return { code, message, hint, place, issues: issues.map(partsOf) };
}

/** The mistake that was taken to parts. */
export function mistakeFrom({ code, message, hint, place, issues }: MistakeParts): BitspikeError {
  return new BitspikeError(code, { message, hint }, place, { issues: issues.map(mistakeFrom) });
}

/** The buffers of arrays that can be handed over: not shared, and shown whole, so that nobody else loses a part. */
export function ownBuffers(arrays: Iterable<ArrayBufferView>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of arrays) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}
