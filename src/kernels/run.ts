/** Running a compiled block over neurons, those that it gives back by other means. */

import type { Kernel } from "./block.ts";

/**
 * Run neurons `first` to `end` (excluded) in order.
 *
 * @param group of the kernel; `first` is a multiple of it, and so is `end` unless no neuron comes behind
 * @param exactly runs a few neurons from the equations themselves; what it throws ends the run there
 */
export function runNeurons(
  kernel: Kernel,
  group: number,
  first: number,
  end: number,
  uniform: number,
  exactly: (first: number, end: number) => void,
): void {
  let at = kernel(first, end, uniform);
  while (at < end) {
    exactly(at, Math.min(at + group, end));
    at = kernel(at + group, end, uniform);
  }
}
