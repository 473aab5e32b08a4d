import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Scope } from "../../src/datapath/evaluate.ts";
import { fold } from "../../src/datapath/fold.ts";
import { parseExpression } from "../../src/datapath/parse.ts";
import { namesIn, type Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock } from "./blocks.ts";

const constants = new Map([
  ["k", 3],
  ["zero", 0],
  ["huge", 2 ** 53 - 1],
]);

function folded(text: string): Expression {
  return fold(parseExpression(text, "integer"), constants);
}

describe("folding", () => {
  it.each([
    ["k * 2 + 1", 7],
    ["max(k, 5) << k", 40],
    ["zero ? a : k", 3],
    ["k - 3 ? a : 8", 8],
    ["!zero && k == 3", 1],
    ["wrap(k << 6, 8)", -64],
    ["k ? 1 : 1 << -1", 1],
  ])("%s is %i", (text, value) => expect(folded(text)).toMatchObject({ kind: "number", value }));

  it.each(["1 << (zero - 1)", "rem(k, zero)", "huge + huge", "a + k", "huge * huge - huge * huge"])(
    "%s stays to be worked out where it is used",
    (text) => expect(folded(text).kind).not.toBe("number"),
  );

  it("takes the branch that a constant chooses, and names in the other are gone", () => {
    expect([...namesIn(folded("zero ? a : k ? b + k : c"))]).toEqual(["b"]);
  });

  it("changes no value and no mistake", () => {
    fc.assert(
      fc.property(randomBlock, ({ block, inputs }) => {
        const known = new Map(
          [...inputs].flatMap(([name, value]) => (typeof value === "number" ? [[name, value]] : [])),
        );
        const scope: Scope = { value: (name) => BigInt(known.get(name) ?? name.length), old: () => 77n };
        const { value } = block[0]!;
        expect(outcome(fold(value, known), scope)).toEqual(outcome(value, scope));
      }),
      { numRuns: 1000 },
    );
  });
});

/** The value, or the code of the mistake. */
function outcome(expression: Expression, scope: Scope): bigint | string {
  try {
    return evaluate(expression, scope);
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}
