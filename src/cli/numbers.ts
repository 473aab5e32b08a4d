/** Strict readings of what stands on the command line. */

import { InvalidArgumentError } from "commander";

/** A whole number in a range, for commander; anything else is refused. */
export function wholeNumber(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

/** A decimal number, for commander. `accepts` says which are allowed and `range` how they are called. */
export function decimalNumber(range: string, accepts: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (Number.isFinite(value) && accepts(value)) return value;
    throw new InvalidArgumentError(`It must be a number ${range}.`);
  };
}

/** A share, 0 to 1. */
export const share: (text: string) => number = decimalNumber("from 0 to 1", (value) => value >= 0 && value <= 1);

/** Samples asked for; `to` null: to the last one. */
export interface SampleChoice {
  readonly from: number;
  readonly to: number | null;
}

/** `N`: the first N samples. `A:B`: A to B - 1; either may be left away. */
export function sampleChoice(text: string): SampleChoice {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count > 0) return { from: 0, to: count };
  const range = /^(\d{0,15}):(\d{0,15})$/.exec(text);
  const from = Number(range?.[1] || 0);
  const to = range?.[2] ? Number(range[2]) : null;
  if (range !== null && (to === null || to > from)) return { from, to };
  throw new InvalidArgumentError("It must be N for the first N samples (1 or more), or A:B with A below B.");
}

/** Adds one `name=value` to those before; numbers become numbers. */
export function setting(
  text: string,
  before: Readonly<Record<string, number | string>> = {},
): Record<string, number | string> {
  const parts = /^([\w-]+)=(.+)$/.exec(text);
  if (parts === null) throw new InvalidArgumentError("It must be name=value.");
  const [, name, value] = parts as unknown as [string, string, string];
  return { ...before, [name]: /^[+-]?\d+$/.test(value) ? Number(value) : value };
}

/** Adds one `population:register` to those before. The register comes after the last colon. */
export function probe(
  text: string,
  before: readonly { population: string; register: string }[] = [],
): { population: string; register: string }[] {
  const parts = /^(.+):(\w+)$/.exec(text);
  if (parts === null) throw new InvalidArgumentError("It must be population:register, such as lif1:membrane.");
  return [...before, { population: parts[1]!, register: parts[2]! }];
}

/** Names with commas between, for commander, each one of those that are known. */
export function listOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(",").map((part) => {
      const found = known.find((name) => name === part.trim());
      if (found !== undefined) return found;
      throw new InvalidArgumentError(`It takes ${known.join(", ")}, with commas between.`);
    });
}
