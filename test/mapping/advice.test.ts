import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roomElsewhere } from "../../src/mapping/elsewhere.ts";
import { placeOnCores } from "../../src/mapping/place.ts";
import type { Fit } from "../../src/compile/program.ts";
import { motley, randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { chosen, constantNames, randomChip } from "./chips.ts";

/** Whether cores and their memory are enough. */
const hasRoom = ({ reasons }: Fit): boolean =>
  !reasons.some((reason) => /takes \d+ cores|bits of weights/.test(reason));

describe("what would help a network that does not fit", () => {
  it("are the largest weights with which it does, on as many cores as is said", () => {
    let advised = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const memory = { ...chosen(dice.between(20, 400)), unit: "B" };
        const core = { neurons: chosen(1000), synapseMemory: memory, shared: dice.chance(50) };
        const chip = { ...randomChip(dice, dice.between(2, 6)), core };
        const fit = placeOnCores(chip, program);
        expect(fit.advice === undefined).toBe(fit.fits);
        if (fit.advice === undefined) return;
        const said = fit.advice.map((text) =>
          /weights of (\d+) bits instead of \d+ it would take (\d+) core/.exec(text),
        );
        const [bits, cores] = (said.find((one) => one !== null) ?? []).slice(1).map(Number);
        if (bits === undefined) return;
        advised++;
        const narrow = (width: number): Fit => {
          return placeOnCores({ ...chip, weights: { ...chip.weights, bits: width } }, program);
        };
        expect([hasRoom(fit), hasRoom(narrow(bits)), narrow(bits).cores]).toEqual([false, true, cores]);
        expect(hasRoom(narrow(bits + 1))).toBe(false);
      }),
      { numRuns: 150 },
    );
    expect(advised).toBeGreaterThan(10);
  });

  const program = randomProgram(motley, new Dice(3));
  const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);

  it("is more chips where the target names nothing that joins them, and smaller weights do not help", () => {
    const chip = { ...motley, core: { neurons: chosen(1) }, chip: { cores: chosen(neurons - 1) } };
    expect(placeOnCores(chip, program).advice).toEqual([
      "2 such chips would have cores enough; the target names nothing that joins them.",
    ]);
    const joined = { ...chip, chip: { cores: chosen(neurons - 1), systems: [{ name: "board", chips: chosen(2) }] } };
    expect(placeOnCores(joined, program)).toMatchObject({ fits: true, chips: 2 });
  });

  it("is another chip by its room, whatever settings its neurons would share", () => {
    const core = { neurons: chosen(neurons), shared: true };
    const alike = { some: { of: constantNames, most: chosen(1) } };
    const chip = { ...motley, name: "alike", core: { ...core, constants: alike }, chip: { cores: chosen(1) } };
    expect(placeOnCores(chip, program).fits).toBe(false);
    expect(roomElsewhere(program, [chip])).toEqual([{ target: "alike", cores: 1, coresAvailable: 1, chips: 1 }]);
    expect(roomElsewhere(program, [{ ...chip, core: { ...core, neurons: chosen(neurons - 1) } }])).toEqual([]);
  });

  it("is nothing where cores are not to blame", () => {
    const chip = { ...motley, core: { neurons: chosen(neurons), fanIn: chosen(1) }, chip: { cores: chosen(100) } };
    const fit = placeOnCores(chip, program);
    expect([fit.fits, fit.advice]).toEqual([false, []]);
    expect(fit.reasons[0]).toMatch(
      /^\d+ neuron\(s\) of p\d have up to \d+ synapses; a neuron of the chip has room for 1\.$/,
    );
  });
});
