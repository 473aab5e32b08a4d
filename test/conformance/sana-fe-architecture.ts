/** SANA-FE's descriptions of an architecture as a target's network, energies and times, and its mapping as places. */

import type { Placed } from "../../src/measure/places.ts";
import type { EnergySpec, EventCost, LatencySpec, NocSpec, PerEvent, Sourced, Target } from "../../src/target/types.ts";

/** Joules and seconds. */
type Pair = readonly [joules: number, seconds: number];

export interface Architecture {
  readonly somaModel: string;
  readonly mesh: { readonly width: number; readonly height: number; readonly tileCount: number };
  readonly coresPerTile: number;
  readonly maxNeuronsPerCore: number;
  readonly linkBufferSize: number;
  readonly bufferPosition: "soma" | "dendrite";
  readonly sync: {
    readonly model: "fixed" | "table";
    /** One number, or one by the number of tiles. */
    readonly latencySeconds: number | Readonly<Record<string, number>>;
  };
  readonly costs: {
    readonly hopJoulesSeconds: Readonly<Record<"east" | "west" | "north" | "south", Pair>>;
    readonly axonInMessage: Pair;
    readonly axonOutMessage: Pair;
    /** By unit; the first is that of neurons that name none. */
    readonly synapseProcessSpike: Readonly<Record<string, Pair>>;
    readonly dendriteUpdate: Pair;
    readonly somaAccess: Pair;
    readonly somaUpdate: Pair;
    readonly somaSpikeOut: Pair;
  };
}

export interface Mapped {
  readonly neuron: string;
  readonly tile: number;
  readonly core: number;
  readonly synapseUnit?: string;
}

const read = { source: "the vector's file", confidence: "quoted" } as const;

function counted(value: number): Sourced {
  return { value, ...read };
}

function energyOf(joules: number): EventCost {
  const pJ = joules * 1e12;
  return { low: pJ, typical: pJ, high: pJ, unit: "pJ", ...read };
}

function timeOf(seconds: number): Sourced {
  return { value: seconds * 1e9, unit: "ns", ...read };
}

/** A target with the network and the costs of an architecture; neurons of a unit have their weights in its form. */
export function withArchitecture(target: Target, architecture: Architecture, mapping: readonly Mapped[]): Target {
  const { mesh, coresPerTile, maxNeuronsPerCore, bufferPosition, linkBufferSize } = architecture;
  const units = mapping.some(({ synapseUnit }) => synapseUnit !== undefined);
  const noc: NocSpec = {
    topology: "mesh",
    routing: "x-then-y",
    width: counted(mesh.width),
    height: counted(mesh.height),
    coresPerTile: counted(coresPerTile),
    tiles: "by-column",
    linkBuffer: counted(linkBufferSize),
  };
  const energy: EnergySpec = {
    basis: "published",
    of: "the vector's file",
    ...perEvent(architecture, units, ([joules]) => energyOf(joules)),
    notPriced: [],
  };
  const latency: LatencySpec = {
    ...perEvent(architecture, units, ([, seconds]) => timeOf(seconds)),
    barrier: barrierOf(architecture),
  };
  return {
    ...target,
    core: { ...target.core, neurons: counted(maxNeuronsPerCore), gathered: bufferPosition === "dendrite" },
    chip: { ...target.chip, cores: counted(mesh.tileCount * coresPerTile) },
    noc,
    energy,
    latency,
  };
}

function perEvent<T>({ costs }: Architecture, units: boolean, one: (pair: Pair) => T): PerEvent<T> {
  const { east, west, north, south } = costs.hopJoulesSeconds;
  const [first] = Object.values(costs.synapseProcessSpike) as [Pair];
  const { dense, sparse } = costs.synapseProcessSpike;
  const byForm = { dense: dense && one(dense), sparse: sparse && one(sparse) };
  return {
    synop: one(first),
    synopByForm: units ? byForm : undefined,
    accumulation: one(costs.dendriteUpdate),
    neuronUpdate: one(costs.somaAccess),
    neuronActive: one(costs.somaUpdate),
    spike: one(costs.somaSpikeOut),
    axonOut: one(costs.axonOutMessage),
    axonIn: one(costs.axonInMessage),
    hop: { east: one(east), west: one(west), north: one(north), south: one(south) },
  };
}

function barrierOf({ sync }: Architecture): LatencySpec["barrier"] {
  const { latencySeconds } = sync;
  const table = typeof latencySeconds === "number" ? { 0: latencySeconds } : latencySeconds;
  return Object.entries(table).map(([tiles, seconds]) => ({ tiles: Number(tiles), time: timeOf(seconds) }));
}

/** Places of all neurons, one by one; a core's number counts those of the tiles before it. */
export function placesOf(mapping: readonly Mapped[], { coresPerTile }: Architecture): Placed[] {
  return mapping.map(({ neuron, tile, core }) => {
    const dot = neuron.lastIndexOf(".");
    const index = Number(neuron.slice(dot + 1));
    return { population: neuron.slice(0, dot), core: tile * coresPerTile + core, from: index, to: index + 1 };
  });
}
