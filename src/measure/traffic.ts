/** Messages of a run: who sends them, over which links they go, when, and for which class of input. */

import type { Program } from "../compile/program.ts";
import type { Recording } from "../engine.ts";
import type { Direction } from "../target/types.ts";
import type { LedgerKind } from "./accounts.ts";
import { totalsOf, type Ledger } from "./ledger.ts";

/** Events and messages of one layer, or input, per sample. */
export interface LayerTraffic {
  readonly name: string;
  /** Events that it sent: spikes of a population, each counted as often as it fired. */
  readonly sent: number;
  /** Messages that left its cores; 0 for an input that lies on none. */
  readonly messages: number;
  /** Its messages that arrived at cores. */
  readonly arrived: number;
  readonly hops: number;
}

export interface CoreTraffic {
  readonly core: number;
  /** Messages per sample. */
  readonly sent: number;
  readonly received: number;
}

export interface LinkTraffic {
  readonly tile: number;
  readonly direction: Direction;
  /** Messages per sample. */
  readonly messages: number;
}

/** Samples of one class, on average per sample. */
export interface ClassTraffic {
  readonly label: number;
  readonly samples: number;
  readonly spikes: number;
  readonly synops: number;
  readonly messages: number;
  readonly hops: number;
  /** pJ at typical prices; null where nothing has a price. */
  readonly energy: number | null;
}

export interface Traffic {
  /** How a spike reaches several cores. */
  readonly copies: "per-core" | "multicast";
  /** Messages that arrive at cores, per sample. */
  readonly messages: number;
  /** Null where there are several cores and nothing is known of their network. */
  readonly hops: number | null;
  /** [steps] messages that arrive, mean over samples. */
  readonly byStep: readonly number[];
  readonly layers: readonly LayerTraffic[];
  readonly cores: readonly CoreTraffic[];
  /** Those that carry anything, the busiest first. */
  readonly links: readonly LinkTraffic[];
  /** By label, ascending; null without labels. */
  readonly classes: readonly ClassTraffic[] | null;
  /** Synops per sample whose events a full queue lost; null where no queue can be full. */
  readonly lost: number | null;
  /** Null where no queue can be full, or the recording says nothing of it. */
  readonly queue: QueueTraffic | null;
}

/** How full the queue of events was. */
export interface QueueTraffic {
  /** Entries that it has room for. */
  readonly capacity: number;
  /** Most entries at once, ever. */
  readonly longest: number;
  /** Most entries at once in a timestep, on average. */
  readonly mean: number;
  /** Timesteps per sample in which it was full. */
  readonly full: number;
  /** Entries that it lost, per sample. */
  readonly lost: number;
}

/**
 * The traffic of a run.
 *
 * @param labels [samples]; null without
 * @param energy [samples] pJ; null where nothing has a price
 */
export function trafficOf(
  ledger: Ledger,
  program: Program,
  recording: Recording,
  labels: ArrayLike<number> | null,
  energy: readonly number[] | null,
): Traffic {
  const { accounts, samples, steps, byStep } = ledger;
  const totals = totalsOf(ledger);
  const sum = (kind: LedgerKind, is: (account: Ledger["accounts"][number]) => boolean = () => true): number =>
    accounts.reduce((all, account, i) => all + (account.kind === kind && is(account) ? totals[i]! : 0), 0) /
    Math.max(1, samples);
  const { noc } = program.target;
  const names = [...program.inputs, ...program.populations].map(({ name }) => name);
  const cores = [...new Set(accounts.flatMap(({ core }) => core ?? []))].toSorted((a, b) => a - b);
  return {
    copies: noc?.copies ?? "per-core",
    messages: sum("axon-in"),
    hops: noc === undefined && cores.length > 1 ? null : sum("hop"),
    byStep: Array.from({ length: steps }, (_, step) => {
      const all = accounts.reduce((n, { kind }, i) => n + (kind === "axon-in" ? byStep[i * steps + step]! : 0), 0);
      return all / Math.max(1, samples);
    }),
    layers: names.map((name) => {
      const own = ({ layer }: { layer: string }): boolean => layer === name;
      return {
        name,
        sent: sum("spike", own),
        messages: sum("axon-out", own),
        arrived: sum("axon-in", own),
        hops: sum("hop", own),
      };
    }),
    cores: cores.map((core) => ({
      core,
      sent: sum("axon-out", (account) => account.core === core),
      received: sum("axon-in", (account) => account.core === core),
    })),
    links: linksOf(ledger, totals),
    classes: labels === null ? null : classesOf(ledger, labels, energy),
    lost: program.target.events?.queue ? lostOf(sum("synop"), recording) : null,
    queue: queueOf(program, recording),
  };
}

function linksOf({ accounts, samples }: Ledger, totals: Float64Array): LinkTraffic[] {
  const links = new Map<string, { tile: number; direction: Direction; messages: number }>();
  for (const [i, { link }] of accounts.entries()) {
    if (link === null || totals[i] === 0) continue;
    const key = `${link.tile} ${link.direction}`;
    const own = links.get(key) ?? { ...link, messages: 0 };
    own.messages += totals[i]! / Math.max(1, samples);
    links.set(key, own);
  }
  return [...links.values()].toSorted((a, b) => b.messages - a.messages || a.tile - b.tile);
}

function classesOf(
  { accounts, samples, bySample }: Ledger,
  labels: ArrayLike<number>,
  energy: readonly number[] | null,
): ClassTraffic[] {
  const of = (kind: LedgerKind, sample: number): number =>
    accounts.reduce((sum, account, i) => sum + (account.kind === kind ? bySample[i * samples + sample]! : 0), 0);
  const byLabel = new Map<number, number[]>();
  for (let sample = 0; sample < samples; sample++) {
    byLabel.set(labels[sample]!, [...(byLabel.get(labels[sample]!) ?? []), sample]);
  }
  return [...byLabel]
    .toSorted(([a], [b]) => a - b)
    .map(([label, own]) => {
      const mean = (one: (sample: number) => number): number =>
        own.reduce((sum, sample) => sum + one(sample), 0) / own.length;
      return {
        label,
        samples: own.length,
        spikes: mean((sample) => of("spike", sample)),
        synops: mean((sample) => of("synop", sample)),
        messages: mean((sample) => of("axon-in", sample)),
        hops: mean((sample) => of("hop", sample)),
        energy: energy === null ? null : mean((sample) => energy[sample]!),
      };
    });
}

function queueOf({ target }: Program, { queue, samples }: Recording): QueueTraffic | null {
  const capacity = target.events?.queue?.capacity;
  if (queue === undefined || capacity === undefined) return null;
  const { longest, lost } = queue;
  const each = 1 / Math.max(1, samples);
  return {
    capacity,
    longest: longest.reduce((most, one) => Math.max(most, one), 0),
    mean: longest.reduce((sum, one) => sum + one, 0) / Math.max(1, longest.length),
    full: longest.filter((one) => one === capacity).length * each,
    lost: lost.reduce((sum, one) => sum + one, 0) * each,
  };
}

/** On a chip that runs on events nothing is under way at the end of a timestep: what was sent and did not arrive is lost. */
function lostOf(sent: number, { projections, samples }: Recording): number {
  const arrived = projections.reduce((sum, { synops }) => sum + synops.reduce((all, one) => all + one, 0), 0);
  return sent - arrived / Math.max(1, samples);
}
