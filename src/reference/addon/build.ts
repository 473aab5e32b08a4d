/**
 * Builds the native addon of @tensorflow/tfjs-node from source against a libtensorflow of the machine, for places
 * where its own install script cannot download one. Run as `npm run build:addon`; needs Node.js, a C++ compiler, make
 * and Python. Node only; prints what it does.
 *
 * Exit code 0: the backend works; 1: the build or its check failed; 2: wrong options; 3: not built, because this Node.js
 * or system is none of those it can work on, or no libtensorflow could be had.
 */

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as util from "node:util";

const PACKAGE = "@tensorflow/tfjs-node";
const VERSION = "4.22.0";
/** The newest Node-API that the package knows, and so the folder in which it looks for its addon. */
const NAPI = 8;
/** Python packages that carry libtensorflow and its headers; the first that can be fetched is taken. */
const WHEELS = ["tensorflow-cpu", "tensorflow"];

const USAGE = `npm run build:addon -- [--libtensorflow DIR] [--python COMMAND] [--nodedir DIR]

  --libtensorflow DIR  folder with include/tensorflow/c/c_api.h and the libraries in it or in lib/: an unpacked
                       libtensorflow archive, or the folder of an installed Python package tensorflow.
                       Without it, the package tensorflow-cpu is fetched with pip.
  --python COMMAND     Python with pip (default: python3)
  --nodedir DIR        folder with include/node/node_api.h (default: where this Node.js has it)`;

/** What stops the build, with the exit code that tells scripts why. */
export class BuildError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Options {
  /** Folder of headers and libraries; fetched with pip when undefined. */
  readonly libtensorflow: string | undefined;
  readonly python: string;
  readonly nodedir: string | undefined;
}

function main(): void {
  const options = readOptions();
  if (works()) return say("The native TensorFlow backend already works; nothing to do.");
  checkMachine(process.platform, "isNullOrUndefined" in util);
  const folder = installPackage();
  if (!hasLibraries(folder)) provideLibraries(folder, options);
  compile(folder, options);
  const reason = check();
  if (reason !== null) throw new BuildError(1, `The addon was built, but the backend does not work: ${reason}.`);
  say("The native TensorFlow backend works.");
}

/** @param hasLegacyUtil whether node:util still has `isNullOrUndefined`, which the package calls. @throws BuildError */
export function checkMachine(platform: string, hasLegacyUtil: boolean): void {
  if (platform !== "linux") {
    throw new BuildError(3, `Not built: this knows Linux only; on ${platform} use the install script of ${PACKAGE}.`);
  }
  if (!hasLegacyUtil) {
    const why = `${PACKAGE} ${VERSION} needs a Node.js older than 23, and this is ${process.version}`;
    throw new BuildError(3, `Not built: ${why}. The WebAssembly backend works here.`);
  }
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  try {
    const { values } = util.parseArgs({
      options: { libtensorflow: text, python: text, nodedir: text, help: { type: "boolean" } },
    });
    if (values.help === true) {
      say(USAGE);
      process.exit(0);
    }
    return { libtensorflow: values.libtensorflow, python: values.python ?? "python3", nodedir: values.nodedir };
  } catch (error) {
    throw new BuildError(2, `${(error as Error).message}\n\n${USAGE}`);
  }
}

/** Folder of the installed package; installs it without its install script, and without saving it, when it is absent. */
function installPackage(): string {
  const present = packageFolder();
  if (present !== null) return present;
  say(`Installing ${PACKAGE} ${VERSION} without its install script ..`);
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `${PACKAGE}@${VERSION}`];
  run("npm", args, { shell: process.platform === "win32" });
  const folder = packageFolder();
  if (folder === null) throw new BuildError(1, `npm installed ${PACKAGE}, but it cannot be found from here.`);
  return folder;
}

function packageFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  } catch {
    return null;
  }
}

function hasLibraries(folder: string): boolean {
  return (
    existsSync(join(folder, "deps/include/tensorflow/c/c_api.h")) &&
    existsSync(join(folder, "deps/lib/libtensorflow.so"))
  );
}

/**
 * Put headers and libraries where the package's binding.gyp looks for them: deps/include and deps/lib in its folder.
 *
 * @throws BuildError
 */
export function provideLibraries(folder: string, options: Options): void {
  const deps = join(folder, "deps");
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, "lib"), { recursive: true });
  const source =
    options.libtensorflow === undefined ? fetchWheel(deps, options.python) : resolve(options.libtensorflow);
  if (!existsSync(join(source, "include/tensorflow/c/c_api.h"))) {
    throw new BuildError(3, `There is no include/tensorflow/c/c_api.h in ${source}.`);
  }
  symlinkSync(join(source, "include"), join(deps, "include"));
  linkLibrary(source, deps, "libtensorflow", ["libtensorflow.so", "libtensorflow_cc.so"]);
  linkLibrary(source, deps, "libtensorflow_framework", ["libtensorflow_framework.so"]);
}

/**
 * Link a library into deps/lib under the name the linker is given (`-ltensorflow`) and the name the loader will ask
 * for. In the Python package the C interface is part of libtensorflow_cc.
 */
