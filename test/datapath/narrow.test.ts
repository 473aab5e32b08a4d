import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/datapath/evaluate.ts";
import { cuts, fails } from "../../src/datapath/facts.ts";
import { binaryInterval, callInterval, contains, covers, type Interval } from "../../src/datapath/interval.ts";
import { operandsOf } from "../../src/datapath/narrow.ts";
import { integerFunctions, type BinaryOperator, type Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";

const operators: readonly BinaryOperator[] = ["+", "-", "*", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];
const at = { line: 1, column: 1 };

/** An operation on names a, b and c. */
function expressionOf(operation: string): Expression {
  const name = (own: string): Expression => ({ kind: "name", name: own, at });
  const [a, b] = [name("a"), name("b")];
  if (operation === "negate") return { kind: "unary", operator: "-", operand: a, at };
  if (operation === "!") return { kind: "unary", operator: "!", operand: a, at };
  const operator = operators.find((one) => one === operation);
  if (operator !== undefined) return { kind: "binary", operator, left: a, right: b, at };
  const args = [a, b, name("c")].slice(0, integerFunctions[operation]);
  return { kind: "call", name: operation, args, at };
}

/** How many operands it has. */
function arityOf(operation: string): number {
  return integerFunctions[operation] ?? (operation === "negate" || operation === "!" ? 1 : 2);
}

/** What an operation gives, or null where it fails. */
function resultOf(operation: string, values: readonly bigint[]): bigint | null {
  const names = new Map(["a", "b", "c"].map((name, i) => [name, values[i] ?? 0n]));
  const value = (name: string): bigint => names.get(name)!;
  try {
    return evaluate(expressionOf(operation), { value, old: value });
  } catch (error) {
    if (error instanceof BitspikeError) return null;
    throw error;
  }
}

/** An interval and a value in it; ends are often the value, so that limits show. */
const operand = fc
  .tuple(
    fc.integer({ min: -20, max: 20 }),
    fc.integer({ min: -3, max: 9 }),
    fc.integer({ min: -3, max: 9 }),
    fc.boolean(),
  )
  .map(([value, below, above, small]) => {
    const own = small ? Math.abs(value) % 6 : value;
    const [low, high] = [own - Math.max(0, below), own + Math.max(0, above)];
    return { value: BigInt(own), range: { low: BigInt(low), high: BigInt(high) } };
  });
const operands = fc.tuple(operand, operand, operand);

const all = ["negate", "!", ...operators, ...Object.keys(integerFunctions)];

describe.each(all)("%s in intervals", (operation) => {
  const arity = arityOf(operation);

  it("gives what its operands give", () => {
    fc.assert(
      fc.property(operands, (given) => {
        const own = given.slice(0, arity);
        const ranges = own.map(({ range }) => range);
        const values = own.map(({ value }) => value);
        const result = resultOf(operation, values);
        const [a, b] = ranges as [Interval, Interval];
        const operator = operators.find((one) => one === operation);
        if (result === null) {
          expect(fails(operation, ranges)).not.toBe("never");
          return;
        }
        expect(fails(operation, ranges)).not.toBe("always");
        if (["wrap", "saturate", "clamp"].includes(operation)) {
          expect(cuts(operation, ranges)).not.toBe(result === values[0] ? "always" : "never");
        }
        if (arity === 1 && !Object.hasOwn(integerFunctions, operation)) return;
        const range = operator === undefined ? callInterval(operation, ranges) : binaryInterval(operator, a, b);
        expect(range !== null && contains(range, result)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("keeps the operands that give a result, read backward", () => {
    fc.assert(
      fc.property(operands, fc.nat(4), fc.nat(4), (given, below, above) => {
        const own = given.slice(0, arity);
        const result = resultOf(
          operation,
          own.map(({ value }) => value),
        );
        fc.pre(result !== null);
        const around = { low: result! - BigInt(below), high: result! + BigInt(above) };
        const ranges = own.map(({ range }) => range);
        const narrowed = operandsOf(operation, around, ranges);
        expect(narrowed).not.toBe(null);
        for (const [i, { value, range }] of own.entries()) {
          expect(contains(narrowed![i]!, value)).toBe(true);
          expect(covers(range, narrowed![i]!)).toBe(true);
        }
      }),
      { numRuns: 400, maxSkipsPerRun: 1000 },
    );
  });
});
