import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Program } from "../../src/compile/program.ts";
import type { Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { denseBaseline, macPrices } from "../../src/measure/baseline.ts";
import { estimateEnergy, type EnergyEstimate } from "../../src/measure/energy.ts";
import { LedgerPlan } from "../../src/measure/ledger.ts";
import type { EnergyRange } from "../../src/measure/range.ts";
import type { TimeEstimate } from "../../src/measure/timing.ts";
import type { EnergySpec, EventCost, Target } from "../../src/target/types.ts";
import { randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { counted, randomPlaces, recorded } from "./placed.ts";

const cost = (low: number, typical: number, high: number, more: Partial<EventCost> = {}): EventCost => {
  return { low, typical, high, unit: "pJ", source: "a data sheet", confidence: "quoted", ...more };
};
const one = cost(1, 1, 1);
const complete: EnergySpec = {
  basis: "published",
  of: "chip A",
  synop: cost(1, 2, 3),
  accumulation: cost(0, 0, 1),
  neuronUpdate: cost(10, 10, 20),
  neuronActive: one,
  spike: cost(5, 6, 7),
  axonOut: cost(2, 3, 4),
  axonIn: one,
  hop: { east: one, west: cost(2, 2, 3), north: one, south: one },
  staticPower: { ...cost(1, 2, 4), unit: "mW" },
  notPriced: [],
};
const mesh: Target["noc"] = {
  topology: "mesh",
  routing: "x-then-y",
  width: counted(2),
  height: counted(2),
  coresPerTile: counted(1),
  tiles: "by-row",
};
const untimed: TimeEstimate = {
  basis: "none",
  missing: ["times"],
  steps: 3,
  simple: null,
  mesh: null,
  perSample: null,
  samplesPerSecond: null,
  sources: [],
};
const fixed: TimeEstimate = { ...untimed, basis: "timestep", missing: [], perSample: 30 };

interface Measured {
  readonly program: Program;
  readonly stimuli: Stimuli;
  readonly recording: Recording;
  of(spec: EnergySpec | null, time?: TimeEstimate, recording?: Recording): EnergyEstimate;
}

/** A random program on four cores, run on two samples; null where the run ends with a mistake. */
async function measured(seed: number, chip: Partial<Target> = { noc: mesh }): Promise<Measured | null> {
  const dice = new Dice(seed);
  const program = randomProgram({ ...dice.one(targets), noc: undefined, ...chip }, dice);
  const places = randomPlaces(program, 4, dice);
  const stimuli = randomStimuli(program, 2, 3, seed);
  const recording = await recorded(program, stimuli);
  if (recording === null) return null;
  return {
    program,
    stimuli,
    recording,
    of(spec, time = fixed, shown = recording) {
      const priced = { ...program, target: { ...program.target, energy: spec } };
      return estimateEnergy(new LedgerPlan(priced, places).sum(stimuli, shown), priced, time);
    },
  };
}

async function someMeasured(chip?: Partial<Target>): Promise<Measured> {
  for (let seed = 1; ; seed++) {
    const found = await measured(seed, chip);
    if (found?.recording.populations.some(({ spikes }) => spikes.neuron.length > 0)) return found;
  }
}

function near(got: EnergyRange, expected: EnergyRange): void {
  for (const end of ["low", "typical", "high"] as const) expect(got[end]).toBeCloseTo(expected[end], 6);
}

function total(ranges: readonly (EnergyRange | null)[]): EnergyRange {
  const sum = (end: "low" | "typical" | "high"): number => ranges.reduce((all, range) => all + (range?.[end] ?? 0), 0);
  return { low: sum("low"), typical: sum("typical"), high: sum("high"), unit: "pJ" };
}

/** Only the first sample. */
function firstOf(recording: Recording): Recording {
  return { ...recording, samples: 1 };
}

describe("the energy of a ledger", () => {
  it("is the same by kind of event, by layer, by core, by timestep and by sample", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const run = await measured(seed);
        if (run === null) return;
        const energy = run.of(complete);
        const events = total(energy.events.map((event) => event.energy));
        near(total([events, energy.static.energy]), energy.perSample!);
        near(total(energy.layers.map((layer) => layer.energy)), events);
        near(total(energy.cores.map((core) => core.energy)), events);
        const steps = energy.layers.flatMap(({ byStep }) => byStep).reduce((sum, pJ) => sum + pJ, 0);
        expect(steps).toBeCloseTo(events.typical, 6);
        const mean = energy.bySample.reduce((sum, pJ) => sum + pJ, 0) / run.recording.samples;
        expect(mean).toBeCloseTo(energy.perSample!.typical, 6);
        expect(energy).toMatchObject({ lowerBound: false, notPriced: [], marks: [], kind: "published" });
      }),
      { numRuns: 40 },
    );
  });

  it("of two samples is the mean of the two", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const run = await measured(seed);
        if (run === null) return;
        const [both, first] = [run.of(complete), run.of(complete, fixed, firstOf(run.recording))];
        expect(first.perSample!.typical).toBeCloseTo(both.bySample[0]!, 6);
        expect((both.bySample[0]! + both.bySample[1]!) / 2).toBeCloseTo(both.perSample!.typical, 6);
      }),
      { numRuns: 20 },
    );
  });

  it("is that of idle neurons where nothing comes in and nothing fires", async () => {
    const { recording, program, of } = await someMeasured();
    const silence = { start: new Uint32Array(recording.steps * 2 + 1), neuron: new Uint32Array(), payload: null };
    const quiet = { ...recording, populations: recording.populations.map((one) => ({ ...one, spikes: silence })) };
    const inputs = program.inputs.map(({ name, shape }): [string, Stimulus] => {
      const sizes = { samples: 2, steps: 3, shape, kind: "spikes", constant: true } as const;
      return [name, { ...sizes, read: (_sample, _step, out) => void out.fill(0) }];
    });
    const places = program.populations.map(({ name, neurons }) => ({
      population: name,
      core: 0,
      from: 0,
      to: neurons,
    }));
    const plan = new LedgerPlan(program, places);
    const ledger = plan.sum(new Map(inputs), quiet);
    const idle = new Set(["neuron-update", "neuron-silent", "neuron-active", "input-update"]);
    for (const [i, { kind }] of ledger.accounts.entries()) {
      const own = ledger.bySample.subarray(i * 2, i * 2 + 2);
      if (!idle.has(kind)) expect([...own]).toEqual([0, 0]);
    }
    const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);
    const { silent } = estimateEnergy(ledger, { ...program, target: { ...program.target, energy: complete } }, fixed);
    expect(silent).toMatchObject({ updates: neurons * 3, share: 1, energy: { typical: neurons * 30 } });
    expect(of(complete).silent!.share).toBeLessThan(1);
  });

  it("has static power for as long as a sample takes, and says when it is most of it", async () => {
    const { of } = await someMeasured();
    expect(of(complete).static.energy).toEqual({ low: 30, typical: 60, high: 120, unit: "pJ" });
    expect(of(complete, { ...fixed, perSample: 1e9 }).static.dominates).toBe(true);
    expect(of(complete, { ...fixed, perSample: 1 }).static.dominates).toBe(false);
    const { perSample, notPriced, lowerBound } = of(complete, untimed);
    expect(perSample).not.toBeNull();
    expect({ notPriced, lowerBound }).toEqual({
      notPriced: ["static power, whose time is not known"],
      lowerBound: true,
    });
    expect(of({ ...complete, staticPower: undefined }).notPriced).toEqual(["static power"]);
    const included = { ...complete, staticPower: { ...cost(0, 0, 0), unit: "mW" } } as const;
    expect(of(included, untimed).lowerBound).toBe(false);
  });

  it("counts without prices where nothing is published", async () => {
    const { of } = await someMeasured();
    const energy = of(null);
    expect(energy.perSample).toBeNull();
    expect(energy.events.every((event) => event.cost === null && event.energy === null)).toBe(true);
    expect(energy).toMatchObject({ kind: "none", lowerBound: true });
    expect(energy.notPriced).toEqual(expect.arrayContaining(["synops", "neuron updates", "spikes", "static power"]));
    expect(energy.basis).toContain("not priced");
  });

  it("names a stand-in as one", async () => {
    const { of } = await someMeasured();
    expect(of({ ...complete, basis: "stand-in", of: "chip B" }).basis).toBe(
      "Stand-in: the figures of chip B, because this chip's own are unpublished.",
    );
  });

  it("is a lower bound as soon as an event that happened, or a named part, has no price", async () => {
    const { of } = await someMeasured();
    expect(of({ ...complete, spike: undefined })).toMatchObject({ lowerBound: true, notPriced: ["spikes"] });
    expect(of({ ...complete, notPriced: ["the clock"] })).toMatchObject({ lowerBound: true, notPriced: ["the clock"] });
  });

  it("says that hops are not counted where nothing is known of the network, unless they cost nothing", async () => {
    const { of, program, stimuli, recording } = await someMeasured({ noc: undefined });
    const cores = program.populations.map(({ name, neurons }, core) => ({
      population: name,
      core,
      from: 0,
      to: neurons,
    }));
    const spread = [...cores, { ...cores[0]!, core: 9, from: 0, to: 1 }];
    const priced = (spec: EnergySpec): EnergyEstimate => {
      const placed = { ...program, target: { ...program.target, energy: spec } };
      return estimateEnergy(new LedgerPlan(placed, spread).sum(stimuli, recording), placed, fixed);
    };
    expect(priced(complete).events.at(-1)).toMatchObject({ event: "hop", perSample: null, energy: null });
    expect(priced(complete).notPriced).toEqual(["hops (nothing is known of the network of cores)"]);
    const zero = cost(0, 0, 0);
    expect(priced({ ...complete, hop: { east: zero, west: zero, north: zero, south: zero } }).lowerBound).toBe(false);
    expect(of(complete).kind).toBe("published");
  });

  it("carries the marks of unchecked prices", async () => {
    const { of } = await someMeasured();
    const unchecked = { ...complete, synop: cost(1, 1, 1, { confidence: "literature-unverified" }) };
    expect(of(unchecked).marks).toEqual(["literature-unverified"]);
    const assumed = { ...unchecked, spike: cost(1, 1, 1, { confidence: "assumption" }) };
    expect(of(assumed).marks).toEqual(["literature-unverified", "assumption"]);
  });
});

describe("denseBaseline", () => {
  it("prices all weights at every step and once", () => {
    const baseline = denseBaseline(1000, 25);
    expect(baseline).toMatchObject({ macsPerStep: 1000, macsPerSample: 25_000 });
    const [bare, read] = baseline.energies.filter(({ price }) => price.name === "float32");
    expect(bare?.once).toEqual({ low: 4600, typical: 4600, high: 4600, unit: "pJ" });
    expect(read?.once.typical).toBe(9600);
    expect(bare?.everyStep.typical).toBeCloseTo(115_000, 6);
  });

  it("uses prices with a source, the unchecked ones marked", () => {
    expect(macPrices.map(({ name, weightReads, confidence }) => [name, weightReads, confidence])).toEqual([
      ["int8", false, "literature-unverified"],
      ["int8", true, "literature-unverified"],
      ["float32", false, "public-page"],
      ["float32", true, "public-page"],
    ]);
    expect(
      macPrices.every(({ source, low, typical, high }) => source !== "" && low <= typical && typical <= high),
    ).toBe(true);
  });
});
