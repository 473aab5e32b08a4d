import { describe, expect, it } from "vitest";
import type { NetworkNode, PopulationNode } from "../../src/network/types.ts";
import { shapeText, summarizeNetwork } from "../../src/report/summary.ts";

const population: PopulationNode = {
  kind: "population",
  name: "n",
  inputShape: [2],
  outputShape: [2],
  alpha: null,
  currentGain: null,
  beta: Float64Array.of(0.9, 0.9),
  gain: Float64Array.of(1, 1),
  feedthrough: null,
  leak: new Float64Array(2),
  threshold: Float64Array.of(1, 1),
  reset: "zero",
  resetTo: new Float64Array(2),
  resetDelay: false,
};

function summaryOf(node: NetworkNode): ReturnType<typeof summarizeNetwork>["nodes"][number] | undefined {
  return summarizeNetwork({ nodes: [node], edges: [] }).nodes[0];
}

describe("summarizeNetwork", () => {
  it("names neurons by what they do", () => {
    const kinds = [
      population,
      { ...population, beta: Float64Array.of(1, 1) },
      { ...population, threshold: null },
      { ...population, threshold: null, beta: Float64Array.of(1, 1) },
      { ...population, alpha: Float64Array.of(0.5, 0.5) },
    ].map((node) => summaryOf(node)?.kind);
    expect(kinds).toEqual(["LIF", "IF", "LI", "I", "CubaLIF"]);
  });

  it("describes parameters by one value, or by the smallest and largest", () => {
    expect(summaryOf(population)?.detail).toBe("beta 0.9, threshold 1, reset to 0");
    const other = { ...population, beta: Float64Array.of(0.8, 0.95), reset: "subtract", resetDelay: true } as const;
    expect(summaryOf(other)?.detail).toBe("beta 0.8 to 0.95, threshold 1, reset by subtraction, one step late");
  });

  it("says what is in continuous time in milliseconds", () => {
    const lif: NetworkNode = {
      kind: "neuron",
      name: "lif",
      inputShape: [1],
      outputShape: [1],
      type: "LIF",
      tauSyn: null,
      tauMem: Float32Array.of(0.0125),
      r: Float32Array.of(1),
      wIn: null,
      vLeak: Float32Array.of(0),
      threshold: Float32Array.of(0.1),
      vReset: Float32Array.of(0),
    };
    expect(summaryOf(lif)).toMatchObject({
      kind: "LIF",
      detail: "tau_mem 12.5 ms, threshold 0.1, reset to 0",
      neurons: 1,
    });
  });

  it("counts weights and biases, and tells of zeros, strides and groups", () => {
    const conv: NetworkNode = {
      kind: "conv2d",
      name: "c",
      inputShape: [2, 5, 5],
      outputShape: [4, 2, 2],
      weight: { shape: [4, 1, 3, 3], data: new Float32Array(36).fill(1, 9) },
      bias: Float32Array.of(0, 0, 1, 0),
      stride: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1],
      groups: 2,
    };
    expect(summaryOf(conv)).toMatchObject({
      parameters: 40,
      neurons: 0,
      detail: "kernel 3x3, stride 2x2, 2 groups, 25 % zero, bias",
    });
  });

  it("marks edges that carry the previous timestep, and adds up", () => {
    const dense: NetworkNode = {
      kind: "dense",
      name: "w",
      inputShape: [2],
      outputShape: [2],
      weight: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      bias: null,
    };
    const edges = [
      { from: "w", to: "n", delayed: false },
      { from: "n", to: "w", delayed: true },
    ];
    const summary = summarizeNetwork({ nodes: [dense, population], edges });
    expect(summary.nodes.map(({ from }) => from)).toEqual([["n (t-1)"], ["w"]]);
    expect(summary).toMatchObject({ neurons: 2, parameters: 4 });
  });
});

describe("shapeText", () => {
  it("joins sizes with x", () => {
    expect([shapeText([784]), shapeText([12, 13, 13]), shapeText([])]).toEqual(["784", "12x13x13", "1"]);
  });
});
