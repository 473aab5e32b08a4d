/**
 * A compiled network on a chip that runs on events: every neuron and every element of an input gets an address, neurons
 * first, and every synapse what the chip stores for it.
 */

import { openRows } from "../core/rows.ts";
import { narrowest } from "../core/synapses.ts";
import { mistake } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { eventWarnings } from "./event-warnings.ts";
import {
  noAddress,
  type CoreUse,
  type Fit,
  type Program,
  type ProgramInput,
  type ProgramPopulation,
  type ProgramProjection,
  type SparseSynapses,
} from "./program.ts";
import { storedForm } from "./stored.ts";

export interface AddressOptions {
  /**
   * Where a source has one sign: sources with weights of both get two addresses, one for each sign. Such a neuron is on
   * the chip twice, with the same inputs.
   */
  readonly splitSigns?: boolean | undefined;
}

type Part = ProgramInput | ProgramPopulation;

/** Signs of the weights that leave one source, as bits. */
const positive = 1;
const negative = 2;
const both = 3;

/**
 * Put a compiled network on its addresses.
 *
 * @throws COMPILE_ADDRESSES, COMPILE_SIGNS, COMPILE_PARALLEL, COMPILE_STORED
 */
export function placeOnAddresses(program: Program, { splitSigns = false }: AddressOptions = {}): Program {
  const { target, inputs, populations } = program;
  refuseParallel(program);
  const signs = signsOf(program);
  const oneSign = target.synapses!.negativeSource;
  if (oneSign !== null && !splitSigns) refuseMixed(program, signs);
  const twice = (part: string, element: number): boolean => oneSign !== null && signs.get(part)![element] === both;
  const addresses = allocate(program, twice);
  const placed = <P extends Part>(part: P): P => {
    const own = addresses.get(part.name)!;
    const parameters = oneSign === null ? {} : { [oneSign]: negatives(signs.get(part.name)!, own.length) };
    return { ...part, addresses: own, sourceParameters: parameters };
  };
  const store = storedForm(program);
  const projections = program.projections.flatMap((projection) => {
    const { from, to } = projection;
    const neurons = populations.find(({ name }) => name === to)!.neurons;
    const sources = signs.get(from)!.length;
    const copied = addresses.get(from)!.length > sources;
    return bySign(projection, sources, neurons, copied ? (row) => twice(from, row) : null).map(store);
  });
  const whole = { ...program, inputs: inputs.map(placed), populations: populations.map(placed), projections };
  const warnings = [...program.warnings, ...eventWarnings(whole)];
  return { ...whole, warnings, fit: fitOf(whole) };
}

/** A chip has one synapse for each source and neuron. */
function refuseParallel({ projections, target }: Program): void {
  const seen = new Set<string>();
  for (const { from, to } of projections) {
    const way = JSON.stringify([from, to]);
    if (seen.has(way)) throw mistake("COMPILE_PARALLEL", { from, to, target: target.name }, { node: to });
    seen.add(way);
  }
}

/** [elements] of each part: which signs the weights have that leave it. */
function signsOf({ inputs, populations, projections }: Program): ReadonlyMap<string, Uint8Array> {
  const signs = new Map([...inputs, ...populations].map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape))]));
  for (const { from, to, synapses } of projections) {
    const { neurons } = populations.find(({ name }) => name === to)!;
    const rows = openRows(synapses, neurons, 0, neurons);
    const own = signs.get(from)!;
    for (let row = 0; row < own.length; row++) {
      rows.seek(row);
      for (let i = rows.begin; i < rows.end; i++) {
        if (rows.weight[i] !== 0) own[row]! |= rows.weight[i]! > 0 ? positive : negative;
      }
    }
  }
  return signs;
}

function refuseMixed({ target }: Program, signs: ReadonlyMap<string, Uint8Array>): void {
  for (const [source, own] of signs) {
    const element = own.indexOf(both);
    const count = own.filter((sign) => sign === both).length;
    const facts = { source, element, count, of: own.length, target: target.name };
    if (element >= 0) throw mistake("COMPILE_SIGNS", facts, { node: source });
  }
}

/** 1 where the weights are negative, [copies * elements]: those of a second copy are. */
function negatives(signs: Uint8Array, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => Number(i >= signs.length || signs[i] === negative));
}

