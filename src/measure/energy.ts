/** What a run would cost on a chip, as far as prices are published: the counts of its ledger times the target's prices. */

import type { Program } from "../compile/program.ts";
import type { Confidence, EnergySpec, EventCost, Power } from "../target/types.ts";
import { tileOf, tilesOf } from "../target/mesh.ts";
import { costsOf, eventNames, severalOf, type CostKind, type EventName } from "./costs.ts";
import { totalsOf, type Ledger } from "./ledger.ts";
import { needsMark } from "./marks.ts";
import { sumOf, times, type EnergyRange } from "./range.ts";
import type { TimeEstimate } from "./timing.ts";

/** One kind of event: how often it happens per sample, its price, and what that makes. */
export interface EventEnergy {
  readonly event: EventName;
  /** Null where it happens and is not counted. */
  readonly perSample: number | null;
  /** Of one event; over all prices where it has several, typical as they came. Null where it is not known. */
  readonly cost: EventCost | null;
  /** Of one sample, as far as known. */
  readonly energy: EnergyRange | null;
}

/** Neurons in timesteps in which they did not fire. */
export interface SilentEnergy {
  /** Per sample. */
  readonly updates: number;
  /** Of all neuron updates, 0 to 1. */
  readonly share: number;
  /** What these updates cost per sample; null where an update has no price. */
  readonly energy: EnergyRange | null;
}

/** What the chip draws whatever it does. */
export interface StaticEnergy {
  readonly power: Power | null;
  /** ns of one sample. */
  readonly time: number | null;
  /** Null where power or time is not known. */
  readonly energy: EnergyRange | null;
  /** It is more than half of the typical total. */
  readonly dominates: boolean;
}

/** What belongs to one layer: its neurons, what they send, and the synapses that reach them. Per sample. */
export interface LayerEnergy {
  readonly name: string;
  readonly events: Readonly<Partial<Record<EventName, number>>>;
  readonly energy: EnergyRange | null;
  /** [steps] pJ at typical prices. */
  readonly byStep: readonly number[];
}

export interface CoreEnergy {
  /** Null: the links between cores. */
  readonly core: number | null;
  /** Per sample. */
  readonly energy: EnergyRange | null;
}

export interface EnergyEstimate {
  /** Whose figures these are, as a sentence. */
  readonly basis: string;
  /** Kind of basis; `none` where the target has no prices. */
  readonly kind: EnergySpec["basis"] | "none";
  /** Null where nothing that happened has a price. */
  readonly perSample: EnergyRange | null;
  /** Something that costs energy is not in `perSample`. */
  readonly lowerBound: boolean;
  /** What that is. */
  readonly notPriced: readonly string[];
  readonly events: readonly EventEnergy[];
  /** Null on chips that do not run in timesteps. */
  readonly silent: SilentEnergy | null;
  readonly static: StaticEnergy;
  /** Inputs with messages of their own among them. */
  readonly layers: readonly LayerEnergy[];
  readonly cores: readonly CoreEnergy[];
  /** [samples] pJ at typical prices, static power included. */
  readonly bySample: readonly number[];
  /** Confidence marks that must stand beside `perSample` wherever it is shown; empty when all prices were checked. */
  readonly marks: readonly Confidence[];
}

/**
 * Price the events of a run. Counts are given whether or not they have a price.
 *
 * @param ledger of the program
 * @param time as `estimateTime` gives it; static power needs it
 */
export function estimateEnergy(ledger: Ledger, program: Program, time: TimeEstimate): EnergyEstimate {
  const spec = program.target.energy;
  const lines = linesOf(ledger, program);
  const events = [...eventEnergies(lines, ledger.samples), ...uncounted(ledger, program)];
  const rest = staticEnergy(spec, time, sumOf(events.map(({ energy }) => energy)));
  const perSample = sumOf([...events.map(({ energy }) => energy), rest.energy]);
  const notPriced = [
    ...notKnown(events),
    ...inactive(ledger, program),
    ...restNotKnown(rest),
    ...betweenChips(ledger, program),
    ...(spec?.notPriced ?? []),
  ];
  const used = [
    ...events.flatMap(({ cost, energy }) => (energy === null ? [] : cost!)),
    ...(rest.energy === null ? [] : [rest.power!]),
  ];
  return {
    basis: basisInWords(spec, perSample !== null),
    kind: spec === null || perSample === null ? "none" : spec.basis,
    perSample,
    lowerBound: notPriced.length > 0,
    notPriced,
    events,
    silent: program.target.events === null ? silentEnergy(ledger, program) : null,
    static: rest,
    layers: layerEnergies(lines, ledger, program),
    cores: coreEnergies(lines, ledger),
    bySample: bySample(lines, ledger, rest.energy?.typical ?? 0, time),
    marks: [...new Set(used.map(({ confidence }) => confidence).filter(needsMark))],
  };
}

