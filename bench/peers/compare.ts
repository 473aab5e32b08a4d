/** Compares what bitspike's float reference computes with what snnTorch recorded of the same network. */

import {
  encodeConstant,
  readData,
  discretize,
  openNpz,
  readNir,
  sizeOf,
  type DiscreteNetwork,
  type DiscreteNode,
  type NeuronRule,
  type NpzFile,
  type PopulationNode,
  type PopulationRecording,
  type ReferenceEngine,
  type ResetKind,
  type Stimulus,
} from "bitspike";

/** A network that snnTorch wrote and ran. */
export interface Peer {
  readonly network: DiscreteNetwork;
  readonly stimulus: Stimulus;
  /** Arrays `spikes NAME`, `membrane NAME` and `before NAME`, [batch][steps][neurons]. */
  readonly recorded: NpzFile;
}

/** What a NIR file does not say. */
export interface Unsaid {
  readonly reset: ResetKind;
  readonly resetDelay: boolean;
  /** snnTorch's class of each population, by its name in the file. */
  readonly classes: Readonly<Record<string, string>>;
}

/** Counts of one comparison; those of several add up. */
export interface Agreement {
  /** Spikes and membranes, the latter before and after the reset. */
  readonly values: number;
  /** Unlike spikes, and membranes outside of the tolerance. */
  readonly mismatches: number;
  /** Largest difference of two membranes. */
  readonly worst: number;
  /** Membranes so close to their threshold that rounding may decide, alike on both sides nevertheless. */
  readonly near: number;
  /** Smallest distance of a membrane from its threshold. */
  readonly closest: number;
  /** Of these, those where it did: a spike on one side only. What follows in the sample is not compared. */
  readonly decided: number;
  /** Largest distance from the threshold among those decided by rounding; 0 when there are none. */
  readonly margin: number;
  /** Values behind a spike that rounding decided. */
  readonly leftOut: number;
  /** The first mismatch; null when there is none. */
  readonly first: string | null;
}

export const nothing: Agreement = {
  values: 0,
  mismatches: 0,
  worst: 0,
  near: 0,
  closest: Infinity,
  decided: 0,
  margin: 0,
  leftOut: 0,
  first: null,
};

export function sum(a: Agreement, b: Agreement): Agreement {
  return {
    values: a.values + b.values,
    mismatches: a.mismatches + b.mismatches,
    worst: Math.max(a.worst, b.worst),
    near: a.near + b.near,
    closest: Math.min(a.closest, b.closest),
    decided: a.decided + b.decided,
    margin: Math.max(a.margin, b.margin),
    leftOut: a.leftOut + b.leftOut,
    first: a.first ?? b.first,
  };
}

const ABSOLUTE = 1e-5;
const RELATIVE = 1e-5;
/** About eight units in the last place of a float32: what the order of a sum may change. */
const ROUNDING = 1e-6;

function tolerance(value: number): number {
  return ABSOLUTE + RELATIVE * Math.abs(value);
}

/** @param samples how many to use of those recorded; all when missing */
export function readPeer(nir: Uint8Array, npz: Uint8Array, unsaid: Unsaid, samples?: number): Peer {
  const read = readNir(nir).network;
  const { reset, resetDelay, classes } = unsaid;
  const discrete = discretize(read, { dt: null, method: "euler", reset, resetDelay }).network;
  // Reset to zero in the same step is what NIR says itself.
  const isPlain = reset === "zero" && !resetDelay;
  const network = {
    ...discrete,
    nodes: isPlain ? discrete.nodes : discrete.nodes.map((node) => asSnnTorch(node, classes[node.name])),
  };
  const recorded = openNpz(npz);
  const input = recorded.read("input");
  const [all = 0, steps = 0, size = 0] = input.shape;
  const values = Float32Array.from(input.data as ArrayLike<number>);
  const shape = network.nodes.find((node) => node.kind === "input")?.outputShape ?? [];
  if (sizeOf(shape) !== size) throw new Error(`The input has ${size} values; the network takes ${sizeOf(shape)}.`);
  return { network, recorded, stimulus: stimulusOf(values, samples ?? all, steps, shape) };
}

/** A population whose resets are snnTorch's in every case, that of a membrane still above threshold after one included. */
function asSnnTorch(node: DiscreteNode, peer: string | undefined): DiscreteNode {
  if (node.kind !== "population") return node;
  const replaced = peer === "Leaky" ? "before" : "after";
  const rule: NeuronRule = {
    response: "leaky",
    sees: "new",
    tested: "after",
    replaced,
    settled: !node.resetDelay,
    inhibition: false,
  };
  return { ...node, rule };
}

/** As a file would be read, so that threads can do so themselves. @param values [samples or more][steps][size of shape] */
export function stimulusOf(values: Float32Array, samples: number, steps: number, shape: readonly number[]): Stimulus {
  const all = values.length / steps / sizeOf(shape);
  const array = { shape: [all, steps, ...shape], dtype: "float32", data: values } as const;
  return encodeConstant(readData(array, shape, { steps, samples: { from: 0, to: samples } }), 1, steps);
}

