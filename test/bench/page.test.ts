import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { performancePage, sections } from "../../bench/page.ts";
import { median, percentile, table, timesAsFast } from "../../bench/shared.ts";

const place = (path: string): URL => new URL(`../../${path}`, import.meta.url);

test("docs/performance.md is what the results give", () => {
  const results = (name: string): unknown => {
    const file = place(`bench/results/${name}.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  };
  expect(readFileSync(place("docs/performance.md"), "utf8")).toBe(performancePage(results));
});

test("every section has a measurement", () => {
  for (const { name } of sections) expect(existsSync(place(`bench/${name}.ts`)), name).toBe(true);
});

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([4, 1, 3, 100])).toBe(3.5);
  expect(median([5, 1, 3])).toBe(3);
});

test("a percentile is a value that there is, and as many are not above it", () => {
  expect([50, 99, 100].map((percent) => percentile([4, 1, 3, 2], percent))).toEqual([2, 4, 4]);
  expect(percentile([7], 1)).toBe(7);
});

test("a ratio compares the fastest rounds", () => {
  expect(timesAsFast([1, 10, 2], [4, 3, 50])).toBe("3.00 x");
});

test("a table is aligned as Markdown", () => {
  expect(table(["what", "a"], [["one", "1,000"]])).toBe("| what |     a |\n| ---- | ----: |\n| one  | 1,000 |");
});
