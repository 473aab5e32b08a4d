import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { zipSync } from "fflate";
import { BitspikeError } from "../../src/errors.ts";
import { writeNpy, type NpyArray } from "../../src/formats/npy.ts";
import { openNpz, parseNpz, writeNpz } from "../../src/formats/npz.ts";
import { codeOf, golden, mistakeOf } from "../support.ts";

const bytesOf = (values: Uint8Array): NpyArray => ({ shape: [values.length], dtype: "uint8", data: values });
const archives = fc
  .dictionary(fc.stringMatching(/^[a-z_][a-z0-9_/]{0,8}$/), fc.uint8Array({ maxLength: 200 }).map(bytesOf), {
    maxKeys: 5,
  })
  .map((object) => new Map(Object.entries(object)));

/** Offset of the first directory entry. */
function directoryOf(file: Uint8Array): number {
  return new DataView(file.buffer).getUint32(file.length - 6, true);
}

describe("a .npz archive", () => {
  it("gives back all arrays, stored or deflated, with the same bytes each time", () => {
    fc.assert(
      fc.property(archives, fc.boolean(), (arrays, compress) => {
        const file = writeNpz(arrays, compress);
        expect(parseNpz(file)).toEqual(arrays);
        expect(writeNpz(arrays, compress)).toEqual(file);
      }),
    );
  });

  it("that NumPy wrote is read, stored and deflated", () => {
    const stored = openNpz(golden("numpy/stored.npz"));
    expect(stored.names).toEqual(["data", "labels", "objects"]);
    expect(stored.read("data")).toEqual({
      shape: [2, 3, 4],
      dtype: "uint8",
      data: Uint8Array.from({ length: 24 }, (_, index) => index),
    });
    const deflated = parseNpz(golden("numpy/deflated.npz"));
    expect(deflated.get("data")).toEqual({ shape: [50, 40], dtype: "float32", data: new Float32Array(2000) });
    expect(deflated.get("labels")?.data).toEqual(Float64Array.of(1, 0));
  });

  it("with one pickled array still gives the others, and the error names the array", () => {
    const file = openNpz(golden("numpy/stored.npz"));
    const error = mistakeOf(() => file.read("objects"));
    expect(error?.code).toBe("NPY_PICKLED");
    expect(error?.place.field).toBe("objects");
    expect(file.read("labels").shape).toEqual([2]);
  });

  it("leaves files out that are no arrays", () => {
    const file = zipSync({ "readme.txt": Uint8Array.of(1), "x.npy": writeNpy(bytesOf(Uint8Array.of(5))) });
    expect(openNpz(file).names).toEqual(["x"]);
  });

  it("that is something else, or cut, is refused", () => {
    const file = writeNpz(new Map([["x", bytesOf(new Uint8Array(300))]]));
    for (const bytes of [new Uint8Array(), new Uint8Array(100), file.subarray(0, -1), file.subarray(1)]) {
      expect(codeOf(() => parseNpz(bytes))).toBe("NPZ_BROKEN");
    }
  });

  it("that unpacks to more than it declares is stopped", () => {
    const file = writeNpz(new Map([["x", bytesOf(new Uint8Array(5_000_000))]]));
    new DataView(file.buffer).setUint32(directoryOf(file) + 24, 1000, true);
    expect(mistakeOf(() => parseNpz(file))?.message).toContain("more than the 1000 bytes");
  });

  it("that declares far more than it holds is refused without the memory being taken", () => {
    const file = writeNpz(new Map([["x", bytesOf(new Uint8Array(50))]]));
    new DataView(file.buffer).setUint32(directoryOf(file) + 24, 0xfffffff0, true);
    expect(mistakeOf(() => parseNpz(file))?.message).toContain("declares 4294967280 bytes and holds 178");
  });

  it("that is encrypted or packed by another method says so", () => {
    const arrays = new Map([["x", bytesOf(new Uint8Array(50))]]);
    const encrypted = writeNpz(arrays);
    encrypted[directoryOf(encrypted) + 8]! |= 1;
    const zstd = writeNpz(arrays);
    zstd[directoryOf(zstd) + 10] = 93;
    expect(codeOf(() => parseNpz(encrypted))).toBe("NPZ_METHOD");
    expect(mistakeOf(() => parseNpz(zstd))?.message).toContain("compression method 93");
  });

  it("with one byte changed gives the same arrays or an error with a code", () => {
    const arrays = new Map([["x", bytesOf(Uint8Array.from({ length: 300 }, (_, index) => index % 7))]]);
    fc.assert(
      fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), (compress, place, flip) => {
        const file = writeNpz(arrays, compress);
        file[place % file.length]! ^= flip;
        try {
          // The name alone is under no checksum.
          for (const array of parseNpz(file).values()) expect(array).toEqual(arrays.get("x"));
        } catch (error) {
          expect(error).toBeInstanceOf(BitspikeError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
