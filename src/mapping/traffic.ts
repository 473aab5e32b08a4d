/** Messages between the parts of a network, and what they cost on a mesh. */

import { directions, pathBetween, placeOf, tileOf, type Link } from "../target/mesh.ts";
import type { NocSpec } from "../target/types.ts";
import { eachReach } from "./reach.ts";
import type { LinkLoad, Mapped, PlannedTraffic } from "./types.ts";

/** How often neurons fire. */
export interface Rates {
  /** What they were read from. */
  readonly origin: string;
  /** Spikes per timestep, [neurons] by population. */
  readonly of: ReadonlyMap<string, Float64Array>;
}

/** Messages per timestep from part to part: row a holds those of part a, by the part that they go to. */
export type Messages = readonly ReadonlyMap<number, number>[];

/**
 * A hop from chip to chip counts as so many further ones. Nobody published it for the chips that come with bitspike: links
 * between chips are slower and cost more, and ten hops keep neighbours on one chip wherever there is room.
 */
export const borderHops = 10;

/**
 * A spike is one message to each part in which its neuron has synapses, as the ledger counts them. Inputs send from outside
 * of the chip and are left out.
 *
 * @param rates null: every neuron fires in every timestep
 */
export function messagesBetween(
  mapped: Mapped,
  partOf: ReadonlyMap<string, Int32Array>,
  parts: number,
  rates: Rates | null,
): Messages {
  const rows = Array.from({ length: parts }, () => new Map<number, number>());
  for (const source of mapped.populations) {
    const own = partOf.get(source.name)!;
    const rate = rates?.of.get(source.name);
    const sums = new Float64Array(parts);
    let touched: number[] = [];
    let part = own[0]!;
    const flush = (): void => {
      for (const to of touched) {
        rows[part]!.set(to, (rows[part]!.get(to) ?? 0) + sums[to]!);
        sums[to] = 0;
      }
      touched = [];
    };
    eachReach(mapped, source, partOf, parts, true, (neuron, reached, count) => {
      if (own[neuron] !== part) {
        flush();
        part = own[neuron]!;
      }
      const often = rate?.[neuron] ?? 1;
      if (often === 0) return;
      for (let i = 0; i < count; i++) {
        if (sums[reached[i]!] === 0) touched.push(reached[i]!);
        sums[reached[i]!]! += often;
      }
    });
    flush();
  }
  return rows;
}

/** Links crossed per timestep with every part on its core, borders counted as they count. */
export function hopsOf(messages: Messages, cores: readonly number[], noc: NocSpec): number {
  const places = cores.map((core) => placeOf(tileOf(core, noc), noc));
  const chips = places.map(([x, y]) => [Math.floor(x / noc.width.value), Math.floor(y / noc.height.value)] as const);
  let sum = 0;
  for (const [from, row] of messages.entries()) {
    const [[x, y], [column, line]] = [places[from]!, chips[from]!];
    for (const [to, often] of row) {
      const [other, chip] = [places[to]!, chips[to]!];
      const hops = Math.abs(x - other[0]) + Math.abs(y - other[1]);
      sum += often * (hops + borderHops * (Math.abs(column - chip[0]) + Math.abs(line - chip[1])));
    }
  }
  return sum;
}

/** Everything about the messages of a placement. @param all cores of the chips in use */
export function trafficOf(
  messages: Messages,
  cores: readonly number[],
  all: readonly number[],
  noc: NocSpec,
  rates: Rates | null,
): PlannedTraffic {
  const total = messages.reduce((sum, row) => sum + sumOf(row), 0);
  const between = messages.reduce((sum, row, part) => sum + sumOf(row) - (row.get(part) ?? 0), 0);
  const free = all.toSorted((a, b) => a - b);
  return {
    rates: rates?.origin ?? null,
    messages: total,
    hops: hopsOf(messages, cores, noc),
    inOrder: hopsOf(
      messages,
      cores.map((_, part) => free[part]!),
      noc,
    ),
    anywhere: between * meanDistance(all, noc),
    atLeast: leastHops(messages, noc),
    links: linksOf(messages, cores, noc),
  };
}

function sumOf(row: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const often of row.values()) sum += often;
  return sum;
}

/** Of two different cores. Distances add up axis by axis, so that columns and rows are counted instead of pairs. */
function meanDistance(cores: readonly number[], noc: NocSpec): number {
  if (cores.length < 2) return 0;
  const places = cores.map((core) => placeOf(tileOf(core, noc), noc));
  const along = (axis: 0 | 1, size: number): number => {
    const counts = new Map<number, number>();
    for (const place of places) counts.set(place[axis], (counts.get(place[axis]) ?? 0) + 1);
    let sum = 0;
    for (const [a, many] of counts) {
      for (const [b, others] of counts) {
        const borders = Math.abs(Math.floor(a / size) - Math.floor(b / size));
        sum += many * others * (Math.abs(a - b) + borders * borderHops);
      }
    }
    return sum;
  };
  return (along(0, noc.width.value) + along(1, noc.height.value)) / (cores.length * (cores.length - 1));
}

/**
 * No placement needs fewer hops: around a core there are so many others on its own tile, four times as many as a tile has
 * at one hop, eight times at two, and so on; the busiest of a part's partners can be no nearer than that.
 */
function leastHops(messages: Messages, { coresPerTile }: NocSpec): number {
  const partners = bothWays(messages);
  let twice = 0;
  for (const own of partners) {
    let [hops, room] = [0, coresPerTile.value - 1];
    for (const often of [...own.values()].toSorted((a, b) => b - a)) {
      while (room === 0) room = 4 * ++hops * coresPerTile.value;
      twice += often * hops;
      room--;
    }
  }
  return twice / 2;
}

/** For each part the others that it exchanges messages with, and how many, whichever way they go. */
export function bothWays(messages: Messages): ReadonlyMap<number, number>[] {
  const partners = messages.map(() => new Map<number, number>());
  for (const [from, row] of messages.entries()) {
    for (const [to, often] of row) {
      if (from === to) continue;
      partners[from]!.set(to, (partners[from]!.get(to) ?? 0) + often);
      partners[to]!.set(from, (partners[to]!.get(from) ?? 0) + often);
    }
  }
  return partners;
}

function linksOf(messages: Messages, cores: readonly number[], noc: NocSpec): LinkLoad[] {
  const tiles = cores.map((core) => tileOf(core, noc));
  const pairs = new Map<string, { readonly from: number; readonly to: number; messages: number }>();
  for (const [from, row] of messages.entries()) {
    for (const [to, often] of row) {
      const key = `${tiles[from]} ${tiles[to]}`;
      const pair = pairs.get(key) ?? { from: tiles[from]!, to: tiles[to]!, messages: 0 };
      pair.messages += often;
      pairs.set(key, pair);
    }
  }
  const links = new Map<string, Link & { messages: number }>();
  for (const { from, to, messages: often } of pairs.values()) {
    for (const link of pathBetween(from, to, noc)) {
      const key = `${link.tile} ${link.direction}`;
      const known = links.get(key) ?? { ...link, messages: 0 };
      known.messages += often;
      links.set(key, known);
    }
  }
  return [...links.values()].toSorted((a, b) => numberOf(a) - numberOf(b));
}

function numberOf({ tile, direction }: Link): number {
  return tile * directions.length + directions.indexOf(direction);
}
