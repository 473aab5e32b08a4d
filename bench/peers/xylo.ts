/**
 * Do the targets that say so compute what SynSense's xylosim computes? Fresh random networks of both versions of the core,
 * run by both: `npm run peers:xylo -- [--networks N] [--first-seed S] [--engine NAME]`. Exits 1 on a mismatch.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main, peersPython, projectPath, readOptions } from "../shared.ts";

await main(async () => {
  const options = readOptions(["networks", "first-seed", "engine"]);
  const first = options["first-seed"] ?? String(Math.floor(Math.random() * 1e6));
  const folder = mkdtempSync(join(tmpdir(), "bitspike-xylo-"));
  try {
    const script = projectPath("bench/peers/xylo.py");
    execFileSync(peersPython(), [script, folder, first, options.networks ?? "400"], { stdio: "inherit" });
    const engine = options.engine === undefined ? [] : ["--engine", options.engine];
    const conformance = projectPath("dist-test/test/conformance/main.js");
    const args = [conformance, "--vectors", folder, "--only", "xylo", ...engine];
    return Promise.resolve(spawnSync(process.execPath, args, { cwd: projectPath("."), stdio: "inherit" }).status === 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
