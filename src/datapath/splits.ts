/**
 * Where looking at cases one by one can say more than looking at all together: a name that is read on several ways, at
 * 0 or value by value, and a choice within an operation, branch by branch.
 */

import { fails, type Facts } from "./facts.ts";
import type { Value } from "./graph.ts";
import { anything, contains, only, type Interval } from "./interval.ts";

/** Cases that together are all there is. */
export type Split = (facts: Facts) => readonly Facts[];

/** A parameter with no more values than this is looked at value by value. */
const mostValues = 32n;
/** Splits of one kind that are tried. */
const mostTried = 6;
/** Lines made of more than this are not split. */
const largestCone = 600;

/** Splits that may help with the values of a line, the most promising first. */
export function splitsOf(line: Value, values: Iterable<Value>, facts: Facts): Split[] {
  const entries = new Set<Value>();
  const conditions = new Set<Value>();
  for (const value of new Set(values)) {
    const ways = isMixed(value) ? waysTo(value) : new Map<Value, number>();
    for (const [one, count] of ways) if (one.operation === "entry" && count > 1) entries.add(one);
    for (const condition of innerConditions(ways.keys())) conditions.add(condition);
  }
  for (const condition of sharedConditions(waysTo(line).keys())) conditions.add(condition);
  for (const part of decidedBy(line)) conditions.add(part);
  const signed = [...entries].filter((one) => spansZero(facts.range(one)));
  const small = [...entries].filter((one) => isSmall(facts.range(one)));
  const open = [...conditions].filter((one) => isOpen(facts.range(one)) && isTotal(one, facts));
  return [
    ...signed.slice(0, mostTried).map(atZero),
    ...open.slice(0, mostTried).map(byTruth),
    ...small.slice(0, mostTried).map(byValue),
  ];
}

/** Whether it is arithmetic on operands that have something in common, which intervals of each do not see. */
function isMixed({ operation, args }: Value): boolean {
  if (!arithmetic.has(operation)) return false;
  const [a, b] = args as [Value, Value];
  return a.depth + b.depth > 0 && [...a.entries].some((name) => b.entries.has(name));
}

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "div_down", "rem"]);

/** Everything that a value is made of, with the number of ways that lead there (2 for more); nothing where that is too much. */
function waysTo(value: Value): ReadonlyMap<Value, number> {
  const ways = new Map<Value, number>([[value, 0]]);
  // A map hands out what is added while it is gone through.
  for (const one of ways.keys()) {
    for (const argument of one.args) ways.set(argument, 0);
    if (ways.size > largestCone) return new Map();
  }
  ways.set(value, 1);
  // Operands have smaller numbers: all ways to a value are counted before those on from it.
  for (const one of [...ways.keys()].toSorted((a, b) => b.id - a.id)) {
    for (const argument of one.args) ways.set(argument, Math.min(2, ways.get(argument)! + ways.get(one)!));
  }
  return ways;
}

/** Conditions of choices. */
function innerConditions(values: Iterable<Value>): Value[] {
  return [...values].flatMap(({ operation, args }) => (operation === "?:" ? [args[0]!] : []));
}

/** The sides of `a && b`, or of `a || b`, on which a whole line is decided: that one of them is 0 says nothing of either. */
function decidedBy({ operation, args }: Value): readonly Value[] {
  const [condition] = args;
  if (operation !== "?:" || (condition!.operation !== "&&" && condition!.operation !== "||")) return [];
  return condition!.args;
}

/** Conditions of several choices, which are then made alike. */
function sharedConditions(values: Iterable<Value>): Value[] {
  const all = innerConditions(values);
  return [...new Set(all)].filter((condition) => all.indexOf(condition) !== all.lastIndexOf(condition));
}

function isOpen(range: Interval | null): boolean {
  return range !== null && contains(range, 0n) && range.low !== range.high;
}

/** Whether a value always is one: where its operations may fail, its cases are not all there is. */
function isTotal(value: Value, facts: Facts): boolean {
  const parts = [...waysTo(value).keys()];
  return (
    parts.length > 0 &&
    parts.every(({ operation, args }) => {
      return (
        fails(
          operation,
          args.map((one) => facts.range(one) ?? anything),
        ) === "never"
      );
    })
  );
}

function spansZero(range: Interval | null): boolean {
  return range !== null && range.low < 0n && contains(range, 0n);
}

function isSmall(range: Interval | null): boolean {
  return range !== null && range.low < range.high && range.high - range.low < mostValues;
}

function present(all: readonly (Facts | null)[]): Facts[] {
  return all.filter((facts) => facts !== null);
}

/** Negative values and the others. */
function atZero(value: Value): Split {
  const halves = [
    { low: anything.low, high: -1n },
    { low: 0n, high: anything.high },
  ];
  return (facts) => present(halves.map((half) => facts.when(value, half)));
}

function byValue(value: Value): Split {
  return (facts) => {
    const { low, high } = facts.range(value) ?? only(0n);
    const values = Array.from({ length: Number(high - low) + 1 }, (_, i) => only(low + BigInt(i)));
    return present(values.map((one) => facts.when(value, one)));
  };
}

function byTruth(condition: Value): Split {
  return (facts) => present([facts.under(condition, true), facts.under(condition, false)]);
}
