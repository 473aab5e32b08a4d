import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/datapath/evaluate.ts";
import { laneOperations, type Lanes } from "../../src/datapath/lanes.ts";
import { parseExpression } from "../../src/datapath/parse.ts";
import { integerFunctions } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";

/** An operation on names a, b and c, as text. */
function textOf(operation: string): string {
  if (operation === "negate") return "-a";
  if (operation === "!") return "!a";
  if (operation === "?:") return "a ? b : c";
  const arity = integerFunctions[operation];
  return arity === undefined ? `a ${operation} b` : `${operation}(${["a", "b", "c"].slice(0, arity).join(", ")})`;
}

/** What the plain walk gives, or NaN where it fails. */
function plain(operation: string): (a: number, b: number, c: number) => number {
  const expression = parseExpression(textOf(operation), "integer");
  return (...values) => {
    const value = (name: string): bigint => BigInt(values["abc".indexOf(name)]!);
    try {
      return Number(evaluate(expression, { value, old: value }));
    } catch (error) {
      if (error instanceof BitspikeError) return NaN;
      throw error;
    }
  };
}

describe.each(Object.keys(laneOperations))("%s on lanes", (operation) => {
  it("gives what the plain walk gives for all small operands, and nothing where that fails", () => {
    const walk = plain(operation);
    const small = Array.from({ length: 21 }, (_, i) => i - 10);
    const few = [-3, -2, -1, 0, 1, 2, 3, 5];
    const all = small.flatMap((a) => few.flatMap((b) => few.map((c) => [a, b, c] as const)));
    const lanes = [0, 1, 2].map((i) => Float64Array.from(all, (values) => values[i]!)) as [Lanes, Lanes, Lanes];
    const out = new Float64Array(all.length);
    laneOperations[operation]!(out, ...lanes, all.length);
    const wrong = all.filter((values, i) => {
      const [got, wanted] = [out[i]!, walk(...values)];
      return !(got === wanted || (Number.isNaN(got) && Number.isNaN(wanted)));
    });
    expect(wrong).toEqual([]);
  });
});