/** One account with one of the things that its events cost. */
interface Line {
  readonly account: number;
  readonly layer: string;
  readonly core: number | null;
  readonly kind: CostKind;
  readonly cost: EventCost | null;
  /** In the whole run. */
  readonly count: number;
}

function linesOf(ledger: Ledger, program: Program): Line[] {
  const totals = totalsOf(ledger);
  return ledger.accounts.flatMap((account, i) =>
    costsOf<EventCost>(account, program, program.target.energy ?? {}).map(({ kind, cost }): Line => {
      return { account: i, layer: account.layer, core: account.core, kind, cost, count: totals[i]! };
    }),
  );
}

function energyOf(lines: readonly Line[], samples: number): EnergyRange | null {
  return sumOf(lines.map(({ cost, count }) => (cost === null ? null : times(cost, perOne(count, samples)))));
}

function perOne(total: number, samples: number): number {
  return samples === 0 ? 0 : total / samples;
}

function eventEnergies(lines: readonly Line[], samples: number): EventEnergy[] {
  return (Object.keys(eventNames) as CostKind[]).flatMap((kind): EventEnergy[] => {
    const own = lines.filter((line) => line.kind === kind);
    if (own.length === 0) return [];
    const count = own.reduce((sum, line) => sum + line.count, 0);
    const unknown = own.some(({ cost, count: some }) => cost === null && some > 0);
    const energy = energyOf(own, samples);
    const cost = unknown && energy?.high === 0 ? null : together(own);
    return [{ event: eventNames[kind][0], perSample: perOne(count, samples), cost, energy: cost && energy }];
  });
}

/** Prices of one kind of event as one. */
function together(lines: readonly Line[]): EventCost | null {
  const happened = lines.some(({ count }) => count > 0) ? lines.filter(({ count }) => count > 0) : lines;
  const priced = happened.flatMap(({ cost, count }) => (cost === null ? [] : [{ cost, count }]));
  const [first] = priced;
  if (first === undefined) return null;
  if (priced.every(({ cost }) => cost === first.cost)) return first.cost;
  const count = priced.reduce((sum, one) => sum + one.count, 0);
  const weighted = priced.reduce((sum, one) => sum + one.count * one.cost.typical, 0);
  const [low, high] = [
    priced.reduce((least, { cost }) => Math.min(least, cost.low), Infinity),
    priced.reduce((most, { cost }) => Math.max(most, cost.high), 0),
  ];
  const confidences = priced.map(({ cost }) => cost.confidence);
  return {
    low,
    typical: count === 0 ? first.cost.typical : Math.min(high, Math.max(low, weighted / count)),
    high,
    unit: "pJ",
    source: [...new Set(priced.map(({ cost }) => cost.source))].join("; "),
    confidence: confidences.find(needsMark) ?? first.cost.confidence,
  };
}

/** Several cores send each other messages of which no hop is counted. */
function uncounted({ accounts }: Ledger, { target }: Program): EventEnergy[] {
  const cores = new Set(accounts.flatMap(({ core }) => core ?? []));
  const free = target.energy?.hop !== undefined && Object.values(target.energy.hop).every(({ high }) => high === 0);
  if (target.noc !== undefined || cores.size <= 1 || free) return [];
  const lines = Object.values(target.energy?.hop ?? {}).map((cost): Line => {
    return { account: -1, layer: "", core: null, kind: "hop", cost, count: 0 };
  });
  return [{ event: "hop", perSample: null, cost: together(lines), energy: null }];
}

function notKnown(events: readonly EventEnergy[]): string[] {
  return events.flatMap(({ event, perSample, cost }) => {
    if (perSample === null) return [`${severalOf(event)} (nothing is known of the network of cores)`];
    return cost === null && perSample > 0 ? [severalOf(event)] : [];
  });
}

