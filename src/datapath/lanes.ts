/**
 * The operations of the language on lanes of doubles, one loop each. A result that a double cannot hold exactly, and
 * one that does not exist, is NaN; NaN in gives NaN out unless the operand does not matter. Each loop is written out:
 * one shared loop around a function argument is several times slower, because the engine then cannot inline it.
 */

export type Lanes = Float64Array;

/** Computes `out` [count] from its operands; those that the operation does not take are ignored. */
export type LaneOperation = (out: Lanes, a: Lanes, b: Lanes, c: Lanes, count: number) => void;

const limit = 2 ** 53;

function exact(value: number): number {
  return value < limit && value > -limit ? value : NaN;
}

/** Powers of two by exponent; a table is several times faster than the operator. */
const powers: Float64Array = Float64Array.from({ length: 1024 }, (_, bits) => 2 ** bits);

/** 2^bits, or NaN for what is no shift. Beyond 1023 a double cannot say it: NaN again, and the plain walk decides. */
function power(bits: number): number {
  return bits >= 0 && bits <= 1023 ? powers[bits]! : NaN;
}

function nearestEven(value: number, bits: number): number {
  // Exact: dividing by a power of two loses nothing.
  const quotient = value / power(bits);
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : rest === rest ? floor : NaN;
}

function remainder(a: number, b: number): number {
  const rest = a % b; // exact in doubles; NaN for b = 0
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** By operator or function name; `negate` is the unary minus. */
export const laneOperations: Readonly<Record<string, LaneOperation>> = {
  negate: (out, a, _b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = -a[i]!;
  },
  "!": (out, a, _b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === 0 ? 1 : a[i] === a[i] ? 0 : NaN;
  },
  "+": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = exact(a[i]! + b[i]!);
  },
  "-": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = exact(a[i]! - b[i]!);
  },
  "*": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = exact(a[i]! * b[i]!);
  },
  "<<": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = exact(a[i]! * power(b[i]!));
  },
  ">>": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.floor(a[i]! / power(b[i]!));
  },
  "==": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === b[i] ? 1 : Number.isNaN(a[i]! + b[i]!) ? NaN : 0;
  },
  "!=": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === b[i] ? 0 : Number.isNaN(a[i]! + b[i]!) ? NaN : 1;
  },
  "<": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! < b[i]! ? 1 : a[i]! >= b[i]! ? 0 : NaN;
  },
  "<=": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! <= b[i]! ? 1 : a[i]! > b[i]! ? 0 : NaN;
  },
  ">": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! > b[i]! ? 1 : a[i]! <= b[i]! ? 0 : NaN;
  },
  ">=": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! >= b[i]! ? 1 : a[i]! < b[i]! ? 0 : NaN;
  },
  "&&": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) {
      out[i] = a[i] === 0 ? 0 : a[i] !== a[i] || b[i] !== b[i] ? NaN : b[i] === 0 ? 0 : 1;
    }
  },
  "||": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) {
      out[i] = a[i] !== a[i] ? NaN : a[i] !== 0 ? 1 : b[i] !== b[i] ? NaN : b[i] === 0 ? 0 : 1;
    }
  },
  "?:": (out, condition, yes, no, count) => {
    for (let i = 0; i < count; i++) {
      out[i] = condition[i] === 0 ? no[i]! : condition[i] === condition[i] ? yes[i]! : NaN;
    }
  },
  min: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.min(a[i]!, b[i]!);
  },
  max: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.max(a[i]!, b[i]!);
  },
  abs: (out, a, _b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.abs(a[i]!);
  },
  sign: (out, a, _b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sign(a[i]!);
  },
  clamp: cut,
  saturate: cut,
  wrap: (out, a, b, _c, count) => {
    // Written out without `exact` and `power`: with them V8 makes an object of every number, kilobytes per timestep.
    for (let i = 0; i < count; i++) {
      const value = a[i]!;
      const bits = b[i]!;
      out[i] = NaN;
      if (!(bits >= 1 && bits <= 52)) continue;
      const size = powers[bits]!;
      const shifted = value + size / 2;
      if (shifted < limit && shifted > -limit) out[i] = value - Math.floor(shifted / size) * size;
    }
  },
  toward_zero: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.trunc(a[i]! / power(b[i]!));
  },
  down: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.floor(a[i]! / power(b[i]!));
  },
  nearest_even: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = nearestEven(a[i]!, b[i]!);
  },
  div_down: (out, a, b, _c, count) => {
    // a - remainder is a multiple of b, so the division is exact where the difference is.
    for (let i = 0; i < count; i++) out[i] = exact(a[i]! - remainder(a[i]!, b[i]!)) / b[i]!;
  },
  rem: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = remainder(a[i]!, b[i]!);
  },
  bits: (out, a, low, bits, count) => {
    for (let i = 0; i < count; i++) {
      const size = power(bits[i]!);
      const shifted = Math.floor(a[i]! / power(low[i]!));
      out[i] = exact(shifted - Math.floor(shifted / size) * size);
    }
  },
};

function cut(out: Lanes, value: Lanes, low: Lanes, high: Lanes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = Math.min(Math.max(value[i]!, low[i]!), high[i]!);
}
