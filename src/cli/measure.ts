/** `bitspike measure`: what a recording did, in operations, energy and time. */

import { Command } from "commander";
import { compile } from "../compile/compile.ts";
import type { Program } from "../compile/program.ts";
import { chooseLabels, prepareInputs, type Prepared } from "../encoding/prepare.ts";
import type { Recording } from "../engine.ts";
import { mistake } from "../errors.ts";
import { inFile, readArrays, readMappingFile, readTarget } from "../files.ts";
import { readRecording } from "../formats/recording.ts";
import { hardwareOf } from "../measure/hardware.ts";
import { neurobenchMetrics } from "../measure/neurobench.ts";
import { counted } from "../measure/numbers.ts";
import { measureOnChip } from "../measure/on-chip.ts";
import { accuracyOf, readOut } from "../measure/readout.ts";
import { discretize } from "../network/discretize.ts";
import { sizeOf, type DiscreteNetwork } from "../network/types.ts";
import { chipEnergySection } from "../report/energy-text.ts";
import { hardwareSection, neurobenchSection } from "../report/measure-text.ts";
import { section } from "../report/table.ts";
import { timeSection, trafficSection } from "../report/traffic-text.ts";
import { inputsOf } from "../validate.ts";
import { calibrationOf } from "./calibration.ts";
import type { MakeCommand } from "./command.ts";
import { enginesOf } from "./engines.ts";
import { readLabelFile, readModelOrProgram } from "./models.ts";
import {
  addInputOptions,
  addJsonOption,
  addTargetOptions,
  addTimeOptions,
  prepareOptionsOf,
  requireOption,
  timeOf,
  type InputFlags,
  type TargetFlags,
  type TimeFlags,
} from "./options.ts";
import { openOutput, type JsonOption } from "./output.ts";
import type { Terminal } from "./terminal.ts";

interface Flags extends Partial<TargetFlags>, InputFlags, TimeFlags, JsonOption {
  readonly program?: string;
}

const examples = `
Examples:
  $ bitspike measure model.nir chip.npz -t my-chip.yaml -i images.npy -l labels.npy -n 25
  $ bitspike measure program.safetensors chip.npz -i images.npy -n 25
  $ bitspike measure model.nir float.npz -i images.npy -n 25 --json metrics.json

Recordings for it:
  $ bitspike run model.nir -t my-chip.yaml -i images.npy -n 25 --measurable --out chip.npz
  $ bitspike run model.nir --float -i images.npy -n 25 --measurable --out float.npz

A model gives NeuroBench's metrics; with a target, or with a program, its chip's counts, energy and time follow. The
recording is one of bitspike run, of the same model and data; a float one is measured as if the chip had fired so.`;

/** The `measure` command. */
export const measureCommand: MakeCommand = ({ terminal }) => {
  const command = new Command("measure")
    .description("measure a recording: NeuroBench's metrics, and counts, energy and time on a chip")
    .argument("<model|program>", "the model, or the compiled program, that was recorded")
    .argument("<recording>", "a recording of bitspike run");
  addTargetOptions(command).option(
    "--program <file>",
    "the program that the model was compiled to, instead of a target",
  );
  addInputOptions(command);
  addTimeOptions(command);
  return addJsonOption(command)
    .addHelpText("after", examples)
    .action((model: string, recording: string, flags: Flags) => {
      requireOption(command, "--input", flags.input);
      return measure(terminal, model, recording, flags);
    });
};

async function measure(terminal: Terminal, path: string, recordingPath: string, flags: Flags): Promise<void> {
  const { style } = terminal;
  const output = await openOutput(terminal, flags);
  const { network, program, prepared, labels } = await load(terminal, path, flags);
  const arrays = await readArrays(recordingPath);
  const recording = inFile(recordingPath, () => {
    const read = readRecording(arrays);
    checkBelongs(read, prepared, program?.populations ?? populationsOf(network!));
    return read;
  });
  const metrics = network && neurobenchMetrics(network, prepared.stimuli, recording, { membranes: "where recorded" });
  const accuracy = labels === null ? null : accuracyIn(recording, labels);
  const hardware = program && hardwareOf(program);
  const chip = program && measureOnChip(program, prepared.stimuli, recording, { labels, network });
  const shown = `${counted(recording.samples, "sample")} of ${counted(recording.steps, "timestep")}`;
  const sections = [
    section(
      "Recording",
      `${recordingPath}, ${shown}`,
      style,
      prepared.notes.map((note) => `  ${note}`),
    ),
    ...(metrics === null ? [] : [neurobenchSection(metrics, accuracy, style)]),
    ...(hardware === null ? [] : [hardwareSection(hardware, style)]),
    ...(chip === null
      ? []
      : [chipEnergySection(chip.energy, style), timeSection(chip.time, style), trafficSection(chip.traffic, style)]),
  ];
  output.say(sections.join("").trim());
  return output.json({
    format: "bitspike-measures",
    version: 1,
    model: path,
    recording: recordingPath,
    target: program?.target.name ?? null,
    samples: recording.samples,
    steps: recording.steps,
    accuracy,
    neurobench: metrics,
    hardware,
    energy: chip && { ...chip.energy, breakEven: chip.breakEven },
    time: chip?.time ?? null,
    traffic: chip?.traffic ?? null,
    ledger: chip?.ledger ?? null,
  });
}

