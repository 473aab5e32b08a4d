/**
 * NIR, the Neuromorphic Intermediate Representation: networks in HDF5 files. Layout: `/version`, and the graph in `/node` with
 * `type`, `edges` [n][2] and `nodes/<name>/..`, where a node may be a graph again. Everything else in a file is left alone.
 *
 * Source: J. E. Pedersen et al., Nature Communications 15 (2024), doi 10.1038/s41467-024-52259-9, and files written by the
 * Python package `nir` 0.1 to 1.0.
 */

import { BitspikeError, located, mistake, type Warning } from "../errors.ts";
import { createNetwork } from "../network/create.ts";
import type { DraftConv, DraftEdge, DraftGraph, DraftLeaf, DraftNode, DraftPool, Extent } from "../network/draft.ts";
import { shapeText } from "../network/draft.ts";
import { attempt, throwFound, type Findings } from "../network/findings.ts";
import { MAX_NESTING } from "../network/flatten.ts";
import type { Network, NeuronType, Shape, Tensor } from "../network/types.ts";
import { closest } from "../spelling.ts";
import { openHdf5, type Hdf5File, type Hdf5Values } from "./hdf5/file.ts";

export interface NirFile {
  readonly network: Network;
  /** Of the `nir` package that wrote the file; null when the file does not say. */
  readonly version: string | null;
  /** What is odd in the file but does no harm. */
  readonly warnings: readonly Warning[];
}

/**
 * Read a network from the bytes of a NIR file.
 *
 * @param file name for messages
 * @throws NIR_ errors about the file, NETWORK_ errors about what is in it
 */
export function readNir(bytes: Uint8Array, file?: string): NirFile {
  const place = file === undefined ? {} : { file };
  try {
    const { graph, version, warnings } = readRoot(openHdf5(bytes));
    const made = createNetwork(graph.nodes, graph.edges);
    const all = [...warnings, ...made.warnings];
    const placed = all.map((warning) => ({ ...warning, place: { ...place, ...warning.place } }));
    return { network: made.network, version, warnings: placed };
  } catch (error) {
    throw error instanceof BitspikeError ? located(error, place) : error;
  }
}

interface Root {
  readonly graph: Graph;
  readonly version: string | null;
  readonly warnings: readonly Warning[];
}
type Graph = Pick<DraftGraph, "nodes" | "edges">;

function readRoot(file: Hdf5File): Root {
  const findings: Findings = { mistakes: [], warnings: [] };
  const version = readVersion(file, findings.warnings);
  if (!isThere(file, "/", "node")) throw mistake("NIR_NO_GRAPH", {});
  const type = readType(file, "/node", "");
  if (type !== "NIRGraph") throw mistake("NIR_ROOT_TYPE", { type }, { field: "/node/type" });
  const graph = readGraph({ file, findings, seen: new Set() }, "/node", "", 0);
  throwFound(findings);
  return { graph, version, warnings: findings.warnings };
}

function isThere(file: Hdf5File, group: string, name: string): boolean {
  return file.names(group)?.includes(name) ?? false;
}

function readVersion(file: Hdf5File, warnings: Warning[]): string | null {
  const values = isThere(file, "/", "version") ? file.read("/version") : null;
  const version = values?.kind === "text" ? (values.data[0] ?? null) : null;
  if (version === null) {
    const message = "The file does not say which version of NIR it follows; it was read as version 1.";
    warnings.push({ code: "NIR_VERSION_MISSING", message, place: { field: "/version" } });
  } else if (Number.parseInt(version, 10) > 1) {
    const message = `The file follows NIR ${version}, which is newer than what was tested; it was read as version 1.`;
    warnings.push({ code: "NIR_VERSION_NEW", message, place: { field: "/version" } });
  }
  return version;
}

/** What travels down through nested graphs. */
interface Walk {
  readonly file: Hdf5File;
  readonly findings: Findings;
  /** Where the graphs met so far lie: a graph that is linked twice may contain itself. */
  readonly seen: Set<number>;
}

