/** Linear nodes as synapses in float: what one unit at the start of a way adds to each neuron at its end. */

import type { ConvGeometry } from "../core/synapses.ts";
import {
  sizeOf,
  type Conv1dNode,
  type Conv2dNode,
  type DenseNode,
  type FlattenNode,
  type Padding,
  type PoolNode,
  type ScaleNode,
  type Shape,
} from "../network/types.ts";

/** Keeps the elements where `keep` is 1 and drops the others. */
export interface MaskNode {
  readonly kind: "mask";
  readonly keep: Uint8Array;
}

export type LinearNode = DenseNode | ScaleNode | Conv1dNode | Conv2dNode | PoolNode | FlattenNode | MaskNode;

/** As `Synapses` of a program, with float weights. */
export type FloatSynapses =
  | { readonly kind: "dense"; readonly from: number; readonly to: number; readonly weight: Float64Array }
  | {
      readonly kind: "sparse";
      readonly from: number;
      readonly to: number;
      readonly start: Uint32Array;
      readonly target: Uint32Array;
      readonly weight: Float64Array;
    }
  | (ConvGeometry & {
      readonly kind: "conv2d";
      readonly from: number;
      readonly to: number;
      readonly weight: Float64Array;
    });

/** Receives one entry of a row. */
type Emit = (target: number, weight: number) => void;

/** Above this share of entries a matrix is stored dense: a sparse entry takes an index beside its weight. */
const denseShare = 0.3;

/** Synapses of a whole way. `from` is the size of the source, `to` that of the target. */
export function composeSynapses(nodes: readonly LinearNode[], from: number, to: number): FloatSynapses {
  const weighty = nodes.filter((node) => node.kind !== "flatten");
  const [first, second] = weighty;
  if (weighty.length === 1 && first!.kind === "dense") return denseSynapses(first as DenseNode);
  if (weighty.length === 1 && (first!.kind === "conv2d" || first!.kind === "conv1d")) {
    return convSynapses(asConv2d(first as Conv1dNode | Conv2dNode));
  }
  if (weighty.length === 2 && isPool(first!) && second!.kind === "conv2d" && folds(first, second as Conv2dNode)) {
    return foldPool(first, second as Conv2dNode);
  }
  return multiplied(weighty, from, to);
}

function denseSynapses({ weight }: DenseNode): FloatSynapses {
  const [to, from] = weight.shape as [number, number];
  const rows = new Float64Array(from * to);
  for (let target = 0; target < to; target++) {
    for (let source = 0; source < from; source++) rows[source * to + target] = weight.data[target * from + source]!;
  }
  return { kind: "dense", from, to, weight: rows };
}

function isPool(node: LinearNode): node is PoolNode {
  return node.kind === "sumPool2d" || node.kind === "avgPool2d";
}

/** A one-dimensional correlation is a two-dimensional one of height 1. */
function asConv2d(node: Conv1dNode | Conv2dNode): Conv2dNode {
  if (node.kind === "conv2d") return node;
  const none: Padding = [0, 0];
  const [out, perGroup, taps] = node.weight.shape as [number, number, number];
  return {
    ...node,
    kind: "conv2d",
    inputShape: asPlane(node.inputShape),
    outputShape: asPlane(node.outputShape),
    weight: { shape: [out, perGroup, 1, taps], data: node.weight.data },
    stride: [1, node.stride],
    padding: [none, node.padding],
    dilation: [1, node.dilation],
  };
}

function asPlane([channels, length]: Shape): Shape {
  return [channels!, 1, length!];
}

function convSynapses(node: Conv2dNode): FloatSynapses {
  const [, , height, width] = node.weight.shape as [number, number, number, number];
  return {
    kind: "conv2d",
    from: sizeOf(node.inputShape),
    to: sizeOf(node.outputShape),
    weight: Float64Array.from(node.weight.data),
    inputShape: node.inputShape,
    outputShape: node.outputShape,
    kernel: [height, width],
    stride: node.stride,
    padding: [node.padding[0][0], node.padding[1][0]],
    dilation: node.dilation,
    groups: node.groups,
  };
}

/**
 * Whether a pool before a correlation is one larger correlation. Where the correlation pads, a padded zero of its must
 * not touch a pixel that the pool saw: no padding of the pool, no overlapping windows, no pixels left over.
 */
function folds(pool: PoolNode, conv: Conv2dNode): boolean {
  return [0, 1].every((axis) => {
    const pads = conv.padding[axis]!.some((zeros) => zeros > 0);
    const size = pool.inputShape[1 + axis]!;
    const pooled = pool.outputShape[1 + axis]!;
    const [kernel, stride] = [pool.kernel[axis]!, pool.stride[axis]!];
    const clean = kernel <= stride && (pooled - 1) * stride + kernel === size;
    return pool.padding[axis]!.every((zeros) => zeros === 0) && (!pads || clean);
  });
}