/** A link from one chip to another may cost more than one within a chip. */
function betweenChips({ accounts }: Ledger, { target: { noc } }: Program): string[] {
  if (noc === undefined) return [];
  const chips = accounts.flatMap(({ core }) => (core === null ? [] : Math.floor(tileOf(core, noc) / tilesOf(noc))));
  return new Set(chips).size > 1 ? ["what links between chips take more"] : [];
}

/** The datapath tells active neurons apart, and they were not counted. */
function inactive({ accounts }: Ledger, { populations, target }: Program): string[] {
  const told = populations.some(({ datapath }) => target.datapaths[datapath]!.active !== undefined);
  const isCounted = accounts.some(({ kind }) => kind === "neuron-active");
  return told && !isCounted ? ["active neurons, which were not recorded"] : [];
}

function staticEnergy(spec: EnergySpec | null, time: TimeEstimate, events: EnergyRange | null): StaticEnergy {
  const power = spec?.staticPower ?? null;
  // A mW over a ns is a pJ; where figures per event include it, any time will do.
  const ns = time.perSample ?? (power?.high === 0 ? 0 : null);
  const energy = power === null || ns === null ? null : times(power, ns);
  return {
    power,
    time: time.perSample,
    energy,
    dominates: energy !== null && energy.typical > (events?.typical ?? 0),
  };
}

function restNotKnown({ power, energy }: StaticEnergy): string[] {
  if (power === null) return ["static power"];
  return energy === null ? ["static power, whose time is not known"] : [];
}

function silentEnergy(ledger: Ledger, { target }: Program): SilentEnergy {
  const totals = totalsOf(ledger);
  const of = (kind: "neuron-update" | "neuron-silent"): number =>
    ledger.accounts.reduce((sum, account, i) => sum + (account.kind === kind ? totals[i]! : 0), 0);
  const [all, silent] = [of("neuron-update"), of("neuron-silent")];
  const cost = target.energy?.neuronUpdate;
  const updates = perOne(silent, ledger.samples);
  return { updates, share: all === 0 ? 0 : silent / all, energy: cost === undefined ? null : times(cost, updates) };
}

function layerEnergies(lines: readonly Line[], ledger: Ledger, program: Program): LayerEnergy[] {
  const { samples, steps, byStep } = ledger;
  const names = [...program.inputs, ...program.populations].map(({ name }) => name);
  return names.flatMap((name): LayerEnergy[] => {
    const own = lines.filter(({ layer }) => layer === name);
    if (own.length === 0) return [];
    const events: Partial<Record<EventName, number>> = {};
    const typical = Array.from({ length: steps }, () => 0);
    for (const { account, kind, cost, count } of own) {
      const event = eventNames[kind][0];
      events[event] = (events[event] ?? 0) + perOne(count, samples);
      if (cost === null) continue;
      for (let step = 0; step < steps; step++) {
        typical[step]! += perOne(byStep[account * steps + step]!, samples) * cost.typical;
      }
    }
    return [{ name, events, energy: energyOf(own, samples), byStep: typical }];
  });
}

function coreEnergies(lines: readonly Line[], { samples }: Ledger): CoreEnergy[] {
  const byCore = new Map<number | null, Line[]>();
  for (const line of lines) {
    const own = byCore.get(line.core);
    if (own === undefined) byCore.set(line.core, [line]);
    else own.push(line);
  }
  return [...byCore]
    .toSorted(([a], [b]) => (a ?? Infinity) - (b ?? Infinity))
    .map(([core, own]) => ({ core, energy: energyOf(own, samples) }));
}

/** Each sample takes its share of the time where times of single samples are known. */
function bySample(lines: readonly Line[], ledger: Ledger, rest: number, time: TimeEstimate): number[] {
  const { samples } = ledger;
  const ns = time.simple?.bySample;
  const mean =
    ns === undefined
      ? 0
      : perOne(
          ns.reduce((sum, one) => sum + one, 0),
          samples,
        );
  return Array.from({ length: samples }, (_, sample) => {
    const share = ns === undefined || mean === 0 ? 1 : ns[sample]! / mean;
    return lines.reduce((sum, { account, cost }) => {
      return sum + (cost === null ? 0 : ledger.bySample[account * samples + sample]! * cost.typical);
    }, rest * share);
  });
}

function basisInWords(spec: EnergySpec | null, priced: boolean): string {
  if (spec === null || !priced)
    return "No energy per event is published for this chip: events are counted, not priced.";
  if (spec.basis === "published") return `Published figures of ${spec.of}.`;
  return `Stand-in: the figures of ${spec.of}, because this chip's own are unpublished.`;
}
