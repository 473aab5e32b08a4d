import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyLinear,
  composeSynapses,
  countSynapses,
  forEachSynapse,
  listed,
  type FloatSynapses,
  type LinearNode,
} from "../../src/compile/linear.ts";
import { sizeOf, type Padding, type Shape } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import { slowly } from "./slowly.ts";

/** The matrix [from][to] of a chain, node after node. */
function productOf(nodes: readonly LinearNode[], from: number): number[][] {
  return Array.from({ length: from }, (_, source) => {
    const unit = Array.from({ length: from }, (_, i) => Number(i === source));
    return nodes.reduce((x, node) => slowly(node, x), unit);
  });
}

/** The matrix [from][to] that synapses stand for. */
function matrixOf(synapses: FloatSynapses): number[][] {
  const { from, to } = synapses;
  const rows = Array.from({ length: from }, () => Array.from({ length: to }, () => 0));
  forEachSynapse(synapses, (source, target, weight) => {
    rows[source]![target]! += weight;
  });
  return rows;
}

/** Largest difference of two lists of the same length. */
function farthest(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

function floats(dice: Dice, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => (dice.chance(15) ? 0 : dice.between(-9, 9)));
}

function base(inputShape: Shape, outputShape: Shape) {
  return { name: "node", inputShape, outputShape };
}

function outSize(size: number, kernel: number, stride: number, dilation: number, [before, after]: Padding): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

function randomConv2d(shape: Shape, dice: Dice): LinearNode | null {
  const pair = (low: number, high: number): [number, number] => [dice.between(low, high), dice.between(low, high)];
  const pads = (): Padding => (dice.chance(50) ? [0, 0] : pair(0, 2));
  const groups = dice.one([1, 2].filter((count) => shape[0]! % count === 0));
  const out = groups * dice.between(1, 2);
  const [kernel, stride, dilation] = [pair(1, 3), pair(1, 2), dice.chance(70) ? [1, 1] : pair(1, 2)] as const;
  const padding: [Padding, Padding] = [pads(), pads()];
  const [height, width] = [0, 1].map((axis) => {
    return outSize(shape[1 + axis]!, kernel[axis]!, stride[axis]!, dilation[axis]!, padding[axis]!);
  }) as [number, number];
  if (height < 1 || width < 1) return null;
  const weightShape = [out, shape[0]! / groups, ...kernel];
  const weight = { shape: weightShape, data: floats(dice, sizeOf(weightShape)) };
  const geometry = { stride, padding, dilation: dilation as [number, number], groups };
  return { ...base(shape, [out, height, width]), kind: "conv2d", weight, bias: null, ...geometry };
}

function randomConv1d([channels, length]: Shape, dice: Dice): LinearNode | null {
  const groups = dice.one([1, 2].filter((count) => channels! % count === 0));
  const [kernel, stride, dilation] = [dice.between(1, 3), dice.between(1, 2), dice.between(1, 2)];
  const padding: Padding = [dice.between(0, 2), dice.between(0, 2)];
  const size = outSize(length!, kernel, stride, dilation, padding);
  if (size < 1) return null;
  const out = groups * dice.between(1, 2);
  const weightShape = [out, channels! / groups, kernel];
  const weight = { shape: weightShape, data: floats(dice, sizeOf(weightShape)) };
  const shapes = base([channels!, length!], [out, size]);
  return { ...shapes, kind: "conv1d", weight, bias: null, stride, padding, dilation, groups };
}

function randomPool(shape: Shape, dice: Dice): LinearNode | null {
  const kernel: [number, number] = [dice.between(1, 3), dice.between(1, 3)];
  const stride: [number, number] = dice.chance(50) ? kernel : [dice.between(1, 3), dice.between(1, 3)];
  const pad = dice.chance(70) ? 0 : 1;
  const padding: [Padding, Padding] = [
    [pad, pad],
    [pad, pad],
  ];
  const [height, width] = [0, 1].map((axis) => outSize(shape[1 + axis]!, kernel[axis]!, stride[axis]!, 1, [pad, pad]));
  if (height! < 1 || width! < 1) return null;
  const kind = dice.one(["sumPool2d", "avgPool2d"] as const);
  return { ...base(shape, [shape[0]!, height!, width!]), kind, kernel, stride, padding };
}

