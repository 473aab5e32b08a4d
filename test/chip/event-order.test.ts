import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openEventChip } from "../../src/chip/event-chip.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Choice, EventSpec, Pace, Target } from "../../src/target/types.ts";
import { one, programOf } from "./programs.ts";

const size = 5;

/** What the order of a chip's outputs depends on. */
interface Order {
  readonly capacity: number;
  readonly whenFull: "lose-new" | "lose-oldest";
  readonly headLeaves: "before-service" | "after-service";
  readonly choice: readonly Choice[];
  readonly seenAfter: number;
  readonly atOnce: boolean;
  readonly pace: Pace;
}

const counted = "source: chosen, confidence: assumption";
/** A neuron counts what it receives and fires at its threshold. Words: kind * 8 + address. */
const text = `
name: counter
title: Counter
description: For tests.
verified: [{ level: property-tests, against: a simulation }]
settings: { served: uint1 }
datapaths:
  count:
    state: { count: 0..1000 }
    parameters: { threshold: 1..50 }
    on spike: |
      sum   = count + weight
      spike = sum >= threshold
      count = spike ? 0 : sum
    on poke: |
      spike = count + 1 >= threshold
      count = spike ? 0 : count + 1
weights: { type: 0..3, bits: 2, encodes: weight * scale }
events:
  kinds:
    spike: { route: queue, reaches: targets, runs: spike }
    poke: { route: immediate, reaches: neuron, runs: poke }
    later: { route: immediate, reaches: neuron, runs: poke, background: true }
  host:
    word: 0..23
    words:
      - { when: word < 8, event: spike, source: "min(word, ${size - 1})" }
      - { when: word < 16, event: poke, neuron: "min(word - 8, ${size - 1})" }
      - { event: later, neuron: "min(word - 16, ${size - 1})" }
  queue: { capacity: 4, when-full: lose-new, head-leaves: after-service }
  own-spikes: { event: spike }
  output: { when-fired: "!served", when-served: served }
  choice: [full-queue, input, queue, background]
core: { neurons: { value: ${size}, ${counted} } }
chip: { cores: { value: 1, ${counted} } }
`;
const counter = loadTarget(text, "counter.yaml", () => null);

function withOrder({ capacity, whenFull, headLeaves, choice, seenAfter, atOnce }: Order): Target {
  const events = counter.events!;
  const host: EventSpec["host"] = { ...events.host, seenAfter, atOnceAfter: atOnce ? "output-by-last-update" : null };
  return { ...counter, events: { ...events, host, choice, queue: { capacity, whenFull, headLeaves } } };
}

interface Network {
  readonly thresholds: readonly number[];
  /** [source][neuron] */
  readonly weights: readonly (readonly number[])[];
  readonly served: boolean;
}

/** The same chip written down once more, with lists. */
function simulate(order: Order, { thresholds, weights, served }: Network, words: readonly number[], most: number) {
  const counts = thresholds.map(() => 0);
  const outputs: number[] = [];
  let queue: number[] = [];
  let [todo, unseen, inService] = [[...words], 0, false];
  const append = (source: number): void => {
    if (queue.length < order.capacity) queue.push(source);
    else if (order.whenFull === "lose-oldest" && !(inService && order.capacity === 1)) {
      queue.splice(inService ? 1 : 0, 1);
      queue.push(source);
    }
  };
  const update = (neuron: number, by: number): boolean => {
    counts[neuron]! += by;
    if (counts[neuron]! < thresholds[neuron]!) return false;
    counts[neuron] = 0;
    append(neuron);
    if (!served) outputs.push(neuron);
    return !served;
  };
  const possible: Readonly<Record<Choice, () => boolean>> = {
    "full-queue": () => queue.length === order.capacity,
    queue: () => queue.length > 0,
    input: () => sees() && todo[0]! < 16,
    background: () => sees() && todo[0]! >= 16,
  };
  const sees = (): boolean => todo.length > 0 && (order.pace === "after-idle" ? queue.length === 0 : unseen === 0);
  let inRow = 0;
  while (todo.length + queue.length > 0) {
    const what = order.choice.find((one) => possible[one]());
    unseen = Math.max(0, unseen - 1);
    if (what === "input" || what === "background") {
      const word = todo[0]!;
      todo = todo.slice(1);
      inRow = 0;
      const address = Math.min(word % 8, size - 1);
      const written = word >= 8 ? update(address, 1) : (append(address), false);
      unseen = written && order.atOnce ? 0 : order.seenAfter;
    } else if (what !== undefined) {
      if (inRow++ === most) break;
      const [source] = queue;
      inService = order.headLeaves === "after-service";
      if (!inService) queue = queue.slice(1);
      for (const [neuron, weight] of weights[source!]!.entries()) update(neuron, weight);
      if (served) outputs.push(source!);
      if (inService) queue = queue.slice(1);
      inService = false;
    }
  }
  return { outputs, counts, waiting: queue.length };
}

function run(order: Order, { thresholds, weights, served }: Network, words: readonly number[], most: number) {
  const target = withOrder(order);
  const cells = {
    ...one,
    name: "cells",
    shape: [size],
    neurons: size,
    datapath: "count",
    parameters: { threshold: Int32Array.from(thresholds) },
    addresses: Uint32Array.from(thresholds.keys()),
  };
  const projection = {
    name: "all",
    from: "cells",
    to: "cells",
    arrivesAfter: 0,
    parameters: {},
    accumulator: "input",
    synapses: { kind: "dense" as const, weight: Int32Array.from(weights.flat()) },
  };
  const settings = { served: Number(served) };
  const chip = openEventChip(programOf({ target, settings, populations: [cells], projections: [projection] }));
  try {
    chip.send(words, { pace: order.pace, limit: most });
  } catch (error) {
    expect(error).toMatchObject({ code: "ENGINE_EVENT_LIMIT" });
  }
  return { outputs: [...chip.outputs()], counts: [...chip.register("cells", "count")], waiting: chip.waiting };
}

const orders: fc.Arbitrary<Order> = fc.record({
  capacity: fc.integer({ min: 1, max: 5 }),
  whenFull: fc.constantFrom("lose-new" as const, "lose-oldest" as const),
  headLeaves: fc.constantFrom("before-service" as const, "after-service" as const),
  choice: fc.constantFrom<Choice[]>(
    ["full-queue", "input", "queue", "background"],
    ["input", "queue", "background"],
    ["queue", "input", "background"],
    ["background", "full-queue", "queue", "input"],
    ["input", "background", "full-queue", "queue"],
  ),
  seenAfter: fc.integer({ min: 0, max: 3 }),
  atOnce: fc.boolean(),
  pace: fc.constantFrom<Pace>("after-idle", "always-ready"),
});
const networks: fc.Arbitrary<Network> = fc.record({
  thresholds: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: size, maxLength: size }),
  weights: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: size, maxLength: size }), {
    minLength: size,
    maxLength: size,
  }),
  served: fc.boolean(),
});

describe("the order in which a chip takes and serves", () => {
  it("is that of its target, for every combination of choices", () => {
    const words = fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 30 });
    fc.assert(
      fc.property(orders, networks, words, (order, network, sent) => {
        expect(run(order, network, sent, 20)).toEqual(simulate(order, network, sent, 20));
      }),
      { numRuns: 500 },
    );
  });
});
