/** How mistakes are printed, and which exit code they end with. */

import { CommanderError } from "commander";
import { BitspikeError } from "../errors.ts";
import { placeText } from "../report/marks.ts";

/** Fine; the verdict is no; the user's mistake; our bug; interrupted. */
export const exitCodes = { fine: 0, failed: 1, mistake: 2, bug: 3, interrupted: 130 } as const;

/** What an error says to the user, and the exit code. Empty text for commander's help and version. */
export function explain(error: unknown): { text: string; exitCode: number } {
  if (error instanceof CommanderError) return explainUsage(error);
  if (error instanceof BitspikeError) {
    const exitCode = error.code === "RUN_INTERRUPTED" ? exitCodes.interrupted : exitCodes.mistake;
    return { text: mistakeText(error), exitCode };
  }
  return { text: bugText(error), exitCode: exitCodes.bug };
}

/** One line, the nearest match included where commander knows one. */
function explainUsage(error: CommanderError): { text: string; exitCode: number } {
  if (error.exitCode === 0) return { text: "", exitCode: exitCodes.fine };
  const message = error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return { text: `error USAGE: ${message}`, exitCode: exitCodes.mistake };
}

/** A mistake, or each of several, with its place and hint. */
export function mistakeText(error: BitspikeError): string {
  if (error.issues.length > 0) return error.issues.map(mistakeText).join("\n\n");
  const where = placeText(error.place);
  const lines = [`error ${error.code}: ${error.message}`];
  if (where !== "") lines.push(`  at ${where}`);
  if (error.hint !== "") lines.push(`  hint: ${error.hint}`);
  return lines.join("\n");
}

function bugText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? `\ncaused by: ${String(error.cause)}` : "";
  return `This is a bug in bitspike, not a mistake of yours. Please report the command and these lines:\n${stack}${cause}`;
}
