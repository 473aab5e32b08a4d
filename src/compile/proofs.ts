/**
 * What a program can never do and what it may: the equations read in intervals with the program's own weights,
 * parameters and fan-in, from the registers after a reset to those after any number of timesteps. What may happen is
 * looked for by running neurons with the events that drive them most.
 */

import { boundSources, rangeOfValues, sending } from "../core/bounds.ts";
import type { CorePopulation, CoreSource } from "../core/cores.ts";
import { constantsOf, initialOf, payloadLimit } from "../core/population.ts";
import { hull, overlap, type Interval } from "../datapath/interval.ts";
import { invariantOf, type Box, type Budget } from "../datapath/invariant.ts";
import { BlockReader, isBounded, type BlockRanges } from "../datapath/ranges.ts";
import type { Block, Expression } from "../datapath/syntax.ts";
import { typeRange } from "../datapath/typed.ts";
import { Acts, actingValues, cutsOf, joined, type Cut } from "./acts.ts";
import { Arriving, folded, type Arrived } from "./arriving.ts";
import { NeuronHistory, type Drive, type NeuronStep } from "./history.ts";
import { partsOf, sourcesOf } from "./parts.ts";
import type { ActWitness, CutProof, OrderProof, PopulationProof, Program, Proofs } from "./program.ts";

/** Readings of a timestep for one population, before ranges stay as wide as types. */
const mostReadings = 60;
/** The same where cases are looked at one by one. */
const mostCloseReadings = 20;
/** Timesteps that the neurons of one population are run in search of what may happen. */
const mostTimesteps = 600;
/** Populations that get all of this; with more of them each gets less. */
const fullEffort = 8;
const longestRun = 250;
/** Neurons that are tried. */
const mostTried = 3;
/** Runs of one block in search of values that need not be reachable. */
const mostRuns = 150;
/** What a spike can carry; one that would carry more stops a run, as a register does that leaves its type. */
const payloads: Interval = { low: BigInt(-payloadLimit), high: BigInt(payloadLimit) };
const lastTimestep = 2n ** 53n - 1n;

/** What was found about one population; more than a program keeps of it. */
export interface PopulationFindings {
  readonly proof: PopulationProof;
  /** What every name of `on timestep` is after it, per-step names too; what is missing was not worked out. */
  readonly names: Box;
  /** `on timestep` with the constants that all neurons share put in, and its calls that can never act. */
  readonly onTimestep: Block;
  readonly idle: ReadonlySet<Expression>;
}

/**
 * Prove what can be proved of a program for a chip that runs in timesteps.
 *
 * @param signed inputs that may send negative payloads; of the others it is taken that they do not
 */
export function prove(program: Program, signed: ReadonlySet<string> = new Set()): Proofs {
  const findings = findingsOf(program, signed);
  const inputs = sourcesOf(program).slice(0, program.inputs.length);
  return {
    inputs: Object.fromEntries(inputs.map((one) => [one.name, sentBy(withSign(one, signed))])),
    populations: findings.map(({ proof }) => proof),
  };
}

/** The same, population by population, with what every name can be. */
export function findingsOf(program: Program, signed: ReadonlySet<string> = new Set()): PopulationFindings[] {
  const parts = partsOf(program);
  const inputs = new Set(program.inputs.map(({ name }) => name));
  const sources = new Map(
    boundSources(
      parts,
      sourcesOf(program).map((one) => (inputs.has(one.name) ? withSign(one, signed) : one)),
    ),
  );
  return parts.map((part, index) => {
    const { offset } = program.populations[index]!;
    const arrives = program.projections
      .filter(({ to }) => to === part.load.name)
      .map(({ arrivesAfter }) => arrivesAfter);
    const prover = new Prover(part, sources, inputs, { offset, arrives }, Math.min(1, fullEffort / parts.length));
    const found = prover.findings();
    // Populations later in the order get what this one was found to send.
    const spike = found.names.get("spike") ?? { low: 0n, high: 0n };
    sources.set(part.load.name, sending(sources.get(part.load.name)!, part.load, hull(spike, { low: 0n, high: 0n })));
    return found;
  });
}

