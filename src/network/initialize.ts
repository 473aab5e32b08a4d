/** Weights for layers: arrays of any kind as tensors, and seeded random ones. */

import { mistake } from "../errors.ts";
import { randomFrame } from "../fixed/random.ts";
import { shapeText } from "./draft.ts";
import { sizeOf, type Floats, type Shape, type Tensor } from "./types.ts";

/** Numbers in rows, or row-major with their shape, as `.npy` and `.safetensors` files give them. */
export type TensorLike = { readonly shape: Shape; readonly data: ArrayLike<number> } | readonly (readonly number[])[];

/** The numbers as floats: 64-bit arrays stay as they are, everything else becomes 32-bit as in PyTorch. */
export function floats(values: ArrayLike<number>): Floats {
  return values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
}

/** A tensor from rows or from an array with its shape. @throws NETWORK_PARAMETER_SHAPE for rows of different lengths */
export function tensorFrom(values: TensorLike, node: string, field: string): Tensor {
  if ("shape" in values) return { shape: values.shape, data: floats(values.data) };
  const columns = values[0]?.length ?? 0;
  const uneven = values.findIndex((row) => row.length !== columns);
  if (uneven === -1) return { shape: [values.length, columns], data: Float32Array.from(values.flat()) };
  const expected = `row ${uneven} holds ${values[uneven]?.length ?? 0} values and row 0 holds ${columns}`;
  throw mistake(
    "NETWORK_PARAMETER_SHAPE",
    { field, shape: shapeText([values.length, columns]), expected },
    { node, field },
  );
}

/** What decides which numbers are drawn. */
export interface Draw {
  /** 0 to 2^53 - 1. */
  readonly seed: number;
  /** Of the layer. */
  readonly name: string;
  /** Separates the arrays of one layer. */
  readonly part: number;
}

/** Float32 values spread evenly over -bound .. bound. */
export function drawn({ seed, name, part }: Draw, shape: Shape, bound: number): Tensor {
  const bits = new Uint32Array(sizeOf(shape));
  randomFrame(seed, { stream: hash(name), sample: 0, step: part }, bits);
  return { shape, data: Float32Array.from(bits, (value) => bound * (value / 2 ** 31 - 1)) };
}

/**
 * 32 bits of a text. Source: G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft: FNV-1a.
 */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
