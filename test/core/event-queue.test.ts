import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue, type QueueEntry, type WhenFull } from "../../src/core/event-queue.ts";

const entry = (source: number): QueueEntry => ({ kind: 1, source, neuron: source + 1, weight: 5 - source });

/** All entries, first to last. */
function drained(queue: EventQueue): QueueEntry[] {
  const entries: QueueEntry[] = [];
  while (queue.length > 0) {
    entries.push(queue.head);
    queue.drop();
  }
  return entries;
}

describe("a queue of events", () => {
  it("is a list of limited length, whatever is done to it", () => {
    const doing = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("push" as const), held: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("drop" as const), held: fc.constant(false) }) },
    );
    const whenFull = fc.constantFrom<WhenFull>("lose-new", "lose-oldest");
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        whenFull,
        fc.array(doing, { maxLength: 60 }),
        (capacity, full, all) => {
          const queue = new EventQueue(capacity, full);
          let [list, lost, longest] = [[] as QueueEntry[], 0, 0];
          for (const [index, one] of all.entries()) {
            if (one.do === "drop") {
              if (list.length > 0) queue.drop();
              list = list.slice(1);
            } else {
              const held = one.held && list.length > 0;
              queue.push(entry(index), held);
              list.push(entry(index));
              if (list.length > capacity) {
                lost++;
                const oldest = held ? 1 : 0;
                list.splice(full === "lose-new" ? capacity : oldest, 1);
              }
            }
            longest = Math.max(longest, list.length);
            expect([queue.length, queue.full, queue.lost]).toEqual([list.length, list.length === capacity, lost]);
            expect(queue.longest).toBe(longest);
            if (list.length > 0) expect(queue.head).toEqual(list[0]);
          }
          expect(drained(queue)).toEqual(list);
        },
      ),
    );
  });

  it("is empty after it was cleared", () => {
    const queue = new EventQueue(2, "lose-new");
    for (const source of [1, 2, 3]) queue.push(entry(source), false);
    queue.clear();
    expect([queue.length, queue.lost, queue.longest]).toEqual([0, 0, 0]);
    queue.push(entry(7), false);
    expect(drained(queue)).toEqual([entry(7)]);
  });
});
