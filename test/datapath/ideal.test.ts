import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runBlock } from "../../src/datapath/evaluate.ts";
import { realLanes, runIdeal } from "../../src/datapath/ideal.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import type { Block } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock } from "./blocks.ts";
import { Watch } from "./exactness.ts";

function ideal(block: Block, names: ReadonlyMap<string, number>): Map<string, number> {
  const lanes = new Map([...names].map(([name, value]) => [name, Float64Array.of(value)]));
  return new Map([...runIdeal(block, lanes, realLanes(1))].map(([name, [value]]) => [name, value!]));
}

describe("the real reading", () => {
  it.each<[string, Record<string, number>, number]>([
    ["y = x >> 1", { x: 3 }, 1.5],
    ["y = toward_zero(x, 2)", { x: -3 }, -0.75],
    ["y = nearest_even(x, 2)", { x: 2 }, 0.5],
    ["y = x << n", { x: 0.75, n: 3 }, 6],
    ["y = saturate(x, -8, 7)", { x: 100 }, 100],
    ["y = wrap(x, 4)", { x: 100.5 }, 100.5],
    // What the model means stays.
    ["y = clamp(x, -8, 7)", { x: 100 }, 7],
    ["y = div_down(x, 2)", { x: 5.5 }, 2],
    ["y = rem(x, 2)", { x: -0.5 }, 1.5],
    ["y = bits(x, 1, 2)", { x: 13 }, 2],
    ["y = x > 1 && x < 2 ? sign(-x) : abs(x)", { x: 1.5 }, -1],
    ["y = x == 0 ? 7 : div_down(1, x)", { x: 0 }, 7],
    ["x = x + 1\ny = x - old(x)", { x: 0.25 }, 1],
  ])("%s with %o is %d", (text, names, expected) => {
    expect(ideal(parseBlock(text), new Map(Object.entries(names))).get("y")).toBe(expected);
  });

  it("is the integer one wherever nothing rounds or overflows", () => {
    let compared = 0;
    fc.assert(
      fc.property(randomBlock, ({ block, inputs, outputs, timestep, lanes }) => {
        const arrays = [...inputs, ...outputs().map(({ name, array }) => [name, array] as const)];
        for (let lane = 0; lane < Math.min(lanes, 10); lane++) {
          const names = new Map([["timestep", timestep]]);
          for (const [name, values] of arrays) names.set(name, typeof values === "number" ? values : values[lane]!);
          const values = new Map([...names].map(([name, value]) => [name, BigInt(value)]));
          const watch = new Watch();
          try {
            runBlock(block, values, watch.observe);
          } catch (error) {
            if (!(error instanceof BitspikeError)) throw error;
            continue;
          }
          if (!watch.exact) continue;
          compared++;
          for (const [name, value] of ideal(block, names))
            expect([name, value + 0]).toEqual([name, Number(values.get(name))]);
        }
      }),
      { numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
