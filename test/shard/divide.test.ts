import { describe, expect, it } from "vitest";
import { assert, integer, nat, property, record } from "fast-check";
import type { Program, Synapses } from "../../src/compile/program.ts";
import { synapsesByRow } from "../../src/kernels/by-row.ts";
import { divide } from "../../src/shard/divide.ts";
import { randomProgram, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

const base = randomProgram(targets[0]!, new Dice(3));

/** A population of so many neurons that some synapses lead to. */
function programWith(neurons: number, synapses: Synapses): Program {
  const [first] = base.populations;
  const [projection] = base.projections;
  const { forwards: _, ...population } = { ...first!, neurons };
  return {
    ...base,
    populations: [population],
    projections: [{ ...projection!, to: population.name, synapses }],
  };
}

/** Every one of 1000 sources leads to so many of the first targets. */
function onto(reached: number): Synapses {
  const start = Uint32Array.from({ length: 1001 }, (_, i) => i * reached);
  const target = Uint32Array.from({ length: 1000 * reached }, (_, i) => i % reached);
  return { kind: "sparse", start, target, weight: new Int8Array(target.length) };
}

/** Nanoseconds of neurons, of which the first 1024 have a thousand synapses each, and the others none. */
function cost(from: number, to: number): number {
  return 2 * (to - from) + 120 * (Math.min(to, 1024) - Math.min(from, 1024));
}

describe("neurons of a program among shards", () => {
  it("are all somewhere, in order, and undivided where they pass counts on", () => {
    const drawn = record({ seed: nat(), shards: integer({ min: 1, max: 9 }), at: nat(targets.length - 1) });
    assert(
      property(drawn, ({ seed, shards, at }) => {
        const program = randomProgram(targets[at]!, new Dice(seed));
        for (const [index, starts] of divide(program, shards).entries()) {
          const { neurons, forwards } = program.populations[index]!;
          expect(starts).toHaveLength(shards + 1);
          expect([starts[0], starts[shards]]).toEqual([0, neurons]);
          expect([...starts]).toEqual([...starts].toSorted((a, b) => a - b));
          const sizes = [...starts].slice(1).map((end, shard) => end - starts[shard]!);
          if (forwards !== undefined) expect(Math.max(...sizes)).toBe(neurons);
        }
      }),
    );
  });

  it("are equally many where all have as many synapses", () => {
    const dense: Synapses = { kind: "dense", weight: new Int8Array(100 * 1024) };
    expect([...divide(programWith(1024, dense), 4)[0]!]).toEqual([0, 256, 512, 768, 1024]);
  });

  it("are fewer where they have more synapses", () => {
    const [starts] = divide(programWith(10_240, onto(1024)), 2);
    const [first, second] = [cost(0, starts![1]!), cost(starts![1]!, 10_240)];
    expect(Math.abs(first - second)).toBeLessThan(0.1 * (first + second));
  });

  it("are whole blocks of targets where that makes almost equal shares, and else not", () => {
    const rows = { sources: 200, targets: 4 * 65_536 + 100, bits: 8 } as const;
    const synapses = synapsesByRow(rows, (_, add) => {
      for (let target = 0; target < rows.targets; target += 50) add(target, 1);
    });
    expect(synapses.kind).toBe("blocks");
    // Two whole blocks each leave one neuron out of a thousand to the wrong thread.
    expect([...divide(programWith(rows.targets, synapses), 2)[0]!]).toEqual([0, 2 * 65_536, rows.targets]);
    const [starts] = divide(programWith(rows.targets, synapses), 3);
    const sizes = [...starts!].slice(1).map((end, shard) => end - starts![shard]!);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(1000);
  });
});
