import { expect, it } from "vitest";
import type { LossPlace } from "../../src/core/real.ts";
import { readWith, type Quantization, type Unrounded } from "../../src/equivalence/quantizations.ts";

const unrounded: Unrounded = {
  values: { parameters: new Map(), initial: new Map(), weights: new Map([["w", Float64Array.of(1.5)]]) },
  inputs: new Set(),
};
const rounding: Quantization = {
  kind: "arithmetic",
  where: "p",
  block: "on timestep",
  line: 0,
  name: "v",
  loss: "rounding",
};
const all: readonly Quantization[] = [{ kind: "weights", where: "w" }, rounding];

it("a loss that changed nothing on the chip happens where everything else is as on the chip, and not where all is real", () => {
  const known: LossPlace = { population: "p", block: "on timestep", line: 0, kind: "rounding" };
  const other: LossPlace = { ...known, line: 1 };
  const acts = (made: (one: Quantization) => boolean, others: boolean): boolean[] => {
    const reading = readWith(all, unrounded, made, others);
    return [known, other].map((place) => reading.acts!(place));
  };
  expect(acts((one) => one.kind !== "weights", true)).toEqual([true, true]);
  expect(acts((one) => one !== rounding, true)).toEqual([false, true]);
  expect(acts((one) => one === rounding, false)).toEqual([true, false]);
  expect(acts(() => false, false)).toEqual([false, false]);
});
