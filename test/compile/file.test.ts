import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { Program } from "../../src/compile/program.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget } from "../../src/files.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import type { Target } from "../../src/target/types.ts";
import { eventTargets } from "../chip/event-targets.ts";
import { randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { codeOf, mistakeOf } from "../support.ts";
import { readDiscrete, readTrained, trainedNames } from "./trained.ts";

const key = "bitspike.program";
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** Decode, and where that is accepted run a little: whatever goes wrong has to be a mistake that is named. */
async function tryOut(bytes: Uint8Array): Promise<string> {
  try {
    const program = decodeProgram(bytes);
    await openInterpreter(program, { eventLimit: 20 }).run(randomStimuli(program, 1, 3, 1));
    return "no error";
  } catch (error) {
    if (error instanceof BitspikeError) return error.code;
    throw error;
  }
}

/** The same file after a change of its JSON. */
function withJson(bytes: Uint8Array, change: (json: Record<string, unknown>) => unknown): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const json = JSON.parse(metadata[key]!) as Record<string, unknown>;
  return encodeSafetensors({ tensors, metadata: { [key]: JSON.stringify(change(json)) } });
}

/** Small programs of every form that synapses have. */
function smallProgram(dice: Dice, chips: readonly Target[] = targets): Program {
  for (;;) {
    const program = randomProgram(dice.one(chips), dice);
    if (program.populations.every(({ neurons }) => neurons < 100)) return program;
  }
}

describe("a program file", () => {
  it.each([
    ...trainedNames.map((name) => ({ name, chip: "loihi2" })),
    { name: "nir-paper/01_lif/lif_norse.nir", chip: "loihi2" },
    { name: "nir-paper/01_lif/lif_norse.nir", chip: "generic-8bit" },
    { name: "nir-paper/02_cnn/scnn_mnist.nir", chip: "loihi2" },
    { name: "nir-paper/03_rnn/braille_noDelay_bias_zero.nir", chip: "loihi2" },
    { name: "mnist-mlp", chip: "generic-8bit" },
    { name: "mnist-conv", chip: "generic-8bit" },
    { name: "mnist-rec", chip: "generic-8bit" },
  ])("of $name for $chip holds exactly what was compiled", async ({ name, chip }) => {
    const trained = trainedNames.find((one) => one === name);
    const network = trained === undefined ? await readDiscrete(name) : (await readTrained(trained)).network;
    const program = compile(network, readTarget(chip));
    const bytes = encodeProgram(program);
    expect(decodeProgram(bytes)).toEqual(program);
    expect(encodeProgram(decodeProgram(bytes))).toEqual(bytes);
  });

  it("of any program holds exactly what it was made of", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(dice.one([...targets, ...eventTargets]), dice);
        expect(decodeProgram(encodeProgram(program))).toEqual(program);
      }),
      { numRuns: 100 },
    );
  });
});

const kinds = [
  { name: "in timesteps", chips: targets },
  { name: "on events", chips: eventTargets },
];

