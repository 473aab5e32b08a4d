import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recording, SpikeTrain } from "../src/engine.ts";
import { concatRecordings, concatTrains, spikeCounts, SpikeTrainBuilder } from "../src/recording.ts";

/** One spike as [neuron, payload]; rows of spikes as a train is said to hold them. */
type Row = [neuron: number, payload: number][];

const neurons = 7;
const rowOf = (payload: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: neurons - 1 }))
    .chain((ids) =>
      fc.tuple(...ids.toSorted((a, b) => a - b).map((id) => payload.map((value): [number, number] => [id, value]))),
    );
const rows: fc.Arbitrary<Row[]> = fc.array(fc.oneof(rowOf(fc.constant(1)), rowOf(fc.integer({ min: 0, max: 300 }))), {
  maxLength: 12,
});

function build(rows: readonly Row[]): SpikeTrain {
  const builder = new SpikeTrainBuilder(rows.length);
  for (const row of rows) {
    const payload = row.every(([, value]) => value === 1) ? null : Int32Array.from(row, ([, value]) => value);
    builder.addRow(
      Uint32Array.from(row, ([id]) => id),
      payload,
      row.length,
    );
  }
  return builder.finish();
}

function read(train: SpikeTrain): Row[] {
  return Array.from({ length: train.start.length - 1 }, (_, r) =>
    Array.from({ length: train.start[r + 1]! - train.start[r]! }, (_, i): [number, number] => {
      const at = train.start[r]! + i;
      return [train.neuron[at]!, train.payload === null ? 1 : train.payload[at]!];
    }),
  );
}

describe("SpikeTrainBuilder", () => {
  it("gives back the rows that were added", () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(read(build(given))).toEqual(given);
      }),
    );
  });

  it("keeps payloads only where one differs from 1", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const plain = given.flat().every(([, payload]) => payload === 1);
        expect(build(given).payload === null).toBe(plain);
      }),
    );
  });

  it("grows beyond its first capacity", () => {
    const builder = new SpikeTrainBuilder(3);
    const ids = Uint32Array.from({ length: 2000 }, (_, i) => i);
    builder.addRow(ids, null, 2000);
    builder.addRow(ids, new Int32Array(2000).fill(2), 1500);
    builder.addRow(ids, null, 2000);
    const train = builder.finish();
    expect([...train.start]).toEqual([0, 2000, 3500, 5500]);
    expect([train.payload?.[1999], train.payload?.[2000], train.payload?.[3499], train.payload?.[3500]]).toEqual([
      1, 2, 2, 1,
    ]);
  });

  it("leaves rows that were never added silent", () => {
    const builder = new SpikeTrainBuilder(3);
    builder.addRow(Uint32Array.of(4), null, 1);
    expect(read(builder.finish())).toEqual([[[4, 1]], [], []]);
  });

  it("refuses more rows than announced", () => {
    const builder = new SpikeTrainBuilder(0);
    expect(() => builder.addRow(new Uint32Array(1), null, 1)).toThrow("more rows");
  });
});

describe("concatTrains", () => {
  it("equals the train built from all rows at once", () => {
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 4 }), (parts) => {
        expect(concatTrains(parts.map(build))).toEqual(build(parts.flat()));
      }),
    );
  });
});

describe("spikeCounts", () => {
  it("adds the payloads of each neuron over the steps of a sample", () => {
    const train = build([
      [[0, 1]],
      [
        [0, 5],
        [2, 1],
      ],
      [],
      [[2, 3]],
    ]);
    expect([...spikeCounts(train, 2, 3)]).toEqual([6, 0, 1, 0, 0, 3]);
  });
});

const part = (first: number, samples: number): Recording => ({
  engine: "reference",
  samples,
  steps: 1,
  populations: [
    {
      name: "lif",
      shape: [neurons],
      neurons,
      spikes: build(Array.from({ length: samples }, (_, i): Row => [[first + i, 1]])),
      traces: new Map([["membrane", Float32Array.from({ length: samples * neurons }, (_, i) => first + i)]]),
    },
  ],
  projections: [
    { name: "a", from: "in", to: "lif", synops: Float64Array.from({ length: samples }, (_, i) => first + i) },
  ],
  outputs: new Map([["out", Float32Array.from({ length: samples }, (_, i) => first + i)]]),
});

describe("concatRecordings", () => {
  it("puts samples one after another in every part", () => {
    const joined = concatRecordings([part(0, 2), part(2, 1)]);
    expect(joined.samples).toBe(3);
    expect(read(joined.populations[0]!.spikes)).toEqual([[[0, 1]], [[1, 1]], [[2, 1]]]);
    expect(joined.populations[0]!.traces.get("membrane")).toHaveLength(3 * neurons);
    expect([...joined.projections[0]!.synops]).toEqual([0, 1, 2]);
    expect([...joined.outputs.get("out")!]).toEqual([0, 1, 2]);
  });

  it("refuses recordings of different networks", () => {
    const other: Recording = { ...part(0, 1), populations: [] };
    expect(() => concatRecordings([part(0, 1), other])).toThrow("different networks");
  });
});
