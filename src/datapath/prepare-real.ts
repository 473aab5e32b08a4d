/**
 * A block made ready to run over many neurons at once in real numbers, which are doubles. Each place where the chip rounds or
 * overflows is read as `ideal.ts` says, without the loss, or as on the chip. With all losses as on the chip and integers below
 * 2^53 the result is that of the integer reading.
 */

import { laneOperations, type LaneOperation, type Lanes } from "./lanes.ts";
import { lossOf, type LossKind } from "./losses.ts";
import { at, Builder, passLength, type PreparedBlock, type Values } from "./prepare.ts";
import type { Block } from "./syntax.ts";

/** Whether the chip's loss of one kind happens on a line (counted from 0); else the line is read without it. */
export type Acts = (line: number, kind: LossKind) => boolean;

/** Told on how many lanes a loss changed a number, each time that its line runs. */
export type LossWatch = (line: number, kind: LossKind, lanes: number) => void;

/** A name that the block may write. */
export interface RealOutput {
  readonly name: string;
  readonly array: Float64Array;
}

/**
 * Prepare a block.
 *
 * @param inputs names the block may read and does not write
 * @param outputs read at block entry where the block reads them and written at its end
 * @param changing values that may be another number at each run; read when `run` is called
 * @param acts none of the losses where it is missing
 */
export function prepareReal(
  block: Block,
  inputs: ReadonlyMap<string, Values>,
  outputs: readonly RealOutput[],
  changing: ReadonlyMap<string, () => number>,
  acts: Acts = () => false,
  watch?: LossWatch,
): PreparedBlock {
  const operation = (name: string, line: number): LaneOperation => {
    const kind = lossOf(name);
    if (kind === null) return lossless[name] ?? laneOperations[name]!;
    if (!acts(line, kind)) return idealOperation(name);
    const own = lossy[name]!;
    return watch === undefined ? own : watched(own, idealOperation(name), (lanes) => watch(line, kind, lanes));
  };
  const ranged = outputs.map((output) => ({ ...output, low: -Infinity, high: Infinity }));
  const builder = new Builder(block, inputs, ranged, changing, operation);
  const { results } = builder.block(block);
  const written = outputs.flatMap(({ name, array }) => {
    const result = results.get(name);
    return result === undefined ? [] : [{ array, result }];
  });
  return {
    run(first, end) {
      for (let start = first; start < end; start += passLength) {
        const count = Math.min(passLength, end - start);
        for (const step of builder.steps) step(start, count);
        for (const { array, result } of written) {
          // + 0 turns the -0 of a product into 0.
          for (let lane = 0; lane < count; lane++) array[start + lane] = at(result, lane) + 0;
        }
      }
    },
  };
}

/** The operation as on the chip, counting where it gives another number than without its loss. */
function watched(own: LaneOperation, ideal: LaneOperation, tell: (lanes: number) => void): LaneOperation {
  const without = new Float64Array(passLength);
  return (out, a, b, c, count) => {
    ideal(without, a, b, c, count);
    own(out, a, b, c, count);
    let lanes = 0;
    for (let i = 0; i < count; i++) if (out[i] !== without[i]) lanes++;
    if (lanes > 0) tell(lanes);
  };
}

/** An operation that loses something, without its loss. */
function idealOperation(name: string): LaneOperation {
  return lossOf(name) === "rounding" ? divideByPower : copy;
}

const powers = Float64Array.from({ length: 1024 }, (_, bits) => 2 ** bits);

/** 2 to the power of any number; a shift may stand for a share that is no power of two. */
function power(bits: number): number {
  return powers[bits] ?? 2 ** bits;
}

function divideByPower(out: Lanes, a: Lanes, b: Lanes, _c: Lanes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = a[i]! / power(b[i]!);
}

function copy(out: Lanes, a: Lanes, _b: Lanes, _c: Lanes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = a[i]!;
}

// A shift by 0 drops no bits on the chip, and leaves a number alone that is not whole.
function down(out: Lanes, a: Lanes, b: Lanes, _c: Lanes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = b[i] === 0 ? a[i]! : Math.floor(a[i]! / power(b[i]!));
}

/** What is left of a division, of the divisor's sign. */
function remainder(a: number, b: number): number {
  const own = a % b;
  return own !== 0 && own < 0 !== b < 0 ? own + b : own;
}

/** As on the chip, for numbers that need not be whole. */
const lossy: Readonly<Record<string, LaneOperation>> = {
  ">>": down,
  down,
  toward_zero: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = b[i] === 0 ? a[i]! : Math.trunc(a[i]! / power(b[i]!));
  },
  nearest_even: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) {
      const quotient = a[i]! / power(b[i]!);
      const floor = Math.floor(quotient);
      const over = quotient - floor;
      if (b[i] === 0) out[i] = a[i]!;
      else out[i] = over > 0.5 || (over === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
    }
  },
  wrap: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) {
      const size = power(b[i]!);
      out[i] = a[i]! - Math.floor((a[i]! + size / 2) / size) * size;
    }
  },
  saturate: laneOperations["saturate"]!,
};

/** What loses nothing, or what the model means, for numbers that need not be whole and may be of any size. */
const lossless: Readonly<Record<string, LaneOperation>> = {
  "+": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! + b[i]!;
  },
  "-": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! - b[i]!;
  },
  "*": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! * b[i]!;
  },
  "<<": (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! * power(b[i]!);
  },
  div_down: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.round((a[i]! - remainder(a[i]!, b[i]!)) / b[i]!);
  },
  rem: (out, a, b, _c, count) => {
    for (let i = 0; i < count; i++) out[i] = remainder(a[i]!, b[i]!);
  },
  bits: (out, a, low, bits, count) => {
    for (let i = 0; i < count; i++) out[i] = remainder(Math.floor(a[i]! / power(low[i]!)), power(bits[i]!));
  },
};
