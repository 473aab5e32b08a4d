import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/engine.ts";
import { comparePredictions, compareRecordings } from "../../src/equivalence/compare.ts";
import type { Event } from "../measure/recordings.ts";
import { drawn, eventAt, events, recordingOf, recordingOfDrawn } from "../measure/recordings.ts";

/** A drawn recording, and the same sizes with other spikes. */
const twoRuns = drawn.chain((size) =>
  fc.record({
    size: fc.constant(size),
    hiddenEvents: events(size.samples, size.steps, size.hidden),
    outEvents: events(size.samples, size.steps, size.out),
  }),
);

function silentRun(samples: number, steps: number, neurons: number): Recording {
  return recordingOf({ samples, steps, populations: [{ name: "a", neurons }] });
}

function runCarrying(payload: number): Recording {
  return recordingOf({ samples: 1, steps: 1, populations: [{ name: "a", neurons: 1, events: [[0, 0, 0, payload]] }] });
}

const key = (population: string) => (event: Event) => [population, ...event.slice(0, 3)].join(" ");

describe("compareRecordings", () => {
  it("finds identical recordings identical", () => {
    fc.assert(
      fc.property(drawn, (size) => {
        const compared = compareRecordings(recordingOfDrawn(size), recordingOfDrawn(size));
        expect(compared.divergence).toBeNull();
        expect(compared.samplesDiffering).toBe(0);
        expect(compared.spikes).toMatchObject({ share: 1, differing: 0 });
        expect(compared.populations.map(({ name, share }) => [name, share])).toEqual([
          ["hidden", 1],
          ["out", 1],
        ]);
      }),
    );
  });

  it("counts what the two sets of spikes share and what either has", () => {
    fc.assert(
      fc.property(twoRuns, ({ size, ...other }) => {
        const a = new Set([...size.hiddenEvents.map(key("hidden")), ...size.outEvents.map(key("out"))]);
        const b = new Set([...other.hiddenEvents.map(key("hidden")), ...other.outEvents.map(key("out"))]);
        const both = [...a].filter((place) => b.has(place)).length;
        const either = new Set([...a, ...b]).size;
        const { spikes } = compareRecordings(recordingOfDrawn(size), recordingOfDrawn(size, other));
        expect(spikes).toEqual({ both, either, differing: either - both, share: either === 0 ? 1 : both / either });
      }),
    );
  });

  it("gives the same shares with the runs exchanged, and the same place with the roles exchanged", () => {
    fc.assert(
      fc.property(twoRuns, ({ size, ...other }) => {
        const there = compareRecordings(recordingOfDrawn(size), recordingOfDrawn(size, other));
        const back = compareRecordings(recordingOfDrawn(size, other), recordingOfDrawn(size));
        expect(back.spikes).toEqual(there.spikes);
        expect(back.populations).toEqual(there.populations);
        expect(back.samplesDiffering).toBe(there.samplesDiffering);
        const { reference = null, emulator = null, ...place } = there.divergence ?? {};
        if (there.divergence === null) expect(back.divergence).toBeNull();
        else expect(back.divergence).toEqual({ ...place, reference: emulator, emulator: reference });
      }),
    );
  });

  it("finds one flipped spike at exactly its place", () => {
    const flipped = drawn.chain((size) =>
      fc.record({
        size: fc.constant(size),
        place: fc.nat(size.samples * size.steps * size.hidden - 1).map((at) => eventAt(at, size.steps, size.hidden)),
      }),
    );
    fc.assert(
      fc.property(flipped, ({ size, place }) => {
        const same = key("hidden")(place);
        const had = size.hiddenEvents.some((event) => key("hidden")(event) === same);
        const hiddenEvents = had
          ? size.hiddenEvents.filter((event) => key("hidden")(event) !== same)
          : [...size.hiddenEvents, place];
        const compared = compareRecordings(recordingOfDrawn(size), recordingOfDrawn(size, { hiddenEvents }));
        const [sample, step, neuron] = place;
        expect(compared.divergence).toEqual({
          sample,
          step,
          population: "hidden",
          neuron,
          reference: had,
          emulator: !had,
        });
        expect(compared.spikes.differing).toBe(1);
        expect(compared.samplesDiffering).toBe(1);
      }),
    );
  });

  it("orders differences by sample, then step, then population, then neuron", () => {
    const base = { samples: 2, steps: 2 };
    const silent = recordingOf({
      ...base,
      populations: [
        { name: "a", neurons: 3 },
        { name: "b", neurons: 3 },
      ],
    });
    const firstOf = (a: readonly Event[], b: readonly Event[]): unknown =>
      compareRecordings(
        silent,
        recordingOf({
          ...base,
          populations: [
            { name: "a", neurons: 3, events: a },
            { name: "b", neurons: 3, events: b },
          ],
        }),
      ).divergence;
    expect(firstOf([[1, 0, 0]], [[0, 1, 2]])).toMatchObject({ sample: 0, step: 1, population: "b", neuron: 2 });
    expect(firstOf([[0, 1, 0]], [[0, 0, 2]])).toMatchObject({ step: 0, population: "b" });
    expect(firstOf([[0, 1, 2]], [[0, 1, 0]])).toMatchObject({ population: "a", neuron: 2 });
    expect(
      firstOf(
        [
          [0, 1, 2],
          [0, 1, 1],
        ],
        [],
      ),
    ).toMatchObject({ neuron: 1, reference: false, emulator: true });
  });

  it("does not look at what a spike carries", () => {
    expect(compareRecordings(runCarrying(1), runCarrying(7)).spikes.share).toBe(1);
  });

  it("compares the named populations only, in the order of the reference", () => {
    const reference = recordingOf({
      samples: 1,
      steps: 1,
      populations: [
        { name: "input", neurons: 9, events: [[0, 0, 8]] },
        { name: "a", neurons: 1 },
        { name: "b", neurons: 1, events: [[0, 0, 0]] },
      ],
    });
    const emulator = recordingOf({
      samples: 1,
      steps: 1,
      populations: [
        { name: "b", neurons: 1, events: [[0, 0, 0]] },
        { name: "a", neurons: 1 },
      ],
    });
    const compared = compareRecordings(reference, emulator);
    expect(compared.populations.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(compared.spikes).toEqual({ both: 1, either: 1, differing: 0, share: 1 });
    expect(compareRecordings(reference, emulator, ["a"]).spikes.either).toBe(0);
    expect(() => compareRecordings(reference, emulator, ["input"])).toThrowError(
      expect.objectContaining({ code: "RECORDINGS_UNLIKE" }),
    );
  });

  it("refuses recordings of other sizes with the numbers", () => {
    expect(() => compareRecordings(silentRun(2, 3, 4), silentRun(1, 3, 4))).toThrowError(/number of samples: 2 and 1/);
    expect(() => compareRecordings(silentRun(2, 3, 4), silentRun(2, 4, 4))).toThrowError(
      /number of timesteps: 3 and 4/,
    );
    expect(() => compareRecordings(silentRun(2, 3, 4), silentRun(2, 3, 5))).toThrowError(/neurons of a: 4 and 5/);
  });
});

describe("comparePredictions", () => {
  it("gives the share that agree and the samples that do not", () => {
    expect(comparePredictions(Uint32Array.of(1, 2, 3, 4), Uint32Array.of(1, 0, 3, 0))).toEqual({
      share: 0.5,
      mismatches: [1, 3],
    });
    expect(comparePredictions(new Uint32Array(), new Uint32Array())).toEqual({ share: 1, mismatches: [] });
  });

  it("refuses lists of different length", () => {
    expect(() => comparePredictions(Uint32Array.of(1), new Uint32Array())).toThrowError(/number of samples: 1 and 0/);
  });
});
