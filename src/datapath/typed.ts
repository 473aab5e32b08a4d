/** What the names of a datapath's blocks can be by their types alone. */

import type { Interval } from "./interval.ts";
import type { DatapathSpec, ParameterSpec, TypeSpec } from "./spec.ts";

/** Largest timestep of a run, far beyond any. */
const lastTimestep = 2n ** 53n - 1n;

/** All numbers of a type. */
export function typeRange({ low, high }: TypeSpec): Interval {
  return { low: BigInt(low), high: BigInt(high) };
}

/** What declares names, and the words of enumerations among them. */
interface TypedNames {
  readonly spec: Pick<DatapathSpec, "state" | "parameters" | "projection" | "forward">;
  readonly words: ReadonlyMap<string, number>;
}

/**
 * Every name that has a type: registers, parameters, constants of projections, settings, words of enumerations, and
 * `timestep`. A setting that some type takes its width from has its default.
 *
 * @param documented take the range that the chip documents where a parameter has one
 */
export function typeRanges(
  { spec, words }: TypedNames,
  settings: Readonly<Record<string, ParameterSpec>>,
  documented = false,
): Map<string, Interval> {
  const declared: readonly [string, TypeSpec & Pick<ParameterSpec, "documented">][] = [
    ...Object.entries(spec.state),
    ...Object.entries(spec.parameters),
    ...Object.entries(spec.projection),
  ];
  const widths = new Set(declared.map(([, { width }]) => width));
  const ranges = new Map<string, Interval>();
  for (const [name, type] of declared) ranges.set(name, typeRange((documented ? type.documented : undefined) ?? type));
  for (const [name, type] of Object.entries(settings)) {
    const usual = type.default ?? type.low;
    ranges.set(name, typeRange(widths.has(name) ? { low: usual, high: usual } : type));
  }
  for (const [word, number] of words) ranges.set(word, typeRange({ low: number, high: number }));
  ranges.set("timestep", { low: 1n, high: lastTimestep });
  if (spec.forward !== undefined) ranges.set("spike", typeRange({ low: 0, high: spec.forward.atMost }));
  return ranges;
}
