/** Parts to cores of a mesh, so that messages cross few links. */

import { placeOf, tileOf } from "../target/mesh.ts";
import type { NocSpec } from "../target/types.ts";
import { borderHops, bothWays, hopsOf, type Messages } from "./traffic.ts";

/**
 * So many partners of parts are looked at, which takes less than half a second, whatever the network: the work is bounded by
 * a count and not by a clock, so that a placement is the same everywhere.
 */
const mostLooks = 30_000_000;
/** More trials per part make no difference. */
const mostTrialsPerPart = 10_000;

/**
 * Threshold accepting (G. Dueck, T. Scheuer, J. Comput. Phys. 90, 1990): two cores change their contents where that costs no
 * more than a threshold, which falls to 0. The start is the better of two orders, along the numbers of the cores and along a
 * path through the mesh; half of all trials move a part next to one of its partners. What comes out never costs more than
 * the parts in order.
 *
 * @param pinned core of each part that is not to be moved, else null; [parts]
 * @param free cores for the others, ascending, at least as many
 * @returns core of each part
 */
export function arrange(
  messages: Messages,
  pinned: readonly (number | null)[],
  free: readonly number[],
  noc: NocSpec,
): number[] {
  const inOrder = fill(pinned, free);
  const movable = pinned.flatMap((core, part) => (core === null ? [part] : []));
  if (movable.length === 0 || free.length < 2) return inOrder;
  const along = fill(pinned, alongThePath(free, noc));
  const cost = (cores: readonly number[]): number => hopsOf(messages, cores, noc);
  const start = cost(along) < cost(inOrder) ? along : inOrder;
  const mesh = new Mesh(messages, start, free, noc);
  mesh.improve(movable);
  const found = mesh.best();
  return cost(found) < cost(inOrder) ? withSilent(found, messages, pinned, free, noc) : inOrder;
}

/** Parts without messages may lie anywhere: on tiles that are in use, as far as they have cores. */
function withSilent(
  cores: readonly number[],
  messages: Messages,
  pinned: readonly (number | null)[],
  free: readonly number[],
  noc: NocSpec,
): number[] {
  const partners = bothWays(messages);
  const silent = cores.map((_, part) => pinned[part] === null && partners[part]!.size === 0);
  const taken = new Set(cores.filter((_, part) => !silent[part]));
  const tiles = new Set([...taken].map((core) => tileOf(core, noc)));
  const rank = (core: number): number => (tiles.has(tileOf(core, noc)) ? 0 : 1);
  const left = free.filter((core) => !taken.has(core)).toSorted((a, b) => rank(a) - rank(b) || a - b);
  let next = 0;
  return cores.map((core, part) => (silent[part] ? left[next++]! : core));
}

function fill(pinned: readonly (number | null)[], free: readonly number[]): number[] {
  let next = 0;
  return pinned.map((core) => core ?? free[next++]!);
}

/** Cores along a path that turns round at every border of a chip: neighbours on it are neighbours in the mesh. */
function alongThePath(cores: readonly number[], noc: NocSpec): number[] {
  const { width, height } = noc;
  const key = (core: number): number[] => {
    const [x, y] = placeOf(tileOf(core, noc), noc);
    const [chipX, chipY] = [Math.floor(x / width.value), Math.floor(y / height.value)];
    const [column, row] = [x % width.value, y % height.value];
    // Two rows at a time, so that the path does not run far from where it was.
    const band = Math.floor(row / 2);
    const within = band % 2 === 0 ? column : width.value - 1 - column;
    const side = within % 2 === 0 ? row % 2 : 1 - (row % 2);
    return [chipY, chipY % 2 === 0 ? chipX : -chipX, band, within, side, core];
  };
  const keys = new Map(cores.map((core) => [core, key(core)]));
  return cores.toSorted((a, b) => {
    const [first, second] = [keys.get(a)!, keys.get(b)!];
    const differing = first.findIndex((value, i) => value !== second[i]);
    return differing < 0 ? 0 : first[differing]! - second[differing]!;
  });
}