function linkLibrary(source: string, deps: string, name: string, stems: readonly string[]): void {
  const folders = [join(source, "lib"), source].filter((folder) => existsSync(folder));
  for (const stem of stems) {
    for (const folder of folders) {
      const files = readdirSync(folder).filter((file) => file === stem || file.startsWith(`${stem}.`));
      const [file] = files;
      if (file === undefined) continue;
      const target = realpathSync(join(folder, file));
      for (const link of new Set([`${name}.so`, ...files, `${stem}.2`])) symlinkSync(target, join(deps, "lib", link));
      return;
    }
  }
  throw new BuildError(3, `There is none of ${stems.join(", ")} in ${folders.join(" or ")}.`);
}

/** Fetch the wheel with pip and unpack its libraries and headers; the folder that holds them. */
function fetchWheel(deps: string, python: string): string {
  const folder = mkdtempSync(join(tmpdir(), "libtensorflow-"));
  try {
    for (const name of WHEELS) {
      say(`Fetching the Python package ${name} for its libtensorflow (about 270 MB) ..`);
      const args = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet", "--dest", folder, name];
      if (spawnSync(python, args, { stdio: "inherit" }).status === 0) break;
    }
    const wheel = readdirSync(folder).find((file) => file.endsWith(".whl"));
    if (wheel === undefined) {
      const advice = "Give a folder with --libtensorflow DIR, or another Python with --python COMMAND";
      throw new BuildError(3, `Not built: pip could not fetch ${WHEELS.join(" or ")} for ${python}. ${advice}.`);
    }
    say("Unpacking ..");
    run(python, ["-c", UNPACK, join(folder, wheel), join(deps, "wheel")]);
    return join(deps, "wheel/tensorflow");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Python: unpack what the addon needs from a wheel. */
const UNPACK = `
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
headers = ("tensorflow/include/tensorflow/c/", "tensorflow/include/tensorflow/core/platform/",
           "tensorflow/include/tensorflow/tsl/", "tensorflow/include/tsl/", "tensorflow/include/xla/tsl/")
for name in wheel.namelist():
    if name.startswith(headers) or (name.startswith("tensorflow/libtensorflow") and ".so" in name):
        wheel.extract(name, sys.argv[2])
`;

/** Configure and build with node-gyp; the package's binding.gyp copies the addon to its place. */
function compile(folder: string, options: Options): void {
  const nodedir = options.nodedir ?? nodeHeaders();
  const nodeGyp = findNodeGyp();
  const addon = join(folder, `lib/napi-v${NAPI}`);
  const args = [
    "rebuild",
    "--loglevel=error",
    "--module_name=tfjs_binding",
    `--module_path=${addon}`,
    `--napi_build_version=${NAPI}`,
  ];
  // Without headers beside Node.js, node-gyp downloads them.
  if (nodedir !== null) args.push(`--nodedir=${nodedir}`);
  say(`Building the addon${nodedir === null ? "" : ` with the headers in ${nodedir}/include/node`} ..`);
  mkdirSync(addon, { recursive: true });
  const [command, ...before] = nodeGyp;
  run(command, [...before, ...args], { cwd: folder });
  if (!existsSync(join(addon, "tfjs_binding.node"))) {
    throw new BuildError(1, `node-gyp ended without an error, but there is no addon in ${addon}.`);
  }
}

/** Folder whose include/node holds the headers of this Node.js. */
function nodeHeaders(): string | null {
  const configured = process.env["npm_config_nodedir"] ?? process.env["npm_package_config_node_gyp_nodedir"];
  const beside = dirname(dirname(realpathSync(process.execPath)));
  const found = [configured, beside, "/usr", "/usr/local"].find(
    (folder) => folder !== undefined && existsSync(join(folder, "include/node/node_api.h")),
  );
  return found ?? null;
}

/** The node-gyp that came with npm, or npx to fetch one. */
function findNodeGyp(): readonly [command: string, ...args: string[]] {
  const npm = process.env["npm_execpath"];
  const modules = [
    ...(npm === undefined ? [] : [join(dirname(dirname(realpathSync(npm))), "node_modules")]),
    join(dirname(dirname(realpathSync(process.execPath))), "lib/node_modules/npm/node_modules"),
    join(dirname(dirname(realpathSync(process.execPath))), "lib/node_modules"),
  ];
  for (const folder of modules) {
    const script = join(folder, "node-gyp/bin/node-gyp.js");
    if (existsSync(script)) return [process.execPath, script];
  }
  return ["npx", "--yes", "node-gyp"];
}

function works(): boolean {
  return packageFolder() !== null && check() === null;
}

/** Why the backend cannot be used, found in a process of its own, which a broken library may take down. */
function check(): string | null {
  const module = JSON.stringify(new URL("../backend.js", import.meta.url).href);
  const script = `import(${module}).then((m) => m.chooseBackend({ backend: "tfjs-node" })).catch((error) => {
    console.log(error.message);
    process.exit(1);
  })`;
  const { status, stdout, signal } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  if (status === 0) return null;
  return stdout.trim().replace(/\.$/, "") || `the process ended with ${signal ?? `code ${status}`}`;
}

function run(command: string, args: readonly string[], options: { cwd?: string; shell?: boolean } = {}): void {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error !== undefined) throw new BuildError(1, `${command} cannot be run: ${error.message}.`);
  if (status !== 0) throw new BuildError(1, `${command} ${args[0]} failed with code ${status}.`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
