import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange } from "../../src/mapping/arrange.ts";
import { partsOf, placeOnCores } from "../../src/mapping/place.ts";
import { borderHops, hopsOf, messagesBetween, trafficOf, type Messages } from "../../src/mapping/traffic.ts";
import { coresOf, reachOf } from "../../src/measure/places.ts";
import { pathBetween, tileOf } from "../../src/target/mesh.ts";
import type { NocSpec } from "../../src/target/types.ts";
import { motley, randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { chosen, randomChip } from "./chips.ts";

function meshOf(width: number, height: number, coresPerTile: number, chipsAcross = 1): NocSpec {
  return {
    topology: "mesh",
    routing: "x-then-y",
    width: chosen(width),
    height: chosen(height),
    coresPerTile: chosen(coresPerTile),
    tiles: "by-row",
    chipsAcross: chosen(chipsAcross),
  };
}

const all = (cores: number): number[] => Array.from({ length: cores }, (_, core) => core);

/** Some messages between some of the parts. */
function randomMessages(parts: number, dice: Dice): Messages {
  return all(parts).map(() => {
    const others = all(parts).filter(() => dice.chance(40));
    return new Map(others.map((to) => [to, dice.between(1, 20)]));
  });
}

/** Hops as their definition has them: link by link, and ten more where one leads to another chip. */
function hopsPlainly(messages: Messages, cores: readonly number[], noc: NocSpec): number {
  const chipOf = (tile: number): number => Math.floor(tile / (noc.width.value * noc.height.value));
  let sum = 0;
  for (const [from, row] of messages.entries()) {
    for (const [to, often] of row) {
      const end = tileOf(cores[to]!, noc);
      const path = [...pathBetween(tileOf(cores[from]!, noc), end, noc).map(({ tile }) => tile), end];
      const borders = path.slice(1).filter((tile, i) => chipOf(tile) !== chipOf(path[i]!)).length;
      sum += often * (path.length - 1 + borders * borderHops);
    }
  }
  return sum;
}

function* orders(cores: readonly number[], parts: number): Generator<number[]> {
  if (parts === 0) yield [];
  else
    for (const core of cores)
      for (const rest of orders(
        cores.filter((one) => one !== core),
        parts - 1,
      ))
        yield [core, ...rest];
}

/** Numbers of 8 by 8 parts, neighbours far from each other. */
function number(x: number, y: number): number {
  return ((y * 8 + x) * 27) % 64;
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe("parts on a mesh", () => {
  it("lie on cores of their own, pinned ones where they are pinned, at a cost between the bound and that in order", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const noc = meshOf(dice.between(1, 4), dice.between(1, 4), dice.between(1, 3), dice.between(1, 2));
        const cores = noc.width.value * noc.height.value * noc.coresPerTile.value * dice.between(1, 3);
        const parts = dice.between(1, Math.min(cores, 12));
        const messages = randomMessages(parts, dice);
        const pinned = all(parts).map((part) => (dice.chance(20) ? cores - 1 - part : null));
        const free = all(cores).filter((core) => !pinned.includes(core));
        const found = arrange(messages, pinned, free, noc);
        expect(new Set(found).size).toBe(parts);
        for (const [part, core] of found.entries()) {
          if (pinned[part] === null) expect(free).toContain(core);
          else expect(core).toBe(pinned[part]);
        }
        const { hops, atLeast } = trafficOf(messages, found, all(cores), noc, null);
        expect(hops).toBe(hopsPlainly(messages, found, noc));
        let next = 0;
        expect(hops).toBeLessThanOrEqual(
          hopsOf(
            messages,
            pinned.map((core) => core ?? free[next++]!),
            noc,
          ),
        );
        expect(hops).toBeGreaterThanOrEqual(atLeast);
      }),
      { numRuns: 60 },
    );
  });

  it("lie as well as anywhere, where there are few enough to try everything, and no better than the bound", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const noc = meshOf(dice.between(2, 3), 2, 1);
        const cores = all(noc.width.value * 2);
        const parts = dice.between(2, cores.length - 1);
        const messages = randomMessages(parts, dice);
        const costs = [...orders(cores, parts)].map((order) => hopsPlainly(messages, order, noc));
        const found = arrange(
          messages,
          all(parts).map(() => null),
          cores,
          noc,
        );
        const { hops, atLeast, anywhere } = trafficOf(messages, found, cores, noc, null);
        expect(hops).toBe(Math.min(...costs));
        expect(atLeast).toBeLessThanOrEqual(Math.min(...costs));
        expect(anywhere).toBeCloseTo(costs.reduce((sum, cost) => sum + cost, 0) / costs.length, 8);
      }),
      { numRuns: 25 },
    );
  });

  it("that talk to their neighbours come near each other again, wherever they began", () => {
    const noc = meshOf(8, 8, 1);
    // A square of 8 by 8 parts, each with messages to those beside it.
    const messages = all(64).map(() => new Map<number, number>());
    for (const at of all(64)) {
      const [x, y] = [at % 8, Math.floor(at / 8)];
      if (x < 7) messages[number(x, y)]!.set(number(x + 1, y), 1);
      if (y < 7) messages[number(x, y)]!.set(number(x, y + 1), 1);
    }
    const { hops, inOrder } = trafficOf(
      messages,
      arrange(
        messages,
        all(64).map(() => null),
        all(64),
        noc,
      ),
      all(64),
      noc,
      null,
    );
    expect(hops).toBeLessThan(1.3 * 112);
    expect(inOrder).toBeGreaterThan(3 * 112);
  });

  it("without messages lie on tiles that are in use, as far as these have cores", () => {
    const noc = meshOf(4, 4, 4);
    // Two parts that talk, last in the order and thus on different tiles, and four that do not.
    const messages = all(6).map((part) => new Map(part === 0 ? [[5, 3]] : []));
    const free = all(64);
    const cores = arrange(
      messages,
      all(6).map(() => null),
      free,
      noc,
    );
    const tiles = cores.map((core) => tileOf(core, noc));
    expect(tiles[0]).toBe(tiles[5]);
    expect(tiles.filter((tile) => tile === tiles[0])).toHaveLength(4);
  });

  it("of one chip's size stay on one chip", () => {
    const noc = meshOf(3, 3, 1, 2);
    const pair = (first: number): [number, ReadonlyMap<number, number>][] =>
      all(9).map((i) => [first + i, new Map(all(9).map((j) => [first + j, 1]))]);
    const messages: Map<number, number>[] = [...pair(0), ...pair(9)].map(([, row]) => new Map(row));
    messages[0]!.set(9, 1);
    // Every second part of each group first.
    const order = all(18).toSorted((a, b) => (a % 2) - (b % 2) || a - b);
    const shuffled = order.map(
      (part) => new Map([...messages[part]!].map(([to, often]) => [order.indexOf(to), often])),
    );
    const cores = arrange(
      shuffled,
      order.map(() => null),
      all(18),
      noc,
    );
    const chips = order.map((part, i) => [part < 9, Math.floor(cores[i]! / 9)] as const);
    expect(new Set(chips.map(([first, chip]) => `${first} ${chip}`)).size).toBe(2);
  });
});

