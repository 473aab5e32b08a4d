/** SANA-FE's two models of a soma, as programs for the target sana-fe-loihi: spikes, potentials and what is counted. */

import type { ProgramPopulation, ProgramProjection, SparseSynapses } from "../../src/compile/program.ts";
import type { Probe, Recording, SpikeTrain } from "../../src/engine.ts";
import { fanOut, synopsOf } from "../../src/measure/synops.ts";
import { SpikeTrainBuilder } from "../../src/recording.ts";
import { populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf, type Loads } from "./programs.ts";
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
  readonly architecture: { readonly somaModel: string };
  readonly network: { readonly groups: readonly Group[]; readonly edges: readonly Edge[] };
  readonly timesteps: number;
  readonly expected: {
    readonly totals: Readonly<Record<(typeof counted)[number], number>>;
    readonly perTimestep: Readonly<Record<(typeof counted)[number], readonly number[]>>;
    readonly spikeTimesteps: Readonly<Record<string, readonly number[]>>;
    readonly potentials: { readonly neurons: readonly string[]; readonly rows: readonly (readonly number[])[] };
  };
}

const counted = ["synapticEvents", "neuronsUpdated", "neuronsFired"] as const;

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
  const program = programOf(target, {}, shapes, populations, projections);
  const stimuli = inputs.map((group) => {
    const size = group.neurons.length;
    return [group.name, stimulusOf(sent(group, vector.timesteps), 1, vector.timesteps, [size])] as const;
  });
  const probes = neurons.flatMap(({ name }) =>
    ["membrane", "updated"].map((register): Probe => ({ population: name, register })),
  );
  const recording = await recordInteger(engine, program, new Map(stimuli), probes);
  compareNeurons(vector, neurons, recording, unit, tally);
  compareCounts(vector, inputs, projections, recording, tally);
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
function projectionsOf({ network }: Vector, unit: number): ProgramProjection[] {
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
  return [...groups].map(([name, edges]): ProgramProjection => {
    const [{ from, to, delay = 0 }] = edges as [Edge];
    const sources = network.groups.find((group) => group.name === groupOf(from))!.neurons.length;
    return {
      name,
      from: groupOf(from),
      to: groupOf(to),
      arrivesAfter: 1 + delay,
      parameters: {},
      accumulator: "input",
      synapses: rowsOf(sources, edges, unit),
    };
  });
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

function compareCounts(
  { timesteps, expected }: Vector,
  inputs: readonly Group[],
  projections: readonly ProgramProjection[],
  recording: Recording,
  tally: Tally,
): void {
  const outside = inputs.map((group) => [group.name, trainOf(sent(group, timesteps), timesteps)] as const);
  const trains = new Map<string, SpikeTrain>([
    ...outside,
    ...recording.populations.map(({ name, spikes }) => [name, spikes] as const),
  ]);
  const steps = (amount: (step: number) => number): number[] => Array.from({ length: timesteps }, (_, t) => amount(t));
  // Synapses are looked up when a spike is sent, however late it acts.
  const lookUps = projections.map(({ from, synapses }) => {
    const sources = (synapses as SparseSynapses).start.length - 1;
    return synopsOf(trains.get(from)!, fanOut(synapses, sources), 1);
  });
  const updated = recording.populations.map(({ neurons, traces }) => ({ neurons, trace: traces.get("updated")! }));
  const counts: Record<(typeof counted)[number], number[]> = {
    synapticEvents: steps((t) => sum(lookUps.map((own) => own[t]!))),
    neuronsFired: steps((t) => sum([...trains.values()].map((train) => firing(train, t)))),
    neuronsUpdated: steps(
      (t) =>
        sum(updated.flatMap(({ neurons, trace }) => [...trace.subarray(t * neurons, (t + 1) * neurons)])) +
        sum(outside.map(([, train]) => firing(train, t))),
    ),
  };
  for (const name of counted) {
    tally.exact(name, counts[name], expected.perTimestep[name]);
    tally.exact(`all ${name}`, [sum(counts[name])], [expected.totals[name]]);
  }
}

function firing({ start }: SpikeTrain, step: number): number {
  return start[step + 1]! - start[step]!;
}

function trainOf(raster: Float64Array, steps: number): SpikeTrain {
  const size = raster.length / steps;
  const builder = new SpikeTrainBuilder(steps);
  for (let step = 0; step < steps; step++) {
    const fired = Array.from({ length: size }, (_, i) => i).filter((i) => raster[step * size + i] !== 0);
    builder.addRow(Uint32Array.from(fired), null, fired.length);
  }
  return builder.finish();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
