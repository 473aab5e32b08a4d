import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AxonUse } from "../../src/mapping/axons.ts";
import { compile, type CompileOptions } from "../../src/compile/compile.ts";
import { placeOnCores } from "../../src/mapping/place.ts";
import type { Fit, Program } from "../../src/compile/program.ts";
import { sourcesOf } from "../../src/mapping/sources.ts";
import { openRows } from "../../src/core/rows.ts";
import type { Target } from "../../src/target/types.ts";
import { motley, randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { mistakeOf } from "../support.ts";
import { cell, dense, input, networkOf, output, target } from "../compile/networks.ts";

const known = { source: "a test", confidence: "assumption" } as const;
const plenty = { value: 1000, ...known };

interface Limits {
  readonly neurons?: number;
  readonly axons?: number;
  readonly destinations?: number;
  readonly types?: number;
}

/** A chip with a thousand cores and these limits. */
function chipOf({ neurons = 1000, axons, destinations, types }: Limits, base: Target = motley): Target {
  const limit = (value: number | undefined) => (value === undefined ? undefined : { value, ...known });
  return {
    ...base,
    core: { neurons: { value: neurons, ...known }, axons: limit(axons), destinations: limit(destinations) },
    chip: { cores: plenty },
    weights: { ...base.weights, axonTypes: limit(types) },
  };
}

function placed(program: Program, limits: Limits): Fit {
  return placeOnCores(chipOf(limits), program);
}

/** Sources with a weight other than 0 onto some neuron of a range, by whichever projection, and their different weights. */
function linesOnto({ projections, populations }: Program, name: string, from: number, to: number): Set<number>[] {
  const { neurons } = populations.find((one) => one.name === name)!;
  const lines = new Map<string, Set<number>>();
  for (const projection of projections.filter((one) => one.to === name)) {
    const { synapses } = projection;
    const rows = openRows(synapses, neurons, 0, neurons);
    for (let source = 0; source < sourcesOf(synapses, neurons); source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) {
        const neuron = rows.dense ? i - rows.begin : rows.target[i]!;
        if (neuron < from || neuron >= to || rows.weight[i] === 0) continue;
        const line = `${projection.from} ${source}`;
        lines.set(line, (lines.get(line) ?? new Set()).add(rows.weight[i]!));
      }
    }
  }
  return [...lines.values()];
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe("axons of a core", () => {
  it("are one per source that reaches it, and a core closes where they end", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 30 }), (seed, axons) => {
        const program = randomProgram(motley, new Dice(seed));
        const { placement } = placed(program, { axons });
        for (const { population, from, to } of placement) {
          const count = (end: number): number => linesOnto(program, population, from, end).length;
          if (to - from > 1) expect(count(to)).toBeLessThanOrEqual(axons);
          const last = program.populations.find(({ name }) => name === population)!.neurons;
          if (to < last) expect(count(to + 1)).toBeGreaterThan(axons);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("with types carry every weight to its neuron, through tables of one weight per type", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), (seed, types) => {
        const dice = new Dice(seed);
        const program = fewWeights(randomProgram(motley, dice), types, dice);
        for (const population of program.populations) {
          const own = program.projections.filter(({ to }) => to === population.name);
          const use = new AxonUse(population, own, types, new Map());
          const axons = new Set<string>();
          let synapses = 0;
          for (let neuron = 0; neuron < population.neurons; neuron++) {
            const more = use.added(neuron);
            const kinds = use.take(neuron);
            expect(new Set(kinds.map(({ type }) => type)).size).toBe(kinds.length);
            expect(new Set(kinds.map(({ weight }) => weight)).size).toBe(kinds.length);
            for (const { type } of kinds) expect(type).toBeLessThan(types);
            synapses += kinds.reduce((sum, { lines }) => sum + lines.length, 0);
            const before = axons.size;
            for (const { lines, type } of kinds) for (const line of lines) axons.add(`${line} ${type}`);
            expect([axons.size, axons.size - before]).toEqual([use.used, more]);
          }
          const weights = linesOnto(program, population.name, 0, population.neurons);
          expect(synapses).toBe(synapsesOnto(program, population.name));
          expect(axons.size).toBeGreaterThanOrEqual(weights.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  const ternary = [
    [1, -1, 0, 1],
    [1, -1, 1, -1],
  ];

  it("take two of a source that excites one neuron and inhibits another", () => {
    const program = compiled(ternary);
    expect(placeOnCores(chipOf({ axons: 5, types: 2 }), program).cores).toBe(1);
    const split = placeOnCores(chipOf({ axons: 4, types: 2 }), program);
    expect([split.cores, split.fits]).toEqual([2, true]);
  });

  it("that one neuron alone lacks are said", () => {
    const program = compiled(ternary);
    const { fits, reasons } = placeOnCores(chipOf({ axons: 3 }), program);
    expect(fits).toBe(false);
    expect(reasons).toEqual([
      "One neuron of p needs 4 axons; a core has 3.",
      "1000 neurons per core: a test (assumption).",
      "3 axons per core: a test (assumption).",
    ]);
  });
});

describe("destinations of a neuron", () => {
  const parts = [
    input("in", 1),
    dense("w", [[1], [1]]),
    cell("first"),
    dense("x", [
      [1, 0],
      [-1, 1],
      [1, 1],
    ]),
    cell("second"),
    output("out"),
  ];
  const program = compile(networkOf(parts, "in w first x second out"), target("extends: generic-8bit\nname: plain"));
  const reach = "have to reach up to 2 axons; a neuron of the chip reaches 1, and no copies are made.";

  it.each([
    // One core, one axon per source.
    [{ destinations: 1 }, []],
    // Two cores of two neurons and of one: both sources go to both.
    [{ destinations: 1, neurons: 2 }, [`2 neuron(s) of first ${reach}`]],
    [{ destinations: 2, neurons: 2 }, []],
    // The first source has both signs.
    [{ destinations: 1, types: 2 }, [`1 neuron(s) of first ${reach}`]],
    [{ destinations: 2, types: 2 }, []],
  ])("%j", (limits, expected) => {
    const { reasons, fits } = placeOnCores(chipOf(limits), program);
    expect(reasons.filter((reason) => !reason.includes("a test"))).toEqual(expected);
    expect(fits).toBe(expected.length === 0);
  });
});

describe("a chip whose axons have types", () => {
  const chip = chipOf({ types: 2 }, target("extends: generic-8bit\nname: typed"));
  const compileRows = (rows: readonly (readonly number[])[]): Program => {
    const parts = [input("in", rows[0]!.length), dense("w", rows), cell("p"), output("out")];
    return compile(networkOf(parts, "in w p out"), chip);
  };

  it("takes as many different weights per neuron beside 0, others for each neuron", () => {
    const rows = [
      [1, -0.5, 0, 1],
      [0.25, 0.75, 0.25, 0],
    ];
    expect([...compileRows(rows).projections[0]!.synapses.weight]).toHaveLength(8);
  });

  it("refuses one more, and says which neuron and what would help", () => {
    const error = mistakeOf(() =>
      compileRows(
        [
          [1, 1],
          [0.5, 0.25],
        ].map((row) => [...row, -1]),
      ),
    );
    expect(error?.code).toBe("COMPILE_AXON_TYPES");
    expect(error?.message).toContain("Neuron 1 of p has 3 different weights; typed keeps 2 per neuron");
    expect(error?.hint).toContain("at most 2 different weights");
    expect(error?.place).toEqual({ node: "p" });
  });
});

describe("a chip that cannot run a network for several reasons", () => {
  const chip = chipOf({ types: 2 }, target("extends: ranc\nname: typed"));
  const first = [input("in", 3), dense("w", [[0.25, 0.5, 1]]), cell("p", { beta: 0.5 })];
  const others = [dense("x", [[1]]), cell("q", { beta: 0.5 }), dense("y", [[1]]), cell("r"), output("out")];
  const network = networkOf([...first, ...others], "in w p x q y r out");

  it("says all of them, neurons with the same one together", () => {
    const error = mistakeOf(() => compile(network, chip));
    expect(error).toMatchObject({ code: "COMPILE_MISTAKES", message: "typed cannot run the network, for 2 reasons." });
    expect(error?.issues.map(({ code, message }) => [code, message.split(";")[0]])).toEqual([
      ["COMPILE_UNSUPPORTED", "typed does not have the leak by a factor (beta) that the neurons of p and q need."],
      ["COMPILE_AXON_TYPES", "Neuron 0 of p has 3 different weights"],
    ]);
  });
});

describe("a chip that takes one event per channel and timestep", () => {
  const network = networkOf([input("in", 1), dense("w", [[1]]), cell("p"), output("out")], "in w p out");
  const codes = (chip: Target, limit: number): string[] =>
    compile(network, chip, using(limit)).warnings.map(({ code }) => code);

  it("warns of data with several, which it drops", () => {
    const chip = target("extends: generic-8bit\nname: merging\ndelivery: { at-most: { inputs: 1 } }");
    expect(codes(chip, 3)).toEqual(["COMPILE_EVENTS_DROPPED"]);
    expect(codes(chip, 1)).toEqual([]);
    expect(codes(target("extends: generic-8bit\nname: counting"), 3)).toEqual([]);
  });
});

function using(limit: number): CompileOptions {
  return { inputs: { in: { kind: "spikes", limit } } };
}

/** A program whose neurons have few different weights: every weight becomes one of `types` values. */
function fewWeights(program: Program, types: number, dice: Dice): Program {
  const values = Array.from({ length: types }, (_, i) => (dice.chance(50) ? 1 : -1) * (i + 1));
  const few = (weight: number): number => (weight % 3 === 0 ? 0 : values[Math.abs(weight) % types]!);
  const projections = program.projections.map((one) => {
    return { ...one, synapses: { ...one.synapses, weight: one.synapses.weight.map(few) } };
  });
  return { ...program, projections };
}

function synapsesOnto({ projections, populations }: Program, name: string): number {
  const { neurons } = populations.find((one) => one.name === name)!;
  return projections
    .filter(({ to }) => to === name)
    .reduce((sum, { synapses }) => {
      const rows = openRows(synapses, neurons, 0, neurons);
      let count = 0;
      for (let source = 0; source < sourcesOf(synapses, neurons); source++) {
        rows.seek(source);
        for (let i = rows.begin; i < rows.end; i++) count += rows.weight[i] === 0 ? 0 : 1;
      }
      return sum + count;
    }, 0);
}

function compiled(rows: readonly (readonly number[])[]): Program {
  const parts = [input("in", rows[0]!.length), dense("w", rows), cell("p"), output("out")];
  return compile(networkOf(parts, "in w p out"), target("extends: generic-8bit\nname: plain"));
}
