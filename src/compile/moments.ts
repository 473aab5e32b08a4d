/**
 * What arrives over a projection during a calibration, gathered as the membranes behind it gather it, and how the shares of its
 * sources go together: with that the error of rounded weights is a sum over pairs of weights.
 */

import type { PopulationNode } from "../network/types.ts";
import { framesOf, rateOf, type Calibration } from "./calibration.ts";
import { tapsOf } from "./fan-in.ts";
import type { FloatSynapses } from "./linear.ts";
import type { Path } from "./paths.ts";

/** Over the timesteps of a calibration, for `size` sources or taps of a kernel. */
export interface Moments {
  readonly size: number;
  /** [size][size] mean products. */
  readonly products: Float64Array;
  /**
   * What is added to the mean square of each: what was not seen in a calibration can occur as well. With 3 times the average,
   * networks trained on digits did best on images that were not in it.
   */
  readonly doubt: number;
}

/** In averages of the mean square. */
const doubtful = 3;
/** Above so many sources there would be too many products. */
const mostSources = 2048;
/** Additions to a table of products that a projection is worth. */
const mostWork = 4e8;
/** Timesteps, or places of a kernel, that are looked at: at most, and at least where there are as many. */
const rowsAtMost = 2000;
const rowsAtLeast = 64;
/** Of a kernel: places per timestep. */
const placesPerStep = 16;

/** Moments of one projection, one per group of a grouped correlation; null where it has too many sources. */
export function momentsOf(
  path: Path,
  synapses: FloatSynapses,
  node: PopulationNode,
  calibration: Calibration,
): readonly Moments[] | null {
  const size = synapses.kind === "conv2d" ? tapsOf(synapses) : synapses.from;
  if (size > mostSources) return null;
  const { samples, steps } = calibration.recording;
  const read = framesOf(path.from, calibration);
  const gatherer = gathererOf(synapses, size, samples * steps);
  const { kept, held } = filterOf(node, calibration);
  const wait = path.lag + path.delay;
  const zeros = (): Float64Array => new Float64Array(synapses.from);
  const [frame, current, gathered] = [zeros(), zeros(), zeros()];
  for (let sample = 0; sample < samples; sample++) {
    current.fill(0);
    gathered.fill(0);
    for (let step = 0; step < steps; step++) {
      if (step >= wait) read(sample, step - wait, frame);
      else frame.fill(0);
      for (let i = 0; i < frame.length; i++) {
        current[i] = held * current[i]! + frame[i]!;
        gathered[i] = kept * gathered[i]! + current[i]!;
      }
      gatherer.take(gathered, sample * steps + step);
    }
  }
  return gatherer.finish();
}

/** What current and membrane keep per timestep on average; a reset to zero forgets as often as neurons fire. */
function filterOf(node: PopulationNode, calibration: Calibration): { kept: number; held: number } {
  const forgets = node.reset === "zero" ? rateOf(node.name, calibration) : 0;
  return { kept: average(node.beta) * (1 - forgets), held: node.alpha === null ? 0 : average(node.alpha) };
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Gatherer {
  /** @param row number of sample and timestep, to look at some of them only */
  take(values: Float64Array, row: number): void;
  finish(): Moments[];
}

function gathererOf(synapses: FloatSynapses, size: number, rows: number): Gatherer {
  const worth = Math.max(rowsAtLeast, Math.min(rowsAtMost, Math.floor(mostWork / (size * size))));
  if (synapses.kind === "conv2d") return new KernelGatherer(synapses, size, rows, worth);
  const sums = new Sums(size);
  const every = Math.max(1, Math.ceil(rows / worth));
  return {
    take: (values, row) => void (row % every === every - 1 && sums.add(values)),
    finish: () => [sums.finish()],
  };
}

/** Looks at what a kernel sees at some places of its input. */
class KernelGatherer implements Gatherer {
  private readonly synapses: Extract<FloatSynapses, { kind: "conv2d" }>;
  private readonly sums: readonly Sums[];
  private readonly seen: Float64Array;
  private readonly places: number;
  private readonly looks: number;
  private readonly every: number;
  private place = 0;

  constructor(synapses: Extract<FloatSynapses, { kind: "conv2d" }>, size: number, rows: number, worth: number) {
    this.synapses = synapses;
    this.sums = Array.from({ length: synapses.groups }, () => new Sums(size));
    this.seen = new Float64Array(size);
    this.places = synapses.outputShape[1]! * synapses.outputShape[2]!;
    this.looks = Math.min(placesPerStep, this.places);
    this.every = Math.max(1, Math.ceil((rows * this.looks) / worth));
  }

  take(values: Float64Array, row: number): void {
    if (row % this.every !== this.every - 1) return;
    for (let count = 0; count < this.looks; count++) {
      // A stride that shares no divisor with the number of places comes to all of them in turn.
      this.place = (this.place + 1_000_003) % this.places;
      for (const [group, sums] of this.sums.entries()) {
        this.look(values, group);
        sums.add(this.seen);
      }
    }
  }

  finish(): Moments[] {
    return this.sums.map((sums) => sums.finish());
  }

  private look(values: Float64Array, group: number): void {
    const { inputShape, outputShape, kernel, stride, padding, dilation, groups } = this.synapses;
    const [channels, height, width] = inputShape as [number, number, number];
    const [y, x] = [Math.floor(this.place / outputShape[2]!), this.place % outputShape[2]!];
    const each = channels / groups;
    let tap = 0;
    for (let channel = group * each; channel < (group + 1) * each; channel++) {
      for (let i = 0; i < kernel[0]; i++) {
        const row = y * stride[0] - padding[0] + i * dilation[0];
        for (let j = 0; j < kernel[1]; j++) {
          const column = x * stride[1] - padding[1] + j * dilation[1];
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          this.seen[tap++] = inside ? values[(channel * height + row) * width + column]! : 0;
        }
      }
    }
  }
}

/** Adds up products of values. */
class Sums {
  private readonly size: number;
  private readonly products: Float64Array;
  private readonly active: Uint32Array;
  private count = 0;

  constructor(size: number) {
    this.size = size;
    this.products = new Float64Array(size * size);
    this.active = new Uint32Array(size);
  }

  add(values: Float64Array): void {
    const { products, active, size } = this;
    let count = 0;
    for (let i = 0; i < size; i++) if (values[i] !== 0) active[count++] = i;
    this.count++;
    for (let a = 0; a < count; a++) {
      const row = active[a]! * size;
      const value = values[active[a]!]!;
      for (let b = a; b < count; b++) products[row + active[b]!]! += value * values[active[b]!]!;
    }
  }

  finish(): Moments {
    const { products, size } = this;
    const count = Math.max(1, this.count);
    let squares = 0;
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++) {
        const value = products[i * size + j]! / count;
        products[i * size + j] = value;
        products[j * size + i] = value;
      }
      squares += products[i * size + i]!;
    }
    return { size, products, doubt: (doubtful * squares) / Math.max(1, size) };
  }
}
