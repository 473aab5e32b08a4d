import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readPage, runPage, typeMistakes, withOutputs } from "../../docs/tools/pages.ts";
import { golden } from "../support.ts";
import { figuresOf, pageNames } from "../../docs/tools/tutorial.ts";

const folder = fileURLToPath(new URL("../../docs/tutorial/", import.meta.url));
const pages = pageNames.map((name) => ({ name, page: readPage(folder + name) }));

/** Text of a page without its code, links and figures. */
const prose = (text: string): string => text.replaceAll(/^```.*?^```/gms, "").replaceAll(/\]\([^)]*\)/g, "]");

interface Case {
  readonly name: string;
  readonly mem: readonly number[];
  readonly spike_steps: readonly number[];
}
interface Both {
  readonly float: { readonly lif1: { readonly membrane: readonly number[][]; readonly spikes: readonly number[][] } };
}
const recorded = ["tutorial2-lapicque.json", "tutorial2-older-edition.json"].flatMap((file) => {
  return (JSON.parse(new TextDecoder().decode(golden(`snntorch/${file}`))) as { cases: readonly Case[] }).cases;
});
/** Constants of the pages and what snnTorch recorded of the same experiment. */
const same: Readonly<Record<string, string>> = {
  silent: "no_stimulus",
  step: "step_input",
  single: "spike_input",
  firing: "firing_low",
  higher: "firing_high",
  lower: "firing_half_threshold",
  current: "synaptic_periodic_reset_zero",
};

describe("the tutorial (npm run docs:figures writes it)", () => {
  it.each(pages)("$name prints and draws what stands on it, in float as snnTorch recorded it", ({ name, page }) => {
    const { outputs, values } = runPage(page);
    expect(withOutputs(page, outputs)).toBe(page.text);
    for (const [file, svg] of Object.entries(figuresOf(name, values))) {
      expect(readFileSync(`${folder}figures/${file}`, "utf8")).toBe(svg);
    }
    for (const [constant, experiment] of Object.entries(same)) {
      if (!page.text.includes(`const ${constant} = await both`)) continue;
      const { lif1 } = (values[constant] as Both).float;
      const { mem, spike_steps } = recorded.find((one) => one.name === experiment)!;
      expect(lif1).toEqual({ membrane: [mem.map(Math.fround)], spikes: [spike_steps] });
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

  it("has all the experiments that are compared with snnTorch", () => {
    const code = pages.map(({ page }) => page.text).join("\n");
    expect(Object.keys(same).filter((constant) => !code.includes(`const ${constant} = await both`))).toEqual([]);
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
