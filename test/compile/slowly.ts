/** What stateless nodes do, from their definitions alone. */

import type { LinearNode } from "../../src/compile/linear.ts";
import { sizeOf, type Shape, type StatelessNode } from "../../src/network/types.ts";

/** One output element after the other, as the definitions read. */
export function slowly(node: LinearNode, x: readonly number[]): number[] {
  switch (node.kind) {
    case "flatten":
      return [...x];
    case "mask":
      return x.map((value, i) => value * node.keep[i]!);
    case "scale":
      return x.map((value, i) => value * node.scale[i]!);
    case "dense": {
      const [out, from] = node.weight.shape as [number, number];
      return Array.from({ length: out }, (_, o) => {
        return x.reduce((sum, value, i) => sum + value * node.weight.data[o * from + i]!, 0);
      });
    }
    case "sumPool2d":
    case "avgPool2d": {
      const [, height, width] = node.inputShape as [number, number, number];
      const share = node.kind === "avgPool2d" ? sizeOf(node.kernel) : 1;
      return outputs(node.outputShape, (channel, outY, outX) => {
        let sum = 0;
        for (let ky = 0; ky < node.kernel[0]; ky++) {
          for (let kx = 0; kx < node.kernel[1]; kx++) {
            const y = outY * node.stride[0] + ky - node.padding[0][0];
            const z = outX * node.stride[1] + kx - node.padding[1][0];
            if (y >= 0 && y < height && z >= 0 && z < width) sum += x[(channel * height + y) * width + z]!;
          }
        }
        return sum / share;
      });
    }
    case "conv1d":
    case "conv2d": {
      const plane = node.kind === "conv2d";
      const [inputs, height, width] = plane ? node.inputShape : [node.inputShape[0]!, 1, node.inputShape[1]!];
      const [out, perGroup, ...kernel] = node.weight.shape;
      const [tall, wide] = plane ? kernel : [1, kernel[0]!];
      const [down, across] = plane ? node.stride : [1, node.stride];
      const [far, wider] = plane ? node.dilation : [1, node.dilation];
      const [above, left] = plane ? [node.padding[0][0], node.padding[1][0]] : [0, node.padding[0]];
      const shape = plane ? node.outputShape : [node.outputShape[0]!, 1, node.outputShape[1]!];
      return outputs(shape, (o, outY, outX) => {
        const first = Math.floor(o / (out! / node.groups)) * (inputs! / node.groups);
        let sum = 0;
        for (let i = 0; i < perGroup!; i++) {
          for (let ky = 0; ky < tall!; ky++) {
            for (let kx = 0; kx < wide!; kx++) {
              const y = outY * down! + ky * far! - above!;
              const z = outX * across! + kx * wider! - left!;
              if (y < 0 || y >= height! || z < 0 || z >= width!) continue;
              const weight = node.weight.data[((o * perGroup! + i) * tall! + ky) * wide! + kx]!;
              sum += weight * x[((first + i) * height! + y) * width! + z]!;
            }
          }
        }
        return sum;
      });
    }
  }
}

function outputs(shape: Shape, value: (channel: number, y: number, x: number) => number): number[] {
  const [channels, height, width] = shape as [number, number, number];
  return Array.from({ length: channels * height * width }, (_, i) => {
    return value(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width);
  });
}

/** The same with the node's bias, one per channel or element. */
export function withBias(
  node: Exclude<StatelessNode, { kind: "input" | "output" | "threshold" }>,
  x: readonly number[],
): number[] {
  const out = slowly(node, x);
  if (!("bias" in node) || node.bias === null) return out;
  const each = out.length / node.bias.length;
  return out.map((value, i) => value + node.bias![Math.floor(i / each)]!);
}
