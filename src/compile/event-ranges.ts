/**
 * Between which numbers the registers of neurons and synapses stay on a chip that runs on events: the least box found that
 * the first values lie in and that no event leaves, in whatever order and number events come. Synapses that learn are
 * part of the box.
 */

import { rangeOfValues } from "../core/bounds.ts";
import type { EventLoad } from "../core/event-machine.ts";
import type { EventNeuronsLoad } from "../core/event-neurons.ts";
import { fold } from "../datapath/fold.ts";
import { hull, overlap, type Interval } from "../datapath/interval.ts";
import { invariantOf, type Box } from "../datapath/invariant.ts";
import { BlockReader, type BlockRanges } from "../datapath/ranges.ts";
import type { Assignment, Block } from "../datapath/syntax.ts";
import { typeRange } from "../datapath/typed.ts";
import type { EventKind } from "../target/event-types.ts";
import { chipValue, settingValues } from "../target/values.ts";
import { noAddress, type Program } from "./program.ts";

/** A kind of event that may come at any time, any number of times. */
export interface Coming {
  readonly kind: EventKind;
  /** Addresses from which it comes, where it reaches synapses or what they lead to. */
  readonly sources: readonly number[];
  /** What it carries itself, where it reaches neurons. */
  readonly weight: Interval;
}

const nothing: Interval = { low: 0n, high: 0n };

/** The events of a network in timesteps: those of inputs, the neurons' own spikes, and what ends a timestep. */
export function comingInTimesteps({ target, settings, inputs }: Program): Coming[] {
  const { kinds, timestep, ownSpikes } = target.events!;
  const size = target.core.neurons.value;
  const silent = ownSpikes === null || chipValue(ownSpikes.unless, settingValues(target, settings), 0) !== 0;
  const entries = inputs.flatMap(({ addresses }) => [...addresses!].filter((address) => address !== noAddress));
  const everywhere = Array.from({ length: size }, (_, address) => address);
  return [
    ...(timestep === null ? [] : [{ kind: kinds[timestep.input]!, sources: entries, weight: nothing }]),
    ...(silent ? [] : [{ kind: kinds[ownSpikes.event]!, sources: everywhere, weight: nothing }]),
    ...(timestep?.end ?? []).map((name) => ({ kind: kinds[name]!, sources: [], weight: nothing })),
  ];
}

/** Neurons of one datapath that are looked at together. */
export interface Members {
  readonly load: EventNeuronsLoad;
  /** Places among those of the load. */
  readonly lanes: readonly number[];
}

/** What was found about some neurons and the synapses onto them. */
export interface EventFindings {
  /** What registers of neurons can be between two events. */
  readonly registers: Box;
  /** The same of synapses onto them, by the address that sends. */
  readonly synapses: ReadonlyMap<number, Box>;
  /** What the weight of one event can be; null where none has one. */
  readonly weight: Interval | null;
  /** The last readings, of each block that runs on these neurons or on synapses onto them. */
  readonly readings: readonly EventReading[];
}

/** One block read with everything that its names can be. */
export interface EventReading {
  /** `neurons` of a datapath, or `synapses`. */
  readonly of: "neurons" | "synapses";
  readonly block: Block;
  readonly names: Box;
  readonly ranges: BlockRanges;
}

/** Sources whose constants are the same. */
interface Group {
  readonly index: number;
  readonly sources: ReadonlySet<number>;
  readonly constants: Box;
}

/** Readings of all blocks before ranges stay as wide as types, and the same where cases are looked at one by one. */
const mostReadings = 60;
const mostCloseReadings = 40;
/** Kinds of sources that are told apart. */
const mostGroups = 8;

/** A chip with its program, read in intervals. */
export class EventRanges {
  readonly #load: EventLoad;
  readonly #comings: readonly Coming[];
  readonly #constants: ReadonlyMap<string, number>;
  readonly #groups: readonly Group[];
  readonly #lines = new Map<Assignment, Assignment>();
  readonly #blocks = new Map<Block, BlockReader>();
  readonly #folded = new Map<Block, Block>();
  readonly #deliver: BlockReader;
  readonly #weights: Interval;

