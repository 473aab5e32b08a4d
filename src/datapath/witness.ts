/**
 * Values of a block's names with which something happens that should not, found by trying: the ends of every name's
 * range, numbers near 0, numbers that the equations mention, one name after the other while that leads nearer. What is
 * found is sure, since the plain walk did it; finding nothing proves nothing.
 */

import { BitspikeError } from "../errors.ts";
import { runBlock } from "./evaluate.ts";
import type { Interval } from "./interval.ts";
import { childrenOf, namesIn, type Block, type Expression } from "./syntax.ts";

/** Values of names at the entry of a block. */
export type Witness = ReadonlyMap<string, bigint>;

/** What one run of a block gave. */
export interface BlockRun {
  /** What names are after the block; null where an operation failed. */
  readonly after: ReadonlyMap<string, bigint> | null;
  /** What an expression gave, or undefined where it was not evaluated. */
  value(node: Expression): bigint | undefined;
}

/** How far a run is beyond the limit in question: positive where it happened; null where the run says nothing. */
export type Distance = (run: BlockRun) => bigint | null;

/** Runs before the search ends, where nothing is said. */
const mostRuns = 4000;
/** Starting points that are drawn, beside the regular ones. */
const drawnStarts = 8;
/** Ranges with no more values than this are tried out whole. */
const fewValues = 20n;
const mostLiterals = 8;

/**
 * Search for values with which something happens.
 *
 * @param ranges of all names that the block reads
 * @param distance of the run from what is looked for
 * @param likely narrower ranges of some names, whose ends are tried first
 * @param runs before the search ends
 * @returns values near 0 where that is possible, or null
 */
export function findWitness(
  block: Block,
  ranges: ReadonlyMap<string, Interval>,
  distance: Distance,
  likely: ReadonlyMap<string, Interval> = new Map(),
  runs: number = mostRuns,
): Witness | null {
  const search = new Search(block, ranges, distance, runs);
  for (const start of search.starts(likely)) {
    const found = search.climb(start);
    if (found !== null) return search.simplify(found);
    if (search.isOver) return null;
  }
  return null;
}

/** Run a block once, and keep what it evaluates. */
export function watchedRun(block: Block, values: Witness): BlockRun {
  const seen = new Map<Expression, bigint>();
  const after = new Map(values);
  const value = (node: Expression): bigint | undefined => seen.get(node);
  try {
    runBlock(block, after, (node, own) => seen.set(node, own));
    return { after, value };
  } catch (error) {
    if (error instanceof BitspikeError) return { after: null, value };
    throw error;
  }
}

class Search {
  readonly #block: Block;
  readonly #ranges: ReadonlyMap<string, Interval>;
  readonly #distance: Distance;
  readonly #names: readonly string[];
  readonly #candidates: ReadonlyMap<string, readonly bigint[]>;
  #left: number;

  constructor(block: Block, ranges: ReadonlyMap<string, Interval>, distance: Distance, runs: number) {
    this.#left = runs;
    this.#block = block;
    this.#ranges = ranges;
    this.#distance = distance;
    const read = new Set(block.flatMap((line) => [...namesIn(line.value)]));
    this.#names = [...ranges.keys()].filter((name) => read.has(name));
    const literals = [...new Set(block.flatMap((line) => literalsIn(line.value)))].slice(0, mostLiterals);
    this.#candidates = new Map(this.#names.map((name) => [name, candidatesIn(ranges.get(name)!, literals)]));
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** Points from which it may be near. */
  *starts(likely: ReadonlyMap<string, Interval>): Generator<Map<string, bigint>> {
    const all = (choose: (range: Interval, name: string) => bigint): Map<string, bigint> => {
      return new Map([...this.#ranges].map(([name, range]) => [name, choose(range, name)]));
    };
    const hint = (name: string, range: Interval): Interval => likely.get(name) ?? range;
    yield all((range, name) => nearestToZero(hint(name, range)));
    yield all((range, name) => hint(name, range).high);
    yield all((range, name) => hint(name, range).low);
    for (let start = 1; start <= drawnStarts; start++) {
      // Any spread will do, as long as it is the same each time.
      let draw = start;
      yield all((range, name) => {
        draw = (draw * 1103515245 + 12345) % 2 ** 31;
        const values = this.#candidates.get(name) ?? [range.low];
        return values[Math.floor(draw / 65536) % values.length]!;
      });
    }
  }

  /** Change one name after the other while that leads nearer. */
  climb(values: Map<string, bigint>): Map<string, bigint> | null {
    let best = this.#at(values);
    for (let better = true; better && !this.isOver;) {
      if (best !== null && best > 0n) return values;
      better = false;
      for (const name of this.#names) {
        const before = values.get(name)!;
        let chosen = before;
        for (const candidate of this.#candidates.get(name)!) {
          const own = this.#at(values.set(name, candidate));
          if (own === null || (best !== null && own <= best)) continue;
          [best, chosen, better] = [own, candidate, true];
        }
        values.set(name, chosen);
        if (best !== null && best > 0n) return values;
      }
    }
    return best !== null && best > 0n ? values : null;
  }

  /** The same with every value that does not matter brought near 0. */
  simplify(values: Map<string, bigint>): Witness {
    for (const [name, range] of this.#ranges) {
      const before = values.get(name)!;
      const [plain, one] = [nearestToZero(range), range.low <= 1n && 1n <= range.high ? 1n : before];
      for (const candidate of [plain, one, before]) {
        const own = this.#at(values.set(name, candidate));
        if (own !== null && own > 0n) break;
      }
    }
    return values;
  }

  #at(values: Witness): bigint | null {
    this.#left--;
    return this.#distance(watchedRun(this.#block, values));
  }
}

function nearestToZero({ low, high }: Interval): bigint {
  return low > 0n ? low : high < 0n ? high : 0n;
}

function literalsIn(expression: Expression): bigint[] {
  if (expression.kind === "number") return [BigInt(expression.value)];
  return childrenOf(expression).flatMap(literalsIn);
}

function candidatesIn({ low, high }: Interval, literals: readonly bigint[]): bigint[] {
  if (high - low < fewValues) return Array.from({ length: Number(high - low) + 1 }, (_, i) => low + BigInt(i));
  const near = literals.flatMap((value) => [value, value + 1n, -value, -value - 1n]);
  const some = [low, high, low + 1n, high - 1n, 0n, 1n, -1n, (low + high) / 2n, ...near];
  return [...new Set(some)].filter((value) => value >= low && value <= high);
}