function foldPool(pool: PoolNode, conv: Conv2dNode): FloatSynapses {
  const [out, perGroup, height, width] = conv.weight.shape as [number, number, number, number];
  const size = (axis: 0 | 1, taps: number): number =>
    pool.kernel[axis] + (taps - 1) * conv.dilation[axis] * pool.stride[axis];
  const kernel: [number, number] = [size(0, height), size(1, width)];
  const weight = new Float64Array(out * perGroup * kernel[0] * kernel[1]);
  const each = pool.kind === "avgPool2d" ? 1 / (pool.kernel[0] * pool.kernel[1]) : 1;
  for (let plane = 0; plane < out * perGroup; plane++) {
    for (let tap = 0; tap < height * width; tap++) {
      const top = Math.floor(tap / width) * conv.dilation[0] * pool.stride[0];
      const left = (tap % width) * conv.dilation[1] * pool.stride[1];
      const value = conv.weight.data[plane * height * width + tap]! * each;
      for (let y = 0; y < pool.kernel[0]; y++) {
        for (let x = 0; x < pool.kernel[1]; x++) weight[(plane * kernel[0] + top + y) * kernel[1] + left + x]! += value;
      }
    }
  }
  return {
    kind: "conv2d",
    from: sizeOf(pool.inputShape),
    to: sizeOf(conv.outputShape),
    weight,
    inputShape: pool.inputShape,
    outputShape: conv.outputShape,
    kernel,
    stride: [conv.stride[0] * pool.stride[0], conv.stride[1] * pool.stride[1]],
    padding: [conv.padding[0][0] * pool.stride[0], conv.padding[1][0] * pool.stride[1]],
    dilation: [1, 1],
    groups: conv.groups,
  };
}

/** The product of the nodes' matrices, row by row. */
function multiplied(nodes: readonly LinearNode[], from: number, to: number): FloatSynapses {
  const start = new Uint32Array(from + 1);
  const target: number[] = [];
  const weight: number[] = [];
  for (let source = 0; source < from; source++) {
    let row = new Map([[source, 1]]);
    for (const node of nodes) row = through(node, row);
    for (const [neuron, value] of [...row].toSorted(([a], [b]) => a - b)) {
      if (value === 0) continue;
      target.push(neuron);
      weight.push(value);
    }
    start[source + 1] = target.length;
  }
  const sparse = { kind: "sparse" as const, from, to, start, target: Uint32Array.from(target) };
  const synapses = { ...sparse, weight: Float64Array.from(weight) };
  return target.length > denseShare * from * to ? filled(synapses) : synapses;
}

function through(node: LinearNode, row: ReadonlyMap<number, number>): Map<number, number> {
  const out = new Map<number, number>();
  for (const [index, value] of row) {
    emitRow(node, index, (target, weight) => out.set(target, (out.get(target) ?? 0) + value * weight));
  }
  return out;
}

/** The same synapses as a full matrix. */
export function filled(synapses: Extract<FloatSynapses, { kind: "sparse" }>): FloatSynapses {
  const { from, to, start, target, weight } = synapses;
  const rows = new Float64Array(from * to);
  for (let source = 0; source < from; source++) {
    for (let i = start[source]!; i < start[source + 1]!; i++) rows[source * to + target[i]!] = weight[i]!;
  }
  return { kind: "dense", from, to, weight: rows };
}

/** What a node makes of a vector, without its bias. */
export function applyLinear(node: LinearNode, vector: Float64Array): Float64Array {
  const size = node.kind === "mask" ? vector.length : sizeOf(node.outputShape);
  const out = new Float64Array(size);
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    if (value === 0) continue;
    emitRow(node, i, (target, weight) => {
      out[target]! += value * weight;
    });
  }
  return out;
}

/** All entries of the row of one source element. */
function emitRow(node: LinearNode, source: number, emit: Emit): void {
  switch (node.kind) {
    case "flatten":
      emit(source, 1);
      return;
    case "mask":
      if (node.keep[source] === 1) emit(source, 1);
      return;
    case "scale":
      emit(source, node.scale[source]!);
      return;
    case "dense": {
      const [to, from] = node.weight.shape as [number, number];
      for (let target = 0; target < to; target++) emit(target, node.weight.data[target * from + source]!);
      return;
    }
    case "sumPool2d":
    case "avgPool2d":
      emitPool(node, source, emit);
      return;
    case "conv1d":
    case "conv2d":
      emitConv(asConv2d(node), source, emit);
  }
}

function emitPool(node: PoolNode, source: number, emit: Emit): void {
  const [, height, width] = node.inputShape as [number, number, number];
  const [, outHeight, outWidth] = node.outputShape as [number, number, number];
  const weight = node.kind === "avgPool2d" ? 1 / (node.kernel[0] * node.kernel[1]) : 1;
  const channel = Math.floor(source / (height * width));
  const rows = windows(
    Math.floor(source / width) % height,
    node.kernel[0],
    1,
    node.stride[0],
    node.padding[0],
    outHeight,
  );
  const columns = windows(source % width, node.kernel[1], 1, node.stride[1], node.padding[1], outWidth);
  for (const { out: y } of rows) {
    for (const { out: x } of columns) emit((channel * outHeight + y) * outWidth + x, weight);
  }
}

