import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { runCli } from "../../src/cli/cli.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { plainStyle } from "../../src/report/style.ts";

/** Path of a file of the project. */
export function project(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const example = project("docs/examples/mnist-mlp");
export const model: string = join(example, "model.nir");
export const images: string = join(example, "images_u8.npy");
export const labels: string = join(example, "labels_u8.npy");

/** Folder of this test file, gone when it ends. */
export const folder: string = mkdtempSync(join(tmpdir(), "bitspike-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A path in that folder. */
export function scratch(name: string): string {
  return join(folder, name);
}

export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Run a command line within this process. */
export async function bitspike(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    progress: () => ({ update: () => {}, stop: () => {} }),
    style: plainStyle,
    signal,
  };
  const exitCode = await runCli(args, terminal);
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}
