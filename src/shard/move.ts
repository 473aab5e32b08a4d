/** What can be handed over to another thread without a copy. */

/** All buffers of the arrays in a plain value (objects, lists, maps), each once; those that are shared left out. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(value, found);
  return [...found];
}

function collect(value: unknown, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (value instanceof Map) for (const item of value.values()) collect(item, found);
  else if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) collect(item, found);
}
