import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readPage, runPage, typeMistakes, withOutputs } from "../../docs/tools/pages.ts";
import { figuresOf, pageNames } from "../../docs/tools/tutorial.ts";

const folder = fileURLToPath(new URL("../../docs/tutorial/", import.meta.url));
const pages = pageNames.map((name) => ({ name, page: readPage(folder + name) }));

/** Text of a page without its code, links and figures. */
const prose = (text: string): string => text.replaceAll(/^```.*?^```/gms, "").replaceAll(/\]\([^)]*\)/g, "]");

describe("the tutorial (npm run docs:figures writes it)", () => {
  it.each(pages)("$name prints and draws what stands on it", ({ name, page }) => {
    const { outputs, values } = runPage(page);
    expect(withOutputs(page, outputs)).toBe(page.text);
    for (const [file, svg] of Object.entries(figuresOf(name, values))) {
      expect(readFileSync(`${folder}figures/${file}`, "utf8")).toBe(svg);
    }
  });

  it.each(pages)("$name shows the output of all code that prints", ({ page }) => {
    const silent = page.blocks.filter(({ code, output }) => code.includes("console.log") && output === "");
    expect(silent).toEqual([]);
  });

  it.each(pages)("$name has no decimal in its text that is not in its code or output", ({ page }) => {
    const computed = page.blocks.map(({ code, output }) => code + output).join("\n");
    const unknown = [...prose(page.text).matchAll(/\d+\.\d+/g)].filter(([number]) => !computed.includes(number));
    expect(unknown.map(([number]) => number)).toEqual([]);
  });

  it("shows every figure that there is, and no other", () => {
    const shown = pages.flatMap(({ page }) =>
      [...page.text.matchAll(/\(figures\/([\w-]+\.svg)\)/g)].map(([, file]) => file),
    );
    expect(shown.toSorted()).toEqual(readdirSync(`${folder}figures`).toSorted());
  });

  it("is sound TypeScript", () => {
    const declarations = fileURLToPath(new URL("../../dist/node.d.ts", import.meta.url));
    const all = pages.map(({ page }) => page);
    expect(typeMistakes(all, declarations)).toEqual([]);
  });
});
