/** SynSense's simulator of Xylo, as programs for the targets whose core it simulates. */

import type { ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import type { Target } from "../../src/target/types.ts";
import { flat, populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type Case, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Rows = readonly (readonly number[])[];

interface Params {
  readonly core_version: number;
  readonly n_in: number;
  readonly n_hidden: number;
  readonly n_out: number;
  readonly n_synapses: number;
  readonly has_bias: number;
  readonly weight_shift_in: number;
  readonly weight_shift_rec: number;
  readonly weight_shift_out: number;
  readonly dash_mem: readonly number[];
  /** [synapse][neuron] */
  readonly dash_syn: Rows;
  readonly threshold: readonly number[];
  readonly bias: readonly number[];
  /** Per neuron at most one other. */
  readonly aliases: Rows;
  readonly dash_mem_out: readonly number[];
  readonly dash_syn_out: readonly number[];
  readonly threshold_out: readonly number[];
  readonly bias_out: readonly number[];
}
interface Vector {
  readonly case: string;
  readonly params: Params;
  readonly weights: { readonly in: readonly Rows[]; readonly rec: readonly Rows[]; readonly out: Rows };
  readonly input: { readonly spike_counts: Rows };
  /** [step][neuron] each */
  readonly expected: Readonly<Record<string, Rows>>;
}

/** Targets with the core of each version and as many synaptic currents per hidden neuron. */
const targets: Readonly<Record<string, Target>> = {
  "1": targetOf("xylo-audio"),
  "2 with 1 current": targetOf("xylo-imu"),
  "2 with 2 currents": targetOf("xylo-audio-2"),
};

/** What is recorded of whom, as our population and register; `spikes` are what was sent. */
const recorded: Readonly<Record<string, readonly [population: string, register: string]>> = {
  hidden_i_syn: ["hidden", "current"],
  hidden_i_syn2: ["hidden", "current_2"],
  hidden_v_mem: ["hidden", "membrane"],
  hidden_spikes: ["hidden", "spikes"],
  out_i_syn: ["output", "current"],
  out_v_mem: ["output", "membrane"],
  out_spikes: ["output", "spikes"],
};
const accumulators = ["current", "current_2"];

export const xylo: Adapter = {
  name: "xylo",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Vector[];
    return cases.every((one) => hasFields(one, "params", "weights", "input", "expected")) ? cases.map(caseOf) : null;
  },
};

function caseOf(vector: Vector): Case {
  return { name: vector.case, needs: "integer", run: (engine, tally) => compare(vector, engine, tally) };
}

async function compare(
  { params, weights, input, expected }: Vector,
  engine: IntegerEngine,
  tally: Tally,
): Promise<void> {
  const { core_version: version, n_synapses: currents } = params;
  const target = targets[version] ?? targets[`${version} with ${currents} current${currents > 1 ? "s" : ""}`];
  if (target === undefined) throw new Error(`there is no target with version ${version} of the core`);
  const counts = input.spike_counts;
  const populations = [hiddenOf(params, target), outputOf(params, target)];
  const projections = projectionsOf(params, weights);
  const program = programOf(target, {}, { input: [params.n_in] }, populations, projections);
  const stimulus = stimulusOf(flat(counts), 1, counts.length, [params.n_in]);
  const names = Object.keys(expected).map((name) => recorded[name]!);
  const probes = names
    .filter(([, register]) => register !== "spikes")
    .map(([population, register]) => ({ population, register }));
  const recording = await recordInteger(engine, program, new Map([["input", stimulus]]), probes);
  for (const [name, rows] of Object.entries(expected)) {
    const [population, register] = recorded[name]!;
    const own = populationOf(recording, population);
    const got = register === "spikes" ? rasterOf(own) : own.traces.get(register)!;
    tally.exact(name, got, flat(rows), own.neurons);
  }
}

function hiddenOf(params: Params, target: Target): ProgramPopulation {
  const { parameters } = target.datapaths["hidden"]!;
  const { aliases, bias, has_bias: biased } = params;
  const load = populationLoad("hidden", [params.n_hidden], "hidden", {
    membrane_shift: params.dash_mem,
    current_shift: params.dash_syn[0],
    current_2_shift: "current_2_shift" in parameters ? (params.dash_syn[1] ?? 0) : undefined,
    threshold: params.threshold,
    spike_limit: parameters["spike_limit"]!.default,
    bias: "bias" in parameters ? (biased === 1 ? bias : 0) : undefined,
  });
  const forwards = Int32Array.from(aliases, ([target]) => target ?? -1);
  return forwards.some((target) => target >= 0) ? { ...load, forwards } : load;
}

function outputOf(params: Params, target: Target): ProgramPopulation {
  const { parameters } = target.datapaths["output"]!;
  return populationLoad("output", [params.n_out], "output", {
    membrane_shift: params.dash_mem_out,
    current_shift: params.dash_syn_out,
    threshold: params.threshold_out,
    spike_limit: parameters["spike_limit"]!.default,
    bias: "bias" in parameters ? (params.has_bias === 1 ? params.bias_out : 0) : undefined,
  });
}

/** Inputs first; events of inputs act in their own timestep, those of neurons in the next. */
function projectionsOf(params: Params, weights: Vector["weights"]): ProgramProjection[] {
  const { weight_shift_in: inputShift, weight_shift_rec: loopShift, weight_shift_out: outputShift } = params;
  return [
    ...weights.in.map((rows, i) => projection("input", "hidden", 0, rows, inputShift, i)),
    ...weights.rec.map((rows, i) => projection("hidden", "hidden", 1, rows, loopShift, i)),
    projection("hidden", "output", 1, weights.out, outputShift, 0),
  ];
}

function projection(
  from: string,
  to: string,
  arrivesAfter: number,
  rows: Rows,
  shift: number,
  current: number,
): ProgramProjection {
  return {
    name: `${from}->${to} ${current}`,
    from,
    to,
    arrivesAfter,
    parameters: { weight_shift: shift },
    accumulator: accumulators[current]!,
    synapses: { kind: "dense", weight: Int32Array.from(flat(rows)) },
  };
}
