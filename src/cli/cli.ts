/** All commands put together; returns an exit code and leaves the process alone. */

import { Command } from "commander";
import { closest } from "../spelling.ts";
import { version } from "../version.ts";
import type { MakeCommand } from "./command.ts";
import { compileCommand } from "./compile.ts";
import { doctorCommand } from "./doctor.ts";
import { inspectCommand } from "./inspect.ts";
import { exitCodes, explain } from "./mistakes.ts";
import { runCommand } from "./run.ts";
import { targetsCommand } from "./targets.ts";
import type { Terminal } from "./terminal.ts";
import { validateCommand } from "./validate.ts";

const commands: readonly MakeCommand[] = [
  validateCommand,
  runCommand,
  compileCommand,
  inspectCommand,
  targetsCommand,
  doctorCommand,
];

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
  for (const make of commands) program.addCommand(make({ terminal, args, finish }));
  for (const command of [program, ...program.commands]) prepare(command, terminal);
  try {
    const words = spelledOut(args);
    checkName(program, words[0]);
    await program.parseAsync(words, { from: "user" });
    return terminal.signal.aborted ? exitCodes.interrupted : exitCode;
  } catch (error) {
    const explained = explain(error);
    if (explained.text !== "") terminal.err(explained.text);
    return explained.exitCode;
  }
}

/** Nothing at all, and `help`, mean `--help`; `help NAME` means `NAME --help`. */
function spelledOut(args: readonly string[]): string[] {
  const [first, ...rest] = args;
  return first === undefined || first === "help" ? [...rest, "--help"] : [...args];
}

/** Commander answers an unknown command with all the help when `--help` follows. */
function checkName(program: Command, name: string | undefined): void {
  const known = program.commands.map((command) => command.name());
  if (name === undefined || name.startsWith("-") || known.includes(name)) return;
  const near = closest(name, known);
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
