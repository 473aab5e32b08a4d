import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Recording, Stimuli, Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { macPrices } from "../../src/measure/baseline.ts";
import { activityProbes, measureOnChip, type OnChip } from "../../src/measure/on-chip.ts";
import { fanOut, synopsOf } from "../../src/measure/synops.ts";
import { input, leaky, linear, sequential } from "../../src/network/builder.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import { sizeOf, type DiscreteNetwork } from "../../src/network/types.ts";
import type { EnergySpec, EventCost, LatencySpec, Target } from "../../src/target/types.ts";
import { randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { counted, meshes, randomPlaces, recorded } from "./placed.ts";

const cost = (typical: number): EventCost => {
  return { low: typical, typical, high: typical, unit: "pJ", source: "a data sheet", confidence: "quoted" };
};
const prices: EnergySpec = {
  basis: "published",
  of: "chip A",
  synop: cost(2),
  neuronUpdate: cost(0.1),
  spike: cost(5),
  axonOut: cost(3),
  axonIn: cost(1),
  hop: { east: cost(1), west: cost(1), north: cost(2), south: cost(2) },
  notPriced: [],
};
const ns = (value: number): NonNullable<LatencySpec["synop"]> => ({ ...counted(value), unit: "ns" });

interface Run {
  readonly program: Program;
  readonly stimuli: Stimuli;
  readonly recording: Recording;
}

/** A random program placed by chance; null where the run ends with a mistake. */
async function randomRun(seed: number, chip: Partial<Target>, cores: number): Promise<Run | null> {
  const dice = new Dice(seed);
  const bare = randomProgram({ ...dice.one(targets), ...chip }, dice);
  const placement = randomPlaces(bare, cores, dice).map((place) => ({ ...place, synapseBits: 0 }));
  const program = { ...bare, fit: { ...bare.fit, placement } };
  const stimuli = randomStimuli(program, 3, 4, seed);
  const recording = await recorded(program, stimuli);
  return recording && { program, stimuli, recording };
}

/** Two layers of a network, and inputs that fire as a function says. */
async function smallRun(
  target: Target,
  fires: (sample: number, step: number, neuron: number) => boolean,
  beta = 0.5,
): Promise<Run & { readonly network: DiscreteNetwork }> {
  const { network } = discretize(
    sequential(
      input([4]),
      linear([0.25, 0.5, 0.75].map((weight) => [weight, weight, -weight, weight])),
      leaky({ beta, threshold: 0.5, reset: "zero", resetDelay: false }),
      linear([[1, 0, -1]]),
      leaky({ beta, threshold: 0.5, reset: "zero", resetDelay: false }),
    ),
    defaultTime,
  );
  const program = compile(network, target);
  const stimulus: Stimulus = {
    samples: 2,
    steps: 5,
    shape: [4],
    kind: "spikes",
    constant: false,
    read: (sample, step, out) => void out.forEach((_, i) => (out[i] = Number(fires(sample, step, i)))),
  };
  const stimuli = new Map([["input", stimulus]]);
  const recording = await openInterpreter(program).run(stimuli, { probes: activityProbes(program, 2, 5) });
  return { network, program, stimuli, recording };
}

/** One input that makes many neurons fire at once, each with one synapse, on a chip with a queue. */
async function crowdRun(neurons: number): Promise<Run> {
  const each = Array.from({ length: neurons }, () => [1]);
  const { network } = discretize(
    sequential(
      input([1]),
      linear(each),
      leaky({ beta: 1, threshold: 0.5, reset: "zero", resetDelay: false }),
      linear([each.map(([weight]) => weight!)]),
      leaky({ beta: 1, threshold: 0.5, reset: "zero", resetDelay: false }),
    ),
    defaultTime,
  );
  const program = compile(network, readTarget("tinyodin"));
  const once = { samples: 1, steps: 2, shape: [1], kind: "spikes", constant: false } as const;
  const stimulus: Stimulus = { ...once, read: (_sample, step, out) => void out.fill(Number(step === 0)) };
  const stimuli = new Map([["input", stimulus]]);
  return { program, stimuli, recording: await openInterpreter(program).run(stimuli) };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

describe("synops of a ledger", () => {
  it("are those that an engine counts when they arrive, and those of events still under way at the end", async () => {
    let underWay = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const run = await randomRun(seed, { noc: undefined }, 3);
        if (run === null) return;
        const { program, stimuli, recording } = run;
        const several = program.target.delivery.payloadBits === 0;
        const { ledger } = measureOnChip(program, stimuli, recording);
        const offset = (name: string): number => program.populations.find((one) => one.name === name)?.offset ?? 0;
        for (const { name, from, to, synapses, arrivesAfter } of program.projections) {
          const train = recording.populations.find((one) => one.name === from)?.spikes;
          if (train === undefined || (several && train.payload !== null)) continue;
          const source = program.populations.find((one) => one.name === from)!;
          const late = arrivesAfter - (offset(to) - offset(from));
          // Only of programs that no compiler makes: what it fired before the model's steps arrives within them.
          if (late < 0) continue;
          const fan = fanOut(synapses, sizeOf(source.shape));
          const arrived = sum([...synopsOf(train, fan, recording.steps, late)]);
          const sent = sum(ledger.map(({ projection, count }) => (projection === name ? count : 0)));
          expect(sent).toBe(sum([...synopsOf(train, fan, recording.steps)]));
          expect(sum([...recording.projections.find((one) => one.name === name)!.synops])).toBe(arrived);
          underWay += sent - arrived;
        }
      }),
      { numRuns: 60 },
    );
    expect(underWay).toBeGreaterThan(0);
  });
});

