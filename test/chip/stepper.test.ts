import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program, ProgramInput } from "../../src/compile/program.ts";
import type { Recording, StepEvents, StepInput, StepInputs, StepResult, SteppingEngine } from "../../src/engine.ts";
import { openKernels } from "../../src/kernels/engine.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { Target } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { codeOf, mistakeOf, timestepTargets } from "../support.ts";
import { fed, motley, one, outcome, randomProgram, randomStimuli, rowOf, targets } from "./programs.ts";

const all = new Map([...targets, ...timestepTargets()].map((target) => [target.name, target]));
const named = [...all].map(([name, target]) => ({ name, target }));
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** Every engine that steps. */
const engines = [
  { engine: "the interpreter", open: (program: Program) => Promise.resolve(openInterpreter(program)) },
  { engine: "kernels", open: openKernels },
] as const;

/** An engine of a program, one or the other. */
function openOne(program: Program, seed: number): Promise<SteppingEngine> {
  return engines[seed % 2]!.open(program);
}

/** What fired in a step, in the form of `rowOf`. */
function asRow(result: StepResult): [string, number[], number[]][] {
  return [...result].map(([name, { count, neuron, payload }]) => {
    return [name, [...neuron.subarray(0, count)], [...payload.subarray(0, count)]];
  });
}

/** The events of a frame, torn to pieces and out of order. */
function eventsOf(frame: Float64Array, { payloadScale, payloadLimit }: ProgramInput, dice: Dice): StepEvents {
  const pieces: [number, number][] = [];
  for (const [neuron, value] of frame.entries()) {
    const scaled = Math.round(value * (payloadScale ?? 1));
    const whole = Math.max(-payloadLimit, Math.min(payloadLimit, scaled));
    const first = dice.between(Math.min(0, whole), Math.max(0, whole));
    pieces.push([neuron, first], [neuron, whole - first]);
  }
  const some = pieces.filter(([, payload]) => payload !== 0 || dice.chance(5));
  const order = dice.chance(30) ? some : some.toSorted(() => dice.between(-1, 1));
  // Arrays that are longer than what they hold.
  const [neuron, payload] = [new Uint32Array(order.length + 2).fill(9e6), new Int32Array(order.length + 1)];
  for (const [i, [id, carries]] of order.entries()) {
    neuron[i] = id;
    payload[i] = carries;
  }
  return { neuron, payload, count: order.length };
}

/** A random program, what it is fed in each step, and what a run of it gives: spikes, or the mistake that ends it. */
interface Case {
  readonly program: Program;
  readonly inputs: readonly StepInputs[];
  readonly run: Recording | string;
}

async function caseOf(target: Target, seed: number, steps: number): Promise<Case> {
  const dice = new Dice(seed);
  const program = randomProgram(target, dice);
  const stimuli = randomStimuli(program, 1, steps, seed);
  const run = (await outcome(openInterpreter(program), stimuli, { chipTime: true })) as Recording | string;
  const inputs = Array.from({ length: steps + program.latency }, (_, step) => {
    const given = new Map<string, StepInput>();
    for (const input of program.inputs) {
      if (step >= steps) continue;
      const frame = new Float64Array(sizeOf(input.shape));
      stimuli.get(input.name)!.read(0, step, frame);
      given.set(input.name, dice.chance(50) ? frame : eventsOf(frame, input, dice));
    }
    return given;
  });
  return { program, inputs, run };
}

/** Registers of all neurons, by population and register. */
function registersOf(engine: SteppingEngine, { target, populations }: Program): [string, string, number[]][] {
  return populations.flatMap(({ name, datapath }) =>
    Object.keys(target.datapaths[datapath]!.state).map((register): [string, string, number[]] => {
      return [name, register, [...engine.read(name, register)]];
    }),
  );
}

/** On all targets together: on some, most random programs end with a mistake. */
let timestepsCompared = 0;

