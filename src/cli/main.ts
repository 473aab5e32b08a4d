#!/usr/bin/env node
/** The bitspike command: the only place that touches the process, and the only one that ends it. */

import { writeMistake } from "../files.ts";
import { runCli } from "./cli.ts";
import { exitCodes, explain } from "./mistakes.ts";
import { ansiStyle, plainStyle } from "../report/style.ts";
import type { Progress, Terminal } from "./terminal.ts";

/** Once nobody reads (`bitspike .. | head`), output is dropped and the work goes on to its exit code and its files. */
const closed = new Set<NodeJS.WriteStream>();

function watch(stream: NodeJS.WriteStream, name: string): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    closed.add(stream);
    if (error.code === "EPIPE") return;
    if (stream === process.stdout) process.stderr.write(`${explain(writeMistake(name, error)).text}\n`);
    process.exit(exitCodes.mistake);
  });
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!closed.has(stream)) stream.write(`${text}\n`);
}

/** Colours where a person looks, unless NO_COLOR asks for none (no-color.org). */
function coloured(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

/** Loaded where somebody watches. */
const cliProgress = process.stderr.isTTY ? (await import("cli-progress")).default : null;

/** A bar on standard error while somebody watches; nothing in a file or a pipe. */
function bar(label: string): Progress {
  if (cliProgress === null) return { update: () => {}, stop: () => {} };
  const single = new cliProgress.SingleBar(
    {
      format: `${label} {bar} {value}/{total} {eta_formatted}`,
      stream: process.stderr,
      // Nothing is changed in the terminal that would have to be changed back when the process is ended.
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
      barsize: 30,
      fps: 10,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      if (!started) single.start(total, done);
      else single.update(done);
      started = true;
    },
    stop() {
      if (started) single.stop();
    },
  };
}

/** Under npm one Ctrl-C arrives twice, from the terminal and from npm; a person is slower. */
const sameKeyMs = 300;

/** The first Ctrl-C asks the run to stop, the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  process.on("SIGINT", () => {
    if (controller.signal.aborted) {
      if (performance.now() - first > sameKeyMs) process.exit(exitCodes.interrupted);
      return;
    }
    first = performance.now();
    controller.abort();
    write(process.stderr, "Stopping after this timestep; press Ctrl-C again to stop at once.");
  });
  return controller.signal;
}

/** Everything written so far has left the process. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (closed.has(stream)) return Promise.resolve();
  return new Promise((resolve) => stream.write("", () => resolve()));
}

/** What escapes every command, such as an error in an event of a worker, is a bug; Node.js would end with 1. */
function endWithBug(error: unknown): never {
  const { text, exitCode: code } = explain(error);
  write(process.stderr, text);
  process.exit(code);
}

process.on("uncaughtException", endWithBug);
process.on("unhandledRejection", endWithBug);
watch(process.stdout, "standard output");
watch(process.stderr, "standard error");
const terminal: Terminal = {
  out: (text) => write(process.stdout, text),
  err: (text) => write(process.stderr, text),
  progress: bar,
  style: coloured() ? ansiStyle : plainStyle,
  signal: interruption(),
};

const exitCode = await runCli(process.argv.slice(2), terminal);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exitCode);
