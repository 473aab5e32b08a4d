import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { Program } from "../../src/compile/program.ts";
import { blocksFor, blockTargets } from "../../src/core/blocks.ts";
import type { Sum } from "../../src/core/sums.ts";
import { isMemory, narrowest, type SparseSynapses } from "../../src/core/synapses.ts";
import { synapsesByRow } from "../../src/kernels/by-row.ts";
import { holdSynapses, openDelivery, placeBehind, reserveSums, writeSynapses } from "../../src/kernels/delivery.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import type { Targets } from "../../src/kernels/form.ts";
import { deliveryKernels, loadDelivery, type DeliveryModules } from "../../src/kernels/load.ts";
import { Layout, roomBehind } from "../../src/kernels/memory.ts";
import type { WasmMemory } from "../../src/kernels/wasm.ts";
import { allProbes, outcome, randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { codeOf } from "../support.ts";
import { difference, interpreted, longLists, opened, randomEvents, randomTargets, sumsOf } from "./cases.ts";

let modules: DeliveryModules;
beforeAll(async () => {
  modules = await loadDelivery();
});

/** The same synapses, told row by row. */
function told({ start, target, weight }: SparseSynapses, targetCount: number): ReturnType<typeof synapsesByRow> {
  const bits = narrowest(weight).BYTES_PER_ELEMENT * 8;
  return synapsesByRow(
    { sources: start.length - 1, targets: targetCount, bits: bits as 8 | 16 | 32 },
    (source, add) => {
      for (let i = start[source]!; i < start[source + 1]!; i++) add(target[i]!, weight[i]!);
    },
  );
}

/** Some targets of whole blocks. */
function wholeBlocks(neurons: number, dice: Dice): Targets {
  const [low, high] = [dice.between(0, 1) * blockTargets, dice.between(1, 3) * blockTargets];
  return low >= high || low >= neurons
    ? { neurons, low: 0, high: neurons }
    : { neurons, low, high: Math.min(neurons, high) };
}

describe("synapses told row by row", () => {
  it("add up to what the interpreter makes of a list, where they lie and packed again", () => {
    const forms = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const neurons = dice.one([dice.between(1, 300), dice.between(60_000, 200_000)]);
        const sources = neurons < 1000 ? dice.between(1, 40) : dice.between(10, 100);
        const list = longLists(sources, neurons, dice) as SparseSynapses;
        const synapses = told(list, neurons);
        const here = dice.chance(50) ? randomTargets(neurons, dice) : wholeBlocks(neurons, dice);
        const sum = dice.one<Sum>(["weight", "weight * payload"]);
        const lists = Array.from({ length: dice.between(1, 3) }, () => randomEvents(sources, 30, dice));
        const expected = lists.map((events) => interpreted(list, here, sum, events));
        if (expected.some((one) => typeof one === "string")) return;
        expect(interpreted(synapses, here, sum, lists[0]!)).toEqual(expected[0]);
        const behind = new Layout();
        const held = dice.chance(70) ? holdSynapses(synapses, here, sum, behind) : null;
        forms.add(`${synapses.kind} ${held === null ? "packed" : "held"}`);
        const memory = synapses.memory as WasmMemory;
        if (held === null) {
          const where = { shared: dice.chance(50), inside: dice.chance(50) };
          const { delivery, lists: own } = opened(modules, synapses, here, sum, lists, where);
          delivery.addUpBatch(own);
          for (const i of own.keys()) expect(difference(expected[i]!, sumsOf(delivery, i))).toBe(null);
          return;
        }
        const [packed, places] = placeBehind(held, reserveSums(held, behind, lists.length), roomBehind(memory, behind));
        writeSynapses(packed, synapses, memory);
        const kernels = deliveryKernels(modules, memory);
        const delivery = openDelivery({ kernels, memory, packed, places, synapses, name: "a" });
        for (let times = 0; times < 2; times++) {
          delivery.addUpBatch(lists);
          for (const i of lists.keys()) expect(difference(expected[i]!, sumsOf(delivery, i))).toBe(null);
        }
      }),
      { numRuns: 150 },
    );
    expect([...forms].toSorted()).toEqual(["blocks held", "blocks packed"]);
  });

  it("have numbers of 32 bits where rows are short, with the same sums", () => {
    const neurons = 10 * blockTargets;
    const sources = 500;
    const start = Uint32Array.from({ length: sources + 1 }, (_, i) => 2 * i);
    const target = Uint32Array.from({ length: 2 * sources }, (_, i) => (i % 2) * 5 * blockTargets + i * 300);
    const weight = Int8Array.from({ length: 2 * sources }, (_, i) => (i % 255) - 127);
    const list: SparseSynapses = { kind: "sparse", start, target, weight };
    const synapses = told(list, neurons);
    expect([synapses.kind, blocksFor(sources, neurons, target.length)]).toEqual(["sparse", 0]);
    const here = { neurons, low: 0, high: neurons };
    const events = randomEvents(sources, 200, new Dice(3));
    const expected = interpreted(list, here, "weight", events);
    const behind = new Layout();
    const held = holdSynapses(synapses, here, "weight", behind)!;
    const memory = synapses.memory as WasmMemory;
    const [packed, places] = placeBehind(held, reserveSums(held, behind), roomBehind(memory, behind));
    writeSynapses(packed, synapses, memory);
    const parts = { memory, packed, places, synapses, name: "a", kernels: deliveryKernels(modules, memory) };
    const delivery = openDelivery(parts);
    delivery.addUp(events);
    expect(difference(expected, sumsOf(delivery, 0))).toBe(null);
    // Packed again, and a part of them.
    for (const part of [here, { neurons, low: 100_000, high: 400_000 }]) {
      const again = opened(modules, synapses, part, "weight", [events], { shared: false, inside: true });
      again.delivery.addUp(again.lists[0]!);
      expect(again.form).toBe("sparse 8");
      expect(difference(interpreted(list, part, "weight", events), sumsOf(again.delivery, 0))).toBe(null);
    }
  });

  it.each([
    ["in long rows", 40, 20_000, 300_000],
    ["in short rows", 30_000, 30, 300_000],
    ["in rows without blocks", 100_000, 8, 900_000],
  ] as const)("are the same %s that come from memory", (_, sources, each, neurons) => {
    const dice = new Dice(sources);
    const stretch = Math.floor(neurons / each);
    const start = Uint32Array.from({ length: sources + 1 }, (_row, i) => i * each);
    const places = dice.list(sources * each, 0, stretch - 1);
    const target = Uint32Array.from(places, (at, i) => at + (i % each) * stretch);
    const list: SparseSynapses = { kind: "sparse", start, target, weight: narrowest(dice.list(target.length, -9, 9)) };
    const synapses = told(list, neurons);
    for (const sum of ["weight", "weight * payload"] as const) {
      for (const most of [0, 1, 9, 3000]) {
        const [low, high] = dice.one([
          [0, neurons],
          [0, 70_001],
          [70_001, 200_500],
          [65_536, neurons],
          [99_999, 100_002],
          [80_000, 80_000],
        ] as const);
        const here = { neurons, low, high };
        const events = randomEvents(sources, most, dice);
        const behind = new Layout();
        const held = holdSynapses(synapses, here, sum, behind)!;
        const memory = synapses.memory as WasmMemory;
        const [packed, own] = placeBehind(held, reserveSums(held, behind), roomBehind(memory, behind));
        writeSynapses(packed, synapses, memory);
        const parts = { memory, packed, places: own, synapses, name: "a", kernels: deliveryKernels(modules, memory) };
        const delivery = openDelivery(parts);
        delivery.addUp(events);
        expect(difference(interpreted(list, here, sum, events), sumsOf(delivery, 0))).toBe(null);
      }
    }
  });

  it("make programs that run as those of lists, and are written to files", async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(dice.one(targets), dice);
        const projections = program.projections.map((one) => {
          if (one.synapses.kind !== "sparse") return one;
          seen++;
          const { neurons } = program.populations.find(({ name }) => name === one.to)!;
          return { ...one, synapses: told(one.synapses, neurons) };
        });
        const other: Program = { ...program, projections };
        const stimuli = randomStimuli(program, 2, 4, seed);
        const options = { probes: allProbes(program) };
        const expected = await outcome(openInterpreter(program), stimuli, options);
        for (const engine of [openInterpreter(other), await openKernels(other)]) {
          expect(await outcome(engine, stimuli, options)).toEqual(expected);
        }
        const read = decodeProgram(encodeProgram(other));
        expect(read.projections.some(({ synapses }) => "memory" in synapses && isMemory(synapses.memory))).toBe(false);
        expect(await outcome(openInterpreter(read), stimuli, options)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
    expect(seen).toBeGreaterThan(0);
  });

  it.each([
    [
      "not ascending",
      [
        [1, 1],
        [1, 1],
      ],
    ],
    ["outside of the targets", [[3, 1]]],
    ["a fraction of a neuron", [[0.5, 1]]],
    ["not of the bits", [[0, 128]]],
    ["no integers", [[0, NaN]]],
  ] as const)("are refused where they are %s", (_, row) => {
    const tell = (): unknown =>
      synapsesByRow({ sources: 1, targets: 3 }, (_source, add) => {
        for (const [target, weight] of row) add(target, weight);
      });
    expect(codeOf(tell)).toBe("PROGRAM_PARTS");
  });

  it.each([1, -1])("are refused where they are told differently the second time", (change) => {
    let times = 0;
    const tell = (): unknown =>
      synapsesByRow({ sources: 1, targets: 9 }, (_source, add) => {
        const count = 4 + (times++ === 0 ? 0 : change);
        for (let target = 0; target < count; target++) add(target, 1);
      });
    expect(codeOf(tell)).toBe("PROGRAM_PARTS");
  });
});