describe.each(named)("steps of random programs on $name", ({ target }) => {
  it("give the rows of a run, and end with its mistake", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { program, inputs, run } = await caseOf(target, seed, 6);
        const engine = await openOne(program, seed);
        const steps = (): void => {
          for (const [step, given] of inputs.entries()) {
            const got = asRow(engine.step(given));
            if (typeof run === "string") continue;
            expect(got).toEqual(rowOf(run, step));
            timestepsCompared++;
          }
        };
        const mistake = mistakeOf(steps);
        expect(mistake === undefined ? "none" : `${mistake.code}: ${mistake.message}`).toBe(
          typeof run === "string" ? run : "none",
        );
      }),
      { numRuns: 16 },
    );
  });

  it("go on from a snapshot as if nothing had happened, in any engine of the program", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.nat(6), async (seed, cut) => {
        const { program, inputs, run } = await caseOf(target, seed, 6);
        if (typeof run === "string") return;
        let engine = await openOne(program, seed);
        const room = new Uint8Array(seed % 3 === 0 ? 0 : 1 << 16);
        for (const [step, given] of inputs.entries()) {
          if (step === cut) {
            const snapshot = engine.snapshot(room);
            const registers = registersOf(engine, program);
            for (const other of inputs.slice(0, seed % 4)) mistakeOf(() => engine.step(other));
            if (seed % 4 < 2) engine = await openOne(program, seed + 1);
            engine.restore(snapshot);
            expect(registersOf(engine, program)).toEqual(registers);
            expect(engine.snapshot()).toEqual(snapshot);
          }
          expect(asRow(engine.step(given))).toEqual(rowOf(run, step));
        }
      }),
      { numRuns: 16 },
    );
  });

  it("begin anew after a reset", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.nat(5), async (seed, count) => {
        const { program, inputs } = await caseOf(target, seed, 5);
        const engine = await openOne(program, seed);
        const fresh = engine.snapshot();
        for (const given of inputs.slice(0, count)) mistakeOf(() => engine.step(given));
        engine.reset();
        expect(engine.snapshot()).toEqual(fresh);
      }),
      { numRuns: 8 },
    );
  });

  it("show the registers that a run records", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { program, inputs, run } = await caseOf(target, seed, 4);
        if (typeof run === "string") return;
        const stimuli = randomStimuli(program, 1, 4, seed);
        const probes = program.populations.flatMap(({ name, datapath }) =>
          Object.keys(target.datapaths[datapath]!.state).map((register) => ({ population: name, register })),
        );
        const { populations } = await openInterpreter(program).run(stimuli, { chipTime: true, probes });
        const engine = await openOne(program, seed);
        for (const [step, given] of inputs.entries()) {
          engine.step(given);
          for (const { name, neurons, traces } of populations) {
            for (const [register, trace] of traces) {
              const row = trace.subarray(step * neurons, (step + 1) * neurons);
              expect([...engine.read(name, register)]).toEqual([...row]);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it("survive no damaged snapshot: it is refused without effect, or was harmless", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.nat(), fc.nat(255), async (seed, at, byte) => {
        const { program, inputs } = await caseOf(target, seed, 4);
        const engine = await openOne(program, seed);
        for (const given of inputs.slice(0, 3)) if (mistakeOf(() => engine.step(given)) !== undefined) return;
        const sound = engine.snapshot();
        const damaged = sound.slice();
        damaged[at % damaged.length] = byte;
        if (codeOf(() => engine.restore(damaged)) === "ENGINE_SNAPSHOT") expect(engine.snapshot()).toEqual(sound);
        else mistakeOf(() => engine.step(inputs[3]));
      }),
      { numRuns: 12 },
    );
  });
});

it("timesteps of many random programs were compared", () => {
  expect(timestepsCompared).toBeGreaterThan(300);
});

/** A program with one input of two neurons that takes counts up to 3, or payloads up to 255. */
function counting(payloadScale: number | null): Program {
  const program = fed(one, 1);
  const input = { ...program.inputs[0]!, payloadScale, payloadLimit: payloadScale === null ? 3 : 255 };
  return { ...program, inputs: [input] };
}

