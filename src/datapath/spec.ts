/** What a target says about one kind of neuron: registers, constants and equations as text. Plain JSON. */

/** `above`: the smallest integer that is larger, for a threshold at which a neuron fires already. */
export type Rounding = "nearest" | "nearest-even" | "down" | "toward-zero" | "above";

/**
 * A register's or parameter's type: `int24`, `uint12`, or `lo..hi`, or a list of words that stand for 0, 1, 2, .. or
 * `int[setting]`, whose range is that of the setting's default until a program sets it.
 */
export interface TypeSpec {
  readonly low: number;
  readonly high: number;
  /** The setting whose value is the number of bits. */
  readonly width?: string | undefined;
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
  /** Real expression over the parameter's own name and settings: the share that a decay with this integer keeps per timestep. */
  readonly decodes?: string | undefined;
  /** Integer expression: distance between representable values. */
  readonly step?: string | undefined;
  /**
   * Chosen by the compiler. `exponent`: the smallest value with which everything whose `encodes` names this one still
   * fits. `signs`: the word mixed, excitatory or inhibitory, from the weights. `graded`: 1 where events carry payloads.
   */
  readonly chosen?: "exponent" | "signs" | "graded" | undefined;
  /** Value when the network does not say. */
  readonly default?: number | undefined;
  /** The chip holds one value for all neurons of a population; absent: one for each neuron. */
  readonly per?: "population" | undefined;
  /** Lines that say how the chip stores the value: `stored` from the parameter's own name; as it is where there are none. */
  readonly onLoad?: string | undefined;
}

/** A register of every neuron. */
export interface StateSpec extends TypeSpec {
  /** Real expression, linear in the register's own name: what an integer of it stands for (`membrane * scale`). */
  readonly encodes?: string | undefined;
  /**
   * `stops`: the equations do not say what happens beyond the type, and a run that would leave it ends with an error.
   * Without it a register that can leave its type though nothing arrives is a mistake in the target.
   */
  readonly overflow?: "stops" | undefined;
}

/** The arithmetic of one kind of neuron, as the text of its blocks. */
export interface DatapathSpec {
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Constants of a projection. */
  readonly projection: Readonly<Record<string, ParameterSpec>>;
  /** Accumulators that events are added to; `["input"]` unless the target says otherwise. */
  readonly inputs: readonly string[];
  /** `none`: a machine of bits, whose equations mean nothing in real numbers. */
  readonly real?: "none" | undefined;
  /** What the equations do after a spike, where no parameter encodes `subtract`. */
  readonly reset: "zero" | "subtract";
  /** Which populations it runs: those that only Outputs read and only neurons feed, or the others; all if missing. */
  readonly role?: "hidden" | "output" | undefined;
  /** Whether a membrane of several thresholds fires as often in one timestep; once if missing. */
  readonly fires?: "once" | "repeatedly" | undefined;
  /**
   * Real expression over the share of the current that is kept (alpha): what one LSB of weight adds to the membrane over
   * all timesteps, where that is not 1 / (1 - alpha).
   */
  readonly charge?: string | undefined;
  /** Name of a per-step value that is not 0 where a neuron has something to do, which then takes more time and energy. */
  readonly active?: string | undefined;
  /**
   * A neuron may pass its count of spikes on to one other of its population: directly after its update the count is
   * added to the other's, which is cut at `atMost`. The equations read in `spike` what was there before.
   */
  readonly forward?: { readonly atMost: number } | undefined;
  /** Block name (`on spike`, `on total`, `on timestep`, `on load`, `define`) to its text. */
  readonly blocks: Readonly<Record<string, string>>;
}
