import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOnCores } from "../../src/compile/place.ts";
import type { Fit, Program } from "../../src/compile/program.ts";
import { openRows } from "../../src/core/rows.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { Target } from "../../src/target/types.ts";
import { motley, randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

/** A chip of cores with so many neurons and bytes of synapse memory each, 8 bits a weight. */
function chipOf(neurons: number, bytes: number | null, cores: number): Target {
  const known = { source: "a test", confidence: "assumption" } as const;
  return {
    ...motley,
    core: {
      neurons: { value: neurons, ...known },
      synapseMemory: bytes === null ? undefined : { value: bytes, unit: "B", ...known },
    },
    chip: { cores: { value: cores, ...known } },
  };
}

function placed({ populations, projections }: Program, chip: Target): Fit {
  return placeOnCores(chip, populations, projections);
}

/** Synapses onto each neuron of a population, counted row by row. */
function synapsesOnto({ projections, inputs, populations }: Program, name: string, neurons: number): number[] {
  const counts = Array.from({ length: neurons }, () => 0);
  for (const { from, to, synapses } of projections) {
    if (to !== name) continue;
    const rows = openRows(synapses, neurons, 0, neurons);
    const { shape } = [...inputs, ...populations].find((one) => one.name === from)!;
    for (let source = 0; source < sizeOf(shape); source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) counts[rows.dense ? i - rows.begin : rows.target[i]!]!++;
    }
  }
  return counts;
}

describe("neurons on cores", () => {
  it("are all placed once, in order, within every limit that a single neuron keeps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const [limit, memory] = [dice.between(1, 9), dice.between(5, 200)];
        const { placement, cores } = placed(program, chipOf(limit, memory, 1000));
        expect([cores, placement.map(({ core }) => core)]).toEqual([placement.length, placement.map((_, i) => i)]);
        for (const { name, neurons } of program.populations) {
          const own = placement.filter(({ population }) => population === name);
          expect(own.map(({ from }) => from)).toEqual([0, ...own.map(({ to }) => to).slice(0, -1)]);
          expect(own.at(-1)!.to).toBe(neurons);
          const synapses = synapsesOnto(program, name, neurons);
          for (const { from, to, synapseBits } of own) {
            expect(synapseBits).toBe(8 * synapses.slice(from, to).reduce((sum, count) => sum + count, 0));
            expect(to - from).toBeLessThanOrEqual(limit);
            if (to - from > 1) expect(synapseBits).toBeLessThanOrEqual(8 * memory);
            // No core closes before it has to.
            const next = synapses[to];
            if (next !== undefined && to - from < limit) expect(synapseBits + 8 * next).toBeGreaterThan(8 * memory);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  const program = randomProgram(motley, new Dice(3));
  const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);

  it("fit where there are cores enough, and the reasons say what that rests on", () => {
    const { fits, reasons, coresAvailable } = placed(program, chipOf(1, null, neurons));
    expect([fits, coresAvailable, reasons]).toEqual([true, neurons, ["1 neurons per core: a test (assumption)."]]);
  });

  it("do not fit on fewer cores, which is said first", () => {
    const { fits, cores, reasons } = placed(program, chipOf(1, null, neurons - 1));
    expect([fits, cores]).toEqual([false, neurons]);
    expect(reasons[0]).toBe(`The network takes ${neurons} cores; the chip has ${neurons - 1}.`);
  });

  it("do not fit where a single one needs more than a core has", () => {
    const { fits, reasons } = placed(program, chipOf(1000, 1, 1000));
    expect(fits).toBe(false);
    expect(reasons[0]).toMatch(/^One neuron of p\d needs \d+ bits of weights; a core holds 8\.$/);
  });

  it("share a kernel where the chip stores it once per core", () => {
    const conv = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => randomProgram(motley, new Dice(seed * 101)));
    const one = conv.find(({ projections }) => projections.some(({ synapses }) => synapses.kind === "conv2d"))!;
    const kernels = one.projections.filter(({ synapses }) => synapses.kind === "conv2d");
    const [{ to }] = kernels as [(typeof kernels)[0]];
    const chip = chipOf(1000, null, 1000);
    const others = one.projections.filter((projection) => projection.to !== to || kernels.includes(projection));
    const shared = placed({ ...one, projections: others }, { ...chip, weights: { ...chip.weights, shared: true } });
    const bits = kernels
      .filter((own) => own.to === to)
      .reduce((sum, { synapses }) => sum + 8 * synapses.weight.length, 0);
    expect(shared.placement.find(({ population }) => population === to)!.synapseBits).toBe(bits);
  });
});
