/** Where a command's words and its JSON document go. */

import { prepareFile, writeWhole } from "../files.ts";
import type { Terminal } from "./terminal.ts";

/** The `--json` of every command: a file, `-` for standard output, or nothing. */
export interface JsonOption {
  readonly json?: string;
}

export interface Output {
  /** Lines for people: on standard output, or on standard error when that is taken by JSON. Nothing for no text. */
  say(text: string): void;
  /** The document, where one was asked for. */
  json(document: unknown): Promise<void>;
}

/**
 * Prepare a command's output; a JSON file that could not be written is a mistake now, not after the work.
 *
 * @throws FILE_UNWRITABLE
 */
export async function openOutput(terminal: Terminal, { json: path }: JsonOption): Promise<Output> {
  if (path !== undefined && path !== "-") await prepareFile(path);
  return {
    say(text) {
      if (text === "") return;
      if (path === "-") terminal.err(text);
      else terminal.out(text);
    },
    async json(document) {
      if (path === undefined) return;
      const text = JSON.stringify(document, plain, 2);
      if (path === "-") terminal.out(text);
      else await writeWhole(path, `${text}\n`);
    },
  };
}

/** Typed arrays as lists and maps as objects. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as unknown as Iterable<number>)];
  return value;
}
