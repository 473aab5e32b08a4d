/** Synaptic operations that given spikes cause in a program's synapses. */

import type { SpikeTrain } from "../engine.ts";
import type { ConvSynapses, Synapses } from "../compile/program.ts";

/**
 * How many synapses with a weight other than 0 leave each source neuron.
 *
 * @param sources number of source neurons
 * @returns [sources]
 */
export function fanOut(synapses: Synapses, sources: number): Float64Array {
  switch (synapses.kind) {
    case "dense":
      return denseFanOut(synapses.weight, sources);
    case "sparse":
      return sparseFanOut(synapses.weight, synapses.start, sources);
    case "conv2d":
      return convFanOut(synapses);
    default:
      return synapses satisfies never;
  }
}

/**
 * Synaptic operations per sample: every event counts once per synapse with a weight other than 0, whatever it carries.
 * These are NeuroBench's effective operations (ACs and MACs together), before its division by the samples.
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

function denseFanOut(weight: Int32Array, sources: number): Float64Array {
  const targets = sources === 0 ? 0 : weight.length / sources;
  const fan = new Float64Array(sources);
  for (let i = 0; i < weight.length; i++) if (weight[i] !== 0) fan[Math.floor(i / targets)]!++;
  return fan;
}

function sparseFanOut(weight: Int32Array, start: Uint32Array, sources: number): Float64Array {
  const fan = new Float64Array(sources);
  for (let source = 0; source < sources; source++) {
    for (let i = start[source]!; i < start[source + 1]!; i++) if (weight[i] !== 0) fan[source]!++;
  }
  return fan;
}

/** A tap (ky, kx) leads from (y, x) to an output exactly where the stride divides the distance; see `taps`. */
function convFanOut(synapses: ConvSynapses): Float64Array {
  const [channels = 0, height = 0, width = 0] = synapses.inputShape;
  const nonZero = nonZeroByTap(synapses, channels);
  const [kernelHeight, kernelWidth] = synapses.kernel;
  const fan = new Float64Array(channels * height * width);
  for (let y = 0; y < height; y++) {
    const rows = taps(synapses, 0, y);
    for (let x = 0; x < width; x++) {
      const columns = taps(synapses, 1, x);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const ky of rows) {
          for (const kx of columns) sum += nonZero[(channel * kernelHeight + ky) * kernelWidth + kx]!;
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

/** [channels][ky][kx] how many output channels have a weight other than 0 there. */
function nonZeroByTap({ weight, outputShape, kernel, groups }: ConvSynapses, channels: number): Float64Array {
  const area = kernel[0] * kernel[1];
  const inGroup = channels / groups;
  const outGroup = (outputShape[0] ?? 0) / groups;
  const count = new Float64Array(channels * area);
  for (let i = 0; i < weight.length; i++) {
    if (weight[i] === 0) continue;
    const group = Math.floor(i / (area * inGroup * outGroup));
    count[group * inGroup * area + (i % (area * inGroup))]!++;
  }
  return count;
}
