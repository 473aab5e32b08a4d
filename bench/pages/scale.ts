/** What large networks take, as text. */

import { factLines, median, ratioOf, short, table, type Facts, type Timing } from "../shared.ts";

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
  /** Missing in results of before it was measured. */
  readonly divided?: DividedNetwork;
}

/** The same network on two threads, each with a part of its neurons. */
export interface DividedNetwork {
  /** Timesteps of a recording. */
  readonly steps: number;
  /** Most that the process ever held in memory. */
  readonly mebibytes: number;
  /** Seconds of a recording on one thread, on two by core, and of two independent recordings on two threads. */
  readonly oneThread: Timing;
  readonly twoThreads: Timing;
  readonly twoCopies: Timing;
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
${dividedPart(results)}
${factLines(results)}`;
}

/** What a second thread gains, against the most that this machine could give. */
function dividedPart({ networks }: ScaleResults): string {
  const rows = networks.flatMap(({ neurons, synapses, divided }) => {
    if (divided === undefined) return [];
    const { steps, mebibytes, oneThread, twoThreads, twoCopies } = divided;
    const [gain, most] = [ratioOf(twoThreads, oneThread), 2 * ratioOf(twoCopies, oneThread)];
    const perSecond = (timing: Timing): string => short(steps / Math.min(...timing));
    return [
      [
        `${neurons / 1e6} million`,
        `${(synapses / 1e6).toFixed(0)} million`,
        perSecond(oneThread),
        perSecond(twoThreads),
        `${gain.toFixed(2)} x`,
        `${most.toFixed(2)} x`,
        (gain / most).toFixed(2),
        Math.round(mebibytes).toString(),
      ],
    ];
  });
  if (rows.length === 0) return "";
  const head = ["neurons", "synapses", "one thread", "by core", "gain", "two copies", "of these", "MiB"];
  const { steps, oneThread } = networks.find(({ divided }) => divided !== undefined)!.divided!;
  return `
The same networks on two threads that have a part of the neurons each: timesteps per second, the gain, what two independent copies of the
network gain together on the same machine, which is the most that there could be, and which part of that was reached. A recording of
${steps} timesteps from rest, the fastest of ${oneThread.length} in turns; the spikes are those of one thread. MiB is the most that the process of two threads held:

${table(head, rows)}
`;
}