function withSign(source: CoreSource, signed: ReadonlySet<string>): CoreSource {
  return signed.has(source.name) ? source : { ...source, low: Math.max(source.low, Math.min(1, source.high)) };
}

/** The least and the most, of payloads or of events. */
function sentBy({ events, low, high }: CoreSource): readonly [number, number] {
  return [Math.min(0, low), high === 1 ? events : high];
}

/** Works out one population. */
class Prover {
  readonly #part: CorePopulation;
  readonly #arriving: Arriving;
  readonly #inputs: ReadonlySet<string>;
  readonly #timing: { readonly offset: number; readonly arrives: readonly number[] };
  readonly #onTimestep: Block;
  readonly #reader: BlockReader;
  readonly #limits: Box;
  /** Share of the work that a population is worth. */
  readonly #effort: number;

  constructor(
    part: CorePopulation,
    sources: ReadonlyMap<string, CoreSource>,
    inputs: ReadonlySet<string>,
    timing: { readonly offset: number; readonly arrives: readonly number[] },
    effort: number,
  ) {
    this.#effort = effort;
    this.#part = part;
    this.#arriving = new Arriving(part, sources);
    this.#inputs = inputs;
    this.#timing = timing;
    const { datapath } = part.load;
    this.#onTimestep = folded(datapath.onTimestep, constantsOf(part.load));
    this.#reader = new BlockReader(this.#onTimestep);
    this.#limits = new Map(Object.entries(datapath.spec.state).map(([name, type]) => [name, typeRange(type)]));
  }

  findings(): PopulationFindings {
    const registers = this.#reachable();
    const arrived = this.#arriving.from(registers, true);
    const reading = this.#reader.read(this.#names(registers, arrived));
    const cuts = [...this.#cuts(arrived, reading)];
    const watched = this.#watch(cuts, reading, registers, arrived);
    const proof: PopulationProof = {
      population: this.#part.load.name,
      registers: Object.fromEntries([...registers].map(([name, range]) => [name, pair(range)])),
      arriving: Object.fromEntries(
        [...arrived.accumulators].flatMap(([name, range]) =>
          registers.has(name) ? [] : [[name, isBounded(range) ? pair(range) : null]],
        ),
      ),
      cuts: watched,
      order: this.#arriving.arrivals.map(({ projection }, index): OrderProof => {
        const because = arrived.order[index]!;
        return {
          projection: projection.name,
          free: because !== "cut one by one" && because !== "not decided",
          because,
        };
      }),
    };
    const idle = cuts.flatMap(({ node, block, happens }) =>
      block === "on timestep" && happens === "never" ? [node] : [],
    );
    return { proof, names: reading.results, onTimestep: this.#onTimestep, idle: new Set(idle) };
  }

