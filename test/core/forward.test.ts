import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Forwarding } from "../../src/core/forward.ts";

/** Counts of neurons that fire `own` each on top of what they were passed, one after the other. */
function oneByOne(targets: Int32Array, own: readonly number[], atMost: number): number[] {
  const counts = own.map(() => 0);
  for (const [neuron, fired] of own.entries()) {
    counts[neuron] = Math.min(counts[neuron]! + fired, atMost);
    const target = targets[neuron]!;
    if (target >= 0) counts[target] = Math.min(counts[target]! + counts[neuron]!, atMost);
  }
  return counts;
}

/** The same, advanced run by run. */
function byRuns(targets: Int32Array, own: readonly number[], atMost: number): number[] {
  const forwarding = new Forwarding(targets, atMost);
  const counts = new Float64Array(own.length);
  for (const [i, end] of forwarding.runs.entries()) {
    if (i === 0) continue;
    const first = forwarding.runs[i - 1]!;
    for (let neuron = first; neuron < end; neuron++) counts[neuron] = Math.min(counts[neuron]! + own[neuron]!, atMost);
    forwarding.handOn(counts, first, end);
  }
  return [...counts];
}

describe("counts that neurons pass on", () => {
  it("reach a later neuron before its timestep, and an earlier one after it", () => {
    expect(byRuns(Int32Array.of(2, -1, 0), [1, 5, 2], 31)).toEqual([4, 5, 3]);
  });

  it("go on through a row of neurons, and are cut", () => {
    expect(byRuns(Int32Array.of(1, 2, 3, -1), [10, 10, 10, 1], 31)).toEqual([10, 20, 30, 31]);
  });

  it("from a neuron to itself count twice", () => expect(byRuns(Int32Array.of(0), [3], 31)).toEqual([6]));

  it("leave all neurons in one run where none gets any from an earlier one", () => {
    expect(new Forwarding(Int32Array.of(-1, 0, 1, -1), 31).runs).toEqual([0, 4]);
    expect(new Forwarding(Int32Array.of(2, 0, 1, 2), 31).runs).toEqual([0, 2, 4]);
  });

  it("are the same run by run and neuron by neuron", () => {
    const neuron = fc.record({ target: fc.integer({ min: -4, max: 11 }), own: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(neuron, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        (neurons, atMost) => {
          const targets = Int32Array.from(neurons, ({ target }) =>
            target < neurons.length ? Math.max(-1, target) : -1,
          );
          const own = neurons.map((one) => one.own);
          expect(byRuns(targets, own, atMost)).toEqual(oneByOne(targets, own, atMost));
        },
      ),
    );
  });
});
