import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Population, type PopulationLoad } from "../../src/core/population.ts";
import { BitspikeError } from "../../src/errors.ts";
import { Layout, openMemory } from "../../src/kernels/memory.ts";
import type { KernelNeurons } from "../../src/kernels/neurons.ts";
import { planPopulation } from "../../src/kernels/population.ts";
import { restBlock, watchEvery } from "../../src/kernels/rest.ts";
import { Dice } from "../dice.ts";
import { datapaths, drawn, randomLoad } from "./loads.ts";

const bound = { range: { low: -(2n ** 20n), high: 2n ** 20n } };

function openResting(load: PopulationLoad): KernelNeurons {
  const layout = new Layout();
  const bounds = new Map(load.datapath.spec.inputs.map((name) => [name, bound]));
  const plan = planPopulation(load, bounds, layout, { shared: false, rest: true });
  return plan.open(openMemory(layout));
}

/** Add the same to a few accumulators of both. */
function excite(plain: Population, kernel: KernelNeurons, dice: Dice): void {
  if (plain.size === 0) return;
  for (let events = dice.between(0, 3); events > 0; events--) {
    const neuron = dice.between(0, plain.size - 1);
    const [name, array] = dice.one([...plain.accumulators]);
    const type = plain.load.datapath.spec.state[name];
    array[neuron] = type === undefined ? drawn(dice, -(2 ** 20), 2 ** 20) : drawn(dice, type.low, type.high);
    kernel.accumulators.get(name)![neuron] = array[neuron]!;
    kernel.touch(neuron, neuron + 1);
  }
}

function attempt(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    throw error;
  }
}

function spikes({ fired }: Population | KernelNeurons): string {
  return Array.from(fired.neuron.subarray(0, fired.count), (id, i) => `${id} ${fired.payload[i]}`).join();
}

function differs(plain: Population, kernel: KernelNeurons): string | null {
  for (const [name, array] of plain.registers) {
    const own = kernel.registers.get(name)!;
    const at = array.findIndex((value, i) => value !== own[i]);
    if (at >= 0) return `${name} of ${at}: ${own[at]} is not ${array[at]}`;
  }
  return spikes(plain) === spikes(kernel) ? null : `${spikes(kernel)} fired, not ${spikes(plain)}`;
}

describe("blocks of neurons that rest", () => {
  it("do what they would do awake", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...datapaths), (seed, { target, name }) => {
        const dice = new Dice(seed);
        const load = randomLoad(target, name, dice, dice.between(1, 3) * restBlock + dice.between(0, 40));
        const [plain, kernel] = [new Population(load, false), openResting(load)];
        for (let step = 1; step <= 3 * watchEvery + 2; step++) {
          if (dice.chance(50)) excite(plain, kernel, dice);
          if (dice.chance(10)) {
            // As a snapshot does.
            for (const [register, array] of plain.registers) kernel.registers.get(register)!.set(array);
            kernel.restored();
          }
          const error = attempt(() => plain.step(step));
          expect(attempt(() => kernel.step(step))).toBe(error);
          if (error !== null) return;
          expect(differs(plain, kernel)).toBe(null);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("sleep until an event reaches them, and never where equations read the timestep", () => {
    for (const { target, name } of datapaths) {
      const size = 5 * restBlock - 3;
      const load = { ...randomLoad(target, name, new Dice(1), size), low: 0, parameters: {}, initial: {} };
      const { spec } = load.datapath;
      if (Object.keys(spec.parameters).some((key) => key !== "threshold" && key !== "leak")) continue;
      const parameters = Object.keys(spec.parameters).map((key) => [key, Int32Array.of(key === "leak" ? 2 : 9)]);
      const kernel = openResting({ ...load, parameters: Object.fromEntries(parameters) });
      const wakes = spec.blocks["on timestep"]!.includes("timestep");
      for (let step = 1; step <= watchEvery; step++) kernel.step(step);
      kernel.step(watchEvery + 1);
      expect([name, kernel.awake]).toEqual([name, wakes ? 5 : 0]);
      if (wakes) continue;
      kernel.touch(restBlock * 2, restBlock * 2 + 1);
      kernel.step(watchEvery + 2);
      expect([name, kernel.awake]).toEqual([name, 1]);
    }
  });
});
