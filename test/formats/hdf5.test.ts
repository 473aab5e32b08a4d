import { readdirSync } from "node:fs";
import * as fc from "fast-check";
import { ready } from "h5wasm";
import { describe, expect, it } from "vitest";
import { BitspikeError } from "../../src/errors.ts";
import { openHdf5, type Hdf5File } from "../../src/formats/hdf5/file.ts";
import { decompressLzf } from "../../src/formats/hdf5/lzf.ts";
import { readNir } from "../../src/formats/nir.ts";
import { codeOf, golden, mistakeOf } from "../support.ts";

const expected = JSON.parse(new TextDecoder().decode(golden("hdf5/expected.json"))) as Record<
  string,
  [shape: number[], values: (number | string)[]]
>;
const structures = [
  ["older", openHdf5(golden("hdf5/older.h5"))],
  ["newer", openHdf5(golden("hdf5/newer.h5"))],
] as const;

describe.each(structures)("in the %s structures", (_, file) => {
  it.each(Object.keys(expected))("%s has the values that h5py reads", (path) => {
    const [shape, values] = expected[path]!;
    const read = file.read(path);
    if (read.kind === "other") throw new Error(read.what);
    expect(read.shape).toEqual(shape);
    expect([...read.data]).toEqual(values);
  });

  it("1500 names are listed in the order in which people count", () => {
    const names = Array.from({ length: 1500 }, (_, number) => `n${number}`);
    expect(file.names("/many")).toEqual([...names, "relative"]);
  });

  it.each([
    ["/many", "a group"],
    ["/circle", "a link that leads nowhere"],
    ["/outside", "a link that leads nowhere"],
    ["/missing", "a link that leads nowhere"],
    ["/named type", "no array"],
    ["/complex", "complex numbers"],
    ["/booleans", "booleans or names of an enumeration"],
    ["/nothing", "an array without values"],
    ["/long double", "floats of 16 bytes in an unusual layout"],
    ["/records", "records"],
  ])("%s is %s", (path, what) => expect(file.read(path)).toMatchObject({ kind: "other", what }));

  it("links to one object share its place", () => {
    expect(file.place("/many/n3")).toBe(file.place("/one"));
    expect(file.place("/soft")).toBe(file.place("/one"));
    expect(file.place("/many")).not.toBe(file.place("/one"));
  });

  it("an array is not a group", () => expect(file.names("/one")).toBe(null));
});

it("integers beyond the precision of float32 come as float64, others as float32", () => {
  const file = openHdf5(golden("hdf5/older.h5"));
  expect(file.read("/too long for float32")).toMatchObject({ data: Float64Array.of(2 ** 24 + 1, 2 ** 53 - 1) });
  expect(file.read("/numbers >i8")).toMatchObject({ data: Float32Array.of(0, 1, 100) });
});

describe("an array is refused that", () => {
  const file = openHdf5(golden("hdf5/refused.h5"));

  it.each([
    ["needs another filter", "/scale-offset", "NIR_STORAGE", /filter scale-offset\.$/],
    ["may grow", "/may grow", "NIR_STORAGE", /may grow/],
    ["is a view of other files", "/view", "NIR_STORAGE", /other files/],
    ["promises more than its file can hold", "/huge", "NIR_TOO_LARGE", /\[1000000, 1000000\]/],
  ])("%s", (_, path, code, words) => {
    const found = mistakeOf(() => file.read(path));
    expect(found).toMatchObject({ code, place: { field: path } });
    expect(found?.message).toMatch(words);
  });
});

/** Paths and values of all arrays below a group. */
function allArrays(file: Hdf5File, path = ""): readonly (readonly [string, ReturnType<Hdf5File["read"]>])[] {
  return (file.names(path || "/") ?? []).flatMap((name) => {
    const child = `${path}/${name}`;
    return file.names(child) === null ? [[child, file.read(child)] as const] : allArrays(file, child);
  });
}

