/** `bitspike targets`: the chips that are known, or one of them in full. */

import { Command } from "commander";
import { readTarget, targetNames } from "../files.ts";
import { targetListText, targetText } from "../report/target-text.ts";
import type { MakeCommand } from "./command.ts";
import { openOutput, type JsonOption } from "./output.ts";
import type { Terminal } from "./terminal.ts";

const examples = `
Examples:
  $ bitspike targets
  $ bitspike targets generic-8bit
  $ bitspike targets my-chip.yaml --json -`;

/** The `targets` command. */
export const targetsCommand: MakeCommand = ({ terminal }) =>
  new Command("targets")
    .description("list the targets, or show one in full: registers, equations, limits, prices and their sources")
    .argument("[name]", "a target, or the path of a target's .yaml file")
    .option("--json <file>", "write the same as JSON; - is standard output")
    .addHelpText("after", examples)
    .action((name: string | undefined, options: JsonOption) => listTargets(terminal, name, options));

async function listTargets(terminal: Terminal, name: string | undefined, options: JsonOption): Promise<void> {
  const output = await openOutput(terminal, options);
  if (name !== undefined) {
    const target = readTarget(name);
    output.say(targetText(target, terminal.style).trim());
    return output.json(target);
  }
  const targets = targetNames().map(readTarget);
  output.say(targetListText(targets, terminal.style));
  output.say("\nbitspike targets NAME shows one in full; a chip of your own is one .yaml file.");
  return output.json(
    targets.map(({ name: key, title, description, verified }) => ({ name: key, title, description, verified })),
  );
}
