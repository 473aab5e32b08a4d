import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interpretedCores, type CorePopulation, type CoreSource, type OpenedCores } from "../../src/core/cores.ts";
import { narrowest, type DenseSynapses, type SparseSynapses, type Synapses } from "../../src/core/synapses.ts";
import { pushEvent } from "../../src/core/events.ts";
import { parseBlock, parseDefinitions } from "../../src/datapath/parse.ts";
import { BitspikeError } from "../../src/errors.ts";
import { kernelCores } from "../../src/kernels/cores.ts";
import { loadDelivery } from "../../src/kernels/load.ts";
import { restBlock } from "../../src/kernels/rest.ts";
import { keepsAtZero, openReach } from "../../src/kernels/reach.ts";
import { Dice } from "../dice.ts";
import { datapaths, drawn, randomLoad } from "./loads.ts";

const sources = 40;
const modules = await loadDelivery();

/** Each source has targets in one neighbourhood; some have none, a few lead anywhere. */
function localSynapses(neurons: number, dice: Dice): SparseSynapses {
  const start = new Uint32Array(sources + 1);
  const target: number[] = [];
  for (let source = 0; source < sources; source++) {
    const middle = dice.between(0, neurons - 1);
    const near = (): number => Math.max(0, Math.min(neurons - 1, middle + dice.between(-200, 200)));
    const far = dice.chance(3);
    const count = dice.chance(15) ? 0 : dice.between(1, 12);
    const own = Array.from({ length: count }, () => (far ? dice.between(0, neurons - 1) : near()));
    target.push(...[...new Set(own)].toSorted((a, b) => a - b));
    start[source + 1] = target.length;
  }
  const weight = Int8Array.from(target, () => dice.between(-128, 127));
  return { kind: "sparse", start, target: Uint32Array.from(target), weight };
}

function denseSynapses(neurons: number, dice: Dice): DenseSynapses {
  const most = dice.one([3, 127, 2 ** 30]);
  const weight = Int32Array.from({ length: sources * neurons }, () => dice.between(-most, most));
  return { kind: "dense", weight: narrowest(weight) };
}

function attempt(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    throw error;
  }
}

function send({ lists }: OpenedCores, ids: readonly number[]): void {
  const list = lists[0]![0]!;
  list.begin = 0;
  list.count = 0;
  for (const id of ids) pushEvent(list, id, 1);
}

function advance(cores: OpenedCores, timestep: number): void {
  const { neurons, incoming } = cores.populations[0]!;
  for (const delivery of incoming) delivery.deliver(cores.lists[0]![0]!, false);
  neurons.step(timestep);
}

function shown({ populations }: OpenedCores): string {
  const { neurons, incoming } = populations[0]!;
  const { neuron, payload, count } = neurons.fired;
  const registers = [...neurons.registers].map(([name, values]) => `${name} ${values.join()}`);
  const fired = [neuron.subarray(0, count).join(), payload.subarray(0, count).join()];
  return [...fired, ...incoming.map(({ synops }) => synops), ...registers].join("\n");
}

/** One source with targets at both ends. */
function everywhere(neurons: number): SparseSynapses {
  return {
    kind: "sparse",
    start: Uint32Array.of(0, 2),
    target: Uint32Array.of(0, neurons - 1),
    weight: new Int8Array(2),
  };
}

function keeps(onTotal: string): boolean {
  return keepsAtZero(parseBlock(onTotal, parseDefinitions("")), new Map([["shift", 3]]));
}

