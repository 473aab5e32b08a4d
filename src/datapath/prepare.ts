/**
 * A block made ready to run over many neurons at once: every operation becomes one loop over typed arrays of doubles.
 *
 * Doubles are exact for integers below 2^53. A lane that leaves that range, shifts by a negative amount or divides by
 * zero becomes NaN, NaN spreads through everything computed from it (but not through the branch of a `?:` that is not
 * taken), and a lane that has NaN on any line, or a result outside its register's range, is run again by the plain walk
 * of `evaluate.ts`, which has the exact answer or the error. So the result is that of the plain walk, always.
 */

import { runBlock } from "./evaluate.ts";
import { fold } from "./fold.ts";
import { laneOperations, type LaneOperation, type Lanes } from "./lanes.ts";
import { childrenOf, namesIn, type Block, type Expression } from "./syntax.ts";

/** Neurons per pass, small enough that all intermediate lanes stay in the first-level cache. */
export const passLength = 256;

/** An array with one element per neuron that equations write. */
export type Register = Float64Array | Int32Array | Int16Array | Uint16Array;

/** Values of one name: an array with one element per neuron, or one number for all. */
export type Values = Register | Uint32Array | number;

/** A name that the block may write, with the range that the result must keep to. */
export interface Output {
  readonly name: string;
  readonly array: Register;
  readonly low: number;
  readonly high: number;
}

/** Told when even the exact value is outside its range; throws the error that fits the caller. */
export type OutOfRange = (lane: number, output: Output, value: bigint) => never;

/** Computes lanes [0, count) of one operation for neurons [first, first + count). */
type Step = (first: number, count: number) => void;
/** Where an operand's lanes are found during a pass. */
export type Operand =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "lanes"; readonly lanes: Lanes };

export interface PreparedBlock {
  /** Run the block for neurons `first` to `end` (excluded); outputs are written in place. */
  run(first: number, end: number): void;
}

/**
 * Prepare a block.
 *
 * @param inputs names the block may read and does not write, such as parameters and accumulators
 * @param outputs registers and results, read at block entry where the block reads them and written at its end
 * @param changing values that may be another number at each run (the timestep); read when `run` is called
 * @param outOfRange called when a lane's exact value does not fit
 */
export function prepareBlock(
  block: Block,
  inputs: ReadonlyMap<string, Values>,
  outputs: readonly Output[],
  changing: ReadonlyMap<string, () => number>,
  outOfRange: OutOfRange,
): PreparedBlock {
  const builder = new Builder(block, inputs, outputs, changing);
  const { results, watched } = builder.block(block);
  const written = outputs.filter((output) => results.has(output.name));
  // What is written is looked at anyway.
  const seen = new Set(written.map(({ name }) => asLanes(results.get(name)!)));
  const unseen = watched.filter((lanes) => !seen.has(lanes));
  const exactly = plainLane(block, inputs, outputs, changing);

  const commit = (first: number, count: number): void => {
    for (let lane = 0; lane < count; lane++) {
      let fits = true;
      for (const { name, low, high } of written) {
        const value = at(results.get(name)!, lane);
        // Written so that NaN does not fit.
        if (!(value >= low && value <= high)) fits = false;
      }
      for (const lanes of unseen) if (Number.isNaN(lanes[lane])) fits = false;
      if (!fits) {
        store(first + lane, exactly(first + lane), written, outOfRange);
        continue;
      }
      // + 0 turns the -0 of a product into 0.
      for (const { name, array } of written) array[first + lane] = at(results.get(name)!, lane) + 0;
    }
  };

  return {
    run(first, end) {
      for (let at = first; at < end; at += passLength) {
        const count = Math.min(passLength, end - at);
        for (const step of builder.steps) step(at, count);
        commit(at, count);
      }
    },
  };
}

/** The same block by the plain walk for every neuron: slow, and the meaning of `prepareBlock`. Same arguments. */
export function plainBlock(
  block: Block,
  inputs: ReadonlyMap<string, Values>,
  outputs: readonly Output[],
  changing: ReadonlyMap<string, () => number>,
  outOfRange: OutOfRange,
): PreparedBlock {
  const exactly = plainLane(block, inputs, outputs, changing);
  const assigned = new Set(block.map((line) => line.name));
  const written = outputs.filter((output) => assigned.has(output.name));
  return {
    run(first, end) {
      for (let lane = first; lane < end; lane++) store(lane, exactly(lane), written, outOfRange);
    },
  };
}

/** The plain walk for one neuron: values of all names after the block. */
function plainLane(
  block: Block,
  inputs: ReadonlyMap<string, Values>,
  outputs: readonly Output[],
  changing: ReadonlyMap<string, () => number>,
): (lane: number) => Map<string, bigint> {
  return (lane) => {
    const values = new Map<string, bigint>();
    for (const [name, value] of inputs) values.set(name, BigInt(typeof value === "number" ? value : value[lane]!));
    for (const { name, array } of outputs) values.set(name, BigInt(array[lane]!));
    for (const [name, value] of changing) values.set(name, BigInt(value()));
    runBlock(block, values);
    return values;
  };
}

