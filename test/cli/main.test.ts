/** The built command as a process: what only a process can show. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { images, model, project, scratch } from "./support.ts";

const main = project("dist/cli/main.js");
const validate = ["validate", model, "-t", "loihi2", "-i", images];

function bitspike(args: readonly string[]): { exitCode: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { exitCode: status, out: stdout, err: stderr };
}

describe("the built command", () => {
  it("finds its targets and prints its version", () => {
    expect(bitspike(["--version"])).toEqual({ exitCode: 0, out: "0.1.0\n", err: "" });
    expect(bitspike(["targets"]).out).toContain("loihi2");
  });

  it("ends with the code of what happened", () => {
    const out = ["-o", scratch("codes"), "-n", "25", "--samples", "2"];
    expect(bitspike([...validate, ...out]).exitCode).toBe(0);
    expect(bitspike([...validate, ...out, "--min-spikes", "1"]).exitCode).toBe(1);
    expect(bitspike(["valdate"]).exitCode).toBe(2);
  });

  it("has no colours and no progress bar where nobody watches", () => {
    const { out, err } = bitspike([...validate, "-n", "5", "--samples", "2", "-o", scratch("plain")]);
    expect(out).not.toContain("\u001b");
    expect(err).toBe("");
  });

  it("is quiet and does its work when nobody reads on", () => {
    const folder = scratch("head");
    const line = `"${process.execPath}" "${main}" ${validate.join(" ")} -n 5 --samples 2 -o ${folder} | head -1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", line], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual([`Network  ${model}\n`, ""]);
    expect(readdirSync(folder).toSorted()).toEqual(["report.html", "report.json"]);
  });

  it("says so when standard output is full", () => {
    const { status, stderr } = spawnSync("sh", ["-c", `"${process.execPath}" "${main}" targets > /dev/full`], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("error FILE_UNWRITABLE: standard output cannot be written: no space is left");
  });

  it("stops at Ctrl-C in the middle of a run, with 130 and nothing written", async () => {
    const folder = scratch("interrupted");
    // So many timesteps that the run cannot have ended by the time the signal arrives.
    const child = spawn(process.execPath, [main, ...validate, "-n", "100000", "-o", folder]);
    let err = "";
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    child.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes("Fit")) child.kill("SIGINT");
    });
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect(exitCode).toBe(130);
    expect(err).toContain("error RUN_INTERRUPTED");
    expect(existsSync(folder)).toBe(false);
  });
});
