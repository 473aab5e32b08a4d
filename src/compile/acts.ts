/** Calls that cut: what readings say of them, and what was seen of them in runs. */

import type { Interval } from "../datapath/interval.ts";
import type { Box } from "../datapath/invariant.ts";
import { printExpression } from "../datapath/print.ts";
import type { BlockRanges, Happens } from "../datapath/ranges.ts";
import { childrenOf, type Block, type Expression } from "../datapath/syntax.ts";
import { findWitness, type Witness } from "../datapath/witness.ts";
import type { ActWitness, CutProof } from "./program.ts";

/** A call that cuts, where it stands, and what readings say of it. */
export interface Cut {
  readonly node: Extract<Expression, { kind: "call" }>;
  readonly block: CutProof["block"];
  readonly line: number;
  readonly name: string;
  readonly happens: Happens;
}

/** One run of a block, or of a timestep: names before it, what arrived, and names after it; null where it failed. */
export interface Step {
  readonly before: ReadonlyMap<string, bigint>;
  readonly arrived: ReadonlyMap<string, bigint>;
  readonly events: number;
  readonly after: ReadonlyMap<string, bigint> | null;
}

/** Which neuron was run, and how it came to the step in question. */
export type RunSoFar = Omit<ActWitness, "events" | "arrived" | "registers">;

/** What was seen to act. */
export class Acts {
  readonly observe = (node: Expression, value: bigint): void => {
    if (this.#args.has(node)) this.#values.set(node, value);
    const own = this.#open.get(node);
    if (own !== undefined && this.#values.get(own.node.args[0]!) !== value) this.#acted.add(own);
  };
  readonly #open = new Map<Expression, Cut>();
  readonly #args = new Set<Expression>();
  readonly #values = new Map<Expression, bigint>();
  readonly #acted = new Set<Cut>();
  readonly #witnesses = new Map<Cut, ActWitness>();
  readonly #leaving: ReadonlySet<string>;
  readonly #left = new Map<string, ActWitness>();
  readonly #limits: Box;

  constructor(open: readonly Cut[], leaving: readonly string[], limits: Box) {
    for (const cut of open) {
      this.#open.set(cut.node, cut);
      this.#args.add(cut.node.args[0]!);
    }
    this.#leaving = new Set(leaving);
    this.#limits = limits;
  }

  begin(): void {
    this.#acted.clear();
  }

  /** Keep what acted in a timestep for the first time. */
  see({ before, arrived, events, after }: Step, known: () => RunSoFar): void {
    const acted = [...this.#acted].filter((cut) => !this.#witnesses.has(cut));
    const left = [...this.#leaving].filter((name) => {
      const value = after?.get(name);
      const { low, high } = this.#limits.get(name)!;
      return value !== undefined && (value < low || value > high) && !this.#left.has(name);
    });
    this.#acted.clear();
    if (acted.length === 0 && left.length === 0) return;
    const witness = { ...known(), events, arrived: numbersOf(arrived), registers: numbersOf(before) };
    for (const cut of acted) this.#witnesses.set(cut, witness);
    for (const name of left) this.#left.set(name, witness);
  }

  note(cut: Cut, witness: ActWitness | null): void {
    if (witness !== null) this.#witnesses.set(cut, witness);
  }

  witness(cut: Cut): ActWitness | null {
    return this.#witnesses.get(cut) ?? null;
  }

  leaves(register: string): ActWitness | null {
    return this.#left.get(register) ?? null;
  }

  /** Nothing left to look for. */
  isDone(): boolean {
    return this.#witnesses.size === this.#open.size && this.#left.size === this.#leaving.size;
  }
}

const cutting: ReadonlySet<string> = new Set(["wrap", "saturate", "clamp"]);

/** Calls that cut, of which a reading knows; those that settings rule out are no part of the program. */
export function* cutsOf(block: Cut["block"], lines: Block, { acts, of }: BlockRanges): Generator<Cut> {
  for (const line of lines) {
    for (const node of callsIn(line.value)) {
      if (!cutting.has(node.name)) continue;
      yield {
        node,
        block,
        line: line.at.line,
        name: line.name,
        happens: of.has(node) ? (acts.get(node) ?? "never") : "never",
      };
    }
  }
}

function callsIn(node: Expression): Extract<Expression, { kind: "call" }>[] {
  const inside = childrenOf(node).flatMap(callsIn);
  return node.kind === "call" ? [...inside, node] : inside;
}

/** One line of a report for what several projections have in common. */
export function joined(cuts: readonly Cut[], witnessOf: (cut: Cut) => ActWitness | null): CutProof[] {
  const all = new Map<string, CutProof>();
  for (const cut of cuts) {
    const { node, block, line, name, happens } = cut;
    const rest = node.args.slice(1).map(printExpression).join(", ");
    const text = `${node.name}(.., ${rest})`;
    const inLine = cuts
      .filter((one) => one.block === block && one.name === name && one.line === line)
      .map((one) => one.node);
    const key = JSON.stringify([block, line, name, text, block === "on timestep" ? inLine.indexOf(node) : node.at]);
    const acts = happens === "maybe" ? "may" : happens;
    const own: CutProof = {
      kind: node.name as CutProof["kind"],
      block,
      line,
      name,
      text,
      acts,
      witness: witnessOf(cut),
    };
    const before = all.get(key);
    all.set(
      key,
      before === undefined
        ? own
        : { ...before, acts: before.acts === acts ? acts : "may", witness: before.witness ?? own.witness },
    );
  }
  return [...all.values()];
}

/** Values of a block's names, within ranges, with which a call changes its first argument; null where none were found. */
export function actingValues(
  block: Block,
  ranges: ReadonlyMap<string, Interval>,
  { node }: Cut,
  runs: number,
): Witness | null {
  return findWitness(
    block,
    ranges,
    ({ value }) => {
      const args = node.args.map(value);
      if (args.some((one) => one === undefined)) return null;
      const distance = beyond(node.name, args as bigint[]);
      return value(node) === args[0] && distance > 0n ? 0n : distance;
    },
    undefined,
    runs,
  );
}

/** How far a cut is beyond what it leaves alone. */
function beyond(name: string, [a, b, c]: readonly bigint[]): bigint {
  if (name !== "wrap") return a! < b! ? b! - a! : a! - c!;
  if (b! < 1n || b! > 4096n) return -1n;
  const half = 1n << (b! - 1n);
  return a! < 0n ? -half - a! : a! - half + 1n;
}

function numbersOf(values: ReadonlyMap<string, bigint>): Record<string, number> {
  return Object.fromEntries([...values].map(([name, value]) => [name, Number(value)]));
}