/** @param prefix of the names of its nodes in messages, such as `outer.` */
function readGraph(walk: Walk, path: string, prefix: string, depth: number): Graph {
  const { file, seen } = walk;
  const place = prefix === "" ? {} : { node: prefix.slice(0, -1) };
  if (depth > MAX_NESTING) {
    // The outermost name says enough.
    throw mistake("NETWORK_NESTING", { limit: MAX_NESTING }, { node: prefix.slice(0, prefix.indexOf(".")) });
  }
  const at = file.place(path);
  if (at !== null && seen.has(at)) throw mistake("NIR_GRAPH_TWICE", { path }, place);
  if (at !== null) seen.add(at);
  const names = isThere(file, path, "nodes") ? file.names(`${path}/nodes`) : null;
  if (names === null) throw mistake("NIR_NODES_MISSING", { path }, place);
  const edges = collect(walk, () => readEdges(file, path, prefix)) ?? [];
  const nodes = names.flatMap((name): DraftNode[] => {
    const node = collect(walk, () => readNode(walk, `${path}/nodes/${name}`, name, prefix, depth));
    return node === null ? [] : [node];
  });
  return { nodes, edges };
}

/** Keep a mistake for later, unless the file itself cannot be read on. */
function collect<T>({ findings }: Walk, work: () => T): T | null {
  const result = attempt(findings, work);
  const last = findings.mistakes.at(-1);
  if (last?.code === "NIR_DAMAGED" || last?.code === "NETWORK_NESTING") throw last;
  return result;
}

function readEdges(file: Hdf5File, path: string, prefix: string): readonly DraftEdge[] {
  const field = `${path}/edges`;
  const place = { field, ...(prefix === "" ? {} : { node: prefix.slice(0, -1) }) };
  if (!isThere(file, path, "edges")) throw mistake("NIR_EDGES_MISSING", { path }, place);
  const values = file.read(field);
  if (values.shape[0] === 0) return [];
  if (values.kind !== "text" || values.shape.length !== 2 || values.shape[1] !== 2) {
    throw mistake("NIR_EDGES", { found: contents(values) }, place);
  }
  const names = values.data;
  return names.flatMap((name, index): DraftEdge[] => (index % 2 === 0 ? [[name, names[index + 1] ?? ""]] : []));
}

function readType(file: Hdf5File, path: string, node: string): string {
  const field = `${path}/type`;
  const place = { field, ...(node === "" ? {} : { node }) };
  if (!isThere(file, path, "type")) throw mistake("NIR_TYPE_MISSING", { path }, place);
  const values = file.read(field);
  const [type] = values.kind === "text" ? values.data : [];
  if (type === undefined) throw mistake("NIR_TYPE_KIND", { path, found: contents(values) }, place);
  return type;
}

function readNode(walk: Walk, path: string, name: string, prefix: string, depth: number): DraftNode {
  const { file } = walk;
  const fullName = prefix + name;
  const type = readType(file, path, fullName);
  if (type === "NIRGraph") return { kind: "graph", name, ...readGraph(walk, path, `${fullName}.`, depth + 1) };
  const make = primitives.get(type);
  if (make === undefined) throw unknownType(type, fullName);
  return make(name, fieldsOf(file, path, type, fullName));
}

function unknownType(type: string, node: string): BitspikeError {
  const known = [...primitives.keys()];
  const near = closest(type, known);
  const advice =
    near === undefined
      ? `Known types are ${known.join(", ")} and NIRGraph.`
      : near.toLowerCase() === type.toLowerCase()
        ? `Capitals count: the type is called ${near}.`
        : `Did you mean ${near}?`;
  return mistake("NIR_TYPE_UNKNOWN", { type, advice }, { node, field: "type" });
}

/** Access to the parameters of one node. */
interface Fields {
  /** @throws NETWORK_PARAMETER_MISSING, NIR_PARAMETER_KIND */
  tensor(field: string): Tensor;
  optionalTensor(field: string): Tensor | null;
  /** Scalars and lists alike. */
  numbers(field: string): readonly number[];
  optionalNumbers(field: string): readonly number[] | null;
  number(field: string, otherwise?: number): number;
  /** A list of numbers, or a word. */
  numbersOrWord(field: string): Extent | string;
}

