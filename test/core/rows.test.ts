import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRows } from "../../src/core/rows.ts";
import type { Synapses } from "../../src/core/synapses.ts";
import { sizeOf } from "../../src/network/types.ts";
import { randomSynapses, motley } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

/** Neuron and weight of each synapse of one source onto the neurons from `low` to `high`. */
function rowOf(synapses: Synapses, neurons: number, low: number, high: number, source: number): [number, number][] {
  const rows = openRows(synapses, neurons, low, high);
  // A cursor goes back and forth.
  rows.seek(0);
  rows.seek(source);
  return Array.from({ length: rows.end - rows.begin }, (_, i) => {
    const target = rows.dense ? i : rows.target[rows.begin + i]!;
    return [low + target, rows.weight[rows.begin + i]!];
  });
}

describe("the rows of a part of a population", () => {
  it("join to the rows of the whole, in every form", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const plane = (): number[] => [dice.between(1, 3), dice.between(1, 4), dice.between(1, 4)];
        const [from, to] = [plane(), plane()];
        const synapses = randomSynapses(from, to, motley, dice);
        kinds.add(synapses.kind);
        const neurons = sizeOf(to);
        const cuts = [0, dice.between(0, neurons), dice.between(0, neurons), neurons].toSorted((a, b) => a - b);
        for (let source = 0; source < sizeOf(from); source++) {
          const parts = [0, 1, 2].flatMap((i) => rowOf(synapses, neurons, cuts[i]!, cuts[i + 1]!, source));
          const whole = rowOf(synapses, neurons, 0, neurons, source);
          // A kernel's part lists its channels one by one, which a cut inside a channel does not change.
          expect(parts).toEqual(whole);
          expect(whole.map(([neuron]) => neuron)).toEqual(whole.map(([neuron]) => neuron).toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 300 },
    );
    expect([...kinds].toSorted()).toEqual(["conv2d", "dense", "sparse"]);
  });
});
