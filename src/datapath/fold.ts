/** Put constants into an expression and work out what then no longer depends on anything. */

import { BitspikeError } from "../errors.ts";
import { evaluate } from "./evaluate.ts";
import { childrenOf, mapChildren, type Block, type Expression } from "./syntax.ts";

const nothing = {
  value: (): never => {
    throw new Error("a constant expression reads no name");
  },
  old: (): never => {
    throw new Error("a constant expression reads no register");
  },
};

/**
 * The same expression with names of `constants` replaced and constant parts evaluated. A part that has no result (a
 * negative shift) or leaves 2^53 stays as it is written, so that it fails or is computed where it is used.
 */
export function fold(expression: Expression, constants: ReadonlyMap<string, number>): Expression {
  const { at } = expression;
  if (expression.kind === "name" || expression.kind === "old") {
    const value = constants.get(expression.name);
    return value === undefined ? expression : { kind: "number", value, at };
  }
  const inner = mapChildren(expression, (child) => fold(child, constants));
  if (inner.kind === "choice" && inner.condition.kind === "number") {
    return inner.condition.value !== 0 ? inner.yes : inner.no;
  }
  if (inner.kind === "number" || !childrenOf(inner).every((child) => child.kind === "number")) return inner;
  const value = tryEvaluate(inner);
  return value === null ? inner : { kind: "number", value, at };
}

/** The same line by line; lines keep their places. */
export function foldBlock(block: Block, constants: ReadonlyMap<string, number>): Block {
  return block.map((line) => ({ ...line, value: fold(line.value, constants) }));
}

function tryEvaluate(expression: Expression): number | null {
  try {
    const value = Number(evaluate(expression, nothing));
    return Number.isSafeInteger(value) ? value : null;
  } catch (error) {
    if (error instanceof BitspikeError) return null;
    throw error;
  }
}
