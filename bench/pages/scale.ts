/** What large networks take, as text. */

import { factLines, median, short, table, type Facts, type Timing } from "../shared.ts";

/** One network. */
export interface ScaleNetwork {
  readonly neurons: number;
  readonly synapses: number;
  /** Form of the synapses between neurons. */
  readonly stored: string;
  readonly spikesPerStep: number;
  /** Seconds of each timestep. */
  readonly times: Timing;
  /** Most that the process ever held in memory. */
  readonly mebibytes: number;
}

/** What scale.ts finds out. */
export interface ScaleResults extends Facts {
  readonly target: string;
  /** Events that come in per timestep. */
  readonly inputs: number;
  readonly steps: number;
  readonly networks: readonly ScaleNetwork[];
}

/** One sentence. */
export function scaleHeadline({ networks }: ScaleResults): string {
  const parts = networks.map(({ neurons, synapses, mebibytes, spikesPerStep }) => {
    const size = `${neurons / 1e6} million neurons with ${Math.round(synapses / 1e6)} million synapses`;
    return `${size} run in ${Math.round(mebibytes)} MiB at ${((100 * spikesPerStep) / neurons).toPrecision(2)} % activity`;
  });
  return `${parts.join("; ")}.`;
}

/** A row per network. */
export function scalePage(results: ScaleResults): string {
  const rows = results.networks.map(({ neurons, synapses, stored, spikesPerStep, times, mebibytes }) => [
    `${neurons / 1e6} million`,
    `${(synapses / 1e6).toFixed(0)} million`,
    stored,
    Math.round(mebibytes).toString(),
    Math.round(spikesPerStep).toString(),
    `${short(1000 * median(times))} (${short(1000 * Math.min(...times))})`,
    short(((spikesPerStep * synapses) / neurons / median(times)) * 1e-6),
  ]);
  const head = [
    "neurons",
    "synapses, 8 bits",
    "stored as",
    "MiB",
    "spikes per step",
    "ms per step",
    "million synops/s",
  ];
  return `One population of ${results.target} neurons wired by chance, told row by row, stepped on one thread with ${results.inputs} events coming in per
timestep; a smaller one of the same kind gave the interpreter's spikes before. Each in a process of its own: MiB is the most that it
ever held, runtime and construction included. \`blocks\` are lists of 16-bit places within 65,536 neurons, \`sparse\` lists of 32-bit
places. Median (fastest) of ${results.steps} timesteps on this machine:

${table(head, rows)}

${factLines(results)}`;
}
