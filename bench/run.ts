/** All measurements one after another, each in a process of its own, and docs/performance.md from them: `npm run bench`. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import {
  performancePage,
  type FloatResults,
  type IntegerResults,
  type NeuronResults,
  type StepResults,
} from "./page.ts";
import { main, peersPython, projectPath, readJson } from "./shared.ts";

await main(() => {
  peersPython();
  mkdirSync(projectPath("bench/results"), { recursive: true });
  for (const name of ["float-against-snntorch", "integer-models", "step-latency", "neurons"]) {
    const script = projectPath(`dist-bench/${name}.js`);
    const { status } = spawnSync(process.execPath, [script, "--json", resultsOf(name)], { stdio: "inherit" });
    if (status !== 0) return Promise.resolve(false);
  }
  const float = readJson<FloatResults>(resultsOf("float-against-snntorch"));
  const integer = readJson<IntegerResults>(resultsOf("integer-models"));
  const steps = readJson<StepResults>(resultsOf("step-latency"));
  const neurons = readJson<NeuronResults>(resultsOf("neurons"));
  writeFileSync(projectPath("docs/performance.md"), performancePage(float, integer, steps, neurons));
  return Promise.resolve(true);
});

function resultsOf(name: string): string {
  return projectPath(`bench/results/${name}.json`);
}
