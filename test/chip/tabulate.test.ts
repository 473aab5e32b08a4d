import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/chip/feed.ts";
import { feedRow, plainScanner, tabulate } from "../../src/chip/tabulate.ts";
import type { ProgramInput } from "../../src/compile/program.ts";
import { emptyList } from "../../src/core/events.ts";
import { readData } from "../../src/encoding/data.ts";
import { encodeConstant, encodeSpikes } from "../../src/encoding/direct.ts";
import type { Stimulus } from "../../src/engine.ts";
import type { NpyArray } from "../../src/formats/npy.ts";
import { openFrame } from "../../src/kernels/frames.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import { attempt, deliveries, events, inputs, size, type Delivery } from "./feeding.ts";

const values = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 2, 5, 0.5, -1, 5e-324, 1 + 2 ** -52, NaN, Infinity) },
);
const framed = fc.array(fc.array(values, { minLength: size, maxLength: size }), { minLength: 1, maxLength: 6 });

function stimulusOf(frames: readonly (readonly number[])[]): Stimulus {
  const read: Stimulus["read"] = (_sample, step, out) => out.set(frames[step]!);
  return { samples: 1, steps: frames.length, shape: [size], kind: "spikes", constant: false, read };
}

/** The same frames by a function of their own, so that nobody knows where they lie. */
function unknown(stimulus: Stimulus): Stimulus {
  return { ...stimulus, read: (sample, step, out) => stimulus.read(sample, step, out) };
}

/** Arrays of data, most of zeros and ones only, of kinds that are looked at in many ways. */
const stored = fc
  .record({
    samples: fc.integer({ min: 1, max: 4 }),
    time: fc.option(fc.integer({ min: 2, max: 12 })),
    size: fc.integer({ min: 1, max: 70 }),
    dtype: fc.constantFrom("uint8", "float32", "int16"),
    other: fc.constantFrom(0, 0, 0, -0, 2, 255, 0.5),
    at: fc.nat(),
    seed: fc.array(fc.boolean(), { minLength: 1, maxLength: 97 }),
  })
  .map(({ samples, time, size: each, dtype, other, at, seed }) => {
    const length = samples * (time ?? 1) * each;
    const Kind = { uint8: Uint8Array, float32: Float32Array, int16: Int16Array }[dtype];
    const data = new Kind(length);
    for (let i = 0; i < length; i++) data[i] = Number(seed[(i * 7 + Math.floor(i / each)) % seed.length]);
    if (other !== 0 || Object.is(other, -0)) data[at % length] = other;
    const shape = time === null ? [samples, each] : [samples, time, each];
    return { array: { shape, dtype, data } as NpyArray, samples, steps: time ?? 3, size: each };
  });

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

  it("is the same from arrays as from frames, of some samples as of all, whatever the values", async () => {
    const modules = await loadDelivery();
    fc.assert(
      fc.property(stored, fc.boolean(), fc.nat(), deliveries, ({ array, steps, ...kind }, graded, part, delivery) => {
        const input: ProgramInput = { name: "pixels", shape: [kind.size], payloadScale: null, payloadLimit: 300 };
        const data = readData(array, [kind.size], { steps });
        const stimulus = graded ? encodeConstant(data, 1, steps) : encodeSpikes(data, 1, steps);
        const low = part % kind.samples;
        const rows = (own: Stimulus, compiled: boolean): unknown =>
          attempt(() => {
            const scanner = compiled ? openFrame(modules, kind.size) : plainScanner(kind.size);
            const table = tabulate(own, input, delivery, scanner, { low, high: kind.samples });
            const list = emptyList();
            return Array.from({ length: (kind.samples - low) * steps }, (_, row) => {
              feedRow(table, Math.floor(row / steps), row % steps, list);
              return events(list);
            });
          });
        const expected = rows(unknown(stimulus), false);
        expect(rows(stimulus, true)).toEqual(expected);
        expect(rows({ ...stimulus, constant: false }, true)).toEqual(expected);
        expect(rows(stimulus, false)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
