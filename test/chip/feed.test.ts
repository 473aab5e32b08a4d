import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEvents, encodeFrame } from "../../src/chip/feed.ts";
import { emptyList } from "../../src/core/events.ts";
import { attempt, deliveries, events, inputs, size } from "./feeding.ts";

describe("events of a host", () => {
  it("become what a frame with as many at each neuron becomes", () => {
    const neurons = fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 9 });
    fc.assert(
      fc.property(neurons, fc.boolean(), inputs, deliveries, (neuron, sorted, input, delivery) => {
        // Payloads of events are in the chip's integers.
        const [own, list, other] = [{ ...input, payloadScale: null }, emptyList(), emptyList()];
        const ids = sorted ? neuron.toSorted((a, b) => a - b) : neuron;
        const frame = new Float64Array(size);
        for (const id of ids) frame[id]!++;
        const expected = attempt(() => encodeFrame(frame, own, delivery, other));
        const given = attempt(() => encodeEvents({ neuron: ids }, own, delivery, new Float64Array(size), list));
        if (typeof expected === "string") expect(given).toBe("ENGINE_EVENT_PAYLOAD");
        else expect(events(list)).toEqual(events(other));
      }),
    );
  });
});
