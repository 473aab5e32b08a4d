/** How long a chip takes for a timestep, from what its cores do one thing after another. */

import type { Program } from "../compile/program.ts";
import type { LatencySpec } from "../target/types.ts";
import { costsOf, type PricedAccount } from "./costs.ts";
import type { Account } from "./accounts.ts";
import type { LedgerPlan } from "./ledger.ts";

/** Events with which a core is busy while it updates its neurons and sends; the others are arrivals. */
const sending: ReadonlySet<Account["kind"]> = new Set([
  "neuron-update",
  "input-update",
  "neuron-active",
  "spike",
  "axon-out",
]);

/**
 * Time of a timestep after SANA-FE's simple rule: as long as the core takes that is longest busy with sending, or the one
 * that is longest busy with what arrives, whichever is longer, and the barrier. Messages take no time on their way.
 *
 * A. Boyle et al., IEEE TCAD 44(8), 3165-3178, 2025, doi:10.1109/TCAD.2025.3537971.
 */
export class SimpleLatency {
  readonly #sent: Float64Array;
  readonly #arrived: Float64Array;
  /** [accounts] ns of one event, and the place in `#sent` or `#arrived` where it is added. */
  readonly #each: Float64Array;
  readonly #busy: readonly (readonly [Float64Array, number] | null)[];
  readonly #barrier: number;

  /** @param tiles in use */
  constructor({ accounts }: LedgerPlan, program: Program, spec: LatencySpec, tiles: number) {
    const cores = 1 + accounts.reduce((most, { core }) => Math.max(most, core ?? 0), 0);
    this.#sent = new Float64Array(cores);
    this.#arrived = new Float64Array(cores);
    this.#each = Float64Array.from(accounts, (account) => timeOf(account, program, spec));
    this.#busy = accounts.map(({ kind, core }) => {
      return core === null ? null : [sending.has(kind) ? this.#sent : this.#arrived, core];
    });
    this.#barrier = barrierOf(spec, tiles);
  }

  /** Nanoseconds of a timestep with these counts, [accounts]. */
  of(counts: Float64Array): number {
    this.#sent.fill(0);
    this.#arrived.fill(0);
    for (const [account, busy] of this.#busy.entries()) {
      if (busy !== null) busy[0][busy[1]]! += counts[account]! * this.#each[account]!;
    }
    return largest(this.#sent, this.#arrived) + this.#barrier;
  }
}

/** Nanoseconds of one event; what the target does not know takes no time. */
export function timeOf(account: PricedAccount, program: Program, spec: LatencySpec): number {
  return costsOf(account, program, spec).reduce((sum, { cost }) => sum + (cost?.value ?? 0), 0);
}

/** Nanoseconds that end a timestep on so many tiles. */
export function barrierOf({ barrier }: LatencySpec, tiles: number): number {
  const reached = barrier.filter((entry) => entry.tiles <= tiles).toSorted((a, b) => b.tiles - a.tiles);
  return reached[0]?.time.value ?? 0;
}

function largest(...lists: readonly Float64Array[]): number {
  let most = 0;
  for (const list of lists) for (const one of list) if (one > most) most = one;
  return most;
}
