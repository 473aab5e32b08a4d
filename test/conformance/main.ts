/** `npm run conformance -- [--vectors DIR] [--only a,b] [--engine NAME] [--json FILE]` */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { engineNames, passed, runConformance, type EngineName } from "./run.ts";
import { tableText } from "./table.ts";

const usage = `npm run conformance -- [options]

  --vectors DIR   folder with one folder per oracle (test/golden)
  --only a,b      only these oracles
  --engine NAME   only this engine: ${engineNames.join(", ")}
  --json FILE     write the result as JSON too; - is standard output, without the table
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      vectors: { type: "string", default: "test/golden" },
      only: { type: "string" },
      engine: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { vectors, only, engine, json } = values;
  if (engine !== undefined && !engineNames.includes(engine as EngineName)) {
    throw new Error(`there is no engine ${engine}; the engines are ${engineNames.join(", ")}`);
  }
  const result = await runConformance({ vectors, only: only?.split(","), engine: engine as EngineName | undefined });
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (json !== "-") process.stdout.write(`${tableText(result)}\n`);
  if (json === "-") process.stdout.write(document);
  else if (json !== undefined) writeFileSync(json, document);
  return passed(result) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
