/** Programs put together by hand, as the adapters of integer oracles need them. */

import { readFileSync } from "node:fs";
import type { Program, ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";
import { withWidths } from "../../src/target/widths.ts";

/** A target of the package, or one written here that extends such a one. */
export function targetOf(nameOrText: string): Target {
  return nameOrText.includes("\n")
    ? loadTarget(nameOrText, "test.yaml", read)
    : loadTarget(read(nameOrText), `${nameOrText}.yaml`, read);
}

function read(name: string): string {
  return readFileSync(`targets/${name}.yaml`, "utf8");
}

/** What a population is loaded with: numbers for all neurons, or one per neuron. */
export type Loads = Readonly<Record<string, number | readonly number[] | undefined>>;

/** A population whose values are integers already; undefined values are left out. */
export function populationLoad(
  name: string,
  shape: readonly number[],
  datapath: string,
  parameters: Loads,
  initial: Loads = {},
): ProgramPopulation {
  return {
    name,
    shape,
    neurons: shape.reduce((product, size) => product * size, 1),
    datapath,
    parameters: arrays(parameters),
    initial: arrays(initial),
    offset: 0,
    scale: null,
    origin: null,
  };
}

function arrays(loads: Loads): Record<string, Int32Array> {
  const given = Object.entries(loads).filter((entry): entry is [string, number | number[]] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, Int32Array.from([value].flat())]));
}

/** A program of such populations. Inputs carry whole numbers of any size. */
export function programOf(
  target: Target,
  settings: Readonly<Record<string, number>>,
  inputs: Readonly<Record<string, readonly number[]>>,
  populations: readonly ProgramPopulation[],
  projections: readonly ProgramProjection[],
): Program {
  return {
    format: "bitspike-program",
    version: 1,
    target: withWidths(target, settings),
    recipe: null,
    settings,
    inputs: Object.entries(inputs).map(([name, shape]) => {
      return { name, shape, payloadScale: 1, payloadLimit: 2 ** 31 - 1 };
    }),
    populations,
    projections,
    outputs: [],
    latency: 0,
    decisions: [],
    warnings: [],
    fit: { fits: true, cores: 1, coresAvailable: null, placement: [], reasons: [] },
  };
}
