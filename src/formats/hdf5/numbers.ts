/** From stored bytes to numbers. */

import type { Floats } from "../../network/types.ts";
import { bfloat16ToNumber, float16ToNumber, toHostOrder } from "../bytes.ts";
import type { NumberType } from "./types.ts";

/**
 * Decode numbers: floats of 8 bytes as Float64Array, shorter ones as Float32Array, integers as Float32Array where that
 * is exact and as Float64Array where not (beyond 2^53 rounded).
 *
 * @param bytes whole numbers of `type.size` bytes
 */
export function decodeNumbers(bytes: Uint8Array, type: NumberType): Floats {
  const buffer = toHostOrder(bytes, type.size, type.littleEndian);
  if (type.kind === "integer") return asFloats(integers(buffer, type));
  if (type.kind === "bfloat") return Float32Array.from(new Uint16Array(buffer), bfloat16ToNumber);
  if (type.size === 2) return Float32Array.from(new Uint16Array(buffer), float16ToNumber);
  return type.size === 4 ? new Float32Array(buffer) : new Float64Array(buffer);
}

type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

function integers(buffer: ArrayBuffer, { size, signed }: NumberType): Integers {
  switch (size) {
    case 1:
      return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
    case 2:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 4:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    default:
      return Float64Array.from<bigint>(signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer), Number);
  }
}

function asFloats(values: Integers): Floats {
  const short = Float32Array.from(values);
  return short.every((value, index) => value === values[index]) ? short : Float64Array.from(values);
}
