/** The simulated design of ODIN, as programs for the target odin and the words that its host sent. */

import type { EventChip } from "../../src/chip/event-chip.ts";
import type { ProgramPopulation } from "../../src/compile/program.ts";
import { chipProgram, compareRun, crossbar, neuronsAt, openChip, type EventVector, type Runs } from "./event-chips.ts";
import { hasFields, type Adapter, type Case } from "./oracle.ts";
import { targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Params = Readonly<
  Record<
    | "open_loop"
    | "aer_src_ctrl"
    | "monitor_en"
    | "monitor_neur"
    | "monitor_syn"
    | "update_unmapped_syn"
    | "propagate_unmapped_syn"
    | "sdsp_on_syn_stim"
    | "burst_timeref",
    number
  >
>;
interface Izhikevich {
  readonly index: readonly number[];
  readonly param_fields: readonly string[];
  readonly params: readonly (readonly number[])[];
  readonly state_fields: readonly string[];
  readonly state_init: readonly (readonly number[])[];
}
interface Vector extends EventVector {
  readonly params: EventVector["params"] & Params;
  /** Inhibitory sources. */
  readonly syn_sign: readonly number[];
  /** One for all or one each. */
  readonly neurons: Readonly<Record<string, number | readonly number[]>>;
  readonly izh_neurons?: Izhikevich;
  readonly expected: EventVector["expected"] & { readonly weights_changed: Runs };
}
interface State {
  readonly v?: readonly number[];
  readonly calcium?: readonly number[];
  readonly caleak_cnt?: readonly number[];
  readonly up?: readonly number[];
  readonly down?: readonly number[];
  readonly izh?: readonly (readonly number[])[];
}

const target = targetOf("odin");
const size = target.core.neurons.value;

/** Ours by the design's name, where they differ. */
const parameterNames = {
  leak: "leak_str",
  leaks: "leak_en",
  threshold: "thr",
  disabled: "disable",
  counts_calcium: "ca_en",
  calcium_leak: "ca_leak",
  membrane_mark: "thetamem",
  mark1: "ca_theta1",
  mark2: "ca_theta2",
  mark3: "ca_theta3",
} as const;
const stateNames = { membrane: "v", calcium: "calcium", leak_count: "caleak_cnt" } as const;

export const odin: Adapter = {
  name: "odin",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Vector[];
    return cases.every((one) => hasFields(one, "case", "params", "syn_sign", "neurons")) ? cases.map(caseOf) : null;
  },
};

function caseOf(vector: Vector): Case {
  const bursts = vector.params.burst_timeref !== 0 ? { missing: "the scheduler of bursts" } : {};
  return { name: vector.case, needs: "events", ...bursts, run: (engine, tally) => compare(vector, engine, tally) };
}

function compare(vector: Vector, engine: "interpreter" | "plain", tally: Tally): void {
  const { params, syn_sign: inhibitory, expected } = vector;
  const stored = crossbar(vector.weights, size);
  const settings = {
    open_loop: params.open_loop,
    output: params.aer_src_ctrl,
    deliver_unmapped: params.propagate_unmapped_syn,
    learn_unmapped: params.update_unmapped_syn,
    learn_on_single: params.sdsp_on_syn_stim,
    monitor: params.monitor_en,
    monitored_neuron: params.monitor_neur,
    monitored_source: params.monitor_syn,
  };
  const synapses = { weight: stored.map((value) => value % 8), mapped: stored.map((value) => Math.floor(value / 8)) };
  const signs = { inhibitory: Int32Array.from({ length: size }, (_, address) => Number(inhibitory.includes(address))) };
  const populations = populationsOf(vector);
  const chip = openChip(chipProgram(target, settings, populations, synapses, signs), engine);
  const compareState = (where: string, state: unknown): void => {
    compareRegisters(chip, populations, vector, where, state as State, tally);
  };
  compareRun(chip, vector, compareState, tally);
  const changed = stored.slice();
  for (const [source = 0, first = 0, ...row] of expected.weights_changed) changed.set(row, source * size + first);
  const mapped = chip.synapses("mapped");
  const got = chip.synapses("weight").map((weight, i) => mapped[i]! * 8 + weight);
  // Counted are those that the case lists; that no other changes counts as one value.
  const listed = expected.weights_changed.flatMap(([source = 0, first = 0, ...row]) =>
    row.map((_, i) => source * size + first + i),
  );
  const pick = (values: Int32Array): number[] => listed.map((place) => values[place]!);
  tally.exact("weights_changed", pick(got), pick(changed));
  tally.exact("other weights", [Number(got.every((value, i) => value === changed[i]))], [1]);
}

function populationsOf({ neurons, izh_neurons: izhikevich }: Vector): ProgramPopulation[] {
  const others = izhikevich?.index ?? [];
  const own = Array.from({ length: size }, (_, address) => address).filter((address) => !others.includes(address));
  const values = (name: string): number | number[] => {
    const value = neurons[name]!;
    return typeof value === "number" ? value : own.map((address) => value[address]!);
  };
  const parameters = Object.entries(parameterNames).map(([name, field]) => [name, values(field)]);
  const initial = Object.entries(stateNames).map(([name, field]) => [name, values(`${field}_init`)]);
  const lif = neuronsAt(own, "lif", Object.fromEntries(parameters), Object.fromEntries(initial));
  return izhikevich === undefined ? [lif] : [lif, izhikevichAt(izhikevich)];
}

function izhikevichAt({ index, param_fields: names, params, state_fields: registers, state_init: states }: Izhikevich) {
  const parameters = names.map((name, field) => [name, params.map((row) => row[field]!)] as const);
  const initial = registers.map((name, field) => [ours(name), states.map((row) => signed(name, row[field]!))] as const);
  // The spacing of bursts, which only their scheduler reads.
  const read = parameters.filter(([name]) => name !== "isi_ref");
  return neuronsAt(index, "izh", Object.fromEntries(read), Object.fromEntries(initial));
}

function ours(register: string): string {
  return register === "caleak_cnt" ? "leak_count" : register;
}

/** The vectors hold raw codes. */
const signedNames: readonly string[] = ["core", "stim_str", "stim_str_tmp", "thrmod"];

function signed(register: string, code: number): number {
  return signedNames.includes(register) && code >= 8 ? code - 16 : code;
}

function compareRegisters(
  chip: EventChip,
  populations: readonly ProgramPopulation[],
  { izh_neurons: izhikevich }: Vector,
  where: string,
  state: State,
  tally: Tally,
): void {
  for (const [register, field] of Object.entries(stateNames)) {
    const values = state[field];
    if (values !== undefined) tally.exact(`${field} ${where}`, chip.register("lif", register), values);
  }
  for (const flag of ["up", "down"] as const) {
    if (state[flag] === undefined) continue;
    const got = new Int32Array(size);
    for (const { name, addresses } of populations) {
      for (const [i, value] of chip.register(name, flag).entries()) got[addresses![i]!] = value;
    }
    const expected = Int32Array.from(got, (_, address) => Number(state[flag]!.includes(address)));
    tally.exact(`${flag} ${where}`, got, expected);
  }
  if (state.izh === undefined || izhikevich === undefined) return;
  for (const [field, name] of izhikevich.state_fields.entries()) {
    const expected = state.izh.map((row) => signed(name, row[field]!));
    tally.exact(`${name} ${where}`, chip.register("izh", ours(name)), expected);
  }
}
