import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readPage, runPage, typeMistakes, withOutputs } from "../../docs/tools/pages.ts";
import { bitspike, folder, project, scratch } from "../cli/support.ts";

const path = fileURLToPath(new URL("../../docs/measures.md", import.meta.url));
const page = readPage(path);

it("the page prints what stands on it (npm run docs:figures writes it)", () => {
  expect(withOutputs(page, runPage(page).outputs)).toBe(page.text);
});

it("its code is sound TypeScript", () => {
  const declarations = fileURLToPath(new URL("../../dist/node.d.ts", import.meta.url));
  expect(typeMistakes([page], declarations)).toEqual([]);
});

/** What the last of some command lines prints; recordings go to a folder that is thrown away. */
async function printed(lines: readonly string[]): Promise<string> {
  let text = "";
  for (const line of lines) {
    const words = line.split(" ").slice(1);
    const args = words.map((word) =>
      word.endsWith(".npz") ? scratch(word) : word.startsWith("docs/") ? project(word) : word,
    );
    const { out, err, exitCode } = await bitspike(args);
    expect(exitCode, err).toBe(0);
    text = out.replaceAll(`${folder}/`, "");
  }
  return text;
}

it("its commands print what stands below them", async () => {
  const blocks = [...readFileSync(path, "utf8").matchAll(/^```sh\n(.*?)^```\n\n```text\n(.*?)^```$/gms)];
  expect(blocks.length).toBeGreaterThan(0);
  for (const [, commands = "", expected] of blocks) {
    expect(`${await printed(commands.trim().split("\n"))}\n`).toBe(expected);
  }
});
