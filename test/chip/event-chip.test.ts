import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openEventChip, type EventChip } from "../../src/chip/event-chip.ts";
import type { Program } from "../../src/compile/program.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget } from "../../src/files.ts";
import type { Pace } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { randomEventProgram, randomEventTarget } from "./event-targets.ts";
import { motley, one, programOf } from "./programs.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const shipped = ["odin", "tinyodin"].map((name) => readTarget(name));

/** Everything that can be seen of a chip. */
function shown(chip: EventChip) {
  const { populations, target } = chip.program;
  return {
    outputs: [...chip.outputs()],
    lost: chip.lost,
    waiting: chip.waiting,
    registers: populations.map(({ name, datapath }) =>
      Object.keys(target.datapaths[datapath]!.state).map((register) => [...chip.register(name, register)]),
    ),
    synapses: Object.keys(target.synapses!.state).map((register) => [...chip.synapses(register)]),
  };
}

/** Send words in pieces; a mistake as its words, and what the chip shows then. */
function sent(chip: EventChip, words: readonly number[], pieces: number, pace: Pace, limit: number): unknown {
  const all: unknown[] = [];
  for (let i = 0; i < pieces; i++) {
    const part = words.slice(Math.floor((i * words.length) / pieces), Math.floor(((i + 1) * words.length) / pieces));
    try {
      all.push([...chip.send(part, { pace, limit })], shown(chip));
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      // Where equations end halfway, engines stop at different neurons.
      all.push(`${error.code}: ${error.message}`, error.code === "ENGINE_EVENT_LIMIT" ? shown(chip) : null);
      if (error.code !== "ENGINE_EVENT_LIMIT") return all;
    }
  }
  return all;
}

function randomWords(program: Program, count: number, dice: Dice): number[] {
  const { low, high } = program.target.events!.host.word;
  return [...dice.list(count, low, high)];
}

describe("a chip that runs on events", () => {
  it("gives what the plain walk gives, whatever its equations and choices are", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomEventProgram(randomEventTarget(dice), dice);
        const words = randomWords(program, dice.between(1, 40), dice);
        const pace = dice.one<Pace>(["after-idle", "always-ready"]);
        const [pieces, limit] = [dice.between(1, 4), dice.between(5, 60)];
        const run = (plain: boolean): unknown => sent(openEventChip(program, { plain }), words, pieces, pace, limit);
        expect(run(false)).toEqual(run(true));
      }),
      { numRuns: 100 },
    );
  });

  it.each(shipped.map((target) => ({ name: target.name, target })))("$name too", ({ target }) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomEventProgram(target, dice);
        const words = randomWords(program, 4, dice);
        const run = (plain: boolean): unknown => sent(openEventChip(program, { plain }), words, 1, "always-ready", 3);
        expect(run(false)).toEqual(run(true));
      }),
      { numRuns: 6 },
    );
  });

  it("gives the same again after a reset", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomEventProgram(randomEventTarget(dice), dice);
        const words = randomWords(program, 20, dice);
        const chip = openEventChip(program);
        const fresh = shown(chip);
        const first = sent(chip, words, 2, "after-idle", 20);
        chip.reset();
        expect(shown(chip)).toEqual(fresh);
        expect(sent(chip, words, 2, "after-idle", 20)).toEqual(first);
      }),
      { numRuns: 30 },
    );
  });

  it("does nothing but what its words say: none, no change", () => {
    const dice = new Dice(3);
    const chip = openEventChip(randomEventProgram(randomEventTarget(dice), dice));
    const before = shown(chip);
    expect([...chip.send([])]).toEqual([]);
    expect(shown(chip)).toEqual(before);
  });
});

/** Two neurons of tinyODIN that excite each other for ever. */
function closedLoop(): Program {
  const target = readTarget("tinyodin");
  const settings = { last_neuron: 1, open_loop: 0, output: 0 };
  const pair = {
    ...one,
    name: "pair",
    datapath: "lif",
    parameters: { leak: Int32Array.of(0), threshold: Int32Array.of(5), disabled: Int32Array.of(0) },
    addresses: Uint32Array.of(0, 1),
  };
  const projection = {
    name: "loop",
    from: "pair",
    to: "pair",
    arrivesAfter: 0,
    parameters: {},
    accumulator: "input",
    synapses: { kind: "dense" as const, weight: Int32Array.of(0, 7, 7, 0) },
  };
  return programOf({ target, settings, inputs: [], populations: [pair], projections: [projection] });
}

describe("a loop that never ends", () => {
  it("is stopped, and what it wrote until then is there", () => {
    const chip = openEventChip(closedLoop());
    expect(() => chip.send([0], { limit: 6 })).toThrow(expect.objectContaining({ code: "ENGINE_EVENT_LIMIT" }));
    expect([...chip.outputs()]).toEqual([1, 0, 1, 0, 1, 0]);
    expect([...chip.register("pair", "membrane")]).toEqual([0, 0]);
    expect(chip.waiting).toBe(1);
  });

  it("goes on where it stopped, without a word", () => {
    const chip = openEventChip(closedLoop());
    for (let i = 0; i < 2; i++) expect(() => chip.send(i === 0 ? [0] : [], { limit: 3 })).toThrow("3 events");
    expect([...chip.outputs()]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it("is stopped without being asked", () => {
    expect(() => openEventChip(closedLoop()).send([0])).toThrow(
      expect.objectContaining({ code: "ENGINE_EVENT_LIMIT" }),
    );
  });
});

describe("a host", () => {
  it.each([1024, -1, 0.5, NaN])("cannot send %d, and nothing before it", (word) => {
    const chip = openEventChip(closedLoop());
    expect(() => chip.send([0, word])).toThrow(expect.objectContaining({ code: "ENGINE_WORD" }));
    expect([...chip.outputs()]).toEqual([]);
  });

  it("finds no chip where there are timesteps", () => {
    const program = programOf({ target: motley, populations: [one] });
    expect(() => openEventChip(program)).toThrow(expect.objectContaining({ code: "ENGINE_NO_EVENTS" }));
  });

  it("is told which registers there are", () => {
    const chip = openEventChip(closedLoop());
    for (const read of [
      () => chip.register("pair", "current"),
      () => chip.register("other", "membrane"),
      () => chip.synapses("mapped"),
    ]) {
      expect(read).toThrow(expect.objectContaining({ code: "RUN_PROBE" }));
    }
    expect(chip.synapses("weight").subarray(0, 2)).toEqual(Int32Array.of(0, 7));
  });
});
