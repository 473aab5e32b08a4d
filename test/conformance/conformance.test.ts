/** What `npm run conformance` runs, on the recorded vectors that come with the project. */

import { describe, expect, it } from "vitest";
import { vectorFiles } from "./folder.ts";
import { adapters, passed, runCase, runConformance } from "./run.ts";
import { snntorch } from "./snntorch.ts";

const vectors = "test/golden";

describe.each(adapters.map(({ name }) => ({ name })))("the vectors of $name", ({ name }) => {
  it("come out on every engine, and nothing is left out", async () => {
    const result = await runConformance({ vectors, only: [name] });
    const [oracle] = result.oracles;
    expect(oracle).toMatchObject({ name, mismatches: 0, first: null, unreadable: [], rounding: [] });
    expect(oracle?.unsupported).toEqual([]);
    expect(passed(result)).toBe(true);
  });
});

describe("snnTorch's vectors", () => {
  // Sums of such weights depend on their order, and the tutorial's functions spell the update in another way.
  const rounded = /random_float_weights|: function /;
  const cases = vectorFiles(`${vectors}/snntorch`).flatMap(({ name, folder, document }) =>
    (snntorch.read(document(), folder) ?? []).map((one) => ({ ...one, name: `${name}: ${one.name}` })),
  );

  it("come out bit for bit, except where other sums are rounded", async () => {
    const inexact: string[] = [];
    for (const one of cases) {
      if (one.needs === "float" && (await runCase(one, "cpu")).worst > 0) inexact.push(one.name);
    }
    expect(inexact.filter((name) => !rounded.test(name))).toEqual([]);
  });
});
