/**
 * The real reading of a block: the same equations without rounding and overflow. Shifts that round are divisions, `wrap`
 * and `saturate` hand on what they are given; `clamp`, `div_down`, `rem` and `bits` say what the model does, and stay.
 */

import type { Block, Expression } from "./syntax.ts";

/**
 * Arithmetic on many real numbers at once: arrays here, tensors elsewhere. Each operation goes through all of them and
 * makes a new value; truths are 0 and 1, and whatever is not 0 is true.
 */
export interface RealOperations<T> {
  constant(value: number): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  minimum(a: T, b: T): T;
  maximum(a: T, b: T): T;
  absolute(a: T): T;
  sign(a: T): T;
  floor(a: T): T;
  /** 2 to the power of a. */
  power(a: T): T;
  equal(a: T, b: T): T;
  less(a: T, b: T): T;
  not(a: T): T;
  /** Of both, whatever they are: what a branch that is not taken comes to must not matter. */
  choose(condition: T, yes: T, no: T): T;
}

/**
 * Run a block in real numbers.
 *
 * @param names what every name is at the entry of the block
 * @returns what every assigned name is after it
 */
export function runIdeal<T>(
  block: Block,
  names: ReadonlyMap<string, T>,
  operations: RealOperations<T>,
): ReadonlyMap<string, T> {
  const walk = new IdealWalk(names, operations);
  for (const line of block) walk.results.set(line.name, walk.value(line.value));
  return walk.results;
}

class IdealWalk<T> {
  readonly results: Map<string, T> = new Map();
  readonly #entry: ReadonlyMap<string, T>;
  readonly #real: RealOperations<T>;

  constructor(entry: ReadonlyMap<string, T>, real: RealOperations<T>) {
    this.#entry = entry;
    this.#real = real;
  }

  value(expression: Expression): T {
    switch (expression.kind) {
      case "number":
        return this.#real.constant(expression.value);
      case "name":
        return this.results.get(expression.name) ?? this.#entry.get(expression.name)!;
      case "old":
        return this.#entry.get(expression.name)!;
      case "unary": {
        const operand = this.value(expression.operand);
        return expression.operator === "!"
          ? this.#real.not(operand)
          : this.#real.subtract(this.#real.constant(0), operand);
      }
      case "choice":
        return this.#real.choose(
          this.value(expression.condition),
          this.value(expression.yes),
          this.value(expression.no),
        );
      case "binary":
        return this.#binary(expression.operator, this.value(expression.left), this.value(expression.right));
      case "call":
        return this.#call(
          expression.name,
          expression.args.map((argument) => this.value(argument)),
        );
    }
  }

  #binary(operator: Extract<Expression, { kind: "binary" }>["operator"], a: T, b: T): T {
    const real = this.#real;
    switch (operator) {
      case "+":
        return real.add(a, b);
      case "-":
        return real.subtract(a, b);
      case "*":
        return real.multiply(a, b);
      case "/":
        return real.divide(a, b);
      case "<<":
        return real.multiply(a, real.power(b));
      case ">>":
        return this.#shifted(a, b);
      case "==":
        return real.equal(a, b);
      case "!=":
        return real.not(real.equal(a, b));
      case "<":
        return real.less(a, b);
      case "<=":
        return real.not(real.less(b, a));
      case ">":
        return real.less(b, a);
      case ">=":
        return real.not(real.less(a, b));
      case "&&":
        return real.multiply(this.#truth(a), this.#truth(b));
      case "||":
        return real.maximum(this.#truth(a), this.#truth(b));
    }
  }

  #call(name: string, args: readonly T[]): T {
    const real = this.#real;
    const [a, b, c] = args as [T, T, T];
    switch (name) {
      case "min":
        return real.minimum(a, b);
      case "max":
        return real.maximum(a, b);
      case "abs":
        return real.absolute(a);
      case "sign":
        return real.sign(a);
      case "clamp":
        return real.minimum(real.maximum(a, b), c);
      case "saturate":
      case "wrap":
        return a;
      case "toward_zero":
      case "down":
      case "nearest_even":
        return this.#shifted(a, b);
      case "div_down":
        return real.floor(real.divide(a, b));
      case "rem":
        return this.#rest(a, b);
      case "bits":
        return this.#rest(real.floor(this.#shifted(a, b)), real.power(c));
      default:
        throw new Error(`the parser let an unknown function through: ${name}`);
    }
  }

  #shifted(a: T, bits: T): T {
    return this.#real.divide(a, this.#real.power(bits));
  }

  #rest(a: T, b: T): T {
    const real = this.#real;
    return real.subtract(a, real.multiply(real.floor(real.divide(a, b)), b));
  }

  #truth(a: T): T {
    return this.#real.not(this.#real.not(a));
  }
}

/** Real arithmetic in doubles, on arrays of one length. */
export function realLanes(length: number): RealOperations<Float64Array> {
  return {
    constant: (value) => new Float64Array(length).fill(value),
    add: (a, b) => zip(a, b, (x, y) => x + y),
    subtract: (a, b) => zip(a, b, (x, y) => x - y),
    multiply: (a, b) => zip(a, b, (x, y) => x * y),
    divide: (a, b) => zip(a, b, (x, y) => x / y),
    minimum: (a, b) => zip(a, b, Math.min),
    maximum: (a, b) => zip(a, b, Math.max),
    absolute: (a) => map(a, Math.abs),
    sign: (a) => map(a, Math.sign),
    floor: (a) => map(a, Math.floor),
    power: (a) => map(a, (x) => 2 ** x),
    equal: (a, b) => zip(a, b, (x, y) => Number(x === y)),
    less: (a, b) => zip(a, b, (x, y) => Number(x < y)),
    not: (a) => map(a, (x) => Number(x === 0)),
    choose: (condition, yes, no) => condition.map((x, i) => (x !== 0 ? yes[i]! : no[i]!)),
  };
}

function map(a: Float64Array, change: (x: number) => number): Float64Array {
  return a.map(change);
}

function zip(a: Float64Array, b: Float64Array, join: (x: number, y: number) => number): Float64Array {
  return a.map((x, i) => join(x, b[i]!));
}
