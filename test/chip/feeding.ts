/** Frames and inputs for tests of what a host sends. */

import * as fc from "fast-check";
import type { ProgramInput } from "../../src/compile/program.ts";
import type { EventList } from "../../src/core/events.ts";
import { BitspikeError } from "../../src/errors.ts";
import type { Target } from "../../src/target/types.ts";

export type Delivery = Target["delivery"];

export const size = 7;
export const inputs = fc.record({
  name: fc.constant("pixels"),
  shape: fc.constant([size]),
  payloadScale: fc.constantFrom(null, null, 1, 0.25, 3),
  payloadLimit: fc.constantFrom(0, 1, 4),
}) as fc.Arbitrary<ProgramInput>;
export const deliveries = fc.constantFrom(
  { payloadBits: 0, atMost: null },
  { payloadBits: 0, atMost: { inputs: 1, spikes: 1 } },
  { payloadBits: 0, atMost: { inputs: 2, spikes: 1 } },
  { payloadBits: 8, atMost: null },
) as unknown as fc.Arbitrary<Delivery>;

export function events({ neuron, payload, begin, count, binary }: EventList): [number, number][] {
  const all = Array.from({ length: count }, (_, i): [number, number] => [neuron[begin + i]!, payload[begin + i]!]);
  if (binary && all.some(([, carried]) => carried !== 1)) throw new Error("a binary list has other payloads than 1");
  return all;
}

/** What a run gives, or the code of its mistake. */
export function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}
