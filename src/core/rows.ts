/** Synapses as rows: which of a core's neurons one source reaches, and with which weight. */

import { sizeOf } from "../network/types.ts";
import { blocksOf, blockTargets } from "./blocks.ts";
import type { BlockSynapses, ConvSynapses, SparseSynapses, Synapses, Weights } from "./synapses.ts";

/** A cursor over rows. After `seek(source)` entries `begin` to `end` (excluded) are that source's synapses. */
export interface Rows {
  /** A dense row reaches neurons 0, 1, 2, .. in order, and `target` is not used. */
  readonly dense: boolean;
  /** Neuron of each entry, counted from the first of the range, ascending within a row. */
  readonly target: Uint32Array;
  readonly weight: Weights;
  /** Largest magnitude of any weight of the projection, on these neurons or others. */
  readonly largest: number;
  begin: number;
  end: number;
  seek(source: number): void;
}

/**
 * Open the synapses onto neurons `low` to `high` (excluded) of the target population.
 *
 * @param neurons of the whole target population
 */
export function openRows(synapses: Synapses, neurons: number, low: number, high: number): Rows {
  switch (synapses.kind) {
    case "dense":
      return denseRows(synapses.weight, neurons, low, high);
    case "sparse":
      return sparseRows(synapses, neurons, low, high);
    case "blocks":
      return new BlockRows(synapses, neurons, low, high);
    case "conv2d":
      return new ConvRows(synapses, low, high);
  }
}

/** Largest magnitude of some weights; 0 where there is none. */
export function largestOf(weight: Weights): number {
  let largest = 0;
  for (let i = 0; i < weight.length; i++) largest = Math.max(largest, Math.abs(weight[i]!));
  return largest;
}

function denseRows(weight: Weights, neurons: number, low: number, high: number): Rows {
  const width = high - low;
  const own = width === neurons ? weight : columns(weight, neurons, low, high);
  return {
    dense: true,
    target: new Uint32Array(0),
    weight: own,
    largest: largestOf(weight),
    begin: 0,
    end: 0,
    seek(source) {
      this.begin = source * width;
      this.end = this.begin + width;
    },
  };
}

function columns(weight: Weights, neurons: number, low: number, high: number): Weights {
  const width = high - low;
  const sources = weight.length / neurons;
  const own = emptyLike(weight, sources * width);
  for (let source = 0; source < sources; source++) {
    own.set(weight.subarray(source * neurons + low, source * neurons + high), source * width);
  }
  return own;
}

/** As wide as the others. */
function emptyLike(weight: Weights, length: number): Weights {
  if (weight instanceof Int8Array) return new Int8Array(length);
  return weight instanceof Int16Array ? new Int16Array(length) : new Int32Array(length);
}

function sparseRows(synapses: SparseSynapses, neurons: number, low: number, high: number): Rows {
  const whole = low === 0 && high >= neurons;
  const { start, target, weight } = whole ? synapses : cutSparse(synapses, low, high);
  return {
    dense: false,
    target,
    weight,
    largest: largestOf(synapses.weight),
    begin: 0,
    end: 0,
    seek(source) {
      this.begin = start[source]!;
      this.end = start[source + 1]!;
    },
  };
}

function cutSparse(synapses: SparseSynapses, low: number, high: number): SparseSynapses {
  const start = new Uint32Array(synapses.start.length);
  const within = (entry: number): boolean => synapses.target[entry]! >= low && synapses.target[entry]! < high;
  let entries = 0;
  for (let source = 0; source + 1 < start.length; source++) {
    for (let i = synapses.start[source]!; i < synapses.start[source + 1]!; i++) if (within(i)) entries++;
    start[source + 1] = entries;
  }
  const target = new Uint32Array(entries);
  const weight = emptyLike(synapses.weight, entries);
  let next = 0;
  for (let i = 0; i < synapses.target.length; i++) {
    if (!within(i)) continue;
    target[next] = synapses.target[i]! - low;
    weight[next++] = synapses.weight[i]!;
  }
  return { kind: "sparse", start, target, weight };
}

/** Rows in blocks, put together when asked for. */
class BlockRows implements Rows {
  readonly dense = false;
  readonly target: Uint32Array;
  readonly weight: Weights;
  readonly largest: number;
  readonly begin = 0;
  end = 0;
  private readonly synapses: BlockSynapses;
  private readonly blocks: number;
  private readonly low: number;
  private readonly high: number;

