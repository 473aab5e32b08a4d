import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConvSynapses } from "../../src/core/synapses.ts";
import { fanOut, type SynapseCount, synopsOf } from "../../src/measure/synops.ts";
import { events, trainOf } from "./recordings.ts";

/** Every (input, output) pair of a correlation, weight by weight, as the definition has it. */
function fanOutByDefinition(conv: ConvSynapses, count: SynapseCount): number[] {
  const [channels = 0, height = 0, width = 0] = conv.inputShape;
  const [out = 0, outHeight = 0, outWidth = 0] = conv.outputShape;
  const fan = Array.from({ length: channels * height * width }, () => 0);
  const inGroup = channels / conv.groups;
  for (let o = 0; o < out; o++) {
    const group = Math.floor(o / (out / conv.groups));
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let i = 0; i < inGroup; i++) {
          for (let ky = 0; ky < conv.kernel[0]; ky++) {
            for (let kx = 0; kx < conv.kernel[1]; kx++) {
              const y = oy * conv.stride[0] + ky * conv.dilation[0] - conv.padding[0];
              const x = ox * conv.stride[1] + kx * conv.dilation[1] - conv.padding[1];
              const weight = conv.weight[((o * inGroup + i) * conv.kernel[0] + ky) * conv.kernel[1] + kx];
              if ((count === "nonzero" && weight === 0) || y < 0 || x < 0 || y >= height || x >= width) continue;
              fan[((group * inGroup + i) * height + y) * width + x]!++;
            }
          }
        }
      }
    }
  }
  return fan;
}

const convolution: fc.Arbitrary<ConvSynapses> = fc
  .record({
    groups: fc.constantFrom(1, 2),
    inGroup: fc.integer({ min: 1, max: 2 }),
    outGroup: fc.integer({ min: 1, max: 2 }),
    size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  })
  .map((drawn) => ({ ...drawn, places: [places(drawn, 0), places(drawn, 1)] as const }))
  .filter(({ places }) => places[0] > 0 && places[1] > 0)
  .chain(({ groups, inGroup, outGroup, size, places, ...rest }) =>
    fc
      .array(fc.integer({ min: -1, max: 1 }), {
        minLength: groups * outGroup * inGroup * rest.kernel[0] * rest.kernel[1],
        maxLength: groups * outGroup * inGroup * rest.kernel[0] * rest.kernel[1],
      })
      .map((weight) => ({
        kind: "conv2d" as const,
        weight: Int32Array.from(weight),
        inputShape: [groups * inGroup, ...size],
        outputShape: [groups * outGroup, ...places],
        groups,
        ...rest,
      })),
  );

interface Axes {
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}
function places({ size, kernel, stride, padding, dilation }: Axes, axis: 0 | 1): number {
  const free = size[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
  return Math.floor(free / stride[axis]) + 1;
}

describe("fanOut", () => {
  it("counts every stored synapse, or those with a weight other than 0", () => {
    const dense = { kind: "dense", weight: Int32Array.of(1, 0, -2, 0, 0, 0) } as const;
    expect([...fanOut(dense, 2)]).toEqual([3, 3]);
    expect([...fanOut(dense, 2, "nonzero")]).toEqual([2, 0]);
    const start = Uint32Array.of(0, 2, 2, 3);
    const target = Uint32Array.of(0, 4, 1);
    const sparse = { kind: "sparse", start, target, weight: Int32Array.of(3, 0, 1) } as const;
    expect([...fanOut(sparse, 3)]).toEqual([2, 0, 1]);
    expect([...fanOut(sparse, 3, "nonzero")]).toEqual([1, 0, 1]);
  });

  it("counts, for a convolution, every output that a tap reaches", () => {
    fc.assert(
      fc.property(convolution, fc.constantFrom("stored" as const, "nonzero" as const), (conv, count) => {
        const sources = conv.inputShape.reduce((product, size) => product * size, 1);
        expect([...fanOut(conv, sources, count)]).toEqual(fanOutByDefinition(conv, count));
      }),
    );
  });
});

describe("synopsOf", () => {
  it("adds the fan-out of every event to its sample", () => {
    const fan = Float64Array.of(1, 10, 100);
    fc.assert(
      fc.property(events(3, 4, 3), (list) => {
        const expected = [0, 0, 0];
        for (const [sample, , neuron] of list) expected[sample]! += fan[neuron] ?? 0;
        expect([...synopsOf(trainOf(3, 4, list), fan, 4)]).toEqual(expected);
      }),
    );
  });

  it("leaves out events that arrive after the last step", () => {
    const train = trainOf(1, 4, [
      [0, 1, 0],
      [0, 2, 1],
      [0, 3, 2],
    ]);
    const fan = Float64Array.of(1, 10, 100);
    expect([0, 1, 2, 4].map((late) => synopsOf(train, fan, 4, late)[0])).toEqual([111, 11, 1, 0]);
  });
});
