/** A peer in a process of its own: Python that prints a line of JSON about itself, and then answers lines of JSON. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface PeerProcess {
  /** What the peer said of itself. */
  readonly versions: Readonly<Record<string, string>>;
  /** @returns seconds that the task took */
  run(task: Readonly<Record<string, unknown>>): Promise<number>;
  close(): void;
}

/** @throws Error with the last line that the process wrote when it ends before it has answered */
export async function openPeer(python: string, args: readonly string[]): Promise<PeerProcess> {
  const child = spawn(python, ["-W", "ignore", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-2000)));
  // A process that cannot be started has no lines either.
  child.on("error", (error) => (said += error.message));
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const line = await lines.next();
      if (line.done === true) throw new Error(said.trim().split("\n").at(-1) || "the process ended");
      // Compilers and runtimes of peers print lines of their own.
      if (line.value.startsWith("{")) return JSON.parse(line.value) as Record<string, unknown>;
    }
  };
  const { versions } = await answer();
  return {
    versions: versions as Record<string, string>,
    async run(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return (await answer())["seconds"] as number;
    },
    close: () => child.stdin.end(),
  };
}
