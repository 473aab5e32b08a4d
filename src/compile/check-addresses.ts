/** Whether a program for a chip that runs on events holds together: addresses, and what is stored for each synapse. */

import type { TypeSpec } from "../datapath/spec.ts";
import { sizeOf } from "../network/types.ts";
import { openRows } from "../core/rows.ts";
import type { Weights } from "../core/synapses.ts";
import {
  noAddress,
  type Program,
  type ProgramInput,
  type ProgramPopulation,
  type ProgramProjection,
} from "./program.ts";

/** What is wrong with the parts that only such a program has, in order; for one in timesteps, that it has none. */
export function* reasonsAgainstAddresses(program: Program): Generator<string | null> {
  const { target, inputs, populations, projections } = program;
  const parts = [...inputs, ...populations];
  if (target.events === null) {
    const addressed = parts.find(({ addresses, sourceParameters }) => addresses ?? sourceParameters);
    if (addressed !== undefined) yield `${addressed.name} has addresses, on a chip that has none`;
    const stored = projections.find(({ copy, registers }) => copy !== undefined || registers !== undefined);
    if (stored !== undefined) yield `projection ${stored.name} stores what the chip does not have`;
    return;
  }
  const owners = new Map<number, string>();
  for (const part of parts) yield checkAddresses(program, part, owners);
  const places = new Set<number>();
  for (const projection of projections) yield checkStored(program, projection, places);
}

/** Each address belongs to one neuron or input; `owners` are those known so far. */
function checkAddresses(
  { target }: Program,
  { name, shape, addresses, sourceParameters = {} }: ProgramInput | ProgramPopulation,
  owners: Map<number, string>,
): string | null {
  const size = sizeOf(shape);
  if (addresses === undefined) return `${name} has no addresses`;
  if (addresses.length === 0 || addresses.length % size !== 0) return `${name} has a wrong number of addresses`;
  for (const [index, address] of addresses.entries()) {
    if (address === noAddress && index >= size) continue;
    if (address >= target.core.neurons.value) return `${name} has the address ${address}, which the chip does not have`;
    if (owners.has(address)) return `${name} and ${owners.get(address)} have the same address ${address}`;
    owners.set(address, name);
  }
  const specs = target.synapses!.sourceParameters;
  for (const [parameter, values] of Object.entries(sourceParameters)) {
    const range = Object.hasOwn(specs, parameter) ? specs[parameter] : undefined;
    if (range === undefined) return `${name} has the source parameter ${parameter}, which does not exist`;
    if (!fits(values, addresses.length, range)) return `source parameter ${parameter} of ${name} does not fit`;
  }
  return null;
}

function fits(values: Weights, count: number, { low, high }: TypeSpec): boolean {
  if (values.length !== 1 && values.length !== count) return false;
  for (let i = 0; i < values.length; i++) if (values[i]! < low || values[i]! > high) return false;
  return true;
}

/** Registers in their ranges, and no synapse stored twice; `places` are those known so far. */
function checkStored(program: Program, projection: ProgramProjection, places: Set<number>): string | null {
  const { name, from, to, synapses, copy = 0, registers = {} } = projection;
  const { target, inputs, populations } = program;
  const { state } = target.synapses!;
  const [source, sink] = [
    [...inputs, ...populations].find((one) => one.name === from)!,
    populations.find((one) => one.name === to)!,
  ];
  if (synapses.kind === "conv2d") return `projection ${name} has a kernel, and the chip stores synapses one by one`;
  const count = synapses.weight.length;
  if (!fits(synapses.weight, count, state["weight"]!)) return `a weight of projection ${name} does not fit`;
  for (const [register, values] of Object.entries(registers)) {
    const range = register !== "weight" && Object.hasOwn(state, register) ? state[register] : undefined;
    if (range === undefined) return `projection ${name} has the register ${register}, which does not exist`;
    if (!fits(values, count, range)) return `register ${register} of projection ${name} does not fit`;
  }
  const sources = sizeOf(source.shape);
  if (copy * sources >= source.addresses!.length) return `projection ${name} leaves from a copy that is missing`;
  const rows = openRows(synapses, sink.neurons, 0, sink.neurons);
  for (let row = 0; row < sources; row++) {
    const sender = source.addresses![copy * sources + row]!;
    rows.seek(row);
    if (sender === noAddress && rows.end > rows.begin)
      return `projection ${name} leaves from where there is no address`;
    for (let i = rows.begin; i < rows.end; i++) {
      const neuron = rows.dense ? i - rows.begin : rows.target[i]!;
      const place = sender * target.core.neurons.value + sink.addresses![neuron]!;
      if (places.has(place)) return `projection ${name} stores a synapse that another one stores`;
      places.add(place);
    }
  }
  return null;
}
