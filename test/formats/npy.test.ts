import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { BitspikeError } from "../../src/errors.ts";
import { parseNpy, writeNpy, type NpyArray, type NpyDtype } from "../../src/formats/npy.ts";
import { codeOf, golden } from "../support.ts";

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

function arraysOf(
  dtype: NpyDtype,
  value: fc.Arbitrary<number>,
  Storage: new (from: number[]) => NpyArray["data"],
): fc.Arbitrary<NpyArray> {
  return shapes.chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc
      .array(value, { minLength: size, maxLength: size })
      .map((values) => ({ shape, dtype, data: new Storage(values) }));
  });
}

function whole(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max });
}

const arrays = fc.oneof(
  arraysOf("bool", whole(0, 1), Uint8Array),
  arraysOf("int8", whole(-128, 127), Int8Array),
  arraysOf("uint8", whole(0, 255), Uint8Array),
  arraysOf("int16", whole(-32768, 32767), Int16Array),
  arraysOf("uint16", whole(0, 65535), Uint16Array),
  arraysOf("int32", whole(-(2 ** 31), 2 ** 31 - 1), Int32Array),
  arraysOf("uint32", whole(0, 2 ** 32 - 1), Uint32Array),
  arraysOf("int64", fc.maxSafeInteger(), Float64Array),
  arraysOf("uint64", fc.maxSafeNat(), Float64Array),
  arraysOf(
    "float16",
    whole(-2048, 2048).map((n) => n / 64),
    Float32Array,
  ),
  arraysOf("float32", fc.float(), Float32Array),
  arraysOf("float64", fc.double(), Float64Array),
);

/** A file with any header text, version 1. */
function file(header: string, body: Uint8Array = new Uint8Array(), version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length, ...text, ...body]);
}