describe("a damaged program file", () => {
  const allowed = ["no error", "PROGRAM_FORMAT", "SAFETENSORS_BROKEN", "SAFETENSORS_DTYPE"];
  /** Mistakes that belong to a run: what another number in a weight or a threshold may lead to. */
  const ofNeurons = ["ENGINE_REGISTER_RANGE", "ENGINE_SPIKE_COUNT"];
  const ofRuns = [...ofNeurons, "ENGINE_DELIVERY_RANGE", "ENGINE_SUM_RANGE", "ENGINE_EVENT_COUNT"];
  const ofEvents = ["ENGINE_EVENT_RANGE", "ENGINE_SYNAPSE_RANGE", "ENGINE_EVENT_LIMIT", "ENGINE_NO_TIMESTEP"];
  const ofEquations = ["DATAPATH_SHIFT_AMOUNT", "DATAPATH_DIVISOR"];
  const fine = [...allowed, ...ofRuns, ...ofEvents, ...ofEquations];

  it.each(kinds)("with some bytes changed is refused, or runs $name", async ({ chips }) => {
    const bytes = encodeProgram(smallProgram(new Dice(5), chips));
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const damaged = bytes.slice();
        for (const [at, by] of flips) damaged[at]! ^= by;
        expect(fine).toContain(await tryOut(damaged));
      }),
      { numRuns: 400 },
    );
  });

  it("cut short is refused", () => {
    const bytes = encodeProgram(smallProgram(new Dice(6)));
    for (let length = 0; length < bytes.length; length += 97) {
      expect(codeOf(() => decodeProgram(bytes.subarray(0, length)))).toMatch(/^SAFETENSORS_/);
    }
  });

  it("is told what is wrong with it", () => {
    const bytes = encodeProgram(smallProgram(new Dice(11)));
    const told = (change: (json: Program) => unknown, file?: string): string => {
      const { code, message, place } = mistakeOf(() => decodeProgram(withJson(bytes, change as never), file))!;
      expect([code, place]).toEqual(["PROGRAM_FORMAT", file === undefined ? {} : { file }]);
      return message;
    };
    expect(told(() => ({}), "some.safetensors")).toContain("does not say that it is a program");
    expect(told((json) => ({ ...json, version: 2 }))).toContain("version is 2; this release reads version 1");
    expect(told((json) => ({ ...json, latency: 99 }))).toContain("latency is wrong");
    expect(told((json) => ({ ...json, inputs: [] }))).toContain("inputs: ");
    expect(told((json) => ({ ...json, populations: [...json.populations, ...json.populations] }))).toContain(
      "same name",
    );
    expect(told((json) => ({ ...json, settings: { other: 1 } }))).toContain("setting other does not exist");
    expect(told((json) => ({ ...json, outputs: [{ name: "o", population: "x" }] }))).toContain("output x is missing");
    const { metadata, tensors } = decodeSafetensors(bytes);
    const asFloats = [...tensors].map(([name, { shape, data }]) => {
      return [
        name,
        { dtype: "F64", shape, data: Float64Array.from(data as Int32Array, (value) => value + 0.5) },
      ] as const;
    });
    const floats = encodeSafetensors({ tensors: new Map(asFloats), metadata });
    expect(mistakeOf(() => decodeProgram(floats))!.message).toContain("Int32Array");
    const without = encodeSafetensors({ tensors: new Map(), metadata });
    expect(mistakeOf(() => decodeProgram(without))!.message).toContain("missing or of a wrong kind");
    const empty = encodeSafetensors({ tensors: new Map(), metadata: {} });
    expect(mistakeOf(() => decodeProgram(empty))!.message).toContain(`has no ${key}`);
    const broken = encodeSafetensors({ tensors: new Map(), metadata: { [key]: "{" } });
    expect(mistakeOf(() => decodeProgram(broken))!.message).toContain("is no JSON");
  });

  it.each(kinds)("with some values of its JSON replaced is refused, or runs $name", async ({ chips }) => {
    const codes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const bytes = encodeProgram(smallProgram(dice, chips));
        const damaged = withJson(bytes, (json) => {
          for (let count = dice.between(1, 2); count > 0; count--) damage(json, dice);
          return json;
        });
        const code = await tryOut(damaged);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(fine).toContain(code);
      }),
      { numRuns: 600 },
    );
    // Both happen, so that the law says something.
    expect(codes.get("PROGRAM_FORMAT")).toBeGreaterThan(0);
    expect(codes.get("no error")).toBeGreaterThan(0);
  });
});

/** Replace, remove or repeat one value somewhere in a JSON value. */
function damage(root: unknown, dice: Dice): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const name of Object.keys(value)) {
      places.push([value as Record<string, unknown>, name]);
      visit((value as Record<string, unknown>)[name]);
    }
  };
  visit(root);
  const [parent, name] = dice.one(places);
  const others = [null, -1, 0, 1, 2, 3.5, 1e9, 1e300, "", "membrane", true, [], [1], {}, { $number: "NaN" }];
  switch (dice.between(0, 9)) {
    case 0:
      delete parent[name];
      return;
    case 1:
      parent[`${name}2`] = parent[name];
      return;
    case 2:
    case 3: {
      const [other, from] = dice.one(places);
      parent[name] = structuredClone(other[from]);
      return;
    }
    default:
      parent[name] = dice.one(others);
  }
}
