/** RANC's simulator and the neuron block of its design in Verilog, as programs for the targets ranc and ranc-rtl. */

import type { ProgramPopulation, ProgramProjection, SparseSynapses } from "../../src/compile/program.ts";
import type { Probe, Recording, Stimuli } from "../../src/engine.ts";
import { flat, populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type Case, type IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Place = readonly [x: number, y: number];
type Packet = readonly [x: number, y: number, axon: number, delay: number];

interface Neuron {
  readonly weights: readonly number[];
  readonly leak: number;
  readonly positive_threshold: number;
  readonly negative_threshold: number;
  readonly reset_potential: number;
  readonly reset_mode: number;
  readonly initial_potential: number;
}
interface MeshNeuron extends Neuron {
  readonly dx: number;
  readonly dy: number;
  readonly destination_axon: number;
  readonly destination_tick: number;
}
interface Core {
  readonly coordinates: Place;
  readonly axon_types: readonly number[];
  readonly connections: readonly (readonly number[])[];
  readonly neurons: readonly MeshNeuron[];
}
interface Mesh {
  readonly case: string;
  readonly params: {
    readonly num_axons: number;
    readonly num_cores_x: number;
    readonly num_cores_y: number;
    readonly max_tick_offset: number;
    readonly neuron_reset_type: number;
    readonly ticks: number;
    readonly output_bus: { readonly coordinates: Place; readonly num_outputs: number };
  };
  readonly weights: { readonly cores: readonly Core[] };
  readonly input: { readonly packets_by_injection_index: readonly (readonly Packet[])[] };
  readonly expected: {
    readonly output_bus_rows: readonly (readonly number[])[];
    readonly spikes: readonly (readonly (readonly [x: number, y: number, neuron: number])[])[];
    readonly potential_after_tick: readonly { readonly core: Place; readonly v: readonly (readonly number[])[] }[];
    readonly warnings: Readonly<Record<string, number>>;
  };
}
interface Block {
  readonly case: string;
  readonly params: {
    readonly potential_width: number;
    readonly threshold_width: number;
    readonly leak_width: number;
  };
  readonly weights: { readonly neurons: readonly Neuron[] };
  /** [neuron][tick], the axon types of the events */
  readonly input: { readonly spike_types_per_neuron_and_tick: readonly (readonly (readonly number[])[])[] };
  readonly expected: {
    readonly spike: readonly (readonly number[])[];
    readonly potential: readonly (readonly number[])[];
  };
}

const simulator = targetOf("ranc");
const block = targetOf("ranc-rtl");

export const ranc: Adapter = {
  name: "ranc",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    return (document.cases as readonly (Mesh | Block)[]).map((vector): Case => {
      const run = "cores" in vector.weights ? compareMesh(vector as Mesh) : compareBlock(vector as Block);
      return { name: vector.case, needs: "integer", run };
    });
  },
};

type Compare = (engine: IntegerEngine, tally: Tally) => Promise<void>;

/** Where everything of a mesh lies in its populations: axons and neurons of all cores in the order of tiles. */
class Layout {
  readonly mesh: Mesh;
  readonly cores: readonly Core[];
  readonly neurons: readonly { readonly core: Core; readonly neuron: MeshNeuron }[];
  readonly tiles: number;

  constructor(mesh: Mesh) {
    this.mesh = mesh;
    this.tiles = mesh.params.num_cores_x * mesh.params.num_cores_y;
    this.cores = mesh.weights.cores.toSorted((a, b) => this.tile(a.coordinates) - this.tile(b.coordinates));
    this.neurons = this.cores.flatMap((core) => core.neurons.map((neuron) => ({ core, neuron })));
  }

  tile([x, y]: Place): number {
    return y * this.mesh.params.num_cores_x + x;
  }

  isBus(place: Place): boolean {
    return this.tile(place) === this.tile(this.mesh.params.output_bus.coordinates);
  }

  axon(place: Place, axon: number): number {
    return this.tile(place) * this.mesh.params.num_axons + axon;
  }

  /** First neuron of a core. */
  first(place: Place): number {
    return this.neurons.findIndex(({ core }) => this.tile(core.coordinates) === this.tile(place));
  }

  /** Which buffer takes a packet: the output bus heeds no delay. */
  destination(place: Place, axon: number, delay: number): { to: "axons" | "bus"; target: number; wait: number } {
    return this.isBus(place)
      ? { to: "bus", target: axon, wait: 0 }
      : { to: "axons", target: this.axon(place, axon), wait: delay };
  }
}

/** Populations that a mesh needs: one of axons, one of outputs and, where there are any, one of neurons. */
function populationsOf(layout: Layout): ProgramPopulation[] {
  const { num_axons, output_bus } = layout.mesh.params;
  const axons = populationLoad("axons", [layout.tiles * num_axons], "axon", {});
  const bus = populationLoad("bus", [output_bus.num_outputs], "axon", {});
  const neurons = layout.neurons.map(({ neuron }) => neuron);
  return [axons, ...(neurons.length > 0 ? [neuronLoad(neurons)] : []), bus];
}

