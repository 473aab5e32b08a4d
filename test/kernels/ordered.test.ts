import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Delivery, type Synaptic } from "../../src/core/delivery.ts";
import type { EventList } from "../../src/core/events.ts";
import { Population, type PopulationLoad } from "../../src/core/population.ts";
import { openRows } from "../../src/core/rows.ts";
import { BitspikeError } from "../../src/errors.ts";
import { Layout, openMemory, viewOf } from "../../src/kernels/memory.ts";
import { planOrdered, type OrderedLoad } from "../../src/kernels/ordered.ts";
import type { KernelNeurons } from "../../src/kernels/neurons.ts";
import { planPopulation, type InputBound } from "../../src/kernels/population.ts";
import { packRows, writeRows } from "../../src/kernels/rows.ts";
import { planTotals } from "../../src/kernels/totals.ts";
import { randomSynapses } from "../chip/programs.ts";
import type { Synapses } from "../../src/core/synapses.ts";
import type { Target } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { datapaths, drawn, randomLoad } from "./loads.ts";

function attempt(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    throw error;
  }
}

/** Whatever accumulators hold here stays within 32 bits, but for weights of so many bits that a hundred of them do not. */
function boundsOf({ datapath }: PopulationLoad, { weights }: Target, dice: Dice): Map<string, InputBound> {
  const bits = weights.high < 2 ** 24 ? 31n : 40n;
  const range = { low: -(2n ** bits), high: 2n ** bits - 1n };
  return dice.chance(70) ? new Map(datapath.spec.inputs.map((name) => [name, { range }])) : new Map();
}

/** A load whose population is also the shape [channels, height, width] at times. */
function randomTargets(seed: number, target: (typeof datapaths)[number]) {
  const dice = new Dice(seed);
  const random = randomLoad(target.target, target.name, dice);
  const shape = dice.chance(40) ? [dice.between(1, 3), dice.between(1, 5), dice.between(1, 6)] : null;
  if (shape === null) return { dice, load: random, shape: [arrayLength(random)], neurons: arrayLength(random) };
  const neurons = shape.reduce((a, b) => a * b, 1);
  const low = dice.between(0, neurons);
  const whole = (record: PopulationLoad["parameters"]): Record<string, Int32Array> =>
    Object.fromEntries(
      Object.entries(record).map(([key, values]) => [
        key,
        values.length === 1 ? values : Int32Array.from({ length: neurons }, (_, i) => values[i % values.length]!),
      ]),
    );
  const { forwards: _, ...rest } = random;
  const load = {
    ...rest,
    low,
    high: dice.between(low, neurons),
    parameters: whole(random.parameters),
    initial: whole(random.initial),
  };
  return { dice, load, shape, neurons };
}

function arrayLength({ high, parameters, initial }: PopulationLoad): number {
  return Math.max(high, ...[...Object.values(parameters), ...Object.values(initial)].map(({ length }) => length), 1);
}

function randomEvents(sources: number, payload: readonly [number, number], dice: Dice): EventList {
  const neuron = Uint32Array.from({ length: sources * 2 }, () => dice.between(0, sources - 1))
    .filter(() => dice.chance(40))
    .toSorted();
  const begin = dice.between(0, neuron.length);
  const payloads = Int32Array.from(neuron, () => drawn(dice, payload[0], payload[1]));
  return { neuron, payload: payloads, begin, count: neuron.length - begin, binary: false };
}

/** Synapses to all targets with the largest weights there are, so that what comes first shows where registers saturate. */
function ends(from: readonly number[], to: readonly number[], { weights }: Target, dice: Dice): Synapses {
  const count = [...from, ...to].reduce((a, b) => a * b, 1);
  return { kind: "dense", weight: Int32Array.from({ length: count }, () => dice.one([weights.low, weights.high])) };
}

function fillRegisters(plain: Population, kernel: KernelNeurons, dice: Dice): void {
  for (const [name, array] of plain.registers) {
    const { low, high } = plain.load.datapath.spec.state[name]!;
    if (!plain.accumulators.has(name)) continue;
    for (let i = 0; i < array.length; i++) array[i] = drawn(dice, low, high);
    kernel.registers.get(name)!.set(array);
  }
}

