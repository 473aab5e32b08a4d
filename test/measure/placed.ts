/** Random programs on random places of random meshes, and what they recorded. */

import * as fc from "fast-check";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Recording, Stimuli } from "../../src/engine.ts";
import { BitspikeError } from "../../src/errors.ts";
import { ledgerProbes } from "../../src/measure/ledger.ts";
import type { Placed } from "../../src/measure/places.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { NocSpec, Sourced } from "../../src/target/types.ts";
import type { Dice } from "../dice.ts";

/** A number that was chosen. */
export function counted(value: number): Sourced {
  return { value, source: "chosen", confidence: "assumption" };
}

/** Meshes of 1 to 75 cores. */
export const meshes: fc.Arbitrary<NocSpec> = fc.record({
  topology: fc.constant("mesh" as const),
  routing: fc.constant("x-then-y" as const),
  width: fc.integer({ min: 1, max: 5 }).map(counted),
  height: fc.integer({ min: 1, max: 5 }).map(counted),
  coresPerTile: fc.integer({ min: 1, max: 3 }).map(counted),
  tiles: fc.constantFrom("by-column" as const, "by-row" as const),
});

/** Every population on cores by chance, and some inputs. */
export function randomPlaces({ inputs, populations }: Program, cores: number, dice: Dice): Placed[] {
  const placed = [
    ...inputs.filter(() => dice.chance(50)).map(({ name, shape }) => ({ name, neurons: sizeOf(shape) })),
    ...populations,
  ];
  return placed.flatMap(({ name, neurons }) => {
    const ends = [0, ...new Set(dice.list(2, 1, neurons)), neurons].toSorted((a, b) => a - b);
    return ends.slice(1).flatMap((to, i): Placed[] => {
      const from = ends[i]!;
      return to === from ? [] : [{ population: name, core: dice.between(0, cores - 1), from, to }];
    });
  });
}

/** Run a program; null where it ends with a mistake. */
export async function recorded(program: Program, stimuli: Stimuli): Promise<Recording | null> {
  const engine = await openInterpreter(program);
  try {
    return await engine.run(stimuli, { probes: ledgerProbes(program) });
  } catch (error) {
    if (error instanceof BitspikeError) return null;
    throw error;
  } finally {
    await engine.close();
  }
}
