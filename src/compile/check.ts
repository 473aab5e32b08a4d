/** Whether a program that comes from outside holds together, so that no engine has to ask. */

import { readDatapath } from "../datapath/datapath.ts";
import { sizeOf } from "../network/types.ts";
import type { Program, ProgramPopulation, ProgramProjection } from "./program.ts";

/** The first thing that is wrong with a program, or null. */
export function checkProgram(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return "it is empty";
  const program = value as Program;
  if (program.format !== "bitspike-program") return "it does not say that it is a program";
  if (program.version !== 1) return `its version is ${String(program.version)}; this release reads version 1`;
  try {
    return checkParts(program);
  } catch (error) {
    // A part of the wrong form: reading it failed, which says enough about a damaged file.
    return `a part is missing or of a wrong form (${(error as Error).message})`;
  }
}

function checkParts(program: Program): string | null {
  for (const [name, spec] of Object.entries(program.target.datapaths)) {
    const [issue] = readDatapath(spec, program.target.settings).issues;
    if (issue !== undefined) return `datapath ${name}: ${issue.message}`;
  }
  const sizes = new Map<string, number>();
  for (const { name, shape } of program.inputs) sizes.set(name, sizeOf(shape));
  for (const population of program.populations) sizes.set(population.name, population.neurons);
  if (sizes.size !== program.inputs.length + program.populations.length) return "two parts have the same name";
  const reasons = [
    ...program.populations.map((population) => checkPopulation(program, population)),
    ...program.projections.map((projection) => checkProjection(program, projection, sizes)),
    ...program.outputs.map(({ population }) => {
      return program.populations.some(({ name }) => name === population) ? null : `output ${population} is missing`;
    }),
  ];
  return reasons.find((reason) => reason !== null) ?? null;
}

function checkPopulation(program: Program, population: ProgramPopulation): string | null {
  const { name, neurons, shape, datapath, parameters, initial, offset } = population;
  const spec = program.target.datapaths[datapath];
  if (spec === undefined) return `population ${name} names the datapath ${datapath}, which is missing`;
  if (!Number.isInteger(neurons) || neurons < 1 || sizeOf(shape) !== neurons)
    return `population ${name} has a wrong size`;
  if (!Number.isInteger(offset) || offset < 0 || offset > program.latency)
    return `population ${name} has a wrong offset`;
  for (const [parameter, range] of Object.entries(spec.parameters)) {
    const values = parameters[parameter];
    if (!fits(values, neurons)) return `population ${name} lacks the parameter ${parameter}`;
    if (!within(values, range))
      return `parameter ${parameter} of population ${name} leaves ${range.low}..${range.high}`;
  }
  for (const [register, values] of Object.entries(initial)) {
    const range = spec.state[register];
    if (range === undefined || !fits(values, neurons) || !within(values, range)) {
      return `initial ${register} of population ${name} does not fit`;
    }
  }
  return null;
}

function fits(values: Int32Array | undefined, neurons: number): values is Int32Array {
  return values instanceof Int32Array && (values.length === 1 || values.length === neurons);
}

function within(values: Int32Array, { low, high }: { low: number; high: number }): boolean {
  return values.every((value) => value >= low && value <= high);
}

function checkProjection(
  program: Program,
  { name, from, to, synapses, parameters, arrivesAfter, accumulator }: ProgramProjection,
  sizes: ReadonlyMap<string, number>,
): string | null {
  const population = program.populations.find((one) => one.name === to);
  const sources = sizes.get(from);
  if (population === undefined || sources === undefined) return `projection ${name} leads from or to nowhere`;
  const spec = program.target.datapaths[population.datapath]!;
  if (!spec.inputs.includes(accumulator)) return `projection ${name} feeds ${accumulator}, which is no accumulator`;
  if (!Number.isInteger(arrivesAfter) || arrivesAfter < 0) return `projection ${name} has a wrong delay`;
  for (const [constant, range] of Object.entries(spec.projection)) {
    const value = parameters[constant];
    if (value === undefined || !Number.isInteger(value) || value < range.low || value > range.high) {
      return `constant ${constant} of projection ${name} is missing or outside ${range.low}..${range.high}`;
    }
  }
  const later = program.populations.findIndex((one) => one.name === from);
  if (arrivesAfter === 0 && later >= program.populations.indexOf(population)) {
    return `projection ${name} would arrive before it was sent`;
  }
  return synapsesFit(synapses, sources, population.neurons) ? null : `synapses of projection ${name} do not fit`;
}

function synapsesFit(synapses: ProgramProjection["synapses"], sources: number, targets: number): boolean {
  const { weight } = synapses;
  switch (synapses.kind) {
    case "dense":
      return weight.length === sources * targets;
    case "conv2d": {
      const { inputShape, outputShape, kernel, stride, dilation, groups } = synapses;
      const counts = [...inputShape, ...outputShape, ...kernel, ...stride, ...dilation, groups];
      return (
        counts.every((count) => Number.isInteger(count) && count > 0) &&
        sizeOf(inputShape) === sources &&
        sizeOf(outputShape) === targets &&
        inputShape[0]! % groups === 0 &&
        outputShape[0]! % groups === 0 &&
        weight.length === outputShape[0]! * (inputShape[0]! / groups) * sizeOf(kernel)
      );
    }
    case "sparse": {
      const { start, target } = synapses;
      const rising = start.every((begin, i) => i === 0 || begin >= start[i - 1]!);
      const whole = start[0] === 0 && start.at(-1) === target.length && target.length === weight.length;
      return start.length === sources + 1 && rising && whole && target.every((neuron) => neuron < targets);
    }
    default:
      return false;
  }
}
