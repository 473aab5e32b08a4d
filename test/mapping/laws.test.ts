import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOnCores } from "../../src/mapping/place.ts";
import { randomProgram, motley } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { exceeded, randomChip, recount } from "./chips.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const runs = { numRuns: 80 };

describe("a placement", () => {
  it("has every neuron on one core, and every synapse with its neuron", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const fit = placeOnCores(chip, program);
        for (const { name, neurons } of program.populations) {
          const own = fit.placement.filter(({ population }) => population === name);
          expect(own.map(({ from }) => from)).toEqual([0, ...own.slice(0, -1).map(({ to }) => to)]);
          expect(own.at(-1)!.to).toBe(neurons);
        }
        const counted = recount(program, fit, chip);
        expect(fit.cores).toBe(counted.size);
        const bits = new Map<number, number>();
        for (const { core, synapseBits } of fit.placement) bits.set(core, (bits.get(core) ?? 0) + synapseBits);
        for (const [core, { bits: own }] of counted) expect(bits.get(core)).toBe(own);
      }),
      runs,
    );
  });

  it("that fits keeps every limit on every core and lies on cores that there are", () => {
    let [fitting, joined] = [0, 0];
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const fit = placeOnCores(chip, program);
        if (!fit.fits) return;
        fitting++;
        if (fit.chips! > 1) joined++;
        const counted = recount(program, fit, chip);
        for (const [core, own] of counted) {
          expect([core, exceeded(chip, own)]).toEqual([core, []]);
          expect(core).toBeLessThan(fit.chips! * chip.chip.cores.value);
        }
        expect(fit.chips).toBeLessThanOrEqual(chip.chip.systems?.at(-1)?.chips.value ?? 1);
        for (const { per, most, available } of fit.resources!)
          if (per === "core") expect(most).toBeLessThanOrEqual(available);
      }),
      { numRuns: 160 },
    );
    expect([fitting > 20, joined > 5]).toEqual([true, true]);
  });

  it("that does not fit says which limit it exceeds, and it does", () => {
    const said = new Set<string>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const fit = placeOnCores(chip, program);
        if (fit.fits) return;
        const over = new Set([...recount(program, fit, chip).values()].flatMap((own) => exceeded(chip, own)));
        for (const reason of fit.reasons.filter((text) => !text.includes("a test"))) {
          if (/takes \d+ cores/.test(reason)) {
            said.add("cores");
            const most = chip.chip.cores.value * (chip.chip.systems?.at(-1)?.chips.value ?? 1);
            expect(fit.cores).toBeGreaterThan(most);
            continue;
          }
          const name = /bits of weights/.test(reason)
            ? "synapse memory"
            : [...over].find((one) => reason.includes(one));
          expect([reason, over.has(name!)]).toEqual([reason, true]);
          said.add(name!);
        }
      }),
      { numRuns: 160 },
    );
    expect([...said].toSorted()).toEqual(["axons", "cores", "output axons", "some", "synapse memory"]);
  });

  it("closes a core only where the next neuron is too much for it", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const { axonsOut: _, ...core } = randomChip(dice).core;
        const { noc: __, ...chip } = { ...randomChip(dice, 1000), core };
        const fit = placeOnCores(chip, program);
        for (const { core: number, population, to } of fit.placement) {
          const next = fit.placement.find((use) => use.population === population && use.from === to);
          if (next === undefined) continue;
          const grown = fit.placement.map((use) => {
            if (use.core === number && use.to === to && use.population === population) return { ...use, to: to + 1 };
            return use === next ? { ...use, from: to + 1 } : use;
          });
          const counted = recount(
            program,
            { ...fit, placement: grown.filter(({ from, to: end }) => from < end) },
            chip,
          );
          expect(exceeded(chip, counted.get(number)!)).not.toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is the same whenever it is made", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const program = randomProgram(motley, new Dice(seed));
        const chip = randomChip(new Dice(seed + 1));
        expect(placeOnCores(chip, program)).toEqual(placeOnCores(chip, program));
      }),
      { numRuns: 30 },
    );
  });

  it("says what every core takes, and of each resource the most", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const fit = placeOnCores(chip, program);
        const counted = recount(program, fit, chip);
        const names = fit.resources!.filter(({ per }) => per === "core").map(({ name }) => name);
        expect(fit.loads!.map(({ core }) => core)).toEqual([...counted.keys()].toSorted((a, b) => a - b));
        for (const { core, used } of fit.loads!) {
          const own = counted.get(core)!;
          const values: Record<string, number> = {
            neurons: own.neurons,
            "synapse memory": own.bits,
            axons: own.axons,
            "output axons": own.axonsOut,
            some: own.settings,
          };
          for (const [i, name] of names.entries()) {
            const kind = name.endsWith(" neurons") ? (own.kinds.get(name.replace(" neurons", "")) ?? 0) : values[name];
            expect([name, used[i]]).toEqual([name, kind]);
          }
        }
        for (const [i, name] of names.entries()) {
          const { most } = fit.resources!.find((one) => one.name === name)!;
          expect(most).toBe(Math.max(...fit.loads!.map(({ used }) => used[i]!)));
        }
      }),
      { numRuns: 100 },
    );
  });
});