describe("events delivered in order by kernels", () => {
  it.each(datapaths)("$target.name, $name: accumulators, synops and mistakes are the plain walk's", (one) => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, shared) => {
        const { dice, load, shape, neurons } = randomTargets(seed, one);
        const from = dice.chance(50)
          ? [dice.between(1, 3), dice.between(1, 4), dice.between(1, 4)]
          : [dice.between(1, 9)];
        const synapses = dice.chance(30)
          ? ends(from, shape, one.target, dice)
          : randomSynapses(from, shape, one.target, dice);
        const payload = dice.one([
          [1, 1],
          [0, 1],
          [-3, 200],
          [1, 1000],
        ] as const);
        const { spec } = load.datapath;
        const parameters = Object.entries(spec.projection).map(([key, { low, high }]) => [
          key,
          dice.between(low, high),
        ]);
        const projection: OrderedLoad = {
          name: "incoming",
          parameters: Object.fromEntries(parameters),
          accumulator: dice.one(spec.inputs),
          payload: { low: BigInt(payload[0]), high: BigInt(payload[1]) },
        };
        const layout = new Layout();
        const plan = planPopulation(load, boundsOf(load, one.target, dice), layout, { shared });
        const rows = packRows(synapses, { neurons, low: load.low, high: load.high }, layout);
        const ordered = planOrdered(plan, projection, rows, layout, shared);
        const memory = openMemory(layout, shared);
        const kernel = plan.open(memory);
        writeRows(rows, synapses, memory);
        const delivery = ordered.open(memory, kernel, synapses);
        const plain = new Population(load, true);
        const expected: Synaptic = new Delivery(
          projection,
          openRows(synapses, neurons, load.low, load.high),
          plain,
          true,
        );
        fillRegisters(plain, kernel, dice);
        const sources = from.reduce((a, b) => a * b, 1);
        for (let step = 0; step < 3; step++) {
          const events = randomEvents(sources, payload, dice);
          const error = attempt(() => expected.deliver(events, false));
          expect(attempt(() => delivery.deliver(events, false))).toBe(error);
          if (error !== null) return;
          expect(delivery.synops).toBe(expected.synops);
          for (const [name, array] of plain.accumulators) {
            expect(Array.from(kernel.accumulators.get(name)!), name).toEqual(Array.from(array));
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("totals added by kernels", () => {
  it.each(datapaths)("$target.name, $name: accumulators and mistakes are the plain walk's", (one) => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 9, 2 ** 13, 2 ** 20, 2 ** 30), (seed, limit) => {
        const { dice, load } = randomTargets(seed, one);
        const { spec } = load.datapath;
        const parameters = Object.entries(spec.projection).map(([key, { low, high }]) => [
          key,
          dice.between(low, high),
        ]);
        const accumulator = dice.one(spec.inputs);
        const projection = { name: "incoming", parameters: Object.fromEntries(parameters), accumulator };
        const layout = new Layout();
        const plan = planPopulation(load, new Map(), layout, { shared: false });
        const size = load.high - load.low;
        const region = layout.reserve("i32", size);
        const range = { low: -BigInt(limit), high: BigInt(limit) };
        const totals = planTotals(plan, projection, { region, range }, false);
        const memory = openMemory(layout);
        const kernel = plan.open(memory);
        const opened = totals.open(memory, kernel);
        const plain = new Population(load, true);
        fillRegisters(plain, kernel, dice);
        const values = Int32Array.from({ length: size }, () => drawn(dice, -limit, limit));
        viewOf(memory, region).set(values);
        // A delivery of one event whose weights are the totals.
        const unit = { ...plain.load.datapath, onSpike: sum };
        const sums = new Population({ ...load, datapath: unit }, true);
        for (const [name, array] of plain.registers) sums.registers.get(name)!.set(array);
        const rows = openRows({ kind: "dense", weight: values }, size, 0, size);
        const delivery = new Delivery(projection, rows, sums, true);
        const event: EventList = {
          neuron: Uint32Array.of(0),
          payload: Int32Array.of(1),
          begin: 0,
          count: 1,
          binary: false,
        };
        const error = attempt(() => delivery.deliver(event));
        const wide = dice.chance(20);
        expect(attempt(() => (wide ? opened.runWide(Float64Array.from(values)) : opened.run()))).toBe(error);
        if (error !== null) return;
        for (const [name, array] of sums.accumulators) {
          expect(Array.from(kernel.accumulators.get(name)!), name).toEqual(Array.from(array));
        }
      }),
      { numRuns: 25 },
    );
  });
});

const place = { line: 1, column: 1 };
const sum = [
  {
    name: "total",
    value: {
      kind: "binary",
      operator: "+",
      left: { kind: "name", name: "total", at: place },
      right: { kind: "name", name: "weight", at: place },
      at: place,
    },
    at: place,
  },
] as const;
