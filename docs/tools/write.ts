/** Runs the code of the pages that have some, puts what it prints under it, and draws the figures: `npm run docs:figures`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { readPage, runPage, withOutputs } from "./pages.ts";
import { figuresOf, pageNames } from "./tutorial.ts";

for (const name of ["engines", "measures"]) {
  const page = readPage(`docs/${name}.md`);
  writeFileSync(page.path, withOutputs(page, runPage(page).outputs));
}

const folder = "docs/tutorial";
mkdirSync(`${folder}/figures`, { recursive: true });
for (const name of pageNames) {
  const page = readPage(`${folder}/${name}`);
  const { outputs, values } = runPage(page);
  writeFileSync(page.path, withOutputs(page, outputs));
  const figures = Object.entries(figuresOf(name, values));
  for (const [file, svg] of figures) writeFileSync(`${folder}/figures/${file}`, svg);
  console.log(`${name}: ${outputs.length} blocks, ${figures.length} figures`);
}
