import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { catalogue } from "../../src/errors.ts";
import { networkJsonSchema } from "../../src/formats/network-form.ts";
import { readNetworkYaml } from "../../src/formats/network-yaml.ts";
import { openNpz } from "../../src/formats/npz.ts";
import { mappingJsonSchema, readMapping } from "../../src/mapping/file.ts";
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

  it("publishes the schema of network files as the source has it (npm run docs writes it)", () => {
    expect(JSON.parse(page("network.schema.json"))).toEqual(networkJsonSchema());
  });

  it("publishes the schema of mappings as the source has it (npm run docs writes it)", () => {
    expect(JSON.parse(page("mapping.schema.json"))).toEqual(mappingJsonSchema());
  });

  it("shows an example mapping that can be read", () => {
    const [example] = blocks(page("mapping.md"), "yaml");
    expect(readMapping(example!, "mapping.yaml").places).toHaveLength(4);
  });

  it("shows an example network that can be read", async () => {
    const [example] = blocks(page("networks.md"), "yaml");
    const { network, warnings } = await readNetworkYaml(example!, "example.yaml", () => openNpz(new Uint8Array()));
    expect(warnings).toEqual([]);
    expect(network.nodes.map(({ name }) => name)).toEqual(["input", "fc1", "back", "lif1", "output"]);
  });

  it("lists every kind of node that a network file may have", () => {
    const listed = [...page("networks.md").matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, kinds]) =>
      [...kinds!.matchAll(/`(\w+)`/g)].map(([, kind]) => kind),
    );
    const known = [...JSON.stringify(networkJsonSchema()).matchAll(/"kind":\{"type":"string","const":"(\w+)"/g)];
    expect(listed.toSorted()).toEqual(known.map(([, kind]) => kind).toSorted());
  });

  it("shows an example target that loads", () => {
    const [example] = blocks(page("targets.md"), "yaml");
    const target = loadTarget(example!, "example.yaml", () => null);
    expect(target.name).toBe((parse(example!) as { name: string }).name);
  });
});
