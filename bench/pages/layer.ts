/** One dense layer against published emulators, as text. */

import { factLines, microseconds, short, table, timesAsFast, type Facts, type Timing } from "../shared.ts";

/** What layer-against-emulators.ts finds out. */
export interface LayerResults extends Facts {
  readonly repeats: number;
  readonly inputs: number;
  readonly neurons: number;
  readonly steps: number;
  /** Share of inputs that are active in a timestep. */
  readonly activity: number;
  /** Why a peer could not be run, by its name. */
  readonly missing: Readonly<Record<string, string>>;
  readonly emulators: readonly {
    readonly name: string;
    readonly target: string;
    readonly datapath: string;
    /** Spikes per neuron and timestep. */
    readonly rate: number;
    /** Seconds for all timesteps. */
    readonly peer: Timing;
    readonly own: Timing;
  }[];
}

/** One sentence. */
export function layerHeadline({ emulators, missing }: LayerResults): string {
  const told = emulators.map(({ name, own, peer }) => `${timesAsFast(own, peer)} ${name}`);
  const absent = Object.keys(missing).map((name) => `; ${name} could not be run`);
  return `The same bits of one dense layer, in how many times the speed of other emulators: ${told.join(", ")}${absent.join("")}.`;
}

/** Ratios first. */
export function layerPage(results: LayerResults): string {
  const { emulators, missing, repeats, inputs, neurons, steps, activity } = results;
  const rows = emulators.map(({ name, target, datapath, rate, peer, own }) => [
    name,
    timesAsFast(own, peer),
    `${target} ${datapath}`,
    `${short(100 * rate)} %`,
    microseconds(peer, steps),
    microseconds(own, steps),
  ]);
  const absent = Object.entries(missing).map(([name, why]) => `\n- ${name} could not be run: ${why}`);
  return `One dense layer, ${inputs} inputs of which ${100 * activity} % are active in a timestep and ${neurons} neurons, ${steps} timesteps, in the integers of each
chip: the same weights, parameters and input on both sides. Every peer gave the interpreter's spikes, and so did bitspike's
kernels, before they were timed. Both in turns, ${repeats} times each after a warm-up; bitspike on one thread, spikes of all neurons
recorded. Lava and nengo-loihi run as their users run them, without recording; Brian 2 runs the same equations as generated C++
(the loop alone, without its start), sinabs on as many threads as make torch fastest.

How many times as fast as the peer bitspike is (more is better), and microseconds for one timestep on this machine, median (fastest):

${table(["peer", "times as fast", "computes", "neurons fire", "its µs", "bitspike's µs"], rows)}

${factLines(results)}${absent.join("")}`;
}