function randomNode(shape: Shape, dice: Dice): LinearNode | null {
  const size = sizeOf(shape);
  const dense = (): LinearNode => {
    const out = dice.between(1, 5);
    return {
      ...base(shape, [out]),
      kind: "dense",
      weight: { shape: [out, size], data: floats(dice, out * size) },
      bias: null,
    };
  };
  const scale = (): LinearNode => ({ ...base(shape, shape), kind: "scale", scale: floats(dice, size) });
  const mask = (): LinearNode => ({ kind: "mask", keep: Uint8Array.from({ length: size }, () => dice.between(0, 1)) });
  const flatten = (): LinearNode => ({ ...base(shape, [size]), kind: "flatten" });
  if (shape.length === 1) return dice.one([dense, scale, mask])();
  if (shape.length === 2) return dice.one([() => randomConv1d(shape, dice), scale, mask, flatten])();
  const pool = (): LinearNode | null => randomPool(shape, dice);
  const conv = (): LinearNode | null => randomConv2d(shape, dice);
  return dice.one([conv, conv, pool, pool, scale, mask, flatten])();
}

/** 1 to 4 nodes, each taking the shape that the one before gives. */
function randomChain(dice: Dice): { nodes: LinearNode[]; from: number; to: number } {
  const shapes: Shape[] = [[dice.between(1, 2) * 2, dice.between(2, 6), dice.between(2, 6)], [2, 7], [6]];
  const first = dice.one([shapes[0]!, ...shapes]);
  let shape = first;
  const nodes: LinearNode[] = [];
  for (let i = dice.between(1, 4); i > 0; i--) {
    const node = randomNode(shape, dice);
    if (node === null) continue;
    nodes.push(node);
    if (node.kind !== "mask") shape = node.outputShape;
  }
  return { nodes, from: sizeOf(first), to: sizeOf(shape) };
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe("synapses of a way through linear nodes", () => {
  it("are the product of the nodes", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const { nodes, from, to } = randomChain(new Dice(seed));
        const synapses = composeSynapses(nodes, from, to);
        kinds.add(synapses.kind);
        const expected = productOf(nodes, from);
        expect(farthest(matrixOf(synapses).flat(), expected.flat())).toBeLessThan(1e-9);
      }),
      { numRuns: 300 },
    );
    expect([...kinds].toSorted()).toEqual(["conv2d", "dense", "sparse"]);
  });

  it("stay a kernel through a pool in front of it wherever that is exact", () => {
    let folded = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const shape = [2, dice.between(3, 8), dice.between(3, 8)];
        const pool = randomPool(shape, dice);
        const conv = pool === null || pool.kind === "mask" ? null : randomConv2d(pool.outputShape, dice);
        fc.pre(pool !== null && conv !== null && conv.kind !== "mask");
        const synapses = composeSynapses([pool, conv], sizeOf(shape), sizeOf(conv.outputShape));
        if (synapses.kind === "conv2d") folded++;
        const expected = productOf([pool, conv], sizeOf(shape));
        expect(farthest(matrixOf(synapses).flat(), expected.flat())).toBeLessThan(1e-9);
      }),
      { numRuns: 300 },
    );
    expect(folded).toBeGreaterThan(60);
  });

  it("are the same as a list, in order of targets", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { nodes, from, to } = randomChain(new Dice(seed));
        const synapses = composeSynapses(nodes, from, to);
        const list = listed(synapses);
        expect(matrixOf(list)).toEqual(matrixOf(synapses));
        expect(countSynapses(list)).toBe(countSynapses(synapses));
        for (let source = 0; source < from; source++) {
          const row = [...list.target.subarray(list.start[source]!, list.start[source + 1]!)];
          expect(row).toEqual([...new Set(row)].toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("one node makes of any vector what its definition says", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const { nodes, from } = randomChain(dice);
        const x = Float64Array.from(floats(dice, from));
        const [first] = nodes;
        if (first === undefined) return;
        expect(farthest([...applyLinear(first, x)], slowly(first, [...x]))).toBeLessThan(1e-9);
      }),
      { numRuns: 150 },
    );
  });
});
