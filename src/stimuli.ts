/** Checks of what a run is given, shared by all engines. */

import type { Probe, Stimuli } from "./engine.ts";
import { mistake, type BitspikeError } from "./errors.ts";
import { sizeOf, type Shape } from "./network/types.ts";

/** How many samples and steps all stimuli have; none of both for a network without inputs. */
export interface RunLength {
  readonly samples: number;
  readonly steps: number;
}

/**
 * Check that every Input node has data of its size, and that all data are equally long.
 *
 * @param inputs the Input nodes
 * @throws RUN_STIMULUS_MISSING, RUN_STIMULUS_UNKNOWN, RUN_STIMULUS_SHAPE, RUN_STIMULI_DIFFER
 */
export function checkStimuli(
  inputs: readonly { readonly name: string; readonly shape: Shape }[],
  stimuli: Stimuli,
): RunLength {
  const known = inputs.map((input) => input.name).join(", ");
  for (const name of stimuli.keys()) {
    if (!inputs.some((input) => input.name === name)) throw mistake("RUN_STIMULUS_UNKNOWN", { input: name, known });
  }
  let first: (RunLength & { name: string }) | null = null;
  for (const { name, shape } of inputs) {
    const stimulus = stimuli.get(name);
    if (stimulus === undefined) throw mistake("RUN_STIMULUS_MISSING", { input: name, known });
    const { samples, steps } = stimulus;
    const [expected, got] = [sizeOf(shape), sizeOf(stimulus.shape)];
    if (expected !== got) throw mistake("RUN_STIMULUS_SHAPE", { input: name, expected, got });
    first ??= { name, samples, steps };
    if (samples !== first.samples || steps !== first.steps) {
      const facts = { input: name, got: `${samples} x ${steps}`, first: first.name };
      throw mistake("RUN_STIMULI_DIFFER", { ...facts, expected: `${first.samples} x ${first.steps}` });
    }
  }
  return { samples: first?.samples ?? 0, steps: first?.steps ?? 0 };
}

/**
 * Check that everything to be recorded exists.
 *
 * @param registers what each population can show, by its name
 * @throws RUN_PROBE
 */
export function checkProbes(registers: ReadonlyMap<string, readonly string[]>, probes: readonly Probe[]): void {
  for (const { population, register } of probes) {
    if (registers.get(population)?.includes(register) !== true)
      throw noSuchRegister(registers, { population, register });
  }
}

/** The mistake of asking for a register that is not there; `registers` as for `checkProbes`. */
export function noSuchRegister(
  registers: ReadonlyMap<string, readonly string[]>,
  { population, register }: Probe,
): BitspikeError {
  const own = registers.get(population);
  const known = own === undefined ? [...registers.keys()] : own.map((name) => `${name} of ${population}`);
  return mistake("RUN_PROBE", { population, register, known: known.join(", ") }, { node: population });
}