describe("traffic", () => {
  it("is the same by timestep, by sender, by core, by link and by class", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), meshes, async (seed, noc) => {
        const cores = noc.width.value * noc.height.value * noc.coresPerTile.value;
        const run = await randomRun(seed, { noc, energy: prices }, cores);
        if (run === null) return;
        const { traffic, energy } = measureOnChip(run.program, run.stimuli, run.recording, { labels: [4, 0, 4] });
        const { messages, hops, byStep, layers, links, classes } = traffic;
        for (const parts of [
          byStep,
          layers.map(({ arrived }) => arrived),
          traffic.cores.map(({ received }) => received),
          classes!.map((one) => (one.messages * one.samples) / 3),
        ]) {
          expect(sum(parts)).toBeCloseTo(messages, 9);
        }
        expect(sum(links.map((link) => link.messages))).toBeCloseTo(hops!, 9);
        expect(sum(layers.map((layer) => layer.hops))).toBeCloseTo(hops!, 9);
        expect(sum(layers.map((layer) => layer.messages))).toBeCloseTo(sum(traffic.cores.map(({ sent }) => sent)), 9);
        expect(links.map((link) => link.messages)).toEqual(
          links.map((link) => link.messages).toSorted((a, b) => b - a),
        );
        expect(classes!.map(({ label, samples }) => [label, samples])).toEqual([
          [0, 1],
          [4, 2],
        ]);
        expect(classes![0]!.energy).toBeCloseTo(energy.bySample[1]!, 9);
      }),
      { numRuns: 30 },
    );
  });

  it("says on a chip with a queue what was sent and never arrived", async () => {
    const run = await smallRun(readTarget("tinyodin"), () => true, 1);
    const { traffic, energy } = measureOnChip(run.program, run.stimuli, run.recording);
    expect(traffic.lost).toBe(0);
    expect(energy.silent).toBe(null);
    expect(traffic.queue).toMatchObject({ full: 0, lost: 0 });
    expect(traffic.queue!.longest).toBeGreaterThan(0);
    const [first, ...others] = run.recording.projections;
    const fewer = { ...first!, synops: first!.synops.map((count) => count - 3) };
    const lossy = { ...run.recording, projections: [fewer, ...others] };
    expect(measureOnChip(run.program, run.stimuli, lossy).traffic.lost).toBe(3);
    // They all fire at once: more than the queue holds.
    const crowd = await crowdRun(200);
    const [, second] = crowd.recording.projections;
    const fired = crowd.recording.populations[0]!.spikes.neuron.length;
    const { lost, queue } = measureOnChip(crowd.program, crowd.stimuli, crowd.recording).traffic;
    expect(lost).toBe(fired - sum([...second!.synops]));
    expect(lost).toBeGreaterThan(0);
    const { capacity } = crowd.program.target.events!.queue!;
    expect(queue).toMatchObject({ capacity, longest: capacity, full: 1, lost });
    const timed = await smallRun(readTarget("loihi2"), () => true);
    expect(measureOnChip(timed.program, timed.stimuli, timed.recording).traffic).toMatchObject({
      lost: null,
      queue: null,
    });
  });
});

it("a mapping over several chips says that links between them are not priced", async () => {
  const target = {
    ...readTarget("sana-fe-loihi"),
    energy: { ...prices, staticPower: { ...cost(0), unit: "mW" } },
  } as const;
  const { program, stimuli, recording } = await smallRun(target, () => true);
  const at = (core: number): OnChip => {
    const placement = program.fit.placement.map((use, i) => ({ ...use, core: i === 0 ? 0 : core }));
    return measureOnChip({ ...program, fit: { ...program.fit, placement } }, stimuli, recording);
  };
  const [near, far] = [at(5), at(128)];
  expect(near.energy.notPriced).not.toContain("what links between chips take more");
  expect(far.energy).toMatchObject({
    lowerBound: true,
    notPriced: [...near.energy.notPriced, "what links between chips take more"],
  });
  expect(near.time.mesh).not.toBe(null);
  expect(far.time.mesh).toBe(null);
});

