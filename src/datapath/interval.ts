/** Arithmetic on intervals of whole numbers: the least interval (or one not much larger) around every possible result. */

import type { BinaryOperator } from "./syntax.ts";

/** All whole numbers from low to high. */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

/** An end beyond ±2^4300 is read as no end at all: numbers that long mean nothing on a chip and only fill memory. */
const largest = 1n << 4300n;
/** Stands for no end. So much larger than `largest` that one shift or division cannot make an ordinary number of it. */
const endless = 1n << 16384n;
/** Their negatives: numbers that long are not made anew each time. */
const [leastLargest, endlessBelow] = [-largest, -endless];
/** Larger shifts are a mistake in the language. */
const longestShift = 4096n;

/** Any whole number at all. */
export const anything: Interval = { low: endlessBelow, high: endless };

/** Whether both ends are ordinary numbers. */
export function isBounded({ low, high }: Interval): boolean {
  return low !== endlessBelow && high !== endless;
}

/** The interval between two numbers, ends that are too large left away. */
export function between(low: bigint, high: bigint): Interval {
  return {
    low: low < leastLargest ? endlessBelow : low > largest ? largest : low,
    high: high > largest ? endless : high < leastLargest ? leastLargest : high,
  };
}

/** The interval of one number. */
export function only(value: bigint): Interval {
  return between(value, value);
}

/** The one number of an interval, or null. */
export function valueOf({ low, high }: Interval): bigint | null {
  return low === high ? low : null;
}

