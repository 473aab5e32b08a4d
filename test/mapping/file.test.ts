import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readMapping, writeMapping, type Mapping, type PlaceRule } from "../../src/mapping/file.ts";
import { placeOnCores } from "../../src/mapping/place.ts";
import type { Fit, Program } from "../../src/compile/program.ts";
import type { Target } from "../../src/target/types.ts";
import { motley, programOf, randomProgram } from "../chip/programs.ts";
import { cell, dense, input, networkOf, output, target } from "../compile/networks.ts";
import { Dice } from "../dice.ts";
import { mistakeOf } from "../support.ts";
import { chosen, exceeded, randomChip, recount } from "./chips.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** Ranges of neurons on cores by chance; some of them may not fit. */
function randomMapping(program: Program, chip: Target, dice: Dice, share: number): Mapping {
  const cores = chip.chip.cores.value;
  const chips = chip.chip.systems?.at(-1)?.chips.value ?? 1;
  const places = program.populations.flatMap(({ name, neurons }) => {
    const ends = [0, ...new Set(dice.list(3, 1, neurons)), neurons].toSorted((a, b) => a - b);
    return ends.slice(1).flatMap((end, i): PlaceRule[] => {
      if (end === ends[i] || !dice.chance(share)) return [];
      const own = { population: name, neurons: [ends[i]!, end - 1] as const, chip: dice.between(0, chips - 1) };
      const first = dice.between(0, cores - 1);
      return dice.chance(70)
        ? [{ ...own, core: first }]
        : [{ ...own, core: [first, dice.between(first, cores - 1)] as const }];
    });
  });
  return { places };
}

/** What comes of a mapping, or the codes of its mistakes. */
function tried(chip: Target, program: Program, mapping: Mapping): Fit | string[] {
  try {
    return placeOnCores(chip, program, { mapping });
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    return error.issues.map(({ code }) => code);
  }
}

describe("a random mapping", () => {
  it("is kept to where it can be, within every limit, and the other neurons lie around it", () => {
    let kept = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const mapping = randomMapping(program, chip, dice, 30);
        const fit = tried(chip, program, mapping);
        if (Array.isArray(fit)) return;
        kept++;
        const coresOf = (name: string, neuron: number): number[] =>
          fit.placement
            .filter(({ population, from, to }) => population === name && from <= neuron && neuron < to)
            .map(({ core }) => core);
        for (const { name, neurons } of program.populations) {
          for (let neuron = 0; neuron < neurons; neuron++) expect(coresOf(name, neuron)).toHaveLength(1);
        }
        const named = new Set<number>();
        for (const { population, neurons, chip: on = 0, core } of mapping.places) {
          const [first, last] = typeof core === "number" ? [core, core] : core!;
          for (let neuron = neurons![0]; neuron <= neurons![1]; neuron++) {
            const [lies] = coresOf(population, neuron);
            named.add(lies!);
            expect(lies).toBeGreaterThanOrEqual(on * chip.chip.cores.value + first);
            expect(lies).toBeLessThanOrEqual(on * chip.chip.cores.value + last);
          }
        }
        const mapped = (name: string, neuron: number): boolean =>
          mapping.places.some(
            ({ population, neurons }) => population === name && neurons![0] <= neuron && neuron <= neurons![1],
          );
        for (const { name, neurons } of program.populations) {
          for (let neuron = 0; neuron < neurons; neuron++) {
            if (!mapped(name, neuron)) expect(named).not.toContain(coresOf(name, neuron)[0]);
          }
        }
        const counted = recount(program, fit, chip);
        for (const core of named) expect(exceeded(chip, counted.get(core)!)).toEqual([]);
        if (fit.fits) for (const own of counted.values()) expect(exceeded(chip, own)).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(kept).toBeGreaterThan(20);
  });

  it("is refused with MAPPING_LIMIT only where a core, filled as told, has no room", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const limited = randomChip(dice);
        const { axonsOut: _, ...core } = limited.core;
        const chip = { ...limited, core: { ...core, shared: true, axons: undefined } };
        const { places } = randomMapping(program, chip, dice, 100);
        const single = places.filter((place) => typeof place.core === "number");
        const codes = tried(chip, program, { places: single });
        const perChip = chip.chip.cores.value;
        const placement = single.map(({ population, neurons, chip: on, core: number }) => {
          return {
            core: on! * perChip + (number as number),
            population,
            from: neurons![0],
            to: neurons![1] + 1,
            synapseBits: 0,
          };
        });
        const aside = program.populations.flatMap(({ name: population, neurons }) => {
          const all = Array.from({ length: neurons }, (__, neuron) => neuron);
          return all
            .filter(
              (neuron) =>
                !placement.some((use) => use.population === population && use.from <= neuron && neuron < use.to),
            )
            .map((neuron) => ({ core: 1e6 + neuron, population, from: neuron, to: neuron + 1, synapseBits: 0 }));
        });
        const counted = recount(program, { ...placeOnCores(chip, program), placement: [...placement, ...aside] }, chip);
        const over = placement.filter(({ core: own }) => exceeded(chip, counted.get(own)!).length > 0);
        expect(Array.isArray(codes) && codes.includes("MAPPING_LIMIT")).toBe(over.length > 0);
      }),
      { numRuns: 80 },
    );
  });
});

