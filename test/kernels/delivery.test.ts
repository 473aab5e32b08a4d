import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { EventList } from "../../src/core/events.ts";
import type { Sum } from "../../src/core/sums.ts";
import type { Synapses } from "../../src/core/synapses.ts";
import type { Targets } from "../../src/kernels/form.ts";
import { loadDelivery, type DeliveryModules } from "../../src/kernels/load.ts";
import { paddedLength } from "../../src/kernels/memory.ts";
import { sizeOf } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import {
  attempt,
  difference,
  interpreted,
  longLists,
  opened,
  randomConv,
  randomEvents,
  randomRows,
  randomTargets,
  randomWeights,
  sumsOf,
} from "./cases.ts";

let modules: DeliveryModules;
beforeAll(async () => {
  modules = await loadDelivery();
});

/** Compare kernels and interpreter on some lists, twice: what is left of the first time must not show in the second. */
function compare(synapses: Synapses, targets: Targets, sum: Sum, lists: readonly EventList[], dice: Dice): string {
  const where = { shared: dice.chance(50), inside: dice.chance(50) };
  const { delivery, lists: own, form } = opened(modules, synapses, targets, sum, lists, where);
  const expected = lists.map((list) => interpreted(synapses, targets, sum, list));
  if (expected.every((outcome) => typeof outcome !== "string") && dice.chance(50)) {
    for (let times = 0; times < 2; times++) {
      delivery.addUpBatch(own);
      for (const sample of lists.keys()) {
        expect(difference(expected[sample]!, sumsOf(delivery, sample))).toBe(null);
        expect(behind(delivery.sums[sample]!.total).every((value) => value === 0)).toBe(true);
      }
    }
    return form;
  }
  for (let times = 0; times < 2; times++) {
    for (const [sample, list] of own.entries()) {
      const outcome = attempt(() => {
        delivery.addUp(list, sample);
        return sumsOf(delivery, sample);
      });
      expect(difference(expected[sample]!, outcome)).toBe(null);
    }
  }
  return form;
}

/** The padding that kernels of whole groups of neurons read as well. */
function behind({ buffer, byteOffset, length }: Int32Array): Int32Array {
  return new Int32Array(buffer, byteOffset + 4 * length, paddedLength(length) - length);
}

