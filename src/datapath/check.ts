/** Names in equations: what each block may read and write, and what is wrong with a text that does otherwise. */

import { mistake, type BitspikeError } from "../errors.ts";
import { closest } from "../spelling.ts";
import { childrenOf, type Block, type Expression, type Position } from "./syntax.ts";

/** What one block may do. */
export interface BlockRules {
  /** Names it may read from the start. */
  readonly readable: ReadonlySet<string>;
  /** Names it may write, as often as it likes; each may be read once written, or from the start if readable. */
  readonly writable: ReadonlySet<string>;
  /** Registers, for `old(x)`. */
  readonly registers: ReadonlySet<string>;
  /** A name that the block has to give a value. */
  readonly result: string | null;
}

/**
 * Every mistake of one block, places within its text; empty when it is sound.
 *
 * @param before lines that run before it, from other texts
 */
export function checkBlock(block: Block, rules: BlockRules, before: Block = []): BitspikeError[] {
  const issues: BitspikeError[] = [];
  const assigned = new Set(before.map((line) => line.name));
  const known = new Set([...rules.readable, ...assigned]);
  for (const line of block) {
    checkNames(line.value, known, rules, issues);
    if (!rules.writable.has(line.name)) checkLocal(line, known, assigned, issues);
    known.add(line.name);
    assigned.add(line.name);
  }
  if (rules.result !== null && !assigned.has(rules.result)) {
    const at: Position = block.at(-1)?.at ?? { line: 1, column: 1 };
    issues.push(mistake("DATAPATH_NO_RESULT", { name: rules.result }, at));
  }
  return issues;
}

/** Names of an expression that stands alone and may read `known` only. */
export function checkReads(expression: Expression, known: ReadonlySet<string>): BitspikeError[] {
  const issues: BitspikeError[] = [];
  checkNames(expression, known, { readable: known, writable: known, registers: new Set(), result: null }, issues);
  return issues;
}

function checkLocal(
  line: Block[number],
  known: ReadonlySet<string>,
  assigned: ReadonlySet<string>,
  issues: BitspikeError[],
): void {
  if (assigned.has(line.name)) issues.push(mistake("DATAPATH_ASSIGNED_TWICE", { name: line.name }, line.at));
  else if (known.has(line.name)) issues.push(mistake("DATAPATH_NOT_WRITABLE", { name: line.name }, line.at));
}

function checkNames(
  expression: Expression,
  known: ReadonlySet<string>,
  rules: BlockRules,
  issues: BitspikeError[],
): void {
  if (expression.kind === "name" && !known.has(expression.name)) {
    const near = closest(expression.name, [...known]);
    const guess = near === undefined ? "" : `Did you mean ${near}? `;
    issues.push(mistake("DATAPATH_NAME", { name: expression.name, guess }, expression.at));
  }
  if (expression.kind === "old" && !rules.registers.has(expression.name)) {
    issues.push(mistake("DATAPATH_OLD", { name: expression.name }, expression.at));
  }
  for (const child of childrenOf(expression)) checkNames(child, known, rules, issues);
}
