/** What a target says about a chip that runs on events instead of timesteps. Plain JSON, so that it travels inside a program. */

import type { ParameterSpec, StateSpec, TypeSpec } from "../datapath/spec.ts";

/**
 * What an event acts on. `targets`: every neuron of the sweep, ascending, with the weight of its synapse from the
 * source. `neuron`: one neuron or all of the sweep, with the weight that the event itself carries, if any. `synapse`:
 * one neuron, with the weight of its synapse from the source. `synapses`: no neuron, but all synapses of the source.
 */
export type Reach = "targets" | "neuron" | "synapse" | "synapses";

/** One kind of event. */
export interface EventKind {
  /** `queue`: put into the queue and served later. `immediate`: executed when it is taken from the host. */
  readonly route: "queue" | "immediate";
  readonly reaches: Reach;
  /** Block of the neurons that runs on each neuron reached; null where none is. */
  readonly runs: string | null;
  /** Block of the synapses that runs on each synapse touched; null where they do not change. */
  readonly learns: string | null;
  /** Taken from the host only when the choice comes to `background`. */
  readonly background: boolean;
}

/** How one kind of word becomes an event; expressions over `word` and the settings, or `all`. */
export interface WordRule {
  /** The first rule that is not 0 holds; null: always. */
  readonly when: string | null;
  readonly event: string;
  readonly source: string | null;
  readonly neuron: string | null;
  readonly weight: string | null;
}

/**
 * When a host that waits for a chip sends the next word. `after-idle`: when the queue is empty. `always-ready`: at once,
 * so that the chip decides between it and the queue.
 */
export type Pace = "after-idle" | "always-ready";

/** What an idle chip may do next. */
export type Choice = "full-queue" | "input" | "queue" | "background";

/** The port on which a host sends words. */
export interface HostSpec {
  readonly word: TypeSpec;
  readonly rules: readonly WordRule[];
  /** An always-ready host's next word is seen so many decisions after the last one was taken. */
  readonly seenAfter: number;
  /** What lets it be seen at once: an immediate event whose last neuron update made an output. */
  readonly atOnceAfter: "output-by-last-update" | null;
}

/** A monitor that replaces the output. */
export interface MonitorSpec {
  /** Expressions over the settings: whether it is on, and what it looks at. */
  readonly when: string;
  readonly neuron: string;
  readonly source: string | null;
  /** By datapath: words written after every update of the neuron; they read its registers, `spike` and `serving`. */
  readonly neuronWords: Readonly<Record<string, readonly string[]>>;
  /** Written whenever the memory word that holds the synapse from `source` to `neuron` is written. */
  readonly synapseWord: string | null;
}

/** What one timestep of a network is. */
export interface TimestepSpec {
  /** Kind of event that an event of a network's input becomes, inputs and their elements in order. */
  readonly input: string;
  readonly pace: Pace;
  /** Kinds of events that then follow for all neurons, one after another. */
  readonly end: readonly string[];
}

/** A chip that runs on events. Expressions without further word read the settings only. */
export interface EventSpec {
  readonly kinds: Readonly<Record<string, EventKind>>;
  readonly host: HostSpec;
  /** Null where every event is immediate. `headLeaves`: whether the entry being served still holds its place. */
  readonly queue: {
    readonly capacity: number;
    readonly whenFull: "lose-new" | "lose-oldest";
    readonly headLeaves: "before-service" | "after-service";
  } | null;
  /** The event that a neuron's spike becomes, with the neuron as its source, unless the expression is not 0. */
  readonly ownSpikes: { readonly event: string; readonly unless: string | null } | null;
  /** Whether a neuron's address is written when it fires, and a source's when its queued event was served. */
  readonly output: { readonly whenFired: string | null; readonly whenServed: string | null };
  /** Last neuron of a sweep; null: the chip's last. */
  readonly lastNeuron: string | null;
  /** What an idle chip does: the first that can be done. */
  readonly choice: readonly Choice[];
  readonly monitor: MonitorSpec | null;
  /** What lies at addresses that no neuron of a network has: its datapath, and parameters other than the defaults. */
  readonly unused: { readonly datapath: string; readonly parameters: Readonly<Record<string, number>> } | null;
  /** Null where no network can be put on the chip. */
  readonly timestep: TimestepSpec | null;
}

/** What a chip that runs on events stores for every pair of a source and a neuron. */
export interface SynapseSpec {
  /** `weight` among them. */
  readonly state: Readonly<Record<string, StateSpec>>;
  /** Constants of a sending neuron. */
  readonly sourceParameters: Readonly<Record<string, ParameterSpec>>;
  /** The one of them that is 1 for a source whose weights are negative, where a source has one sign. */
  readonly negativeSource: string | null;
  /** Expression: the `weight` that the neuron sees. */
  readonly delivers: string;
  /** Synapses of one source in one word of memory. */
  readonly storedTogether: number;
  /** Block name (`on load`, `on` and a name of the target's own, `define`) to its text. */
  readonly blocks: Readonly<Record<string, string>>;
}
