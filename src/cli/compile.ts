/** `bitspike compile`: a model as a chip's integers, in one file. */

import { Command } from "commander";
import { compile } from "../compile/compile.ts";
import { encodeProgram } from "../compile/file.ts";
import type { Program } from "../compile/program.ts";
import { chooseArrays } from "../encoding/arrays.ts";
import { readData } from "../encoding/data.ts";
import { usualEncode, type EncodeName } from "../encoding/encode.ts";
import { factsOf, type InputFacts } from "../encoding/prepare.ts";
import { mistake } from "../errors.ts";
import { prepareFile, readArrays, readMappingFile, readTarget, targetNames, writeWhole } from "../files.ts";
import { roomElsewhere } from "../mapping/elsewhere.ts";
import { writeMapping } from "../mapping/file.ts";
import { discretize } from "../network/discretize.ts";
import { elsewhereText, programText, warningsText } from "../report/program-text.ts";
import { summarizeNetwork } from "../report/summary.ts";
import { networkText } from "../report/text.ts";
import type { Target } from "../target/types.ts";
import { inputsOf } from "../validate.ts";
import { calibrationOf } from "./calibration.ts";
import type { MakeCommand } from "./command.ts";
import { enginesOf } from "./engines.ts";
import { readModel, type Model } from "./models.ts";
import {
  addCodeOptions,
  addJsonOption,
  addTargetOptions,
  addTimeOptions,
  requireOption,
  seedOption,
  stepsOption,
  timeOf,
  type TargetFlags,
  type TimeFlags,
} from "./options.ts";
import { openOutput, type JsonOption } from "./output.ts";
import type { Terminal } from "./terminal.ts";

interface Flags extends TargetFlags, TimeFlags, JsonOption {
  readonly input?: string;
  readonly steps?: number;
  readonly seed: number;
  readonly encode?: EncodeName;
  readonly scale?: number;
  readonly out: string;
  readonly mappingOut?: string;
}

const examples = `
Examples:
  $ bitspike compile model.nir --target my-chip.yaml --input images.npy --out model.safetensors
  $ bitspike compile model.nir -t generic-8bit --encode rate
  $ bitspike compile model.nir -t my-chip.yaml --calibrate images.npy --steps 25
  $ bitspike compile model.nir -t my-chip.yaml --mapping-out mapping.yaml

The data decide how large inputs can get. Without --input they are taken to lie between 0 and 1, as bytes divided by
255 do; on a chip without graded spikes, as single events. --steps and --seed are for the data of --calibrate. Ends with 0
also when the network does not fit the chip; the report says so.`;

/** The `compile` command. */
export const compileCommand: MakeCommand = ({ terminal }) => {
  const command = new Command("compile")
    .description("compile a model for a chip: integer weights and parameters, placement, and what was lost")
    .argument("<model>", "the trained network: a NIR file, or a network.yaml");
  addTargetOptions(command);
  command
    .optionsGroup("Data:")
    .option("-i, --input <file>", "data from which the range of the inputs is taken: .npy or .npz");
  command.addOption(stepsOption());
  addCodeOptions(command);
  command.addOption(seedOption());
  addTimeOptions(command);
  command
    .optionsGroup("Output:")
    .option("-o, --out <file>", "the program file", "program.safetensors")
    .option("--mapping-out <file>", "also write on which cores neurons lie, as --mapping takes it");
  return addJsonOption(command)
    .addHelpText("after", examples)
    .action((model: string, flags: Flags) => {
      requireOption(command, "--target", flags.target);
      return compileModel(terminal, model, flags);
    });
};

async function compileModel(terminal: Terminal, path: string, flags: Flags): Promise<void> {
  const output = await openOutput(terminal, flags);
  const target = readTarget(flags.target);
  const model = await readModel(path);
  await prepareFile(flags.out);
  if (flags.mappingOut !== undefined) await prepareFile(flags.mappingOut);
  output.say(networkText(path, summarizeNetwork(model.network), terminal.style).trim());
  const program = await programOf(terminal, model, target, flags);
  output.say(warningsText(model.warnings, terminal.style).trimEnd());
  output.say(programText(program, terminal.style).trimEnd());
  const elsewhere = program.fit.fits ? [] : roomElsewhere(program, otherTargets(target.name));
  if (elsewhere.length > 0) output.say(elsewhereText(elsewhere, terminal.style).trimEnd());
  await writeWhole(flags.out, encodeProgram(program));
  output.say(`\nProgram: ${flags.out}`);
  if (flags.mappingOut !== undefined) output.say(await keepMapping(flags.mappingOut, program));
  const { recipe, calibration = null, settings, latency, decisions, proofs = null, warnings, fit } = program;
  return output.json({
    model: path,
    target: target.name,
    out: flags.out,
    recipe,
    calibration,
    settings,
    latency,
    decisions,
    proofs,
    warnings: [...model.warnings, ...warnings],
    fit,
    elsewhere,
  });
}

/** The package's own targets but one. */
function otherTargets(name: string): Target[] {
  return targetNames().flatMap((other) => (other === name ? [] : [readTarget(other)]));
}

/** Write where neurons lie; what the user is told of it. */
async function keepMapping(path: string, { target, fit }: Program): Promise<string> {
  if (target.events !== null) throw mistake("MAPPING_ADDRESSES", { target: target.name });
  if (!fit.fits) return "Mapping: none is written for a network that does not fit.";
  await writeWhole(path, writeMapping(target.name, target.chip.cores.value, fit.placement));
  return `Mapping: ${path}`;
}

async function programOf(terminal: Terminal, model: Model, target: Target, flags: Flags): Promise<Program> {
  const discrete = discretize(model.network, timeOf(flags));
  const program = compile(discrete.network, target, {
    inputs: await inputFacts(model, target, flags),
    recipe: flags.recipe,
    settings: flags.set,
    splitSigns: flags.splitSigns,
    approximate: flags.approximate,
    calibration: await calibrationOf(model.network, flags, enginesOf({}), terminal),
    mapping: flags.mapping === undefined ? undefined : readMappingFile(flags.mapping),
  });
  return { ...program, warnings: [...discrete.warnings, ...program.warnings] };
}

async function inputFacts(model: Model, target: Target, flags: Flags): Promise<Record<string, InputFacts>> {
  const inputs = inputsOf(model.network);
  if (flags.input === undefined) {
    const graded = flags.encode === undefined ? target.delivery.payloadBits > 0 : flags.encode === "constant";
    const facts: InputFacts = { kind: graded ? "graded" : "spikes", limit: graded ? Math.abs(flags.scale ?? 1) : 1 };
    return Object.fromEntries(inputs.map(({ name }) => [name, facts]));
  }
  const chosen = chooseArrays(
    await readArrays(flags.input),
    inputs.map(({ name }) => name),
  );
  const facts = inputs.map(({ name, shape }): [string, InputFacts] => {
    // The number of timesteps does not matter here, so that an axis of length 1 need not be told apart.
    const data = readData(chosen.inputs.get(name)!, shape, { steps: 1 });
    return [name, factsOf(data, flags.encode ?? usualEncode(data).encode, flags.scale)];
  });
  return Object.fromEntries(facts);
}
