import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEvents, encodeFrame, feedRow, plainScanner, tabulate } from "../../src/chip/feed.ts";
import type { ProgramInput } from "../../src/compile/program.ts";
import { emptyList, type EventList } from "../../src/core/events.ts";
import type { Stimulus } from "../../src/engine.ts";
import { BitspikeError } from "../../src/errors.ts";
import { openFrame } from "../../src/kernels/frames.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import type { Target } from "../../src/target/types.ts";

type Delivery = Target["delivery"];

const size = 7;
const values = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 2, 5, 0.5, -1, 5e-324, 1 + 2 ** -52, NaN, Infinity) },
);
const framed = fc.array(fc.array(values, { minLength: size, maxLength: size }), { minLength: 1, maxLength: 6 });
const inputs = fc.record({
  name: fc.constant("pixels"),
  shape: fc.constant([size]),
  payloadScale: fc.constantFrom(null, null, 1, 0.25, 3),
  payloadLimit: fc.constantFrom(0, 1, 4),
}) as fc.Arbitrary<ProgramInput>;
const deliveries = fc.constantFrom(
  { payloadBits: 0, atMost: null },
  { payloadBits: 0, atMost: { inputs: 1, spikes: 1 } },
  { payloadBits: 0, atMost: { inputs: 2, spikes: 1 } },
  { payloadBits: 8, atMost: null },
) as unknown as fc.Arbitrary<Delivery>;

function stimulusOf(frames: readonly (readonly number[])[]): Stimulus {
  const read: Stimulus["read"] = (_sample, step, out) => out.set(frames[step]!);
  return { samples: 1, steps: frames.length, shape: [size], kind: "spikes", constant: false, read };
}

function events({ neuron, payload, begin, count }: EventList): [number, number][] {
  return Array.from({ length: count }, (_, i) => [neuron[begin + i]!, payload[begin + i]!]);
}

/** What a run gives, or the code of its mistake. */
function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}

describe("a table of events", () => {
  it("has what each frame alone becomes, whatever its values, and ends with the same mistake", () => {
    fc.assert(
      fc.property(framed, inputs, deliveries, (frames, input, delivery) => {
        const list = emptyList();
        const expected = attempt(() => {
          return frames.map((frame) => {
            encodeFrame(Float64Array.from(frame), input, delivery, list);
            return events(list);
          });
        });
        const given = attempt(() => {
          const table = tabulate(stimulusOf(frames), input, delivery);
          return frames.map((_, step) => {
            feedRow(table, 0, step, list);
            return events(list);
          });
        });
        expect(given).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same whatever finds the values that are not 0", async () => {
    const modules = await loadDelivery();
    const places = fc.array(values, { minLength: 1, maxLength: 50 });
    const compared = fc.property(places, (frame) => {
      const [plain, compiled] = [plainScanner(frame.length), openFrame(modules, frame.length)];
      // Of a frame that was scanned before nothing is left.
      for (const all of [frame.map(() => 1), frame]) {
        for (const scanner of [plain, compiled]) scanner.frame.set(all);
        const [a, b] = [plain, compiled].map((scanner) => {
          const count = scanner.scan();
          return [...scanner.found.subarray(0, count)].filter((place) => all[place] !== 0);
        });
        expect(a).toEqual(b);
        expect(a).toEqual(all.flatMap((value, place) => (value === 0 ? [] : [place])));
      }
    });
    fc.assert(compared, { numRuns: 300 });
  });

  it("has the events of every row of thousands", () => {
    const frames = Array.from({ length: 3000 }, (_, step) => {
      return Array.from({ length: size }, (_value, i) => Number((step * (i + 3)) % 11 < step / 300));
    });
    const input: ProgramInput = { name: "pixels", shape: [size], payloadScale: null, payloadLimit: 1 };
    const table = tabulate(stimulusOf(frames), input, { payloadBits: 0 } as unknown as Delivery);
    const list = emptyList();
    for (const [step, frame] of frames.entries()) {
      feedRow(table, 0, step, list);
      expect(events(list)).toEqual(frame.flatMap((value, i) => (value === 1 ? [[i, 1]] : [])));
    }
  });
});

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
