/** Deliveries in memories that threads share: each thread makes one of a kind, since such a memory only grows. */

import type { KernelDelivery } from "./delivery.ts";
import type { WasmMemory } from "./wasm.ts";

/** Of this thread, by kind. */
const known = new WeakMap<WasmMemory, Map<string, KernelDelivery>>();

/**
 * The delivery of a kind, which all machines of this thread use by turns: its sums are those of whoever used it last.
 *
 * @param kind tells it from all others in the memory
 * @param open makes the first
 */
export function openOnce(memory: WasmMemory, kind: string, open: () => KernelDelivery): KernelDelivery {
  const own = known.get(memory) ?? new Map<string, KernelDelivery>();
  known.set(memory, own);
  const delivery = own.get(kind) ?? open();
  own.set(kind, delivery);
  return delivery;
}
