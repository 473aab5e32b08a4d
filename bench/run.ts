/**
 * All measurements one after another, each in a process of its own, and docs/performance.md from them: `npm run bench`.
 * `npm run bench -- --only activity,start` makes some of them, `--only none` writes the page from what was measured last.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { performancePage, sections } from "./page.ts";
import { main, peersPython, projectPath, readJson, readOptions } from "./shared.ts";

await main(() => {
  const { only } = readOptions(["only"]);
  const known = sections.map(({ name }) => name);
  const wanted = only === undefined ? known : only === "none" ? [] : only.split(",");
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no measurement ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  if (only === undefined) peersPython();
  mkdirSync(projectPath("bench/results"), { recursive: true });
  const failed = wanted.filter((name) => !measure(name));
  // What could not be measured keeps the results that it had.
  writeFileSync(projectPath("docs/performance.md"), performancePage(resultsOf));
  if (failed.length > 0) console.log(`✗ ${failed.join(", ")} failed; the messages are above.`);
  return Promise.resolve(failed.length === 0);
});

function measure(name: string): boolean {
  console.log(`\n# ${name}\n`);
  const script = projectPath(`dist-bench/${name}.js`);
  return spawnSync(process.execPath, [script, "--json", fileOf(name)], { stdio: "inherit" }).status === 0;
}

function resultsOf(name: string): unknown {
  return existsSync(fileOf(name)) ? readJson(fileOf(name)) : undefined;
}

function fileOf(name: string): string {
  return projectPath(`bench/results/${name}.json`);
}