describe("a mapping that was written", () => {
  it("is read back as the same placement, and everything that follows from it", () => {
    let written = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const chip = randomChip(dice);
        const first = dice.chance(50)
          ? placeOnCores(chip, program)
          : tried(chip, program, randomMapping(program, chip, dice, 20));
        if (Array.isArray(first) || !first.fits) return;
        written++;
        const text = writeMapping(chip.name, chip.chip.cores.value, first.placement);
        const mapping = readMapping(text, "mapping.yaml");
        expect(placeOnCores(chip, program, { mapping })).toEqual(first);
        expect(writeMapping(chip.name, chip.chip.cores.value, placeOnCores(chip, program, { mapping }).placement)).toBe(
          text,
        );
      }),
      { numRuns: 120 },
    );
    expect(written).toBeGreaterThan(20);
  });

  it("gives the identical program", () => {
    const parts = [
      input("in", 4),
      dense("w", rows(40, 4)),
      cell("p"),
      dense("x", rows(9, 40)),
      cell("q"),
      output("out"),
    ];
    const network = networkOf(parts, "in w p x q out");
    const chip = meshed();
    const program = compile(network, chip);
    expect(program.fit.cores).toBe(7);
    const mapping = readMapping(writeMapping(chip.name, 6, program.fit.placement), "mapping.yaml");
    expect(compile(network, chip, { mapping })).toEqual(program);
  });
});

describe("a mapping of a chip whose axons have types", () => {
  it("is read back as the same placement, with the same axons and destinations", () => {
    const parts = [
      input("in", 30),
      dense("w", signsOf(rows(40, 30))),
      cell("p"),
      dense("x", signsOf(rows(9, 40))),
      cell("q"),
      output("out"),
    ];
    const network = networkOf(parts, "in w p x q out");
    const typed = target("extends: ranc\nname: typed");
    const core = { neurons: chosen(12), axons: chosen(90), destinations: chosen(40) };
    const program = compile(network, { ...typed, core });
    expect(program.fit).toMatchObject({ fits: true, cores: 5 });
    const mapping = readMapping(writeMapping("typed", 12, program.fit.placement), "mapping.yaml");
    expect(compile(network, { ...typed, core }, { mapping })).toEqual(program);
    const crowded = { ...typed, core: { ...core, axons: chosen(20) } };
    const error = mistakeOf(() => compile(network, crowded, { mapping }));
    expect(error?.issues.map(({ code }) => code)).toContain("MAPPING_LIMIT");
  });
});

function signsOf(weights: readonly (readonly number[])[]): number[][] {
  return weights.map((row) => row.map(Math.sign));
}

