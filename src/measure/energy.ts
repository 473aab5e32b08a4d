/** What a run would cost on a chip as far as prices are published, beside the same network computed densely. */

import type { Confidence, EnergySpec, EventCost } from "../target/types.ts";
import { needsMark } from "./marks.ts";

/** Energy between two published extremes. `low` <= `typical` <= `high`. */
export interface EnergyRange {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
  readonly unit: "pJ";
}

/** Events of a whole run that chips charge for. */
export interface EventCounts {
  readonly samples: number;
  /** Spikes delivered through one synapse each, those from inputs included. */
  readonly synops: number;
  /** Neurons times steps times samples. */
  readonly neuronUpdates: number;
  /** Spikes sent by neurons; input events come from the host and are not in here. */
  readonly spikes: number;
}

/** The words for the three kinds of events, in this order. */
export type EventName = "synop" | "neuron update" | "spike";

/** One kind of event: how often it happens per sample, and its price where there is one. */
export interface EventEnergy {
  readonly event: EventName;
  readonly perSample: number;
  readonly cost: EventCost | null;
}

export interface EnergyEstimate {
  /** Whose figures these are, as a sentence. */
  readonly basis: string;
  /** Kind of basis; `none` where the target has no prices. */
  readonly kind: EnergySpec["basis"] | "none";
  /** Null where no event has a price. */
  readonly perSample: EnergyRange | null;
  /** Something that costs energy is not in `perSample`. */
  readonly lowerBound: boolean;
  /** What that is. */
  readonly notPriced: readonly string[];
  readonly events: readonly EventEnergy[];
  /** Confidence marks that must stand beside `perSample` wherever it is shown; empty when all prices were checked. */
  readonly marks: readonly Confidence[];
}

/** Price of one multiply-accumulate of a dense accelerator. */
export interface MacPrice extends EventCost {
  readonly name: "int8" | "float32";
  /** What the low, typical and high figures include. */
  readonly includes: string;
}

/** The same network with every weight multiplied, at one arithmetic. */
export interface DenseEnergy {
  readonly price: MacPrice;
  /** All weights at every timestep of a sample. */
  readonly everyStep: EnergyRange;
  /** All weights once per sample, as a conventional network of the same layers. */
  readonly once: EnergyRange;
}

export interface DenseBaseline {
  /** Multiply-accumulates of one pass through all weights. */
  readonly macsPerStep: number;
  /** `macsPerStep` times the steps of a sample. */
  readonly macsPerSample: number;
  readonly technology: string;
  readonly energies: readonly DenseEnergy[];
}

/** The technology that `macPrices` are of; energies are not scaled to a chip's own node. */
export const macTechnology = "45 nm, 0.9 V";

/**
 * Prices of a multiply-accumulate at 45 nm. `low` is the arithmetic alone; `high` adds the read of one weight from an
 * 8 KB SRAM (10 pJ per 64 bits), without which a comparison flatters the dense side.
 */
export const macPrices: readonly MacPrice[] = [
  {
    name: "int8",
    low: 0.23,
    typical: 0.3,
    high: 1.55,
    unit: "pJ",
    includes:
      "low: 8-bit multiply 0.2 and add 0.03; typical: multiply 0.2 with a 32-bit accumulator 0.1; " +
      "high: typical and 1.25 for one 8-bit weight from an 8 KB SRAM",
    source: 'M. Horowitz, "Computing\'s energy problem (and what we can do about it)", ISSCC 2014',
    confidence: "literature-unverified",
  },
  {
    name: "float32",
    low: 4.6,
    typical: 4.6,
    high: 9.6,
    unit: "pJ",
    includes:
      "low and typical: 32-bit multiply 3.7 and add 0.9; high: these and 5 for one 32-bit weight from an 8 KB SRAM",
    source: "PMC8934428, table 3, citing M. Horowitz, ISSCC 2014",
    confidence: "public-page",
  },
];

/**
 * Price the events of a run. Counts are given whether or not they have a price.
 *
 * @param spec the target's prices; null where nothing is published
 */
export function estimateEnergy(counts: EventCounts, spec: EnergySpec | null): EnergyEstimate {
  const events = pricedEvents(counts, spec);
  const priced = events.flatMap(({ perSample, cost }) => (cost === null ? [] : [times(cost, perSample)]));
  const notPriced = [
    ...events.filter(({ cost }) => cost === null).map(({ event }) => `${event}s`),
    ...(spec?.notPriced ?? []),
  ];
  return {
    basis: basisInWords(spec, priced.length > 0),
    kind: spec === null || priced.length === 0 ? "none" : spec.basis,
    perSample: priced.length === 0 ? null : priced.reduce(plus),
    lowerBound: notPriced.length > 0,
    notPriced,
    events,
    marks: [
      ...new Set(events.flatMap(({ cost }) => (cost !== null && needsMark(cost.confidence) ? [cost.confidence] : []))),
    ],
  };
}

/**
 * The dense side of the comparison.
 *
 * @param macsPerStep multiply-accumulates of one pass, as `denseMacs` counts them
 */
export function denseBaseline(macsPerStep: number, steps: number): DenseBaseline {
  const macsPerSample = macsPerStep * steps;
  const energies = macPrices.map((price) => ({
    price,
    everyStep: times(price, macsPerSample),
    once: times(price, macsPerStep),
  }));
  return { macsPerStep, macsPerSample, technology: macTechnology, energies };
}

function pricedEvents(counts: EventCounts, spec: EnergySpec | null): readonly EventEnergy[] {
  const perSample = (total: number): number => (counts.samples === 0 ? 0 : total / counts.samples);
  return [
    { event: "synop", perSample: perSample(counts.synops), cost: spec?.synop ?? null },
    { event: "neuron update", perSample: perSample(counts.neuronUpdates), cost: spec?.neuronUpdate ?? null },
    { event: "spike", perSample: perSample(counts.spikes), cost: spec?.spike ?? null },
  ];
}

function basisInWords(spec: EnergySpec | null, priced: boolean): string {
  if (spec === null || !priced)
    return "No energy per event is published for this chip: events are counted, not priced.";
  if (spec.basis === "published") return `Published figures of ${spec.of}.`;
  return `Stand-in: the figures of ${spec.of}, because this chip's own are unpublished.`;
}

function times(cost: Pick<EnergyRange, "low" | "typical" | "high">, count: number): EnergyRange {
  return { low: cost.low * count, typical: cost.typical * count, high: cost.high * count, unit: "pJ" };
}

function plus(a: EnergyRange, b: EnergyRange): EnergyRange {
  return { low: a.low + b.low, typical: a.typical + b.typical, high: a.high + b.high, unit: "pJ" };
}
