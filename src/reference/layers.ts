/** Nodes without state as TensorFlow.js computes them, for any number of frames at once. */

import * as tf from "@tensorflow/tfjs-core";
import type {
  Conv1dNode,
  Conv2dNode,
  DenseNode,
  DiscreteNode,
  Padding,
  PoolNode,
  PopulationNode,
  StepDelayNode,
} from "../network/types.ts";
import { sizeOf } from "../network/types.ts";
import type { Tensors } from "./tensors.ts";

/** Frames [rows][size of input] to frames [rows][size of output]. */
export type Layer = (frames: tf.Tensor2D) => tf.Tensor2D;

/** Make the layer of a stateless node; its parameters belong to `tensors`. */
export function layerOf(node: Exclude<DiscreteNode, PopulationNode | StepDelayNode>, tensors: Tensors): Layer {
  switch (node.kind) {
    case "input":
    case "output":
    case "flatten":
      return (frames) => frames.clone();
    case "dense":
      return dense(node, tensors);
    case "scale": {
      const scale = tensors.keep(() => tf.tensor1d(Float32Array.from(node.scale)));
      return (frames) => tf.mul(frames, scale);
    }
    case "threshold": {
      const threshold = tensors.keep(() => tf.tensor1d(Float32Array.from(node.threshold)));
      return (frames) => tf.cast(tf.greater(frames, threshold), "float32");
    }
    case "conv1d":
      return convolution(flat(node), tensors);
    case "conv2d":
      return convolution(node, tensors);
    case "sumPool2d":
    case "avgPool2d":
      return pool(node, tensors);
  }
}

function dense(node: DenseNode, tensors: Tensors): Layer {
  const [outputs = 1, inputs = 1] = node.weight.shape;
  const weight = tensors.keep(() => tf.transpose(tf.tensor2d(Float32Array.from(node.weight.data), [outputs, inputs])));
  const bias = tensors.keep(() => (node.bias === null ? null : tf.tensor1d(Float32Array.from(node.bias))));
  return (frames) => {
    const a = tf.reshape(frames, [-1, inputs]) as tf.Tensor2D;
    const b = tf.fused.matMul(bias === null ? { a, b: weight } : { a, b: weight, bias });
    return tf.reshape(b, [frames.shape[0], sizeOf(node.outputShape)]);
  };
}

/** A convolution along one axis as one over a picture of height 1. */
function flat(node: Conv1dNode): Conv2dNode {
  const [outputs = 1, inputs = 1, kernel = 1] = node.weight.shape;
  const [channels = 1, length = 1] = node.inputShape;
  const [outChannels = 1, outLength = 1] = node.outputShape;
  return {
    ...node,
    kind: "conv2d",
    inputShape: [channels, 1, length],
    outputShape: [outChannels, 1, outLength],
    weight: { shape: [outputs, inputs, 1, kernel], data: node.weight.data },
    stride: [1, node.stride],
    padding: [[0, 0], node.padding],
    dilation: [1, node.dilation],
  };
}

/** Picture axes as TensorFlow.js orders them, channels last, and as networks do, channels first. */
const CHANNELS_LAST = [0, 2, 3, 1];
const CHANNELS_FIRST = [0, 3, 1, 2];

function convolution(node: Conv2dNode, tensors: Tensors): Layer {
  const [channels = 1, height = 1, width = 1] = node.inputShape;
  const correlate = correlation(node, tensors);
  return (frames) => {
    const pictures = tf.reshape(frames, [-1, channels, height, width]);
    const result = correlate(tf.transpose(pictures, CHANNELS_LAST) as tf.Tensor4D);
    return tf.reshape(tf.transpose(result, CHANNELS_FIRST), [frames.shape[0], sizeOf(node.outputShape)]);
  };
}

type Correlation = (pictures: tf.Tensor4D) => tf.Tensor4D;

/**
 * One correlation per group of channels, since TensorFlow.js has no groups; a depthwise one where a group is one channel,
 * unless the strides differ, which the native library refuses there.
 */
