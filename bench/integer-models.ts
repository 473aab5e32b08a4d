/**
 * How fast does the integer engine run whole models? The interpreter and the shards, by sample on one and on two threads:
 * `node dist-bench/integer-models.js [--json FILE] [--repeats N]`.
 */

import { writeFileSync } from "node:fs";
import {
  compileJob,
  openInterpreter,
  openKernels,
  openShards,
  readArrays,
  readBytes,
  readNir,
  readTarget,
  type Engine,
  type Recording,
} from "bitspike";
import { integerPage, type IntegerResults } from "./pages/models.ts";
import { facts, inTurns, main, projectPath, readOptions, seconds } from "./shared.ts";

const models = [
  { name: "mnist-mlp", folder: "docs/examples/mnist-mlp", images: 200, steps: 25, target: "loihi2" },
  { name: "mnist-conv", folder: "test/golden/models/mnist-conv", images: 50, steps: 8, target: "loihi2" },
];
type Model = (typeof models)[number];
type Measured = IntegerResults["models"][number];

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "5");
  const at = facts();
  const measured: Measured[] = [];
  for (const model of models) {
    const one = await measure(model, repeats);
    if (one === null) return false;
    measured.push(one);
  }
  const results: IntegerResults = { ...at, repeats, models: measured };
  console.log(integerPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

/** @returns null when an engine differs from the interpreter */
async function measure({ name, folder, images, steps, target }: Model, repeats: number): Promise<Measured | null> {
  const { network } = readNir(await readBytes(projectPath(`${folder}/model.nir`)));
  const data = await readArrays(projectPath(`${folder}/images_u8.npy`));
  const range = { from: 0, to: images };
  const { program, prepared } = compileJob({
    network,
    target: readTarget(target),
    data,
    steps,
    samples: range,
    seed: 0,
  });
  const { stimuli, samples } = prepared;
  const interpreter = openInterpreter(program);
  const expected = await interpreter.run(stimuli);
  const engines = new Map<string, Engine>([["interpreter", interpreter]]);
  const openers: Readonly<Record<string, () => Promise<Engine>>> = {
    kernels: () => openKernels(program),
    "shards, 1 thread": () => openShards(program, { threads: 1, split: "sample" }),
    "shards, 2 threads": () => openShards(program, { threads: 2, split: "sample" }),
  };
  for (const [label, open] of Object.entries(openers)) {
    const engine = await open();
    engines.set(label, engine);
    if (fingerprint(await engine.run(stimuli)) === fingerprint(expected)) continue;
    console.log(`✗ ${name}: ${label}, differ from the interpreter.`);
    return null;
  }
  const contestants = [...engines].map(([label, engine]) => [label, () => seconds(() => engine.run(stimuli))] as const);
  const timings = Object.fromEntries(await inTurns(new Map(contestants), repeats));
  for (const engine of engines.values()) await engine.close();
  const neurons = program.populations.reduce((all, population) => all + population.neurons, 0);
  return {
    name,
    target,
    samples,
    steps,
    neurons,
    updates: neurons * samples * (steps + program.latency),
    synops: synopsIn(expected),
    timings,
  };
}

/** All spikes and counters as text. */
function fingerprint({ populations, projections }: Recording): string {
  const spikes = populations.map((each) => [each.name, each.spikes.start.join(), each.spikes.neuron.join()]);
  return JSON.stringify([spikes, projections.map(({ name, synops }) => [name, synops.join()])]);
}

function synopsIn({ projections }: Recording): number {
  return projections.reduce((all, { synops }) => all + synops.reduce((a, b) => a + b, 0), 0);
}
