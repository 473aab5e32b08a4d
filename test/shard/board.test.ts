import { array, assert, constant, integer, nat, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyList, pushEvent, type EventList } from "../../src/core/events.ts";
import { createBoard, openExchange } from "../../src/shard/board.ts";
import { controlFor } from "../../src/shard/protocol.ts";
import { Dice } from "../dice.ts";

/** Some neurons of a range, and what they send: 1 each, or anything. */
function spikesOf(low: number, high: number, percent: number, graded: boolean, dice: Dice): EventList {
  const begin = dice.between(0, 3);
  const list = { ...emptyList(begin), begin, binary: dice.chance(70) };
  for (let neuron = low; neuron < high; neuron++) {
    if (dice.chance(percent)) pushEvent(list, neuron, graded ? dice.between(-5, 5) : 1);
  }
  return list;
}

function entries({ neuron, payload, begin, count }: EventList): [number, number][] {
  return Array.from({ length: count }, (_, i) => [neuron[begin + i]!, payload[begin + i]!]);
}

describe("what shards show each other", () => {
  it("is every spike in the order of the neurons, and whether all are binary", () => {
    const sizes = array(oneof(constant(0), nat(20), integer({ min: 250, max: 700 })), { minLength: 2, maxLength: 4 });
    assert(
      property(record({ seed: nat(), sizes }), ({ seed, sizes: own }) => {
        const dice = new Dice(seed);
        const shards = own.length;
        const starts = new Uint32Array(shards + 1);
        for (const [shard, size] of own.entries()) starts[shard + 1] = starts[shard]! + size;
        const boards = [createBoard(starts)];
        const exchanges = own.map((_, shard) => {
          return openExchange({ shard, shards, control: controlFor(shards) }, { boards, spin: 0 });
        });
        const collected = exchanges.map(() => emptyList());
        const steps = Array.from({ length: 4 }, () => {
          const [percent, graded] = [dice.one([0, 5, 60, 100]), dice.chance(40)];
          return own.map((_, shard) => {
            return spikesOf(starts[shard]!, starts[shard + 1]!, percent, graded && dice.chance(60), dice);
          });
        });
        for (const [shard, exchange] of exchanges.entries()) exchange.publish(0, steps[0]![shard]!);
        for (const [step, parts] of steps.entries()) {
          // The first shard goes on before the others have looked, as far as a fast one can.
          for (const [shard, exchange] of exchanges.entries()) {
            exchange.collect(0, collected[shard]!);
            expect(collected[shard]!.binary).toBe(parts.every(({ binary, count }) => binary || count === 0));
            expect(entries(collected[shard]!)).toEqual(parts.flatMap(entries));
            const next = steps[step + 1];
            if (next !== undefined) exchange.publish(0, next[shard]!);
          }
        }
      }),
    );
  });
});