  constructor(program: Program, load: EventLoad, comings: readonly Coming[]) {
    this.#load = load;
    this.#comings = comings.filter(({ kind, sources }) => kind.reaches === "neuron" || sources.length > 0);
    const settings = settingValues(program.target, program.settings);
    this.#constants = new Map([...settings].map(([name, value]) => [name, Number(value)]));
    this.#groups = this.#groupsOf(new Set(this.#comings.flatMap(({ sources }) => sources)));
    const { delivers } = load.synapses.equations;
    const constants = new Map([...this.#constants, ...load.synapses.equations.words]);
    this.#deliver = new BlockReader([{ name: "delivered", value: fold(delivers, constants), at: delivers.at }]);
    this.#weights = typeRange(load.synapses.weights);
  }

  /** A block with settings and words put in, each line once, wherever it stands. */
  blockOf(block: Block, words: ReadonlyMap<string, number>): Block {
    const before = this.#folded.get(block);
    if (before !== undefined) return before;
    const constants = new Map([...this.#constants, ...words]);
    const folded = block.map((line) => {
      const own = this.#lines.get(line) ?? { ...line, value: fold(line.value, constants) };
      this.#lines.set(line, own);
      return own;
    });
    this.#folded.set(block, folded);
    return folded;
  }

  /** The same line with settings and words put in; undefined where no event runs it. */
  lineOf(line: Assignment): Assignment | undefined {
    return this.#lines.get(line);
  }

  /** Look at some neurons. @param effort share of the usual work */
  find(members: Members, effort: number): EventFindings {
    const start = this.#start(members);
    const limits = this.#limits(members);
    const constants = this.#constantsOf(members);
    const search = (closely: boolean, most: number): Box => {
      const step = (box: Box): Box | null => after(this.#read(members, constants, box, closely), box);
      return invariantOf(start, limits, step, { left: Math.ceil(most * effort) });
    };
    let box = search(false, mostReadings);
    const isWide = [...box].some(([name, { low, high }]) => {
      const limit = limits.get(name)!;
      return low < high && (low === limit.low || high === limit.high);
    });
    if (isWide) {
      const close = search(true, mostCloseReadings);
      box = new Map([...box].map(([name, range]) => [name, overlap(range, close.get(name)!) ?? range]));
    }
    const readings = this.#read(members, constants, box, true);
    const weights = readings.flatMap(({ of, names }) => (of === "neurons" ? (names.get("weight") ?? []) : []));
    const synapses = this.#groups.flatMap(({ index, sources }) => {
      const own = Object.keys(this.#load.synapses.state).map((name) => [name, box.get(stored(name, index))!] as const);
      return [...sources].map((source) => [source, new Map(own)] as const);
    });
    return {
      registers: new Map(Object.keys(members.load.datapath.spec.state).map((name) => [name, box.get(name)!])),
      synapses: new Map(synapses),
      weight: weights.length === 0 ? null : weights.reduce(hull),
      readings,
    };
  }

  /** All blocks that events run on some neurons and on synapses onto them, read where registers lie in a box. */
  #read({ load }: Members, constants: Box, box: Box, closely: boolean): (EventReading & { group: number })[] {
    const readings: (EventReading & { group: number })[] = [];
    const read = (
      of: EventReading["of"],
      group: number,
      lines: Block,
      words: ReadonlyMap<string, number>,
      names: Box,
    ): void => {
      const block = this.blockOf(lines, words);
      const reader = this.#blocks.get(block) ?? new BlockReader(block);
      this.#blocks.set(block, reader);
      readings.push({ of, group, block, names, ranges: reader.read(names, closely) });
    };
    const { equations, state } = this.#load.synapses;
    for (const { kind, sources, weight } of this.#comings) {
      const groups = this.#groups.filter((group) => sources.some((source) => group.sources.has(source)));
      if (kind.runs !== null) {
        const delivered = groups.flatMap((group) => this.#delivered(group, box) ?? []);
        const own = kind.reaches === "neuron" ? weight : delivered.length === 0 ? null : delivered.reduce(hull);
        const names = new Map([...constants, ...registersIn(box, load)]);
        // Where nothing is delivered a run stops before the block.
        if (own !== null) {
          const { datapath } = load;
          read("neurons", -1, datapath.blocks.get(kind.runs) ?? [], datapath.words, names.set("weight", own));
        }
      }
      for (const group of kind.learns === null ? [] : groups) {
        const own = Object.keys(state).map((name): [string, Interval] => [name, box.get(stored(name, group.index))!]);
        const common = this.#load.common.map((name): [string, Interval] => [name, box.get(name)!]);
        const names = new Map([...group.constants, ...common, ...own]);
        read("synapses", group.index, equations.blocks.get(kind.learns!) ?? [], equations.words, names);
      }
    }
    return readings;
  }

  /** What synapses of a group's sources deliver; null where they stop every run. */
  #delivered({ index, constants }: Group, box: Box): Interval | null {
    const { state } = this.#load.synapses;
    const own = Object.keys(state).map((name): [string, Interval] => [name, box.get(stored(name, index))!]);
    const range = this.#deliver.read(new Map([...constants, ...own])).results.get("delivered");
    return range === undefined ? null : overlap(range, this.#weights);
  }

  #constantsOf({ load, lanes }: Members): Box {
    return new Map(
      Object.entries(load.parameters).map(([name, values]) => [
        name,
        rangeOfValues(Int32Array.from(lanes, (lane) => values[lane]!)),
      ]),
    );
  }

  /** What registers are after a reset. */
  #start({ load, lanes }: Members): Box {
    const box = new Map<string, Interval>();
    for (const name of Object.keys(load.datapath.spec.state)) {
      const values = load.initial[name];
      box.set(name, values === undefined ? nothing : rangeOfValues(Int32Array.from(lanes, (lane) => values[lane]!)));
    }
    const { size, synapses } = this.#load;
    for (const { index, sources } of this.#groups) {
      for (const [name, values] of Object.entries(synapses.initial)) {
        let [low, high] = [Infinity, -Infinity];
        for (const source of sources) {
          for (const lane of lanes) {
            const value = values[source * size + load.addresses[lane]!]!;
            [low, high] = [Math.min(low, value), Math.max(high, value)];
          }
        }
        box.set(stored(name, index), { low: BigInt(low), high: BigInt(high) });
      }
    }
    return box;
  }

  #limits({ load }: Members): Box {
    const own = Object.entries(load.datapath.spec.state).map(([name, type]): [string, Interval] => [
      name,
      typeRange(type),
    ]);
    const types = Object.entries(this.#load.synapses.state);
    const synapses = this.#groups.flatMap(({ index }) => {
      return types.map(([name, type]): [string, Interval] => [stored(name, index), typeRange(type)]);
    });
    return new Map([...own, ...synapses]);
  }

