import { readData, type Data, type DataOptions } from "../../src/encoding/data.ts";
import type { Stimulus } from "../../src/engine.ts";
import type { NpyArray, NpyDtype } from "../../src/formats/npy.ts";
import { sizeOf, type Shape } from "../../src/network/types.ts";

export function float32(shape: Shape, values: readonly number[]): NpyArray {
  return { shape, dtype: "float32", data: Float32Array.from(values) };
}

export function bytes(shape: Shape, values: readonly number[] = []): NpyArray {
  const data = new Uint8Array(sizeOf(shape));
  data.set(values);
  return { shape, dtype: "uint8", data };
}

export function zeros(shape: Shape, dtype: NpyDtype = "float32"): NpyArray {
  return { shape, dtype, data: new Float32Array(sizeOf(shape)) };
}

/** Data of [samples][time][features] or [samples][features] for an Input of [features]. */
export function dataOf(array: NpyArray, options: DataOptions = {}): Data {
  return readData(array, [array.shape.at(-1)!], options);
}

/** [steps][size] of one sample. */
export function framesOf(stimulus: Stimulus, sample = 0): number[][] {
  return Array.from({ length: stimulus.steps }, (_, step) => {
    const out = new Float32Array(sizeOf(stimulus.shape)).fill(NaN);
    stimulus.read(sample, step, out);
    return [...out];
  });
}
