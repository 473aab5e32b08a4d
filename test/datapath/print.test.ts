import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBlock, parseExpression } from "../../src/datapath/parse.ts";
import { printExpression } from "../../src/datapath/print.ts";
import { mapChildren, type Block, type Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock, textOfBlock } from "./blocks.ts";

function bare(expression: Expression): Expression {
  return { ...mapChildren(expression, bare), at: { line: 0, column: 0 } };
}

function bareLines(block: Block): unknown {
  return block.map(({ name, value }) => ({ name, value: bare(value) }));
}

/** The lines of a text, or null where it does not parse. */
function linesOf(text: string): unknown {
  try {
    return bareLines(parseBlock(text));
  } catch (error) {
    if (error instanceof BitspikeError) return null;
    throw error;
  }
}

/** The text without one pair of parentheses that belong to no function, for each such pair. */
function* withoutPairs(text: string): Generator<string> {
  const open: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") open.push(i);
    if (text[i] !== ")") continue;
    const first = open.pop()!;
    if (/\w/.test(text[first - 1] ?? "")) continue;
    yield `${text.slice(0, first)} ${text.slice(first + 1, i)} ${text.slice(i + 1)}`;
  }
}

describe("printed lines", () => {
  it("are the same block again", () => {
    fc.assert(
      fc.property(randomBlock, ({ block }) => {
        expect(linesOf(textOfBlock(block))).toEqual(bareLines(block));
      }),
      { numRuns: 500 },
    );
  });

  it("have no parentheses that could go", () => {
    fc.assert(
      fc.property(randomBlock, ({ block }) => {
        const text = textOfBlock(block);
        const same = bareLines(block);
        for (const shorter of withoutPairs(text)) expect(linesOf(shorter)).not.toEqual(same);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    "a + b - (c - d) * -e",
    "(a << 2) + (b >> max(n, 0))",
    "(a + 1) << (b - 1)",
    "a ? b : c ? d : e",
    "(a ? b : c) ? d : e",
    "!(a && b) || (a < b) == (c < d)",
    "(a << b) << c",
    "a << (b << c)",
    "a * b << c * d",
    "-(-a)",
    "old(x) - x",
    "wrap(x + 1, 8)",
  ])("%s is written as a person would, and as it was", (text) => {
    const written = printExpression(parseExpression(text, "integer"));
    expect(written.replaceAll(/[ ()]/g, "")).toBe(text.replaceAll(/[ ()]/g, ""));
    expect(written.length).toBeLessThanOrEqual(text.length);
  });
});