function rows(count: number, length: number): number[][] {
  return Array.from({ length: count }, (_, i) => Array.from({ length }, (__, j) => ((i * 7 + j * 3) % 5) - 2));
}

/** Two chips of three tiles, each with two cores of 8 neurons. */
function meshed(): Target {
  const chip = target("extends: generic-8bit\nname: meshed");
  return {
    ...chip,
    core: { neurons: chosen(8) },
    chip: { cores: chosen(6), systems: [{ name: "a board", chips: chosen(2) }] },
    noc: {
      topology: "mesh",
      routing: "x-then-y",
      width: chosen(3),
      height: chosen(1),
      coresPerTile: chosen(2),
      tiles: "by-row",
    },
  };
}

const program = programOf({
  target: motley,
  populations: ["first", "second"].map((name) => ({
    name,
    shape: [20],
    neurons: 20,
    datapath: "plain",
    parameters: {},
    initial: {},
    offset: 0,
    scale: null,
    origin: null,
  })),
});

/** Mistakes of a mapping's text: code, line, column, field. */
function mistakesIn(text: string, chip: Target = meshed()): string[] {
  const error = mistakeOf(() => placeOnCores(chip, program, { mapping: readMapping(text, "mapping.yaml") }));
  expect([error?.code, error?.place.file]).toEqual(["MAPPING_INVALID", "mapping.yaml"]);
  return error!.issues.map(({ code, place }) => `${code} ${place.line}:${place.column} ${place.field ?? ""}`.trim());
}

const placesOf = (fit: Fit): string[] =>
  fit.placement.map(({ population, from, to, core }) => `${population} ${from}..${to - 1} on ${core}`);

