/**
 * What becomes of real networks on every target: fits it, what is left of its spikes and classes, and what does it cost? Writes
 * docs/models.md: `npm run models`.
 */

import { writeFileSync } from "node:fs";
import {
  approximations,
  BitspikeError,
  defaultTime,
  openReference,
  openShards,
  parseNpy,
  readArrays,
  readBytes,
  readNir,
  readTarget,
  targetNames,
  validate,
  type Approximation,
  type Engines,
  type NpzFile,
  type TimeOptions,
  type ValidationJob,
  type Warning,
} from "bitspike";
import { modelsPage, type ModelOutcome, type ModelRows } from "./pages/real-models.ts";
import { facts, main, projectPath, readJson } from "./shared.ts";

interface Model {
  readonly name: string;
  readonly about: string;
  readonly file: string;
  readonly data: () => Promise<NpzFile>;
  readonly labels?: string;
  readonly samples: number;
  readonly steps?: number;
  readonly encode: "rate" | "spikes";
  readonly time?: TimeOptions;
}

const digits = (name: string, about: string, steps: number | null): Model => ({
  name,
  about,
  file: `${name}/model.nir`,
  data: () => readArrays(golden(`${name}/images_u8.npy`)),
  labels: `${name}/labels_u8.npy`,
  samples: 200,
  ...(steps === null ? {} : { steps }),
  encode: "rate",
});

const models: readonly Model[] = [
  digits("mnist-mlp", "784-256-10, leaky neurons; 200 MNIST digits, 25 timesteps of random spikes", 25),
  digits("mnist-syn", "784-128-10, leaky neurons with synaptic currents; 200 MNIST digits, 25 timesteps", 25),
  digits("mnist-rec", "28-128-10, recurrent; rows of 200 MNIST digits, one per timestep", null),
  { ...digits("mnist-conv", "convolutions; 40 MNIST digits, 8 timesteps", 8), samples: 40 },
  {
    name: "scnn",
    about: "The NIR paper's spiking CNN for N-MNIST; a moving blob of events, as its recordings are not public",
    file: "nir-paper/02_cnn/scnn_mnist.nir",
    data: async () => {
      const { names, read } = await readArrays(golden("nir-paper/02_cnn/scnn-synthetic-input_u8.npy"));
      const frames = read(names[0]!);
      return { names, read: () => ({ ...frames, shape: [1, ...frames.shape] }) };
    },
    samples: 1,
    encode: "spikes",
    time: { ...defaultTime, reset: "subtract" },
  },
  ...(["bias_zero", "noBias_subtract"] as const).map((kind): Model => ({
    name: `braille ${kind === "bias_zero" ? "with biases" : "without biases"}`,
    about: `One of the NIR paper's recurrent networks for Braille letters; a made-up pattern, as its recordings are not public`,
    file: `nir-paper/03_rnn/braille_noDelay_${kind}.nir`,
    data: () => Promise.resolve(braille()),
    samples: 1,
    encode: "spikes",
    time: { ...defaultTime, reset: kind === "bias_zero" ? "zero" : "subtract" },
  })),
];

const engines: Engines = {
  openReference: (network) => openReference(network, { backend: "cpu" }),
  openEmulator: (program) => openShards(program, { threads: 1, split: "sample" }),
};

await main(async () => {
  const at = facts();
  const tables: ModelRows[] = [];
  for (const model of models) {
    const rows = [];
    for (const name of targetNames()) {
      const outcome = await outcomeOn(model, name);
      console.log(model.name, name, JSON.stringify(outcome));
      rows.push({ target: name, outcome });
    }
    tables.push({ model: model.name, about: model.about, samples: model.samples, rows });
  }
  writeFileSync(projectPath("docs/models.md"), modelsPage({ ...at, tables }));
  return true;
});

/** As the network is; where the chip lacks something, with stand-ins for it. */
async function outcomeOn(model: Model, target: string): Promise<ModelOutcome> {
  const exact = await attempt(model, target, []);
  return "refused" in exact ? attempt(model, target, approximations) : exact;
}

/** What warnings say of approximations, each once and without the population. */
function standIns(warnings: readonly Warning[]): string[] {
  const said = warnings.filter(({ code }) => code === "COMPILE_APPROXIMATED");
  return [...new Set(said.map(({ message }) => message.replace(/^.*approximated as asked for: /, "")))];
}

async function attempt(model: Model, target: string, approximate: readonly Approximation[]): Promise<ModelOutcome> {
  try {
    const { document } = await validate(await jobOf(model, target, approximate), engines);
    const { reference, emulator, agreement, layers, energy, time, fit, warnings } = document;
    const sum = (count: (layer: (typeof layers)[number]) => number): number =>
      layers.reduce((total, layer) => total + count(layer), 0) / model.samples;
    const neurons = sum(({ neurons }) => neurons * model.samples);
    const steps = document.steps;
    return {
      approximated: standIns(warnings),
      fits: fit.fits,
      cores: fit.cores,
      float: reference.accuracy,
      chip: emulator.accuracy,
      // One sample tells nothing about classes.
      predictions: model.samples > 1 ? agreement.predictions : null,
      spikes: agreement.spikes,
      sparsity: 1 - sum((layer) => layer.spikes) / (neurons * steps),
      synops: sum((layer) => layer.synops),
      energy: energy.perSample,
      standIn: energy.kind === "stand-in",
      lowerBound: energy.lowerBound,
      rate: time.samplesPerSecond,
    };
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    const [first = error] = error.issues;
    const more = error.issues.length - 1;
    return { refused: first.code, why: more > 0 ? `${first.message} (and ${more} more)` : first.message };
  }
}

async function jobOf(model: Model, target: string, approximate: readonly Approximation[]): Promise<ValidationJob> {
  const { network, warnings } = await readNir(await readBytes(golden(model.file)));
  const { labels, samples, steps, encode, time } = model;
  return {
    model: model.name,
    network,
    warnings,
    target: readTarget(target),
    data: await model.data(),
    labels:
      labels === undefined ? undefined : Int32Array.from(parseNpy(await readBytes(golden(labels))).data as Uint8Array),
    samples: { from: 0, to: samples },
    ...(steps === undefined ? {} : { steps }),
    encode,
    ...(time === undefined ? {} : { time }),
    seed: 0,
    approximate,
    splitSigns: approximate.length > 0,
    versions: {},
    command: [],
  };
}

function braille(): NpzFile {
  const { input } = readJson(golden("nir-paper/03_rnn/braille-synthetic.json")) as { readonly input: number[][] };
  const data = Uint8Array.from(input.flat());
  return { names: ["input"], read: () => ({ data, shape: [1, input.length, input[0]!.length], dtype: "uint8" }) };
}

function golden(path: string): string {
  return projectPath(`test/golden/models/${path}`);
}