function fieldsOf(file: Hdf5File, path: string, type: string, node: string): Fields {
  const given = new Set(file.names(path));
  const read = (field: string): Hdf5Values | null => (given.has(field) ? file.read(`${path}/${field}`) : null);
  const required = (field: string): Hdf5Values => {
    const values = read(field);
    if (values === null) throw mistake("NETWORK_PARAMETER_MISSING", { type, field }, { node, field });
    return values;
  };
  const tensorIn = (values: Hdf5Values, field: string): Tensor => {
    if (values.kind === "numbers") return values;
    throw mistake("NIR_PARAMETER_KIND", { field, found: contents(values) }, { node, field });
  };
  const optionalTensor = (field: string): Tensor | null => {
    const values = read(field);
    return values === null ? null : tensorIn(values, field);
  };
  const optionalNumbers = (field: string): readonly number[] | null => {
    const tensor = optionalTensor(field);
    return tensor === null ? null : [...tensor.data];
  };
  const tensor = (field: string): Tensor => tensorIn(required(field), field);
  return {
    tensor,
    optionalTensor,
    optionalNumbers,
    numbers: (field) => [...tensor(field).data],
    number: (field, otherwise) =>
      (otherwise === undefined ? tensor(field) : optionalTensor(field))?.data[0] ?? otherwise ?? NaN,
    numbersOrWord: (field) => {
      const values = required(field);
      return values.kind === "text" ? (values.data[0] ?? "") : [...tensorIn(values, field).data];
    },
  };
}

type Make = (name: string, fields: Fields) => DraftLeaf;

const primitives: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["Input", (name, fields) => ({ kind: "input", name, shape: frameShape(fields) })],
  ["Output", (name, fields) => ({ kind: "output", name, shape: frameShape(fields) })],
  ["Affine", (name, fields) => ({ kind: "dense", name, weight: fields.tensor("weight"), bias: fields.tensor("bias") })],
  ["Linear", (name, fields) => ({ kind: "dense", name, weight: fields.tensor("weight"), bias: null })],
  ["Scale", (name, fields) => ({ kind: "scale", name, scale: fields.tensor("scale") })],
  ["Conv1d", conv("conv1d")],
  ["Conv2d", conv("conv2d")],
  ["SumPool2d", pool("sumPool2d")],
  ["AvgPool2d", pool("avgPool2d")],
  ["Flatten", makeFlatten],
  ["Threshold", (name, fields) => ({ kind: "threshold", name, threshold: fields.tensor("threshold") })],
  ["Delay", (name, fields) => ({ kind: "delay", name, delay: fields.tensor("delay") })],
  ["I", neuron("I")],
  ["IF", neuron("IF")],
  ["LI", neuron("LI")],
  ["LIF", neuron("LIF")],
  ["CubaLI", neuron("CubaLI")],
  ["CubaLIF", neuron("CubaLIF")],
]);

/** A frame without axes is one number. */
function frameShape(fields: Fields): Shape {
  const shape = fields.numbers("shape");
  return shape.length === 0 ? [1] : shape;
}

function conv(kind: DraftConv["kind"]): Make {
  return (name, fields) => ({
    kind,
    name,
    weight: fields.tensor("weight"),
    bias: fields.tensor("bias"),
    stride: fields.numbers("stride"),
    padding: fields.numbersOrWord("padding"),
    dilation: fields.numbers("dilation"),
    groups: fields.number("groups"),
    inputSize: fields.optionalNumbers("input_shape"),
  });
}

function pool(kind: DraftPool["kind"]): Make {
  return (name, fields) => ({
    kind,
    name,
    kernel: fields.numbers("kernel_size"),
    stride: fields.numbers("stride"),
    padding: fields.numbers("padding"),
  });
}

/** Defaults as in the Python package. */
function makeFlatten(name: string, fields: Fields): DraftLeaf {
  const [startDim, endDim] = [fields.number("start_dim", 1), fields.number("end_dim", -1)];
  return { kind: "flatten", name, startDim, endDim, inputShape: fields.optionalNumbers("input_type") };
}

/** `createNetwork` says which of the parameters a type needs. */
function neuron(type: NeuronType): Make {
  const hasCurrent = type.startsWith("Cuba");
  return (name, fields) => ({
    kind: "neuron",
    name,
    type,
    tauSyn: hasCurrent ? fields.optionalTensor("tau_syn") : null,
    tauMem: type === "I" || type === "IF" ? null : fields.optionalTensor(hasCurrent ? "tau_mem" : "tau"),
    r: fields.optionalTensor("r"),
    wIn: hasCurrent ? fields.optionalTensor("w_in") : null,
    vLeak: type === "I" || type === "IF" ? null : fields.optionalTensor("v_leak"),
    threshold: type.endsWith("F") ? fields.optionalTensor("v_threshold") : null,
    vReset: type.endsWith("F") ? fields.optionalTensor("v_reset") : null,
  });
}

/** In words what was found where something else was expected. */
function contents(values: Hdf5Values): string {
  if (values.kind === "other") return values.what;
  if (values.shape.length === 0) return values.kind === "text" ? "text" : "a number";
  return `${values.kind} of shape ${shapeText(values.shape)}`;
}
