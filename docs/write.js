/** Writes what the documentation takes from the source: `npm run docs`. */

import { writeFileSync } from "node:fs";
import { mappingJsonSchema, networkJsonSchema, reportJsonSchema, targetJsonSchema } from "../dist/index.js";
import { errorsPage } from "../dist/report/errors-page.js";

const files = {
  "mapping.schema.json": `${JSON.stringify(mappingJsonSchema(), null, 2)}\n`,
  "network.schema.json": `${JSON.stringify(networkJsonSchema(), null, 2)}\n`,
  "report.schema.json": `${JSON.stringify(reportJsonSchema(), null, 2)}\n`,
  "target.schema.json": `${JSON.stringify(targetJsonSchema(), null, 2)}\n`,
  "errors.md": errorsPage(),
};

for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, import.meta.url), text);
