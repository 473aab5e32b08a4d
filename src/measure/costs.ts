/** What the events of a ledger take on a chip: energy or time, by the same rules. */

import type { Program } from "../compile/program.ts";
import type { PerEvent } from "../target/types.ts";
import type { Account } from "./accounts.ts";

/** The kinds of events that targets price. */
export type CostKind =
  | "synop"
  | "accumulation"
  | "neuronUpdate"
  | "neuronActive"
  | "spike"
  | "axonOut"
  | "axonIn"
  | "hop";

/** One of the words for a kind of event. */
export type EventName =
  | "synop"
  | "accumulation"
  | "neuron update"
  | "active neuron"
  | "spike"
  | "message sent"
  | "message received"
  | "hop";

/** What an event of each kind is called, and several of them. */
export const eventNames: Readonly<Record<CostKind, readonly [one: EventName, several: string]>> = {
  synop: ["synop", "synops"],
  accumulation: ["accumulation", "accumulations"],
  neuronUpdate: ["neuron update", "neuron updates"],
  neuronActive: ["active neuron", "active neurons"],
  spike: ["spike", "spikes"],
  axonOut: ["message sent", "messages sent"],
  axonIn: ["message received", "messages received"],
  hop: ["hop", "hops"],
};

/** `messages sent` for `message sent`. */
export function severalOf(name: EventName): string {
  return Object.values(eventNames).find(([one]) => one === name)![1];
}

/** One thing that an event takes; null where the target does not know how much. */
export interface Cost<T> {
  readonly kind: CostKind;
  readonly cost: T | null;
}

/** What of an account decides on its price. */
export type PricedAccount = Pick<Account, "kind" | "link" | "projection">;

/** What each event of an account takes. */
export function costsOf<T>(account: PricedAccount, program: Program, spec: PerEvent<T>): Cost<T>[] {
  const one = (kind: CostKind, cost: T | undefined): Cost<T> => ({ kind, cost: cost ?? null });
  switch (account.kind) {
    case "synop":
      return [one("synop", synopCost(account, program, spec)), ...accumulation(spec)];
    case "neuron-update":
      return [one("neuronUpdate", spec.neuronUpdate), ...gathering(program, spec)];
    case "input-update":
      return gathering(program, spec);
    case "neuron-silent":
      return [];
    case "neuron-active":
      return [one("neuronActive", spec.neuronActive)];
    case "spike":
      return [one("spike", spec.spike)];
    case "axon-out":
      return [one("axonOut", spec.axonOut)];
    case "axon-in":
      return [one("axonIn", spec.axonIn)];
    case "hop":
      return [one("hop", spec.hop?.[account.link!.direction])];
  }
}

/** Part of a synop on chips that do not say otherwise. */
function accumulation<T>({ accumulation: cost }: PerEvent<T>): Cost<T>[] {
  return cost === undefined ? [] : [{ kind: "accumulation", cost }];
}

/** What was gathered is read. */
function gathering<T>({ target }: Program, spec: PerEvent<T>): Cost<T>[] {
  return target.core.gathered === true ? accumulation(spec) : [];
}

function synopCost<T>({ projection }: PricedAccount, { projections }: Program, spec: PerEvent<T>): T | undefined {
  const { kind } = projections.find(({ name }) => name === projection)!.synapses;
  // Blocks are how such lists are stored here, and nothing of a chip.
  return spec.synopByForm?.[kind === "blocks" ? "sparse" : kind] ?? spec.synop;
}
