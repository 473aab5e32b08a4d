/** Values of integer expressions over a chip's settings. */

import { readWords } from "../datapath/datapath.ts";
import { evaluate } from "../datapath/evaluate.ts";
import { parseExpression } from "../datapath/parse.ts";
import type { Expression } from "../datapath/syntax.ts";
import type { Target } from "./types.ts";

/** Names and values that expressions may read. */
export type NamedValues = ReadonlyMap<string, bigint>;

/** Settings as a program has them, and the words of enumerations. */
export function settingValues(
  target: Pick<Target, "settings">,
  settings: Readonly<Record<string, number>>,
): NamedValues {
  const words = readWords({ parameters: {}, projection: {} }, target.settings, []);
  return new Map([...words, ...Object.entries(settings)].map(([name, value]) => [name, BigInt(value)]));
}

/** The value of an expression over given names. */
export function valueOf(expression: Expression, values: NamedValues): number {
  const value = (name: string): bigint => values.get(name)!;
  return Number(evaluate(expression, { value, old: value }));
}

/** The value of an expression over the settings; `usual` where there is none. */
export function chipValue(text: string | null, settings: NamedValues, usual: number): number {
  return text === null ? usual : valueOf(parseExpression(text, "integer"), settings);
}
