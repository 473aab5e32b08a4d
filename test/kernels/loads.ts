/** Populations with everything by chance. */

import type { PopulationLoad } from "../../src/core/population.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import type { Target } from "../../src/target/types.ts";
import { motley } from "../chip/programs.ts";
import type { Dice } from "../dice.ts";
import { timestepTargets } from "../support.ts";

const targets = [motley, ...timestepTargets()];

/** Every datapath of every target that runs in timesteps. */
export const datapaths: readonly { readonly target: Target; readonly name: string }[] = targets.flatMap((target) =>
  Object.keys(target.datapaths).map((name) => ({ target, name })),
);

/** A number of a range: often at its ends, at small numbers or at powers of two. */
export function drawn(dice: Dice, low: number, high: number): number {
  const special = [low, high, low + 1, high - 1, 0, 1, -1, 2 ** dice.between(0, 31), -(2 ** dice.between(0, 31))];
  const value = dice.chance(60) ? dice.between(low, high) : dice.one(special);
  return Math.max(low, Math.min(high, value));
}

/** A population with everything by chance. */
export function randomLoad(target: Target, name: string, dice: Dice, size?: number): PopulationLoad {
  const spec = target.datapaths[name]!;
  const { datapath } = readDatapath(spec, target.settings);
  const neurons = size ?? dice.one([1, 3, 4, 7, 8, 15, 16, 17, 33, 64, 70, dice.between(1, 90)]);
  // What is loaded has 32 bits.
  const values = (type: { low: number; high: number }): Int32Array => {
    const [low, high] = [Math.max(type.low, -(2 ** 31)), Math.min(type.high, 2 ** 31 - 1)];
    const narrow = dice.chance(50) ? { low: Math.max(low, -40), high: Math.min(high, 40) } : { low, high };
    const [least, most] = narrow.low <= narrow.high ? [narrow.low, narrow.high] : [low, high];
    return Int32Array.from({ length: dice.chance(50) ? 1 : neurons }, () => drawn(dice, least, most));
  };
  const all = (specs: Readonly<Record<string, { low: number; high: number }>>): Record<string, Int32Array> =>
    Object.fromEntries(Object.entries(specs).map(([key, own]) => [key, values(own)]));
  const low = dice.between(0, size === undefined ? neurons : 20);
  return {
    name: "cells",
    datapath: datapath!,
    low,
    high: size ?? dice.between(low, neurons),
    parameters: all(spec.parameters),
    initial: dice.chance(50) ? {} : all(spec.state),
    settings: Object.fromEntries(
      Object.entries(target.settings).map(([key, setting]) => [key, dice.between(setting.low, setting.high)]),
    ),
  };
}
