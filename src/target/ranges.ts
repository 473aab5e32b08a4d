/**
 * What the types of a target's names say about its equations: registers that can leave their types, operations that
 * can fail, and what can never act. Sums of events have no type; what depends on them is decided for a program.
 */

import { covers, type Interval } from "../datapath/interval.ts";
import { bitsOf } from "../datapath/machine.ts";
import { printExpression } from "../datapath/print.ts";
import { BlockReader, isBounded, type BlockRanges, type Happens, type Judged } from "../datapath/ranges.ts";
import { childrenOf, type Expression } from "../datapath/syntax.ts";
import { typeRange } from "../datapath/typed.ts";
import { findWitness, watchedRun, type Distance, type Witness } from "../datapath/witness.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import { blocksOf, synapseBlocks, type TargetBlock } from "./blocks.ts";
import type { Target } from "./types.ts";

/**
 * Registers that leave their types, and operations that fail, though nothing arrives: each with values that do it. What
 * may happen and was not found to is no mistake here.
 *
 * @param sound names of the datapaths that are otherwise without mistakes
 */
export function checkRanges(target: Target, sound: readonly string[]): BitspikeError[] {
  const all = sound.length === Object.keys(target.datapaths).length;
  const blocks = [...sound.flatMap((name) => blocksOf(target, name)), ...(all ? synapseBlocks(target) : [])];
  const issues = blocks.flatMap((block) => new Checker(block).issues());
  // A text of several names stands in several blocks.
  return [...new Map(issues.map((issue) => [JSON.stringify([issue.code, issue.place]), issue])).values()];
}

/** Looks for values that do what should not happen. */
class Checker {
  readonly #own: TargetBlock;
  readonly #reader: BlockReader;
  readonly #reading: Judged;

  constructor(own: TargetBlock) {
    this.#own = own;
    this.#reader = new BlockReader(own.block);
    const registers = Object.entries(own.state).filter(([, { overflow }]) => overflow !== "stops");
    const limits = new Map(registers.map(([name, spec]) => [name, typeRange(spec)]));
    this.#reading = this.#reader.readWithin(own.silent, limits);
  }

