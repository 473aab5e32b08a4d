/** SANA-FE's two models of a soma, as programs for the target sana-fe-loihi: spikes, potentials and what is counted. */

import type {
  Program,
  ProgramPopulation,
  ProgramProjection,
  SparseSynapses,
  Synapses,
} from "../../src/compile/program.ts";
import type { Probe, Recording, Stimuli } from "../../src/engine.ts";
import type { Account, LedgerKind } from "../../src/measure/accounts.ts";
import { costsOf, type CostKind } from "../../src/measure/costs.ts";
import { SimpleLatency } from "../../src/measure/latency.ts";
import { MeshLatency } from "../../src/measure/mesh-latency.ts";
import { LedgerPlan } from "../../src/measure/ledger.ts";
import type { Placed } from "../../src/measure/places.ts";
import { populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf, type Loads } from "./programs.ts";
import { placesOf, withArchitecture, type Architecture, type Mapped } from "./sana-fe-architecture.ts";
import type { Tally } from "./tally.ts";

type Attributes = Readonly<Record<string, number | string | boolean | undefined>>;

interface Group {
  readonly name: string;
  readonly kind: "input" | "neuron";
  readonly neurons: readonly (Attributes & { readonly spikes?: readonly number[] })[];
}
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
  readonly delay?: number;
}
interface Vector {
  readonly name: string;
  readonly architecture: Architecture;
  readonly network: { readonly groups: readonly Group[]; readonly edges: readonly Edge[] };
  /** Where each neuron lies, those of inputs too; missing where only neurons were recorded. */
  readonly mapping?: readonly Mapped[];
  readonly timesteps: number;
  readonly expected: {
    readonly timing?: Readonly<Record<"simple" | "detailed", { readonly perTimestepSeconds: readonly number[] }>>;
    readonly totals: Partial<Record<Counted, number>>;
    readonly perTimestep: Partial<Record<Counted, readonly number[]>> & {
      readonly energyJoules?: Readonly<Record<EnergyPart | "total", readonly number[]>>;
    };
    readonly spikeTimesteps: Readonly<Record<string, readonly number[]>>;
    readonly potentials: { readonly neurons: readonly string[]; readonly rows: readonly (readonly number[])[] };
  };
}

const counted = ["synapticEvents", "messages", "hops", "neuronsUpdated", "neuronsFired"] as const;
type Counted = (typeof counted)[number];

/** Which events each part of the energy is made of. */
const energyParts = {
  synapse: ["synop"],
  dendrite: ["accumulation"],
  soma: ["neuronUpdate", "neuronActive", "spike"],
  network: ["axonOut", "axonIn", "hop"],
} as const satisfies Record<string, readonly CostKind[]>;
type EnergyPart = keyof typeof energyParts;

const target = targetOf("sana-fe-loihi");
/** Bits below its unit: it cuts membranes to 6, a current that decays gains a bit per step; more would not fit weights. */
const [coarse, fine, finest] = [6, 20, 24];

export const sanaFe: Adapter = {
  name: "sana-fe",
  read(document) {
    // Totals of networks that are not there.
    if (hasFields(document, "runs") && !hasFields(document, "network")) return [];
    if (!hasFields(document, "name", "architecture", "network", "timesteps", "expected")) return null;
    const vector = document as unknown as Vector;
    const { name } = vector;
    const missing = fractionOf(vector) > finest ? { missing: `doubles of more than ${finest} fraction bits` } : {};
    return [{ name, needs: "integer", run: (engine, tally) => compare(vector, engine, tally), ...missing }];
  },
};

/** How many fraction bits its numbers need. */
function fractionOf({ network }: Vector): number {
  const neurons = network.groups.flatMap((group) => group.neurons);
  const decays = neurons.some((one) => Number(one["input_decay"] ?? 0) !== 0);
  const loaded = neurons.flatMap((one) => values.map((name) => Number(one[name] ?? 0)));
  const numbers = [...loaded, ...network.edges.map(({ weight }) => weight)];
  let fraction = decays ? fine : coarse;
  while (fraction <= finest && !numbers.every((value) => Number.isInteger(value * 2 ** fraction))) fraction++;
  return fraction;
}

const values = ["bias", "threshold", "reset", "reverse_threshold", "reverse_reset", "leak"];

function neuronNames({ name, neurons }: Group): string[] {
  return neurons.map((_, i) => `${name}.${i}`);
}

