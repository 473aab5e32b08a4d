/**
 * Dataspaces and datatypes: the shape of an array and how its elements are stored.
 *
 * Source: HDF5 File Format Specification 3.0, sections IV.A.2.b and IV.A.2.d.
 */

import type { Shape } from "../../network/types.ts";
import { BrokenFile, type Source } from "./source.ts";

/** How a number is stored: two's complement, or IEEE 754, or bfloat16 (a float of two bytes with 8 exponent bits). */
export interface NumberType {
  readonly kind: "integer" | "float" | "bfloat";
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
}
/** Text of a fixed number of bytes, or of any length in a heap; then the array holds references. */
export interface TextType {
  readonly kind: "text";
  readonly size: number;
  readonly inHeap: boolean;
}
/** Anything else, in words. */
export interface OtherType {
  readonly kind: "other";
  readonly size: number;
  readonly what: string;
}
export type ElementType = NumberType | TextType | OtherType;

/**
 * Shape in a dataspace message.
 *
 * @returns null for an array without even a shape
 */
export function readShape(source: Source, at: number): Shape | null {
  const version = source.number(at, 1);
  if (version !== 1 && version !== 2) throw new BrokenFile(`an array has a shape of unknown version ${version}`);
  const rank = source.number(at + 1, 1);
  if (rank > 32) throw new BrokenFile(`an array has ${rank} axes`);
  if (version === 2 && source.number(at + 3, 1) === 2) return null;
  const first = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => source.length(first + axis * source.superblock.lengthBytes));
}

const classes = [
  "integers",
  "floats",
  "times",
  "text",
  "bit fields",
  "opaque bytes",
  "records",
  "references",
  "booleans or names of an enumeration",
  "lists of different lengths",
  "arrays",
  "complex numbers",
];

/** Element type in a datatype message. */
export function readType(source: Source, at: number): ElementType {
  const number = source.number(at, 1) & 15;
  const flags = source.number(at + 1, 3);
  const size = source.number(at + 4, 4);
  const other = (what = classes[number] ?? "values of an unknown type"): OtherType => ({ kind: "other", size, what });
  if (size === 0) throw new BrokenFile("an array has elements of no size");
  switch (number) {
    case 0:
      return integerType(source, at, flags, size) ?? other(`integers of ${size} bytes`);
    case 1:
      return floatType(source, at, flags, size) ?? other(`floats of ${size} bytes in an unusual layout`);
    case 3:
      return { kind: "text", size, inHeap: false };
    case 6:
      // Complex numbers as numpy stores them: a record of r and i.
      return (flags & 0xffff) === 2 && source.text(at + 8, 2) === "r" ? other("complex numbers") : other();
    case 9:
      return (flags & 15) === 1 ? { kind: "text", size, inHeap: true } : other();
    default:
      return other();
  }
}

/** Null when bits are left out or the size is unusual. */
function integerType(source: Source, at: number, flags: number, size: number): NumberType | null {
  const isWhole = source.number(at + 8, 2) === 0 && source.number(at + 10, 2) === size * 8;
  if (!isWhole || ![1, 2, 4, 8].includes(size)) return null;
  return { kind: "integer", size, signed: (flags & 8) !== 0, littleEndian: (flags & 1) === 0 };
}

/** Bits of exponent and mantissa by bytes; the sign is the highest bit. */
const floats: readonly { readonly size: number; readonly bits: string; readonly kind: "float" | "bfloat" }[] = [
  { size: 2, bits: "5,10", kind: "float" },
  { size: 2, bits: "8,7", kind: "bfloat" },
  { size: 4, bits: "8,23", kind: "float" },
  { size: 8, bits: "11,52", kind: "float" },
];

function floatType(source: Source, at: number, flags: number, size: number): NumberType | null {
  const bits = `${source.number(at + 13, 1)},${source.number(at + 15, 1)}`;
  const known = floats.find((float) => float.size === size && float.bits === bits);
  const isPlain = source.number(at + 8, 2) === 0 && source.number(at + 10, 2) === size * 8 && (flags & 0x40) === 0;
  return known && isPlain ? { kind: known.kind, size, signed: true, littleEndian: (flags & 1) === 0 } : null;
}
