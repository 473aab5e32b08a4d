/** Programs made of integers, without a float network that they come from. */

import type { ParameterSpec } from "../datapath/spec.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type Shape } from "../network/types.ts";
import type { Target } from "../target/types.ts";
import { checkProgram } from "./check.ts";
import type { Program, ProgramPopulation, ProgramProjection, Synapses } from "./program.ts";

/** One value for all neurons, or [neurons]. */
export type IntegerValues = number | ArrayLike<number>;

/** A population as its chip is loaded with it. */
export interface IntegerPopulation {
  readonly name: string;
  readonly shape: Shape;
  /** The target's first where nothing is said. */
  readonly datapath?: string;
  /** Those that are missing get the target's default, else 0 where that is allowed. */
  readonly parameters?: Readonly<Record<string, IntegerValues>>;
  /** Registers that do not start at 0. */
  readonly initial?: Readonly<Record<string, IntegerValues>>;
}

/** A projection as its chip is loaded with it. */
export interface IntegerProjection {
  readonly from: string;
  readonly to: string;
  readonly synapses: Synapses;
  /** `from->to` where nothing is said. */
  readonly name?: string;
  /** Timesteps from firing to arrival; 1 where nothing is said. */
  readonly arrivesAfter?: number;
  readonly parameters?: Readonly<Record<string, number>>;
  /** The datapath's first where nothing is said. */
  readonly accumulator?: string;
}

/** What a program is made of, in the order in which populations advance. */
export interface IntegerParts {
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly populations: readonly IntegerPopulation[];
  readonly projections: readonly IntegerProjection[];
  readonly outputs?: Program["outputs"];
  readonly settings?: Readonly<Record<string, number>>;
}

/**
 * A program for a chip that runs in timesteps, from the integers that it is loaded with. Nothing is placed on cores, arrays of
 * synapses are taken as they are, and rows of recordings are the chip's timesteps: no population begins later than another.
 *
 * @throws PROGRAM_PARTS when the parts do not hold together
 */
export function programOfIntegers(target: Target, parts: IntegerParts): Program {
  if (target.events !== null) throw refuse(`${target.name} runs on events, and such programs are compiled`);
  const populations = parts.populations.map((one) => populationOf(target, one));
  const program: Program = {
    format: "bitspike-program",
    version: 1,
    target,
    recipe: null,
    settings: constantsOf(target.settings, parts.settings),
    inputs: parts.inputs.map(({ name, shape }) => ({ name, shape, payloadScale: null, payloadLimit: 1 })),
    populations,
    projections: parts.projections.map((one) => projectionOf(target, populations, one)),
    outputs: parts.outputs ?? [],
    latency: 0,
    decisions: [],
    warnings: [],
    fit: {
      fits: false,
      cores: 0,
      coresAvailable: target.chip.cores.value,
      placement: [],
      reasons: ["The program was made of integers and has no place on cores."],
    },
  };
  const reason = checkProgram(program);
  if (reason !== null) throw refuse(reason);
  return program;
}

function refuse(reason: string): Error {
  return mistake("PROGRAM_PARTS", { reason });
}

/** All constants, those that are not given as a chip has them where nobody sets them. */
function constantsOf(
  specs: Readonly<Record<string, ParameterSpec>>,
  given: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const usual = Object.entries(specs).map(([name, spec]): [string, number] => [name, usualOf(spec)]);
  return { ...Object.fromEntries(usual), ...given };
}

function usualOf({ default: usual, low, high }: ParameterSpec): number {
  return usual ?? (low <= 0 && high >= 0 ? 0 : low);
}

function populationOf(target: Target, population: IntegerPopulation): ProgramPopulation {
  const { name, shape, datapath = Object.keys(target.datapaths)[0]!, parameters = {}, initial = {} } = population;
  const specs = Object.hasOwn(target.datapaths, datapath) ? target.datapaths[datapath]!.parameters : {};
  return {
    name,
    shape,
    neurons: sizeOf(shape),
    datapath,
    parameters: arraysOf(name, { ...constantsOf(specs), ...parameters }),
    initial: arraysOf(name, initial),
    offset: 0,
    scale: null,
    origin: null,
  };
}

function arraysOf(population: string, values: Readonly<Record<string, IntegerValues>>): Record<string, Int32Array> {
  return Object.fromEntries(
    Object.entries(values).map(([name, given]): [string, Int32Array] => {
      const array = typeof given === "number" ? Int32Array.of(given) : Int32Array.from(given);
      const wrong = array.findIndex((value, i) => value !== (typeof given === "number" ? given : given[i]));
      if (wrong >= 0) throw refuse(`${name} of population ${population} has a value that is no integer of 32 bits`);
      return [name, array];
    }),
  );
}

function projectionOf(
  target: Target,
  populations: readonly ProgramPopulation[],
  projection: IntegerProjection,
): ProgramProjection {
  const { from, to, synapses, name = `${from}->${to}`, arrivesAfter = 1, parameters } = projection;
  const datapath = populations.find((one) => one.name === to)?.datapath ?? "";
  const spec = Object.hasOwn(target.datapaths, datapath) ? target.datapaths[datapath] : undefined;
  return {
    name,
    from,
    to,
    arrivesAfter,
    parameters: constantsOf(spec?.projection ?? {}, parameters),
    accumulator: projection.accumulator ?? spec?.inputs[0] ?? "",
    synapses,
  };
}
