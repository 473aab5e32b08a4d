/**
 * What registers can be after any number of timesteps: the least box found that the first values lie in and that no
 * timestep leaves. Steps from below show where a leak settles, steps from above bring the ends back from a guess.
 */

import { covers, hull, overlap, type Interval } from "./interval.ts";

/** What each of some names can be. */
export type Box = ReadonlyMap<string, Interval>;

/** How many more steps of a box may be worked out. */
export interface Budget {
  left: number;
}

/** Steps from which the next ones are guessed. */
const trailLength = 3;
/** Registers that drive each other settle one after the other. */
const mostRounds = 4;
const mostDescents = 4;
/** Halvings of what is left between an end that was reached and one that was guessed. */
const mostHalvings = 6;

/**
 * What names can be after any number of steps.
 *
 * @param start what they are at first
 * @param limits what they can never leave, since a run would stop
 * @param step what they can be after a step from anywhere in a box; names that are missing stay, null where no run gets
 *   through
 */
export function invariantOf(start: Box, limits: Box, step: (box: Box) => Box | null, budget: Budget): Box {
  return new Search(start, limits, step, budget).run();
}

class Search {
  readonly #start: Box;
  readonly #limits: Box;
  readonly #step: (box: Box) => Box | null;
  readonly #budget: Budget;

  constructor(start: Box, limits: Box, step: (box: Box) => Box | null, budget: Budget) {
    this.#start = start;
    this.#limits = limits;
    this.#step = step;
    this.#budget = budget;
  }

  run(): Box {
    const { box, reached } = this.#ascend();
    return this.#shrink(this.#descend(box), reached);
  }

  /** The first values and everything that one step leads to from a box. */
  #after(box: Box): Box {
    if (this.#budget.left-- <= 0) return this.#limits;
    const next = this.#step(box);
    return mapBox(this.#start, (own, name) => {
      const after = next?.get(name);
      const possible =
        after === undefined ? (next === null ? null : box.get(name)!) : overlap(after, this.#limits.get(name)!);
      return possible === null ? own : hull(own, possible);
    });
  }

  #holds(box: Box): boolean {
    return this.#budget.left > 0 && boxCovers(box, this.#after(box));
  }

  /** A box that no step leaves, and what is inside of every such box. */
  #ascend(): { box: Box; reached: Box } {
    let box = this.#start;
    for (let round = 0; round < mostRounds; round++) {
      const trail = [box];
      for (let i = 0; i < trailLength; i++) {
        const next = this.#after(box);
        if (boxCovers(box, next)) return { box, reached: box };
        box = joined(box, next);
        trail.push(box);
      }
      const guess = mapBox(box, (_, name) => this.#guess(trail, name));
      if (!boxCovers(box, guess) && this.#holds(guess)) return { box: guess, reached: box };
    }
    const reached = box;
    // What still grows goes as far as it can.
    for (let next = this.#after(box); !boxCovers(box, next); next = this.#after(box)) {
      const before = box;
      box = mapBox(box, ({ low, high }, name) => {
        const [own, limit] = [next.get(name)!, this.#limits.get(name)!];
        return { low: own.low < low ? limit.low : low, high: own.high > high ? limit.high : high };
      });
      if (boxCovers(before, box)) break;
    }
    return { box, reached };
  }

  /** Where the ends of a register would settle. */
  #guess(trail: readonly Box[], name: string): Interval {
    const ends = trail.map((box) => box.get(name)!);
    const { low, high } = this.#limits.get(name)!;
    const highest = settled(ends.map((end) => end.high));
    const lowest = -settled(ends.map((end) => -end.low));
    return { low: lowest < low ? low : lowest, high: highest > high ? high : highest };
  }

  /** Everything outside of what one step leads to is out of reach. */
  #descend(first: Box): Box {
    let box = first;
    for (let i = 0; i < mostDescents && this.#budget.left > 0; i++) {
      const next = cut(box, this.#after(box));
      if (boxCovers(next, box)) break;
      box = next;
    }
    return box;
  }

  /** Bring ends that were guessed nearer to those that were reached, one register after the other. */
  #shrink(first: Box, reached: Box): Box {
    let box = first;
    for (const name of box.keys()) {
      for (const end of ["low", "high"] as const) {
        let [inner, outer] = [reached.get(name)![end], box.get(name)![end]];
        for (let i = 0; i < mostHalvings && farApart(inner, outer); i++) {
          const middle = (inner + outer) / 2n;
          const trial = new Map(box).set(name, { ...box.get(name)!, [end]: middle });
          if (!boxCovers(trial, this.#start) || !this.#holds(trial)) {
            inner = middle;
            continue;
          }
          box = this.#descend(trial);
          outer = box.get(name)![end];
        }
      }
    }
    return box;
  }
}

/** Ends nearer to each other than this are not worth another step. */
function farApart(a: bigint, b: bigint): boolean {
  const apart = a < b ? b - a : a - b;
  const size = a < 0n ? -a : a;
  return apart > 8n && apart * 16n > size;
}

/** Where rising numbers would settle if each rise is the same share of the one before; the last where none is. */
function settled(trail: readonly bigint[]): bigint {
  const [a, b, c] = trail.slice(-3) as [bigint, bigint, bigint];
  const [first, second] = [b - a, c - b];
  if (second <= 0n || second >= first) return c;
  const rest = first - second;
  // What rounding adds to every rise gathers as the rises do.
  return c + (second * second) / rest + (2n * first) / rest + 4n;
}

function mapBox(box: Box, change: (range: Interval, name: string) => Interval): Box {
  return new Map([...box].map(([name, range]) => [name, change(range, name)]));
}

function joined(a: Box, b: Box): Box {
  return mapBox(a, (range, name) => hull(range, b.get(name)!));
}

/** What lies in both; they have the first values in common. */
function cut(a: Box, b: Box): Box {
  return mapBox(a, (range, name) => overlap(range, b.get(name)!)!);
}

function boxCovers(outer: Box, inner: Box): boolean {
  return [...outer].every(([name, range]) => covers(range, inner.get(name)!));
}