  constructor(synapses: BlockSynapses, neurons: number, low: number, high: number) {
    this.synapses = synapses;
    this.blocks = blocksOf(neurons);
    this.low = low;
    this.high = high;
    this.largest = largestOf(synapses.weight);
    const { start } = synapses;
    let longest = 0;
    for (let i = this.blocks; i < start.length; i += this.blocks) {
      longest = Math.max(longest, start[i]! - start[i - this.blocks]!);
    }
    this.target = new Uint32Array(longest);
    this.weight = emptyLike(synapses.weight, longest);
  }

  seek(source: number): void {
    const { blocks, low, high, target, weight } = this;
    const { start, target: numbers, weight: weights } = this.synapses;
    let entries = 0;
    for (let block = 0; block < blocks; block++) {
      const at = source * blocks + block;
      for (let i = start[at]!; i < start[at + 1]!; i++) {
        const neuron = block * blockTargets + numbers[i]!;
        if (neuron < low || neuron >= high) continue;
        target[entries] = neuron - low;
        weight[entries++] = weights[i]!;
      }
    }
    this.end = entries;
  }
}

/** Rows of a convolution, worked out from the kernel when asked for: a table would be a hundred times larger. */
class ConvRows implements Rows {
  readonly dense = false;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
  readonly largest: number;
  readonly begin = 0;
  end = 0;
  private readonly synapses: ConvSynapses;
  private readonly low: number;
  private readonly high: number;
  /** Output coordinates and taps of the row being worked out, down and across. */
  private readonly at: readonly [Int32Array, Int32Array];
  private readonly tap: readonly [Int32Array, Int32Array];

  constructor(synapses: ConvSynapses, low: number, high: number) {
    this.synapses = synapses;
    this.low = low;
    this.high = high;
    const longest = Math.min(sizeOf(synapses.outputShape), sizeOf(synapses.kernel) * synapses.outputShape[0]!);
    this.largest = largestOf(synapses.weight);
    this.target = new Uint32Array(longest);
    this.weight = new Int32Array(longest);
    const [height, width] = synapses.kernel;
    this.at = [new Int32Array(height), new Int32Array(width)];
    this.tap = [new Int32Array(height), new Int32Array(width)];
  }

  seek(source: number): void {
    const { inputShape, outputShape, kernel, groups, weight } = this.synapses;
    const [channels, height, width] = inputShape as [number, number, number];
    const [outputs, outHeight, outWidth] = outputShape as [number, number, number];
    const channel = Math.floor(source / (height * width));
    const perGroup = outputs / groups;
    const inGroup = channels / groups;
    const first = Math.floor(channel / inGroup) * perGroup;
    const plane = outHeight * outWidth;
    const taps = kernel[0] * kernel[1];
    const rows = this.reached(0, Math.floor(source / width) % height);
    const columns = this.reached(1, source % width);
    const reach = this.high - this.low;
    // Locals: this loop runs once per synapse and event.
    const { target, weight: kept } = this;
    const [[down, across], [downTap, acrossTap]] = [this.at, this.tap];
    let entries = 0;
    for (let out = first; out < first + perGroup; out++) {
      const base = (out * inGroup + (channel % inGroup)) * taps;
      const neurons = out * plane - this.low;
      if (neurons + plane <= 0 || neurons >= reach) continue;
      const whole = neurons >= 0 && neurons + plane <= reach;
      for (let r = 0; r < rows; r++) {
        const row = neurons + down[r]! * outWidth;
        const tap = base + downTap[r]! * kernel[1];
        for (let c = 0; c < columns; c++) {
          const neuron = row + across[c]!;
          if (!whole && (neuron < 0 || neuron >= reach)) continue;
          target[entries] = neuron;
          kept[entries++] = weight[tap + acrossTap[c]!]!;
        }
      }
    }
    this.end = entries;
  }

  /** Output coordinates along one axis (0 down, 1 across) that see input coordinate `at`, ascending, with their taps. */
  private reached(axis: 0 | 1, at: number): number {
    const { kernel, stride, padding, dilation, outputShape } = this.synapses;
    let count = 0;
    for (let tap = kernel[axis] - 1; tap >= 0; tap--) {
      const out = outputAt(at, tap, stride[axis], padding[axis], dilation[axis], outputShape[1 + axis]!);
      if (out < 0) continue;
      this.at[axis][count] = out;
      this.tap[axis][count++] = tap;
    }
    return count;
  }
}

/** Output coordinate that a kernel tap connects with input coordinate `at`, or -1. */
function outputAt(at: number, tap: number, stride: number, padding: number, dilation: number, size: number): number {
  const scaled = at + padding - tap * dilation;
  if (scaled < 0 || scaled % stride !== 0) return -1;
  const out = scaled / stride;
  return out < size ? out : -1;
}
