/** Watches a walk of integer equations for the first operation that real numbers would answer otherwise. */

import type { Observer } from "../../src/datapath/evaluate.ts";
import { childrenOf, type Expression } from "../../src/datapath/syntax.ts";

/** Whether an operation gave what real numbers would, and doubles hold it and what it was made of. */
function isExact(node: Expression, seen: ReadonlyMap<Expression, bigint>): boolean {
  const value = seen.get(node)!;
  const [a = 0n, b = 0n, c = 0n] = childrenOf(node).map((child) => seen.get(child) ?? 0n);
  const small = [value, a, b, c].every((one) => one > -(2n ** 50n) && one < 2n ** 50n);
  const name = node.kind === "binary" ? node.operator : node.kind === "call" ? node.name : "";
  if (!small) return false;
  if (["wrap", "saturate"].includes(name)) return value === a;
  if ([">>", "down", "toward_zero", "nearest_even"].includes(name)) return b < 1000n && value << b === a;
  return true;
}

/** What was seen of a walk so far. */
export class Watch {
  /** Nothing was rounded and nothing overflowed. */
  exact = true;
  private readonly seen = new Map<Expression, bigint>();

  readonly observe: Observer = (node, value) => {
    this.seen.set(node, value);
    this.exact &&= isExact(node, this.seen);
  };
}