function emitConv(node: Conv2dNode, source: number, emit: Emit): void {
  const [channels, height, width] = node.inputShape as [number, number, number];
  const [outputs, outHeight, outWidth] = node.outputShape as [number, number, number];
  const [, perGroup, kernelHeight, kernelWidth] = node.weight.shape as [number, number, number, number];
  const channel = Math.floor(source / (height * width));
  const group = Math.floor(channel / (channels / node.groups));
  const each = outputs / node.groups;
  const [down, across] = node.stride;
  const y = Math.floor(source / width) % height;
  const rows = windows(y, kernelHeight, node.dilation[0], down, node.padding[0], outHeight);
  const columns = windows(source % width, kernelWidth, node.dilation[1], across, node.padding[1], outWidth);
  for (let out = group * each; out < (group + 1) * each; out++) {
    const plane = (out * perGroup + (channel % perGroup)) * kernelHeight * kernelWidth;
    for (const row of rows) {
      for (const column of columns) {
        const weight = node.weight.data[plane + row.tap * kernelWidth + column.tap]!;
        emit((out * outHeight + row.out) * outWidth + column.out, weight);
      }
    }
  }
}

/** Windows along one axis that see position `at`, and with which tap. */
function windows(
  at: number,
  kernel: number,
  dilation: number,
  stride: number,
  padding: Padding,
  size: number,
): { out: number; tap: number }[] {
  const found: { out: number; tap: number }[] = [];
  for (let tap = 0; tap < kernel; tap++) {
    const scaled = at + padding[0] - tap * dilation;
    if (scaled >= 0 && scaled % stride === 0 && scaled / stride < size) found.push({ out: scaled / stride, tap });
  }
  return found;
}

/** Entry by entry: the target neuron of every weight that a projection's sources reach, for sums over inputs. */
export function forEachSynapse(
  synapses: FloatSynapses,
  visit: (source: number, target: number, weight: number) => void,
): void {
  if (synapses.kind === "dense") {
    const { to, weight } = synapses;
    for (let i = 0; i < weight.length; i++) visit(Math.floor(i / to), i % to, weight[i]!);
    return;
  }
  if (synapses.kind === "sparse") {
    const { from, start, target, weight } = synapses;
    for (let source = 0; source < from; source++) {
      for (let i = start[source]!; i < start[source + 1]!; i++) visit(source, target[i]!, weight[i]!);
    }
    return;
  }
  const node = convNode(synapses);
  for (let source = 0; source < synapses.from; source++) {
    emitConv(node, source, (target, weight) => visit(source, target, weight));
  }
}

/** To which neuron a weight leads, by its position in the list; of a kernel, to the first of its channel. */
export function leadsTo(synapses: FloatSynapses): (index: number) => number {
  switch (synapses.kind) {
    case "dense":
      return (index) => index % synapses.to;
    case "sparse":
      return (index) => synapses.target[index]!;
    case "conv2d": {
      const taps = synapses.weight.length / synapses.outputShape[0]!;
      const plane = synapses.to / synapses.outputShape[0]!;
      return (index) => Math.floor(index / taps) * plane;
    }
  }
}

/** Number of synapses: connections between one source and one target neuron. */
export function countSynapses(synapses: FloatSynapses): number {
  if (synapses.kind !== "conv2d") return synapses.weight.length;
  let count = 0;
  forEachSynapse(synapses, () => count++);
  return count;
}

function convNode(synapses: Extract<FloatSynapses, { kind: "conv2d" }>): Conv2dNode {
  const { inputShape, outputShape, kernel, stride, padding, dilation, groups, weight } = synapses;
  const perGroup = inputShape[0]! / groups;
  return {
    kind: "conv2d",
    name: "",
    inputShape,
    outputShape,
    weight: { shape: [outputShape[0]!, perGroup, ...kernel], data: weight },
    bias: null,
    stride,
    padding: [
      [padding[0], 0],
      [padding[1], 0],
    ],
    dilation,
    groups,
  };
}

/** The same synapses as a list of entries, for what a kernel cannot say. */
export function listed(synapses: FloatSynapses): Extract<FloatSynapses, { kind: "sparse" }> {
  const start = new Uint32Array(synapses.from + 1);
  const target: number[] = [];
  const weight: number[] = [];
  const rows: [number, number][][] = Array.from({ length: synapses.from }, () => []);
  forEachSynapse(synapses, (source, neuron, value) => rows[source]!.push([neuron, value]));
  for (const [source, row] of rows.entries()) {
    for (const [neuron, value] of row.toSorted(([a], [b]) => a - b)) {
      target.push(neuron);
      weight.push(value);
    }
    start[source + 1] = target.length;
  }
  const { from, to } = synapses;
  return { kind: "sparse", from, to, start, target: Uint32Array.from(target), weight: Float64Array.from(weight) };
}