  /** What registers can be between two timesteps. */
  #reachable(): Box {
    const { load } = this.#part;
    const start = new Map(
      [...this.#limits].map(([name, limit]): [string, Interval] => {
        return [name, overlap(rangeOfValues(initialOf(load, name)), limit) ?? limit];
      }),
    );
    const search = (closely: boolean, left: number): Box => {
      const budget: Budget = { left: Math.ceil(left * this.#effort) };
      return invariantOf(start, this.#limits, (box) => this.#after(box, closely), budget);
    };
    const box = search(false, mostReadings);
    const isWide = [...box].some(([name, { low, high }]) => {
      const limit = this.#limits.get(name)!;
      return low === limit.low || high === limit.high;
    });
    if (!isWide) return box;
    const close = search(true, mostCloseReadings);
    return new Map([...box].map(([name, range]) => [name, overlap(range, close.get(name)!) ?? range]));
  }

  /** What registers can be after a timestep that begins in a box. */
  #after(box: Box, closely: boolean): Box | null {
    const arrived = this.#arriving.from(box, closely);
    const { results } = this.#reader.read(this.#names(box, arrived), closely);
    if (results.size === 0) return null;
    return new Map(
      [...box].map(([name, range]) => [name, results.get(name) ?? arrived.accumulators.get(name) ?? range]),
    );
  }

  #names(registers: Box, { accumulators }: Arrived): Map<string, Interval> {
    const { load } = this.#part;
    const { forward } = load.datapath.spec;
    const passed = load.forwards === undefined ? 0 : (forward?.atMost ?? 0);
    return new Map([
      ...this.#arriving.constants,
      ...registers,
      ...accumulators,
      ["timestep", { low: 1n, high: lastTimestep }],
      ["spike", { low: 0n, high: BigInt(passed) }],
    ]);
  }

  *#cuts({ spike, total }: Arrived, timestep: BlockRanges): Generator<Cut> {
    for (const [index, { onSpike, onTotal }] of this.#arriving.arrivals.entries()) {
      if (spike[index] !== null) yield* cutsOf("on spike", onSpike, spike[index]!);
      yield* cutsOf("on total", onTotal, total[index]!);
    }
    yield* cutsOf("on timestep", this.#onTimestep, timestep);
  }

  /** Cuts and registers, with values that make them act where there are such. */
  #watch(cuts: readonly Cut[], reading: BlockRanges, registers: Box, arrived: Arrived): CutProof[] {
    const open = cuts.filter(({ happens }) => happens !== "never");
    const limits = new Map([...this.#limits, ["spike", payloads] as const]);
    const leaving = [...limits].filter(([name, limit]) => {
      const own = reading.results.get(name) ?? arrived.accumulators.get(name);
      return own !== undefined && (own.low < limit.low || own.high > limit.high);
    });
    const found = new Acts(
      open,
      leaving.map(([name]) => name),
      limits,
    );
    if (!found.isDone()) this.#runNeurons(found, plansFor(open, leaving, reading, arrived));
    for (const cut of open) {
      if (cut.block !== "on timestep" || found.witness(cut) !== null) continue;
      found.note(cut, this.#fromState(cut, reading, registers, arrived));
    }
    return [
      ...joined(cuts, (cut) => found.witness(cut)),
      ...leaving.map(([name, limit]) => this.#leaving(name, limit, found)),
    ];
  }

  #leaving(name: string, { low, high }: Interval, found: Acts): CutProof {
    const block = this.#onTimestep.some((line) => line.name === name) ? "on timestep" : "on spike";
    const line = this.#onTimestep.findLast((one) => one.name === name)?.at.line ?? 1;
    return { kind: "type", block, line, name, text: `${low}..${high}`, acts: "may", witness: found.leaves(name) };
  }

  /** Run some neurons from a reset with the events that drive them most. */
  #runNeurons(found: Acts, plans: readonly (readonly Drive[])[]): void {
    const { arrivals } = this.#arriving;
    if (arrivals.some(({ adds }) => adds === null)) return;
    const from = arrivals.map(({ projection }) => projection.from);
    const isSure = from.every((name) => this.#inputs.has(name)) && new Set(from).size === from.length;
    let left = Math.ceil(mostTimesteps * this.#effort);
    for (const neuron of this.#candidates()) {
      const history = new NeuronHistory(this.#part, arrivals, this.#onTimestep, neuron, this.#timing, found.observe);
      for (const drives of plans) {
        if (found.isDone() || left <= 0) return;
        let timesteps = 0;
        let last: NeuronStep | null = null;
        found.begin();
        for (const step of history.run(drives)) {
          left--;
          timesteps++;
          found.see(step, () => ({ neuron, from: isSure ? "reset" : "sources", timesteps }));
          if (found.isDone() || left <= 0 || (!isMixed(drives) && isSame(last, step))) break;
          last = step;
        }
      }
    }
  }

  /** The neurons that events drive farthest up and down; those that others pass counts on to are left out. */
  #candidates(): number[] {
    const { load, neurons } = this.#part;
    const up = new Float64Array(neurons);
    const down = new Float64Array(neurons);
    for (const { adds } of this.#arriving.arrivals) {
      const totals = adds?.[0]?.totals ?? null;
      if (totals === null) continue;
      for (let i = 0; i < neurons; i++) {
        up[i]! += totals.most[i]!;
        down[i]! += totals.fewest[i]!;
      }
    }
    const passed = new Set(load.forwards ?? []);
    const all = [extreme(up, (a, b) => a > b), extreme(down, (a, b) => a < b), extreme(up, (a, b) => a < b)];
    return [...new Set(all)].filter((neuron) => !passed.has(neuron) && neuron < neurons).slice(0, mostTried);
  }

  /** Values within what was proved that make a cut act. */
  #fromState(cut: Cut, { of }: BlockRanges, registers: Box, arrived: Arrived): ActWitness | null {
    const neuron = this.#candidates()[0] ?? 0;
    const names = this.#names(registers, arrived);
    for (const [name, values] of constantsOf(this.#part.load)) {
      names.set(name, rangeOfValues(typeof values === "number" ? values : values[neuron]!));
    }
    if (![...arrived.accumulators.values()].every(isBounded)) return null;
    const found = actingValues(this.#onTimestep, names, cut, Math.ceil(mostRuns * this.#effort));
    if (found === null || of.get(cut.node) === undefined) return null;
    const own = (some: Iterable<string>): Record<string, number> =>
      Object.fromEntries([...some].map((name) => [name, Number(found.get(name)!)]));
    const arriving = [...arrived.accumulators.keys()].filter((name) => !registers.has(name));
    return { neuron, from: "state", timesteps: 1, events: 0, arrived: own(arriving), registers: own(registers.keys()) };
  }
}

function always(drive: Drive, count: number = longestRun): Drive[] {
  return Array.from({ length: count }, () => drive);
}

const up = always("up");
const down = always("down");
const downThenUp = [...always("down", 50), ...always("up", 25)];
const none = always("none");

/** Ways to drive a neuron, the more promising first. */
function plansFor(
  open: readonly Cut[],
  leaving: readonly (readonly [string, Interval])[],
  { of, results }: BlockRanges,
  { accumulators }: Arrived,
): readonly (readonly Drive[])[] {
  const ends = [
    ...open.map(({ node: { args } }): [Interval, Interval] => {
      const [value, low, high] = args.map((one) => of.get(one));
      const wide = { low: -(1n << 30n), high: 1n << 30n };
      return [value ?? wide, low && high ? { low: low.low, high: high.high } : { low: 0n, high: 0n }];
    }),
    ...leaving.map(([name, limit]): [Interval, Interval] => [results.get(name) ?? accumulators.get(name)!, limit]),
  ];
  const above = ends.some(([value, limit]) => value.high > limit.high);
  const below = ends.some(([value, limit]) => value.low < limit.low);
  const isWanted = (drives: readonly Drive[]): boolean => (drives.at(-1) === "up" ? above : below);
  return [up, down, downThenUp, none].toSorted((a, b) => Number(isWanted(b)) - Number(isWanted(a)));
}

function isMixed(drives: readonly Drive[]): boolean {
  return drives[0] !== drives.at(-1);
}

function isSame(last: NeuronStep | null, { before, arrived }: NeuronStep): boolean {
  return last !== null && areEqual(before, last.before) && areEqual(arrived, last.arrived);
}

function areEqual(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return [...a].every(([name, value]) => b.get(name) === value);
}

/** Which element comes before all others. */
function extreme(values: Float64Array, isBefore: (a: number, b: number) => boolean): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (isBefore(values[i]!, values[best]!)) best = i;
  return best;
}

function pair({ low, high }: Interval): readonly [number, number] {
  return [Number(low), Number(high)];
}