/** Parts on cores, with what a change of two cores would cost. */
class Mesh {
  /** Partners of part p: those from start[p] to start[p + 1] - 1. */
  private readonly start: Uint32Array;
  private readonly partner: Uint32Array;
  private readonly often: Float64Array;
  /** By place: cores that may be used, then those of parts that stay. */
  private readonly cores: readonly number[];
  private readonly x: Int32Array;
  private readonly y: Int32Array;
  private readonly chipX: Int32Array;
  private readonly chipY: Int32Array;
  private readonly tile: Int32Array;
  private readonly neighbours: readonly (readonly number[])[];
  /** [parts] and [places], -1 where nothing is. */
  private readonly placeOfPart: Int32Array;
  private readonly partAt: Int32Array;
  private readonly kept: Int32Array;
  private readonly free: number;
  private looks = 0;
  private random = 0x9e3779b9;

  constructor(messages: Messages, start: readonly number[], free: readonly number[], noc: NocSpec) {
    const partners = bothWays(messages);
    this.start = new Uint32Array(partners.length + 1);
    for (const [part, own] of partners.entries()) this.start[part + 1] = this.start[part]! + own.size;
    this.partner = Uint32Array.from(partners.flatMap((own) => [...own.keys()]));
    this.often = Float64Array.from(partners.flatMap((own) => [...own.values()]));
    const isFree = new Set(free);
    this.free = free.length;
    this.cores = [...free, ...start.filter((core) => !isFree.has(core))];
    const tiles = this.cores.map((core) => tileOf(core, noc));
    const places = tiles.map((tile) => placeOf(tile, noc));
    this.tile = Int32Array.from(tiles);
    this.x = Int32Array.from(places, ([x]) => x);
    this.y = Int32Array.from(places, ([, y]) => y);
    this.chipX = this.x.map((x) => Math.floor(x / noc.width.value));
    this.chipY = this.y.map((y) => Math.floor(y / noc.height.value));
    const placeOfCore = new Map(this.cores.map((core, place) => [core, place]));
    this.placeOfPart = Int32Array.from(start, (core) => placeOfCore.get(core)!);
    this.partAt = new Int32Array(this.cores.length).fill(-1);
    for (const [part, place] of this.placeOfPart.entries()) this.partAt[place] = part;
    this.kept = this.placeOfPart.slice();
    const ofTile = new Map<number, number[]>();
    for (let place = 0; place < this.free; place++) {
      const own = ofTile.get(tiles[place]!) ?? [];
      ofTile.set(tiles[place]!, own);
      own.push(place);
    }
    this.neighbours = this.tilesNearby(ofTile);
  }

  /** The core of each part in the best state that there was. */
  best(): number[] {
    return Array.from(this.kept, (place) => this.cores[place]!);
  }

  improve(movable: readonly number[]): void {
    const trials = this.trialsOf(movable.length);
    const first = this.meanChange(movable);
    let [cost, least] = [0, 0];
    for (let trial = 0; trial < trials && this.looks < mostLooks; trial++) {
      const part = movable[this.below(movable.length)]!;
      const place = this.below(2) === 0 ? this.below(this.free) : this.besidePartner(part);
      const left = 1 - trial / trials;
      const change = this.changeOf(part, place);
      if (change === null || change > first * left * left * left) continue;
      this.swap(part, place);
      cost += change;
      if (cost < least - 1e-9) {
        least = cost;
        this.kept.set(this.placeOfPart);
      }
    }
    this.placeOfPart.set(this.kept);
    this.partAt.fill(-1);
    for (const [part, place] of this.placeOfPart.entries()) this.partAt[place] = part;
    this.descend(movable);
    this.kept.set(this.placeOfPart);
  }

  private trialsOf(parts: number): number {
    const looksPerTrial = 4 + (2 * this.partner.length) / Math.max(1, this.placeOfPart.length);
    return Math.ceil(Math.min(parts * mostTrialsPerPart, (mostLooks * 0.8) / looksPerTrial));
  }

