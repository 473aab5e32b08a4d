/** Where equations lose something of a number: each place can be read as the chip computes it, or in real numbers. */

import { childrenOf, type Block, type Expression } from "./syntax.ts";

/** `rounding`: bits are dropped. `wrap`, `saturate`: what does not fit a register is. */
export type LossKind = "rounding" | "wrap" | "saturate";

/** All operations of one kind on one line of a block, those of definitions that it calls included. */
export interface Loss {
  /** Counted from 0. */
  readonly line: number;
  /** What the line assigns. */
  readonly name: string;
  readonly kind: LossKind;
}

const kinds: Readonly<Record<string, LossKind>> = {
  ">>": "rounding",
  toward_zero: "rounding",
  down: "rounding",
  nearest_even: "rounding",
  wrap: "wrap",
  saturate: "saturate",
};

/** What an operation loses, by operator or function name; null: nothing, or what the model means to lose. */
export function lossOf(operation: string): LossKind | null {
  return kinds[operation] ?? null;
}

/** The losses of a block, line by line. */
export function lossesOf(block: Block): readonly Loss[] {
  return block.flatMap(({ name, value }, line) => [...kindsIn(value)].map((kind): Loss => ({ line, name, kind })));
}

function kindsIn(expression: Expression, into: Set<LossKind> = new Set()): Set<LossKind> {
  const operation =
    expression.kind === "binary" ? expression.operator : expression.kind === "call" ? expression.name : null;
  const kind = operation === null ? null : lossOf(operation);
  if (kind !== null) into.add(kind);
  for (const child of childrenOf(expression)) kindsIn(child, into);
  return into;
}
