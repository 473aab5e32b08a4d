/**
 * The interval reading of a block: what every subexpression can be when its names lie in given intervals. Sound for
 * every operation: a value that the plain walk can give lies in the interval of its node.
 */

import { cuts, Facts, fails, happensWhere, type Happens, type Work } from "./facts.ts";
import { Graph, isMadeOf, type GraphLine, type Value } from "./graph.ts";
import { anything, covers, hull, isZero, type Interval } from "./interval.ts";
import { splitsOf } from "./splits.ts";
import type { Block, Expression } from "./syntax.ts";

export type { Happens } from "./facts.ts";
export { isBounded, type Interval } from "./interval.ts";

export interface BlockRanges {
  /** What every subexpression can be, by its node; nodes that can never be evaluated are absent. */
  readonly of: ReadonlyMap<Expression, Interval>;
  /** What each assigned name is after the block; none when every run of the block fails. */
  readonly results: ReadonlyMap<string, Interval>;
  /**
   * By node. A call of `wrap`, `saturate` or `clamp`: whether it changes its first argument. A `?:`: whether its
   * condition holds. Nodes that can never be evaluated are absent.
   */
  readonly acts: ReadonlyMap<Expression, Happens>;
  /** Operations that may have no result (a negative shift, a divisor of 0), by node. */
  readonly fails: ReadonlyMap<Expression, "maybe" | "always">;
}

/** What there is to tell whether a block does what it should not. */
export type Judged = Pick<BlockRanges, "results" | "fails">;

/** Intervals that are worked out for one block before it is read less closely; half of them may go into cases. */
const mostWork = 100_000;
/** Cases of one line. */
const mostCases = 64;

/**
 * Read a block in intervals.
 *
 * @param inputs what each name can be at the entry of the block; one that is missing can be anything
 */
export function rangesOf(block: Block, inputs: ReadonlyMap<string, Interval>): BlockRanges {
  return new BlockReader(block).read(inputs);
}

/** The interval reading of one block, for several readings of it. */
export class BlockReader {
  readonly #graph: Graph;

  constructor(block: Block) {
    this.#graph = new Graph(block);
  }