/** Run a network on an engine opened for it, and compare all its populations. */
export async function comparePeer(engine: ReferenceEngine, { network, stimulus, recorded }: Peer): Promise<Agreement> {
  const nodes = network.nodes.filter((node) => node.kind === "population");
  const probes = nodes.flatMap(({ name }) =>
    ["membrane", "membrane_before_reset"].map((register) => ({ population: name, register })),
  );
  const [input] = network.nodes.filter((node) => node.kind === "input");
  const { populations } = await engine.run(new Map([[input?.name ?? "", stimulus]]), { probes });
  const layers = nodes.map((node) => layerOf(node, populations, recorded));
  let agreement = nothing;
  for (let sample = 0; sample < stimulus.samples; sample++) {
    agreement = sum(agreement, compareSample(layers, sample, stimulus.steps));
  }
  return agreement;
}

/** One population on both sides; arrays [samples][steps][neurons]. */
interface Layer {
  readonly name: string;
  readonly neurons: number;
  readonly threshold: Float64Array;
  readonly got: Side;
  readonly expected: Side;
}
interface Side {
  readonly spikes: ArrayLike<number>;
  readonly membrane: ArrayLike<number>;
  readonly before: ArrayLike<number>;
}

function layerOf(node: PopulationNode, populations: readonly PopulationRecording[], recorded: NpzFile): Layer {
  const own = populations.find(({ name }) => name === node.name);
  const array = (what: string): ArrayLike<number> =>
    recorded.read(`${what} ${node.name}`).data as unknown as ArrayLike<number>;
  if (own === undefined || node.threshold === null) throw new Error(`${node.name} does not fire.`);
  const trace = (register: string): ArrayLike<number> => own.traces.get(register) ?? [];
  return {
    name: node.name,
    neurons: own.neurons,
    threshold: node.threshold,
    got: { spikes: raster(own), membrane: trace("membrane"), before: trace("membrane_before_reset") },
    expected: { spikes: array("spikes"), membrane: array("membrane"), before: array("before") },
  };
}

/** Spikes as zeros and ones. */
function raster({ spikes, neurons }: PopulationRecording): Uint8Array {
  const rows = spikes.start.length - 1;
  const values = new Uint8Array(rows * neurons);
  for (let row = 0; row < rows; row++) {
    for (let i = spikes.start[row]!; i < spikes.start[row + 1]!; i++) values[row * neurons + spikes.neuron[i]!] = 1;
  }
  return values;
}

/** Step by step and layer by layer, up to the first layer and step in which rounding decided a spike. */
function compareSample(layers: readonly Layer[], sample: number, steps: number): Agreement {
  const perStep = 3 * layers.reduce((all, { neurons }) => all + neurons, 0);
  let agreement = nothing;
  for (let step = 0; step < steps; step++) {
    for (const layer of layers) {
      agreement = sum(agreement, compareStep(layer, sample * steps + step, `sample ${sample}, step ${step}`));
      if (agreement.decided > 0) return { ...agreement, leftOut: steps * perStep - agreement.values };
    }
  }
  return agreement;
}

function compareStep({ name, neurons, threshold, got, expected }: Layer, row: number, place: string): Agreement {
  const counts = { values: 3 * neurons, mismatches: 0, worst: 0, near: 0, closest: Infinity };
  const rounded = { decided: 0, margin: 0, leftOut: 0 };
  let first: string | null = null;
  const differ = (neuron: number, what: string, a: number, b: number): void => {
    counts.mismatches++;
    first ??= `${place}, population ${name}, neuron ${neuron}: ${what} is ${a}, with snnTorch ${b}`;
  };
  for (let neuron = 0; neuron < neurons; neuron++) {
    const at = row * neurons + neuron;
    const [before, wanted] = [got.before[at] ?? NaN, expected.before[at] ?? NaN];
    const alike = Math.abs(before - wanted) <= tolerance(wanted);
    counts.worst = Math.max(counts.worst, Math.abs(before - wanted));
    if (!alike) differ(neuron, "the membrane before the reset", before, wanted);
    const distance = Math.max(Math.abs(wanted - threshold[neuron]!), Math.abs(before - threshold[neuron]!));
    counts.closest = Math.min(counts.closest, distance);
    if (got.spikes[at] === expected.spikes[at]) {
      if (distance <= ROUNDING * Math.max(1, threshold[neuron]!)) counts.near++;
      const [after, wantedAfter] = [got.membrane[at] ?? NaN, expected.membrane[at] ?? NaN];
      counts.worst = Math.max(counts.worst, Math.abs(after - wantedAfter));
      if (!(Math.abs(after - wantedAfter) <= tolerance(wantedAfter)))
        differ(neuron, "the membrane", after, wantedAfter);
    } else if (alike && distance <= tolerance(threshold[neuron]!)) {
      rounded.decided++;
      rounded.margin = Math.max(rounded.margin, distance);
    } else {
      differ(neuron, "the spike", got.spikes[at] ?? NaN, expected.spikes[at] ?? NaN);
    }
  }
  return { ...counts, ...rounded, first };
}