/** Two events of the first neuron. */
function payloads(...payload: [number, number]): StepInputs {
  return new Map([["in", { neuron: [0, 0], payload }]]);
}

describe.each(engines)("on $engine, a step that is refused", ({ open }) => {
  const none = new Float64Array(2);
  const wrong: readonly { what: string; given: [string, unknown][]; code: string; says: string }[] = [
    { what: "an unknown input", given: [["other", none]], code: "RUN_STIMULUS_UNKNOWN", says: "no input other" },
    {
      what: "a frame of another size",
      given: [["in", new Float64Array(3)]],
      code: "RUN_STIMULUS_SHAPE",
      says: "of 2 values; the data have 3",
    },
    ...[0.5, -1, 4, NaN].map((value) => ({
      what: `${value} events`,
      given: [["in", Float64Array.of(0, value)]] as [string, unknown][],
      code: "ENGINE_EVENT_COUNT",
      says: `value ${value} at neuron 1`,
    })),
    ...[2, -1, 0.5, NaN, undefined].map((id) => ({
      what: `neuron ${id}`,
      given: [["in", { neuron: [0, id] }]] as [string, unknown][],
      code: "ENGINE_EVENT_NEURON",
      says: `Event 1 of input in names neuron ${id}; the input has neurons 0 to 1`,
    })),
    ...[-1, 4, 1.5, NaN, undefined].map((payload) => ({
      what: `payload ${payload}`,
      given: [["in", { neuron: [0, 1], payload: Object.assign([1, payload], { length: 2 }) }]] as [string, unknown][],
      code: "ENGINE_EVENT_PAYLOAD",
      says: `neuron 1 of input in carry ${payload}; payloads are whole numbers from 0 to 3`,
    })),
    {
      what: "more events of one neuron than it takes",
      given: [["in", { neuron: [1, 0, 1], payload: [2, 1, 2] }]],
      code: "ENGINE_EVENT_PAYLOAD",
      says: "neuron 1 of input in carry 4",
    },
    ...[null, 5, "a frame", {}].map((given) => ({
      what: `${JSON.stringify(given)} in place of a frame`,
      given: [["in", given]] as [string, unknown][],
      code: given === "a frame" ? "RUN_STIMULUS_SHAPE" : "ENGINE_STEP_INPUT",
      says: "",
    })),
    ...[-1, 3, 0.5].map((count) => ({
      what: `a count of ${count}`,
      given: [["in", { neuron: [0, 1], count }]] as [string, unknown][],
      code: "ENGINE_STEP_INPUT",
      says: `has a count of ${count} and 2 neurons`,
    })),
    {
      what: "too few payloads",
      given: [["in", { neuron: [0, 1], payload: [1] }]],
      code: "ENGINE_STEP_INPUT",
      says: "has 2 events and 1 payloads",
    },
    { what: "no neurons", given: [["in", { neuron: null }]], code: "ENGINE_STEP_INPUT", says: "no list of neurons" },
  ];

  it.each(wrong)("for $what tells what is wrong and where, and changes nothing", async ({ given, code, says }) => {
    const engine = await open(counting(null));
    const fine = new Map([["in", { neuron: [0], payload: [2] }]]);
    engine.step(fine);
    const before = engine.snapshot();
    const mistake = mistakeOf(() => engine.step(new Map(given) as StepInputs))!;
    expect(mistake.code).toBe(code);
    expect(mistake.message).toContain(says);
    expect(mistake.hint).not.toBe("");
    if (code !== "RUN_STIMULUS_UNKNOWN") expect(mistake.place.node).toBe("in");
    expect(engine.snapshot()).toEqual(before);
    const undisturbed = await open(counting(null));
    undisturbed.step(fine);
    for (let step = 0; step < 3; step++) expect(asRow(engine.step(fine))).toEqual(asRow(undisturbed.step(fine)));
  });

  it("takes payloads of both signs where the input is graded, as far as they go", async () => {
    const engine = await open(counting(1));
    expect(codeOf(() => engine.step(payloads(-255, 0)))).toBe("no error");
    expect(codeOf(() => engine.step(payloads(255, -200)))).toBe("no error");
    for (const beyond of [payloads(256, 0), payloads(-256, 0), payloads(200, 200)]) {
      expect(mistakeOf(() => engine.step(beyond))!.message).toContain("from -255 to 255");
    }
    expect(codeOf(() => engine.step(new Map([["in", Float64Array.of(0, NaN)]])))).toBe("DATA_NOT_FINITE");
  });
});

