import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { BitspikeError } from "../../src/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafetensorsData,
  type SafetensorsDtype,
} from "../../src/formats/safetensors.ts";
import { codeOf } from "../support.ts";

function tensorsOf<T>(
  dtype: SafetensorsDtype,
  value: fc.Arbitrary<T>,
  from: (values: T[]) => SafetensorsData,
): fc.Arbitrary<SafeTensor> {
  return fc.array(fc.nat(3), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc
      .array(value, { minLength: size, maxLength: size })
      .map((values) => ({ dtype, shape, data: from(values) }));
  });
}

const coarse = fc.integer({ min: -128, max: 128 }).map((value) => value / 64);
const tensors = fc.oneof(
  tensorsOf("BOOL", fc.nat(1), (v) => Uint8Array.from(v)),
  tensorsOf("U8", fc.nat(255), (v) => Uint8Array.from(v)),
  tensorsOf("I8", fc.integer({ min: -128, max: 127 }), (v) => Int8Array.from(v)),
  tensorsOf("U16", fc.nat(65535), (v) => Uint16Array.from(v)),
  tensorsOf("I16", fc.integer({ min: -32768, max: 32767 }), (v) => Int16Array.from(v)),
  tensorsOf("F16", coarse, (v) => Float32Array.from(v)),
  tensorsOf("BF16", coarse, (v) => Float32Array.from(v)),
  tensorsOf("U32", fc.nat(2 ** 32 - 1), (v) => Uint32Array.from(v)),
  tensorsOf("I32", fc.integer(), (v) => Int32Array.from(v)),
  tensorsOf("F32", fc.float(), (v) => Float32Array.from(v)),
  tensorsOf("U64", fc.bigInt(0n, 2n ** 64n - 1n), (v) => BigUint64Array.from(v)),
  tensorsOf("I64", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (v) => BigInt64Array.from(v)),
  tensorsOf("F64", fc.double(), (v) => Float64Array.from(v)),
);
const files = fc.record({
  tensors: fc
    .uniqueArray(fc.tuple(fc.string(), tensors), { selector: ([name]) => name, maxLength: 6 })
    .map((entries) => new Map(entries.filter(([name]) => name !== "__metadata__"))),
  metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true }),
});

/** A file of any header and data. */
function file(header: unknown, body: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  return Uint8Array.of(...length, ...text, ...body);
}

describe("a .safetensors file", () => {
  it("gives back every tensor of every dtype and the metadata", () => {
    fc.assert(
      fc.property(files, (content) => {
        const decoded = decodeSafetensors(encodeSafetensors(content));
        expect(decoded.metadata).toEqual(content.metadata);
        expect(decoded.tensors.size).toBe(content.tensors.size);
        for (const [name, tensor] of content.tensors) expect(decoded.tensors.get(name)).toEqual(tensor);
      }),
    );
  });

  it("is the same bytes whatever the order of the tensors", () => {
    fc.assert(
      fc.property(files, ({ tensors: content, metadata }) => {
        const reversed = new Map([...content].toReversed());
        expect(encodeSafetensors({ tensors: reversed, metadata })).toEqual(
          encodeSafetensors({ tensors: content, metadata }),
        );
      }),
    );
  });

  it("has every tensor at a multiple of its element size", () => {
    const content = {
      tensors: new Map<string, SafeTensor>([
        ["a", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
        ["b", { dtype: "I64", shape: [1], data: BigInt64Array.of(-5n) }],
        ["c", { dtype: "I16", shape: [1], data: Int16Array.of(7) }],
      ]),
      metadata: { kind: "test" },
    };
    const bytes = encodeSafetensors(content);
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)))).toEqual({
      __metadata__: { kind: "test" },
      b: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
      c: { dtype: "I16", shape: [1], data_offsets: [8, 10] },
      a: { dtype: "U8", shape: [3], data_offsets: [10, 13] },
    });
  });

  it.each([
    ["a header longer than the file", Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 123)],
    ["an absurd header length", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255)],
    ["too few bytes", Uint8Array.of(1, 2)],
    ["no JSON", file("{nope")],
    ["a list as header", file([])],
    ["a tensor that is a number", file({ a: 5 })],
    ["no shape", file({ a: { dtype: "U8", data_offsets: [0, 0] } })],
    ["a negative size", file({ a: { dtype: "U8", shape: [-1], data_offsets: [0, 0] } })],
    ["offsets behind the end", file({ a: { dtype: "U8", shape: [4], data_offsets: [0, 4] } }, [1])],
    ["a shape that is larger than its bytes", file({ a: { dtype: "U8", shape: [9e15], data_offsets: [0, 1] } }, [1])],
    ["a hole", file({ a: { dtype: "U8", shape: [1], data_offsets: [1, 2] } }, [1, 2])],
    ["bytes behind the tensors", file({ a: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }, [1, 2])],
    [
      "tensors that overlap",
      file(
        { a: { dtype: "U8", shape: [2], data_offsets: [0, 2] }, b: { dtype: "U8", shape: [2], data_offsets: [1, 3] } },
        [1, 2, 3],
      ),
    ],
    ["metadata that are no text", file({ __metadata__: { a: 1 } })],
  ])("with %s is refused", (_, bytes) => expect(codeOf(() => decodeSafetensors(bytes))).toBe("SAFETENSORS_BROKEN"));

  it("of an unknown dtype is refused, also where the name is that of an object's own method", () => {
    for (const dtype of ["F8_E4M3", "toString", "C64"]) {
      const bytes = file({ a: { dtype, shape: [0], data_offsets: [0, 0] } });
      expect(codeOf(() => decodeSafetensors(bytes))).toBe("SAFETENSORS_DTYPE");
    }
  });

  it("with one byte changed gives a file or an error with a code", () => {
    fc.assert(
      fc.property(files, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, place, flip) => {
        const bytes = encodeSafetensors(content);
        bytes[place % bytes.length]! ^= flip;
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BitspikeError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
