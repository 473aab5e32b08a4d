/** When each population acts on the chip, and how long each projection's spikes are under way. */

import { mistake, type Warning } from "../errors.ts";
import type { Target } from "../target/types.ts";
import type { Circuit, Path } from "./paths.ts";

export interface Alignment {
  /** Chip timestep of the model's step 0, by population. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Timesteps from firing to arrival, by path. */
  readonly arrivals: ReadonlyMap<Path, number>;
  readonly warnings: readonly Warning[];
}

/**
 * A chip that delivers in the next timestep runs each layer one step behind the one that feeds it. Shorter ways around
 * a layer get a delay, so that what met in one step of the network meets in one step of the chip. Only a loop through
 * several layers cannot be mended: its way back takes a step too many, which is warned of.
 *
 * @param cut delays that are too long for the chip may become the longest that it has
 * @throws COMPILE_DELAY when a delay is needed that the chip does not have
 */
export function align(circuit: Circuit, target: Target, cut = false): Alignment {
  const [shortest, longest] = target.delivery.delays;
  const inputs = new Set(circuit.inputs.map(({ name }) => name));
  const hopFrom = (name: string): number => hopOf(target, inputs.has(name));
  const offsets = offsetsOf(circuit, (from) => hopFrom(from) + shortest);
  const arrivals = new Map<Path, number>();
  const warnings = [...circuit.warnings];
  for (const path of circuit.paths) {
    const hop = hopFrom(path.from);
    const behind = offsets.get(path.to)! - (offsets.get(path.from) ?? 0);
    const wanted = behind + path.delay + path.lag;
    let arrives = Math.max(wanted, hop + shortest);
    const extra = arrives - hop;
    // In one timestep a spike goes forward only; the previous step's spikes need no delay of the chip.
    const needed = path.lag > 0 && hop === 0 ? extra - 1 : extra;
    if (needed > longest && cut) {
      arrives -= needed - longest;
      warnings.push(cutDelay(path, needed, longest));
    } else if (needed > longest) {
      const facts = { from: path.from, to: path.to, delay: needed, longest };
      throw mistake("COMPILE_DELAY", facts, { node: path.to });
    }
    if (arrives > wanted) warnings.push(lateLoop(path, arrives - wanted));
    arrivals.set(path, arrives);
  }
  return { offsets, arrivals, warnings };
}

function lateLoop({ from, to }: Path, late: number): Warning {
  const message =
    `Spikes from ${from} reach ${to} ${late} timestep(s) later around the loop than in the network, ` +
    "because each layer of the loop costs the chip one.";
  return { code: "COMPILE_LOOP_LATE", message, place: { node: to } };
}

function cutDelay({ from, to }: Path, needed: number, longest: number): Warning {
  const message =
    `Spikes from ${from} reach ${to} after a delay of ${longest} timesteps, approximated as asked for: ` +
    `the network needs ${needed}, which the chip does not have.`;
  return { code: "COMPILE_APPROXIMATED", message, place: { node: to } };
}

/** Timesteps from firing to arrival without any delay. */
function hopOf({ delivery }: Target, fromInput: boolean): 0 | 1 {
  const arrival = fromInput ? (delivery.inputs ?? delivery.spikes) : delivery.spikes;
  return arrival === "next-timestep" ? 1 : 0;
}

/** @param soonest timesteps from firing of a source to arrival at least */
function offsetsOf(circuit: Circuit, soonest: (from: string) => number): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { name } of circuit.populations) {
    const sources = circuit.paths.filter((path) => path.to === name && path.lag === 0);
    const latest = sources.map(({ from }) => (offsets.get(from) ?? 0) + soonest(from));
    offsets.set(name, Math.max(0, ...latest));
  }
  return offsets;
}
