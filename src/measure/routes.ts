/** Where the events of each neuron go: messages from core to core, and the synapses that they reach there. */

import type { Program } from "../compile/program.ts";
import type { EventList } from "../core/events.ts";
import { sizeOf } from "../network/types.ts";
import type { NocSpec } from "../target/types.ts";
import type { Accounts } from "./accounts.ts";
import { pathBetween, tileOf, type Link } from "../target/mesh.ts";
import { reachOf, type Reach } from "./places.ts";

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

  /** @param rows for each: account and amount, in turns */
  constructor(row: Uint32Array, rows: readonly (readonly number[])[], silent: Uint32Array | null) {
    this.#row = row;
    this.#silent = silent;
    this.#start = new Uint32Array(rows.length + 1);
    for (const [i, entries] of rows.entries()) this.#start[i + 1] = this.#start[i]! + entries.length / 2;
    const entries = this.#start[rows.length]!;
    this.#account = new Uint32Array(entries);
    this.#amount = new Float64Array(entries);
    let at = 0;
    for (const own of rows) {
      for (let i = 0; i < own.length; i += 2) {
        this.#account[at] = own[i]!;
        this.#amount[at++] = own[i + 1]!;
      }
    }
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
 */
export function planRoutes(
  program: Program,
  placed: ReadonlyMap<string, Int32Array>,
  accounts: Accounts,
): Map<string, Route> {
  const { inputs, populations, target } = program;
  const sources = [
    ...inputs.map(({ name, shape }) => ({ name, neurons: sizeOf(shape), fires: false })),
    ...populations.map(({ name, neurons }) => ({ name, neurons, fires: true })),
  ];
  return new Map(
    sources.map(({ name, neurons, fires }) => {
      const cores = placed.get(name) ?? null;
      const planner = new Planner({ name, fires }, target.noc, accounts);
      const reach = reachOf(program, name, neurons, placed);
      const row = Uint32Array.from({ length: neurons }, (_, neuron) => {
        return planner.row(cores?.[neuron] ?? null, reach, neuron);
      });
      const silent = fires && cores !== null ? Uint32Array.from(cores, (core) => planner.silent(core)) : null;
      return [name, new Route(row, planner.rows, silent)] as const;
    }),
  );
}

/** Rows of one source; what many of them need is looked up once. */
class Planner {
  readonly rows: number[][] = [];
  readonly #source: { readonly name: string; readonly fires: boolean };
  readonly #noc: NocSpec | undefined;
  readonly #accounts: Accounts;
  /** Rows by what decides on them. */
  readonly #known = new Map<string, number>();
  readonly #ids = new Map<string, number>();
  readonly #hops = new Map<string, readonly number[]>();
  /** Amounts of the row under work, by account. */
  readonly #amounts = new Map<number, number>();

  constructor(source: { name: string; fires: boolean }, noc: NocSpec | undefined, accounts: Accounts) {
    this.#source = source;
    this.#noc = noc;
    this.#accounts = accounts;
  }

  /** Number of the row of a neuron on a core; null: outside of the chip. */
  row(core: number | null, reach: Reach, neuron: number): number {
    const [begin, end] = [reach.begin[neuron]!, reach.end[neuron]!];
    const key = `${core} ${begin} ${end}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.rows.length);
    this.#amounts.clear();
    if (this.#source.fires && core !== null) this.#add(this.#id("spike", core));
    const multicast = this.#noc?.copies === "multicast";
    const crossed = new Set<number>();
    for (let i = begin; i < end; i++) {
      const to = reach.core[i]!;
      if (i === begin || to !== reach.core[i - 1]) {
        if (core !== null && (!multicast || i === begin)) this.#add(this.#id("axon-out", core));
        for (const hop of core === null ? [] : this.#path(core, to)) {
          if (!multicast || !crossed.has(hop)) this.#add(hop);
          crossed.add(hop);
        }
        this.#add(this.#id("axon-in", to));
      }
      const { name, to: layer } = reach.projection[i]!;
      this.#add(this.#id("synop", to, layer, name), reach.synapses[i]!);
    }
    return this.rows.push([...this.#amounts].flat()) - 1;
  }

  /** Account of the source's neurons on a core that do not fire. */
  silent(core: number): number {
    return this.#id("neuron-silent", core);
  }

  #add(account: number, amount: number = 1): void {
    this.#amounts.set(account, (this.#amounts.get(account) ?? 0) + amount);
  }

  #id(
    kind: "neuron-silent" | "spike" | "axon-out" | "axon-in" | "synop",
    core: number,
    layer: string = this.#source.name,
    projection: string | null = null,
  ): number {
    const key = `${kind} ${core} ${projection}`;
    const known = this.#ids.get(key) ?? this.#accounts.id(kind, layer, core, projection);
    this.#ids.set(key, known);
    return known;
  }

  /** Accounts of the links from one core to another. */
  #path(from: number, to: number): readonly number[] {
    const noc = this.#noc;
    if (noc === undefined) return [];
    const key = `${from} ${to}`;
    const known =
      this.#hops.get(key) ??
      pathBetween(tileOf(from, noc), tileOf(to, noc), noc).map((link: Link) => {
        return this.#accounts.id("hop", this.#source.name, link);
      });
    this.#hops.set(key, known);
    return known;
  }
}
