/** How many source neurons a projection has. */

import { blocksOf } from "../core/blocks.ts";
import type { Synapses } from "../core/synapses.ts";

/** @param neurons of the target population */
export function sourcesOf(synapses: Synapses, neurons: number): number {
  switch (synapses.kind) {
    case "dense":
      return synapses.weight.length / neurons;
    case "sparse":
      return synapses.start.length - 1;
    case "blocks":
      return (synapses.start.length - 1) / blocksOf(neurons);
    case "conv2d":
      return synapses.inputShape.reduce((product, size) => product * size, 1);
  }
}