  /** Change after change that costs less, until there is none near any part or the looks are used up. */
  private descend(movable: readonly number[]): void {
    for (let better = true; better && this.looks < mostLooks;) {
      better = false;
      for (const part of movable) {
        let [least, best] = [-1e-9, -1];
        for (const place of this.neighbours[this.placeOfPart[part]!]!) {
          const change = this.changeOf(part, place);
          if (change !== null && change < least) [least, best] = [change, place];
        }
        if (best < 0) continue;
        this.swap(part, best);
        better = true;
      }
    }
  }

  /** What a few random changes cost on average, whichever way. */
  private meanChange(movable: readonly number[]): number {
    const samples = 256;
    let sum = 0;
    for (let i = 0; i < samples; i++) {
      sum += Math.abs(this.changeOf(movable[this.below(movable.length)]!, this.below(this.free)) ?? 0);
    }
    return sum / samples;
  }

  /** What it would cost to move a part to a place, and what is there to the part's; null within a tile. */
  private changeOf(part: number, to: number): number | null {
    const from = this.placeOfPart[part]!;
    if (this.tile[from] === this.tile[to]) return null;
    const other = this.partAt[to]!;
    const own = this.moved(part, from, to, other);
    return other < 0 ? own : own + this.moved(other, to, from, part);
  }

  private moved(part: number, from: number, to: number, except: number): number {
    const { partner, often, placeOfPart } = this;
    const end = this.start[part + 1]!;
    let change = 0;
    for (let i = this.start[part]!; i < end; i++) {
      const one = partner[i]!;
      if (one === except) continue;
      const place = placeOfPart[one]!;
      change += often[i]! * (this.between(to, place) - this.between(from, place));
    }
    this.looks += end - this.start[part]! + 2;
    return change;
  }

  private between(from: number, to: number): number {
    const hops = Math.abs(this.x[from]! - this.x[to]!) + Math.abs(this.y[from]! - this.y[to]!);
    const borders = Math.abs(this.chipX[from]! - this.chipX[to]!) + Math.abs(this.chipY[from]! - this.chipY[to]!);
    return hops + borderHops * borders;
  }

  private swap(part: number, to: number): void {
    const from = this.placeOfPart[part]!;
    const other = this.partAt[to]!;
    this.partAt[to] = part;
    this.placeOfPart[part] = to;
    this.partAt[from] = other;
    if (other >= 0) this.placeOfPart[other] = from;
  }

  /** A place on the tile of one of a part's partners, or on one beside it. */
  private besidePartner(part: number): number {
    const [begin, end] = [this.start[part]!, this.start[part + 1]!];
    if (begin === end) return this.below(this.free);
    const near = this.neighbours[this.placeOfPart[this.partner[begin + this.below(end - begin)]!]!]!;
    return near.length === 0 ? this.below(this.free) : near[this.below(near.length)]!;
  }

  /** By place: the free places on its own tile and on those beside it. */
  private tilesNearby(ofTile: ReadonlyMap<number, readonly number[]>): number[][] {
    const at = new Map([...ofTile].map(([, places]) => [`${this.x[places[0]!]} ${this.y[places[0]!]}`, places]));
    const found = new Map<number, number[]>();
    return this.cores.map((_, place) => {
      const known = found.get(this.tile[place]!);
      if (known !== undefined) return known;
      const [x, y] = [this.x[place]!, this.y[place]!];
      const around = [
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ].flatMap(([dx, dy]) => at.get(`${x + dx!} ${y + dy!}`) ?? []);
      found.set(this.tile[place]!, around);
      return around;
    });
  }

  /** A whole number below `end`. xorshift32 (G. Marsaglia, J. Stat. Softw. 8(14), 2003). */
  private below(end: number): number {
    let x = this.random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.random = x;
    return (x >>> 0) % end;
  }
}
