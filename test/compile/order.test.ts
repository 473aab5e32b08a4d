import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProgram } from "../../src/compile/check.ts";
import { partsOf, sourcesOf } from "../../src/compile/parts.ts";
import type { OrderProof, PopulationProof, Program, ProgramProjection } from "../../src/compile/program.ts";
import { findingsOf } from "../../src/compile/proofs.ts";
import { boundSources } from "../../src/core/bounds.ts";
import { blocksOf } from "../../src/core/delivery.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import { sizeOfProgram, weightOf } from "../chip/oracle.ts";
import { randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { timestepTargets } from "../support.ts";

/** One event at a neuron: what its synapse weighs. */
type Weights = readonly number[];

/** The claim about one projection, with its population's proof. */
interface Claim {
  readonly projection: ProgramProjection;
  readonly proof: PopulationProof;
  readonly order: OrderProof;
  /** By source: events of one element in a timestep, as far as they were known where the claim was made. */
  readonly events: ReadonlyMap<string, number>;
}

function claimsOf(program: Program): Claim[] {
  const inputs = new Set(program.inputs.map(({ name }) => name));
  const bounded = new Map(boundSources(partsOf(program), sourcesOf(program)));
  const events = new Map([...bounded].map(([name, source]) => [name, source.events]));
  return findingsOf(program, inputs).flatMap(({ proof, names }) => {
    const known = new Map(events);
    const spike = names.get("spike");
    if (spike !== undefined) {
      events.set(proof.population, Math.min(events.get(proof.population)!, Math.max(0, Number(spike.high))));
    }
    return proof.order.map((order): Claim => {
      const projection = program.projections.find(({ name }) => name === order.projection)!;
      return { projection, proof, order, events: known };
    });
  });
}

/** Events of a projection at one neuron. */
interface Arriving {
  readonly projection: ProgramProjection;
  readonly weights: Weights;
}

/** What a neuron holds after events, from registers at the start of a timestep. */
function after(
  program: Program,
  population: string,
  neuron: number,
  start: Readonly<Record<string, number>>,
  events: readonly Arriving[],
): string {
  const { load } = partsOf(program).find((part) => part.load.name === population)!;
  const { words, spec } = load.datapath;
  const own = Object.entries(load.parameters).map(
    ([name, values]) => [name, values[values.length === 1 ? 0 : neuron]!] as const,
  );
  const empty = [...spec.inputs, "total"].map((name) => [name, 0] as const);
  const all = [...words, ...Object.entries(program.settings), ...own, ...empty, ...Object.entries(start)];
  const values = new Map(all.map(([name, value]) => [name, BigInt(value)]));
  values.set("payload", 1n);
  for (const { projection, weights } of events) {
    for (const [name, value] of Object.entries(projection.parameters)) values.set(name, BigInt(value));
    const { onSpike } = blocksOf(load, projection);
    for (const weight of weights) runBlock(onSpike, values.set("weight", BigInt(weight)));
  }
  return [...spec.inputs, "total", ...Object.keys(spec.state)].map((name) => `${name} ${values.get(name)}`).join(", ");
}

/** Events of one timestep at one neuron, by source: those of one source come one after the other. */
function eventsAt(program: Program, { events }: Claim, projection: ProgramProjection, neuron: number): Weights[] {
  const population = program.populations.find(({ name }) => name === projection.to)!;
  const source = sourcesOf(program).find(({ name }) => name === projection.from)!;
  return Array.from({ length: source.neurons }, (_, from): Weights => {
    const weight = weightOf(projection, population, from, neuron);
    return weight === null
      ? []
      : Array.from({ length: Math.min(mostEvents, events.get(projection.from)!) }, () => weight);
  });
}

/** Registers to begin with: each end of what was proved, and 0. */
function startsOf({ proof }: Claim): Record<string, number>[] {
  return [1, 0, -1].map((end) =>
    Object.fromEntries(
      Object.entries(proof.registers).map(([name, [low, high]]) => [
        name,
        end > 0 ? high : end < 0 ? low : Math.max(low, Math.min(high, 0)),
      ]),
    ),
  );
}

/** Two orders of the same events, from registers that the program may have, after which a neuron differs. */
function counterexample(program: Program, claim: Claim): string | null {
  const { projection } = claim;
  const { neurons } = program.populations.find(({ name }) => name === projection.to)!;
  const earlier = program.projections.slice(0, program.projections.indexOf(projection));
  for (let neuron = 0; neuron < neurons; neuron++) {
    const rising = eventsAt(program, claim, projection, neuron)
      .toSorted(([a = 0], [b = 0]) => a - b)
      .flat();
    // What other projections bring before, all of it or only what drives one way.
    for (const sign of [0, 1, -1]) {
      const before = earlier
        .filter(({ to }) => to === projection.to)
        .map((one): Arriving => {
          const weights = eventsAt(program, claim, one, neuron).flat();
          return { projection: one, weights: weights.filter((weight) => weight * sign > 0) };
        });
      for (const start of startsOf(claim)) {
        const [first, second] = [rising, rising.toReversed()].map((weights) =>
          after(program, projection.to, neuron, start, [...before, { projection, weights }]),
        );
        if (first !== second) return `neuron ${neuron}: ${first}; ${second}`;
      }
    }
  }
  return null;
}

/** Whether some order of the same events, by chance, makes a difference. */
function differsSomehow(program: Program, claim: Claim, dice: Dice): boolean {
  const { neurons } = program.populations.find(({ name }) => name === claim.projection.to)!;
  const neuron = dice.between(0, neurons - 1);
  const bySource = eventsAt(program, claim, claim.projection, neuron).filter(() => dice.chance(70));
  const other = bySource.map((events) => ({ events, key: dice.between(0, 1e6) })).toSorted((a, b) => a.key - b.key);
  const start = Object.fromEntries(
    Object.entries(claim.proof.registers).map(([name, [low, high]]) => [name, dice.between(low, high)]),
  );
  const run = (events: Weights): string =>
    after(program, claim.projection.to, neuron, start, [{ projection: claim.projection, weights: events }]);
  return run(bySource.flat()) !== run(other.flatMap(({ events }) => events));
}

/** A neuron without a limit may fire any number of times; where order shows, it does with fewer. */
const mostEvents = 31;
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe.each(timestepTargets().map((target) => ({ name: target.name, target })))(
  "the order of a timestep's events on $name",
  ({ target }) => {
    it("shows wherever a program claims it, and nowhere else", () => {
      let claimed = 0;
      let free = 0;
      fc.assert(
        fc.property(seeds, (seed) => {
          const dice = new Dice(seed);
          const program = randomProgram(target, dice);
          if (sizeOfProgram(program) > 60) return;
          fc.pre(checkProgram(program) === null);
          for (const claim of claimsOf(program)) {
            const found = counterexample(program, claim);
            if (!claim.order.free) {
              claimed++;
              expect([claim.order, found !== null]).toEqual([claim.order, true]);
              continue;
            }
            free++;
            expect([claim.order, found, differsSomehow(program, claim, dice)]).toEqual([claim.order, null, false]);
          }
        }),
        { numRuns: 12 },
      );
      expect(claimed + free).toBeGreaterThan(5);
      const cuts = Object.values(target.datapaths).some(({ blocks }) => blocks["on spike"]!.includes("saturate("));
      expect(claimed > 0).toBe(cuts);
    });
  },
);
