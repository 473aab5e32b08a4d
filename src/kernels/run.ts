/** Running a compiled block over neurons, those that it gives back by other means. */

import type { Kernel } from "./block.ts";

/**
 * Run neurons `first` to `end` (excluded) in order.
 *
 * @param group of the kernel; `first` is a multiple of it, and so is `end` unless no neuron comes behind
 * @param exactly runs a few neurons from the equations themselves; what it throws ends the run there
 * @param a, b, c arguments of the kernel beside the range; those that it does not take are ignored
 */
export function runNeurons(
  kernel: Kernel,
  group: number,
  first: number,
  end: number,
  exactly: (first: number, end: number) => void,
  a = 0,
  b = 0,
  c = 0,
): void {
  let at = kernel(first, end, a, b, c);
  while (at < end) {
    exactly(at, Math.min(at + group, end));
    at = kernel(at + group, end, a, b, c);
  }
}
