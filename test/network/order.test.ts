import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  delayedEdges,
  distances,
  executionOrder,
  shortestWay,
  statelessCycle,
  type Links,
} from "../../src/network/order.ts";

/** Any directed graph without repeated edges; node 0 is the input, each other node holds state or not. */
const graphs = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc.record({
    links: fc
      .uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 30, selector: ([a, b]) => a * 100 + b })
      .map((edges): Links => ({ count, edges })),
    stateful: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
  }),
);

const sound = graphs.filter(({ links, stateful }) => statelessCycle(links, stateful) === null);

/** All pairs, by repeated squaring in plain loops. */
function reachable({ count, edges }: Links): boolean[][] {
  const reach = Array.from({ length: count }, () => Array.from({ length: count }, () => false));
  for (const [from, to] of edges) reach[from]![to] = true;
  for (let via = 0; via < count; via++) {
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) reach[from]![to] ||= reach[from]![via]! && reach[via]![to]!;
    }
  }
  return reach;
}

/** The rule as it is written down, by search from every edge. */
function delayedByRule({ edges }: Links, stateful: readonly boolean[], distance: Float64Array, reach: boolean[][]) {
  return edges.map(([from, to]) => {
    if (!stateful[from]) return false;
    const queue = [to];
    for (const node of queue) {
      if (stateful[node]) {
        if (distance[node]! <= distance[from]! && reach[node]![from]) return true;
      } else queue.push(...edges.filter(([a, b]) => a === node && !queue.includes(b)).map(([, b]) => b));
    }
    return false;
  });
}

describe("the order of execution", () => {
  it("has every node once", () => {
    fc.assert(
      fc.property(sound, ({ links, stateful }) => {
        const distance = distances(links, [0]);
        const order = executionOrder(links, delayedEdges(links, stateful, distance), distance);
        expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: links.count }, (_, node) => node));
      }),
    );
  });

  it("leads forward along every edge that is not delayed", () => {
    fc.assert(
      fc.property(sound, ({ links, stateful }) => {
        const distance = distances(links, [0]);
        const delayed = delayedEdges(links, stateful, distance);
        const order = executionOrder(links, delayed, distance);
        for (const [edge, [from, to]] of links.edges.entries()) {
          if (!delayed[edge]) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
        }
      }),
    );
  });

  it("does not depend on the order of the edges", () => {
    fc.assert(
      fc.property(sound, fc.infiniteStream(fc.nat(1000)), ({ links, stateful }, numbers) => {
        const shuffled = links.edges
          .map((edge) => ({ edge, key: numbers.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ edge }) => edge);
        const orderOf = (edges: Links["edges"]): readonly number[] => {
          const graph = { count: links.count, edges };
          const distance = distances(graph, [0]);
          return executionOrder(graph, delayedEdges(graph, stateful, distance), distance);
        };
        expect(orderOf(shuffled)).toEqual(orderOf(links.edges));
      }),
    );
  });
});

describe("delayed edges", () => {
  it("are those of the rule", () => {
    fc.assert(
      fc.property(sound, ({ links, stateful }) => {
        const distance = distances(links, [0]);
        const expected = delayedByRule(links, stateful, distance, reachable(links));
        expect(delayedEdges(links, stateful, distance)).toEqual(expected);
      }),
    );
  });

  it("leave no loop without one", () => {
    fc.assert(
      fc.property(sound, ({ links, stateful }) => {
        const delayed = delayedEdges(links, stateful, distances(links, [0]));
        const rest = { count: links.count, edges: links.edges.filter((_, edge) => !delayed[edge]) };
        expect(reachable(rest).some((row, node) => row[node])).toBe(false);
      }),
    );
  });
});

describe("a loop without state", () => {
  it("is found exactly when there is one", () => {
    fc.assert(
      fc.property(graphs, ({ links, stateful }) => {
        const among = links.edges.filter(([from, to]) => !stateful[from] && !stateful[to]);
        const exists = reachable({ count: links.count, edges: among }).some((row, node) => row[node]);
        expect(statelessCycle(links, stateful) !== null).toBe(exists);
      }),
    );
  });

  it("is given as nodes that follow each other round", () => {
    fc.assert(
      fc.property(graphs, ({ links, stateful }) => {
        const cycle = statelessCycle(links, stateful) ?? [];
        for (const [index, node] of cycle.entries()) {
          const next = cycle[(index + 1) % cycle.length];
          expect(stateful[node]).toBe(false);
          expect(links.edges).toContainEqual([node, next]);
        }
      }),
    );
  });
});

it("a chain of 100000 nodes is ordered without overflowing the stack", () => {
  const count = 100_000;
  const edges = Array.from({ length: count - 1 }, (_, node) => [node, node + 1] as const);
  const links = { count, edges };
  const stateful = edges.map(() => false);
  expect(statelessCycle(links, stateful)).toBe(null);
  const distance = distances(links, [0]);
  expect(executionOrder(links, delayedEdges(links, stateful, distance), distance).at(-1)).toBe(count - 1);
});

it("the shortest way is as long as the distance says", () => {
  fc.assert(
    fc.property(graphs, ({ links }) => {
      const distance = distances(links, [0]);
      for (let node = 0; node < links.count; node++) {
        const way = shortestWay(links, 0, node);
        expect(way === null ? Infinity : way.length - 1).toBe(distance[node]);
        for (const [index, here] of (way ?? []).slice(1).entries())
          expect(links.edges).toContainEqual([way![index], here]);
      }
    }),
  );
});
