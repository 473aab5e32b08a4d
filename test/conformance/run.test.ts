import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { passed, runConformance } from "./run.ts";
import { tableText } from "./table.ts";

const root = mkdtempSync(join(tmpdir(), "bitspike-vectors-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder of vectors with some files of snnTorch's kind. */
function vectorsWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(root, "v"));
  mkdirSync(join(folder, "snntorch"));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(folder, "snntorch", name), text);
  }
  return folder;
}

const neuron = {
  name: "one",
  class: "Leaky",
  params: { beta: 0.5 },
  shape: [1],
  steps: 3,
  input: [[1], [1], [0]],
  mem: [[1], [1.5], [-0.25]],
  spk: [[0], [1], [0]],
};

describe("a conformance run", () => {
  it("takes files by their fields, whatever they are called", async () => {
    const result = await runConformance({
      vectors: vectorsWith({ "anything.json": { cases: [neuron] } }),
      engine: "cpu",
    });
    expect(result.oracles).toMatchObject([{ name: "snntorch", files: 1, cases: 1, run: 1, values: 6, mismatches: 0 }]);
    expect(passed(result)).toBe(true);
  });

  it("begins every sample in its own state", async () => {
    const samples = {
      ...neuron,
      steps: 2,
      shape: [2, 1],
      init: { mem: [[0.5], [-1]] },
      input: [
        [[0.5], [1]],
        [[0], [0]],
      ],
      mem: [
        [[0.75], [0.5]],
        [[0.375], [0.25]],
      ],
      spk: [
        [[0], [0]],
        [[0], [0]],
      ],
    };
    const result = await runConformance({ vectors: vectorsWith({ "a.json": { cases: [samples] } }), engine: "cpu" });
    expect(result.oracles).toMatchObject([{ values: 8, mismatches: 0, first: null }]);
  });

  it("names the first value that differs, and fails", async () => {
    const wrong = { ...neuron, mem: [[1], [1.5], [0.25]] };
    const result = await runConformance({ vectors: vectorsWith({ "a.json": { cases: [wrong] } }), engine: "cpu" });
    expect(result.oracles[0]?.first).toEqual({
      case: "a.json: Leaky one (cpu)",
      where: "mem[2][0]",
      expected: 0.25,
      got: -0.25,
    });
    expect(passed(result)).toBe(false);
    expect(tableText(result)).toContain(
      "first mismatch in a.json: Leaky one (cpu), mem[2][0]: expected 0.25, got -0.25",
    );
  });

  it("leaves a case out by the name of what is missing", async () => {
    const other = [{ ...neuron, class: "LeakyParallel" }, { ...neuron, params: { beta: 0.5, state_quant: 4 } }, neuron];
    const result = await runConformance({ vectors: vectorsWith({ "a.json": { cases: other } }), engine: "cpu" });
    expect(result.oracles[0]).toMatchObject({ cases: 3, run: 1, mismatches: 0 });
    expect(result.oracles[0]?.unsupported.map(({ capability }) => capability)).toEqual([
      "the neuron class LeakyParallel",
      "the argument state_quant of Leaky",
    ]);
  });

  it("fails on a file that cannot be read, that it does not know, or that an index names in vain", async () => {
    const files = {
      "broken.json": "{",
      "other.json": { a: 1 },
      "index.json": [{ file: "gone.json" }],
      "a.json": { cases: [neuron] },
    };
    const result = await runConformance({ vectors: vectorsWith(files), engine: "cpu" });
    expect(result.oracles[0]?.unreadable.map(({ file }) => file)).toEqual(["broken.json", "index.json", "other.json"]);
    expect(passed(result)).toBe(false);
  });

  it("refuses an oracle that is not there", async () => {
    await expect(runConformance({ vectors: vectorsWith({}), only: ["lava"] })).rejects.toThrow("has no folder lava");
  });
});
