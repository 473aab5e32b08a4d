/** What a command is, for the command line that puts them together. */

import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface Context {
  readonly terminal: Terminal;
  /** The command line as it was typed, without the program's name. */
  readonly args: readonly string[];
  /** Takes an exit code other than 0. */
  finish(exitCode: number): void;
}

/** What a command's file exports. */
export type MakeCommand = (context: Context) => Command;
