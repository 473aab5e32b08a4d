/** `bitspike validate`: a model, a chip and data in; a verdict out. */

import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { defaultTolerances, type Tolerances } from "../equivalence/verdict.ts";
import { pageAssets, prepareFolder, readArrays, readMappingFile, readTarget, writeWhole } from "../files.ts";
import { durationText } from "../measure/numbers.ts";
import { backendNames, chooseBackend } from "../reference/backend.ts";
import { reportHtml } from "../report/html.ts";
import { summarizeNetwork } from "../report/summary.ts";
import { ladderText } from "../report/ladder-text.ts";
import { assumptionsText, networkText, resultsText, verdictText } from "../report/text.ts";
import { programText, warningsText } from "../report/program-text.ts";
import { validate, type Validation, type ValidationJob, type Watcher } from "../validate.ts";
import { version } from "../version.ts";
import { calibrationOf } from "./calibration.ts";
import type { MakeCommand } from "./command.ts";
import { enginesOf } from "./engines.ts";
import { exitCodes } from "./mistakes.ts";
import { readLabelFile, readModel } from "./models.ts";
import { share, wholeNumber } from "./numbers.ts";
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
import { openOutput, type JsonOption, type Output } from "./output.ts";
import type { Progress, Terminal } from "./terminal.ts";

interface Flags extends TargetFlags, InputFlags, TimeFlags, RunFlags, JsonOption {
  readonly backend?: string;
  readonly out: string;
  readonly explain?: boolean;
  readonly explainSamples?: number | "all";
  readonly maxAccuracyDrop: number;
  readonly minPredictions: number;
  readonly minSpikes?: number;
}

const examples = `
Examples:
  $ bitspike validate model.nir --target my-chip.yaml --input images.npy --labels labels.npy --steps 25
  $ bitspike validate model.nir -t generic-8bit -i images.npy -l labels.npy -n 25 --encode rate --seed 7
  $ bitspike validate model.nir -t my-chip.yaml -i events.npz --samples 20 --json -
  $ bitspike validate model.nir -t my-chip.yaml -i images.npy -l labels.npy --steps 25 --explain

Ends with 0 when the network keeps its tolerances on the chip, with 1 when it does not.`;

/** The `validate` command. */
export const validateCommand: MakeCommand = ({ terminal, args, finish }) => {
  const command = new Command("validate")
    .description("run a network in float and in a chip's integers, compare, and judge whether it still works")
    .argument("<model>", "the trained network: a NIR file, or a network.yaml");
  addTargetOptions(command);
  addInputOptions(command);
  addTimeOptions(command);
  addRunOptions(command);
  command.addOption(
    new Option("--backend <name>", "TensorFlow.js backend of the float run (default: the best that works)").choices(
      backendNames,
    ),
  );
  addExplainOptions(command);
  addToleranceOptions(command);
  command
    .optionsGroup("Output:")
    .option("-o, --out <folder>", "where report.html and report.json go", "bitspike-report");
  return addJsonOption(command)
    .addHelpText("after", examples)
    .action(async (model: string, flags: Flags) => {
      requireOption(command, "--target", flags.target);
      requireOption(command, "--input", flags.input);
      finish(await run(terminal, args, model, flags));
    });
};

function addExplainOptions(command: Command): void {
  command
    .optionsGroup("Why they differ:")
    .option("--explain", "run the rungs between float and chip, and undo one rounding at a time")
    .addOption(
      new Option(
        "--explain-samples <number>",
        "samples on which roundings are undone, or all; implies --explain (default: 20 that differ, fewer of a large network)",
      ).argParser(samplesOrAll),
    );
}

function samplesOrAll(text: string): number | "all" {
  if (text === "all") return "all";
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number, 1 or more, or all.");
  return wholeNumber(1)(text);
}

function explainOf({ explain, explainSamples }: Flags): ValidationJob["explain"] {
  return explain === true || explainSamples !== undefined ? { samples: explainSamples } : undefined;
}

function addToleranceOptions(command: Command): void {
  const { accuracyDrop, predictions } = defaultTolerances;
  command
    .optionsGroup("Tolerances of the verdict:")
    .addOption(
      new Option("--max-accuracy-drop <share>", "largest loss of accuracy that passes")
        .argParser(share)
        .default(accuracyDrop),
    )
    .addOption(
      new Option("--min-predictions <share>", "smallest share of equal predictions that passes")
        .argParser(share)
        .default(predictions),
    )
    .addOption(
      new Option("--min-spikes <share>", "smallest share of equal spikes that passes (default: not judged)").argParser(
        share,
      ),
    );
}