function neuronLoad(neurons: readonly Neuron[]): ProgramPopulation {
  const all = (field: keyof Omit<Neuron, "weights">): number[] => neurons.map((neuron) => neuron[field]);
  const parameters = {
    leak: all("leak"),
    positive_threshold: all("positive_threshold"),
    negative_threshold: all("negative_threshold"),
    reset_potential: all("reset_potential"),
    reset_mode: all("reset_mode"),
  };
  return populationLoad("neurons", [neurons.length], "neuron", parameters, { membrane: all("initial_potential") });
}

/** What one source sends where. */
interface Link {
  readonly source: number;
  readonly to: "axons" | "bus";
  readonly target: number;
  readonly wait: number;
}

/** One projection per kind of destination and time to wait. */
function routes(from: string, sources: number, arrivesAfter: number, links: readonly Link[]): ProgramProjection[] {
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    const key = `${from}->${link.to} ${link.wait}`;
    groups.set(key, [...(groups.get(key) ?? []), link]);
  }
  return [...groups].map(([name, own]): ProgramProjection => {
    const rows = rowsOf(
      sources,
      own.map(({ source, target }) => ({ source, target, weight: 1 })),
    );
    const { to, wait } = own[0]!;
    return { name, from, to, arrivesAfter, parameters: { wait }, accumulator: "buffer", synapses: rows };
  });
}

interface Entry {
  readonly source: number;
  readonly target: number;
  readonly weight: number;
}

function rowsOf(sources: number, entries: readonly Entry[]): SparseSynapses {
  const rows = Array.from({ length: sources }, (): Entry[] => []);
  for (const entry of entries) rows[entry.source]!.push(entry);
  const sorted = rows.flatMap((row) => row.toSorted((a, b) => a.target - b.target));
  const start = new Uint32Array(sources + 1);
  for (const [source, row] of rows.entries()) start[source + 1] = start[source]! + row.length;
  const target = Uint32Array.from(sorted, (entry) => entry.target);
  return { kind: "sparse", start, target, weight: Int32Array.from(sorted, ({ weight }) => weight) };
}

/** Axon a of a core reaches neuron n where they are connected, with n's weight for the type of a. */
function crossbars(layout: Layout): ProgramProjection {
  const entries = layout.cores.flatMap((core) => {
    const first = layout.first(core.coordinates);
    return core.neurons.flatMap(({ weights }, n) =>
      [...new Set(core.connections[n])].map((axon): Entry => {
        const weight = weights[core.axon_types[axon] ?? 0] ?? 0;
        return { source: layout.axon(core.coordinates, axon), target: first + n, weight };
      }),
    );
  });
  const synapses = rowsOf(layout.tiles * layout.mesh.params.num_axons, entries);
  const ends = { name: "crossbars", from: "axons", to: "neurons" };
  return { ...ends, arrivesAfter: 0, parameters: {}, accumulator: "input", synapses };
}

/** Packets from outside: a channel for each kind of packet, and for each further copy of it in one step. */
function packetsOf(
  layout: Layout,
  steps: number,
): { stimuli: Stimuli; projections: ProgramProjection[]; size: number } {
  const { packets_by_injection_index: rows } = layout.mesh.input;
  const numbered = rows
    .slice(0, layout.mesh.params.ticks)
    .map((row) => numberCopies(row.map((packet) => packet.join())));
  const channels = [...new Set(numbered.flat())];
  const size = Math.max(1, channels.length);
  const values = new Float64Array(steps * size);
  // The step of its index is that in which a packet arrives.
  for (const [index, row] of numbered.entries()) {
    for (const channel of row) values[index * size + channels.indexOf(channel)] = 1;
  }
  const links = channels.map((channel, source): Link => {
    const [x, y, axon, delay] = channel.split(/[ ,]/).map(Number) as [number, number, number, number];
    return { source, ...layout.destination([x, y], axon, delay) };
  });
  const stimuli = new Map([["packets", stimulusOf(values, 1, steps, [size])]]);
  return { stimuli, projections: routes("packets", size, 0, links), size };
}

/** `a`, `b`, `a` as `a 0`, `b 0`, `a 1`. */
function numberCopies(list: readonly string[]): string[] {
  return list.map((one, i) => `${one} ${list.slice(0, i).filter((other) => other === one).length}`);
}

function neuronRoutes(layout: Layout): ProgramProjection[] {
  const links = layout.neurons.map(({ core, neuron }, source): Link => {
    const [x, y] = core.coordinates;
    const { dx, dy, destination_axon: axon, destination_tick: delay } = neuron;
    return { source, ...layout.destination([x + dx, y + dy], axon, delay) };
  });
  return routes("neurons", layout.neurons.length, 1, links);
}