describe("break-even rates", () => {
  it("are where a layer costs as much as its dense products", async () => {
    const target = { ...readTarget("loihi2"), energy: prices };
    const { network, program, stimuli, recording } = await smallRun(target, () => true);
    const { breakEven, energy, traffic } = measureOnChip(program, stimuli, recording, { network });
    const [first] = breakEven!;
    expect(first).toMatchObject({ layer: program.populations[0]!.name, rate: 1, macs: 12 });
    // At a rate of 1: updates, synops and the messages of all inputs.
    const silent = 3 * 0.1;
    const events = 12 * 2 + (traffic.layers[0]!.arrived / 5) * 1;
    for (const [i, { everyStep, once }] of first!.against.entries()) {
      const dense = 12 * macPrices[i]!.typical;
      expect(everyStep).toBeCloseTo(Math.max(0, (dense - silent) / events), 9);
      expect(once).toBeCloseTo(Math.max(0, (dense / 5 - silent) / events), 9);
    }
    expect(energy.layers.find(({ name }) => name === first!.layer)!.events["synop"]).toBe(5 * 12);
  });

  it("take the spikes that cause them, and their share of a message for several layers", async () => {
    const target = { ...readTarget("loihi2"), energy: prices };
    const { network, program, stimuli, recording } = await smallRun(target, (_sample, step) => step % 2 === 0);
    const { breakEven } = measureOnChip(program, stimuli, recording, { network });
    const second = breakEven![1]!;
    const fired = recording.populations[0]!.spikes.neuron.length;
    expect(second.rate).toBeCloseTo(fired / (2 * 5 * 3), 9);
    // Three neurons that fire: a spike, a message sent and received, and one synapse each.
    const dense = 3 * macPrices[3]!.typical;
    expect(second.against[3]!.everyStep).toBeCloseTo((dense - 0.1) / (3 * (5 + 3 + 1 + 2)), 9);
  });

  it("are not known without the price of a synop, and 0 where silence costs more", async () => {
    const dear = { ...prices, neuronUpdate: cost(1e6) };
    const never = await smallRun({ ...readTarget("loihi2"), energy: dear }, () => true);
    const at = (run: typeof never): (number | null)[] =>
      measureOnChip(run.program, run.stimuli, run.recording, run).breakEven![0]!.against.map(({ once }) => once);
    expect(at(never)).toEqual([0, 0, 0, 0]);
    const free = await smallRun({ ...readTarget("loihi2"), energy: { ...prices, synop: undefined } }, () => true);
    expect(at(free)).toEqual([null, null, null, null]);
  });
});

/** Time of a small network on a chip that has such times. */
async function timeOf(latency: LatencySpec | undefined, more: Partial<Target> = {}): Promise<OnChip["time"]> {
  const { program, stimuli, recording } = await smallRun({ ...readTarget("loihi2"), ...more, latency }, () => true);
  expect(program.latency).toBeGreaterThan(0);
  return measureOnChip(program, stimuli, recording).time;
}

describe("time on the chip", () => {
  it("is a published timestep as often as the chip steps", async () => {
    const time = await timeOf({ timestep: ns(1000), barrier: [] });
    expect(time).toMatchObject({ basis: "timestep", perSample: 1000 * time.steps, simple: null, mesh: null });
    expect(time.samplesPerSecond).toBeCloseTo(1e6 / time.steps, 9);
  });

  it("is not known without times, and without the network where the end of a timestep depends on it", async () => {
    expect(await timeOf(undefined)).toMatchObject({ basis: "none", perSample: null, samplesPerSecond: null });
    const { basis, missing } = await timeOf(
      { neuronUpdate: ns(5), barrier: [{ tiles: 1, time: ns(100) }] },
      { noc: undefined },
    );
    expect(basis).toBe("none");
    expect(missing.join()).toContain("how the cores are joined");
  });

  it("is that of the busiest core and the end of a timestep, longer with messages on their way", async () => {
    const noc = { ...readTarget("sana-fe-loihi").noc!, linkBuffer: undefined };
    const spec: LatencySpec = {
      neuronUpdate: ns(5),
      synop: ns(1),
      axonOut: ns(2),
      barrier: [{ tiles: 1, time: ns(100) }],
    };
    const hop = { east: ns(7), west: ns(7), north: ns(9), south: ns(9) };
    const time = await timeOf({ ...spec, hop }, { noc });
    expect(time.basis).toBe("events");
    expect(time.simple!.shortest).toBeGreaterThanOrEqual(100 + 5);
    expect(time.mesh!.mean).toBeGreaterThanOrEqual(time.simple!.mean);
    expect(sum(time.simple!.bySample) / 2).toBeCloseTo(time.simple!.mean * time.steps, 9);
    expect(sum([...time.simple!.byStep])).toBeCloseTo(time.simple!.mean * time.steps, 9);
    expect(time.perSample).toBeCloseTo(time.mesh!.mean * time.steps, 9);
    expect(time.missing.toSorted()).toEqual(["messages received", "spikes"]);
  });
});

it("registers that tell active neurons are recorded only where they do not take too much memory", () => {
  const program = randomProgram(readTarget("sana-fe-loihi"), new Dice(3));
  expect(activityProbes(program, 2, 3).length).toBeGreaterThan(0);
  expect(activityProbes(program, 1e6, 1e4)).toEqual([]);
});
