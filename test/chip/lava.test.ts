import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import type { Program, ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import { WeightFormat } from "../../src/compile/weights.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import type { Stimulus } from "../../src/engine.ts";
import { loadTarget } from "../../src/target/load.ts";

interface Connection {
  readonly weights: number[][];
  readonly weight_exp?: number;
  readonly num_weight_bits?: number;
  readonly sign_mode?: string | null;
  readonly num_message_bits?: number;
  readonly delays?: number[][];
  readonly src?: string;
  readonly dst?: string;
}
interface Lif {
  readonly name?: string;
  readonly n: number;
  readonly du: number;
  readonly dv: number;
  readonly vth: number;
  readonly bias_mant: number[];
  readonly bias_exp: number[];
  readonly u0: number[];
  readonly v0: number[];
}
interface Case {
  readonly case: string;
  readonly params: Lif & Connection & { readonly steps: number; populations?: Lif[]; connections?: Connection[] };
  readonly input: Record<string, number[][]>;
  readonly expected: Record<string, number[][] | Record<string, number[][]>>;
}

// The emulator holds the current in 32 bits, and one vector drives it beyond what a chip could deliver.
const targetText = `
extends: loihi2
name: loihi2-emulated
title: The emulator's own width of the current
datapaths:
  lif: { state: { current: int32 } }
  # Shows what a connection delivers.
  meter:
    state: { current: int53, membrane: uint1 }
    projection:
      { weight_exp: -8..7, graded: uint1, signs: { values: [mixed, excitatory, inhibitory] }, bits: 1..8 }
    on spike: "total = total + (graded ? weight * payload : weight)"
    on total: "input = input + ((total << max(weight_exp, 0)) >> max(-weight_exp, 0))"
    on load: "stored = signs + bits"
    on timestep: |
      current  = input
      membrane = 0
      spike    = 0
`;
const target = loadTarget(targetText, "test.yaml", (name) => readFileSync(`targets/${name}.yaml`, "utf8"));
const datapath = readDatapath(target.datapaths["lif"]!, target.settings).datapath!;
const format = new WeightFormat(target, datapath, null);
const folder = "test/golden/lava";

const words = ["mixed", "excitatory", "inhibitory"];
function signsOf({ weights, sign_mode: mode }: Connection): number {
  if (mode) return mode === "NULL" ? 1 : words.indexOf(mode.toLowerCase());
  const all = weights.flat();
  return all.every((weight) => weight >= 0) ? 1 : all.every((weight) => weight <= 0) ? 2 : 0;
}

function constantsOf(connection: Connection): Record<string, number> {
  return {
    weight_exp: connection.weight_exp ?? 0,
    graded: Number((connection.num_message_bits ?? 0) > 0),
    signs: signsOf(connection),
    bits: connection.num_weight_bits ?? 8,
  };
}

function storedWeights(connection: Connection): number[][] {
  const constants = constantsOf(connection);
  return connection.weights.map((row) => row.map((weight) => format.stored(weight, constants)));
}

/** One projection for each value of delay, since a projection has one. */
function projectionsOf(connection: Connection, from: string, to: string): ProgramProjection[] {
  const stored = storedWeights(connection);
  const delays = [...new Set((connection.delays ?? [[0]]).flat())];
  return delays.map((delay) => {
    const weight = stored.map((row, t) =>
      row.map((w, s) => ((connection.delays?.[t]?.[s] ?? delay) === delay ? w : 0)),
    );
    const rows = weight[0]!.flatMap((_, source) => weight.map((row) => row[source]!));
    return {
      name: `${from}->${to} ${delay}`,
      from,
      to,
      arrivesAfter: 1 + delay,
      parameters: constantsOf(connection),
      accumulator: "input",
      synapses: { kind: "dense", weight: Int32Array.from(rows) },
    };
  });
}

function populationOf(lif: Lif): ProgramPopulation {
  return {
    name: lif.name ?? "lif",
    shape: [lif.n],
    neurons: lif.n,
    datapath: "lif",
    parameters: {
      current_decay: Int32Array.of(lif.du),
      membrane_decay: Int32Array.of(lif.dv),
      threshold: Int32Array.of(lif.vth),
      bias_mant: Int32Array.from(lif.bias_mant),
      bias_exp: Int32Array.from(lif.bias_exp),
    },
    initial: { current: Int32Array.from(lif.u0), membrane: Int32Array.from(lif.v0) },
    offset: 0,
    scale: null,
    origin: null,
  };
}

function programOf(
  inputs: Record<string, number>,
  populations: ProgramPopulation[],
  projections: ProgramProjection[],
): Program {
  return {
    format: "bitspike-program",
    version: 1,
    target,
    recipe: null,
    settings: { readout: 0 },
    inputs: Object.entries(inputs).map(([name, size]) => {
      return { name, shape: [size], payloadScale: 1, payloadLimit: 2 ** 31 - 1 };
    }),
    populations,
    projections,
    outputs: [],
    latency: 0,
    decisions: [],
    warnings: [],
    fit: { fits: true, cores: 1, coresAvailable: null, placement: [], reasons: [] },
  };
}

function stimulusOf(rows: readonly (readonly number[])[], steps: number, size: number): Stimulus {
  return {
    samples: 1,
    steps,
    shape: [size],
    kind: "graded",
    constant: false,
    read: (_, step, out) => out.set(rows[step] ?? Array.from({ length: size }, () => 0)),
  };
}

async function run(
  program: Program,
  inputs: Record<string, readonly (readonly number[])[]>,
  steps: number,
  plain: boolean,
) {
  const sizes = Object.fromEntries(program.inputs.map(({ name, shape }) => [name, shape[0]!]));
  const stimuli = new Map(Object.entries(sizes).map(([name, n]) => [name, stimulusOf(inputs[name] ?? [], steps, n)]));
  const probes = program.populations.flatMap(({ name: population }) =>
    ["current", "membrane"].map((register) => ({ population, register })),
  );
  const recording = await openInterpreter(program, { plain }).run(stimuli, { probes });
  return (name: string) => {
    const { neurons, traces, spikes } = recording.populations.find((one) => one.name === name)!;
    const rowsOf = (trace: ArrayLike<number>): number[][] =>
      Array.from({ length: steps }, (_, t) => Array.from({ length: neurons }, (_, i) => trace[t * neurons + i]!));
    const fired = new Int32Array(steps * neurons);
    for (let t = 0; t < steps; t++) {
      for (let i = spikes.start[t]!; i < spikes.start[t + 1]!; i++) fired[t * neurons + spikes.neuron[i]!] = 1;
    }
    return { u: rowsOf(traces.get("current")!), v: rowsOf(traces.get("membrane")!), spikes: rowsOf(fired) };
  };
}

/** Every neuron gets its own input, unchanged. */
function oneToOne(n: number): ProgramProjection {
  return {
    name: "a_in",
    from: "in",
    to: "lif",
    arrivesAfter: 0,
    parameters: { weight_exp: 0, graded: 1, signs: 1, bits: 8 },
    accumulator: "input",
    synapses: {
      kind: "sparse",
      start: Uint32Array.from({ length: n + 1 }, (_, i) => i),
      target: Uint32Array.from({ length: n }, (_, i) => i),
      weight: new Int32Array(n).fill(1),
    },
  };
}

/** Neurons that only show what arrived. */
function meter(n: number): ProgramPopulation {
  return { ...populationOf(silent(n)), datapath: "meter", parameters: {} };
}

function silent(n: number): Lif {
  const zeros = Array.from({ length: n }, () => 0);
  return { n, du: 0, dv: 0, vth: 0, bias_mant: zeros, bias_exp: zeros, u0: zeros, v0: zeros };
}

const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
const cases = files.flatMap((file) =>
  (JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as { cases: Case[] }).cases.map((one) => ({ file, one })),
);

describe.each([{ plain: false }, { plain: true }])("Lava's fixed-point models, plain walk: $plain", ({ plain }) => {
  // The plain walk is thousands of times slower; it takes every fifth case, the prepared loops take all.
  const chosen = cases.filter((_, index) => !plain || index % 5 === 0);
  it.each(chosen)("$file: $one.case", async ({ file, one }) => {
    const { params, input, expected } = one;
    if (file.startsWith("lif")) {
      const rows = input["a_in"]!;
      const program = programOf({ in: params.n }, [populationOf(params)], [oneToOne(params.n)]);
      const got = (await run(program, { in: rows }, rows.length, plain))("lif");
      expect(got).toEqual(expected);
    } else if (file.startsWith("conn")) {
      const rows = input["s_in"]!;
      expect(storedWeights(params)).toEqual(expected["effective_weights"]);
      const targets = params.weights.length;
      const projections = projectionsOf(params, "in", "lif");
      const program = programOf({ in: rows[0]!.length }, [meter(targets)], projections);
      const got = (await run(program, { in: rows }, rows.length, plain))("lif");
      expect(got.u).toEqual(expected["a_out"]);
    } else {
      const sizes = Object.fromEntries(Object.entries(input).map(([name, rows]) => [name, rows[0]!.length]));
      const projections = params.connections!.flatMap((one) => projectionsOf(one, one.src!, one.dst!));
      const program = programOf(sizes, params.populations!.map(populationOf), projections);
      const got = await run(program, input, params.steps, plain);
      for (const [name, wanted] of Object.entries(expected)) expect(got(name)).toEqual(wanted);
    }
  });
});
