/** The linear nodes of a network as connections from input elements to output elements. */

import type { Conv1dNode, Conv2dNode, DenseNode, DiscreteNode, PoolNode } from "../network/types.ts";

/** A node that multiplies by trained weights: what NeuroBench calls a connection layer. */
export type ConnectionNode = DenseNode | Conv1dNode | Conv2dNode;

export function isConnection(node: DiscreteNode): node is ConnectionNode {
  return node.kind === "dense" || node.kind === "conv1d" || node.kind === "conv2d";
}

/** Called once per connection, with the element it leads to, the one it comes from, and the weight between them. */
export type Visit = (to: number, from: number, weight: number) => void;

/** Go through every connection of a node; what would meet only padding is none. */
export function eachConnection(node: ConnectionNode | PoolNode, visit: Visit): void {
  if (node.kind === "dense") return eachDense(node, visit);
  const window = windowOf(node);
  const [outHeight, outWidth] = window.outputs;
  for (let channel = 0; channel < window.channels; channel++) {
    for (let from = 0; from < window.inGroup; from++) {
      const source = (Math.floor(channel / window.outGroup) * window.inGroup + from) * window.inputs[0];
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++) {
          const to = (channel * outHeight + y) * outWidth + x;
          eachTap(window, y, x, (row, column, tap) => {
            visit(to, (source + row) * window.inputs[1] + column, window.weight(channel, from, tap));
          });
        }
      }
    }
  }
}

function eachDense({ weight }: DenseNode, visit: Visit): void {
  const [outputs = 0, inputs = 0] = weight.shape;
  for (let to = 0; to < outputs; to++) {
    for (let from = 0; from < inputs; from++) visit(to, from, weight.data[to * inputs + from]!);
  }
}

type Pair = readonly [height: number, width: number];

/** A kernel that moves over [channels][height][width]; one axis only is height 1. */
interface Window {
  readonly inputs: Pair;
  readonly outputs: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Zeros above and left. */
  readonly padding: Pair;
  /** Of the output. */
  readonly channels: number;
  /** Channels of the input that one output channel sees. */
  readonly inGroup: number;
  readonly outGroup: number;
  weight(channel: number, from: number, tap: number): number;
}

function windowOf(node: Conv1dNode | Conv2dNode | PoolNode): Window {
  const [channels = 0] = node.outputShape;
  const sizes = { channels, inputs: spatial(node.inputShape, 1), outputs: spatial(node.outputShape, 1) };
  if ("kernel" in node) {
    const value = node.kind === "sumPool2d" ? 1 : 1 / (node.kernel[0] * node.kernel[1]);
    const { kernel, stride } = node;
    const alone = { dilation: [1, 1], inGroup: 1, outGroup: 1, weight: () => value } as const;
    return { ...sizes, ...alone, kernel, stride, padding: [node.padding[0][0], node.padding[1][0]] };
  }
  const { weight, groups } = node;
  const [, inGroup = 0] = weight.shape;
  const kernel = spatial(weight.shape, 2);
  const area = kernel[0] * kernel[1];
  const shared = {
    ...sizes,
    kernel,
    inGroup,
    outGroup: channels / groups,
    weight: (channel: number, from: number, tap: number) => weight.data[(channel * inGroup + from) * area + tap]!,
  };
  if (node.kind === "conv1d") {
    return { ...shared, stride: [1, node.stride], dilation: [1, node.dilation], padding: [0, node.padding[0]] };
  }
  const { stride, dilation, padding } = node;
  return { ...shared, stride, dilation, padding: [padding[0][0], padding[1][0]] };
}

/** Height and width behind the leading axes; a single one is the width. */
function spatial(shape: readonly number[], leading: number): Pair {
  const [first = 1, second] = shape.slice(leading);
  return second === undefined ? [1, first] : [first, second];
}

function eachTap(
  window: Window,
  y: number,
  x: number,
  visit: (row: number, column: number, tap: number) => void,
): void {
  const [height, width] = window.kernel;
  for (let ky = 0; ky < height; ky++) {
    const row = y * window.stride[0] + ky * window.dilation[0] - window.padding[0];
    if (row < 0 || row >= window.inputs[0]) continue;
    for (let kx = 0; kx < width; kx++) {
      const column = x * window.stride[1] + kx * window.dilation[1] - window.padding[1];
      if (column >= 0 && column < window.inputs[1]) visit(row, column, ky * width + kx);
    }
  }
}
