/** Every block of equations in a target: where it stands, which registers it writes, and what its names can be. */

import { readDatapath, type Datapath } from "../datapath/datapath.ts";
import { readEventDatapath, readEventSynapses } from "../datapath/event-datapath.ts";
import { anything, hull, type Interval } from "../datapath/interval.ts";
import { parseExpression } from "../datapath/parse.ts";
import { rangesOf } from "../datapath/ranges.ts";
import type { DatapathSpec, StateSpec } from "../datapath/spec.ts";
import { renamed, type Assignment, type Block, type Expression } from "../datapath/syntax.ts";
import { typeRange, typeRanges } from "../datapath/typed.ts";
import { commonRegisters } from "./event-check.ts";
import type { Target } from "./types.ts";

export interface TargetBlock {
  readonly block: Block;
  /** The field of the target whose text has a line. */
  fieldOf(line: Assignment): string;
  /** Registers that the block may write. */
  readonly state: Readonly<Record<string, StateSpec>>;
  /** What its names can be by their types, documented ones where there are such; sums of events can be anything. */
  readonly ranges: ReadonlyMap<string, Interval>;
  /** The same where nothing arrives: sums, weights and payloads are 0. */
  readonly silent: ReadonlyMap<string, Interval>;
  /** Words of the names that are enumerations. */
  readonly words: ReadonlyMap<string, readonly string[]>;
}

/** The blocks that run for the neurons of one datapath, and those that load its constants; none where it has mistakes. */
export function blocksOf(target: Target, datapath: string): TargetBlock[] {
  const spec = target.datapaths[datapath]!;
  return target.events === null ? steppedBlocks(target, datapath, spec) : eventBlocks(target, datapath, spec);
}

const nothing: Interval = { low: 0n, high: 0n };

function steppedBlocks(target: Target, name: string, spec: DatapathSpec): TargetBlock[] {
  const { settings } = target;
  const { datapath } = readDatapath(spec, settings);
  if (datapath === null) return [];
  const ranges = typeRanges(datapath, settings, true);
  const silent = new Map(ranges);
  const arriving = [...spec.inputs, "input", "total", "weight", "payload"].filter((one) => !ranges.has(one));
  for (const one of arriving) silent.set(one, nothing);
  const weight = typeRange(target.weights);
  const loading = new Map([...ranges, ["weight", weight]]);
  const words = wordsOf(target, spec);
  const at = (field: string, block: Block, own: Pick<TargetBlock, "state" | "ranges" | "silent">): TargetBlock => {
    return { block, words, fieldOf: () => `datapaths.${name}.${field}`, ...own };
  };
  const neuron = { state: spec.state, ranges, silent };
  const load = { state: {}, ranges: loading, silent: loading };
  return [
    ...inputBlocks(datapath).map(({ field, block }) => at(field, block, neuron)),
    at("on timestep", datapath.onTimestep, neuron),
    at("on load", datapath.onLoad ?? [], load),
    ...[...datapath.loads].map(([parameter, block]) => at(`parameters.${parameter}.on load`, block, load)),
  ];
}

/** `on spike` and `on total` with `input` standing for each accumulator in turn. */
function inputBlocks({ spec, onSpike, onTotal }: Datapath): { field: string; block: Block }[] {
  return spec.inputs.flatMap((name) => [
    { field: "on spike", block: renamed(onSpike, "input", name) },
    { field: "on total", block: renamed(onTotal ?? [], "input", name) },
  ]);
}

function eventBlocks(target: Target, name: string, spec: DatapathSpec): TargetBlock[] {
  const { datapath } = readEventDatapath(spec, target.settings);
  if (datapath === null) return [];
  const { keys } = datapath;
  const typed = typeRanges(datapath, target.settings, true);
  const ranges = new Map([...typed, ["weight", deliveredRange(target)]]);
  const silent = new Map([...typed, ["weight", nothing]]);
  const fieldOf = (line: Assignment): string => `datapaths.${name}.${keys.get(line)!}`;
  const own = { fieldOf, state: spec.state, ranges, silent, words: wordsOf(target, spec) };
  return [...datapath.blocks.values()].map((block) => ({ ...own, block }));
}

/** The blocks of the synapses of a chip that runs on events. */
export function synapseBlocks(target: Target): TargetBlock[] {
  const { synapses, settings, datapaths } = target;
  if (synapses === null) return [];
  const names = commonRegisters(target);
  const { synapses: read } = readEventSynapses(synapses, names, settings);
  if (read === null) return [];
  const { state, sourceParameters } = synapses;
  const ranges = new Map([...namesOfSynapses(target), ...commonRanges(names, Object.values(datapaths))]);
  const loading = new Map([...ranges, ["weight", typeRange(target.weights)]]);
  const words = wordsOf(target, { parameters: sourceParameters, projection: {} });
  const fieldOf = (line: Assignment): string => `synapses.${read.keys.get(line) ?? "on load"}`;
  const own = { fieldOf, state, ranges, silent: ranges, words };
  const load = { ...own, block: read.onLoad ?? [], ranges: loading, silent: loading };
  return [...[...read.blocks.values()].map((block) => ({ ...own, block })), load];
}

/** Registers that every datapath has, each as wide as in any of them. */
function commonRanges(names: readonly string[], datapaths: readonly DatapathSpec[]): [string, Interval][] {
  return names.map((name) => [name, datapaths.map(({ state }) => typeRange(state[name]!)).reduce(hull)]);
}

/** What the expressions about a synapse can read. */
function namesOfSynapses(target: Target): ReadonlyMap<string, Interval> {
  const { synapses, settings } = target;
  const { state, sourceParameters: parameters } = synapses!;
  const { synapses: read } = readEventSynapses(synapses!, commonRegisters(target), settings);
  const names = read?.words ?? new Map<string, number>();
  return typeRanges({ spec: { state, parameters, projection: {} }, words: names }, settings, true);
}

/** What the weight of an event can be: what a synapse delivers, or what a word of the host carries. */
function deliveredRange(target: Target): Interval {
  const { synapses, events, settings } = target;
  if (synapses === null || events === null) return anything;
  const { synapses: read } = readEventSynapses(synapses, commonRegisters(target), settings);
  const delivered = read === null ? anything : rangeOf(read.delivers, namesOfSynapses(target));
  const word = new Map([["word", typeRange(events.host.word)]]);
  const carried = events.host.rules.map(({ weight }) => {
    return weight === null ? nothing : rangeOf(parseExpression(weight, "integer"), word);
  });
  return carried.reduce(hull, delivered);
}

function rangeOf(value: Expression, names: ReadonlyMap<string, Interval>): Interval {
  return rangesOf([{ name: "value", value, at: value.at }], names).results.get("value") ?? anything;
}

function wordsOf(
  { settings }: Target,
  { parameters, projection }: Pick<DatapathSpec, "parameters" | "projection">,
): ReadonlyMap<string, readonly string[]> {
  const all = [parameters, projection, settings].flatMap((group) => Object.entries(group));
  return new Map(all.flatMap(([name, { words }]) => (words === undefined ? [] : [[name, words]])));
}
