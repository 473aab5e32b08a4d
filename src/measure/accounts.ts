/** The lines of the ledger: what is counted, and for whom. */

import type { Link } from "../target/mesh.ts";

/**
 * What is counted, in the timestep in which the event is sent that causes it. `neuron-update`: a neuron in a timestep.
 * `neuron-silent`: one that did not fire; `neuron-update` counts it as well. `neuron-active`: one that the datapath calls
 * active. `input-update`: an element of an input that lies on a core. `spike`: a neuron that fired. `axon-out`,
 * `axon-in`: a message that leaves a core, and one that arrives at a core. `hop`: a message over a link. `synop`: a
 * synapse that is looked up, whether or not what it adds still takes effect within the run.
 */
export type LedgerKind =
  | "neuron-update"
  | "input-update"
  | "neuron-silent"
  | "neuron-active"
  | "spike"
  | "axon-out"
  | "axon-in"
  | "hop"
  | "synop";

/** One line of the ledger. */
export interface Account {
  readonly kind: LedgerKind;
  /** Population or input: whose neurons, who sent the message, or whose neurons the synapses reach. */
  readonly layer: string;
  /** Where it happens; null for a hop. */
  readonly core: number | null;
  /** Of a `hop`. */
  readonly link: Link | null;
  /** Of a `synop`. */
  readonly projection: string | null;
}

/** The accounts that there are; each is opened when it is first needed. */
export class Accounts {
  readonly all: Account[] = [];
  readonly #ids = new Map<string, number>();

  /** Number of an account. */
  id(kind: LedgerKind, layer: string, at: number | Link, projection: string | null = null): number {
    const [core, link] = typeof at === "number" ? [at, null] : [null, at];
    const key = JSON.stringify([kind, layer, core, link?.tile, link?.direction, projection]);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.all.length);
    return this.all.push({ kind, layer, core, link, projection }) - 1;
  }
}
