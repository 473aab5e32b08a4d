/** A small computation whose results are known, to find out whether a backend can be trusted. */

import * as tf from "@tensorflow/tfjs-core";

interface Check {
  readonly name: string;
  readonly compute: () => tf.Tensor;
  readonly expected: readonly number[];
}

const checks: readonly Check[] = [
  {
    name: "matMul",
    compute: () => tf.matMul(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), tf.tensor2d([7, 8, 9, 10, 11, 12], [3, 2])),
    expected: [58, 64, 139, 154],
  },
  {
    name: "conv2d",
    compute() {
      const picture = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
      const filter = tf.tensor4d([1, 10, 100, 1000], [2, 2, 1, 1]);
      // One row of zeros above and one column to the left.
      const padding: [number, number][] = [
        [0, 0],
        [1, 0],
        [1, 0],
        [0, 0],
      ];
      return tf.conv2d(
        picture,
        filter,
        1,
        padding as [[number, number], [number, number], [number, number], [number, number]],
      );
    },
    expected: [1000, 2100, 3010, 4321],
  },
  {
    name: "add",
    compute: () => tf.add(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([0.5, -8])),
    expected: [1.5, -6, 3.5, -4],
  },
  { name: "exp", compute: () => tf.exp(tf.tensor1d([0, 1, -1])), expected: [1, Math.E, 1 / Math.E] },
  {
    name: "greater",
    compute: () => tf.cast(tf.greater(tf.tensor1d([1, 2, 3]), tf.tensor1d([2, 2, 2])), "float32"),
    expected: [0, 0, 1],
  },
  {
    name: "where",
    compute: () => tf.where(tf.tensor1d([1, 0], "bool"), tf.tensor1d([1, 2]), tf.tensor1d([3, 4])),
    expected: [1, 4],
  },
  { name: "concat", compute: () => tf.concat([tf.tensor1d([1, 2]), tf.tensor1d([3])]), expected: [1, 2, 3] },
];

/** Name of the first operation whose result is wrong on the current backend; null when all are right. */
export function firstWrongResult(): string | null {
  return checks.find((check) => !isRight(check))?.name ?? null;
}

function isRight({ compute, expected }: Check): boolean {
  let got: ArrayLike<number> = [];
  tf.tidy(() => {
    got = compute().dataSync();
  });
  const close = (value: number, i: number): boolean => Math.abs(got[i]! - value) <= 1e-6 * Math.abs(value);
  return got.length === expected.length && expected.every(close);
}
