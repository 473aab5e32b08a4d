/** Mistakes of a target while they are gathered, and what most checks of expressions need. */

import { readExpression } from "../datapath/event-datapath.ts";
import { isBounded, rangesOf, type Interval } from "../datapath/ranges.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import { namesIn, type Expression } from "../datapath/syntax.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { closest } from "../spelling.ts";

/** What each name can be. */
export type Names = ReadonlyMap<string, Interval>;

/** Gathers mistakes; fields are dotted paths in the target's file. */
export class Findings {
  readonly issues: BitspikeError[] = [];
  /** Every name that an expression has read so far. */
  readonly read: Set<string> = new Set();

  wrong(field: string, reason: string): void {
    this.issues.push(mistake("TARGET_FIELD", { field, reason }, { field }));
  }

  /** Something that nothing uses. */
  unused(field: string, what: string, user: string): void {
    this.issues.push(mistake("TARGET_UNUSED", { what, user }, { field }));
  }

  /** Mistakes of a part, with the rest of their field. */
  below(prefix: string, issues: readonly BitspikeError[]): void {
    for (const issue of issues) {
      const { field } = issue.place;
      const place = { ...issue.place, field: field === undefined ? prefix : `${prefix}.${field}` };
      this.issues.push(new BitspikeError(issue.code, issue, place, { issues: issue.issues }));
    }
  }

  /** Whether a name is one of `known`; a mistake where it is not. */
  reference(field: string, what: string, name: string, known: readonly string[]): boolean {
    if (known.includes(name)) return true;
    const near = closest(name, known);
    const guess = near === undefined ? "" : `Did you mean ${near}? `;
    const facts = { field, what, name, guess, known: known.join(", ") || "none" };
    this.issues.push(mistake("TARGET_REFERENCE", facts, { field }));
    return false;
  }

  /** An expression whose names are declared; null with its mistakes. */
  parse(field: string, text: string, names: Names): Expression | null {
    const expression = readExpression(text, [...names.keys()], field, this.issues);
    if (expression !== null) namesIn(expression, this.read);
    return expression;
  }

  /** An expression whose value has to lie in a range. */
  expression(field: string, text: string, names: Names, within: TypeSpec): void {
    const value = this.parse(field, text, names);
    if (value === null) return;
    this.inside(field, rangesOf([{ name: "value", value, at: value.at }], names).results.get("value"), within);
  }

  /** A value that has to lie in a range, as far as intervals show. */
  inside(field: string, value: Interval | undefined, { low, high }: TypeSpec): void {
    if (value === undefined) this.wrong(field, "it never has a value");
    else if (value.low < BigInt(low) || value.high > BigInt(high)) {
      const got = isBounded(value) ? `${value.low}..${value.high}` : "any number";
      this.wrong(field, `it can be ${got} and has to lie in ${low}..${high}`);
    }
  }
}

/** Names with the ranges of their types. */
export function rangesOfTypes(types: Readonly<Record<string, TypeSpec>>): [string, Interval][] {
  return Object.entries(types).map(([name, { low, high }]) => [name, { low: BigInt(low), high: BigInt(high) }]);
}

/** Words of enumerations, each with its number. */
export function rangesOfWords(words: ReadonlyMap<string, number>): [string, Interval][] {
  return [...words].map(([word, value]) => [word, { low: BigInt(value), high: BigInt(value) }]);
}