describe("the kernels of synaptic delivery", () => {
  it("give the interpreter's sums and counts for rows of all widths", () => {
    const forms = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const sources = dice.between(1, 40);
        const neurons = dice.one([dice.between(1, 20), dice.between(1, 300), dice.between(100, 700)]);
        const synapses = randomRows(sources, neurons, dice);
        const sum = dice.one<Sum>(["weight", "weight * payload"]);
        const samples = dice.one([1, 1, 3, 16]);
        const most = dice.one([4, 40, 900]);
        const lists = Array.from({ length: samples }, () => randomEvents(sources, most, dice));
        forms.add(compare(synapses, randomTargets(neurons, dice), sum, lists, dice));
      }),
      { numRuns: 600 },
    );
    const dense = ["dense 1", "dense 16", "dense 32", "dense 4", "dense 8"];
    expect([...forms].toSorted()).toEqual([...dense, "sparse 16", "sparse 32", "sparse 8"]);
  });

  it("give them for convolutions of every geometry", () => {
    const forms = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const synapses = randomConv(dice);
        const sources = sizeOf(synapses.inputShape);
        const sum = dice.one<Sum>(["weight", "weight", "weight * payload"]);
        const most = dice.one([4, 40, sources]);
        const lists = Array.from({ length: dice.one([1, 1, 3]) }, () => randomEvents(sources, most, dice));
        forms.add(compare(synapses, randomTargets(sizeOf(synapses.outputShape), dice), sum, lists, dice));
      }),
      { numRuns: 1000 },
    );
    expect([...forms].toSorted()).toEqual(["conv2d 16", "conv2d 32", "conv2d 8"]);
  });

  it("give them for graded spikes of many channels at each pixel, payloads and weights at the ends of their ranges", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const groups = dice.one([1, 1, 2]);
        const [ins, outs] = [groups * dice.between(4, 70), groups * dice.between(1, 40)];
        const side = dice.one([1, 2]);
        const [kernel, step] = [dice.between(1, 3), dice.between(1, 2)];
        const synapses: Synapses = {
          kind: "conv2d",
          weight: Int32Array.from({ length: (outs * ins * kernel * kernel) / groups }, () => dice.one([-128, 127, 3])),
          inputShape: [ins, side, side],
          outputShape: [outs, dice.between(1, 4), dice.between(1, 4)],
          kernel: [kernel, kernel],
          stride: [step, step],
          padding: [dice.between(0, 2), dice.between(0, 2)],
          dilation: [1, 1],
          groups,
        };
        const share = dice.one([40, 70, 100]);
        const sources = Uint32Array.from({ length: ins * side * side }, (_, id) => id);
        const neuron = sources.filter(() => dice.chance(share)).slice(0, 400);
        const payload = Int32Array.from(neuron, () => dice.one([-(2 ** 15), 2 ** 15 - 1, dice.between(-9, 9)]));
        const list = { neuron, payload, begin: 0, count: neuron.length, binary: false };
        compare(synapses, randomTargets(sizeOf(synapses.outputShape), dice), "weight * payload", [list], dice);
      }),
      { numRuns: 150 },
    );
  });

  it("give them for rows longer than a tile or a block of targets, and for more rows than a block of sources", () => {
    const forms = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const listed = dice.chance(40);
        const sources = listed ? dice.between(200, 400) : dice.between(3, 30);
        const neurons = listed ? dice.between(60_000, 150_000) : dice.between(4000, 40_000);
        const synapses: Synapses = listed
          ? longLists(sources, neurons, dice)
          : { kind: "dense", weight: randomWeights(sources * neurons, dice) };
        const sum = dice.one<Sum>(["weight", "weight * payload"]);
        const lists = Array.from({ length: dice.between(1, 4) }, () => randomEvents(sources, 30, dice));
        forms.add(compare(synapses, randomTargets(neurons, dice), sum, lists, dice).replace(/ .*/, ""));
      }),
      { numRuns: 20 },
    );
    expect([...forms].toSorted()).toEqual(["dense", "sparse"]);
  });

  it("flush sums before the narrowest weights at their ends overflow", () => {
    for (const [low, high, bits] of [
      [-1, 1, 1],
      [-8, 7, 4],
      [-128, 127, 8],
      [0, 255, 8],
    ] as const) {
      const steps = Int32Array.from({ length: 128 }, (_, i) => (i % 3 === 0 ? high : i % 3 === 1 ? low : high - 1));
      const weight = bits === 1 ? steps.map((value) => (value === low ? low : high)) : steps;
      for (const count of [255, 256, 257, 258, 4368, 4369, 4370, 70_000]) {
        const neuron = new Uint32Array(count);
        const list = { neuron, payload: new Int32Array(count).fill(1), begin: 0, count, binary: false };
        const targets = { neurons: 128, low: 0, high: 128 };
        const synapses: Synapses = { kind: "dense", weight };
        const where = { shared: false, inside: true };
        const { delivery, lists, form } = opened(modules, synapses, targets, "weight", [list], where);
        delivery.addUp(lists[0]!);
        expect(form).toBe(`dense ${bits}`);
        const expected = { total: weight.map((one) => one * count), synops: 128 * count };
        expect(difference(expected, sumsOf(delivery, 0))).toBe(null);
      }
    }
  });

  it("flush sums of convolutions before many channels of weights at their ends overflow", () => {
    for (const [low, high] of [
      [126, 127],
      [-128, -127],
    ] as const) {
      for (const [kernel, inputs] of [
        [[3, 3], 70],
        // Of these 32 channels just fit, which is also how many are taken together.
        [[2, 4], 64],
        [[15, 15], 3],
        [[17, 17], 3],
      ] as const) {
        const [outs, side] = [2, 19];
        const weight = Int32Array.from({ length: outs * inputs * sizeOf(kernel) }, (_, i) =>
          i % 19 === 0 ? low : high,
        );
        const synapses: Synapses = {
          kind: "conv2d",
          weight,
          inputShape: [inputs, side, side],
          outputShape: [outs, side, side],
          kernel,
          stride: [1, 1],
          padding: [kernel[0] >> 1, kernel[1] >> 1],
          dilation: [1, 1],
          groups: 1,
        };
        const count = inputs * side * side;
        const all = Uint32Array.from({ length: count }, (_, source) => source);
        const list = { neuron: all, payload: new Int32Array(count).fill(1), begin: 0, count, binary: false };
        const targets = { neurons: outs * side * side, low: 0, high: outs * side * side };
        const where = { shared: true, inside: true };
        const { delivery, lists } = opened(modules, synapses, targets, "weight", [list], where);
        delivery.addUp(lists[0]!);
        expect(difference(interpreted(synapses, targets, "weight", list), sumsOf(delivery, 0))).toBe(null);
      }
    }
  });
});