/** Addresses of all parts, [copies][elements], populations before inputs. @throws COMPILE_ADDRESSES */
function allocate(
  { inputs, populations, target }: Program,
  twice: (part: string, element: number) => boolean,
): ReadonlyMap<string, Uint32Array> {
  const available = target.core.neurons.value;
  const addresses = new Map<string, Uint32Array>();
  let next = 0;
  let first: string | null = null;
  const take = (part: string, element: number): number => {
    if (next === available) first = `element ${element} of ${part}`;
    return next++;
  };
  const needs = [populations, inputs].map((parts: readonly Part[]) => {
    const before = next;
    for (const { name, shape } of parts) {
      const elements = Array.from({ length: sizeOf(shape) }, (_, element) => element);
      const own = elements.map((element) => take(name, element));
      const mixed = elements.some((element) => twice(name, element));
      const second = elements.map((element) => (twice(name, element) ? take(name, element) : noAddress));
      addresses.set(name, Uint32Array.from(mixed ? [...own, ...second] : own));
    }
    return next - before;
  });
  if (first === null) return addresses;
  const [neurons = 0, elements = 0] = needs;
  throw mistake("COMPILE_ADDRESSES", {
    target: target.name,
    needed: next,
    neurons,
    inputs: elements,
    available,
    first,
  });
}

/**
 * A projection as the chip has it: arriving at once, synapse by synapse, and that of each sign by itself where its
 * source has two addresses.
 *
 * @param twice whether a row has; null: none has
 */
function bySign(
  projection: ProgramProjection,
  sources: number,
  neurons: number,
  twice: ((row: number) => boolean) | null,
): ProgramProjection[] {
  const { name, synapses } = projection;
  const rows = (keeps: (row: number, weight: number) => boolean): SparseSynapses =>
    listed(synapses, sources, neurons, keeps);
  const own = { ...projection, arrivesAfter: 0 };
  if (twice === null) return [synapses.kind === "conv2d" ? { ...own, synapses: rows(() => true) } : own];
  const second = { name: `${name} (negative)`, copy: 1, synapses: rows((row, weight) => twice(row) && weight < 0) };
  return [
    { ...own, synapses: rows((row, weight) => !twice(row) || weight > 0) },
    { ...own, ...second },
  ];
}

/** The synapses that are kept, row by row. */
function listed(
  synapses: ProgramProjection["synapses"],
  sources: number,
  neurons: number,
  keeps: (row: number, weight: number) => boolean,
): SparseSynapses {
  const rows = openRows(synapses, neurons, 0, neurons);
  const start = new Uint32Array(sources + 1);
  const entries: { neuron: number; weight: number }[] = [];
  for (let row = 0; row < sources; row++) {
    rows.seek(row);
    for (let i = rows.begin; i < rows.end; i++) {
      const weight = rows.weight[i]!;
      if (keeps(row, weight)) entries.push({ neuron: rows.dense ? i - rows.begin : rows.target[i]!, weight });
    }
    start[row + 1] = entries.length;
  }
  return {
    kind: "sparse",
    start,
    target: Uint32Array.from(entries, ({ neuron }) => neuron),
    weight: narrowest(Int32Array.from(entries, ({ weight }) => weight)),
  };
}

function fitOf({ target, inputs, populations, projections }: Program): Fit {
  const placement = populations.map(({ name, neurons }): CoreUse => {
    const own = projections.filter(({ to }) => to === name);
    const count = own.reduce((sum, { synapses }) => sum + synapses.weight.length, 0);
    return { core: 0, population: name, from: 0, to: neurons, synapseBits: count * target.weights.bits };
  });
  const { value, source, confidence } = target.core.neurons;
  const reasons = [
    `${used(populations)} addresses of neurons and ${used(inputs)} of inputs are used, of ${value}.`,
    `${value} addresses: ${source} (${confidence}).`,
  ];
  return { fits: true, cores: 1, coresAvailable: target.chip.cores.value, placement, reasons };
}

/** Addresses that parts take. */
function used(parts: readonly Part[]): number {
  return parts.reduce((sum, { addresses }) => sum + addresses!.filter((address) => address !== noAddress).length, 0);
}
