/** Where the events of each neuron go: messages from core to core, and the synapses that they reach there. */

import type { Program, ProgramProjection } from "../compile/program.ts";
import type { EventList } from "../core/events.ts";
import type { NocSpec } from "../target/types.ts";
import type { Accounts } from "./accounts.ts";
import { pathBetween, tileOf, type Link } from "../target/mesh.ts";
import type { Reach } from "./places.ts";

/** Rows of accounts and amounts, one after the other. */
interface Rows {
  /** Where each row begins; the next one's beginning is its end. */
  readonly start: readonly number[];
  readonly account: readonly number[];
  readonly amount: readonly number[];
}

/** What one event of each neuron of a source adds to the accounts. */
export class Route {
  /** [neurons] the row of each; neurons that do the same share one. */
  readonly #row: Uint32Array;
  /** [rows + 1] */
  readonly #start: Uint32Array;
  readonly #account: Uint32Array;
  readonly #amount: Float64Array;
  /** [neurons] account of those that do not fire; null for an input. */
  readonly #silent: Uint32Array | null;

  constructor(row: Uint32Array, { start, account, amount }: Rows, silent: Uint32Array | null) {
    this.#row = row;
    this.#silent = silent;
    this.#start = Uint32Array.from(start);
    this.#account = Uint32Array.from(account);
    this.#amount = Float64Array.from(amount);
  }

  /** How many neurons or elements send along it. */
  get neurons(): number {
    return this.#row.length;
  }