function store(
  lane: number,
  values: ReadonlyMap<string, bigint>,
  written: readonly Output[],
  outOfRange: OutOfRange,
): void {
  for (const output of written) {
    const value = values.get(output.name)!;
    if (value < BigInt(output.low) || value > BigInt(output.high)) outOfRange(lane, output, value);
    output.array[lane] = Number(value);
  }
}

/** What an operand is on one lane of a pass. */
export function at(operand: Operand, lane: number): number {
  return operand.kind === "constant" ? operand.value : operand.lanes[lane]!;
}

/** How operations are computed where not as integers: by operator or function name, and the line that it stands on. */
export type OtherOperations = (name: string, line: number) => LaneOperation;

/** Translates expressions to steps; equal subexpressions are not looked for, the texts are short. */
export class Builder {
  readonly steps: Step[] = [];
  private readonly other: OtherOperations | null;
  private line = 0;
  private readonly names = new Map<string, Operand>();
  private readonly entry = new Map<string, Operand>();
  private readonly constants = new Map<string, number>();

  constructor(
    block: Block,
    inputs: ReadonlyMap<string, Values>,
    outputs: readonly Output[],
    changing: ReadonlyMap<string, () => number>,
    other: OtherOperations | null = null,
  ) {
    this.other = other;
    const read = new Set(block.flatMap((line) => [...namesIn(line.value)]));
    for (const [name, value] of inputs) {
      if (typeof value === "number") {
        // What is constant is worked out beforehand, in integers.
        if (other === null) this.constants.set(name, value);
        else this.names.set(name, { kind: "constant", value });
      } else if (read.has(name)) this.names.set(name, this.loaded(value));
    }
    for (const { name, array } of outputs) if (read.has(name)) this.names.set(name, this.loaded(array));
    for (const [name, lanes] of this.names) this.entry.set(name, lanes);
    for (const [name, value] of changing) {
      const lanes = new Float64Array(passLength);
      this.steps.push((_first, count) => lanes.fill(value(), 0, count));
      this.names.set(name, { kind: "lanes", lanes });
    }
  }

  /**
   * Translate the lines in order; gives the operand of every assigned name, and the lanes of lines that no later line
   * is sure to read, in which NaN would otherwise go unseen.
   */
  block(block: Block): { results: Map<string, Operand>; watched: Lanes[] } {
    const results = new Map<string, Operand>();
    const unread = new Map<string, Lanes>();
    const watched: Lanes[] = [];
    for (const [index, line] of block.entries()) {
      this.line = index;
      const value = this.other === null ? fold(line.value, this.constants) : line.value;
      const operand = this.expression(value);
      for (const name of alwaysRead(value)) unread.delete(name);
      const overwritten = unread.get(line.name);
      if (overwritten !== undefined) watched.push(overwritten);
      // A name may be assigned again: from here on it means the new value.
      this.constants.delete(line.name);
      this.names.set(line.name, operand);
      results.set(line.name, operand);
      if (operand.kind === "lanes") unread.set(line.name, operand.lanes);
    }
    return { results, watched: [...watched, ...unread.values()] };
  }

  private loaded(array: Exclude<Values, number>): Operand {
    const lanes = new Float64Array(passLength);
    this.steps.push((first, count) => {
      for (let i = 0; i < count; i++) lanes[i] = array[first + i]!;
    });
    return { kind: "lanes", lanes };
  }

  private expression(expression: Expression): Operand {
    switch (expression.kind) {
      case "number":
        return { kind: "constant", value: expression.value };
      case "name":
        return this.names.get(expression.name)!;
      case "old":
        return this.entry.get(expression.name)!;
      case "unary":
        return this.apply(expression.operator === "-" ? "negate" : "!", expression);
      case "binary":
        return this.apply(expression.operator, expression);
      case "choice":
        return this.apply("?:", expression);
      case "call":
        return this.apply(expression.name, expression);
    }
  }

  private apply(name: string, expression: Expression): Operand {
    const operands = childrenOf(expression).map((child) => asLanes(this.expression(child)));
    const [a, b = a, c = a] = operands as [Lanes, Lanes?, Lanes?];
    const loop = this.other === null ? laneOperations[name]! : this.other(name, this.line);
    const out = new Float64Array(passLength);
    this.steps.push((_first, count) => loop(out, a, b!, c!, count));
    return { kind: "lanes", lanes: out };
  }
}

/** Names whose NaN makes the expression NaN: not those in a branch, or to the right of `&&` and `||`. */
function alwaysRead(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case "name":
      return [expression.name];
    case "choice":
      return alwaysRead(expression.condition);
    case "binary":
      if (expression.operator === "&&" || expression.operator === "||") return alwaysRead(expression.left);
  }
  return childrenOf(expression).flatMap(alwaysRead);
}

function asLanes(operand: Operand): Lanes {
  return operand.kind === "lanes" ? operand.lanes : new Float64Array(passLength).fill(operand.value);
}
