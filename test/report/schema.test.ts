import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildReport } from "../../src/report/build.ts";
import { reportJsonSchema, reportSchema } from "../../src/report/document.ts";
import { synthetic } from "./synthetic.ts";

/** Dotted paths of all properties that say nothing about themselves. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {} } = schema as { properties?: Readonly<Record<string, { description?: string }>> };
  return [
    ...Object.entries(properties).flatMap(([name, property]) =>
      property.description === undefined ? [`${path}.${name}`] : [],
    ),
    ...Object.entries(schema).flatMap(([name, inner]) => undescribed(inner, `${path}.${name}`)),
  ];
}

describe("the schema of the report", () => {
  it("is the one published in docs/report.schema.json (npm run docs writes it)", () => {
    const published = readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(reportJsonSchema());
  });

  it("describes every field", () => {
    expect(undescribed(reportJsonSchema(), "report")).toEqual([]);
  });

  it("knows every field of a document, and survives JSON", () => {
    const document = buildReport(synthetic({ samples: 3, steps: 6, sizes: [12, 8, 3] }));
    expect(reportSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it("refuses shares beyond 1 and unknown fields", () => {
    const document = buildReport(synthetic({ samples: 1, steps: 2, sizes: [4, 3, 2] }));
    expect(reportSchema.safeParse({ ...document, extra: 1 }).success).toBe(false);
    const agreement = { ...document.agreement, spikes: 1.2 };
    expect(reportSchema.safeParse({ ...document, agreement }).success).toBe(false);
  });
});
