/** Files on disk for Node: read with clear mistakes, written whole or not at all. */

import { readdirSync, readFileSync } from "node:fs";
import { lstat, mkdir, open, readFile, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { archiveOf } from "./encoding/arrays.ts";
import { BitspikeError, located, mistake } from "./errors.ts";
import { parseNpy } from "./formats/npy.ts";
import { openNpz, type NpzFile } from "./formats/npz.ts";
import { readMapping, type Mapping } from "./mapping/file.ts";
import type { PageAssets } from "./report/html.ts";
import { closest } from "./spelling.ts";
import { loadTarget } from "./target/load.ts";
import type { Target } from "./target/types.ts";

/** Bytes of a file. @throws FILE_NOT_FOUND, FILE_UNREADABLE */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw readMistake(path, error);
  }
}

/**
 * Read a data file: an archive (.npz), or one array (.npy) as an archive of one. The content decides, not the name.
 *
 * @throws what reading the file and the formats throws, with the file as place
 */
export async function readArrays(path: string): Promise<NpzFile> {
  const bytes = await readBytes(path);
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return inFile(path, () => {
    if (!isArchive) return archiveOf(parseNpy(bytes));
    const archive = openNpz(bytes);
    return { names: archive.names, read: (name) => inFile(path, () => archive.read(name)) };
  });
}

/** Run `read`; a mistake that it throws gets the file as its place. */
export function inFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof BitspikeError ? located(error, { file }) : error;
  }
}

/** Where the package keeps its targets; the same from `src/` and from `dist/`. */
const targetsFolder = fileURLToPath(new URL("../targets/", import.meta.url));

/** Names of the targets that come with the package, in order. */
export function targetNames(): string[] {
  return readdirSync(targetsFolder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .toSorted();
}

/**
 * Read a target: a name of the package's own, or the path of a .yaml file. A target that it extends is looked for
 * beside it and then among the package's own.
 *
 * @throws TARGET_UNKNOWN, FILE_NOT_FOUND, FILE_UNREADABLE, and what `loadTarget` throws
 */
export function readTarget(nameOrFile: string): Target {
  const isFile = /\.ya?ml$/i.test(nameOrFile) || /[/\\]/.test(nameOrFile);
  if (!isFile && !targetNames().includes(nameOrFile)) throw unknownTarget(nameOrFile);
  const path = isFile ? nameOrFile : join(targetsFolder, `${nameOrFile}.yaml`);
  const folder = dirname(path);
  return loadTarget(readText(path), path, (base) => readBase(base, [folder, targetsFolder]));
}

/**
 * Read a mapping: the path of a .yaml file.
 *
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, MAPPING_INVALID
 */
export function readMappingFile(path: string): Mapping {
  return readMapping(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw readMistake(path, error);
  }
}

function readBase(name: string, folders: readonly string[]): string | null {
  if (!/^[\w-]+$/.test(name)) return null;
  for (const folder of folders) {
    try {
      return readFileSync(join(folder, `${name}.yaml`), "utf8");
    } catch {
      // Looked for in the next folder; the caller names the mistake when there is none.
    }
  }
  return null;
}

function unknownTarget(name: string): BitspikeError {
  const known = targetNames();
  const near = closest(name, known);
  const advice = near === undefined ? "" : `Did you mean ${near}? `;
  return mistake("TARGET_UNKNOWN", { name, known: known.join(", "), advice });
}

/** What an HTML report carries in itself, from the package that draws its plots. */
export async function pageAssets(): Promise<PageAssets> {
  const { resolve: find } = createRequire(import.meta.url);
  return {
    uplotScript: await readFile(find("uplot/dist/uPlot.iife.min.js"), "utf8"),
    uplotStyle: await readFile(find("uplot/dist/uPlot.min.css"), "utf8"),
  };
}

/**
 * Write a file whole or not at all: under another name beside it, then renamed. What is no plain file (a device, a
 * pipe) is written in place.
 *
 * @throws FILE_UNWRITABLE
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  try {
    const place = await realPlace(path);
    if (!place.replace) return await writeFile(place.path, content);
    const temporary = `${place.path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, content, { flag: "wx" });
      await rename(temporary, place.path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw writeMistake(path, error);
  }
}

/**
 * Make sure, before a long run, that a file can be written at `path`; leaves the file as it is.
 *
 * @throws FILE_UNWRITABLE
 */
export async function prepareFile(path: string): Promise<void> {
  try {
    const existing = await stat(path).catch(() => null);
    if (existing?.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    if (existing !== null && !existing.isFile()) return;
    await tryToWrite(dirname(resolve(path)));
    // Renaming would get around a file's own protection.
    if (existing !== null) await (await open(path, "r+")).close();
  } catch (error) {
    throw writeMistake(path, error);
  }
}

/**
 * Create a folder and make sure, before a long run, that files can be written in it.
 *
 * @returns takes the folder away again if it was created here and is still empty
 * @throws FILE_UNWRITABLE
 */
export async function prepareFolder(path: string): Promise<() => Promise<void>> {
  try {
    const created = await makeFolder(resolve(path));
    await tryToWrite(path);
    if (!created) return async () => {};
    return () => rmdir(path).catch(() => {});
  } catch (error) {
    throw writeMistake(path, error);
  }
}

/**
 * Create a folder and those above it; false when it was there. Node's own recursive mkdir never returns where a file
 * system answers that a folder below an existing one "does not exist", as /proc does.
 */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await stat(path)).isDirectory()) return false;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
  }
  await makeFolder(dirname(path));
  await mkdir(path);
  return true;
}

async function tryToWrite(folder: string): Promise<void> {
  const probe = join(folder, `.bitspike.${process.pid}.tmp`);
  await writeFile(probe, "", { flag: "w" });
  await rm(probe);
}

/** Where a path really leads, and whether there is a plain file, or none yet, that may be replaced. */
async function realPlace(path: string): Promise<{ path: string; replace: boolean }> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return { path, replace: true };
  if (!found.isSymbolicLink()) return { path, replace: found.isFile() };
  const end = await realpath(path);
  return { path: end, replace: (await lstat(end)).isFile() };
}

function readMistake(path: string, cause: unknown): Error {
  const code = codeOf(cause);
  if (code === "ENOENT") return mistake("FILE_NOT_FOUND", { path }, undefined, { cause });
  return mistake("FILE_UNREADABLE", { path, reason: reasonOf(cause) }, undefined, { cause });
}

/** The mistake for a file or stream that could not be written. */
export function writeMistake(path: string, cause: unknown): BitspikeError {
  return mistake("FILE_UNWRITABLE", { path, reason: reasonOf(cause) }, undefined, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the quota is used up",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file of that name is in the way",
  ENOENT: "a folder of the path does not exist",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its symbolic links form a loop",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "");
}

/** The system's reason in words; for a rare one, the system's own words. */
function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