function header(descr: string, shape: string, fortran = "False"): string {
  return `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
}

describe("a .npy file", () => {
  it("gives back every array that was written", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        expect(parseNpy(writeNpy(array))).toEqual(array);
      }),
    );
  });

  it("that NumPy wrote is read", () => {
    const fortran = parseNpy(golden("numpy/big_endian_fortran_i4.npy"));
    expect(fortran).toEqual({
      shape: [2, 3, 4],
      dtype: "int32",
      data: Int32Array.from({ length: 24 }, (_, i) => i - 12),
    });
    const half = parseNpy(golden("numpy/float16.npy"));
    expect([...half.data]).toEqual([0, -0, 0.333251953125, 65504, 2 ** -24, -0.00010001659393310547, Infinity]);
    expect(parseNpy(golden("numpy/bool_scalar.npy"))).toEqual({ shape: [], dtype: "bool", data: Uint8Array.of(1) });
    expect([...parseNpy(golden("numpy/int64.npy")).data]).toEqual([2 ** 53 - 1, -(2 ** 53 - 1), 0]);
    expect(codeOf(() => parseNpy(golden("numpy/objects.npy")))).toBe("NPY_PICKLED");
  });

  it("has its data at a multiple of 64 bytes", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const bytes = writeNpy(array);
        expect((10 + bytes[8]! + 256 * bytes[9]!) % 64).toBe(0);
      }),
    );
  });

  it("is the text that NumPy writes", () => {
    const bytes = writeNpy({ shape: [3], dtype: "int16", data: Int16Array.of(1, -2, 3) });
    const text = new TextDecoder("latin1").decode(bytes.subarray(10, 128));
    expect(text.trimEnd()).toBe("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }");
    expect([...bytes.subarray(128)]).toEqual([1, 0, 254, 255, 3, 0]);
  });

  it("is read in big-endian order too", () => {
    expect(parseNpy(file(header("'>i4'", "(2,)"), Uint8Array.of(0, 0, 1, 2, 255, 255, 255, 255))).data).toEqual(
      Int32Array.of(258, -1),
    );
    expect(parseNpy(file(header("'>f2'", "(1,)"), Uint8Array.of(0x3c, 0))).data).toEqual(Float32Array.of(1));
    expect(parseNpy(file(header("'>i8'", "(1,)"), Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0))).data).toEqual(
      Float64Array.of(256),
    );
  });

  it("in Fortran order comes in C order", () => {
    const array = parseNpy(file(header("'|u1'", "(2, 3)", "True"), Uint8Array.of(0, 3, 1, 4, 2, 5)));
    expect(array.shape).toEqual([2, 3]);
    expect([...array.data]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("in Fortran order with any shape holds element (i, j, k) at its place", () => {
    const sizes = fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4));
    fc.assert(
      fc.property(sizes, ([a, b, c]) => {
        const body = new Uint8Array(a * b * c);
        for (let index = 0; index < body.length; index++) body[index] = index;
        const { data } = parseNpy(file(header("'|u1'", `(${a}, ${b}, ${c})`, "True"), body));
        for (let i = 0; i < a; i++)
          for (let j = 0; j < b; j++)
            for (let k = 0; k < c; k++) expect(data[(i * b + j) * c + k]).toBe(i + a * (j + b * k));
      }),
    );
  });

  it("may have its keys in any order, a scalar shape, long integers, and version 2 or 3", () => {
    const shuffled = `{"shape": (1L, 2L), "fortran_order": False, "descr": "|i1"}`;
    expect(parseNpy(file(shuffled, Uint8Array.of(1, 255))).data).toEqual(Int8Array.of(1, -1));
    expect(parseNpy(file(header("'|u1'", "()"), Uint8Array.of(7))).shape).toEqual([]);
    for (const version of [2, 3]) {
      expect(parseNpy(file(header("'|u1'", "(1,)"), Uint8Array.of(7), version)).data).toEqual(Uint8Array.of(7));
    }
  });

  it("whose integers are not exact as a number is refused", () => {
    const body = new Uint8Array(BigInt64Array.of(2n ** 53n).buffer);
    expect(codeOf(() => parseNpy(file(header("'<i8'", "(1,)"), body)))).toBe("NPY_INT64_RANGE");
  });

  it("with Python objects is refused without being unpickled", () => {
    expect(codeOf(() => parseNpy(file(header("'|O'", "(1,)"), Uint8Array.of(0x80, 4))))).toBe("NPY_PICKLED");
  });

  it.each(["'<c8'", "'<U5'", "'|S3'", "'<M8[ns]'", "'<f16'", "[('a', '<i4'), ('b', '<f4')]", "'x'", "''"])(
    "with descr %s is refused",
    (descr) => expect(codeOf(() => parseNpy(file(header(descr, "(1,)"), new Uint8Array(8))))).toBe("NPY_DTYPE"),
  );

  it("that declares more than it holds is refused before anything is allocated", () => {
    for (const shape of ["(9007199254740991,)", "(4294967296, 4294967296)", `(${"9007199254740991, ".repeat(60)})`]) {
      expect(codeOf(() => parseNpy(file(header("'<f8'", shape), new Uint8Array(8))))).toBe("NPY_LENGTH");
    }
  });

  it("cut anywhere gives an error with a code", () => {
    const whole = writeNpy({ shape: [5], dtype: "float32", data: Float32Array.of(1, 2, 3, 4, 5) });
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => parseNpy(whole.subarray(0, length)))).toMatch(/^NPY_(SIGNATURE|HEADER|LENGTH)$/);
    }
  });

  it.each(["(-1,)", "(1.5,)", "(a,)", "(,)", "(99999999999999999999,)"])("with shape %s is refused", (shape) =>
    expect(codeOf(() => parseNpy(file(header("'|u1'", shape), new Uint8Array(1))))).toBe("NPY_HEADER"),
  );

  it("of any bytes at all gives an array or an error with a code", () => {
    const start = fc.constantFrom(header("'<i2'", "(3,)"), header("'|b1'", "(2, 2)", "True"), "{}", "");
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 40 }), fc.nat(120), fc.nat(255), (text, body, place, value) => {
        const bytes = file(text, body);
        if (place < bytes.length) bytes[place] = value;
        try {
          parseNpy(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BitspikeError);
        }
      }),
    );
  });
});
