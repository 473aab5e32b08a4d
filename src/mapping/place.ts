/** Where the neurons of a network lie on a chip, or on several that are joined, and whether there is room for them. */

import { sizeOf } from "../network/types.ts";
import type { Sourced, SystemSpec, Target } from "../target/types.ts";
import { adviceFor } from "./advice.ts";
import { arrange } from "./arrange.ts";
import type { Mapping } from "./file.ts";
import { Meters, type Meter } from "./meters.ts";
import { neuronLimits, type NeuronLimit } from "./neuron-limits.ts";
import { partition, type Oversized, type Part } from "./partition.ts";
import { pinnedParts, runsBeside, tooMuchSent, type PinnedPart } from "./pins.ts";
import { eachReach } from "./reach.ts";
import { messagesBetween, trafficOf, type Rates } from "./traffic.ts";
import type { CoreUse, Fit, Mapped, NeuronRange, ResourceUse, PlannedTraffic } from "./types.ts";

/** What is known beside the network. */
export interface PlaceOptions {
  /** How often neurons fire; left out: all alike. */
  readonly rates?: Rates | undefined;
  /** Where some neurons, or all, have to lie. */
  readonly mapping?: Mapping | undefined;
}

/**
 * Place all populations; whether they fit, and what the limits rest on. Where the target has a mesh, parts that exchange
 * many messages lie near each other.
 *
 * @throws MAPPING_INVALID with every mistake of a mapping as an issue
 */
export function placeOnCores(target: Target, mapped: Mapped, { rates, mapping }: PlaceOptions = {}): Fit {
  const meters = new Meters(target, mapped);
  const pinned = mapping === undefined ? [] : pinnedParts(mapping, target, mapped, meters);
  const { parts, oversized, sent } = split(target, mapped, meters, pinned);
  const pins = parts.map(({ core }) => core);
  if (mapping !== undefined) refuseSent(mapping, target, pins, sent);
  const chips = chipsFor(target, pins);
  const partOf = partsOf(mapped, parts);
  const { cores, traffic } = settle(target, mapped, pins, partOf, chips, rates ?? null);
  const limits = neuronLimits(target, mapped, { parts, partOf });
  const channels = mapped.inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const why = [
    ...oversized.map(tooLarge),
    ...outAxonReasons(target, parts, sent),
    ...tooManyCores(target, parts.length, chips),
    ...limits.flatMap(({ reasons }) => reasons),
    ...tooManyInputs(target, channels),
  ];
  return {
    fits: why.length === 0,
    cores: parts.length,
    coresAvailable: target.chip.cores.value * Math.min(chips, largestSystem(target)),
    placement: placementOf(mapped, parts, cores, meters),
    reasons: [...why, ...bases(target, chips)],
    chips: Math.min(chips, largestSystem(target)),
    resources: resourcesOf(target, meters, parts, cores, sent, limits, channels),
    loads: parts
      .map(({ used }, part) => ({ core: cores[part]!, used: countedOf(meters, used, sent?.[part]) }))
      .toSorted((a, b) => a.core - b.core),
    ...(traffic === null ? {} : { traffic }),
    ...(why.length === 0 ? {} : { advice: adviceOf(target, mapped, pinned, chips) }),
  };
}

/** Networks with more stored weights are not divided again and again. */
const mostTried = 30_000_000;

/** What would help where cores or their memory are lacking. */
function adviceOf(target: Target, mapped: Mapped, pinned: readonly PinnedPart[], chips: number): string[] {
  const most = largestSystem(target);
  const divide = (changed: Target): number | null => {
    const { parts, oversized } = split(changed, mapped, new Meters(changed, mapped), pinned);
    const pins = parts.map(({ core }) => core);
    return oversized.length === 0 && chipsFor(changed, pins) <= most ? parts.length : null;
  };
  const stored = mapped.projections.reduce((sum, { synapses }) => sum + synapses.weight.length, 0);
  const joined = `${chips} such chips would have cores enough; the target names nothing that joins them.`;
  return [...(stored > mostTried ? [] : adviceFor(target, divide)), ...(chips > most && most === 1 ? [joined] : [])];
}

