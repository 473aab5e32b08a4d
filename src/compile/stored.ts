/** What a chip that runs on events stores for a synapse: registers from the integer weight, as its `on load` says. */

import { narrowest } from "../core/synapses.ts";
import { evaluate, runBlock } from "../datapath/evaluate.ts";
import { readEventSynapses, type EventSynapses } from "../datapath/event-datapath.ts";
import { mistake } from "../errors.ts";
import { commonRegisters } from "../target/event-check.ts";
import type { SynapseSpec } from "../target/types.ts";
import type { Program, ProgramProjection } from "./program.ts";

/** Registers of one synapse, by name. */
type Registers = Readonly<Record<string, number>>;

/** Gives a projection's synapses the form that they are stored in. @throws COMPILE_STORED */
export function storedForm({ target, settings }: Program): (projection: ProgramProjection) => ProgramProjection {
  const spec = target.synapses!;
  const { synapses: equations, issues } = readEventSynapses(spec, commonRegisters(target), target.settings);
  if (equations === null) throw issues[0]!;
  const known = new Map<number, Registers>();
  const registersOf = (weight: number): Registers => {
    const before = known.get(weight);
    if (before !== undefined) return before;
    const registers = load(weight, spec, equations, settings);
    refuseLoss(weight, registers, spec, equations, settings);
    known.set(weight, registers);
    return registers;
  };
  const nothing = Object.fromEntries(Object.keys(spec.state).map((name) => [name, 0]));
  return (projection) => {
    refuseLoss(0, nothing, spec, equations, settings);
    const { synapses } = projection;
    const all = Array.from(synapses.weight, registersOf);
    const others = Object.keys(spec.state).filter((name) => name !== "weight");
    const registers = others.map((name) => [name, shared(Int32Array.from(all, (one) => one[name]!))] as const);
    const weight = narrowest(Int32Array.from(all, (one) => one["weight"]!));
    return { ...projection, synapses: { ...synapses, weight }, registers: Object.fromEntries(registers) };
  };
}

/** One element when all are equal. */
function shared(values: Int32Array): Int32Array {
  return values.length > 0 && values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

function load(
  weight: number,
  { state }: SynapseSpec,
  { onLoad, words }: EventSynapses,
  settings: Registers,
): Registers {
  const values = new Map([...words, ...Object.entries(settings)].map(([name, value]) => [name, BigInt(value)]));
  values.set("weight", BigInt(weight));
  if (onLoad !== null) runBlock(onLoad, values);
  return Object.fromEntries(
    Object.entries(state).map(([name, { low, high }]) => {
      const value = Number(values.get(name) ?? 0n);
      if (value < low || value > high) throw lost(weight, `${name} would be ${value}, outside ${low}..${high}`);
      return [name, value];
    }),
  );
}

/** What is stored has to deliver the weight again. */
function refuseLoss(
  weight: number,
  registers: Registers,
  { sourceParameters, negativeSource }: SynapseSpec,
  { delivers, words }: EventSynapses,
  settings: Registers,
): void {
  const parameters = Object.entries(sourceParameters).map(([name, { default: usual, low }]): [string, number] => {
    return [name, name === negativeSource ? Number(weight < 0) : (usual ?? low)];
  });
  const all = [...words, ...Object.entries(settings), ...parameters, ...Object.entries(registers)];
  const values = new Map(all.map(([name, value]) => [name, BigInt(value)]));
  const value = (name: string): bigint => values.get(name)!;
  const delivered = Number(evaluate(delivers, { value, old: value }));
  if (delivered !== weight) throw lost(weight, `${delivered} would be delivered`);
}

function lost(weight: number, problem: string): Error {
  return mistake("COMPILE_STORED", { weight, problem }, { field: "synapses" });
}
