import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainBlock, prepareBlock, type Output, type OutOfRange } from "../../src/datapath/prepare.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock, type RandomBlock } from "./blocks.ts";

type Reading = typeof prepareBlock;

/** Told as an error that names the facts, as the populations do. */
const refuse: OutOfRange = (lane, { name }, value) => {
  throw new RangeError(`lane ${lane}: ${name} = ${value}`);
};

/** What running some lanes gives: the error in words, or null. */
function attempt(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function open(reading: Reading, random: RandomBlock) {
  const outputs = random.outputs();
  const changing = new Map([["timestep", () => random.timestep]]);
  const block = reading(random.block, random.inputs, outputs, changing, refuse);
  return { outputs, run: (first: number, end: number) => attempt(() => block.run(first, end)) };
}

function values(outputs: readonly Output[]) {
  return outputs.map(({ name, array }) => [name, [...array]]);
}

const runs = 600;

describe("a prepared block", () => {
  it("gives for every neuron what the plain walk gives, or the same mistake", () => {
    fc.assert(
      fc.property(randomBlock, (random) => {
        const [prepared, plain] = [open(prepareBlock, random), open(plainBlock, random)];
        for (let lane = 0; lane < Math.min(random.lanes, 30); lane++) {
          expect(prepared.run(lane, lane + 1)).toBe(plain.run(lane, lane + 1));
        }
        expect(values(prepared.outputs)).toEqual(values(plain.outputs));
      }),
      { numRuns: runs },
    );
  });

  it("gives the same for all neurons at once, up to the first mistake", () => {
    fc.assert(
      fc.property(randomBlock, fc.nat(), fc.nat(), (random, one, other) => {
        const [first, end] = [one % random.lanes, (other % random.lanes) + 1].toSorted((a, b) => a - b) as [
          number,
          number,
        ];
        const [prepared, plain] = [open(prepareBlock, random), open(plainBlock, random)];
        expect(prepared.run(first, end)).toBe(plain.run(first, end));
        expect(values(prepared.outputs)).toEqual(values(plain.outputs));
        expect(prepared.run(0, random.lanes)).toBe(plain.run(0, random.lanes));
        expect(values(prepared.outputs)).toEqual(values(plain.outputs));
      }),
      { numRuns: runs },
    );
  });
});
