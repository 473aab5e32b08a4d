/** Where the events of each neuron go: messages from core to core, and the synapses that they reach there. */

import type { Program } from "../compile/program.ts";
import type { EventList } from "../core/events.ts";
import { sizeOf } from "../network/types.ts";
import type { NocSpec } from "../target/types.ts";
import type { Accounts } from "./accounts.ts";
import { pathBetween, tileOf } from "../target/mesh.ts";
import { reachedCores } from "./places.ts";

/** What one event of each neuron of a source adds to the accounts. */
export class Route {
  readonly #start: Uint32Array;
  readonly #account: Uint32Array;
  readonly #amount: Float64Array;

  /** @param rows for each neuron: account and amount, in turns */
  constructor(rows: readonly (readonly number[])[]) {
    this.#start = new Uint32Array(rows.length + 1);
    for (const [neuron, row] of rows.entries()) this.#start[neuron + 1] = this.#start[neuron]! + row.length / 2;
    const entries = this.#start[rows.length]!;
    this.#account = new Uint32Array(entries);
    this.#amount = new Float64Array(entries);
    let at = 0;
    for (const row of rows) {
      for (let i = 0; i < row.length; i += 2) {
        this.#account[at] = row[i]!;
        this.#amount[at++] = row[i + 1]!;
      }
    }
  }

  /**
   * Count events.
   *
   * @param counts [accounts], added to
   * @param several whether a payload of n is n events
   */
  count(counts: Float64Array, { neuron, payload, begin, count }: EventList, several: boolean): void {
    for (let event = begin; event < begin + count; event++) {
      const times = several ? payload[event]! : 1;
      const source = neuron[event]!;
      for (let i = this.#start[source]!; i < this.#start[source + 1]!; i++) {
        counts[this.#account[i]!]! += times * this.#amount[i]!;
      }
    }
  }
}

/**
 * The routes of all inputs and populations, by name. One message goes to each core in which a neuron has synapses, its own
 * core among them.
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
      const own = placed.get(name);
      const reached = reachedCores(program, name, neurons, placed);
      const rows = reached.map((cores, neuron) => {
        const core = own?.[neuron] ?? null;
        const row = new Row();
        if (fires && core !== null) row.add(accounts.id("spike", name, core));
        for (const [destination, synapses] of cores) {
          if (core !== null) addJourney(row, name, core, destination, target.noc, accounts);
          row.add(accounts.id("axon-in", name, destination));
          for (const [{ name: projection, to }, count] of synapses) {
            row.add(accounts.id("synop", to, destination, projection), count);
          }
        }
        return row.entries();
      });
      return [name, new Route(rows)] as const;
    }),
  );
}

/** Account and amount, in turns, each account once. */
class Row {
  readonly #amounts = new Map<number, number>();

  add(account: number, amount: number = 1): void {
    this.#amounts.set(account, (this.#amounts.get(account) ?? 0) + amount);
  }

  entries(): number[] {
    return [...this.#amounts].flat();
  }
}

function addJourney(
  row: Row,
  layer: string,
  from: number,
  to: number,
  noc: NocSpec | undefined,
  accounts: Accounts,
): void {
  row.add(accounts.id("axon-out", layer, from));
  if (noc === undefined) return;
  for (const link of pathBetween(tileOf(from, noc), tileOf(to, noc), noc)) row.add(accounts.id("hop", layer, link));
}
