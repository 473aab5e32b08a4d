/** Whether a program that comes from outside holds together, so that no engine has to ask. */

import type { TypeSpec } from "../datapath/spec.ts";
import { blocksOf, blockTargets } from "../core/blocks.ts";
import { sizeOf } from "../network/types.ts";
import { checkTarget } from "../target/check.ts";
import type { Target } from "../target/types.ts";
import { reasonsAgainstAddresses } from "./check-addresses.ts";
import { checkForm } from "./form.ts";
import type { Program, ProgramPopulation, ProgramProjection } from "./program.ts";

/** Larger ones are a damaged number, not a network: the largest chips have a million neurons. */
const mostNeurons = 2 ** 24;

/** The first thing that is wrong with a program, or null. */
export function checkProgram(value: unknown): string | null {
  const { format, version } = (value ?? {}) as Partial<Program>;
  if (format !== "bitspike-program") return "it does not say that it is a program";
  if (version !== 1) return `its version is ${String(version)}; this release reads version 1`;
  return checkForm(value) ?? checkParts(value as Program);
}

function checkParts(program: Program): string | null {
  for (const reason of reasonsAgainst(program)) if (reason !== null) return reason;
  return null;
}

/** One after the other, since a later one relies on the earlier ones. */
function* reasonsAgainst(program: Program): Generator<string | null> {
  const [issue] = checkTarget(program.target);
  if ((program.target.events === null) !== (program.target.synapses === null))
    yield "its target has half of what events need";
  if (issue !== undefined) yield `its target, ${issue.place.field ?? program.target.name}: ${issue.message}`;
  const { inputs, populations, projections, outputs, settings, target } = program;
  const names = [...inputs, ...populations].map(({ name }) => name);
  const sizes = new Map([...inputs, ...populations].map(({ name, shape }) => [name, sizeOf(shape)]));
  const repeated = [names, projections.map(({ name }) => name), outputs.map(({ name }) => name)].some(hasRepeated);
  if (repeated) yield "two parts have the same name";
  if (inputs.length === 0 && target.events === null) yield "inputs: there are none";
  for (const { name, shape } of inputs) if (sizeOf(shape) > mostNeurons) yield `input ${name} is too large`;
  yield checkConstants("setting", settings, target.settings);
  for (const population of populations) yield checkPopulation(program, population);
  if (program.latency !== Math.max(...populations.map(({ offset }) => offset))) yield "its latency is wrong";
  for (const projection of projections) yield checkProjection(program, projection, sizes);
  yield checkOrder(program);
  yield* reasonsAgainstAddresses(program);
  for (const { population } of outputs) {
    if (!populations.some(({ name }) => name === population)) yield `output ${population} is missing`;
  }
}

function hasRepeated(names: readonly string[]): boolean {
  return new Set(names).size < names.length;
}

/** Exactly the constants that there are, each in its range. */
function checkConstants(
  what: string,
  values: Readonly<Record<string, number>>,
  specs: Readonly<Record<string, TypeSpec>>,
): string | null {
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(specs, name));
  if (stranger !== undefined) return `the ${what} ${stranger} does not exist`;
  for (const [name, { low, high }] of Object.entries(specs)) {
    const value = values[name];
    if (value === undefined || value < low || value > high)
      return `the ${what} ${name} is missing or outside ${low}..${high}`;
  }
  return null;
}

