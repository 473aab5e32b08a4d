/**
 * Constants per neuron in a kernel's memory, each stored as narrow as its values allow. What equations work out from
 * constants alone is worked out once and stored instead.
 */

import { rangeOfValues } from "../core/bounds.ts";
import { fold } from "../datapath/fold.ts";
import { prepareBlock, type Values } from "../datapath/prepare.ts";
import type { Interval } from "../datapath/ranges.ts";
import { childrenOf, mapChildren, namesIn, type Block, type Expression } from "../datapath/syntax.ts";
import { BitspikeError } from "../errors.ts";
import { within } from "./arithmetic/value.ts";
import { bytesOf, paddedViewOf, type Layout, type Region, type Storage } from "./memory.ts";
import type { WasmMemory } from "./wasm.ts";

type Numbers = Exclude<Values, number>;

/** An array of one number per neuron that is never written. */
export interface ParameterArray {
  readonly region: Region;
  readonly range: Interval;
  readonly parameter: true;
}

/** Where elements are kept that lie in a range; null: nowhere that is exact. */
export function storageFor(range: Interval): Storage | null {
  return storages.find((storage) => within(range, limitsOf[storage])) ?? null;
}

const storages = ["i16", "u16", "i32", "f64"] as const;
const limitsOf: Readonly<Record<(typeof storages)[number], Interval>> = {
  i16: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  u16: { low: 0n, high: 2n ** 16n - 1n },
  i32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  f64: { low: -(2n ** 53n) + 1n, high: 2n ** 53n - 1n },
};

/** The parameters of the neurons that are here, and what is derived from them. */
export class Parameters {
  readonly #layout: Layout;
  readonly #size: number;
  readonly #constants = new Map<string, number>();
  readonly #values = new Map<string, Numbers>();
  /** Those that kernels ask for get a place; a name in brackets cannot be one of the equations'. */
  readonly #placed = new Map<string, ParameterArray>();

  /** @param constants numbers, or arrays [size] */
  constructor(layout: Layout, size: number, constants: ReadonlyMap<string, Values>) {
    this.#layout = layout;
    this.#size = size;
    for (const [name, values] of constants) {
      if (typeof values === "number") this.#constants.set(name, values);
      else if (size > 0) this.#values.set(name, values);
    }
  }

  /** Neurons that are here. */
  get size(): number {
    return this.#size;
  }

  /** Where the values of a name lie, or null when it is no parameter. */
  array(name: string): ParameterArray | null {
    const known = this.#placed.get(name);
    if (known !== undefined) return known;
    const values = this.#values.get(name);
    if (values === undefined) return null;
    const range = rangeOfValues(values);
    const array: ParameterArray = {
      region: this.#layout.reserve(storageFor(range)!, this.#size),
      range,
      parameter: true,
    };
    this.#placed.set(name, array);
    return array;
  }

  /** An array of 2^(add + value), or 2^(add - value), cut to powers that 31 bits hold. */
  powers(name: string, direction: 1 | -1, add: number): Region {
    const derived = `[2^(${add}${direction === 1 ? "+" : "-"}${name})]`;
    if (!this.#values.has(derived)) {
      const powers = Float64Array.from(this.#values.get(name)!, (value) => 2 ** cut(add + direction * value));
      this.#values.set(derived, powers);
    }
    return this.array(derived)!.region;
  }

  /**
   * Put constants into a block, and names of derived arrays in place of what depends on nothing else.
   *
   * @param constants beside those of the neurons
   */
  simplify(block: Block, constants: ReadonlyMap<string, number>): Block {
    const known = new Map([...this.#constants, ...constants]);
    // Lines that depend on parameters alone may be read by others that do.
    const lines = new Map<string, Expression>();
    return block.map((line) => {
      const folded = fold(line.value, known);
      const [whole, value] = [substituted(folded, lines), this.derived(folded, lines)];
      // From here on the name means this line.
      known.delete(line.name);
      lines.delete(line.name);
      if (this.isConstant(whole)) lines.set(line.name, whole);
      return { ...line, value };
    });
  }

  private isConstant(expression: Expression): boolean {
    return expression.kind !== "old" && [...namesIn(expression)].every((name) => this.#values.has(name));
  }

  /** An expression with derived arrays for the largest parts that are worth one. */
  private derived(expression: Expression, lines: ReadonlyMap<string, Expression>): Expression {
    if (childrenOf(expression).length === 0) return expression;
    const whole = substituted(expression, lines);
    const name = this.isConstant(whole) ? this.derive(whole) : null;
    if (name !== null) return { kind: "name", name, at: expression.at };
    return mapChildren(expression, (child) => this.derived(child, lines));
  }

  /** The name of an array with the values of a constant expression; null where there is none, or it is not worth it. */
  private derive(expression: Expression): string | null {
    const name = `[${textOf(expression)}]`;
    if (this.#values.has(name)) return name;
    const reads = namesIn(expression);
    if (reads.size === 0) return null;
    const values = this.evaluate(expression);
    if (values === null) return null;
    const storage = storageFor(rangeOfValues(values));
    if (storage === null) return null;
    const [only] = reads;
    const stored = storageFor(rangeOfValues(this.#values.get(only!)!))!;
    // One sum or shift costs less than a wider array.
    if (reads.size === 1 && isCheap(expression) && bytesOf(storage) > bytesOf(stored)) return null;
    this.#values.set(name, values);
    return name;
  }

  private evaluate(expression: Expression): Float64Array | null {
    const array = new Float64Array(this.#size);
    const limit = Number.MAX_SAFE_INTEGER;
    const output = { name: "derived", array, low: -limit, high: limit };
    const block = [{ name: "derived", value: expression, at: expression.at }];
    try {
      prepareBlock(block, this.#values, [output], new Map(), outside).run(0, this.#size);
    } catch (error) {
      // It fails where it is evaluated, if it ever is.
      if (error instanceof BitspikeError || error === tooLarge) return null;
      throw error;
    }
    return array;
  }

  /** Write all arrays that have a place; the padding repeats the last neuron. */
  fill(memory: WasmMemory): void {
    for (const [name, { region }] of this.#placed) {
      const values = this.#values.get(name)!;
      const view = paddedViewOf(memory, region);
      view.set(values);
      view.fill(values[values.length - 1]!, values.length);
    }
  }
}

const tooLarge = new Error("a constant that no array holds");

function outside(): never {
  throw tooLarge;
}

function cut(exponent: number): number {
  return Math.max(0, Math.min(30, exponent));
}

/** Lines put in where they are read. */
function substituted(expression: Expression, lines: ReadonlyMap<string, Expression>): Expression {
  if (expression.kind === "name") return lines.get(expression.name) ?? expression;
  return mapChildren(expression, (child) => substituted(child, lines));
}

/** Sums and shifts with one number. */
function isCheap(expression: Expression): boolean {
  if (expression.kind !== "binary" || !["+", "-", "<<", ">>"].includes(expression.operator)) return false;
  return [expression.left, expression.right].every(({ kind }) => kind === "name" || kind === "number");
}

/** A text that is the same for equal expressions only. */
function textOf(expression: Expression): string {
  const inner = childrenOf(expression).map(textOf).join(" ");
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "name":
    case "old":
      return expression.name;
    case "choice":
      return `(? ${inner})`;
    case "call":
      return `(${expression.name} ${inner})`;
    default:
      return `(${expression.operator}${expression.kind} ${inner})`;
  }
}