describe("HDF5's own library reads the same from", async () => {
  const library = await ready;
  const files = readdirSync(new URL("../golden/nir", import.meta.url)).filter((name) => name.endsWith(".nir"));
  // That library has no LZF, and hands half precision over as bytes.
  const readable = files.filter((name) => !/malformed|lzf|float16/.test(name));

  it.each(readable)("%s", (name) => {
    const bytes = golden(`nir/${name}`);
    library.FS.writeFile(name, bytes);
    const id = library.open(name, library.H5F_ACC_RDONLY, false, -1, -1);
    for (const [path, values] of allArrays(openHdf5(bytes))) {
      const metadata = library.get_dataset_metadata(id, path);
      expect(values.shape).toEqual(metadata.shape);
      if (values.kind === "numbers")
        expect(toBytes(values.data, metadata)).toEqual(rawBytes(library, id, path, metadata));
    }
    library.close_file(id);
    library.FS.unlink(name);
  });
});

type Library = Awaited<typeof ready>;
type Metadata = ReturnType<Library["get_dataset_metadata"]>;

function rawBytes(library: Library, id: bigint, path: string, { total_size, size }: Metadata): Uint8Array {
  const { _malloc: allocate, _free: free } = library;
  const start = allocate(total_size * size);
  library.get_dataset_data(id, path, null, null, null, BigInt(start));
  const bytes = library.HEAPU8.slice(start, start + total_size * size);
  free(start);
  return bytes;
}

/** Numbers as that library hands them over: little-endian, in their stored type. */
function toBytes(data: Float32Array | Float64Array, { type, size }: Metadata): Uint8Array {
  const isFloat = type === 1;
  const stored = isFloat
    ? size === 4
      ? Float32Array.from(data)
      : Float64Array.from(data)
    : BigInt64Array.from(data as ArrayLike<number> & Iterable<number>, BigInt);
  return new Uint8Array(stored.buffer);
}

describe("whatever happens to its bytes", () => {
  const names = [
    "variant-plain",
    "variant-shuffle-gzip",
    "variant-lzf",
    "variant-libver-latest",
    "subgraph-nested-twice",
  ];
  const files = names.map((name) => golden(`nir/${name}.nir`));
  const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 200,
  });

  it("a file opens or is refused with a mistake", () => {
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, (file, changes) => {
        const bytes = Uint8Array.from(file);
        // Squared, so that the structures at the beginning are hit more often.
        for (const [where, value] of changes) bytes[Math.floor(where * where * bytes.length)] = value;
        codeOf(() => readNir(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it("a file that is cut is refused", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (file, part) => {
          expect(() => readNir(file.slice(0, Math.floor(part * file.length)))).toThrow(BitspikeError);
        },
      ),
    );
  });
});

describe("LZF", () => {
  it.each([
    ["literals", [2, 7, 8, 9], [7, 8, 9]],
    ["a repeated byte, which overlaps itself", [0, 5, 0b011_00000, 0], [5, 5, 5, 5, 5, 5]],
    ["a short copy from further back", [3, 1, 2, 3, 4, 0b001_00000, 2], [1, 2, 3, 4, 2, 3, 4]],
    ["a long copy, whose length has a byte of its own", [0, 5, 0b111_00000, 3, 0], Array.from({ length: 13 }, () => 5)],
  ])("has %s", (_, block, bytes) => {
    expect(decompressLzf(Uint8Array.from(block), bytes.length)).toEqual(Uint8Array.from(bytes));
  });

  it.each([
    ["too long", [2, 7, 8, 9], 2],
    ["too short", [2, 7, 8, 9], 4],
    ["cut within literals", [2, 7], 3],
    ["cut within a copy", [0, 5, 0b011_00000], 6],
    ["a copy from before the beginning", [0, 5, 0b001_00000, 1], 4],
  ])("that is %s gives nothing", (_, block, size) => {
    expect(decompressLzf(Uint8Array.from(block), size)).toBe(null);
  });
});
