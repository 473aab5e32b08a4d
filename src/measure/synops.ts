/** Synaptic operations that given spikes cause in a program's synapses. */

import type { SpikeTrain } from "../engine.ts";
import type { ConvSynapses, Synapses } from "../core/synapses.ts";

/**
 * Which synapses count. `stored`: every one that a spike runs through on the chip, as engines count them. `nonzero`:
 * those with a weight other than 0, as NeuroBench's effective operations have it.
 */
export type SynapseCount = "stored" | "nonzero";

/**
 * How many synapses leave each source neuron.
 *
 * @param sources number of source neurons
 * @returns [sources]
 */
export function fanOut(synapses: Synapses, sources: number, count: SynapseCount = "stored"): Float64Array {
  const counted = new Uint8Array(synapses.weight.length).fill(1);
  if (count === "nonzero") for (let i = 0; i < counted.length; i++) if (synapses.weight[i] === 0) counted[i] = 0;
  switch (synapses.kind) {
    case "dense":
      return rowSums(counted, (source) => (source * counted.length) / sources, sources);
    case "sparse":
      return rowSums(counted, (source) => synapses.start[source]!, sources);
    case "blocks": {
      const blocks = (synapses.start.length - 1) / sources;
      return rowSums(counted, (source) => synapses.start[source * blocks]!, sources);
    }
    case "conv2d":
      return convFanOut(synapses, counted);
    default:
      return synapses satisfies never;
  }
}

/**
 * Synaptic operations per sample: every event counts once per synapse, whatever it carries.
 *
 * @param fan [sources] as `fanOut` gives it
 * @param steps rows of one sample
 * @param late steps by which events arrive later; those that would arrive after the last step do not count
 * @returns [samples]
 */
export function synopsOf(train: SpikeTrain, fan: Float64Array, steps: number, late: number = 0): Float64Array {
  const rows = train.start.length - 1;
  const synops = new Float64Array(Math.ceil(rows / steps));
  for (let row = 0; row < rows; row++) {
    if ((row % steps) + late >= steps) continue;
    const sample = Math.floor(row / steps);
    for (let i = train.start[row]!; i < train.start[row + 1]!; i++) synops[sample]! += fan[train.neuron[i]!]!;
  }
  return synops;
}

/** Sums of consecutive entries, row s beginning at `begin(s)`. */
function rowSums(counted: Uint8Array, begin: (source: number) => number, sources: number): Float64Array {
  return Float64Array.from({ length: sources }, (_, source) =>
    counted.subarray(begin(source), begin(source + 1)).reduce((sum, one) => sum + one, 0),
  );
}

/** A tap (ky, kx) leads from (y, x) to an output exactly where the stride divides the distance; see `taps`. */
function convFanOut(synapses: ConvSynapses, counted: Uint8Array): Float64Array {
  const [channels = 0, height = 0, width = 0] = synapses.inputShape;
  const perTap = countByTap(synapses, counted, channels);
  const [kernelHeight, kernelWidth] = synapses.kernel;
  const fan = new Float64Array(channels * height * width);
  for (let y = 0; y < height; y++) {
    const rows = taps(synapses, 0, y);
    for (let x = 0; x < width; x++) {
      const columns = taps(synapses, 1, x);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const ky of rows) {
          for (const kx of columns) sum += perTap[(channel * kernelHeight + ky) * kernelWidth + kx]!;
        }
        fan[(channel * height + y) * width + x] = sum;
      }
    }
  }
  return fan;
}

/** Kernel positions along one axis (0: height, 1: width) through which an input position reaches an output. */
function taps(synapses: ConvSynapses, axis: 0 | 1, position: number): number[] {
  const size = synapses.outputShape[axis + 1] ?? 0;
  const found: number[] = [];
  for (let tap = 0; tap < synapses.kernel[axis]; tap++) {
    const distance = position + synapses.padding[axis] - tap * synapses.dilation[axis];
    if (distance >= 0 && distance % synapses.stride[axis] === 0 && distance / synapses.stride[axis] < size) {
      found.push(tap);
    }
  }
  return found;
}

/** [channels][ky][kx] how many output channels have a counted weight there. */
function countByTap(
  { outputShape, kernel, groups }: ConvSynapses,
  counted: Uint8Array,
  channels: number,
): Float64Array {
  const area = kernel[0] * kernel[1];
  const inGroup = channels / groups;
  const outGroup = (outputShape[0] ?? 0) / groups;
  const count = new Float64Array(channels * area);
  for (let i = 0; i < counted.length; i++) {
    const group = Math.floor(i / (area * inGroup * outGroup));
    count[group * inGroup * area + (i % (area * inGroup))]! += counted[i]!;
  }
  return count;
}