/** A part, and its core where a mapping gives one. */
type PlacedPart = Part & { readonly core: number | null };

/** Chips that are needed: up to the last one that is named, and until there are cores enough for the other parts. */
function chipsFor({ chip }: Target, pins: readonly (number | null)[]): number {
  const perChip = chip.cores.value;
  const named = pins.reduce<number>(
    (most, core) => Math.max(most, core === null ? 1 : Math.floor(core / perChip) + 1),
    1,
  );
  return Math.max(named, Math.ceil(pins.length / perChip));
}

/** Parts to cores: in order, or as the mesh of as many chips as are needed makes it cheap. */
function settle(
  target: Target,
  mapped: Mapped,
  pins: readonly (number | null)[],
  partOf: ReadonlyMap<string, Int32Array>,
  chips: number,
  rates: Rates | null,
): { readonly cores: readonly number[]; readonly traffic: PlannedTraffic | null } {
  const { noc, chip } = target;
  const all = Array.from({ length: chips * chip.cores.value }, (_, core) => core);
  const taken = new Set(pins);
  const free = all.filter((core) => !taken.has(core));
  if (noc === undefined || chips > largestSystem(target)) {
    let next = 0;
    return { cores: pins.map((core) => core ?? free[next++]!), traffic: null };
  }
  const messages = messagesBetween(mapped, partOf, pins.length, rates);
  const cores = arrange(messages, pins, free, noc);
  return { cores, traffic: trafficOf(messages, cores, all, noc, rates) };
}

/** What the cores of a mapping send is known when everything has its place. */
function refuseSent(
  mapping: Mapping,
  { core: { axonsOut } }: Target,
  pins: readonly (number | null)[],
  sent: Float64Array | null,
): void {
  const limit = axonsOut?.value ?? Infinity;
  const beyond = pins.flatMap((core, part) => {
    const own = sent?.[part] ?? 0;
    return core !== null && own > limit ? [{ core, sent: own, limit }] : [];
  });
  if (beyond.length > 0) throw tooMuchSent(mapping, beyond);
}

/** How often parts are divided further so that what their neurons send has room. */
const mostRounds = 20;

/**
 * Neurons to parts under all limits of a core, around those that a mapping gives. What a neuron sends depends on how those
 * that it reaches are divided, so that cores are divided further until it has room, or that does not help any more.
 */
function split(
  target: Target,
  mapped: Mapped,
  meters: Meters,
  pinned: readonly PinnedPart[],
): {
  readonly parts: readonly PlacedPart[];
  readonly oversized: readonly Oversized[];
  readonly sent: Float64Array | null;
} {
  const { shared = false, axonsOut } = target.core;
  const runs = runsBeside(mapped, pinned);
  const breaks = new Map(mapped.populations.map(({ name }) => [name, new Set<number>()]));
  for (let round = 0; ; round++) {
    const { parts: others, oversized } = partition(meters, runs, shared, breaks);
    const parts = inOrder(mapped, [...pinned, ...others.map((part) => ({ ...part, core: null }))]);
    if (axonsOut === undefined) return { parts, oversized, sent: null };
    const messages = messagesOf(mapped, parts);
    const sent = Float64Array.from(parts, ({ ranges }) => {
      return ranges.reduce((sum, range) => sum + sumOf(messages, range), 0);
    });
    const more = parts.flatMap(({ ranges, core }, part) => {
      return core === null && sent[part]! > axonsOut.value ? breaksOf(ranges, messages, axonsOut.value) : [];
    });
    if (more.length === 0 || round === mostRounds) return { parts, oversized, sent };
    for (const { population, neuron } of more) breaks.get(population)!.add(neuron);
  }
}

