/** Lava's fixed-point models, as programs for the target loihi2. */

import type { Program, ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import { WeightFormat } from "../../src/compile/weights.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import { sizeOf } from "../../src/network/types.ts";
import { flat, populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type Case, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Rows = readonly (readonly number[])[];

interface Connection {
  readonly weights: Rows;
  readonly weight_exp?: number;
  readonly num_weight_bits?: number;
  readonly sign_mode?: string | null;
  readonly num_message_bits?: number;
  readonly delays?: Rows;
  readonly src?: string;
  readonly dst?: string;
}
interface Neurons {
  readonly name?: string;
  readonly model?: string;
  readonly n: number;
  readonly u0?: readonly number[];
  readonly v0?: readonly number[];
  readonly [parameter: string]: unknown;
}
interface Vector {
  readonly case: string;
  readonly params: Neurons &
    Connection & { readonly steps: number; populations?: readonly Neurons[]; connections?: readonly Connection[] };
  readonly input: Readonly<Record<string, Rows>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** A model of Lava: the datapath, what its parameters are called here, and which register holds what is recorded. */
interface Model {
  readonly datapath: string;
  /** Ours by Lava's. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Register by recorded name; `spike` is what was sent. */
  readonly recorded: Readonly<Record<string, string>>;
  /** Accumulator by input; `input` where nothing is said. */
  readonly accumulators?: Readonly<Record<string, string>>;
}

const leak = { current_decay: "du", membrane_decay: "dv", bias_mant: "bias_mant", bias_exp: "bias_exp" };
const uv = { u: "current", v: "membrane", spikes: "spike" };
const delta = { threshold: "vth", spike_exp: "spike_exp", state_exp: "state_exp" };
const resonator = {
  parameters: {
    sin_decay: "sin_decay",
    cos_decay: "cos_decay",
    decay_bits: "decay_bits",
    state_exp: "state_exp",
    threshold: "vth",
  },
  recorded: { real: "real", imag: "imag", spikes: "spike" },
  accumulators: { a_real_in: "input_real", a_imag_in: "input_imag" },
};
const sums = { s_out: "spike", act: "act", residue: "residue", error: "error", sigma: "sigma" };

const models: Readonly<Record<string, Model>> = {
  LIF: { datapath: "lif", parameters: { ...leak, threshold: "vth" }, recorded: uv },
  LIFReset: {
    datapath: "lif_reset",
    parameters: { ...leak, threshold: "vth", reset_interval: "reset_interval", reset_offset: "reset_offset" },
    recorded: uv,
  },
  TernaryLIF: {
    datapath: "ternary",
    parameters: { ...leak, threshold_high: "vth_hi", threshold_low: "vth_lo" },
    recorded: uv,
  },
  RF: { datapath: "resonate", ...resonator },
  RF_IZ: { datapath: "resonate_izhikevich", ...resonator },
  Delta: { datapath: "delta", parameters: { ...delta, cum_error: "cum_error" }, recorded: sums },
  SigmaDelta: {
    datapath: "sigma_delta",
    parameters: { ...delta, cum_error: "cum_error", bias: "bias", relu: "act_mode" },
    recorded: sums,
  },
  SigmaDeltaCorrected: {
    datapath: "sigma_delta_corrected",
    parameters: { ...delta, bias: "bias", relu: "act_mode" },
    recorded: { s_out: "spike", act: "act", sigma: "sigma" },
  },
  GradedVec: { datapath: "graded", parameters: { threshold: "vth_level" }, recorded: { s_out: "spike" } },
  GradedReluVec: { datapath: "graded_relu", parameters: { threshold: "vth_level" }, recorded: { s_out: "spike" } },
};

/** Numbers of parameters that Lava writes as words. */
const words: Readonly<Record<string, number>> = { UNIT: 0, RELU: 1 };

export const lava: Adapter = {
  name: "lava",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Vector[];
    return cases.every((one) => hasFields(one, "case", "params", "input", "expected")) ? cases.map(caseOf) : null;
  },
};

function caseOf(vector: Vector): Case {
  const { params } = vector;
  const compare = params.populations ? compareNetwork : params.weights ? compareConnection : comparePopulation;
  const unknown = (params.populations ?? (params.weights ? [] : [params])).find(
    ({ model = "LIF" }) => !(model in models),
  );
  return {
    name: vector.case,
    needs: "integer",
    run: (engine, tally) => compare(vector, engine, tally),
    ...(unknown === undefined ? {} : { missing: `the model ${unknown.model}` }),
  };
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
const target = targetOf(targetText);
const format: WeightFormat = new WeightFormat(
  target,
  readDatapath(target.datapaths["lif"]!, target.settings).datapath!,
  null,
);

async function comparePopulation(vector: Vector, engine: IntegerEngine, tally: Tally): Promise<void> {
  const { params, input, expected } = vector;
  const { accumulators = {} } = modelOf(params);
  const projections = Object.keys(input).map((name) => oneToOne(name, params.n, accumulators[name] ?? "input"));
  const program = programFor(input, [populationFrom({ ...params, name: "neurons" })], projections);
  await compareProgram(
    program,
    vector,
    { neurons: expected as Record<string, Rows> },
    [{ ...params, name: "neurons" }],
    engine,
    tally,
  );
}

async function compareNetwork(vector: Vector, engine: IntegerEngine, tally: Tally): Promise<void> {
  const { params, input, expected } = vector;
  const { populations = [], connections = [] } = params;
  const projections = connections.flatMap((one, i) => projectionsOf(one, one.src!, one.dst!, i));
  const program = programFor(input, populations.map(populationFrom), projections);
  const recorded = expected as Readonly<Record<string, Record<string, Rows>>>;
  await compareProgram(program, vector, recorded, populations, engine, tally);
}

async function compareConnection(vector: Vector, engine: IntegerEngine, tally: Tally): Promise<void> {
  const { params, input, expected } = vector;
  tally.exact("effective_weights", flat(storedWeights(params)), flat(expected["effective_weights"]));
  const meter = { ...populationFrom({ name: "meter", n: params.weights.length }), datapath: "meter", parameters: {} };
  const [source] = Object.keys(input);
  const program = programFor(input, [meter], projectionsOf(params, source!, "meter", 0));
  const recording = await run(program, vector, [{ population: "meter", register: "current" }], engine);
  const { traces } = populationOf(recording, "meter");
  tally.exact("a_out", traces.get("current")!, flat(expected["a_out"]), params.weights.length);
}

async function compareProgram(
  program: Program,
  vector: Vector,
  expected: Readonly<Record<string, Readonly<Record<string, Rows>>>>,
  populations: readonly Neurons[],
  engine: IntegerEngine,
  tally: Tally,
): Promise<void> {
  const registersOf = (neurons: Neurons): string[] =>
    Object.entries(modelOf(neurons).recorded).flatMap(([name, register]) =>
      register !== "spike" && name in expected[neurons.name!]! ? [register] : [],
    );
  const probes = populations.flatMap((neurons) =>
    registersOf(neurons).map((register) => ({ population: neurons.name!, register })),
  );
  const recording = await run(program, vector, probes, engine);
  for (const neurons of populations) {
    const population = populationOf(recording, neurons.name!);
    for (const [name, register] of Object.entries(modelOf(neurons).recorded)) {
      const wanted = expected[neurons.name!]![name];
      if (wanted === undefined) continue;
      const got = register === "spike" ? rasterOf(population) : population.traces.get(register)!;
      tally.exact(`${neurons.name!}.${name}`, got, flat(wanted), neurons.n);
    }
  }
}

function run(
  program: Program,
  { input }: Vector,
  probes: readonly { population: string; register: string }[],
  engine: IntegerEngine,
) {
  const [rows = []] = Object.values(input);
  const stimuli = program.inputs.map(
    ({ name, shape }) => [name, stimulusOf(flat(input[name]), 1, rows.length, [sizeOf(shape)])] as const,
  );
  return recordInteger(engine, program, new Map(stimuli), probes);
}

function modelOf({ model = "LIF" }: Neurons): Model {
  return models[model]!;
}

const modes = ["mixed", "excitatory", "inhibitory"];

/** What the sign mode says, or the weights where it says nothing. */
function signsOf({ weights, sign_mode: mode }: Connection): number {
  if (mode) return mode === "NULL" ? 1 : modes.indexOf(mode.toLowerCase());
  const all = flat(weights);
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
function projectionsOf(connection: Connection, from: string, to: string, index: number): ProgramProjection[] {
  const stored = storedWeights(connection);
  const delays = [...new Set((connection.delays ?? [[0]]).flat())];
  return delays.map((delay) => {
    const weight = stored.map((row, t) =>
      row.map((w, s) => ((connection.delays?.[t]?.[s] ?? delay) === delay ? w : 0)),
    );
    const rows = weight[0]!.flatMap((_, source) => weight.map((row) => row[source]!));
    return {
      name: `${index} ${from}->${to} ${delay}`,
      from,
      to,
      arrivesAfter: 1 + delay,
      parameters: constantsOf(connection),
      accumulator: "input",
      synapses: { kind: "dense", weight: Int32Array.from(rows) },
    };
  });
}

/** Every neuron gets its own input, unchanged. */
function oneToOne(from: string, n: number, accumulator: string): ProgramProjection {
  return {
    name: `${from}->neurons`,
    from,
    to: "neurons",
    arrivesAfter: 0,
    parameters: { weight_exp: 0, graded: 1, signs: 1, bits: 8 },
    accumulator,
    synapses: {
      kind: "sparse",
      start: Uint32Array.from({ length: n + 1 }, (_, i) => i),
      target: Uint32Array.from({ length: n }, (_, i) => i),
      weight: new Int32Array(n).fill(1),
    },
  };
}

function populationFrom(neurons: Neurons): ProgramPopulation {
  const { n, u0, v0, name = "neurons" } = neurons;
  const { datapath, parameters } = modelOf(neurons);
  const loads = Object.entries(parameters).map(([own, theirs]) => {
    const value = neurons[theirs] ?? 0;
    return [own, flat(typeof value === "string" ? words[value] : value)] as const;
  });
  return populationLoad(name, [n], datapath, Object.fromEntries(loads), { current: u0, membrane: v0 });
}

function programFor(
  input: Readonly<Record<string, Rows>>,
  populations: ProgramPopulation[],
  projections: ProgramProjection[],
): Program {
  const shapes = Object.entries(input).map(([name, rows]) => [name, [rows[0]!.length]] as const);
  return programOf(target, { readout: 0 }, Object.fromEntries(shapes), populations, projections);
}
