/** Chips with random limits for random programs, and a count of what lies on their cores that takes nothing on trust. */

import type { Fit, Program } from "../../src/compile/program.ts";
import { openRows } from "../../src/core/rows.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { Sourced, Target } from "../../src/target/types.ts";
import { motley } from "../chip/programs.ts";
import type { Dice } from "../dice.ts";

/** A number that was chosen. */
export function chosen(value: number): Sourced {
  return { value, source: "a test", confidence: "assumption" };
}

/** A chip with a mesh of 1 to 24 cores, of which up to four can be joined, each limit there or not. */
export function randomChip(dice: Dice, cores?: number): Target {
  const maybe = (low: number, high: number): Sourced | undefined =>
    dice.chance(50) ? chosen(dice.between(low, high)) : undefined;
  const perTile = dice.between(1, 3);
  const [width, height] = [dice.between(1, 4), dice.between(1, 2)];
  const wide = cores ?? width * height * perTile;
  const kinds = Object.keys(motley.datapaths);
  const shared = dice.chance(50);
  return {
    ...motley,
    core: {
      neurons: chosen(dice.between(2, 40)),
      synapseMemory: dice.chance(50) ? { ...chosen(dice.between(20, 400)), unit: "B" } : undefined,
      axons: shared ? undefined : maybe(10, 60),
      axonsOut: maybe(5, 200),
      shared,
      kinds: dice.chance(30) ? { [dice.one(kinds)]: { neurons: chosen(dice.between(1, 20)) } } : undefined,
      constants: dice.chance(50)
        ? { some: { of: [dice.one(constantNames)], most: chosen(dice.between(1, 6)) } }
        : undefined,
    },
    chip: {
      cores: chosen(wide),
      systems: dice.chance(50) ? [{ name: "a board", chips: chosen(dice.between(2, 40)) }] : undefined,
    },
    noc: {
      topology: "mesh",
      routing: "x-then-y",
      width: chosen(cores ?? width),
      height: chosen(cores === undefined ? height : 1),
      coresPerTile: chosen(cores === undefined ? perTile : 1),
      tiles: dice.one(["by-column", "by-row"]),
      chipsAcross: maybe(1, 3),
    },
  };
}

export const constantNames: readonly string[] = [
  ...new Set(
    Object.values(motley.datapaths).flatMap(({ parameters, projection }) =>
      Object.keys({ ...parameters, ...projection }),
    ),
  ),
];

/** What lies on one core. */
export interface Counted {
  readonly neurons: number;
  readonly kinds: ReadonlyMap<string, number>;
  readonly bits: number;
  readonly axons: number;
  readonly axonsOut: number;
  readonly settings: number;
}

/** Core by core, from the placement alone: each neuron and synapse looked at by itself. */
export function recount(
  { populations, projections, inputs }: Program,
  { placement }: Fit,
  target: Target,
): Map<number, Counted> {
  const coreOf = (name: string, neuron: number): number =>
    placement.find(({ population, from, to }) => population === name && from <= neuron && neuron < to)!.core;
  const found = new Map<number, Counted>();
  const sources = new Map<number, Set<string>>();
  const sent = new Map<string, Set<number>>();
  const bits = new Map<number, number>();
  for (const { from, to, synapses } of projections) {
    const { neurons } = populations.find(({ name }) => name === to)!;
    const count = sizeOf([...inputs, ...populations].find(({ name }) => name === from)!.shape);
    const rows = openRows(synapses, neurons, 0, neurons);
    for (let source = 0; source < count; source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) {
        const core = coreOf(to, rows.dense ? i - rows.begin : rows.target[i]!);
        bits.set(core, (bits.get(core) ?? 0) + target.weights.bits);
        if (rows.weight[i] === 0) continue;
        sources.set(core, (sources.get(core) ?? new Set()).add(`${from} ${source}`));
        sent.set(`${from} ${source}`, (sent.get(`${from} ${source}`) ?? new Set()).add(core));
      }
    }
  }
  const names = Object.values(target.core.constants ?? {})[0]?.of ?? [];
  for (const core of new Set(placement.map((use) => use.core))) {
    const kinds = new Map<string, number>();
    const settings = new Set<string>();
    let [neurons, axonsOut] = [0, 0];
    for (const { population, from, to } of placement.filter((use) => use.core === core)) {
      const { datapath, parameters } = populations.find(({ name }) => name === population)!;
      for (let neuron = from; neuron < to; neuron++) {
        neurons++;
        kinds.set(datapath, (kinds.get(datapath) ?? 0) + 1);
        axonsOut += sent.get(`${population} ${neuron}`)?.size ?? 0;
        for (const name of names) {
          const values = parameters[name];
          if (values !== undefined) settings.add(`${name} ${values.length === 1 ? values[0] : values[neuron]}`);
          for (const way of projections) {
            if (way.to === population && name in way.parameters)
              settings.add(`${name} ${way.parameters[name]} of a way`);
          }
        }
      }
    }
    const axons = sources.get(core)?.size ?? 0;
    found.set(core, { neurons, kinds, bits: bits.get(core) ?? 0, axons, axonsOut, settings: settings.size });
  }
  return found;
}

/** Limits that a core does not keep. */
export function exceeded({ core }: Target, counted: Counted): string[] {
  const limits: readonly (readonly [string, number, number | undefined])[] = [
    ["neurons", counted.neurons, core.neurons.value],
    ...Object.entries(core.kinds ?? {}).map(([kind, { neurons }]) => {
      return [`${kind} neurons`, counted.kinds.get(kind) ?? 0, neurons?.value] as const;
    }),
    ["synapse memory", counted.bits, core.synapseMemory === undefined ? undefined : 8 * core.synapseMemory.value],
    ["axons", counted.axons, core.axons?.value],
    ["output axons", counted.axonsOut, core.axonsOut?.value],
    ["some", counted.settings, core.constants?.["some"]?.most.value],
  ];
  return limits.flatMap(([name, used, limit]) => (used > (limit ?? Infinity) ? [name] : []));
}