  issues(): BitspikeError[] {
    const failures = [...this.#reading.fails.keys()].flatMap((node) => this.#failure(node) ?? []);
    if (failures.length > 0) return failures;
    return Object.keys(this.#own.state).flatMap((register) => this.#leaving(register) ?? []);
  }

  #failure(node: Expression): BitspikeError | null {
    const { block, silent, fieldOf } = this.#own;
    const found = findWitness(block, silent, ({ value }) => failing(node, value));
    if (found === null) return null;
    const { value } = watchedRun(block, found);
    const line = block.find((one) => isPart(one.value, node))!;
    const witness = this.#text(found, line.name);
    const facts = { operation: printExpression(node), witness, reason: reasonOf(node, value) };
    return mistake("DATAPATH_CAN_FAIL", facts, { field: fieldOf(line), ...node.at });
  }

  #leaving(register: string): BitspikeError | null {
    const { block, state, fieldOf } = this.#own;
    const spec = state[register]!;
    if (spec.overflow === "stops" || stays(register, spec, this.#reading)) return null;
    const type = typeRange(spec);
    const found = this.#beyond(register, type);
    if (found === null) return null;
    const value = String(watchedRun(block, found).after!.get(register));
    const line = block.findLast((one) => one.name === register)!;
    const facts = { register, low: spec.low, high: spec.high, value, witness: this.#text(found, register) };
    return mistake("DATAPATH_LEAVES_TYPE", facts, { field: fieldOf(line), ...line.at });
  }

  /** Values with which a register ends outside of its type. */
  #beyond(register: string, { low, high }: Interval): Witness | null {
    const { block, silent } = this.#own;
    const above = { end: { low: high + 1n, high: 1n << 4096n }, by: (value: bigint): bigint => value - high };
    const below = { end: { low: -(1n << 4096n), high: low - 1n }, by: (value: bigint): bigint => low - value };
    for (const { end, by } of [above, below]) {
      const likely = this.#reader.before(silent, register, end);
      if (likely === null) continue;
      const distance: Distance = ({ after }) => after && by(after.get(register)!);
      const found = findWitness(block, silent, distance, likely);
      if (found !== null) return found;
    }
    return null;
  }

  /** `membrane = 32767, bias = 1`: values of the names that a line is made of and that have a choice. */
  #text(witness: Witness, line: string): string {
    const { silent, words } = this.#own;
    const read = this.#reader.entriesOf(line);
    const parts = [...witness].flatMap(([name, value]) => {
      const { low, high } = silent.get(name)!;
      return read.has(name) && low < high ? [`${name} = ${words.get(name)?.[Number(value)] ?? value}`] : [];
    });
    return parts.join(", ") || "any values";
  }
}

function stays(register: string, spec: { low: number; high: number }, { results }: Judged): boolean {
  const result = results.get(register);
  return result === undefined || covers(typeRange(spec), result);
}

function isPart(whole: Expression, part: Expression): boolean {
  return whole === part || childrenOf(whole).some((child) => isPart(child, part));
}

/** Largest amount of a shift; the language says so. */
const longestShift = 4096n;

/** Operands of a shift that are amounts, and the least that each may be; or the divisor of a division. */
interface CriticalOperands {
  readonly amounts: readonly Expression[];
  readonly least: bigint;
  readonly divisor: Expression | null;
}

function criticalOperands(node: Expression): CriticalOperands {
  if (node.kind === "binary") return { amounts: [node.right], least: 0n, divisor: null };
  if (node.kind !== "call") return { amounts: [], least: 0n, divisor: null };
  const divides = node.name === "div_down" || node.name === "rem";
  if (divides) return { amounts: [], least: 0n, divisor: node.args[1]! };
  return { amounts: node.args.slice(1), least: node.name === "wrap" ? 1n : 0n, divisor: null };
}

/** How far an operation is beyond what it can do; null where it was not reached. */
function failing(node: Expression, value: (node: Expression) => bigint | undefined): bigint | null {
  const { amounts, least, divisor } = criticalOperands(node);
  if (divisor !== null) {
    const by = value(divisor);
    return by === undefined ? null : 1n - (by < 0n ? -by : by);
  }
  const beyond = amounts.flatMap((one) => {
    const amount = value(one);
    return amount === undefined ? [] : [least - amount, amount - longestShift];
  });
  return beyond.length === 0 ? null : beyond.reduce((most, one) => (one > most ? one : most));
}

function reasonOf(node: Expression, value: (node: Expression) => bigint | undefined): string {
  const { amounts, divisor } = criticalOperands(node);
  if (divisor !== null) return "the divisor is 0";
  return `the amount is ${amounts.map((one) => String(value(one))).join(" and ")}`;
}

/** What the types say about one datapath. */
export interface DatapathFindings {
  /** By register: it stays in its type whatever arrives, or while nothing arrives, or that is not known. */
  readonly registers: Readonly<Record<string, "always" | "while nothing arrives" | "not known">>;
  /** Cuts that never change anything and choices that are always made alike: `on timestep, line 3: ..`. */
  readonly idle: readonly string[];
  /** Bits of the widest value while nothing arrives. */
  readonly bits: number;
}

/** Work out what the types of a target's names say about one of its datapaths. */
export function findingsOf(target: Target, datapath: string): DatapathFindings {
  const blocks = blocksOf(target, datapath).map((own) => {
    const reader = new BlockReader(own.block);
    return { own, any: reader.read(own.ranges), silent: reader.read(own.silent) };
  });
  const registers = Object.entries(target.datapaths[datapath]!.state).map(([name, spec]) => {
    const always = blocks.every(({ any }) => stays(name, spec, any));
    const quietly = blocks.every(({ silent }) => stays(name, spec, silent));
    return [name, always ? "always" : quietly ? "while nothing arrives" : "not known"] as const;
  });
  const idle = idleLines(blocks.map(({ own, any }) => ({ own, acts: any.acts })));
  const widths = blocks.flatMap(({ silent: { of } }) => [...of.values()].filter(isBounded).map(bitsOf));
  return { registers: Object.fromEntries(registers), idle, bits: Math.max(1, ...widths) };
}

/** What never acts, or always, wherever it stands: lines of a text with several names stand in several blocks. */
function idleLines(blocks: readonly { own: TargetBlock; acts: BlockRanges["acts"] }[]): string[] {
  const places = new Map<Expression, string>();
  const found = new Map<Expression, Happens>();
  for (const { own, acts } of blocks) {
    for (const [node, happens] of acts) {
      const line = own.block.find((one) => isPart(one.value, node))!;
      const field = own.fieldOf(line).split(".").slice(2).join(".");
      places.set(node, `${field}, line ${node.at.line}`);
      found.set(node, (found.get(node) ?? happens) === happens ? happens : "maybe");
    }
  }
  const lines = [...found].map(([node, happens]) => {
    const text = idleText(node, happens);
    return text === null ? null : `${places.get(node)!}: ${text}`;
  });
  // With several accumulators a line stands in as many blocks.
  return [...new Set(lines.filter((line) => line !== null))];
}

function idleText(node: Expression, happens: Happens): string | null {
  if (happens === "maybe") return null;
  if (node.kind !== "choice") return happens === "never" ? `${printExpression(node)} never cuts` : null;
  return `${printExpression(node.condition)} is ${happens} so`;
}