/** What was recorded, and on what data. */
interface Loaded {
  /** Null where only a program was given. */
  readonly network: DiscreteNetwork | null;
  /** Null where no chip was named. */
  readonly program: Program | null;
  readonly prepared: Prepared;
  readonly labels: Int32Array | null;
}

/** @throws RUN_PROGRAM_FIXED for options that would have to compile again */
async function load(terminal: Terminal, path: string, flags: Flags): Promise<Loaded> {
  const file = await readModelOrProgram(path);
  const data = await readArrays(flags.input);
  const given = flags.labels === undefined ? undefined : await readLabelFile(flags.labels);
  const inputs = file.kind === "program" ? file.program.inputs : inputsOf(file.network);
  const prepared = prepareInputs(inputs, data, prepareOptionsOf(flags));
  const labels = given === undefined ? prepared.labels : chooseLabels(given, prepared, prepared.all);
  if (file.kind === "program") {
    refuse(file.program, flags, ["program"]);
    return { network: null, program: file.program, prepared, labels };
  }
  const { network } = discretize(file.network, timeOf(flags));
  if (flags.program !== undefined) {
    const compiled = await readModelOrProgram(flags.program);
    if (compiled.kind !== "program") {
      throw mistake(
        "FILE_KIND",
        { path: flags.program, found: "a model", wanted: "a program" },
        { field: "--program" },
      );
    }
    refuse(compiled.program, flags, []);
    return { network, program: compiled.program, prepared, labels };
  }
  if (flags.target === undefined) return { network, program: null, prepared, labels };
  const { recipe, set: settings, splitSigns, approximate } = flags;
  const calibration = await calibrationOf(file.network, flags, enginesOf({}), terminal);
  const mapping = flags.mapping === undefined ? undefined : readMappingFile(flags.mapping);
  const options = { inputs: prepared.facts, recipe, settings, splitSigns, approximate, calibration, mapping };
  return { network, program: compile(network, readTarget(flags.target), options), prepared, labels };
}

function refuse(program: Program, flags: Flags, more: readonly "program"[]): void {
  const { target, recipe, set, splitSigns, approximate, calibrate, mapping } = flags;
  const asked = { target, recipe, set, "split-signs": splitSigns, approximate, calibrate, mapping };
  const named = Object.entries({ ...asked, ...Object.fromEntries(more.map((name) => [name, flags[name]])) });
  const given = named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (given.length > 0) throw mistake("RUN_PROGRAM_FIXED", { options: given.join(", "), target: program.target.name });
}

/** Population by name and size. */
interface Expected {
  readonly name: string;
  readonly neurons: number;
}

function populationsOf({ nodes }: DiscreteNetwork): Expected[] {
  return nodes
    .filter(({ kind }) => kind === "population")
    .map(({ name, outputShape }) => ({ name, neurons: sizeOf(outputShape) }));
}

/** @throws MEASURE_OTHER_RECORDING for a recording of another model, or of other data */
function checkBelongs(recording: Recording, { samples, steps }: Prepared, populations: readonly Expected[]): void {
  if (recording.samples !== samples) throw other(counted(recording.samples, "sample"), `the data have ${samples}`);
  if (recording.steps !== steps) throw other(counted(recording.steps, "timestep"), `the data have ${steps}`);
  const known = new Map(recording.populations.map(({ name, neurons }) => [name, neurons]));
  for (const { name, neurons } of populations) {
    const got = known.get(name);
    if (got === undefined) {
      throw other(`the populations ${[...known.keys()].join(", ")}`, `${name} of the model is not among them`);
    }
    if (got !== neurons) throw other(`${counted(got, "neuron")} in ${name}`, `the model has ${neurons}`);
  }
}

function other(got: string, wanted: string): Error {
  return mistake("MEASURE_OTHER_RECORDING", { got, wanted });
}

/** By output spikes; null where the output carries none. */
function accuracyIn(recording: Recording, labels: Int32Array): number | null {
  const [output] = recording.outputs.values();
  if (output === undefined || !output.every(Number.isInteger)) return null;
  const { predictions, classes } = readOut(recording);
  return accuracyOf(predictions, labels, classes);
}
