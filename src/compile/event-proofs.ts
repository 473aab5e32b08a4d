/**
 * What a program for a chip that runs on events can never do and what it may: from intervals that no event leaves, and for
 * the rest from runs of the chip.
 */

import type { EventLoad } from "../core/event-machine.ts";
import type { EventNeuronsLoad } from "../core/event-neurons.ts";
import type { Happens } from "../datapath/ranges.ts";
import { covers, hull, type Interval } from "../datapath/interval.ts";
import { typeRange } from "../datapath/typed.ts";
import { Acts, actingValues, cutsOf, joined, type Cut } from "./acts.ts";
import { EventSearch, type Watched } from "./event-acts.ts";
import { layOut } from "./event-load.ts";
import { comingInTimesteps, EventRanges, type Coming, type EventFindings, type Members } from "./event-ranges.ts";
import {
  noAddress,
  type ActWitness,
  type CutProof,
  type PopulationProof,
  type Program,
  type Proofs,
} from "./program.ts";

/** Kinds of neurons of one population that are told apart by their constants; with more of them all are taken together. */
const mostKinds = 8;
/** Populations that get all of the work; with more of them each gets less. */
const fullEffort = 8;
/** Events that are swept over the chip in search of what may happen, for one population. */
const mostEvents = 3000;
/** Runs of one block in search of values that need not be reachable. */
const mostRuns = 150;

/** Prove what can be proved of a program that has its addresses, whatever events its inputs send in timesteps. */
export function proveEvents(program: Program): Proofs {
  const load = layOut(program);
  const search = program.target.events!.timestep === null ? null : new EventSearch(program, load);
  const effort = Math.min(1, fullEffort / Math.max(1, program.populations.length));
  const found = eventFindings(program, load, comingInTimesteps(program), effort);
  return {
    between: "events",
    inputs: Object.fromEntries(program.inputs.map(({ name }) => [name, [0, 1] as const])),
    populations: found.map((own) => proofOf(own, search, effort)),
  };
}

/** One population: what was found about each kind of its neurons. */
export interface PopulationEvents {
  readonly name: string;
  readonly load: EventNeuronsLoad;
  readonly ranges: EventRanges;
  /** By address, the neuron's number. */
  readonly neurons: ReadonlyMap<number, number>;
  readonly kinds: readonly (EventFindings & { readonly members: Members })[];
  readonly cuts: readonly Cut[];
  readonly leaving: readonly Leaving[];
}

/** A register that may leave its type, and what a program says of that but for values that do it. */
interface Leaving {
  readonly of: "neurons" | "synapses";
  readonly register: string;
  readonly proof: Omit<CutProof, "witness">;
}

/** What intervals say of each population where some events may come. */
export function eventFindings(
  program: Program,
  load: EventLoad,
  comings: readonly Coming[],
  effort = 1,
): PopulationEvents[] {
  const ranges = new EventRanges(program, load, comings);
  return program.populations.map(({ name, addresses, neurons: size, datapath }) => {
    const own = load.neurons.find((one) => one.name === datapath)!;
    const laneOf = new Map([...own.addresses].map((address, lane) => [address, lane]));
    const places = [...addresses!.entries()].filter(([, address]) => address !== noAddress);
    const neurons = new Map(places.map(([place, address]) => [address, place % size]));
    const lanes = [...neurons.keys()].map((address) => laneOf.get(address)!);
    const kinds = kindsAmong(own, lanes).map((members) => ({ members, ...ranges.find(members, effort) }));
    return {
      name,
      load: own,
      ranges,
      neurons,
      kinds,
      cuts: cutsAmong(own, load, ranges, kinds),
      leaving: leavingIn(own, load, kinds),
    };
  });
}

/** Neurons with the same constants together. */
function kindsAmong(load: EventNeuronsLoad, lanes: readonly number[]): Members[] {
  const alike = new Map<string, number[]>();
  for (const lane of lanes) {
    const key = Object.values(load.parameters)
      .map((values) => values[lane]!)
      .join(" ");
    alike.set(key, [...(alike.get(key) ?? []), lane]);
  }
  const sets = alike.size > mostKinds ? [lanes] : [...alike.values()];
  return sets.map((own) => ({ load, lanes: own }));
}

