import { describe, expect, it } from "vitest";
import { kindOf } from "../../src/formats/kind.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { writeNpz } from "../../src/formats/npz.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { golden } from "../support.ts";

describe("the kind of a file", () => {
  const array = { shape: [1], dtype: "uint8", data: Uint8Array.of(1) } as const;

  it.each([
    ["a NIR model", golden("nir/affine.nir"), "nir"],
    ["HDF5 behind a block of the user's", Uint8Array.of(...new Uint8Array(1024), ...golden("nir/affine.nir")), "nir"],
    ["an array", writeNpy(array), "npy"],
    ["an archive", writeNpz(new Map([["x", array]])), "npz"],
    ["an empty archive", writeNpz(new Map()), "npz"],
    ["a program", encodeSafetensors({ tensors: new Map(), metadata: {} }), "safetensors"],
    ["text", new TextEncoder().encode("name: x\n"), "text"],
    ["an empty file", new Uint8Array(), "unknown"],
    ["other bytes", Uint8Array.of(1, 2, 3, 200, 0, 0), "unknown"],
  ])("%s is told by its content", (_, bytes, kind) => expect(kindOf(bytes)).toBe(kind));
});
