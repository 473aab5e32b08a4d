import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/engine.ts";
import { openNpz, writeNpz, type NpzFile } from "../../src/formats/npz.ts";
import type { NpyArray } from "../../src/formats/npy.ts";
import { readRecording, recordingArrays } from "../../src/formats/recording.ts";
import { codeOf } from "../support.ts";

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

/** The arrays with one of them changed, or taken away. */
function withChange(arrays: ReadonlyMap<string, NpyArray>, name: string, change: Partial<NpyArray> | null): NpzFile {
  const all = new Map(arrays);
  if (change === null) all.delete(name);
  else all.set(name, { ...all.get(name)!, ...change });
  return { names: [...all.keys()], read: (asked) => all.get(asked)! };
}

/** Code of the mistake that reading them with this change makes. */
function refused(name: string, change: Partial<NpyArray> | null): string {
  return codeOf(() => readRecording(withChange(recordingArrays(recording), name, change)));
}

describe("a recording read from its arrays", () => {
  const arrays = recordingArrays(recording);

  it("is what was written, but for the engine and where projections lead", () => {
    const projections = recording.projections.map((one) => ({ ...one, from: "", to: "" }));
    expect(readRecording(openNpz(writeNpz(arrays)))).toEqual({ ...recording, engine: "", projections });
  });

  it("keeps what went on in a queue", () => {
    const queue = { longest: Int32Array.of(0, 3, 2, 4), lost: Int32Array.of(0, 0, 0, 1) };
    const read = readRecording(openNpz(writeNpz(recordingArrays({ ...recording, queue }))));
    expect(read.queue).toEqual(queue);
  });

  it("is refused where an array is missing, has another shape, or spikes are out of place", () => {
    expect(refused("samples", null)).toBe("RECORDING_FORM");
    expect(refused("shape/lif", null)).toBe("RECORDING_FORM");
    expect(refused("steps", { data: Int32Array.of(-1) })).toBe("RECORDING_FORM");
    expect(refused("steps", { data: Int32Array.of(3) })).toBe("RECORDING_FORM");
    expect(refused("spikes/out", { shape: [2, 2] })).toBe("RECORDING_FORM");
    for (const event of [
      [0, 1, 1, 1],
      [0, 2, 0, 1],
      [2, 0, 0, 1],
      [-1, 0, 0, 1],
    ]) {
      expect(refused("spikes/out", { data: Int32Array.from(event) })).toBe("RECORDING_FORM");
    }
    const twice = { shape: [2, 4], data: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1) };
    expect(refused("spikes/out", twice)).toBe("RECORDING_FORM");
    expect(refused("synops/w", {})).toBe("no error");
  });
});
