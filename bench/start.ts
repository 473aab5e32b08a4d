/**
 * How long does a command take from nothing to its result? Processes one after another, in turns; the files are in the
 * system's cache: `node dist-bench/start.js [--json FILE] [--repeats N]`.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compileJob,
  openInterpreter,
  parseNpz,
  readArrays,
  readBytes,
  readNir,
  readTarget,
  recordingArrays,
} from "bitspike";
import { startPage, type StartResults } from "./pages/start.ts";
import { facts, inTurns, main, peersPython, projectPath, readOptions, seconds, type Contestant } from "./shared.ts";

const folder = "docs/examples/mnist-mlp";
const [target, samples, steps] = ["loihi2", 20, 25];
const command = projectPath("dist/cli/main.js");
const output = mkdtempSync(join(tmpdir(), "bitspike-start-"));
const files = {
  "--input": projectPath(`${folder}/images_u8.npy`),
  "--labels": projectPath(`${folder}/labels_u8.npy`),
  "--samples": String(samples),
  "--steps": String(steps),
  "--out": join(output, "recording.npz"),
};
const run = [command, "run", projectPath(`${folder}/model.nir`), "--target", target, ...Object.entries(files).flat()];

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "15");
  try {
    const at = facts({ torch: printed(peersPython(), ["-c", "import torch; print(torch.__version__)"]).trim() });
    if (!(await givesTheResult())) {
      console.log("✗ bitspike run: its spikes are not the interpreter's.");
      return false;
    }
    const { execPath: node } = process;
    const contestants = new Map<string, Contestant>([
      ["node -e 0", timed(node, ["-e", "0"])],
      ["bitspike --version", timed(node, [command, "--version"])],
      ["bitspike run", timed(node, run)],
      ["python -c 0", timed(peersPython(), ["-c", "0"])],
      ['python -c "import torch"', timed(peersPython(), ["-c", "import torch"])],
    ]);
    const timings = Object.fromEntries(await inTurns(contestants, repeats));
    const results: StartResults = { ...at, repeats, target, samples, steps, timings };
    console.log(startPage(results));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    return true;
  } finally {
    rmSync(output, { recursive: true });
  }
});

/** The spikes that the command writes are those of the interpreter. */
async function givesTheResult(): Promise<boolean> {
  printed(process.execPath, run);
  const written = parseNpz(readFileSync(join(output, "recording.npz")));
  const { network } = readNir(await readBytes(projectPath(`${folder}/model.nir`)));
  const data = await readArrays(projectPath(`${folder}/images_u8.npy`));
  const range = { from: 0, to: samples };
  const { program, prepared } = compileJob({
    network,
    target: readTarget(target),
    data,
    steps,
    samples: range,
    seed: 0,
  });
  const expected = recordingArrays(await openInterpreter(program).run(prepared.stimuli));
  return [...expected]
    .filter(([name]) => name.startsWith("spikes/"))
    .every(([name, { data: spikes }]) => written.get(name)?.data.join() === spikes.join());
}

function printed(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { stdio: ["ignore", "pipe", "ignore"] }).toString();
}

function timed(program: string, args: readonly string[]): Contestant {
  return () => seconds(() => Promise.resolve(printed(program, args)));
}
