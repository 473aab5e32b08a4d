/**
 * NumPy's array file (.npy), versions 1 to 3.
 * Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
 */

import { mistake } from "../errors.ts";
import { sizeOf, type Shape } from "../network/types.ts";
import { float16ToNumber, numberToFloat16, toHostOrder, toLittleEndian } from "./bytes.ts";

export type NpyDtype =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

export type NpyData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** One array in C order. `data` [product of shape] as `storageOf` says; `dtype` is what the file holds. */
export interface NpyArray {
  readonly shape: Shape;
  readonly dtype: NpyDtype;
  readonly data: NpyData;
}

/** NumPy's letter and size. 64-bit integers and halves have no plain typed array, so a wider exact one holds them. */
const formats = {
  bool: { code: "b1", bytes: 1, storage: Uint8Array },
  int8: { code: "i1", bytes: 1, storage: Int8Array },
  uint8: { code: "u1", bytes: 1, storage: Uint8Array },
  int16: { code: "i2", bytes: 2, storage: Int16Array },
  uint16: { code: "u2", bytes: 2, storage: Uint16Array },
  int32: { code: "i4", bytes: 4, storage: Int32Array },
  uint32: { code: "u4", bytes: 4, storage: Uint32Array },
  int64: { code: "i8", bytes: 8, storage: Float64Array },
  uint64: { code: "u8", bytes: 8, storage: Float64Array },
  float16: { code: "f2", bytes: 2, storage: Float32Array },
  float32: { code: "f4", bytes: 4, storage: Float32Array },
  float64: { code: "f8", bytes: 8, storage: Float64Array },
} as const satisfies Record<NpyDtype, { code: string; bytes: number; storage: unknown }>;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Read one .npy file. int64 and uint64 come as Float64Array of whole numbers, float16 as Float32Array, bool as
 * Uint8Array of 0 and 1; all exact. Fortran order is turned into C order.
 *
 * @throws NPY_SIGNATURE, NPY_HEADER, NPY_DTYPE, NPY_PICKLED, NPY_LENGTH, NPY_INT64_RANGE
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const { text, end } = headerText(bytes);
  const { dtype, littleEndian, fortran, shape } = parseHeader(text);
  const body = bytes.subarray(end);
  checkLength(body.length, shape, dtype);
  const data = decode(body, dtype, littleEndian);
  return { shape, dtype, data: fortran ? toCOrder(data, shape) : data };
}