describe.each(engines)("on $engine, a step that the equations end halfway", ({ open }) => {
  const drive: StepInputs = new Map([["in", Float64Array.of(80, 80)]]);

  it("leaves an engine that steps again only after a reset or a restore", async () => {
    const engine = await open(fed(one, -100));
    const fresh = engine.snapshot();
    engine.step(drive);
    engine.step(drive);
    const later = engine.snapshot();
    const last = (): string => codeOf(() => [engine.step(drive), engine.step(drive)]);
    for (const goBack of [() => engine.reset(), () => engine.restore(fresh), () => engine.restore(later)]) {
      while (codeOf(() => engine.step(drive)) === "no error");
      expect([last(), codeOf(() => engine.snapshot())]).toEqual(["ENGINE_STEP_BROKEN", "ENGINE_STEP_BROKEN"]);
      expect(engine.read("cell", "membrane")).toHaveLength(2);
      goBack();
      expect(codeOf(() => engine.step(drive))).toBe("no error");
    }
    // The membrane leaves its range in step 4: what had arrived by then is forgotten.
    engine.restore(later);
    expect(codeOf(() => engine.step())).toBe("no error");
    expect([...engine.read("cell", "membrane")]).toEqual([0, -875]);
  });
});

describe.each(engines)("on $engine, what a step gives", ({ open }) => {
  it("is always in the same objects, and empty after a reset or a restore", async () => {
    const engine = await open(fed({ ...one, parameters: { threshold: Int32Array.of(5) } }, 100));
    const drive: StepInputs = new Map([["in", Float64Array.of(8, 0)]]);
    const first = engine.step(drive);
    const cell = first.get("cell")!;
    expect(cell.count).toBe(0);
    expect(engine.step(drive)).toBe(first);
    const { count, neuron } = cell;
    expect([count, neuron[0]]).toEqual([1, 1]);
    const snapshot = engine.snapshot();
    engine.reset();
    expect(cell.count).toBe(0);
    engine.step(drive);
    engine.step(drive);
    expect([cell.count, first.get("cell")]).toEqual([1, cell]);
    engine.restore(snapshot);
    expect(cell.count).toBe(0);
  });

  it("is what silent inputs give where nothing is given", async () => {
    const [engine, other] = [await open(counting(null)), await open(counting(null))];
    engine.step();
    other.step(new Map([["in", new Float64Array(2)]]));
    expect(engine.snapshot()).toEqual(other.snapshot());
  });
});

describe.each(engines)("on $engine, reading a register", ({ open }) => {
  it("writes to the array that is given, which has to be of its size", async () => {
    const engine = await open(fed(one, 1));
    const into = new Float64Array(2).fill(7);
    expect(engine.read("cell", "membrane", into)).toBe(into);
    expect([...into]).toEqual([0, 0]);
    const { code, message } = mistakeOf(() => engine.read("cell", "sum", new Float64Array(3)))!;
    expect([code, message]).toEqual(["ENGINE_READ_SIZE", "The array for sum of cell has 3 values; 2 are needed."]);
  });

  it("refuses what is no register", async () => {
    const engine = await open(fed(one, 1));
    expect(mistakeOf(() => engine.read("cell", "threshold"))!.hint).toContain("sum of cell, membrane of cell");
    expect(mistakeOf(() => engine.read("soma", "membrane"))).toMatchObject({
      code: "RUN_PROBE",
      place: { node: "soma" },
    });
  });
});