describe("messages between cores", () => {
  it("are those that the ledger would count if every neuron fired once", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const fit = placeOnCores(chip, program);
        if (fit.traffic === undefined) return;
        const cores = coresOf(program, fit.placement);
        let [messages, hops] = [0, 0];
        const links = new Map<string, number>();
        for (const { name, neurons } of program.populations) {
          const { begin, end, core: reached } = reachOf(program, name, neurons, cores);
          for (let neuron = 0; neuron < neurons; neuron++) {
            for (const core of new Set(reached.slice(begin[neuron], end[neuron]))) {
              messages++;
              const path = pathBetween(
                tileOf(cores.get(name)![neuron]!, chip.noc!),
                tileOf(core, chip.noc!),
                chip.noc!,
              );
              hops += path.length;
              for (const { tile, direction } of path) {
                links.set(`${tile} ${direction}`, (links.get(`${tile} ${direction}`) ?? 0) + 1);
              }
            }
          }
        }
        expect(fit.traffic).toMatchObject({ rates: null, messages });
        if (fit.chips === 1) expect(fit.traffic.hops).toBe(hops);
        expect(
          new Map(fit.traffic.links.map(({ tile, direction, messages: own }) => [`${tile} ${direction}`, own])),
        ).toEqual(links);
      }),
      { numRuns: 60 },
    );
  });

  it("are as many as neurons fire", () => {
    const program = randomProgram(motley, new Dice(12));
    const parts = program.populations.map(({ name, neurons }) => ({
      ranges: [{ population: name, from: 0, to: neurons }],
    }));
    const partOf = partsOf(program, parts);
    const half = new Map(program.populations.map(({ name, neurons }) => [name, new Float64Array(neurons).fill(0.5)]));
    const often = messagesBetween(program, partOf, parts.length, null);
    const seldom = messagesBetween(program, partOf, parts.length, { origin: "a test", of: half });
    expect(seldom.map((row) => new Map([...row].map(([to, count]) => [to, 2 * count])))).toEqual(often);
    const silent = new Map(program.populations.map(({ name, neurons }) => [name, new Float64Array(neurons)]));
    const none = messagesBetween(program, partOf, parts.length, { origin: "a test", of: silent });
    expect(none.every((row) => row.size === 0)).toBe(true);
  });
});
