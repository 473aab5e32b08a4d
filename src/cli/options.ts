/** Options that several commands share, and what they are called inside. */

import { type Command, Option } from "commander";
import { approximations, type Approximation } from "../compile/approximate.ts";
import { encodeNames, type EncodeName } from "../encoding/encode.ts";
import type { PrepareOptions } from "../encoding/prepare.ts";
import { decodes, type Decode } from "../measure/readout.ts";
import { defaultTime, type TimeMethod, type TimeOptions } from "../network/discretize.ts";
import type { ResetKind } from "../network/types.ts";
import { decimalNumber, sampleChoice, setting, listOf, wholeNumber, type SampleChoice } from "./numbers.ts";

const positive = decimalNumber("above 0", (value) => value > 0);

/**
 * Refuse a command line without an option. Commander's own required options would hide the mistyped option that is the
 * reason why one is missing.
 */
export function requireOption(command: Command, flag: string, value: unknown): void {
  if (value === undefined) command.error(`error: option '${flag}' is required`);
}

/** How a model's continuous time is read. */
export interface TimeFlags {
  readonly dt?: number;
  readonly method: TimeMethod;
  readonly reset?: ResetKind;
  readonly resetDelay?: boolean;
}

export function addTimeOptions(command: Command): Command {
  return command
    .optionsGroup("Reading of the model's time:")
    .addOption(
      new Option("--dt <seconds>", "length of one timestep (default: 1e-4, and 1 for the leakless I and IF)").argParser(
        positive,
      ),
    )
    .addOption(
      new Option("--method <name>", "how equations become timesteps").choices(["euler", "exact"]).default("euler"),
    )
    .addOption(
      new Option("--reset <kind>", "what a spike does to the membrane (default: as the model says)").choices([
        "zero",
        "subtract",
        "none",
      ]),
    )
    .option("--reset-delay", "the reset takes effect one timestep after the spike, as in snnTorch");
}

export function timeOf(flags: TimeFlags): TimeOptions {
  return {
    ...defaultTime,
    method: flags.method,
    ...(flags.dt === undefined ? {} : { dt: flags.dt }),
    ...(flags.reset === undefined ? {} : { reset: flags.reset }),
    resetDelay: flags.resetDelay ?? false,
  };
}

/** Which chip, and how floats become its integers. */
export interface TargetFlags {
  readonly target: string;
  readonly recipe?: string;
  readonly set?: Readonly<Record<string, number | string>>;
  readonly splitSigns?: boolean;
  readonly approximate?: readonly Approximation[];
  /** Name of a data file. */
  readonly calibrate?: string;
  /** Name of a mapping file. */
  readonly mapping?: string;
}

export function addTargetOptions(command: Command): Command {
  return command
    .optionsGroup("Chip:")
    .option("-t, --target <name|file>", "a target of the package, or the path of a .yaml file")
    .option("--recipe <name>", "one of the target's recipes for its integers (default: the target's own rules)")
    .addOption(
      new Option(
        "--approximate <list>",
        `what the chip may do without where it lacks it: ${approximations.join(",")}`,
      ).argParser(listOf(approximations)),
    )
    .option("--calibrate <file>", "round weights for what a float run on these data shows, without their labels")
    .option("--mapping <file>", "a .yaml file that says on which cores neurons lie (default: wherever there is room)")
    .addOption(new Option("--set <name=value>", "a setting of the chip; may be given several times").argParser(setting))
    .option("--split-signs", "two addresses for sources with weights of both signs, where a source has one sign");
}

/** Which data, and what a timestep is given of them. */
export interface InputFlags {
  readonly input: string;
  readonly labels?: string;
  readonly steps?: number;
  readonly encode?: EncodeName;
  readonly scale?: number;
  readonly seed: number;
  readonly samples?: SampleChoice;
}

export function addInputOptions(command: Command): Command {
  return addCodeOptions(
    command
      .optionsGroup("Data:")
      .option("-i, --input <file>", "data: .npy or .npz, [samples][features] or [samples][timesteps][features]")
      .option("-l, --labels <file>", "one class number per sample: .npy (default: the labels inside the .npz)")
      .addOption(stepsOption())
      .addOption(
        new Option("--samples <N|A:B>", "only the first N samples, or samples A to B-1").argParser(sampleChoice),
      ),
  ).addOption(seedOption());
}

export function stepsOption(): Option {
  const text = "timesteps per sample (default: the length of the time axis)";
  return new Option("-n, --steps <number>", text).argParser(wholeNumber(1, 10_000_000));
}

export function seedOption(): Option {
  return new Option("--seed <number>", "seed of --encode rate").argParser(wholeNumber(0)).default(0);
}

/** The two options that decide what values a chip is fed. */
export function addCodeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--encode <name>",
        "how values become input (default: spikes for small whole numbers over time, else constant)",
      ).choices(encodeNames),
    )
    .addOption(
      new Option(
        "--scale <factor>",
        "what values are multiplied by (default: 1/255 for bytes as values, else 1)",
      ).argParser(decimalNumber("other than 0", (value) => value !== 0)),
    );
}

export function prepareOptionsOf(flags: InputFlags): PrepareOptions {
  const { input: dataName, encode, steps, scale, seed, samples } = flags;
  return { dataName, encode, steps, scale, seed, samples };
}

/** How the integer engine runs and how classes are read. */
export interface RunFlags {
  readonly decode: Decode;
  readonly threads?: number;
  readonly split?: "auto" | "sample" | "core";
}

export function addRunOptions(command: Command): Command {
  return command
    .optionsGroup("Run:")
    .addOption(new Option("--decode <name>", "how a class is read from the output").choices(decodes).default("spikes"))
    .addOption(
      new Option(
        "--threads <number>",
        "worker threads; with --split auto the most that there may be (default: as many as there are cores)",
      ).argParser(wholeNumber(1, 1024)),
    )
    .addOption(
      new Option(
        "--split <what>",
        "what the threads share out; results are the same (default: auto: samples, or neurons where samples are few and timesteps long, or nothing where one thread is faster)",
      ).choices(["auto", "sample", "core"]),
    );
}

export function addJsonOption(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option("--json <file>", "also write the results as JSON; - is standard output, and words go to standard error");
}
