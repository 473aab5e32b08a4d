import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Interval } from "../../src/datapath/interval.ts";
import { invariantOf, type Box } from "../../src/datapath/invariant.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import { BlockReader } from "../../src/datapath/ranges.ts";

function boxOf(ranges: Readonly<Record<string, readonly [number, number]>>): Map<string, Interval> {
  return new Map(Object.entries(ranges).map(([name, [low, high]]) => [name, { low: BigInt(low), high: BigInt(high) }]));
}

/** What registers can be after any number of runs of a text, while other names lie in ranges. */
function reached(text: string, start: Box, limits: Box, others: Box, left = 200): Record<string, [number, number]> {
  const reader = new BlockReader(parseBlock(text));
  const step = (box: Box): Box | null => {
    const { results } = reader.read(new Map([...others, ...box]));
    return results.size === 0 ? null : new Map([...box].map(([name, range]) => [name, results.get(name) ?? range]));
  };
  const box = invariantOf(start, limits, step, { left });
  return Object.fromEntries([...box].map(([name, { low, high }]) => [name, [Number(low), Number(high)]]));
}

const wide = boxOf({ v: [-32768, 32767] });
const zero = boxOf({ v: [0, 0] });

describe("what registers can be after any number of timesteps", () => {
  it("is where a leak settles", () => {
    const { v } = reached("v = ((v * 230) >> 8) + input", zero, wide, boxOf({ input: [0, 100] }));
    // 100 * 256 / 26 = 984.6, and rounding down takes a little.
    expect(v![0]).toBe(0);
    expect(v![1]).toBeGreaterThanOrEqual(976);
    expect(v![1]).toBeLessThanOrEqual(1000);
  });

  it("is held back by a reset", () => {
    const text = "w = v + input\nspike = w > 50\nv = spike ? 0 : w";
    expect(reached(text, zero, wide, boxOf({ input: [0, 3] }))).toEqual({ v: [0, 50] });
  });

  it("goes to the end of the type where nothing holds it back", () => {
    expect(reached("v = min(v + input, 32767)", zero, wide, boxOf({ input: [0, 1] }))).toEqual({ v: [0, 32767] });
  });

  it("is as wide as types where the work has an end", () => {
    expect(reached("v = ((v * 230) >> 8) + input", zero, wide, boxOf({ input: [0, 100] }), 0)).toEqual({
      v: [-32768, 32767],
    });
  });

  it("is what they are at first where no run gets through", () => {
    expect(reached("v = 1 << (v - 1)", zero, wide, boxOf({}))).toEqual({ v: [0, 0] });
  });

  it("settles one register after the other where one drives the other", () => {
    const text = "c = ((c * 3) >> 2) + input\nv = (v >> 1) + c";
    const limits = boxOf({ c: [-8388608, 8388607], v: [-8388608, 8388607] });
    const { c, v } = reached(text, boxOf({ c: [0, 0], v: [0, 0] }), limits, boxOf({ input: [-1000, 1000] }));
    expect(c![1]).toBeGreaterThanOrEqual(3990);
    expect(c![1]).toBeLessThanOrEqual(4200);
    expect(v![1]).toBeGreaterThanOrEqual(7980);
    expect(v![1]).toBeLessThanOrEqual(8800);
  });

  it("holds what any run gives", () => {
    const lines = fc.constantFrom(
      "v = ((v * k) >> 4) + input",
      "v = saturate(v - (v >> 2) + input - u, -900, 900)",
      "v = v > 3 * k ? v - k : v + input",
      "v = u < 0 ? -v : v + (input >> 1)",
      "u = ((u * 7) >> 3) + v",
      "u = wrap(u + input, 8)",
      "u = v >= k ? 0 : u + 1",
    );
    const number = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(
        fc.array(lines, { minLength: 1, maxLength: 3 }),
        fc.tuple(number, number),
        fc.integer({ min: 0, max: 15 }),
        fc.array(number, { minLength: 30, maxLength: 30 }),
        fc.integer({ min: 0, max: 60 }),
        (text, [u, v], k, inputs, left) => {
          const limits = boxOf({ u: [-2000, 2000], v: [-2000, 2000] });
          const others = boxOf({ k: [k, k], input: [Math.min(...inputs), Math.max(...inputs)] });
          const box = reached(text.join("\n"), boxOf({ u: [u, u], v: [v, v] }), limits, others, left);
          const values = new Map([
            ["u", BigInt(u)],
            ["v", BigInt(v)],
            ["k", BigInt(k)],
          ]);
          const block = parseBlock(text.join("\n"));
          for (const input of inputs) {
            for (const name of ["u", "v"]) {
              const value = Number(values.get(name)!);
              if (value < -2000 || value > 2000) return;
              expect(value).toBeGreaterThanOrEqual(box[name]![0]);
              expect(value).toBeLessThanOrEqual(box[name]![1]);
            }
            runBlock(block, values.set("input", BigInt(input)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
