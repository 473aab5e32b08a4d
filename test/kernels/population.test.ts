import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Population, type Neurons, type PopulationLoad } from "../../src/core/population.ts";
import { BitspikeError } from "../../src/errors.ts";
import { Layout, openMemory } from "../../src/kernels/memory.ts";
import type { KernelNeurons } from "../../src/kernels/neurons.ts";
import { planPopulation, type InputBound } from "../../src/kernels/population.ts";
import { Dice } from "../dice.ts";
import { datapaths, drawn, randomLoad } from "./loads.ts";

function openKernel(load: PopulationLoad, bounds: ReadonlyMap<string, InputBound>, shared: boolean): KernelNeurons {
  const layout = new Layout();
  const probed = load.datapath.onTimestep.map(({ name }) => name).filter((_, index) => (load.high + index) % 3 === 0);
  const plan = planPopulation(load, bounds, layout, { shared, probed });
  return plan.open(openMemory(layout, shared));
}

/** What a population shows after a step: a mistake in words, or everything. */
function shown(population: Neurons, step: number): unknown {
  try {
    population.step(step);
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    throw error;
  }
  const { registers, fired, probes } = population;
  const { begin, count } = fired;
  return {
    registers: [...registers].map(([name, array]) => [name, Array.from(array)]),
    probes: [...probes].map(([name, array]) => [name, Array.from(array)]),
    neuron: Array.from(fired.neuron.subarray(begin, begin + count)),
    payload: Array.from(fired.payload.subarray(begin, begin + count)),
  };
}

/** Both sums of a step to both populations. */
function feed(dice: Dice, limit: number, populations: readonly [Population, KernelNeurons]): void {
  const [plain, kernel] = populations;
  for (const [name, array] of plain.accumulators) {
    const type = plain.load.datapath.spec.state[name];
    for (let i = 0; i < array.length; i++) {
      const value = dice.chance(30)
        ? 0
        : type === undefined
          ? drawn(dice, -limit, limit)
          : drawn(dice, type.low, type.high);
      array[i] = value;
      kernel.accumulators.get(name)![i] = value;
    }
  }
}

const limits = [7, 2 ** 10, 2 ** 15 - 1, 2 ** 18, 2 ** 31 - 1, 2 ** 40, 2 ** 53 - 1];

describe("neurons run by kernels", () => {
  it.each(datapaths)("$target.name, $name: every bit and every mistake is the plain walk's", ({ target, name }) => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...limits), fc.boolean(), (seed, limit, shared) => {
        const dice = new Dice(seed);
        const load = randomLoad(target, name, dice);
        const range = { low: -BigInt(limit), high: BigInt(limit) };
        const bound: InputBound = dice.chance(50) ? { range } : { range, storage: "i16" };
        const bounds = new Map(load.datapath.spec.inputs.map((input) => [input, bound]));
        const kernel = openKernel(load, dice.chance(90) ? bounds : new Map(), shared);
        const plain = new Population(load, true, [...kernel.probes.keys()]);
        for (let step = 1; step <= 4; step++) {
          feed(dice, limit, [plain, kernel]);
          const expected = shown(plain, step);
          expect(shown(kernel, step)).toEqual(expected);
          if (typeof expected === "string") return;
          for (const [input, array] of kernel.accumulators) {
            expect([...array]).toEqual([...plain.accumulators.get(input)!]);
          }
        }
        plain.reset();
        kernel.reset();
        expect(shown(kernel, 1)).toEqual(shown(plain, 1));
      }),
      { numRuns: 60 },
    );
  });

  it("go on from registers that somebody else wrote, whatever they hold", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...datapaths), (seed, { target, name }) => {
        const dice = new Dice(seed);
        const load = randomLoad(target, name, dice);
        const kernel = openKernel(load, new Map(), false);
        const plain = new Population(load, true, [...kernel.probes.keys()]);
        for (const [register, array] of plain.registers) {
          const { low, high } = load.datapath.spec.state[register]!;
          for (let i = 0; i < array.length; i++) array[i] = drawn(dice, low, high);
          kernel.registers.get(register)!.set(array);
        }
        kernel.restored();
        for (let step = 1; step <= 2; step++) {
          const expected = shown(plain, step);
          expect(shown(kernel, step)).toEqual(expected);
          if (typeof expected === "string") return;
        }
      }),
      { numRuns: 150 },
    );
  });
});