function compareMesh(mesh: Mesh): Compare {
  return async (engine, tally) => {
    const { ticks, max_tick_offset, neuron_reset_type } = mesh.params;
    const layout = new Layout(mesh);
    // Packets of the last tick are written, and counted, at the beginning of the next one.
    const steps = ticks + 1;
    const packets = packetsOf(layout, steps);
    const inner = layout.neurons.length > 0 ? [crossbars(layout), ...neuronRoutes(layout)] : [];
    const settings = { floor: neuron_reset_type, buffer_rows: max_tick_offset };
    const shapes = { packets: [packets.size] };
    const program = programOf(simulator, settings, shapes, populationsOf(layout), [...packets.projections, ...inner]);
    const counters = ["axons", "bus"].flatMap((population) =>
      ["merged", "dropped"].map((register): Probe => ({ population, register })),
    );
    const probes = inner.length > 0 ? [...counters, { population: "neurons", register: "membrane" }] : counters;
    compare(layout, await recordInteger(engine, program, packets.stimuli, probes), tally);
  };
}

function compare(layout: Layout, recording: Recording, tally: Tally): void {
  const { ticks, output_bus } = layout.mesh.params;
  const { expected } = layout.mesh;
  const outputs = output_bus.num_outputs;
  const bus = populationOf(recording, "bus");
  tally.exact(
    "output bus",
    rasterOf(bus).subarray(0, ticks * outputs),
    filled(expected.output_bus_rows, outputs),
    outputs,
  );
  const sum = (population: string, counter: string): number =>
    flat([...populationOf(recording, population).traces.get(counter)!]).reduce((total, one) => total + one, 0);
  const counters = {
    dropped_current_word: sum("axons", "dropped"),
    duplicate_axon: sum("axons", "merged"),
    duplicate_bus: sum("bus", "merged"),
  };
  tally.exact(
    "counters",
    Object.values(counters),
    Object.keys(counters).map((name) => expected.warnings[name]!),
  );
  if (layout.neurons.length > 0) compareNeurons(layout, recording, tally);
}

function compareNeurons(layout: Layout, recording: Recording, tally: Tally): void {
  const { expected, params } = layout.mesh;
  const neurons = populationOf(recording, "neurons");
  const count = layout.neurons.length;
  const wanted = expected.spikes.map((row) => row.map(([x, y, neuron]) => layout.first([x, y]) + neuron));
  tally.exact("spikes", rasterOf(neurons).subarray(0, params.ticks * count), filled(wanted, count), count);
  const membrane = neurons.traces.get("membrane")!;
  for (const { core, v } of expected.potential_after_tick) {
    const size = v[0]?.length ?? 0;
    const first = layout.first(core);
    const got = v.flatMap((_, tick) => [...membrane.subarray(tick * count + first, tick * count + first + size)]);
    tally.exact(`potential of ${core.join()}`, got, flat(v), size);
  }
}

/** Lists of what is set as values [rows][size]. */
function filled(rows: readonly (readonly number[])[], size: number): Int32Array {
  const values = new Int32Array(rows.length * size);
  for (const [row, set] of rows.entries()) for (const one of set) values[row * size + one] = 1;
  return values;
}

function compareBlock({ params, weights, input, expected }: Block): Compare {
  return async (engine, tally) => {
    const { neurons } = weights;
    const ticks = input.spike_types_per_neuron_and_tick[0]?.length ?? 0;
    const numbered = input.spike_types_per_neuron_and_tick.map((rows, n) =>
      rows.map((row) => numberCopies(row.map((type) => `${n} ${type}`))),
    );
    const channels = [...new Set(numbered.flat(2))];
    const size = Math.max(1, channels.length);
    const values = new Float64Array(ticks * size);
    for (const rows of numbered) {
      for (const [tick, row] of rows.entries()) {
        for (const channel of row) values[tick * size + channels.indexOf(channel)] = 1;
      }
    }
    const entries = channels.map((channel, source): Entry => {
      const [target, type] = channel.split(" ").map(Number) as [number, number];
      return { source, target, weight: neurons[target]!.weights[type] ?? 0 };
    });
    const axons: ProgramProjection = {
      name: "axons",
      from: "types",
      to: "neurons",
      arrivesAfter: 0,
      parameters: {},
      accumulator: "input",
      synapses: rowsOf(size, entries),
    };
    const { potential_width, threshold_width, leak_width } = params;
    const settings = { buffer_rows: 16, potential_width, threshold_width, leak_width };
    const program = programOf(block, settings, { types: [size] }, [neuronLoad(neurons)], [axons]);
    const stimuli = new Map([["types", stimulusOf(values, 1, ticks, [size])]]);
    const recording = await recordInteger(engine, program, stimuli, [{ population: "neurons", register: "membrane" }]);
    const got = populationOf(recording, "neurons");
    tally.exact("spike", byNeuron(rasterOf(got), neurons.length), flat(expected.spike), ticks);
    tally.exact("potential", byNeuron(got.traces.get("membrane")!, neurons.length), flat(expected.potential), ticks);
  };
}

/** Values [ticks][neurons] as [neurons][ticks]. */
function byNeuron(values: ArrayLike<number>, neurons: number): number[] {
  const ticks = values.length / neurons;
  return Array.from({ length: values.length }, (_, i) => values[(i % ticks) * neurons + Math.floor(i / ticks)]!);
}
