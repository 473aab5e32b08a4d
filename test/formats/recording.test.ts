import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/engine.ts";
import { recordingArrays } from "../../src/formats/recording.ts";

const recording: Recording = {
  engine: "interpreter",
  samples: 2,
  steps: 2,
  populations: [
    {
      name: "lif",
      shape: [1, 3],
      neurons: 3,
      spikes: {
        start: Uint32Array.of(0, 2, 2, 3, 4),
        neuron: Uint32Array.of(0, 2, 1, 2),
        payload: Int32Array.of(1, 1, 5, -1),
      },
      traces: new Map([["membrane", Int32Array.from({ length: 12 }, (_, i) => i)]]),
    },
    {
      name: "out",
      shape: [1],
      neurons: 1,
      spikes: { start: Uint32Array.of(0, 0, 1, 1, 1), neuron: Uint32Array.of(0), payload: null },
      traces: new Map(),
    },
  ],
  projections: [{ name: "w", from: "lif", to: "out", synops: Float64Array.of(3, 1) }],
  outputs: new Map([["output", Float32Array.of(0, 1, 0, 0)]]),
};

describe("a recording as arrays", () => {
  const arrays = recordingArrays(recording);

  it("has one row per spike: sample, step, neuron, payload", () => {
    const { shape, data } = arrays.get("spikes/lif")!;
    expect(shape).toEqual([4, 4]);
    expect([...data]).toEqual([0, 0, 0, 1, 0, 0, 2, 1, 1, 0, 1, 5, 1, 1, 2, -1]);
    expect([...arrays.get("spikes/out")!.data]).toEqual([0, 1, 0, 1]);
  });

  it("has traces, outputs and synops with their axes", () => {
    expect(arrays.get("trace/lif/membrane")?.shape).toEqual([2, 2, 3]);
    expect(arrays.get("output/output")?.shape).toEqual([2, 2, 1]);
    expect(arrays.get("synops/w")).toEqual({ shape: [2], dtype: "float64", data: Float64Array.of(3, 1) });
    expect([...arrays.get("shape/lif")!.data]).toEqual([1, 3]);
    expect([arrays.get("samples")!.data[0], arrays.get("steps")!.data[0]]).toEqual([2, 2]);
  });
});