function headerText(bytes: Uint8Array): { text: string; end: number } {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw mistake("NPY_SIGNATURE", { found: describeStart(bytes) });
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw badHeader(`its format version is ${version}; 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw badHeader("the file ends inside it");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const end = start + length;
  if (end > bytes.length) throw badHeader(`it should be ${length} bytes long and the file ends after ${bytes.length}`);
  return { text: new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, end)), end };
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return "it begins like a .npz or zip archive";
  if (bytes[0] === 0x89 && bytes[1] === 0x48) return "it begins like an HDF5 or .nir file";
  const first = [...bytes.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `it begins with the bytes ${first.join(" ")}`;
}

interface Header {
  readonly dtype: NpyDtype;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: Shape;
}

/** The header is a Python dictionary with exactly three keys, in any order. */
function parseHeader(text: string): Header {
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  if (order === undefined) throw badHeader("it has no fortran_order");
  return { ...parseDescr(text), fortran: order === "True", shape: parseShape(text) };
}

function parseDescr(text: string): Pick<Header, "dtype" | "littleEndian"> {
  const start = /['"]descr['"]\s*:\s*/.exec(text);
  if (start === null) throw badHeader("it has no descr");
  const rest = text.slice(start.index + start[0].length);
  const descr = /^['"]([^'"]{0,40})['"]/.exec(rest)?.[1];
  if (descr === undefined) throw mistake("NPY_DTYPE", { dtype: "a record of several fields" });
  const order = descr.slice(0, 1);
  if (/^[|<>=]?O/.test(descr)) throw mistake("NPY_PICKLED", {});
  const dtype = ">|<=".includes(order) ? dtypeByCode(descr.slice(1)) : undefined;
  if (dtype === undefined) throw mistake("NPY_DTYPE", { dtype: descr });
  return { dtype, littleEndian: order !== ">" };
}

function dtypeByCode(code: string): NpyDtype | undefined {
  return (Object.keys(formats) as NpyDtype[]).find((dtype) => formats[dtype].code === code);
}

function parseShape(text: string): Shape {
  const inside = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (inside === undefined) throw badHeader("it has no shape");
  const parts = inside.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  // Python 2 wrote long integers with an L.
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : NaN));
  if (shape.length > 64 || !shape.every(Number.isSafeInteger)) throw badHeader(`its shape is (${inside.slice(0, 60)})`);
  return shape;
}

function badHeader(reason: string): Error {
  return mistake("NPY_HEADER", { reason });
}

/** Compares the declared size with the bytes that are there, before anything is allocated. */
function checkLength(found: number, shape: Shape, dtype: NpyDtype): void {
  const elements = shape.includes(0) ? 0 : sizeOf(shape);
  const declared = elements * formats[dtype].bytes;
  if (declared !== found) throw mistake("NPY_LENGTH", { shape: `[${shape.join("][")}]`, dtype, declared, found });
}

function decode(body: Uint8Array, dtype: NpyDtype, littleEndian: boolean): NpyData {
  const buffer = toHostOrder(body, formats[dtype].bytes, littleEndian);
  switch (dtype) {
    case "bool":
      return new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1));
    case "int64":
      return fromBigInts(new BigInt64Array(buffer));
    case "uint64":
      return fromBigInts(new BigUint64Array(buffer));
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), float16ToNumber);
    default:
      return new formats[dtype].storage(buffer);
  }
}

function fromBigInts(values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index]!);
    if (!Number.isSafeInteger(value)) throw mistake("NPY_INT64_RANGE", { index, value: String(values[index]!) });
    numbers[index] = value;
  }
  return numbers;
}

/** Elements with the first axis running fastest, put into the order with the last axis running fastest. */
function toCOrder(data: NpyData, shape: Shape): NpyData {
  const ordered = data.slice();
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const position = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    ordered[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return ordered;
}

/**
 * Write one array as a version 1.0 .npy file, little endian, C order; the same array always gives the same bytes.
 * `data` must be of the type in which `parseNpy` would return this dtype, and as long as the shape says.
 */
export function writeNpy(array: NpyArray): Uint8Array {
  const { shape, dtype, data } = array;
  const { code, bytes, storage } = formats[dtype];
  if (!(data instanceof storage)) throw new TypeError(`${dtype} is written from ${storage.name}`);
  if (data.length !== sizeOf(shape)) throw new RangeError(`shape [${shape.join("][")}] with ${data.length} elements`);
  const descr = (bytes === 1 ? "|" : "<") + code;
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // The data begin at a multiple of 64, and the header ends with a line break.
  const padding = 64 - ((10 + dictionary.length + 1) % 64);
  const header = new TextEncoder().encode(`${dictionary}${" ".repeat(padding % 64)}\n`);
  const body = encode(data, dtype);
  const file = new Uint8Array(10 + header.length + body.length);
  file.set([...magic, 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(header, 10);
  file.set(body, 10 + header.length);
  return file;
}

function encode(data: NpyData, dtype: NpyDtype): Uint8Array {
  switch (dtype) {
    case "int64":
      return toLittleEndian(BigInt64Array.from(data, BigInt), 8);
    case "uint64":
      return toLittleEndian(BigUint64Array.from(data, BigInt), 8);
    case "float16":
      return toLittleEndian(Uint16Array.from(data, numberToFloat16), 2);
    default:
      return toLittleEndian(data, formats[dtype].bytes);
  }
}