function tolerancesOf(flags: Flags): Tolerances {
  return { accuracyDrop: flags.maxAccuracyDrop, predictions: flags.minPredictions, spikes: flags.minSpikes ?? null };
}

async function run(terminal: Terminal, args: readonly string[], model: string, flags: Flags): Promise<number> {
  const output = await openOutput(terminal, flags);
  const job: ValidationJob = {
    ...(await readJob(terminal, model, flags)),
    signal: terminal.signal,
    command: ["bitspike", ...args],
  };
  // Before the long run, so that nothing computed is lost for want of a place to write it.
  const discardFolder = await prepareFolder(flags.out);
  output.say(networkText(model, summarizeNetwork(job.network), terminal.style).trim());
  output.say(warningsText(job.warnings, terminal.style).trimEnd());
  const watcher = narrate(output, terminal);
  try {
    const validation = await validate(job, enginesOf(flags), watcher);
    await report(output, terminal, flags, validation);
    return validation.document.verdict.pass ? exitCodes.fine : exitCodes.failed;
  } catch (error) {
    watcher.stop();
    await discardFolder();
    throw error;
  }
}

async function readJob(terminal: Terminal, model: string, flags: Flags): Promise<Omit<ValidationJob, "command">> {
  const target = readTarget(flags.target);
  // A backend that does not work is a mistake now, not after the compiling.
  await chooseBackend({ backend: flags.backend });
  const { network, warnings } = await readModel(model);
  const data = await readArrays(flags.input);
  return {
    ...prepareOptionsOf(flags),
    model,
    network,
    warnings,
    target,
    data,
    ...(flags.labels === undefined ? {} : { labels: await readLabelFile(flags.labels) }),
    recipe: flags.recipe,
    settings: flags.set,
    splitSigns: flags.splitSigns,
    approximate: flags.approximate,
    calibration: await calibrationOf(network, flags, enginesOf(flags), terminal),
    mapping: flags.mapping === undefined ? undefined : readMappingFile(flags.mapping),
    time: timeOf(flags),
    decode: flags.decode,
    tolerances: tolerancesOf(flags),
    explain: explainOf(flags),
    versions: { bitspike: version, node: process.versions.node },
  };
}

/** What runs are called in a bar and in a line. */
const runNames = {
  float: { bar: "float", title: "Float run" },
  chip: { bar: "chip ", title: "Chip run" },
  ladder: { bar: "why  ", title: "Runs between them" },
} as const;

/** Prints each section as soon as it is known, and a bar while a run is under way. */
function narrate(output: Output, terminal: Terminal): Watcher & { stop(): void } {
  const { style } = terminal;
  let bar: Progress | null = null;
  const stop = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    stop,
    onProgram(program, assumptions) {
      output.say(assumptionsText(assumptions, style).trimEnd());
      output.say(`${programText(program, style).trimEnd()}\n`);
    },
    onProgress(run, done, total) {
      bar ??= terminal.progress(runNames[run].bar);
      bar.update(done, total);
    },
    onRun(run, wallMs) {
      stop();
      output.say(`${runNames[run].title} done in ${durationText(wallMs)}.`);
    },
  };
}

async function report(output: Output, terminal: Terminal, flags: Flags, validation: Validation): Promise<void> {
  const { document, details } = validation;
  output.say(resultsText(document, terminal.style).trimEnd());
  if (document.ladder !== null) output.say(ladderText(document.ladder, terminal.style).trimEnd());
  output.say(verdictText(document, terminal.style).trimEnd());
  const html = join(flags.out, "report.html");
  const json = join(flags.out, "report.json");
  await writeWhole(html, reportHtml(document, details, await pageAssets()));
  await writeWhole(json, `${JSON.stringify(document, null, 2)}\n`);
  await output.json(document);
  output.say(`\nReport: ${html} and ${json}`);
  if (document.ladder === null && document.agreement.spikesDiffering > 0) {
    output.say("--explain tells what the difference comes from.");
  }
}
