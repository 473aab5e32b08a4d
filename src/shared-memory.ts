/** Arrays in memory that workers see without a copy each. */

import { isMemory } from "./core/synapses.ts";

/** Whether memory can be shared with workers here; a page has to be cross-origin isolated for it. */
export function canShare(): boolean {
  return (
    typeof SharedArrayBuffer === "function" &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  );
}

/** The same plain value (objects, lists, maps, typed arrays) with its arrays in shared memory. */
export function share<T>(value: T): T {
  return shareAny(value) as T;
}

function shareAny(value: unknown): unknown {
  if (isMemory(value)) return value;
  if (ArrayBuffer.isView(value)) return shareArray(value as Int32Array);
  if (Array.isArray(value)) return value.map(shareAny);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, shareAny(item)] as const));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shareAny(item)]));
}

/** An array that is shared already stays the same. Written for one kind of typed array; all have the same members. */
function shareArray(array: Int32Array): Int32Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => Int32Array;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
