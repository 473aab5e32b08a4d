/** Neurons to cores: consecutive neurons of one population share a core until a limit is reached. */

import { openRows } from "../core/rows.ts";
import type { Sourced, Target } from "../target/types.ts";
import { AxonUse, type Destinations } from "./axons.ts";
import type { CoreUse, Fit, ProgramPopulation, ProgramProjection } from "./program.ts";
import { sourcesOf } from "./sources.ts";

/** Bytes per unit in which targets give memory. */
const bytesPer: Readonly<Record<string, number>> = { B: 1, KB: 1000, KiB: 1024, MiB: 1024 * 1024 };

/** Place all populations; whether it fits, and what the limits rest on. */
export function placeOnCores(
  target: Target,
  populations: readonly ProgramPopulation[],
  projections: readonly ProgramProjection[],
): Fit {
  const limits = limitsOf(target);
  const placement: CoreUse[] = [];
  const reasons: string[] = [];
  const destinations: Destinations = new Map(populations.map(({ name, neurons }) => [name, new Uint32Array(neurons)]));
  for (const population of populations) {
    const own = projections.filter(({ to }) => to === population.name);
    const kernels = own.filter(({ synapses }) => target.weights.shared === true && synapses.kind === "conv2d");
    const kernelBits = kernels.reduce((sum, { synapses }) => sum + synapses.weight.length * target.weights.bits, 0);
    const bits = synapseBits(
      target,
      population,
      own.filter((projection) => !kernels.includes(projection)),
    );
    const largest = bits.reduce((most, one) => Math.max(most, one), 0) + kernelBits;
    if (largest > limits.memoryBits) {
      reasons.push(
        `One neuron of ${population.name} needs ${largest} bits of weights; a core holds ${limits.memoryBits}.`,
      );
    }
    const axons = limits.counted ? new AxonUse(population, own, limits.types, destinations) : null;
    const widest = placePopulation(population.name, bits, kernelBits, limits, axons, placement);
    if (widest > limits.axons) {
      reasons.push(`One neuron of ${population.name} needs ${widest} axons; a core has ${limits.axons}.`);
    }
  }
  const available = target.chip.cores.value;
  if (placement.length > available) {
    reasons.push(`The network takes ${placement.length} cores; the chip has ${available}.`);
  }
  reasons.push(...unreached(destinations, limits.destinations));
  const fits = reasons.length === 0;
  return {
    fits,
    cores: placement.length,
    coresAvailable: available,
    placement,
    reasons: [...reasons, ...bases(target)],
  };
}

interface Limits {
  readonly neurons: number;
  readonly memoryBits: number;
  readonly axons: number;
  readonly destinations: number;
  readonly types: number | null;
  /** Whether axons matter at all. */
  readonly counted: boolean;
}

function limitsOf({ core, weights }: Target): Limits {
  const { neurons, synapseMemory, axons, destinations } = core;
  return {
    neurons: neurons.value,
    memoryBits: synapseMemory === undefined ? Infinity : synapseMemory.value * bytesPer[synapseMemory.unit ?? "B"]! * 8,
    axons: axons?.value ?? Infinity,
    destinations: destinations?.value ?? Infinity,
    types: weights.axonTypes?.value ?? null,
    counted: axons !== undefined || destinations !== undefined,
  };
}

/** Neurons whose spikes have to go to more axons than the chip's can send them to. */
function unreached(destinations: Destinations, limit: number): string[] {
  return [...destinations].flatMap(([name, counts]) => {
    const beyond = counts.filter((count) => count > limit);
    if (beyond.length === 0) return [];
    const most = beyond.reduce((largest, count) => Math.max(largest, count));
    return [
      `${beyond.length} neuron(s) of ${name} have to reach up to ${most} axons; a neuron of the chip reaches ${limit}, and no copies are made.`,
    ];
  });
}

/** What the limits rest on. */
function bases({ core, weights }: Target): string[] {
  const known: readonly (readonly [Sourced | undefined, string])[] = [
    [core.neurons, "neurons per core"],
    [core.synapseMemory, "of synapse memory per core"],
    [core.axons, "axons per core"],
    [core.destinations, "axon(s) that a neuron reaches"],
    [weights.axonTypes, "types of axons, and as many weights per neuron"],
  ];
  return known.flatMap(([limit, what]) => {
    if (limit === undefined) return [];
    const { value, unit, source, confidence } = limit;
    const amount = what.includes("memory") ? `${value} ${unit ?? "B"}` : `${value}`;
    return [`${amount} ${what}: ${source} (${confidence}).`];
  });
}

/** Bits of synapse memory that each neuron's incoming weights take, every synapse of these projections stored. */
function synapseBits(
  target: Target,
  population: ProgramPopulation,
  projections: readonly ProgramProjection[],
): Uint32Array {
  const bits = new Uint32Array(population.neurons);
  for (const { synapses } of projections) {
    const rows = openRows(synapses, population.neurons, 0, population.neurons);
    const sources = sourcesOf(synapses, population.neurons);
    for (let source = 0; source < sources; source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) {
        bits[rows.dense ? i - rows.begin : rows.target[i]!]! += target.weights.bits;
      }
    }
  }
  return bits;
}

/**
 * @param kernelBits stored once on every core that has some of the population
 * @returns axons of the neuron that needs most of them
 */
function placePopulation(
  population: string,
  bits: Uint32Array,
  kernelBits: number,
  limits: Limits,
  axons: AxonUse | null,
  placement: CoreUse[],
): number {
  let from = 0;
  let used = kernelBits;
  let widest = 0;
  const close = (to: number): void => {
    placement.push({ core: placement.length, population, from, to, synapseBits: used });
    from = to;
    used = kernelBits;
    axons?.nextCore();
  };
  for (let neuron = 0; neuron < bits.length; neuron++) {
    const lines = (axons?.used ?? 0) + (axons?.added(neuron) ?? 0);
    const full = neuron - from >= limits.neurons || used + bits[neuron]! > limits.memoryBits || lines > limits.axons;
    if (full && neuron > from) close(neuron);
    if (neuron === from) widest = Math.max(widest, axons?.added(neuron) ?? 0);
    used += bits[neuron]!;
    axons?.take(neuron);
  }
  if (bits.length > from) close(bits.length);
  return widest;
}