/** Whether a number lies in it. */
export function contains({ low, high }: Interval, value: bigint): boolean {
  return low <= value && value <= high;
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: Interval, inner: Interval): boolean {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/** The least interval around both. */
export function hull(a: Interval, b: Interval): Interval {
  return { low: smaller(a.low, b.low), high: larger(a.high, b.high) };
}

/** What lies in both, or null. */
export function overlap(a: Interval, b: Interval): Interval | null {
  const low = larger(a.low, b.low);
  const high = smaller(a.high, b.high);
  return low <= high ? { low, high } : null;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** The results of an operation that rises or falls steadily along each of its operands. */
function corners(operation: (a: bigint, b: bigint) => bigint, a: Interval, b: Interval): Interval {
  const all = [operation(a.low, b.low), operation(a.low, b.high), operation(a.high, b.low), operation(a.high, b.high)];
  return between(all.reduce(smaller), all.reduce(larger));
}

/** 0, 1 or either. */
function truth(never: boolean, always: boolean): Interval {
  return { low: always ? 1n : 0n, high: never ? 0n : 1n };
}

/** Whether values of it are 0: never, always or sometimes, as an interval of 0 and 1. */
export function isZero(a: Interval): Interval {
  return truth(!contains(a, 0n), a.low === 0n && a.high === 0n);
}

/** The negative of every value. */
export function negated({ low, high }: Interval): Interval {
  return { low: -high, high: -low };
}

/**
 * What an operator can give, null when nothing: every shift amount is impossible. Amounts outside 0 to 4096 have no
 * result and are left out. Both sides of `&&` and `||` are looked at whatever the other is.
 */
export function binaryInterval(operator: BinaryOperator, a: Interval, b: Interval): Interval | null {
  switch (operator) {
    case "+":
      return between(a.low + b.low, a.high + b.high);
    case "-":
      return between(a.low - b.high, a.high - b.low);
    case "*":
      return corners((x, y) => x * y, a, b);
    case "<<":
      return shifted((x, n) => x << n, a, b);
    case ">>":
      return shifted((x, n) => x >> n, a, b);
    case "==":
      return truth(overlap(a, b) === null, valueOf(a) !== null && a.low === b.low && a.high === b.high);
    case "!=":
      return isZero(binaryInterval("==", a, b)!);
    case "<":
      return truth(a.low >= b.high, a.high < b.low);
    case "<=":
      return truth(a.low > b.high, a.high <= b.low);
    case ">":
      return binaryInterval("<", b, a);
    case ">=":
      return binaryInterval("<=", b, a);
    case "&&":
      return isZero(hull(isZero(a), isZero(b)));
    case "||": {
      const [noA, noB] = [isZero(a), isZero(b)];
      return truth(noA.low === 1n && noB.low === 1n, noA.high === 0n || noB.high === 0n);
    }
    case "/":
      throw new Error("integer equations have no division");
  }
}

/** Amounts that a shift may have, or null. */
export function amounts(bits: Interval, least = 0n): Interval | null {
  return overlap(bits, { low: least, high: longestShift });
}

function shifted(operation: (x: bigint, n: bigint) => bigint, a: Interval, bits: Interval): Interval | null {
  const amount = amounts(bits);
  return amount === null ? null : corners(operation, a, amount);
}

/** What a function of the language can give, null when nothing; see `binaryInterval`. */
export function callInterval(name: string, args: readonly Interval[]): Interval | null {
  const [a, b = anything, c = anything] = args as [Interval, Interval?, Interval?];
  switch (name) {
    case "min":
      return { low: smaller(a.low, b.low), high: smaller(a.high, b.high) };
    case "max":
      return { low: larger(a.low, b.low), high: larger(a.high, b.high) };
    case "abs":
      return absolute(a);
    case "sign":
      return { low: signOf(a.low), high: signOf(a.high) };
    case "clamp":
    case "saturate":
      return callInterval("min", [callInterval("max", [a, b])!, c]);
    case "wrap":
      return wrapped(a, b);
    case "toward_zero":
      return shifted((x, n) => (x < 0n ? -(-x >> n) : x >> n), a, b);
    case "down":
      return shifted((x, n) => x >> n, a, b);
    case "nearest_even":
      return shifted(nearestEven, a, b);
    case "div_down":
      return perSign(b, (divisor) => corners(quotientDown, a, divisor));
    case "rem":
      return perSign(b, (divisor) => remainder(a, divisor));
    case "bits":
      return field(a, b, c);
    default:
      throw new Error(`the parser let an unknown function through: ${name}`);
  }
}

function absolute(a: Interval): Interval {
  const most = larger(magnitude(a.low), magnitude(a.high));
  return { low: contains(a, 0n) ? 0n : smaller(magnitude(a.low), magnitude(a.high)), high: most };
}

function signOf(value: bigint): bigint {
  return value > 0n ? 1n : value < 0n ? -1n : 0n;
}

/** Two's complement of `bits` bits. */
export function signed(bits: bigint): Interval {
  const half = 1n << (bits - 1n);
  return { low: -half, high: half - 1n };
}

function wrapped(a: Interval, bits: Interval): Interval | null {
  const width = amounts(bits, 1n);
  if (width === null) return null;
  if (covers(signed(width.low), a)) return a;
  const type = signed(width.high);
  if (valueOf(width) === null || !isBounded(a)) return type;
  // All of it in one turn of the circle: only moved.
  const turns = (a.low - type.low) >> width.high;
  const moved = between(a.low - (turns << width.high), a.high - (turns << width.high));
  return covers(type, moved) ? moved : type;
}

/** x divided by 2^n, a half to the even neighbour. */
function nearestEven(x: bigint, n: bigint): bigint {
  if (n === 0n) return x;
  const floor = x >> n;
  const rest = x - (floor << n);
  const half = 1n << (n - 1n);
  return rest > half || (rest === half && (floor & 1n) === 1n) ? floor + 1n : floor;
}

function quotientDown(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** Negative and positive divisors by themselves; 0 has no result. */
function perSign(divisor: Interval, results: (divisor: Interval) => Interval): Interval | null {
  const negative = overlap(divisor, { low: anything.low, high: -1n });
  const positive = overlap(divisor, { low: 1n, high: anything.high });
  const below = negative === null ? null : results(negative);
  const above = positive === null ? null : results(positive);
  return below === null ? above : above === null ? below : hull(below, above);
}

/** Remainders by divisors of one sign. */
function remainder(a: Interval, divisor: Interval): Interval {
  if (divisor.high < 0n) return negated(remainder(negated(a), negated(divisor)));
  const quotient = corners(quotientDown, a, divisor);
  const turns = valueOf(quotient);
  const whole = between(0n, divisor.high - 1n);
  if (turns === null || !isBounded(a)) return a.low >= 0n ? { low: 0n, high: smaller(a.high, whole.high) } : whole;
  // One quotient for all: a - quotient * divisor.
  const taken = corners((x, y) => x * y, quotient, divisor);
  return overlap(whole, between(a.low - taken.high, a.high - taken.low)) ?? whole;
}

/** `bits(x, low, n)`. */
function field(a: Interval, low: Interval, bits: Interval): Interval | null {
  const from = shifted((x, n) => x >> n, a, low);
  const width = amounts(bits);
  if (from === null || width === null) return null;
  const whole = { low: 0n, high: (1n << width.high) - 1n };
  if (from.low >= 0n && from.high <= (1n << width.low) - 1n) return from;
  if (valueOf(width) === null || !isBounded(from)) {
    return from.low >= 0n ? { low: 0n, high: smaller(from.high, whole.high) } : whole;
  }
  const turns = from.low >> width.high;
  return from.high >> width.high === turns
    ? between(from.low - (turns << width.high), from.high - (turns << width.high))
    : from.low >= 0n
      ? { low: 0n, high: smaller(from.high, whole.high) }
      : whole;
}
