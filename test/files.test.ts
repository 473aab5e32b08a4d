import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BitspikeError } from "../src/errors.ts";
import {
  prepareFile,
  prepareFolder,
  readArrays,
  readBytes,
  readTarget,
  targetNames,
  writeWhole,
} from "../src/files.ts";
import { writeNpy } from "../src/formats/npy.ts";
import { codeOf, mistakeOf } from "./support.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bitspike-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The mistake with which a promise is rejected. */
async function mistakeIn(promise: Promise<unknown>): Promise<BitspikeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BitspikeError) return error;
  throw new Error(`expected a mistake, got ${String(error)}`);
}

describe("reading", () => {
  it("a file that is not there or a folder says which", async () => {
    const missing = await mistakeIn(readBytes(join(folder, "x.npy")));
    expect([missing.code, missing.message]).toEqual(["FILE_NOT_FOUND", `There is no file ${folder}/x.npy.`]);
    const wrong = await mistakeIn(readBytes(folder));
    expect([wrong.code, wrong.message]).toEqual(["FILE_UNREADABLE", `${folder} cannot be read: it is a folder.`]);
  });

  it("a broken array names its file", async () => {
    const path = join(folder, "x.npy");
    writeFileSync(path, "no array");
    const error = await mistakeIn(readArrays(path));
    expect([error.code, error.place.file]).toEqual(["NPY_SIGNATURE", path]);
  });

  it("an array goes by its content, not by its name", async () => {
    const path = join(folder, "x.bin");
    writeFileSync(path, writeNpy({ shape: [2], dtype: "uint8", data: Uint8Array.of(4, 5) }));
    const file = await readArrays(path);
    expect(file.read(file.names[0]!).shape).toEqual([2]);
  });
});

describe("targets", () => {
  it("of the package are all readable", () => {
    expect(targetNames()).toContain("loihi2");
    for (const name of targetNames()) expect(readTarget(name).name).toBe(name);
  });

  it("that are unknown are answered with the nearest and with all", () => {
    const error = mistakeOf(() => readTarget("lohi2"));
    expect(error?.code).toBe("TARGET_UNKNOWN");
    expect(error?.message).toContain(targetNames().join(", "));
    expect(error?.hint).toContain("Did you mean loihi2?");
    expect(codeOf(() => readTarget("../targets/loihi2"))).toBe("FILE_NOT_FOUND");
  });

  it("are read from any file by its path, bases beside it or of the package", () => {
    const path = join(folder, "mine.yaml");
    writeFileSync(path, "extends: loihi2\nname: mine\n");
    expect(readTarget(path).name).toBe("mine");
    expect(codeOf(() => readTarget(join(folder, "other.yaml")))).toBe("FILE_NOT_FOUND");
  });
});

describe("writing", () => {
  it("replaces a file as a whole and leaves nothing else behind", async () => {
    const path = join(folder, "x.txt");
    await writeWhole(path, "one");
    await writeWhole(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(folder)).toEqual(["x.txt"]);
  });

  it("follows a link and keeps it", async () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    await writeWhole(join(folder, "link"), "new");
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["link", "real"]);
  });

  it("to a device writes to the device", async () => {
    await writeWhole("/dev/null", "x");
    expect((await mistakeIn(writeWhole("/dev/full", "x"))).message).toContain("no space is left");
    expect(existsSync("/dev/full")).toBe(true);
  });

  it("where it cannot be says why", async () => {
    writeFileSync(join(folder, "file"), "");
    const cases: [string, string][] = [
      [join(folder, "file", "x"), "a part of the path is a file"],
      [join(folder, "nowhere", "x"), "a folder of the path does not exist"],
      [folder, "it is a folder"],
    ];
    for (const [path, reason] of cases) {
      const error = await mistakeIn(writeWhole(path, "x"));
      expect([error.code, error.message.includes(reason)]).toEqual(["FILE_UNWRITABLE", true]);
    }
  });
});

describe("making sure of a place", () => {
  it("for a file leaves nothing behind and the file as it is", async () => {
    const path = join(folder, "x.json");
    await prepareFile(path);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(path, "old");
    await prepareFile(path);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect((await mistakeIn(prepareFile(folder))).code).toBe("FILE_UNWRITABLE");
    expect((await mistakeIn(prepareFile(join(folder, "nowhere", "x.json")))).code).toBe("FILE_UNWRITABLE");
  });

  it("for a folder gives a way to take it back while it is empty", async () => {
    const path = join(folder, "new", "out");
    const discard = await prepareFolder(path);
    await discard();
    expect(existsSync(path)).toBe(false);
    const again = await prepareFolder(path);
    writeFileSync(join(path, "kept"), "");
    await again();
    expect(readdirSync(path)).toEqual(["kept"]);
  });

  it("keeps a folder that was there before", async () => {
    const path = join(folder, "out");
    mkdirSync(path);
    await (
      await prepareFolder(path)
    )();
    expect(existsSync(path)).toBe(true);
  });

  it("refuses what cannot be a folder or must not be written", async () => {
    writeFileSync(join(folder, "file"), "");
    expect((await mistakeIn(prepareFolder(join(folder, "file")))).code).toBe("FILE_UNWRITABLE");
    expect((await mistakeIn(prepareFolder("/proc/bitspike"))).code).toBe("FILE_UNWRITABLE");
    chmodSync(join(folder, "file"), 0o400);
    // The superuser may write anywhere.
    if (process.getuid?.() !== 0) {
      expect((await mistakeIn(prepareFile(join(folder, "file")))).code).toBe("FILE_UNWRITABLE");
    }
  });
});