/** By the first neuron of each, in the order of the network. */
function inOrder({ populations }: Mapped, parts: readonly PlacedPart[]): PlacedPart[] {
  const order = new Map(populations.map(({ name }, i) => [name, i]));
  return parts.toSorted(({ ranges: [a] }, { ranges: [b] }) => {
    return order.get(a!.population)! - order.get(b!.population)! || a!.from - b!.from;
  });
}

/** How many parts each neuron sends to, [neurons] by population. */
function messagesOf(mapped: Mapped, parts: readonly Part[]): Map<string, Uint32Array> {
  const partOf = partsOf(mapped, parts);
  return new Map(
    mapped.populations.map((source) => {
      const counts = new Uint32Array(source.neurons);
      eachReach(mapped, source, partOf, parts.length, false, (neuron, _, count) => void (counts[neuron] = count));
      return [source.name, counts];
    }),
  );
}

function sumOf(counts: ReadonlyMap<string, Uint32Array>, { population, from, to }: NeuronRange): number {
  return counts
    .get(population)!
    .subarray(from, to)
    .reduce((sum, count) => sum + count, 0);
}

/** Before which neurons of a core another one has to begin, so that none sends too much. */
function breaksOf(
  ranges: readonly NeuronRange[],
  messages: ReadonlyMap<string, Uint32Array>,
  limit: number,
): { readonly population: string; readonly neuron: number }[] {
  let sum = 0;
  return ranges.flatMap(({ population, from, to }, index) => {
    const own = messages.get(population)!;
    const found: { population: string; neuron: number }[] = [];
    for (let neuron = from; neuron < to; neuron++) {
      sum += own[neuron]!;
      if (sum <= limit) continue;
      sum = own[neuron]!;
      if (index > 0 || neuron > from) found.push({ population, neuron });
    }
    return found;
  });
}

/** By population: the part of each neuron, -1 where it is in none. */
export function partsOf({ populations }: Mapped, parts: readonly Pick<Part, "ranges">[]): Map<string, Int32Array> {
  const partOf = new Map(populations.map(({ name, neurons }) => [name, new Int32Array(neurons).fill(-1)]));
  for (const [part, { ranges }] of parts.entries()) {
    for (const { population, from, to } of ranges) partOf.get(population)!.fill(part, from, to);
  }
  return partOf;
}

function placementOf(
  { populations }: Mapped,
  parts: readonly Part[],
  cores: readonly number[],
  meters: Meters,
): CoreUse[] {
  const order = new Map(populations.map(({ name }, i) => [name, i]));
  return parts
    .flatMap(({ ranges }, part) =>
      ranges.map((range): CoreUse => {
        return { core: cores[part]!, ...range, synapseBits: meters.memory.bitsOf(range) };
      }),
    )
    .toSorted((a, b) => order.get(a.population)! - order.get(b.population)! || a.from - b.from);
}

function tooLarge({ population, meter, needed }: Oversized): string {
  const [what, unit] = meter.unit === "bits" ? ["bits of weights", ""] : [meter.name, ""];
  return `One neuron of ${population} needs ${needed} ${what}; a core ${meter.unit === "bits" ? "holds" : "has"} ${meter.limit}${unit}.`;
}

function outAxonReasons({ core }: Target, parts: readonly Part[], sent: Float64Array | null): string[] {
  const limit = core.axonsOut?.value ?? Infinity;
  return parts.flatMap(({ ranges }, part) => {
    const own = sent?.[part] ?? 0;
    if (own <= limit) return [];
    const { population, from, to } = ranges[0]!;
    return `Neurons ${from} to ${to - 1} of ${population} send to ${own} output axons; a core has ${limit}.`;
  });
}

/** Most chips that can be joined. */
function largestSystem({ chip }: Target): number {
  return chip.systems?.at(-1)?.chips.value ?? 1;
}

/** The smallest system of so many chips. */
function systemOf({ chip }: Target, chips: number): SystemSpec | undefined {
  return chip.systems?.find((system) => system.chips.value >= chips);
}

