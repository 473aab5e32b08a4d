import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseBaseline, estimateEnergy, macPrices } from "../../src/measure/energy.ts";
import type { EnergySpec, EventCost } from "../../src/target/types.ts";

const counts = { samples: 10, synops: 1000, neuronUpdates: 500, spikes: 20 };
const cost = (low: number, typical: number, high: number, more: Partial<EventCost> = {}): EventCost => {
  return { low, typical, high, unit: "pJ", source: "a data sheet", confidence: "quoted", ...more };
};
const complete: EnergySpec = {
  basis: "published",
  of: "chip A",
  synop: cost(1, 2, 3),
  neuronUpdate: cost(10, 10, 20),
  spike: cost(5, 6, 7),
  notPriced: [],
};

describe("estimateEnergy", () => {
  it("multiplies counts per sample by prices and adds", () => {
    const energy = estimateEnergy(counts, complete);
    expect(energy.perSample).toEqual({ low: 610, typical: 712, high: 1314, unit: "pJ" });
    expect(energy).toMatchObject({ lowerBound: false, notPriced: [], marks: [], kind: "published" });
    expect(energy.basis).toBe("Published figures of chip A.");
  });

  it("counts without prices where nothing is published", () => {
    const energy = estimateEnergy(counts, null);
    expect(energy.perSample).toBeNull();
    expect(energy.events.map(({ perSample, cost }) => [perSample, cost])).toEqual([
      [100, null],
      [50, null],
      [2, null],
    ]);
    expect(energy).toMatchObject({ kind: "none", lowerBound: true, notPriced: ["synops", "neuron updates", "spikes"] });
    expect(energy.basis).toContain("not priced");
  });

  it("names a stand-in as one", () => {
    expect(estimateEnergy(counts, { ...complete, basis: "stand-in", of: "chip B" }).basis).toBe(
      "Stand-in: the figures of chip B, because this chip's own are unpublished.",
    );
  });

  it("is a lower bound as soon as an event or a named part has no price", () => {
    const noSpike: EnergySpec = { ...complete, spike: undefined };
    expect(estimateEnergy(counts, noSpike)).toMatchObject({ lowerBound: true, notPriced: ["spikes"] });
    const idle: EnergySpec = { ...complete, notPriced: ["idle power"] };
    expect(estimateEnergy(counts, idle)).toMatchObject({ lowerBound: true, notPriced: ["idle power"] });
  });

  it("carries the marks of unchecked prices", () => {
    const unchecked = { ...complete, synop: cost(1, 1, 1, { confidence: "literature-unverified" }) };
    expect(estimateEnergy(counts, unchecked).marks).toEqual(["literature-unverified"]);
    const assumed = { ...unchecked, spike: cost(1, 1, 1, { confidence: "assumption" }) };
    expect(estimateEnergy(counts, assumed).marks).toEqual(["literature-unverified", "assumption"]);
  });

  it("keeps low, typical and high in order", () => {
    const price = fc
      .array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 3, maxLength: 3 })
      .map((values) => values.toSorted((a, b) => a - b))
      .map(([low = 0, typical = 0, high = 0]) => cost(low, typical, high));
    const many = fc.nat(1_000_000);
    fc.assert(
      fc.property(price, price, many, many, many, (synop, spike, synops, neuronUpdates, spikes) => {
        const spec: EnergySpec = { basis: "published", of: "x", synop, spike, notPriced: [] };
        const range = estimateEnergy({ samples: 3, synops, neuronUpdates, spikes }, spec).perSample;
        expect(range).not.toBeNull();
        expect(range?.low).toBeLessThanOrEqual(range?.typical ?? Number.NaN);
        expect(range?.typical).toBeLessThanOrEqual(range?.high ?? Number.NaN);
      }),
    );
  });
});

describe("denseBaseline", () => {
  it("prices all weights at every step and once", () => {
    const baseline = denseBaseline(1000, 25);
    expect(baseline).toMatchObject({ macsPerStep: 1000, macsPerSample: 25_000 });
    const float32 = baseline.energies.find(({ price }) => price.name === "float32");
    expect(float32?.once).toEqual({ low: 4600, typical: 4600, high: 9600, unit: "pJ" });
    expect(float32?.everyStep.typical).toBeCloseTo(115_000, 6);
  });

  it("uses prices with a source, the unchecked one marked", () => {
    expect(macPrices.map(({ name, confidence }) => [name, confidence])).toEqual([
      ["int8", "literature-unverified"],
      ["float32", "public-page"],
    ]);
    expect(
      macPrices.every(({ source, low, typical, high }) => source !== "" && low <= typical && typical <= high),
    ).toBe(true);
  });
});
