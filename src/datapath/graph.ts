/**
 * A block as a graph of values. Every name stands for the value that it was last assigned, and equal computations are
 * one value, so that what is learned about it in one place holds in all.
 */

import { childrenOf, type Block, type Expression } from "./syntax.ts";

/** A number, what a name is at the entry of the block, or an operation on values. */
export interface Value {
  /** Operands have smaller ones. */
  readonly id: number;
  /** `number`, `entry`, `negate`, `?:`, or the operator or function. */
  readonly operation: string;
  readonly args: readonly Value[];
  /** Of a number. */
  readonly number: bigint | null;
  /** Of an entry. */
  readonly name: string | null;
  /** Operations between it and the farthest entry or number. */
  readonly depth: number;
  /** Names whose entry values it is made of. */
  readonly entries: ReadonlySet<string>;
  /** Bit `id` is set for the value itself and all that it is made of; empty for the latest of very many values. */
  readonly parts: Uint32Array;
}

/** Whether a value is `part`, or made of it. */
export function isMadeOf({ parts }: Value, part: Value): boolean {
  return ((parts[part.id >>> 5] ?? 0) & (1 << (part.id & 31))) !== 0;
}

/** Values that lie deeper, or come later, are not worked out anew under assumptions: time, memory and recursion have an end. */
export const deepest = 500;
const last = 8192;

/** One line: its name, and the value of each expression in it. */
export interface GraphLine {
  readonly name: string;
  readonly expression: Expression;
  readonly value: Value;
  readonly values: ReadonlyMap<Expression, Value>;
}

/** The values of one block. */
export class Graph {
  readonly lines: readonly GraphLine[];
  readonly #values = new Map<string, Value>();

  constructor(block: Block) {
    const names = new Map<string, Value>();
    this.lines = block.map((line) => {
      const values = new Map<Expression, Value>();
      const value = this.#read(line.value, names, values);
      names.set(line.name, value);
      return { name: line.name, expression: line.value, value, values };
    });
  }

  /** What a name is at the entry of the block. */
  entry(name: string): Value {
    return this.#intern(`entry ${name}`, { operation: "entry", args: [], number: null, name });
  }

  /** An operation on values, which need not occur in the block. */
  operation(operation: string, args: readonly Value[]): Value {
    const key = `${operation} ${args.map(({ id }) => id).join(" ")}`;
    return this.#intern(key, { operation, args, number: null, name: null });
  }

  /** One frame per level of nesting: a long sum nests thousands of times. */
  #read(expression: Expression, names: ReadonlyMap<string, Value>, values: Map<Expression, Value>): Value {
    const args: Value[] = [];
    for (const child of childrenOf(expression)) args.push(this.#read(child, names, values));
    const value = this.#valueOf(expression, args, names);
    values.set(expression, value);
    return value;
  }

  #valueOf(expression: Expression, args: readonly Value[], names: ReadonlyMap<string, Value>): Value {
    switch (expression.kind) {
      case "number": {
        const number = BigInt(expression.value);
        return this.#intern(String(number), { operation: "number", args, number, name: null });
      }
      case "name":
        return names.get(expression.name) ?? this.entry(expression.name);
      case "old":
        return this.entry(expression.name);
      default:
        return this.operation(operationOf(expression), args);
    }
  }

  #intern(key: string, value: Omit<Value, "id" | "depth" | "entries" | "parts">): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const depth = value.args.reduce((most, argument) => Math.max(most, argument.depth + 1), 0);
    const entries = value.name === null ? entriesOf(value.args) : new Set([value.name]);
    const id = this.#values.size;
    const fresh = { ...value, depth, entries, id, parts: partsOf(id, value.args) };
    this.#values.set(key, fresh);
    return fresh;
  }
}

function operationOf(expression: Exclude<Expression, { kind: "number" | "name" | "old" }>): string {
  switch (expression.kind) {
    case "unary":
      return expression.operator === "-" ? "negate" : "!";
    case "binary":
      return expression.operator;
    case "choice":
      return "?:";
    case "call":
      return expression.name === "down" ? ">>" : expression.name;
  }
}

const noEntries: ReadonlySet<string> = new Set();

/** All names together; most operations have one operand that has them all. */
function entriesOf(args: readonly Value[]): ReadonlySet<string> {
  let largest = noEntries;
  for (const { entries } of args) if (entries.size > largest.size) largest = entries;
  let all: Set<string> | null = null;
  for (const { entries } of args) {
    if (entries === largest) continue;
    for (const name of entries) if (!largest.has(name)) (all ??= new Set(largest)).add(name);
  }
  return all ?? largest;
}

function partsOf(id: number, args: readonly Value[]): Uint32Array {
  const parts = new Uint32Array(id < last ? (id >>> 5) + 1 : 0);
  if (parts.length === 0) return parts;
  for (const argument of args) for (const [i, word] of argument.parts.entries()) parts[i]! |= word;
  parts[id >>> 5]! |= 1 << (id & 31);
  return parts;
}