function correlation(node: Conv2dNode, tensors: Tensors): Correlation {
  const [outputs = 1, inputs = 1] = node.weight.shape;
  const { groups, stride } = node;
  if (groups === 1) return groupCorrelation(node, 0, outputs, tensors);
  if (inputs === 1 && stride[0] === stride[1]) return depthwise(node, tensors);
  const size = outputs / groups;
  const parts = Array.from({ length: groups }, (_, g) => groupCorrelation(node, g * size, size, tensors));
  return (pictures) => {
    const results = parts.map((part, g) => part(tf.slice(pictures, [0, 0, 0, g * inputs], [-1, -1, -1, inputs])));
    return tf.concat(results, 3);
  };
}

/** Output channels `first` .. `first + count`, over all the channels it is given. */
function groupCorrelation(node: Conv2dNode, first: number, count: number, tensors: Tensors): Correlation {
  const filter = tensors.keep(() => kernelOf(node, first, count));
  const bias = tensors.keep(() =>
    node.bias === null ? null : tf.tensor1d(Float32Array.from(node.bias.subarray(first, first + count))),
  );
  const options = { filter, strides: [...node.stride] as [number, number], pad: explicitPad(node.padding) };
  return (x) => tf.fused.conv2d(bias === null ? { x, ...options } : { x, bias, ...options });
}

/** Each input channel has its own filters; networks and TensorFlow.js order the outputs alike, by input channel. */
function depthwise(node: Conv2dNode, tensors: Tensors): Correlation {
  const [outputs = 1] = node.weight.shape;
  const filter = tensors.keep((): tf.Tensor4D => {
    const kernel = kernelOf(node, 0, outputs);
    return tf.reshape(kernel, [kernel.shape[0], kernel.shape[1], node.groups, outputs / node.groups]);
  });
  const bias = tensors.keep(() => (node.bias === null ? null : tf.tensor1d(Float32Array.from(node.bias))));
  const [stride, pad] = [[...node.stride] as [number, number], explicitPad(node.padding)];
  return (pictures) => {
    const result = tf.depthwiseConv2d(pictures, filter, stride, pad);
    return bias === null ? result : tf.add(result, bias);
  };
}

/**
 * The weights of some output channels as [height][width][in][out]. A dilation is made of zeros in the kernel, since the
 * backends differ in which dilations they know.
 */
function kernelOf(node: Conv2dNode, first: number, count: number): tf.Tensor4D {
  const [, inputs = 1, height = 1, width = 1] = node.weight.shape;
  const [stepY, stepX] = node.dilation;
  const [tall, wide] = [(height - 1) * stepY + 1, (width - 1) * stepX + 1];
  const values = new Float32Array(tall * wide * inputs * count);
  for (let out = 0; out < count; out++) {
    for (let input = 0; input < inputs; input++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = (((first + out) * inputs + input) * height + y) * width + x;
          const to = ((y * stepY * wide + x * stepX) * inputs + input) * count + out;
          values[to] = node.weight.data[from]!;
        }
      }
    }
  }
  return tf.tensor4d(values, [tall, wide, inputs, count]);
}

type ExplicitPad = [[number, number], [number, number], [number, number], [number, number]];

function explicitPad([rows, columns]: readonly [Padding, Padding]): ExplicitPad {
  return [[0, 0], [...rows], [...columns], [0, 0]];
}

/** Sums over windows as a correlation with ones, each channel a picture of its own. */
function pool(node: PoolNode, tensors: Tensors): Layer {
  const [channels = 1, height = 1, width = 1] = node.inputShape;
  const ones = tensors.keep(() => tf.ones([...node.kernel, 1, 1]) as tf.Tensor4D);
  // Means divide by the full window, zeros of the padding included.
  const area = tensors.keep(() => (node.kind === "avgPool2d" ? tf.scalar(sizeOf(node.kernel)) : null));
  return (frames) => {
    const pictures = tf.reshape(frames, [frames.shape[0] * channels, height, width, 1]) as tf.Tensor4D;
    const sums = tf.conv2d(pictures, ones, [...node.stride], explicitPad(node.padding));
    return tf.reshape(area === null ? sums : tf.div(sums, area), [frames.shape[0], sizeOf(node.outputShape)]);
  };
}