  /**
   * Count events.
   *
   * @param counts [accounts], added to
   * @param several whether a payload of n is n events
   */
  count(counts: Float64Array, { neuron, payload, begin, count }: EventList, several: boolean): void {
    for (let event = begin; event < begin + count; event++) {
      this.#add(counts, neuron[event]!, several ? payload[event]! : 1);
      if (this.#silent !== null) counts[this.#silent[neuron[event]!]!]! -= 1;
    }
  }

  /** Count one event of every neuron. @param counts [accounts], added to */
  countAll(counts: Float64Array): void {
    for (let neuron = 0; neuron < this.#row.length; neuron++) this.#add(counts, neuron, 1);
  }

  #add(counts: Float64Array, neuron: number, times: number): void {
    const row = this.#row[neuron]!;
    for (let i = this.#start[row]!; i < this.#start[row + 1]!; i++) {
      counts[this.#account[i]!]! += times * this.#amount[i]!;
    }
  }
}

/**
 * The routes of all inputs and populations, by name. A message goes to each core in which a neuron has synapses, its own
 * core among them: one for each core, or one that is copied where ways part, as the target's network has it.
 *
 * @param placed core of each neuron, by population or input; inputs that lie nowhere are absent
 * @param reaches of all inputs and populations
 */
export function planRoutes(
  program: Program,
  placed: ReadonlyMap<string, Int32Array>,
  reaches: ReadonlyMap<string, Reach>,
  accounts: Accounts,
): Map<string, Route> {
  const fires = new Set(program.populations.map(({ name }) => name));
  return new Map(
    [...reaches].map(([name, reach]) => {
      const cores = placed.get(name) ?? null;
      const planner = new Planner({ name, fires: fires.has(name) }, program.target.noc, accounts);
      const row = reach.begin.map((_, neuron) => planner.row(cores?.[neuron] ?? null, reach, neuron));
      const silent = fires.has(name) && cores !== null ? Uint32Array.from(cores, (core) => planner.silent(core)) : null;
      return [name, new Route(row, planner.rows, silent)] as const;
    }),
  );
}

/** Rows of one source; what many of them need is looked up once. */
class Planner {
  readonly rows: { readonly start: number[]; readonly account: number[]; readonly amount: number[] } = {
    start: [0],
    account: [],
    amount: [],
  };
  readonly #source: { readonly name: string; readonly fires: boolean };
  readonly #noc: NocSpec | undefined;
  readonly #accounts: Accounts;
  /** Rows by the beginning of their entries and the sender's core, which decide on them. */
  readonly #known = new Map<number, Map<number | null, number>>();
  /** Accounts by core, of each kind and of each projection's synops. */
  readonly #ids = new Map<CoreKind | ProgramProjection, number[]>();
  readonly #hops = new Map<number, Map<number, readonly number[]>>();
  /** Amounts of the row under work by account, 0 where there is none, and the accounts with any. */
  readonly #amounts: number[] = [];
  readonly #touched: number[] = [];

  constructor(source: { name: string; fires: boolean }, noc: NocSpec | undefined, accounts: Accounts) {
    this.#source = source;
    this.#noc = noc;
    this.#accounts = accounts;
  }

  /** Number of the row of a neuron on a core; null: outside of the chip. */
  row(core: number | null, reach: Reach, neuron: number): number {
    const [begin, end] = [reach.begin[neuron]!, reach.end[neuron]!];
    // An empty row may begin where another one does.
    const place = end === begin ? -1 : begin;
    const known = this.#known.get(place)?.get(core);
    if (known !== undefined) return known;
    if (!this.#known.has(place)) this.#known.set(place, new Map());
    const { start } = this.rows;
    this.#known.get(place)!.set(core, start.length - 1);
    this.#count(core, reach, begin, end);
    this.#close();
    return start.length - 2;
  }

  /** Account of the source's neurons on a core that do not fire. */
  silent(core: number): number {
    return this.#id("neuron-silent", core);
  }

  #count(core: number | null, reach: Reach, begin: number, end: number): void {
    if (this.#source.fires && core !== null) this.#add(this.#id("spike", core), 1);
    const multicast = this.#noc?.copies === "multicast";
    for (let i = begin; i < end; i++) {
      const to = reach.core[i]!;
      if (i === begin || to !== reach.core[i - 1]) {
        if (core !== null && (!multicast || i === begin)) this.#add(this.#id("axon-out", core), 1);
        for (const hop of core === null ? [] : this.#path(core, to)) {
          if (!multicast || (this.#amounts[hop] ?? 0) === 0) this.#add(hop, 1);
        }
        this.#add(this.#id("axon-in", to), 1);
      }
      this.#add(this.#synop(reach.projection[i]!, to), reach.synapses[i]!);
    }
  }

  #add(account: number, amount: number): void {
    const before = this.#amounts[account] ?? 0;
    if (before === 0) this.#touched.push(account);
    this.#amounts[account] = before + amount;
  }

  /** End the row under work. */
  #close(): void {
    const { start, account, amount } = this.rows;
    for (const touched of this.#touched) {
      account.push(touched);
      amount.push(this.#amounts[touched]!);
      this.#amounts[touched] = 0;
    }
    this.#touched.length = 0;
    start.push(account.length);
  }

  #id(kind: CoreKind, core: number): number {
    return this.#idOf(kind, core, () => this.#accounts.id(kind, this.#source.name, core));
  }

  #synop(projection: ProgramProjection, core: number): number {
    const { name, to } = projection;
    return this.#idOf(projection, core, () => this.#accounts.id("synop", to, core, name));
  }

  #idOf(what: CoreKind | ProgramProjection, core: number, make: () => number): number {
    let ids = this.#ids.get(what);
    if (ids === undefined) this.#ids.set(what, (ids = []));
    return (ids[core] ??= make());
  }

  /** Accounts of the links from one core to another. */
  #path(from: number, to: number): readonly number[] {
    const noc = this.#noc;
    if (noc === undefined) return [];
    let paths = this.#hops.get(from);
    if (paths === undefined) this.#hops.set(from, (paths = new Map()));
    const known = paths.get(to);
    if (known !== undefined) return known;
    const path = pathBetween(tileOf(from, noc), tileOf(to, noc), noc);
    const hops = path.map((link: Link) => this.#accounts.id("hop", this.#source.name, link));
    paths.set(to, hops);
    return hops;
  }
}

/** Kinds of events of one source that happen on a core. */
type CoreKind = "neuron-silent" | "spike" | "axon-out" | "axon-in";
