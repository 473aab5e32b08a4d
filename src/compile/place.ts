/** Neurons to cores: consecutive neurons share a core until a limit is reached, those of several populations where they may. */

import { openRows } from "../core/rows.ts";
import { sizeOf } from "../network/types.ts";
import type { Sourced, Target } from "../target/types.ts";
import { AxonUse, type Destinations } from "./axons.ts";
import type { CoreUse, Fit, ProgramInput, ProgramPopulation, ProgramProjection, Synapses } from "./program.ts";
import { sourcesOf } from "./sources.ts";

/** Bytes per unit in which targets give memory. */
const bytesPer: Readonly<Record<string, number>> = { B: 1, KB: 1000, KiB: 1024, MiB: 1024 * 1024 };

/** Place all populations; whether it fits, and what the limits rest on. */
export function placeOnCores(
  target: Target,
  populations: readonly ProgramPopulation[],
  projections: readonly ProgramProjection[],
  inputs: readonly Pick<ProgramInput, "shape">[] = [],
): Fit {
  const limits = limitsOf(target);
  const placement: CoreUse[] = [];
  const reasons: string[] = [];
  const filling = new Filling(limits);
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
    const widest = placePopulation(population, bits, kernelBits, limits, axons, filling, placement);
    if (widest > limits.axons) {
      reasons.push(`One neuron of ${population.name} needs ${widest} axons; a core has ${limits.axons}.`);
    }
  }
  const available = target.chip.cores.value;
  const cores = (placement.at(-1)?.core ?? -1) + 1;
  if (cores > available) reasons.push(`The network takes ${cores} cores; the chip has ${available}.`);
  reasons.push(...unreached(destinations, limits.destinations), ...fannedOut(target, populations, projections));
  const channels = inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (channels > (target.chip.inputs?.value ?? Infinity)) {
    reasons.push(`The network has ${channels} channels of inputs; the chip has ${target.chip.inputs!.value}.`);
  }
  const fits = reasons.length === 0;
  return {
    fits,
    cores,
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
  readonly shared: boolean;
  /** Neurons of one kind, by datapath. */
  ofKind(datapath: string): number;
}

/** The core that is being filled. */
class Filling {
  core = 0;
  neurons = 0;
  private bits = 0;
  private readonly kinds = new Map<string, number>();
  private readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  nextCore(): void {
    this.core++;
    this.neurons = 0;
    this.bits = 0;
    this.kinds.clear();
  }

  /** Whether one more neuron of a kind, with so many bits of weights, is too much. */
  full(kind: string, bits: number): boolean {
    const { neurons, memoryBits } = this.limits;
    return (
      this.neurons >= neurons ||
      this.bits + bits > memoryBits ||
      (this.kinds.get(kind) ?? 0) >= this.limits.ofKind(kind)
    );
  }

  take(kind: string, bits: number): void {
    this.neurons++;
    this.bits += bits;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  /** A kernel that all neurons of a population on this core use. */
  store(bits: number): void {
    this.bits += bits;
  }
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
    shared: core.shared === true,
    ofKind: (datapath) => core.kinds?.[datapath]?.neurons?.value ?? Infinity,
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

/** Neurons that reach more of one kind of neuron than the chip's can. */
function fannedOut(
  { core }: Target,
  populations: readonly ProgramPopulation[],
  projections: readonly ProgramProjection[],
): string[] {
  return Object.entries(core.kinds ?? {}).flatMap(([kind, { fanOut }]) => {
    if (fanOut === undefined) return [];
    const targets = new Map(populations.filter(({ datapath }) => datapath === kind).map((one) => [one.name, one]));
    return populations.flatMap(({ name, neurons }) => {
      const reached = new Uint32Array(neurons);
      for (const { from, to, synapses } of projections) {
        const target = targets.get(to);
        if (from === name && target !== undefined) countReached(synapses, target.neurons, reached);
      }
      const beyond = reached.filter((count) => count > fanOut.value);
      if (beyond.length === 0) return [];
      const most = beyond.reduce((largest, count) => Math.max(largest, count));
      return [
        `${beyond.length} neuron(s) of ${name} reach up to ${most} ${kind} neurons; a neuron of the chip reaches ${fanOut.value}.`,
      ];
    });
  });
}

/** @param reached [sources] added to */
function countReached(synapses: Synapses, neurons: number, reached: Uint32Array): void {
  const rows = openRows(synapses, neurons, 0, neurons);
  for (let source = 0; source < reached.length; source++) {
    rows.seek(source);
    for (let i = rows.begin; i < rows.end; i++) if (rows.weight[i] !== 0) reached[source]!++;
  }
}

/** What the limits rest on. */
function bases({ core, chip, weights }: Target): string[] {
  const known: readonly (readonly [Sourced | undefined, string])[] = [
    [core.neurons, "neurons per core"],
    ...Object.entries(core.kinds ?? {}).flatMap(([kind, { neurons, fanOut }]) => [
      [neurons, `${kind} neurons per core`] as const,
      [fanOut, `${kind} neurons that one neuron reaches`] as const,
    ]),
    [chip.inputs, "channels of inputs"],
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
  { name: population, datapath }: ProgramPopulation,
  bits: Uint32Array,
  kernelBits: number,
  limits: Limits,
  axons: AxonUse | null,
  filling: Filling,
  placement: CoreUse[],
): number {
  let from = 0;
  let used = kernelBits;
  let widest = 0;
  const close = (to: number): void => {
    if (to > from) placement.push({ core: filling.core, population, from, to, synapseBits: used });
    from = to;
    used = kernelBits;
  };
  if (!limits.shared && filling.neurons > 0) filling.nextCore();
  filling.store(kernelBits);
  for (let neuron = 0; neuron < bits.length; neuron++) {
    const lines = (axons?.used ?? 0) + (axons?.added(neuron) ?? 0);
    if (filling.neurons > 0 && (filling.full(datapath, bits[neuron]!) || lines > limits.axons)) {
      close(neuron);
      filling.nextCore();
      filling.store(kernelBits);
      axons?.nextCore();
    }
    if (neuron === from) widest = Math.max(widest, axons?.added(neuron) ?? 0);
    filling.take(datapath, bits[neuron]!);
    used += bits[neuron]!;
    axons?.take(neuron);
  }
  close(bits.length);
  return widest;
}
