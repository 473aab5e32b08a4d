/**
 * What does each way to integers cost a trained network? Accuracy and equal spikes with the compiler's own rules, with and without a
 * calibration, and with the recipes of others: `node dist-bench/recipes.js [--json FILE]`.
 */

import { writeFileSync } from "node:fs";
import {
  BitspikeError,
  calibrate,
  discretize,
  defaultTime,
  inputsOf,
  openReference,
  openShards,
  parseNpy,
  prepareInputs,
  readArrays,
  readBytes,
  readNir,
  readTarget,
  validate,
  type Approximation,
  type Engines,
  type Target,
  type ValidationJob,
} from "bitspike";
import { recipesPage, type Outcome, type RecipeResults } from "./pages/recipes.ts";
import { facts, main, projectPath, readOptions } from "./shared.ts";

/** The last 32 of 200 images are for the calibration, some of the others are compared. */
const firstOfCalibration = 168;

interface Job {
  readonly model: string;
  readonly images: number;
  /** null: rows of an image are timesteps. */
  readonly steps: number | null;
  readonly target: string;
  readonly settings?: Readonly<Record<string, number>>;
  readonly approximate?: readonly Approximation[];
}

const jobs: readonly Job[] = [
  ...["loihi", "loihi2", "generic-8bit"].flatMap((target): Job[] => [
    { model: "mnist-mlp", images: 168, steps: 25, target },
    { model: "mnist-rec", images: 168, steps: null, target },
  ]),
  ...["loihi", "loihi2"].map((target): Job => ({ model: "mnist-syn", images: 168, steps: 25, target })),
  { model: "mnist-conv", images: 60, steps: 25, target: "loihi2" },
  { model: "mnist-mlp", images: 168, steps: 25, target: "speck", approximate: ["leak"] },
  ...["mnist-mlp", "mnist-syn"].map((model): Job => {
    return { model, images: 168, steps: 25, target: "generic-16bit", settings: { weight_bits: 4 } };
  }),
  { model: "mnist-rec", images: 168, steps: null, target: "generic-16bit", settings: { weight_bits: 4 } },
];

const engines: Engines = {
  openReference: (network) => openReference(network, { backend: "cpu" }),
  openEmulator: (program) => openShards(program, { threads: 1, split: "sample" }),
};

await main(async () => {
  const options = readOptions(["json"]);
  const at = facts();
  const measured: RecipeResults["rows"][number][] = [];
  for (const job of jobs) measured.push(...(await measure(job)));
  const results: RecipeResults = { ...at, rows: measured };
  console.log(recipesPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

async function measure(job: Job): Promise<RecipeResults["rows"][number][]> {
  const target = readTarget(job.target);
  const common = await validationOf(job, target);
  const rows: RecipeResults["rows"][number][] = [];
  const own = [
    { recipe: "own rules", given: {} },
    { recipe: "own rules, calibrated", given: { calibration: await calibrationOf(common) } },
  ];
  const others = Object.keys(target.recipes).map((recipe) => ({ recipe, given: { recipe } }));
  for (const { recipe, given } of [...own, ...others]) {
    const chip = [job.target, ...Object.entries(job.settings ?? {}).map(([name, value]) => `${name}=${value}`)];
    const without = job.approximate === undefined ? [] : [`without ${job.approximate.join(", ")}`];
    const about = { model: job.model, target: [...chip, ...without].join(" "), recipe, images: job.images };
    rows.push({ ...about, ...(await outcomeOf({ ...common, ...given })) });
  }
  return rows;
}

/** A recipe with a scale of its own may overflow a register, which stops the run. */
async function outcomeOf(job: ValidationJob): Promise<Outcome> {
  try {
    const { reference, emulator, agreement } = (await validate(job, engines)).document;
    const [float, chip, predictions] = [reference.accuracy, emulator.accuracy, agreement.predictions];
    return { float, chip, predictions, spikes: agreement.spikes, stopped: null };
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    console.log(`${job.model} on ${job.target.name}: ${error.message}`);
    return { float: null, chip: null, predictions: null, spikes: null, stopped: error.code };
  }
}

async function validationOf(job: Job, target: Target): Promise<ValidationJob> {
  const folder = projectPath(`test/golden/models/${job.model}`);
  const { network, warnings } = await readNir(await readBytes(`${folder}/model.nir`));
  const labels = parseNpy(await readBytes(`${folder}/labels_u8.npy`));
  return {
    model: job.model,
    network,
    warnings,
    target,
    data: await readArrays(`${folder}/images_u8.npy`),
    labels: Int32Array.from(labels.data as Uint8Array),
    samples: { from: 0, to: job.images },
    ...(job.steps === null ? {} : { steps: job.steps }),
    // Others' recipes know nothing of payloads.
    encode: "rate",
    seed: 0,
    settings: job.settings,
    approximate: job.approximate,
    versions: {},
    command: [],
  };
}

async function calibrationOf({ network, data, steps, encode, seed }: ValidationJob): ReturnType<typeof calibrate> {
  const samples = { from: firstOfCalibration, to: null };
  const { stimuli } = prepareInputs(inputsOf(network), data, { steps, encode, seed, samples });
  const reference = await engines.openReference(discretize(network, defaultTime).network);
  try {
    return await calibrate(reference, stimuli, "the other images");
  } finally {
    await reference.close();
  }
}
