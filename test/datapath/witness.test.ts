import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBlock } from "../../src/datapath/parse.ts";
import { BlockReader, type Interval } from "../../src/datapath/ranges.ts";
import { findWitness, watchedRun } from "../../src/datapath/witness.ts";
import { randomBlock } from "./blocks.ts";

function ranges(all: Readonly<Record<string, readonly [number, number]>>): Map<string, Interval> {
  return new Map(
    Object.entries(all).map(([name, [low, high]]) => [name, { low: BigInt(low), high: BigInt(high) }] as const),
  );
}

describe("values that make something happen", () => {
  it.each([
    ["y = a + b", { a: [-9, 9], b: [-9, 9] }, 18],
    ["y = a * b - a", { a: [-9, 9], b: [-9, 9] }, 90],
    ["y = a == 7 ? 100 : 0", { a: [-9999, 9999] }, 100],
    ["y = a < b ? b - a : 0", { a: [-9, 9], b: [-20, 20] }, 29],
    ["y = (a << n) - (b << n)", { a: [-9, 9], b: [0, 3], n: [0, 4] }, 144],
    ["c = a > 50\ny = c ? (b == 3 ? a : 0) : -a", { a: [0, 99], b: [0, 5] }, 99],
  ] as const)("are found where there are some: %s", (text, all, most) => {
    const block = parseBlock(text);
    const found = findWitness(block, ranges(all), ({ after }) => after && after.get("y")! - BigInt(most) + 1n);
    expect(watchedRun(block, found!).after!.get("y")).toBe(BigInt(most));
  });

  it("are as plain as they can be", () => {
    const block = parseBlock("y = a > 5 || b > 1 ? 7 : 0 * c");
    const found = findWitness(
      block,
      ranges({ a: [-9, 9], b: [0, 9], c: [-9, 9] }),
      ({ after }) => after && after.get("y")!,
    );
    expect(found!.get("c")).toBe(0n);
    expect([...found!.values()].filter((value) => value !== 0n)).toHaveLength(1);
  });

  it("are never found outside of what the intervals allow", () => {
    const narrow = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 12 }));
    const names = ["a", "b", "big", "small", "k", "huge", "timestep", "x", "y", "wide"];
    fc.assert(
      fc.property(randomBlock, fc.array(narrow, { minLength: 10, maxLength: 10 }), ({ block }, ends) => {
        const all = Object.fromEntries(
          names.map((name, i) => [name, [ends[i]![0], ends[i]![0] + ends[i]![1]] as const]),
        );
        const { name } = block.at(-1)!;
        const range = new BlockReader(block).read(ranges(all)).results.get(name);
        const beyond = (value: bigint): bigint => (range === undefined ? 1n : value - range.high);
        expect(findWitness(block, ranges(all), ({ after }) => after && beyond(after.get(name)!))).toBe(null);
      }),
      { numRuns: 30 },
    );
  });
});
