/** All commands put together; returns an exit code and leaves the process alone. */

import { Command } from "commander";
import { closest } from "../spelling.ts";
import { version } from "../version.ts";
import type { MakeCommand } from "./command.ts";
import { exitCodes, explain } from "./mistakes.ts";
import type { Terminal } from "./terminal.ts";

/** A command is loaded when it is asked for, or asked about: what one needs can take longer to load than another to work. */
const commands: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  validate: async () => (await import("./validate.ts")).validateCommand,
  run: async () => (await import("./run.ts")).runCommand,
  measure: async () => (await import("./measure.ts")).measureCommand,
  compile: async () => (await import("./compile.ts")).compileCommand,
  inspect: async () => (await import("./inspect.ts")).inspectCommand,
  targets: async () => (await import("./targets.ts")).targetsCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
};

const examples = `
Examples:
  $ bitspike validate model.nir --target my-chip.yaml --input images.npy --labels labels.npy --steps 25
  $ bitspike compile model.nir --target my-chip.yaml --out model.safetensors
  $ bitspike targets generic-8bit

Exit codes: 0 fine, 1 the verdict is no, 2 a mistake in what was given, 3 a bug in bitspike, 130 interrupted.`;

/**
 * Run one command line.
 *
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.fine;
  const program = new Command("bitspike")
    .description(
      "Will this spiking network still work on that chip, bit for bit, and what will it cost?\n" +
        "Runs a trained network in float and in a neuromorphic chip's own integer arithmetic, and compares.",
    )
    .version(version, "-V, --version", "print the version")
    .addHelpText("after", examples);
  const finish = (code: number): void => {
    exitCode = code;
  };
  const words = spelledOut(args);
  for (const load of wanted(words[0])) program.addCommand((await load())({ terminal, args, finish }));
  for (const command of [program, ...program.commands]) prepare(command, terminal);
  try {
    checkName(program, words[0]);
    await program.parseAsync(words, { from: "user" });
    return terminal.signal.aborted ? exitCodes.interrupted : exitCode;
  } catch (error) {
    const explained = explain(error);
    if (explained.text !== "") terminal.err(explained.text);
    return explained.exitCode;
  }
}

/** The command that is called; all of them for the help that lists them. */
function wanted(name: string | undefined): readonly (() => Promise<MakeCommand>)[] {
  if (name === "-V" || name === "--version") return [];
  return Object.entries(commands).flatMap(([own, load]) => (name === own || !isCommand(name) ? [load] : []));
}

function isCommand(name: string | undefined): boolean {
  return name !== undefined && Object.hasOwn(commands, name);
}

/** Nothing at all, and `help`, mean `--help`; `help NAME` means `NAME --help`. */
function spelledOut(args: readonly string[]): string[] {
  const [first, ...rest] = args;
  return first === undefined || first === "help" ? [...rest, "--help"] : [...args];
}

/** Commander answers an unknown command with all the help when `--help` follows. */
function checkName(program: Command, name: string | undefined): void {
  if (name === undefined || name.startsWith("-") || isCommand(name)) return;
  const near = closest(name, Object.keys(commands));
  program.error(`error: unknown command '${name}'${near === undefined ? "" : ` (Did you mean ${near}?)`}`);
}

/** Errors are thrown rather than ended with, and all text goes through the terminal. */
function prepare(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => terminal.out(text.replace(/\n$/, "")),
      writeErr: (text) => terminal.err(text.replace(/\n$/, "")),
      outputError: () => {},
    });
  // Commander's own help command answers an unknown name with the help of everything.
  command.helpCommand(false);
}