  #groupsOf(sources: ReadonlySet<number>): Group[] {
    const parameters = Object.entries(this.#load.synapses.sourceParameters);
    const alike = new Map<string, number[]>();
    for (const source of sources) {
      const key = parameters.map(([, values]) => values[source]!).join(" ");
      alike.set(key, [...(alike.get(key) ?? []), source]);
    }
    const sets = alike.size > mostGroups ? [[...sources]] : [...alike.values()];
    return sets.map((own, index) => {
      const constants = parameters.map(([name, values]): [string, Interval] => {
        return [name, rangeOfValues(Int32Array.from(own, (source) => values[source]!))];
      });
      return { index, sources: new Set(own), constants: new Map(constants) };
    });
  }
}

/** A synapse's register in a box that holds those of neurons too. */
function stored(register: string, group: number): string {
  return `${register} of group ${group}`;
}

function registersIn(box: Box, { datapath }: EventNeuronsLoad): [string, Interval][] {
  return Object.keys(datapath.spec.state).map((name) => [name, box.get(name)!]);
}

/** What registers are after any one of the blocks; null where no run gets through any of them. */
function after(readings: readonly (EventReading & { group: number })[], box: Box): Box | null {
  const next = new Map<string, Interval>();
  let some = readings.length === 0;
  for (const { of, group, ranges } of readings) {
    some ||= ranges.results.size > 0;
    for (const [name, range] of ranges.results) {
      const own = of === "neurons" ? name : stored(name, group);
      if (box.has(own)) next.set(own, hull(next.get(own) ?? range, range));
    }
  }
  return some ? next : null;
}
