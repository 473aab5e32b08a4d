import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readPage, runPage, typeMistakes, withOutputs } from "../../docs/tools/pages.ts";

const page = readPage(fileURLToPath(new URL("../../docs/measures.md", import.meta.url)));

it("the page prints what stands on it (npm run docs:figures writes it)", () => {
  expect(withOutputs(page, runPage(page).outputs)).toBe(page.text);
});

it("its code is sound TypeScript", () => {
  const declarations = fileURLToPath(new URL("../../dist/node.d.ts", import.meta.url));
  expect(typeMistakes([page], declarations)).toEqual([]);
});