describe("a mapping file", () => {
  it("puts populations and ranges on cores, tiles and other chips, and leaves the rest to be placed", () => {
    const text = `
target: meshed
places:
  - { population: first, neurons: 0..4, core: 5 }
  - { population: first, neurons: 19, core: 5 }
  - { population: second, chip: 1, core: 1..3 }
`;
    const fit = placeOnCores(meshed(), program, { mapping: readMapping(text, "mapping.yaml") });
    expect(fit).toMatchObject({ fits: true, chips: 2, cores: 6 });
    expect(placesOf(fit).filter((one) => / on (5|7|8|9)$/.test(one))).toEqual([
      "first 0..4 on 5",
      "first 19..19 on 5",
      "second 0..7 on 7",
      "second 8..15 on 8",
      "second 16..19 on 9",
    ]);
    const tiles = "places: [{ population: second, neurons: 0..15, tile: [2, 0] }]";
    const onTile = placeOnCores(meshed(), program, { mapping: readMapping(tiles, "mapping.yaml") });
    expect(placesOf(onTile).filter((one) => /second (0|8)\.\./.test(one))).toEqual([
      "second 0..7 on 4",
      "second 8..15 on 5",
    ]);
  });

  it("says everything that is wrong with it at once, each in its place", () => {
    const text = `target: other
places:
  - { population: frist, core: 1 }
  - { population: first, neurons: 15..20, core: 1 }
  - { population: first, neurons: 0..4, core: 6 }
  - { population: first, neurons: 0..4, chip: 2, core: 0 }
  - { population: first, neurons: 0..4, tile: [3, 0] }
  - { population: second, neurons: 0..9, core: 2 }
  - { population: second, neurons: 9, core: 3 }
`;
    expect(mistakesIn(text)).toEqual([
      "MAPPING_TARGET 1:9 target",
      "MAPPING_POPULATION 3:19 places.0.population",
      "MAPPING_NEURONS 4:35 places.1.neurons",
      "MAPPING_CORE 5:47 places.2.core",
      "MAPPING_CHIP 6:47 places.3.chip",
      "MAPPING_TILE 7:47 places.4.tile",
      "MAPPING_OVERLAP 9:36 places.6.neurons",
    ]);
  });

  it("that is complete leaves nobody out", () => {
    const text =
      "complete: true\nplaces:\n  - { population: first, core: 0..2 }\n  - { population: second, neurons: 0..3, core: 3 }\n";
    expect(mistakesIn(text)).toEqual(["MAPPING_MISSING 1:11 complete"]);
    const error = mistakeOf(() => placeOnCores(meshed(), program, { mapping: readMapping(text, "mapping.yaml") }))!;
    expect(error.issues[0]!.message).toBe("16 neuron(s) of second have no place; the first is 4.");
  });

  it("gives the numbers where there is no room, and says when a core takes one population only", () => {
    const text = `places:
  - { population: first, neurons: 0..8, core: 1 }
  - { population: second, neurons: 0..15, core: 2 }
  - { population: second, neurons: 16..17, core: 1 }
  - { population: first, neurons: 9..19, core: 3..3 }
`;
    const error = mistakeOf(() => placeOnCores(meshed(), program, { mapping: readMapping(text, "mapping.yaml") }))!;
    expect(error.issues.map(({ message, place }) => `${place.line}: ${message}`)).toEqual([
      "4: Core 1 would hold neurons of first and second; a core of meshed takes those of one population.",
      "4: Core 1 would take 11 neurons; it has 8.",
      "3: Core 2 would take 16 neurons; it has 8.",
      "5: Core 3 would take 11 neurons; it has 8.",
    ]);
    const several = mistakeOf(() =>
      placeOnCores(meshed(), program, { mapping: { places: [{ population: "first", core: [0, 1] }] } }),
    )!;
    expect(several.issues.map(({ message }) => message)).toEqual([
      "4 neurons of first, from 16 on, find no room on the 2 cores named.",
    ]);
  });

  it.each([
    ["places: [{ population: first, core: 1, tile: [0, 0] }]", "MAPPING_FIELD 1:10 places.0"],
    ["places: [{ population: first }]", "MAPPING_FIELD 1:10 places.0"],
    ["places: [{ population: first, core: 3..1 }]", "MAPPING_FIELD 1:37 places.0.core"],
    ["places: [{ population: first, core: some }]", "MAPPING_FIELD 1:37 places.0.core"],
    ["places: [{ population: first, core: 1, cores: 3 }]", "MAPPING_FIELD 1:47 places.0.cores"],
    ["places: []", "MAPPING_FIELD 1:9 places"],
    ["places: [", "MAPPING_YAML 1:10"],
    ["complete: true", "MAPPING_FIELD 1:1 places"],
  ])("%s is refused where it is wrong", (text, expected) => {
    expect(mistakesIn(text)).toEqual([expected]);
  });

  it("names tiles only where there is a mesh", () => {
    const { noc: _, ...flat } = meshed();
    expect(mistakesIn("places: [{ population: first, tile: [0, 0] }]", flat)).toEqual([
      "MAPPING_NO_TILES 1:37 places.0.tile",
    ]);
  });

  it("has the chip's limits of what cores send, which its other neurons decide too", () => {
    const network = networkOf(
      [
        input("in", 1),
        dense("w", rows(8, 1)),
        cell("p"),
        dense(
          "x",
          rows(16, 8).map((row) => row.map(() => 1)),
        ),
        cell("q"),
        output("out"),
      ],
      "in w p x q out",
    );
    const chip = { ...meshed(), core: { neurons: chosen(8), axonsOut: chosen(10) } };
    const mapping = readMapping("places: [{ population: p, core: 0 }]", "mapping.yaml");
    const error = mistakeOf(() => compile(network, chip, { mapping }));
    expect(error?.issues.map(({ message }) => message)).toEqual(["Core 0 would take 16 output axons; it has 10."]);
    expect(compile(network, chip).fit).toMatchObject({ fits: true, cores: 4 });
  });

  it("is refused for a chip with addresses", () => {
    const network = networkOf([input("in", 1), dense("w", [[1]]), cell("p"), output("out")], "in w p out");
    const error = mistakeOf(() =>
      compile(network, target("extends: tinyodin\nname: small"), { mapping: { places: [] } }),
    );
    expect(error?.code).toBe("MAPPING_ADDRESSES");
  });
});
