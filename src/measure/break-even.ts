/** At which rate of spikes a layer on the chip costs as much as the same layer computed densely. */

import type { Program } from "../compile/program.ts";
import type { Network } from "../network/types.ts";
import type { EventCost } from "../target/types.ts";
import type { Account } from "./accounts.ts";
import { macPrices, type MacPrice } from "./baseline.ts";
import { costsOf } from "./costs.ts";
import { macsByLayer } from "./dense.ts";
import type { LedgerPlan } from "./ledger.ts";

/** Rates are events per element of what feeds the layer and timestep. */
export interface BreakEven {
  readonly layer: string;
  /** Rate of this run; null where nothing feeds the layer. */
  readonly rate: number | null;
  /** Multiply-accumulates of one pass. */
  readonly macs: number;
  readonly against: readonly BreakEvenRate[];
}

/** 0: the chip costs more even in silence. Null: not known, since an event of the layer has no price. */
export interface BreakEvenRate extends Pick<MacPrice, "name" | "weightReads"> {
  /** Against all weights at every timestep. */
  readonly everyStep: number | null;
  /** Against all weights once per sample. */
  readonly once: number | null;
}

/**
 * Break-even rates of all layers with weights, at typical prices. The chip's side is the layer's neuron updates, and for
 * each event that arrives its synops, its message and the spike that it is; of an event that serves several layers the
 * share of its synapses in this one. Prices that are not known count as nothing, except that of a synop. Static power is
 * not in it.
 *
 * @param rates events per element and timestep of this run, by the names of inputs and populations
 */
export function breakEvens(
  plan: LedgerPlan,
  program: Program,
  network: Pick<Network, "nodes" | "edges">,
  steps: number,
  rates: ReadonlyMap<string, number>,
): BreakEven[] {
  const macs = macsByLayer(network);
  const prices = plan.accounts.map((account) => priceOf(account, program));
  return program.populations.flatMap(({ name, neurons }): BreakEven[] => {
    const own = macs.get(name) ?? 0;
    if (own === 0) return [];
    const sources = [...new Set(program.projections.filter(({ to }) => to === name).map(({ from }) => from))];
    const eventCost = sources.reduce<number | null>((sum, source) => {
      const one = costOfAll(plan, prices, source, name);
      return sum === null || one === null ? null : sum + one;
    }, 0);
    const silent = neurons * updateCost(program);
    const rateFor = (budget: number): number | null => {
      if (eventCost === null || eventCost === 0) return null;
      return Math.max(0, (budget - silent) / eventCost);
    };
    const against = macPrices.map(({ name: arithmetic, weightReads, typical }): BreakEvenRate => {
      const dense = own * typical;
      return { name: arithmetic, weightReads, everyStep: rateFor(dense), once: rateFor(dense / Math.max(1, steps)) };
    });
    return [{ layer: name, rate: meanRate(plan, sources, rates), macs: own, against }];
  });
}

/** What an event of an account typically costs; null for a synop of unknown price. */
function priceOf(account: Account, program: Program): number | null {
  const costs = costsOf<EventCost>(account, program, program.target.energy ?? {});
  if (account.kind === "synop" && costs.some(({ cost }) => cost === null)) return null;
  return costs.reduce((sum, { cost }) => sum + (cost?.typical ?? 0), 0);
}

function updateCost(program: Program): number {
  const counted = program.target.events === null;
  return counted
    ? (priceOf({ kind: "neuron-update", layer: "", core: null, link: null, projection: null }, program) ?? 0)
    : 0;
}

/** One event of every element of a source, as far as it is for one layer. */
function costOfAll(plan: LedgerPlan, prices: readonly (number | null)[], source: string, layer: string): number | null {
  const counts = plan.countOnce(source)?.counts ?? new Float64Array(plan.accounts.length);
  let [own, all, ownSynops, others]: [number, number, number | null, number] = [0, 0, 0, 0];
  for (const [i, account] of plan.accounts.entries()) {
    const count = counts[i]!;
    if (count === 0) continue;
    const price = prices[i] ?? null;
    if (account.kind !== "synop") {
      others += count * (price ?? 0);
      continue;
    }
    all += count;
    if (account.layer !== layer) continue;
    own += count;
    ownSynops = price === null || ownSynops === null ? null : ownSynops + count * price;
  }
  return ownSynops === null ? null : ownSynops + (all === 0 ? 0 : (others * own) / all);
}

function meanRate(plan: LedgerPlan, sources: readonly string[], rates: ReadonlyMap<string, number>): number | null {
  let [events, elements] = [0, 0];
  for (const source of sources) {
    const neurons = plan.countOnce(source)?.neurons ?? 0;
    events += neurons * (rates.get(source) ?? 0);
    elements += neurons;
  }
  return elements === 0 ? null : events / elements;
}
