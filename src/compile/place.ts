/** Neurons to cores: consecutive neurons of one population share a core until a limit is reached. */

import { openRows } from "../core/rows.ts";
import type { Target } from "../target/types.ts";
import type { CoreUse, Fit, ProgramPopulation, ProgramProjection } from "./program.ts";

/** Bytes per unit in which targets give memory. */
const bytesPer: Readonly<Record<string, number>> = { B: 1, KB: 1000, KiB: 1024, MiB: 1024 * 1024 };

/** Place all populations; whether it fits, and what the limits rest on. */
export function placeOnCores(
  target: Target,
  populations: readonly ProgramPopulation[],
  projections: readonly ProgramProjection[],
): Fit {
  const { neurons: limit, synapseMemory } = target.core;
  const memoryBits =
    synapseMemory === undefined ? Infinity : synapseMemory.value * bytesPer[synapseMemory.unit ?? "B"]! * 8;
  const placement: CoreUse[] = [];
  const reasons: string[] = [];
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
    if (largest > memoryBits) {
      reasons.push(`One neuron of ${population.name} needs ${largest} bits of weights; a core holds ${memoryBits}.`);
    }
    placePopulation(population.name, bits, kernelBits, limit.value, memoryBits, placement);
  }
  const available = target.chip.cores.value;
  if (placement.length > available) {
    reasons.push(`The network takes ${placement.length} cores; the chip has ${available}.`);
  }
  const fits = reasons.length === 0;
  reasons.push(`${limit.value} neurons per core: ${limit.source} (${limit.confidence}).`);
  if (synapseMemory !== undefined) {
    const { value, unit, source, confidence } = synapseMemory;
    reasons.push(`${value} ${unit ?? "B"} of synapse memory per core: ${source} (${confidence}).`);
  }
  return { fits, cores: placement.length, coresAvailable: available, placement, reasons };
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

function sourcesOf(synapses: ProgramProjection["synapses"], neurons: number): number {
  switch (synapses.kind) {
    case "dense":
      return synapses.weight.length / neurons;
    case "sparse":
      return synapses.start.length - 1;
    case "conv2d":
      return synapses.inputShape.reduce((product, size) => product * size, 1);
  }
}

/** @param kernelBits stored once on every core that has some of the population */
function placePopulation(
  population: string,
  bits: Uint32Array,
  kernelBits: number,
  neuronLimit: number,
  memoryBits: number,
  placement: CoreUse[],
): void {
  let from = 0;
  let used = kernelBits;
  const close = (to: number): void => {
    placement.push({ core: placement.length, population, from, to, synapseBits: used });
    from = to;
    used = kernelBits;
  };
  for (let neuron = 0; neuron < bits.length; neuron++) {
    const full = neuron - from >= neuronLimit || used + bits[neuron]! > memoryBits;
    if (full && neuron > from) close(neuron);
    used += bits[neuron]!;
  }
  if (bits.length > from) close(bits.length);
}
