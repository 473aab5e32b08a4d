/** A program for a chip that runs on events, laid out by address: neurons, sources and synapses in their places. */

import type { EventLoad } from "../core/event-machine.ts";
import type { EventNeuronsLoad } from "../core/event-neurons.ts";
import type { SynapsesLoad } from "../core/event-synapses.ts";
import { openRows } from "../core/rows.ts";
import { readEventDatapath, readEventSynapses } from "../datapath/event-datapath.ts";
import type { ParameterSpec } from "../datapath/spec.ts";
import { commonRegisters } from "../target/event-check.ts";
import { noAddress, type Program, type ProgramPopulation } from "./program.ts";

/** A neuron of the program. */
interface Resident {
  readonly population: ProgramPopulation;
  readonly neuron: number;
}

/** Lay out a program. The neurons at addresses that it does not use are those that the target names. */
export function layOut(program: Program): EventLoad {
  const { target } = program;
  const size = target.core.neurons.value;
  const residents = residentsOf(program, size);
  const common = commonRegisters(target);
  return { size, neurons: neuronsOf(program, residents), synapses: synapsesOf(program, size, common), common };
}

/** The neuron at each address; undefined where the program has none. */
function residentsOf({ populations }: Program, size: number): readonly (Resident | undefined)[] {
  const residents = Array.from<Resident | undefined>({ length: size });
  for (const population of populations) {
    for (const [index, address] of population.addresses!.entries()) {
      if (address !== noAddress) residents[address] = { population, neuron: index % population.neurons };
    }
  }
  return residents;
}

function neuronsOf({ target, settings }: Program, residents: readonly (Resident | undefined)[]): EventNeuronsLoad[] {
  const usual = target.events!.unused ?? { datapath: Object.keys(target.datapaths)[0]!, parameters: {} };
  const nameOf = (address: number): string => {
    const resident = residents[address];
    return resident === undefined ? `${address} (unused)` : `${resident.neuron} of ${resident.population.name}`;
  };
  return Object.entries(target.datapaths).flatMap(([name, spec]): EventNeuronsLoad[] => {
    const own = [...residents.entries()].filter(([, one]) => (one?.population.datapath ?? usual.datapath) === name);
    if (own.length === 0) return [];
    const valuesOf = (pick: (resident: Resident | undefined) => number): Int32Array =>
      Int32Array.from(own, ([, resident]) => pick(resident));
    const parameters = Object.entries(spec.parameters).map(([parameter, range]) => {
      const idle = usual.parameters[parameter] ?? usualValue(range);
      return [parameter, valuesOf((one) => (one ? at(one.population.parameters[parameter]!, one.neuron) : idle))];
    });
    const initial = Object.keys(spec.state).map((register) => {
      return [register, valuesOf((one) => at(one?.population.initial[register] ?? zero, one?.neuron ?? 0))];
    });
    const { datapath, issues } = readEventDatapath(spec, target.settings);
    if (datapath === null) throw issues[0]!;
    return [
      {
        name,
        datapath,
        addresses: Uint32Array.from(own, ([address]) => address),
        parameters: Object.fromEntries(parameters) as Record<string, Int32Array>,
        initial: Object.fromEntries(initial) as Record<string, Int32Array>,
        settings,
        nameOf,
      },
    ];
  });
}

const zero = Int32Array.of(0);

/** One of [neurons] or [1] values. */
function at(values: Int32Array, index: number): number {
  return values[values.length === 1 ? 0 : index]!;
}

/** A constant that nobody sets. */
function usualValue({ default: usual, low, high }: ParameterSpec): number {
  return usual ?? (low <= 0 && high >= 0 ? 0 : low);
}

function synapsesOf(program: Program, size: number, common: readonly string[]): SynapsesLoad {
  const { target, settings } = program;
  const spec = target.synapses!;
  const { synapses: equations, issues } = readEventSynapses(spec, common, target.settings);
  if (equations === null) throw issues[0]!;
  const initial = Object.fromEntries(Object.keys(spec.state).map((name) => [name, new Int32Array(size * size)]));
  for (const projection of program.projections) store(program, projection, size, initial);
  return {
    equations,
    state: spec.state,
    weights: target.weights,
    size,
    initial,
    sourceParameters: sourceParametersOf(program, size),
    settings,
  };
}

/** Put a projection's synapses into their places. */
function store(
  { populations, inputs }: Program,
  { from, to, copy = 0, synapses, registers = {} }: Program["projections"][number],
  size: number,
  initial: Readonly<Record<string, Int32Array>>,
): void {
  const source = [...inputs, ...populations].find(({ name }) => name === from)!;
  const target = populations.find(({ name }) => name === to)!;
  const sources = source.shape.reduce((product, length) => product * length, 1);
  const rows = openRows(synapses, target.neurons, 0, target.neurons);
  const others = Object.entries(registers);
  for (let row = 0; row < sources; row++) {
    const sender = source.addresses![copy * sources + row]!;
    if (sender === noAddress) continue;
    rows.seek(row);
    for (let i = rows.begin; i < rows.end; i++) {
      const neuron = rows.dense ? i - rows.begin : rows.target[i]!;
      // Every copy of a neuron receives what the neuron receives.
      for (let place = neuron; place < target.addresses!.length; place += target.neurons) {
        const address = target.addresses![place]!;
        if (address === noAddress) continue;
        initial["weight"]![sender * size + address] = rows.weight[i]!;
        for (const [name, values] of others) initial[name]![sender * size + address] = at(values, i);
      }
    }
  }
}

function sourceParametersOf({ target, inputs, populations }: Program, size: number): Record<string, Int32Array> {
  const parameters = Object.entries(target.synapses!.sourceParameters).map(([name, spec]) => {
    const values = new Int32Array(size).fill(usualValue(spec));
    for (const { addresses, sourceParameters = {} } of [...inputs, ...populations]) {
      const own = sourceParameters[name];
      if (own === undefined) continue;
      for (const [index, address] of addresses!.entries()) if (address !== noAddress) values[address] = at(own, index);
    }
    return [name, values];
  });
  return Object.fromEntries(parameters) as Record<string, Int32Array>;
}
