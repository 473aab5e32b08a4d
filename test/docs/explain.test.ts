import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bitspike, project, scratch } from "../cli/support.ts";

const path = fileURLToPath(new URL("../../docs/explain.md", import.meta.url));

it("the command of the page explains what stands below it", async () => {
  const [, command = "", expected = ""] = /^```sh\n(.*?)\n```\n\n```text\n(.*?)```$/ms.exec(
    readFileSync(path, "utf8"),
  )!;
  const words = command.split(" ").slice(1);
  const args = words.map((word) => (word.startsWith("test/") ? project(word) : word));
  const { out } = await bitspike([...args, "-o", scratch("explained")]);
  const begin = out.indexOf("Why they differ");
  expect(begin).toBeGreaterThan(0);
  expect(`${out.slice(begin, out.indexOf("\nVerdict")).trimEnd()}\n`).toBe(expected);
});