function checkPopulation({ target, populations }: Program, population: ProgramPopulation): string | null {
  const { name, neurons, shape, datapath, parameters, initial, offset, forwards } = population;
  const spec = Object.hasOwn(target.datapaths, datapath) ? target.datapaths[datapath] : undefined;
  if (spec === undefined) return `population ${name} names the datapath ${datapath}, which is missing`;
  if (sizeOf(shape) !== neurons || neurons > mostNeurons) return `population ${name} has a wrong size`;
  if (offset > longestWay(target) * populations.length) return `population ${name} has a wrong offset`;
  const stranger = Object.keys(parameters).find((parameter) => !Object.hasOwn(spec.parameters, parameter));
  if (stranger !== undefined) return `population ${name} has the parameter ${stranger}, which does not exist`;
  for (const [parameter, range] of Object.entries(spec.parameters)) {
    const values = parameters[parameter];
    if (!fits(values, neurons)) return `population ${name} lacks the parameter ${parameter}`;
    if (!within(values, range)) {
      return `parameter ${parameter} of population ${name} leaves ${range.low}..${range.high}`;
    }
  }
  for (const [register, values] of Object.entries(initial)) {
    const range = Object.hasOwn(spec.state, register) ? spec.state[register] : undefined;
    if (range === undefined || !fits(values, neurons) || !within(values, range)) {
      return `initial ${register} of population ${name} does not fit`;
    }
  }
  if (forwards === undefined) return null;
  if (spec.forward === undefined) return `population ${name} forwards spikes, and its datapath does not`;
  const known = forwards.length === neurons && within(forwards, { low: -1, high: neurons - 1 });
  return known ? null : `what population ${name} forwards does not fit`;
}

/** Timesteps that a spike is under way at most. */
function longestWay({ delivery }: Target): number {
  return delivery.delays[1] + 1;
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
  if (arrivesAfter > longestWay(program.target)) return `projection ${name} has a wrong delay`;
  const constants = checkConstants(`constant of projection ${name},`, parameters, spec.projection);
  if (constants !== null) return constants;
  const later = program.populations.findIndex((one) => one.name === from);
  const loops = program.target.events !== null;
  if (arrivesAfter === 0 && !loops && later >= program.populations.indexOf(population)) {
    return `projection ${name} would arrive before it was sent`;
  }
  return synapsesFit(synapses, sources, population.neurons) ? null : `synapses of projection ${name} do not fit`;
}

/** Whether a chip that delivers events of inputs first is told so. */
function checkOrder({ target, inputs, projections }: Program): string | null {
  if (target.delivery.order !== "inputs-first") return null;
  const fed = new Set<string>();
  for (const { name, from, to } of projections) {
    const fromInput = inputs.some((input) => input.name === from);
    if (fromInput && fed.has(to)) return `projection ${name} comes from an input and has to come first`;
    if (!fromInput) fed.add(to);
  }
  return null;
}

function synapsesFit(synapses: ProgramProjection["synapses"], sources: number, targets: number): boolean {
  const { weight } = synapses;
  switch (synapses.kind) {
    case "dense":
      return weight.length === sources * targets;
    case "conv2d": {
      const { inputShape, outputShape, kernel, groups } = synapses;
      return (
        sizeOf(inputShape) === sources &&
        sizeOf(outputShape) === targets &&
        inputShape[0]! % groups === 0 &&
        outputShape[0]! % groups === 0 &&
        weight.length === outputShape[0]! * (inputShape[0]! / groups) * sizeOf(kernel)
      );
    }
    case "blocks": {
      const { start, target } = synapses;
      const blocks = blocksOf(targets);
      const whole =
        begins(start, sources * blocks) && start.at(-1) === target.length && target.length === weight.length;
      return (
        whole && rowsAscend(start, target, (row) => Math.min(blockTargets, targets - (row % blocks) * blockTargets))
      );
    }
    case "sparse": {
      const { start, target } = synapses;
      const whole = begins(start, sources) && start.at(-1) === target.length && target.length === weight.length;
      return whole && rowsAscend(start, target, () => targets);
    }
  }
}

/** Whether these are the beginnings of so many rows. */
function begins(start: Uint32Array, rows: number): boolean {
  return start.length === rows + 1 && start[0] === 0 && start.every((begin, i) => i === 0 || begin >= start[i - 1]!);
}

/** @param targets that there are for a row */
function rowsAscend(start: Uint32Array, target: Uint32Array | Uint16Array, targets: (row: number) => number): boolean {
  for (let source = 0; source + 1 < start.length; source++) {
    let last = -1;
    const end = targets(source);
    for (let i = start[source]!; i < start[source + 1]!; i++) {
      if (target[i]! <= last || target[i]! >= end) return false;
      last = target[i]!;
    }
  }
  return true;
}
