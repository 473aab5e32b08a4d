import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuildError, checkMachine, provideLibraries } from "../../../src/reference/addon/build.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bitspike-addon-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with empty files; the path of it. */
function folderOf(name: string, files: readonly string[]): string {
  for (const file of files) {
    const path = join(folder, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file);
  }
  return join(folder, name);
}

const provide = (libtensorflow: string): string => {
  const target = join(folder, "package");
  mkdirSync(target, { recursive: true });
  provideLibraries(target, { libtensorflow, python: "python3", nodedir: undefined });
  return join(target, "deps");
};

const exitCode = (run: () => unknown): number => {
  try {
    run();
    return 0;
  } catch (error) {
    if (error instanceof BuildError) return error.exitCode;
    throw error;
  }
};

describe("the libraries for the native addon", () => {
  const header = "include/tensorflow/c/c_api.h";

  it("are taken from an unpacked libtensorflow archive", () => {
    const archive = ["lib/libtensorflow.so.2", "lib/libtensorflow_framework.so.2"];
    const deps = provide(folderOf("archive", [header, ...archive]));
    expect(existsSync(join(deps, header))).toBe(true);
    expect(readdirSync(join(deps, "lib"))).toEqual([
      "libtensorflow.so",
      "libtensorflow.so.2",
      "libtensorflow_framework.so",
      "libtensorflow_framework.so.2",
    ]);
    expect(readFileSync(join(deps, "lib/libtensorflow.so"), "utf8")).toBe("lib/libtensorflow.so.2");
  });

  it("are taken from a Python package, where the C interface is part of libtensorflow_cc", () => {
    const deps = provide(folderOf("tensorflow", [header, "libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]));
    expect(readFileSync(join(deps, "lib/libtensorflow.so"), "utf8")).toBe("libtensorflow_cc.so.2");
    expect(existsSync(join(deps, "lib/libtensorflow_cc.so.2"))).toBe(true);
  });

  it("can be provided again after an attempt that failed", () => {
    const empty = folderOf("empty", [header]);
    expect(exitCode(() => provide(empty))).toBe(3);
    folderOf("empty", ["libtensorflow.so", "libtensorflow_framework.so"]);
    expect(exitCode(() => provide(empty))).toBe(0);
  });

  it("are missed with exit code 3 where there are no headers", () => {
    expect(exitCode(() => provide(folderOf("wrong", ["lib/libtensorflow.so"])))).toBe(3);
  });
});

describe("the machine for the native addon", () => {
  it("must run Linux and a Node.js that tfjs-node still knows", () => {
    expect(exitCode(() => checkMachine("linux", true))).toBe(0);
    expect(exitCode(() => checkMachine("darwin", true))).toBe(3);
    expect(exitCode(() => checkMachine("linux", false))).toBe(3);
  });
});