async function compare(vector: Vector, engine: IntegerEngine, tally: Tally): Promise<void> {
  const { groups } = vector.network;
  const unit = 2 ** fractionOf(vector);
  const inputs = groups.filter(({ kind }) => kind === "input");
  const neurons = groups.filter(({ kind }) => kind === "neuron");
  const populations = neurons.map((group) => populationFrom(group, vector));
  const projections = projectionsOf(vector, unit);
  const shapes = Object.fromEntries(inputs.map((group) => [group.name, [group.neurons.length]]));
  const { mapping, architecture } = vector;
  const chip = mapping === undefined ? target : withArchitecture(target, architecture, mapping);
  const program = programOf(chip, {}, shapes, populations, projections);
  const stimuli = inputs.map((group) => {
    const size = group.neurons.length;
    return [group.name, stimulusOf(sent(group, vector.timesteps), 1, vector.timesteps, [size])] as const;
  });
  const probes = neurons.flatMap(({ name }) =>
    ["membrane", "updated"].map((register): Probe => ({ population: name, register })),
  );
  const recording = await recordInteger(engine, program, new Map(stimuli), probes);
  compareNeurons(vector, neurons, recording, unit, tally);
  const places = mapping === undefined ? onOneCore(vector) : placesOf(mapping, architecture);
  compareLedger(vector, program, places, new Map(stimuli), recording, tally);
}

function populationFrom({ name, neurons }: Group, vector: Vector): ProgramPopulation {
  const fraction = fractionOf(vector);
  const real = (field: string, usual: number, unit: number): number[] =>
    neurons.map((one) => Number(one[field] ?? usual) * unit);
  const word = (field: string, usual: string): number[] =>
    neurons.map((one) => resetModes.indexOf(String(one[field] ?? usual)));
  const shared: Loads = {
    bias: real("bias", 0, 2 ** fraction),
    threshold: real("threshold", 0, 2 ** fraction),
    reset: real("reset", 0, 2 ** fraction),
    reset_mode: word("reset_mode", "hard"),
    reverse_threshold: real("reverse_threshold", 0, 2 ** fraction),
    reverse_reset: real("reverse_reset", 0, 2 ** fraction),
    reverse_mode: word("reverse_reset_mode", "none"),
  };
  if (vector.architecture.somaModel === "truenorth") {
    return populationLoad(name, [neurons.length], "truenorth", {
      ...shared,
      leak: real("leak", 0, 2 ** fraction),
      leak_direction: neurons.map((one) => Number(String(one["leak_towards_zero"] ?? true) !== "true")),
    });
  }
  return populationLoad(name, [neurons.length], "leaky_integrate_fire", {
    ...shared,
    input_decay: real("input_decay", 0, 2 ** 20),
    leak_decay: real("leak_decay", 1, 2 ** 20),
    refractory_delay: real("refractory_delay", 0, 1),
    fraction,
  });
}

const resetModes = ["none", "hard", "soft", "saturate"];