/** Every cut of the blocks that events run, with what all readings say of it together. */
function cutsAmong(
  { datapath }: EventNeuronsLoad,
  { synapses: { equations } }: EventLoad,
  ranges: EventRanges,
  kinds: readonly EventFindings[],
): Cut[] {
  const cuts = new Map<Cut["node"], Cut>();
  const names = new Map<unknown, string>();
  for (const [line, key] of datapath.keys) names.set(ranges.lineOf(line), key);
  for (const [line, key] of equations.keys) names.set(ranges.lineOf(line), `${key} of synapses`);
  const reached = new Map<Cut["node"], Happens>();
  for (const { block, ranges: reading } of kinds.flatMap(({ readings }) => readings)) {
    for (const line of block) {
      for (const cut of cutsOf(names.get(line)!, [line], reading)) {
        if (reading.of.has(cut.node)) {
          const before = reached.get(cut.node) ?? cut.happens;
          reached.set(cut.node, before === cut.happens ? before : "maybe");
        }
        cuts.set(cut.node, { ...cut, happens: reached.get(cut.node) ?? "never" });
      }
    }
  }
  return [...cuts.values()];
}

/** Registers of neurons, and of synapses onto them, that some reading leads out of their types. */
function leavingIn(
  { datapath }: EventNeuronsLoad,
  { synapses }: EventLoad,
  kinds: readonly EventFindings[],
): Leaving[] {
  const readings = kinds.flatMap((kind) => kind.readings);
  const groups = {
    neurons: { state: datapath.spec.state, keys: datapath.keys },
    synapses: { state: synapses.state, keys: synapses.equations.keys },
  };
  return (["neurons", "synapses"] as const).flatMap((of) => {
    const { state, keys } = groups[of];
    return Object.entries(state).flatMap(([register, type]): Leaving[] => {
      const results = readings.flatMap((reading) =>
        reading.of === of ? (reading.ranges.results.get(register) ?? []) : [],
      );
      if (results.every((result) => covers(typeRange(type), result))) return [];
      const [line, key] = [...keys].findLast(([one]) => one.name === register)!;
      const block = of === "neurons" ? key : `${key} of synapses`;
      return [
        {
          of,
          register,
          proof: {
            kind: "type",
            block,
            line: line.at.line,
            name: register,
            text: `${type.low}..${type.high}`,
            acts: "may",
          },
        },
      ];
    });
  });
}

function proofOf(found: PopulationEvents, search: EventSearch | null, effort: number): PopulationProof {
  const { name, load, neurons, kinds, cuts, leaving, ranges } = found;
  const { datapath } = load;
  const open = cuts.filter(({ happens }) => happens !== "never");
  const limits = new Map(Object.entries(datapath.spec.state).map(([register, type]) => [register, typeRange(type)]));
  const watched = leaving.flatMap(({ of, register }) => (of === "neurons" ? [register] : []));
  const acts = new Acts(open, watched, limits);
  if (search !== null && !acts.isDone()) {
    const tried = search.extremes([...neurons.keys()]).map((address) => [address, neurons.get(address)!] as const);
    const blockOf: Watched["blockOf"] = (block) => ranges.blockOf(datapath.blocks.get(block) ?? [], datapath.words);
    search.look({ acts, neurons: new Map(tried), blockOf }, Math.ceil(mostEvents * effort));
  }
  for (const cut of open) if (acts.witness(cut) === null) acts.note(cut, fromState(cut, found, effort));
  const weights = kinds.flatMap(({ weight }) => weight ?? []);
  const registers = Object.keys(datapath.spec.state).map((register) => {
    return [register, pair(kinds.map((kind) => kind.registers.get(register)!).reduce(hull))] as const;
  });
  return {
    population: name,
    registers: Object.fromEntries(registers),
    arriving: weights.length === 0 ? {} : { weight: pair(weights.reduce(hull)) },
    cuts: [
      ...joined(cuts, (cut) => acts.witness(cut)),
      ...leaving.map(({ of, register, proof }): CutProof => {
        return { ...proof, witness: of === "neurons" ? acts.leaves(register) : null };
      }),
    ],
    order: [],
  };
}

/** Values within what was proved that make a cut act. */
function fromState(cut: Cut, { kinds, neurons, load }: PopulationEvents, effort: number): ActWitness | null {
  for (const { readings, members } of kinds) {
    for (const { of, block, names } of readings) {
      if (of !== "neurons" || !block.some((line) => line.name === cut.name && line.at.line === cut.line)) continue;
      const lane = members.lanes[0]!;
      const constants = Object.entries(load.parameters).map(([name, values]): [string, Interval] => {
        const value = BigInt(values[lane]!);
        return [name, { low: value, high: value }];
      });
      const found = actingValues(block, new Map([...names, ...constants]), cut, Math.ceil(mostRuns * effort));
      if (found === null) continue;
      const own = Object.keys(load.datapath.spec.state).map((name) => [name, Number(found.get(name)!)] as const);
      return {
        neuron: neurons.get(load.addresses[lane]!)!,
        from: "state",
        timesteps: 1,
        events: 0,
        arrived: { weight: Number(found.get("weight")!) },
        registers: Object.fromEntries(own),
      };
    }
  }
  return null;
}

function pair({ low, high }: Interval): readonly [number, number] {
  return [Number(low), Number(high)];
}