function tooManyCores(target: Target, cores: number, chips: number): string[] {
  const { value } = target.chip.cores;
  const largest = target.chip.systems?.at(-1);
  if (chips <= largestSystem(target)) return [];
  if (largest === undefined) return [`The network takes ${cores} cores; the chip has ${value}.`];
  const joined = largest.chips.value;
  return [`The network takes ${cores} cores; ${largest.name} has ${value * joined}, ${joined} chips of ${value}.`];
}

function tooManyInputs({ chip }: Target, channels: number): string[] {
  if (channels <= (chip.inputs?.value ?? Infinity)) return [];
  return [`The network has ${channels} channels of inputs; the chip has ${chip.inputs!.value}.`];
}

/** What the limits rest on. */
function bases(target: Target, chips: number): string[] {
  const { core, chip, weights } = target;
  const system = chips > 1 ? systemOf(target, chips) : undefined;
  const known: readonly (readonly [Sourced | undefined, string])[] = [
    [core.neurons, "neurons per core"],
    ...Object.entries(core.kinds ?? {}).flatMap(([kind, { neurons, fanOut }]) => [
      [neurons, `${kind} neurons per core`] as const,
      [fanOut, `${kind} neurons that one neuron reaches`] as const,
    ]),
    [chip.inputs, "channels of inputs"],
    [core.synapseMemory, "of synapse memory per core"],
    [core.axons, "axons per core"],
    [core.axonsOut, "output axons per core"],
    [core.fanIn, "synapses onto one neuron"],
    [core.destinations, "axon(s) that a neuron reaches"],
    ...Object.entries(core.constants ?? {}).map(([name, { most }]) => [most, `${name} per core`] as const),
    [weights.axonTypes, "types of axons, and as many weights per neuron"],
    [system?.chips, `chips of ${system?.name ?? ""}, the smallest known system with ${chips}`],
  ];
  return known.flatMap(([limit, what]) => {
    if (limit === undefined) return [];
    const { value, unit, source, confidence } = limit;
    const amount = what.includes("memory") ? `${value} ${unit ?? "B"}` : `${value}`;
    return [`${amount} ${what}: ${source} (${confidence}).`];
  });
}

/** Of the meters those that have a limit, then what is sent. */
function countedOf(meters: Meters, used: readonly number[], sent: number | undefined): number[] {
  return [...used.filter((_, i) => meters.all[i]!.basis !== null), ...(sent === undefined ? [] : [sent])];
}

function resourcesOf(
  target: Target,
  meters: Meters,
  parts: readonly Part[],
  cores: readonly number[],
  sent: Float64Array | null,
  limits: readonly NeuronLimit[],
  channels: number,
): ResourceUse[] {
  const perCore = (name: string, basis: Sourced, unit: Meter["unit"], available: number, used: readonly number[]) => {
    const most = used.reduce((a, b) => Math.max(a, b), 0);
    const { source, confidence } = basis;
    const where = `core ${cores[used.indexOf(most)] ?? 0}`;
    return { name, per: "core", available, unit, source, confidence, most, where } as const;
  };
  const { axonsOut } = target.core;
  const { inputs } = target.chip;
  return [
    ...meters.all.flatMap(({ name, basis, unit, limit }, i) => {
      return basis === null
        ? []
        : perCore(
            name,
            basis,
            unit,
            limit,
            parts.map(({ used }) => used[i]!),
          );
    }),
    ...(axonsOut === undefined || sent === null
      ? []
      : [perCore("output axons", axonsOut, null, axonsOut.value, [...sent])]),
    ...limits.map(({ name, basis, most, where }): ResourceUse => {
      const { value, source, confidence } = basis;
      return { name, per: "neuron", available: value, unit: null, source, confidence, most, where };
    }),
    ...(inputs === undefined ? [] : [inputsUse(inputs, channels)]),
  ];
}

function inputsUse({ value, source, confidence }: Sourced, channels: number): ResourceUse {
  const name = "channels of inputs";
  return { name, per: "chip", available: value, unit: null, source, confidence, most: channels, where: "chip 0" };
}
