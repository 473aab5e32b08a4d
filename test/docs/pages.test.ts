import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { catalogue } from "../../src/errors.ts";
import { loadTarget } from "../../src/target/load.ts";
import { targetJsonSchema } from "../../src/target/schema.ts";

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

/** Fenced blocks of one language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].filter(([, own]) => own === language).map(([, , body]) => body!);
}

describe("the documentation", () => {
  it("lists every error code and no other (npm run docs writes it)", () => {
    const codes = [...page("errors.md").matchAll(/^## (\w+)$/gm)].map(([, code]) => code);
    expect(codes).toEqual(Object.keys(catalogue).toSorted());
  });

  it("publishes the schema of targets as the source has it (npm run docs writes it)", () => {
    expect(JSON.parse(page("target.schema.json"))).toEqual(targetJsonSchema());
  });

  it("shows an example target that loads", () => {
    const [example] = blocks(page("targets.md"), "yaml");
    const target = loadTarget(example!, "example.yaml", () => null);
    expect(target.name).toBe((parse(example!) as { name: string }).name);
  });
});
