/** `bitspike run`: the integer engine alone; predictions and spikes to a file. */

import { Command, Option } from "commander";
import type { Program } from "../compile/program.ts";
import { chooseLabels, prepareInputs, type Prepared } from "../encoding/prepare.ts";
import type { Recording } from "../engine.ts";
import { mistake } from "../errors.ts";
import { prepareFile, readArrays, readMappingFile, readTarget, writeWhole } from "../files.ts";
import { writeNpz, type NpzFile } from "../formats/npz.ts";
import { ledgerProbes } from "../measure/ledger.ts";
import { durationText, grouped, percent } from "../measure/numbers.ts";
import { accuracyOf, readOut, type Readout } from "../measure/readout.ts";
import { warningsText } from "../report/program-text.ts";
import { section } from "../report/table.ts";
import { readoutProbes } from "../equivalence/ladder.ts";
import { compileJob } from "../validate.ts";
import { calibrationOf } from "./calibration.ts";
import type { MakeCommand } from "./command.ts";
import { enginesOf } from "./engines.ts";
import { readLabelFile, readModelOrProgram } from "./models.ts";
import { probe } from "./numbers.ts";
import {
  addInputOptions,
  addJsonOption,
  addRunOptions,
  addTargetOptions,
  addTimeOptions,
  prepareOptionsOf,
  requireOption,
  timeOf,
  type InputFlags,
  type RunFlags,
  type TargetFlags,
  type TimeFlags,
} from "./options.ts";
import { arraysOf, layersOf, populationsTable, probesOf, type ProbeFlags } from "./recorded.ts";
import { runFloat } from "./run-float.ts";
import { openOutput, type JsonOption } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export interface RunCommandFlags extends Partial<TargetFlags>, InputFlags, TimeFlags, RunFlags, ProbeFlags, JsonOption {
  readonly float?: boolean;
  readonly chipTime?: boolean;
  readonly out: string;
}

const examples = `
Examples:
  $ bitspike run model.nir --target my-chip.yaml --input images.npy --steps 25 --out spikes.npz
  $ bitspike run program.safetensors --input images.npy --steps 25 --probe lif1:membrane
  $ bitspike run model.nir --float --input images.npy --steps 25 --measurable --out float.npz

The .npz holds: predictions [samples] and counts [samples][classes]; labels [samples] when given; samples and steps;
for every population shape/NAME and spikes/NAME [events][4] (sample, timestep, neuron, payload); for every probe
trace/NAME/REGISTER [samples][timesteps][neurons]; output/NAME [samples][timesteps][size]; synops/NAME [samples] for
every projection. Row t is the model's timestep t for every layer; with --chip-time it is the chip's.`;

/** The `run` command. */
export const runCommand: MakeCommand = ({ terminal }) => {
  const command = new Command("run")
    .description("run a model or a compiled program on the chip's integers alone; predictions and spikes to a .npz")
    .argument("<model|program>", "a NIR file, a network.yaml, or a program of bitspike compile");
  addTargetOptions(command);
  addInputOptions(command);
  addTimeOptions(command);
  addRunOptions(command);
  command
    .addOption(
      new Option("--probe <population:register>", "also record a register; may be given several times").argParser(
        probe,
      ),
    )
    .option("--measurable", "also record what bitspike measure needs for all its metrics: membranes, active neurons")
    .option("--float", "run the model in float instead, without a chip")
    .option("--chip-time", "record every timestep of the chip, latency included, instead of the model's")
    .optionsGroup("Output:")
    .option("-o, --out <file>", "the recording", "recording.npz");
  return addJsonOption(command)
    .addHelpText("after", examples)
    .action((path: string, flags: RunCommandFlags) => {
      requireOption(command, "--input", flags.input);
      return runChip(terminal, path, flags);
    });
};

async function runChip(terminal: Terminal, path: string, flags: RunCommandFlags): Promise<void> {
  const output = await openOutput(terminal, flags);
  if (flags.float) return runFloat(terminal, output, path, flags);
  const { program, prepared, labels } = await load(terminal, path, flags);
  await prepareFile(flags.out);
  for (const note of prepared.notes) output.say(`  ${note}`);
  output.say(warningsText(program.warnings, terminal.style).trimEnd());
  const { recording, wallMs, threads } = await emulate(terminal, flags, program, prepared);
  const read = flags.chipTime ? null : readClasses(recording, program, flags);
  await writeWhole(flags.out, writeNpz(arraysOf(recording, read, labels)));
  const accuracy = labels === null || read === null ? null : accuracyOf(read.predictions, labels, read.classes);
  const summary = { program, prepared, recording, accuracy, wallMs, threads };
  output.say(summaryText(summary, flags, terminal).trimEnd());
  output.say(`\nRecording: ${flags.out}`);
  return output.json(documentOf(path, summary, flags, read));
}

/** What is run, and on what. */
interface Loaded {
  readonly program: Program;
  readonly prepared: Prepared;
  readonly labels: Int32Array | null;
}