/** One projection per pair of groups and delay; further edges between the same two neurons have another one. */
function projectionsOf({ network, mapping }: Vector, unit: number): ProgramProjection[] {
  const groups = new Map<string, Edge[]>();
  const times = new Map<string, number>();
  for (const edge of network.edges) {
    const pair = `${edge.from}->${edge.to} ${edge.delay ?? 0}`;
    times.set(pair, (times.get(pair) ?? 0) + 1);
    const key = `${groupOf(edge.from)}->${groupOf(edge.to)} ${edge.delay ?? 0} ${times.get(pair)}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [edge]);
    else known.push(edge);
  }
  const size = (group: string): number => network.groups.find(({ name }) => name === group)!.neurons.length;
  return [...groups].map(([name, edges]): ProgramProjection => {
    const [{ from, to, delay = 0 }] = edges as [Edge];
    const isDense = mapping?.find(({ neuron }) => neuron === to)?.synapseUnit === "dense";
    const rows = rowsOf(size(groupOf(from)), edges, unit);
    return {
      name,
      from: groupOf(from),
      to: groupOf(to),
      arrivesAfter: 1 + delay,
      parameters: {},
      accumulator: "input",
      synapses: isDense ? denseOf(rows, size(groupOf(to))) : rows,
    };
  });
}

/** The same synapses as a matrix, which they have to fill. */
function denseOf({ start, target, weight }: SparseSynapses, neurons: number): Synapses {
  const sources = start.length - 1;
  if (target.length !== sources * neurons) throw new Error("a dense unit's synapses do not fill a matrix");
  return { kind: "dense", weight };
}

function groupOf(neuron: string): string {
  return neuron.slice(0, neuron.lastIndexOf("."));
}

function indexOf(neuron: string): number {
  return Number(neuron.slice(neuron.lastIndexOf(".") + 1));
}

function rowsOf(sources: number, edges: readonly Edge[], unit: number): SparseSynapses {
  const rows = Array.from({ length: sources }, (_, source) =>
    edges.filter(({ from }) => indexOf(from) === source).toSorted((a, b) => indexOf(a.to) - indexOf(b.to)),
  );
  const start = new Uint32Array(sources + 1);
  for (const [source, row] of rows.entries()) start[source + 1] = start[source]! + row.length;
  const entries = rows.flat();
  return {
    kind: "sparse",
    start,
    target: Uint32Array.from(entries, ({ to }) => indexOf(to)),
    weight: Int32Array.from(entries, ({ weight }) => weight * unit),
  };
}

/** Spikes of an input group as values [steps][size]. */
function sent({ neurons }: Group, steps: number): Float64Array {
  const raster = new Float64Array(steps * neurons.length);
  for (const [neuron, { spikes = [] }] of neurons.entries()) {
    for (const [step, spike] of spikes.slice(0, steps).entries()) raster[step * neurons.length + neuron] = spike;
  }
  return raster;
}

function compareNeurons(
  { timesteps, expected }: Vector,
  groups: readonly Group[],
  recording: Recording,
  unit: number,
  tally: Tally,
): void {
  const { neurons, rows } = expected.potentials;
  for (const group of groups) {
    const population = populationOf(recording, group.name);
    const size = group.neurons.length;
    const fired = new Int32Array(timesteps * size);
    for (const [index, name] of neuronNames(group).entries()) {
      for (const step of expected.spikeTimesteps[name] ?? []) fired[(step - 1) * size + index] = 1;
    }
    tally.exact(`spikes of ${group.name}`, rasterOf(population), fired, size);
    const own = neurons.filter((name) => groupOf(name) === group.name);
    const membrane = population.traces.get("membrane")!;
    const got = rows.flatMap((_, step) => own.map((name) => membrane[step * size + indexOf(name)]!));
    // Six digits are printed, which tell multiples of a unit apart.
    const wanted = rows.flatMap((row) => own.map((name) => Math.round(row[neurons.indexOf(name)]! * unit)));
    tally.exact(`potentials of ${group.name}`, got, wanted, own.length);
  }
}

function compareLedger(
  { mapping, timesteps, expected, network }: Vector,
  program: Program,
  places: readonly Placed[],
  stimuli: Stimuli,
  recording: Recording,
  tally: Tally,
): void {
  const plan = new LedgerPlan(program, places);
  const ledger = plan.sum(stimuli, recording);
  const perStep = (each: (account: Account) => number): number[] => {
    const amounts = ledger.accounts.map(each);
    return Array.from({ length: timesteps }, (_, step) =>
      sum(amounts.map((amount, account) => amount * ledger.byStep[account * timesteps + step]!)),
    );
  };
  const counting = (kind: LedgerKind): number[] => perStep((account) => Number(account.kind === kind));
  // Neurons of its inputs fire and are updated when the host sends something.
  const sending = Array.from({ length: timesteps }, (_, step) =>
    sum(network.groups.flatMap(({ neurons }) => neurons.map(({ spikes = [] }) => spikes[step] ?? 0))),
  );
  const withInputs = (counts: readonly number[]): number[] => counts.map((count, step) => count + sending[step]!);
  const counts: Record<Counted, number[]> = {
    synapticEvents: counting("synop"),
    messages: counting("axon-out"),
    hops: counting("hop"),
    neuronsFired: withInputs(counting("spike")),
    neuronsUpdated: withInputs(counting("neuron-active")),
  };
  for (const name of counted) {
    const [steps, total] = [expected.perTimestep[name], expected.totals[name]];
    if (steps !== undefined) tally.exact(name, counts[name], steps);
    if (total !== undefined) tally.exact(`all ${name}`, [sum(counts[name])], [total]);
  }
  const { energyJoules } = expected.perTimestep;
  if (energyJoules === undefined) return;
  const joules = (kinds: readonly CostKind[]): number[] =>
    perStep((account) => {
      const costs = costsOf(account, program, program.target.energy!).filter(({ kind }) => kinds.includes(kind));
      return sum(costs.map(({ cost }) => cost!.typical * 1e-12));
    });
  for (const [part, kinds] of Object.entries(energyParts)) {
    near(tally, `${part} energy`, joules(kinds), energyJoules[part as EnergyPart]);
  }
  near(tally, "energy", joules(Object.values(energyParts).flat()), energyJoules.total);
  const tiles = new Set(mapping!.map(({ tile }) => tile)).size;
  const latency = new SimpleLatency(plan, program, program.target.latency!, tiles);
  const seconds: number[] = [];
  plan.visit(stimuli, recording, (row) => void seconds.push(latency.of(row) * 1e-9));
  near(tally, "simple time", seconds, expected.timing!.simple.perTimestepSeconds);
  // Of messages that are sent at the same time either may be first, which is not recorded.
  const detailed = new MeshLatency(program, places).of(stimuli, recording).map((ns) => ns * 1e-9);
  near(tally, "detailed time", detailed, expected.timing!.detailed.perTimestepSeconds, 1e-2);
}

/** Within the seven digits that are printed, or another share. */
function near(
  tally: Tally,
  what: string,
  got: ArrayLike<number>,
  expected: readonly number[],
  share: number = 1e-6,
): void {
  for (const [step, value] of expected.entries()) {
    const error = Math.abs(got[step]! - value);
    tally.same(`${what} of step ${step}: ${value}`, error <= share * value ? value : got[step], value);
  }
}

/** Every group on core 0. */
function onOneCore({ network }: Vector): Placed[] {
  return network.groups.map(({ name, neurons }) => ({ population: name, core: 0, from: 0, to: neurons.length }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
