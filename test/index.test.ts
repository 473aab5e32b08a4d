import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { version } from "../src/version.ts";

/** Packages that only work in Node.js. */
const nodeOnly = ["piscina", "commander", "cli-progress", "@tensorflow/tfjs-node"];

/** Every import that leads out of `src/` from a module or from what it imports, as `module: import`. */
function importsBeyond(entry: string): string[] {
  const seen = new Set<string>();
  const beyond = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const text = readFileSync(url, "utf8").replaceAll(/^\s*(import|export) type [^;]*;/gm, "");
    const found = text.matchAll(/(?:\bfrom|\bimport\(?)\s*["']([^"']+)["']/g);
    for (const [, specifier] of found) {
      if (specifier!.startsWith(".")) visit(new URL(specifier!, url));
      else beyond.add(specifier!);
    }
  };
  visit(new URL(`../src/${entry}`, import.meta.url));
  return [...beyond];
}

describe("the entry for browsers", () => {
  it("reaches nothing that needs Node.js", () => {
    const imports = importsBeyond("index.ts");
    expect(imports).toContain("@tensorflow/tfjs-core");
    expect(imports.filter((name) => name.startsWith("node:") || nodeOnly.includes(name))).toEqual([]);
  });

  it("has a worker for pages that takes an engine along and little else", () => {
    expect(importsBeyond("connect/web-worker.ts")).toEqual(["comlink"]);
  });

  it("is part of the entry for Node.js, which adds files and workers", () => {
    const imports = importsBeyond("node.ts");
    expect(imports).toContain("node:fs/promises");
    expect(imports).toContain("piscina");
  });
});

describe("the version", () => {
  it("is that of the package", () => {
    const { version: packaged } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(version).toBe(packaged);
  });
});
