/** Writes the JSON Schemas that are published beside the documentation: `npm run docs:schema`. */

import { writeFileSync } from "node:fs";
import { reportJsonSchema } from "../dist/report/document.js";

const schemas = { "report.schema.json": reportJsonSchema() };

for (const [name, schema] of Object.entries(schemas)) {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