describe.each(engines)("on $engine, a snapshot", ({ open }) => {
  it("takes the room that it is given where there is enough of it", async () => {
    const engine = await open(fed(one, 1));
    engine.step(new Map([["in", { neuron: [0] }]]));
    const own = engine.snapshot();
    const room = new Uint8Array(own.length + 40).fill(9);
    // From an odd place on, so that nothing in it is aligned.
    const odd = engine.snapshot(room.subarray(3));
    expect([odd.buffer, odd.byteOffset, odd.length]).toEqual([room.buffer, 3, own.length]);
    expect(odd).toEqual(own);
    expect([...room.subarray(3 + own.length)]).toEqual(Array.from({ length: 37 }, () => 9));
    engine.reset();
    engine.restore(odd);
    expect(engine.snapshot()).toEqual(own);
    const small = new Uint8Array(own.length - 1);
    expect(engine.snapshot(small).buffer).not.toBe(small.buffer);
    expect(small.every((byte) => byte === 0)).toBe(true);
  });

  it("of another program is refused, and so are bytes that are none", async () => {
    const engine = await open(fed(one, 1));
    engine.step(new Map([["in", { neuron: [0] }]]));
    const own = engine.snapshot();
    const wider = { ...one, shape: [2, 1], initial: { membrane: Int32Array.of(5) } };
    engine.restore((await open(fed(wider, 3))).snapshot());
    const parameters = { leak: Int32Array.of(1), threshold: Int32Array.of(1) };
    const foreign = [
      (await open(fed({ ...one, datapath: "plain", parameters }, 1))).snapshot(),
      (await open(fed({ ...one, name: "soma" }, 1))).snapshot(),
      (await open(randomProgram(motley, new Dice(4)))).snapshot(),
      new Uint8Array(0),
      own.subarray(0, own.length - 8),
      Uint8Array.of(...own, ...own),
      new Uint8Array(99),
    ];
    for (const bytes of foreign) expect(codeOf(() => engine.restore(bytes))).toBe("ENGINE_SNAPSHOT");
    engine.restore(own);
    expect(engine.snapshot()).toEqual(own);
  });

  it("with a number that cannot be is refused", async () => {
    const engine = await open(fed(one, 1));
    engine.step(new Map([["in", { neuron: [0, 1], payload: [4, 5] }]]));
    const own = engine.snapshot();
    const changed = (offset: number, value: number): Uint8Array => {
      const bytes = own.slice();
      new DataView(bytes.buffer).setInt32(offset, value, true);
      return bytes;
    };
    // Header of 24 bytes, sum [2] and membrane [2], a count in 8 bytes, two neurons, two payloads.
    const [sum, neuron, payload] = [24, 48, 56];
    expect(own).toHaveLength(64);
    expect(codeOf(() => engine.restore(changed(sum, 8191)))).toBe("no error");
    const broken = [
      changed(sum, 8192),
      changed(neuron + 4, 2),
      changed(neuron, 1),
      changed(payload, 0),
      changed(payload, 2 ** 20 + 1),
      changed(40, 1),
      changed(0, 5),
    ];
    for (const bytes of broken) expect(codeOf(() => engine.restore(bytes))).toBe("ENGINE_SNAPSHOT");
  });
});

describe.each(engines)("on $engine, an engine that was closed", ({ open }) => {
  it("refuses everything", async () => {
    const engine = await open(fed(one, 1));
    const snapshot = engine.snapshot();
    await engine.close();
    await engine.close();
    const calls = [
      () => engine.step(),
      () => engine.read("cell", "sum"),
      () => engine.reset(),
      () => engine.snapshot(),
      () => engine.restore(snapshot),
    ];
    for (const call of calls) expect(codeOf(call)).toBe("ENGINE_CLOSED");
    await expect(engine.run(new Map())).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  });
});