async function load(terminal: Terminal, path: string, flags: RunCommandFlags): Promise<Loaded> {
  const file = await readModelOrProgram(path);
  const data = await readArrays(flags.input);
  const labels = flags.labels === undefined ? undefined : await readLabelFile(flags.labels);
  if (file.kind === "program") return loadProgram(file.program, data, labels, flags);
  if (flags.target === undefined) throw mistake("RUN_TARGET", { path }, { field: "--target" });
  const compiled = compileJob({
    ...prepareOptionsOf(flags),
    network: file.network,
    target: readTarget(flags.target),
    data,
    labels,
    time: timeOf(flags),
    recipe: flags.recipe,
    settings: flags.set,
    splitSigns: flags.splitSigns,
    approximate: flags.approximate,
    calibration: await calibrationOf(file.network, flags, enginesOf(flags), terminal),
    mapping: flags.mapping === undefined ? undefined : readMappingFile(flags.mapping),
    decode: flags.decode,
  });
  const { program, discrete } = compiled;
  const warnings = [...file.warnings, ...discrete.warnings, ...program.warnings];
  return { ...compiled, program: { ...program, warnings } };
}

/** @throws RUN_PROGRAM_FIXED for options that would have to compile again */
function loadProgram(program: Program, data: NpzFile, labels: Int32Array | undefined, flags: RunCommandFlags): Loaded {
  const { target, recipe, set, splitSigns, approximate, calibrate, mapping } = flags;
  const asked = { target, recipe, set, "split-signs": splitSigns, approximate, calibrate, mapping };
  const given = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (given.length > 0) throw mistake("RUN_PROGRAM_FIXED", { options: given.join(", "), target: program.target.name });
  const prepared = prepareInputs(program.inputs, data, prepareOptionsOf(flags));
  return {
    program,
    prepared,
    labels: labels === undefined ? prepared.labels : chooseLabels(labels, prepared, prepared.all),
  };
}

interface Emulated {
  readonly recording: Recording;
  readonly wallMs: number;
  readonly threads: number;
}

async function emulate(
  terminal: Terminal,
  flags: RunCommandFlags,
  program: Program,
  prepared: Prepared,
): Promise<Emulated> {
  const engine = await enginesOf(flags).openEmulator(program);
  const bar = terminal.progress("chip");
  try {
    const start = performance.now();
    const recording = await engine.run(prepared.stimuli, {
      probes: probesOf(
        flags,
        program.populations.filter(({ datapath }) => "membrane" in (program.target.datapaths[datapath]?.state ?? {})),
        [
          ...(flags.chipTime ? [] : readoutProbes({ program, decode: flags.decode ?? "spikes" })),
          ...(flags.measurable ? ledgerProbes(program) : []),
        ],
      ),
      chipTime: flags.chipTime ?? false,
      signal: terminal.signal,
      onProgress: (done, total) => bar.update(done, total),
    });
    return { recording, wallMs: performance.now() - start, threads: engine.threads };
  } finally {
    bar.stop();
    await engine.close();
  }
}

function readClasses(recording: Recording, program: Program, { decode }: RunCommandFlags): Readout {
  const shown = program.outputs[0]?.population;
  const units = program.populations.find(({ name }) => name === shown);
  return readOut(recording, {
    decode,
    ...(shown === undefined ? {} : { population: shown }),
    scale: units?.scale ?? null,
    origin: units?.origin ?? null,
  });
}

interface Summary extends Emulated {
  readonly program: Program;
  readonly prepared: Prepared;
  readonly accuracy: number | null;
}

function summaryText(summary: Summary, flags: RunCommandFlags, { style }: Terminal): string {
  const { program, recording, accuracy, wallMs, threads } = summary;
  const lines = [
    `  ${grouped(recording.samples)} samples of ${recording.steps} ${flags.chipTime ? "chip " : ""}timesteps in ${durationText(wallMs)}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    ...(accuracy === null ? [] : [`  accuracy ${percent(accuracy)}`]),
    "",
    ...populationsTable(recording, style),
  ];
  return section("Run", `${program.target.title} (${recording.engine})`, style, lines);
}

function documentOf(path: string, summary: Summary, flags: RunCommandFlags, read: Readout | null): unknown {
  const { program, prepared, recording, accuracy, wallMs, threads } = summary;
  const { encode, scale, notes } = prepared;
  const classes = read?.classes ?? 0;
  return {
    model: path,
    target: program.target.name,
    engine: recording.engine,
    threads,
    samples: recording.samples,
    steps: recording.steps,
    assumptions: { encode, scale, seed: flags.seed, latency: program.latency, recipe: program.recipe, notes },
    accuracy,
    predictions: read === null ? null : read.predictions,
    spikeCounts:
      read === null
        ? null
        : Array.from(read.predictions, (_, sample) => [
            ...read.counts.subarray(sample * classes, (sample + 1) * classes),
          ]),
    layers: layersOf(recording),
    warnings: program.warnings,
    fit: { fits: program.fit.fits, cores: program.fit.cores, reasons: program.fit.reasons },
    wallMs,
    out: flags.out,
  };
}