  /** What the names at the entry can be where a name ends in an interval; null where it cannot. Names left out are free. */
  before(inputs: ReadonlyMap<string, Interval>, name: string, result: Interval): Map<string, Interval> | null {
    const value = this.#graph.lines.findLast((line) => line.name === name)?.value;
    const facts = new Facts(this.#graph, { left: mostWork });
    const known = [...inputs].every(([input, range]) => facts.learn(this.#graph.entry(input), range));
    if (!known || (value !== undefined && !facts.learn(value, result))) return null;
    return new Map([...inputs.keys()].map((input) => [input, facts.range(this.#graph.entry(input)) ?? anything]));
  }

  /** Names of which a line's name is made, however often it was assigned. */
  entriesOf(name: string): ReadonlySet<string> {
    return this.#graph.lines.findLast((line) => line.name === name)?.value.entries ?? new Set([name]);
  }

  /**
   * What `rangesOf` gives.
   *
   * @param closely look at cases one by one where that may say more; several times the time
   */
  read(inputs: ReadonlyMap<string, Interval>, closely = true): BlockRanges {
    return this.#read(inputs, closely, null);
  }

  /**
   * Which operations may fail, and what names are after the block, looked at only as closely as it takes to tell that
   * nothing fails and that no name leaves its limit: a small part of the time of `read` where that is so.
   *
   * @param limits of names; one that is missing in the results is inside of its limit
   */
  readWithin(inputs: ReadonlyMap<string, Interval>, limits: ReadonlyMap<string, Interval>): Judged {
    let judged = this.#glance(inputs);
    for (const [closely, alone] of closer) {
      const lines = this.#inDoubt(judged, limits);
      if (lines.size === 0) break;
      const values = new Map<Value, Interval>();
      for (const { name, value } of lines) if (limits.has(name)) values.set(value, limits.get(name)!);
      judged = this.#read(inputs, closely, { lines: alone ? lines : this.#behind(lines), limits: values });
    }
    return judged;
  }

  /** What can be said without assuming conditions. */
  #glance(inputs: ReadonlyMap<string, Interval>): Judged {
    const facts = new Facts(this.#graph, { left: mostWork });
    for (const [name, range] of inputs) facts.learn(this.#graph.entry(name), range);
    const results = new Map<string, Interval>();
    const failing = new Map<Expression, "maybe">();
    for (const { name, value, values } of this.#graph.lines) {
      // Operands come before what is made of them, so that long sums are no deep recursion.
      for (const [node, { operation, args }] of values) {
        const ranges = args.map((one) => facts.range(one) ?? anything);
        if (fails(operation, ranges) !== "never") failing.set(node, "maybe");
      }
      results.set(name, facts.range(value) ?? anything);
    }
    return { results, fails: failing };
  }

  /** Lines where something may fail or leave its limit, and those that work out what they only hand on. */
  #inDoubt(judged: Judged, limits: ReadonlyMap<string, Interval>): ReadonlySet<GraphLine> {
    const { lines } = this.#graph;
    const failing = [...judged.fails.keys()];
    const own = lines.filter(({ name, values }) => {
      const [range, limit] = [judged.results.get(name), limits.get(name)];
      const leaves = range !== undefined && limit !== undefined && !covers(limit, range);
      return leaves || failing.some((node) => values.has(node));
    });
    const all = new Set(own.map(({ value }) => value));
    return new Set(lines.filter(({ value }) => all.has(value)));
  }

  /** Lines, and all lines that their values are made of. */
  #behind(some: ReadonlySet<GraphLine>): ReadonlySet<GraphLine> {
    const isBehind = ({ value: part }: GraphLine): boolean => {
      return [...some].some(({ value }) => value === part || value.parts.length === 0 || isMadeOf(value, part));
    };
    return new Set(this.#graph.lines.filter(isBehind));
  }

  #read(inputs: ReadonlyMap<string, Interval>, closely: boolean, wanted: Wanted | null): BlockRanges {
    const work: Work = { left: closely ? mostWork : mostWork / 2 };
    const facts = new Facts(this.#graph, work);
    const whole = new Reading();
    for (const [name, range] of inputs) facts.learn(this.#graph.entry(name), range);
    const results = new Map<string, Interval>();
    for (const line of this.#graph.lines) {
      if (wanted?.lines.has(line) === false) continue;
      const { reading, range } = readLine(line, facts, work, wanted?.limits.get(line.value));
      whole.add(reading);
      if (range === null) return { ...whole, results: new Map() };
      facts.settle(line.value, range);
      // Without the lines after it, what a line assigns is no result where one of those assigns it again.
      if (wanted === null || this.#graph.lines.findLast(({ name }) => name === line.name) === line) {
        results.set(line.name, range);
      }
    }
    return { ...whole, results };
  }
}

/** Lines that are read; and values that are known well enough when they lie in an interval and nothing fails. */
interface Wanted {
  readonly lines: ReadonlySet<GraphLine>;
  readonly limits: ReadonlyMap<Value, Interval>;
}

/** Ways of reading what a glance leaves in doubt: whether closely, and whether without the lines before. */
const closer = [
  [false, true],
  [true, true],
  [true, false],
] as const;

interface LineReading {
  readonly reading: Reading;
  readonly range: Interval | null;
}

/** Read a line, in the cases that say most, or that show that it stays in a limit. */
function readLine(line: GraphLine, facts: Facts, work: Work, limit?: Interval): LineReading {
  let cases: readonly Facts[] = [facts];
  let best = readCases(line, cases);
  const isEnough = (): boolean => {
    const { reading, range } = best;
    return work.left <= mostWork / 2 || (limit !== undefined && range !== null && reading.isWithin(range, limit));
  };
  if (isEnough() || best.reading.isSettled()) return best;
  for (const split of splitsOf(line.value, line.values.values(), facts)) {
    if (isEnough()) break;
    const finer = cases.flatMap(split);
    if (finer.length > mostCases || finer.length <= cases.length) continue;
    const own = readCases(line, finer);
    if (own.reading.openness() >= best.reading.openness()) continue;
    [cases, best] = [finer, own];
  }
  return best;
}

function readCases(line: GraphLine, cases: readonly Facts[]): LineReading {
  const reading = new Reading();
  let range: Interval | null = null;
  for (const facts of cases) {
    const own = new LineWalk(line, facts, reading).read(line.expression);
    range = own === null || range === null ? (own ?? range) : hull(range, own);
  }
  return { reading, range };
}

/** What was found about the nodes of some expressions. */
class Reading {
  readonly of = new Map<Expression, Interval>();
  readonly acts = new Map<Expression, Happens>();
  readonly fails = new Map<Expression, "maybe" | "always">();

  /** Take in what was found elsewhere. */
  add(other: Reading): void {
    for (const [node, own] of other.fails) this.fail(node, own);
    for (const [node, range] of other.of) this.range(node, range);
    for (const [node, happens] of other.acts) this.act(node, happens);
  }

  range(node: Expression, range: Interval): void {
    const before = this.of.get(node);
    this.of.set(node, before === undefined ? range : hull(before, range));
    // It has a value after all.
    if (this.fails.get(node) === "always") this.fails.set(node, "maybe");
  }

  act(node: Expression, happens: Happens): void {
    const before = this.acts.get(node);
    this.acts.set(node, before === undefined || before === happens ? happens : "maybe");
  }

  fail(node: Expression, happens: Happens): void {
    if (happens === "never") return;
    const sometimes = this.of.has(node) || this.fails.get(node) === "maybe";
    this.fails.set(node, sometimes ? "maybe" : happens);
  }

  /** Nothing fails, and the line's range lies in a limit. */
  isWithin(range: Interval, limit: Interval): boolean {
    return this.fails.size === 0 && covers(limit, range);
  }

  /** Nothing that cases could tell apart. */
  isSettled(): boolean {
    const isOpen = [...this.acts.values(), ...this.fails.values()].includes("maybe");
    return !isOpen && [...this.of.values()].every(({ low, high }) => low === high);
  }

  /** How much is left open; less is better. */
  openness(): number {
    let open = 0;
    for (const { low, high } of this.of.values()) open += Math.min(5000, Math.log2(Number(high - low) + 1));
    for (const happens of [...this.acts.values(), ...this.fails.values()]) open += happens === "maybe" ? 20 : 0;
    return open;
  }
}

const cutting: ReadonlySet<string> = new Set(["wrap", "saturate", "clamp"]);

/** One line read with some facts, in the order in which the plain walk evaluates. */
class LineWalk {
  readonly #line: GraphLine;
  readonly #facts: Facts;
  readonly #reading: Reading;

  constructor(line: GraphLine, facts: Facts, reading: Reading) {
    this.#line = line;
    this.#facts = facts;
    this.#reading = reading;
  }

  /** What an expression can be, or null where it never has a value. */
  read(node: Expression): Interval | null {
    // A long sum is a long way down to the left: in a loop, not by recursion.
    const way = [node];
    for (let next = node; next.kind === "binary"; next = next.left) way.push(next.left);
    let left: Interval | null = null;
    for (const one of way.toReversed()) {
      if (one.kind === "binary" && left === null) return null;
      left = this.#readOperands(one) ? this.#note(one) : null;
    }
    return left;
  }

  #note(node: Expression): Interval | null {
    const range = this.#facts.range(this.#line.values.get(node)!);
    if (range !== null) this.#reading.range(node, range);
    return range;
  }

  /** Read what an expression is made of, but for the left side of an operator, which has been read; false: it fails. */
  #readOperands(node: Expression): boolean {
    switch (node.kind) {
      case "choice":
        return this.#readChoice(node);
      case "unary":
        return this.read(node.operand) !== null;
      case "binary":
        return this.#readRight(node);
      case "call":
        return this.#readCall(node);
      default:
        return true;
    }
  }

  #readChoice(node: Extract<Expression, { kind: "choice" }>): boolean {
    const condition = this.read(node.condition);
    if (condition === null) return false;
    this.#reading.act(node, happensWhere(isZero(isZero(condition))));
    const yes = this.#readUnder(node.condition, true, node.yes);
    const no = this.#readUnder(node.condition, false, node.no);
    const range = yes !== null && no !== null ? hull(yes, no) : (yes ?? no);
    if (range !== null) this.#facts.settle(this.#line.values.get(node)!, range);
    return range !== null;
  }

  /** What an expression can be where a condition holds, or does not; null where it has no value. */
  #readUnder(condition: Expression, holds: boolean, node: Expression): Interval | null {
    const facts = this.#facts.under(this.#line.values.get(condition)!, holds);
    return facts && new LineWalk(this.#line, facts, this.#reading).read(node);
  }

  #readRight(node: Extract<Expression, { kind: "binary" }>): boolean {
    const { operator } = node;
    if (operator === "&&" || operator === "||") {
      this.#readUnder(node.left, operator === "&&", node.right);
      return true;
    }
    const right = this.read(node.right);
    if (right === null) return false;
    this.#reading.fail(node, fails(operator, [anything, right]));
    return true;
  }

  #readCall(node: Extract<Expression, { kind: "call" }>): boolean {
    const args: Interval[] = [];
    for (const argument of node.args) {
      const range = this.read(argument);
      if (range === null) return false;
      args.push(range);
    }
    const { name } = node;
    this.#reading.fail(node, fails(name, args));
    if (cutting.has(name)) this.#reading.act(node, cuts(name, args));
    return true;
  }
}
