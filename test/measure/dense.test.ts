import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { denseMacs } from "../../src/measure/dense.ts";
import type { Conv2dNode, DenseNode, NetworkNode } from "../../src/network/types.ts";

interface LayerFile {
  readonly type: string;
  readonly in_features?: number;
  readonly out_features?: number;
  readonly in_channels?: number;
  readonly out_channels?: number;
  readonly kernel?: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number];
}

function dense(inputs: number, outputs: number): DenseNode {
  const weight = { shape: [outputs, inputs], data: new Float32Array(inputs * outputs) };
  return { kind: "dense", name: "dense", inputShape: [inputs], outputShape: [outputs], weight, bias: null };
}

function conv2d(options: Partial<Conv2dNode> & Pick<Conv2dNode, "weight" | "inputShape" | "outputShape">): Conv2dNode {
  const padding = [
    [0, 0],
    [0, 0],
  ] as const;
  return { kind: "conv2d", name: "conv", bias: null, stride: [1, 1], padding, dilation: [1, 1], groups: 1, ...options };
}

/** The connection layers of a file for images that start as [1][8][8]. */
function nodesOf(layers: readonly LayerFile[]): NetworkNode[] {
  let size = 8;
  return layers.flatMap((layer): NetworkNode[] => {
    if (layer.type === "Linear") return [dense(layer.in_features ?? 0, layer.out_features ?? 0)];
    if (layer.type !== "Conv2d") return [];
    const [kernel = 0] = layer.kernel ?? [];
    const [stride = 1] = layer.stride ?? [];
    const [pad = 0] = layer.padding ?? [];
    const before = size;
    size = Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const [inputs, outputs] = [layer.in_channels ?? 0, layer.out_channels ?? 0];
    const weight = {
      shape: [outputs, inputs, kernel, kernel],
      data: new Float32Array(outputs * inputs * kernel * kernel),
    };
    const padding = [
      [pad, pad],
      [pad, pad],
    ] as const;
    const shapes = { inputShape: [inputs, before, before], outputShape: [outputs, size, size] };
    return [conv2d({ weight, padding, stride: [stride, stride], ...shapes })];
  });
}

describe("denseMacs", () => {
  for (const name of ["fc-leaky-subtract", "synaptic-pruned", "conv-leaky-zero"]) {
    it(`equals NeuroBench's dense operations of one step: ${name}`, () => {
      const text = readFileSync(new URL(`../golden/neurobench/${name}.json`, import.meta.url), "utf8");
      const file = JSON.parse(text) as {
        network: { layers: LayerFile[] };
        input: { shape: number[] };
        expected: { synapticOperationsPerSample: { Dense: number } };
      };
      const macs = denseMacs({ nodes: nodesOf(file.network.layers) });
      expect(macs * (file.input.shape[1] ?? 0)).toBe(file.expected.synapticOperationsPerSample.Dense);
    });
  }

  it("counts groups, dilation and uneven padding", () => {
    // 4 places along the width, kernel 2 with dilation 2 over padded width 1 + 4 + 1: 3 + 3 of 8 pairs lie inside.
    const weight = { shape: [4, 1, 1, 2], data: new Float32Array(8) };
    const padding = [
      [0, 0],
      [1, 1],
    ] as const;
    const node = conv2d({
      weight,
      padding,
      groups: 2,
      dilation: [1, 2],
      inputShape: [2, 1, 4],
      outputShape: [4, 1, 4],
    });
    expect(denseMacs({ nodes: [node] })).toBe(4 * 6);
  });

  it("counts a one-dimensional convolution and no pooling, scaling or neurons", () => {
    const weight = { shape: [3, 2, 2], data: new Float32Array(12) };
    const conv: NetworkNode = {
      kind: "conv1d",
      name: "c",
      inputShape: [2, 5],
      outputShape: [3, 4],
      weight,
      bias: null,
      stride: 1,
      padding: [0, 0],
      dilation: 1,
      groups: 1,
    };
    const scale: NetworkNode = {
      kind: "scale",
      name: "s",
      inputShape: [12],
      outputShape: [12],
      scale: new Float32Array(12),
    };
    expect(denseMacs({ nodes: [conv, scale] })).toBe(3 * 2 * 2 * 4);
  });
});