/** One population of any datapath on kernels and on the interpreter, step by step. */
function compare(
  seed: number,
  { target, name }: (typeof datapaths)[number],
  size: (dice: Dice) => number,
  projections: (dice: Dice) => number,
  synapsesOf: (neurons: number, dice: Dice) => Synapses,
): void {
  const dice = new Dice(seed);
  const { forwards: _, ...load } = randomLoad(target, name, dice, size(dice));
  const { spec } = load.datapath;
  const incoming = Array.from({ length: projections(dice) }, (_value, i) => ({
    name: `p${i}`,
    from: "in",
    parameters: Object.fromEntries(
      Object.entries(spec.projection).map(([key, { low, high }]) => [key, dice.between(low, high)]),
    ),
    accumulator: dice.one(spec.inputs),
    synapses: synapsesOf(load.high, dice),
  }));
  const population: CorePopulation = { load, neurons: load.high, probed: [], incoming };
  const source: CoreSource = { name: "in", neurons: sources, kept: 1, events: 1, low: 1, high: 1 };
  const own: CoreSource = { ...source, name: load.name, neurons: load.high };
  const kernel = kernelCores(modules)([population], [source, own]);
  const plain = interpretedCores()([population], [source, own]);
  for (let step = 1; step <= 14; step++) {
    const count = step > 3 && step < 11 ? 0 : dice.between(0, 4);
    const ids = Array.from({ length: count }, () => dice.between(0, sources - 1)).toSorted((a, b) => a - b);
    for (const cores of [kernel, plain]) send(cores, ids);
    const error = attempt(() => advance(plain, step));
    expect(attempt(() => advance(kernel, step))).toBe(error);
    if (error !== null) return;
    // Thousands of numbers, which nobody would read in a message.
    expect(shown(kernel) === shown(plain), `timestep ${step}`).toBe(true);
    if (dice.chance(10)) write(dice, [kernel, plain]);
  }
}

/** Put a value into a register of one neuron, as a snapshot may. */
function write(dice: Dice, all: readonly OpenedCores[]): void {
  const [first] = all as [OpenedCores];
  const { load, size } = first.populations[0]!.neurons;
  const registers = Object.entries(load.datapath.spec.state);
  if (registers.length === 0) return;
  const [name, { low, high }] = dice.one(registers);
  const [at, value] = [dice.between(0, size - 1), drawn(dice, low, high)];
  for (const { populations } of all) {
    populations[0]!.neurons.registers.get(name)![at] = value;
    populations[0]!.neurons.restored();
  }
}

function manyNeurons(dice: Dice): number {
  return dice.between(8, 10) * restBlock + dice.between(0, 50);
}

describe("timesteps that begin from totals", () => {
  it("are those of the equations, neuron by neuron", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...datapaths), (seed, one) => {
        compare(
          seed,
          one,
          (dice) => dice.between(276, 700),
          () => 1,
          denseSynapses,
        );
      }),
      { numRuns: 150 },
    );
  });
});

describe("events that reach a few of many neurons", () => {
  it("do what the equations of all neurons do", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...datapaths), (seed, one) => {
        compare(seed, one, manyNeurons, (dice) => dice.between(1, 2), localSynapses);
      }),
      { numRuns: 60 },
    );
  });

  it("are known by the first and last block of their targets here", () => {
    const neurons = 20 * restBlock;
    const synapses: SparseSynapses = {
      kind: "sparse",
      start: Uint32Array.of(0, 2, 2, 3, 5),
      target: Uint32Array.of(restBlock - 1, restBlock, 9000, 10, 5 * restBlock + 7),
      weight: new Int8Array(5),
    };
    const spanOf = (low: number, ...neuron: number[]) => {
      const reach = openReach(synapses, { neurons, low, high: neurons })!;
      reach.find({
        neuron: Uint32Array.from(neuron),
        payload: new Int32Array(9),
        begin: 0,
        count: neuron.length,
        binary: false,
      });
      return [reach.first / restBlock, reach.end / restBlock];
    };
    expect([spanOf(0), spanOf(0, 1)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([spanOf(0, 0), spanOf(0, 2), spanOf(0, 1, 3)]).toEqual([
      [0, 2],
      [17, 18],
      [0, 6],
    ]);
    // Those below are elsewhere.
    expect([spanOf(restBlock, 0), spanOf(2 * restBlock, 0), spanOf(100, 3)]).toEqual([
      [0, 1],
      [0, 0],
      [4, 5],
    ]);
  });

  it("are not looked for where synapses lead everywhere, or to few neurons", () => {
    for (const neurons of [100, 50 * restBlock]) {
      expect(openReach(everywhere(neurons), { neurons, low: 0, high: neurons })).toBe(null);
    }
  });

  it("are not enough to know where a total of 0 may change something", () => {
    expect(["input = input + total", "input = input + ((total << shift) * 64)"].map(keeps)).toEqual([true, true]);
    const others = ["input = clamp(input + total, 0, 9)", "input = input + total + 1", "input = input + total * gain"];
    expect(others.map(keeps)).toEqual([false, false, false]);
    expect(keeps("input = input + total\nother = input")).toBe(false);
  });
});
