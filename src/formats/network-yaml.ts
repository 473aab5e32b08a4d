/** Networks written by hand: a YAML file of nodes and edges, with arrays in it or in a .npz file beside it. */

import { BitspikeError, mistake, type Warning } from "../errors.ts";
import { createNetwork } from "../network/create.ts";
import { shapeText, type DraftEdge, type DraftLeaf } from "../network/draft.ts";
import { attempt, type Findings } from "../network/findings.ts";
import { type Network, type Tensor } from "../network/types.ts";
import { nearest, placed, readYaml, reasonOf, type Source, type Spots } from "../yaml.ts";
import { arrayFields, draftOf, formNetwork, type NetworkForm, type NodeForm } from "./network-form.ts";
import type { NpzFile } from "./npz.ts";

/** Gives the arrays of the file that a network file names. */
export type ReadArrays = (name: string) => Promise<NpzFile> | NpzFile;

/**
 * Read a network file.
 *
 * @param file its name, for messages
 * @throws NETWORK_FILE with every mistake as an issue, each with file, line, column and hint
 */
export async function readNetworkYaml(
  text: string,
  file: string,
  readArrays: ReadArrays,
): Promise<{ readonly network: Network; readonly warnings: readonly Warning[] }> {
  const source = readYaml(text, file);
  if ("problems" in source) {
    throw invalid(
      file,
      source.problems.map(({ reason, place }) => mistake("NETWORK_FILE_YAML", { reason }, place)),
    );
  }
  const form = formOf(source, file);
  const arrays = await openArrays(form, source.spots, file, readArrays);
  const reader = new Reader(arrays, source.spots, file);
  const nodes = Object.entries(form.nodes).flatMap(([name, node]) => reader.node(name, node) ?? []);
  const edges = form.edges.flatMap((way, index) => reader.edges(way, index));
  if (reader.findings.mistakes.length > 0) throw invalid(file, reader.findings.mistakes);
  try {
    const { network, warnings } = createNetwork(nodes, edges);
    return { network, warnings };
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    const issues = error.issues.length > 0 ? error.issues : [error];
    throw invalid(
      file,
      issues.map((issue) => inNetwork(issue, form, source.spots, file)),
    );
  }
}

function formOf({ data, spots }: Source, file: string): NetworkForm {
  const { form, issues } = formNetwork(data);
  if (form !== null) return form;
  const mistakes = issues.map((issue) => {
    const field = issue.path.join(".");
    const { place } = nearest(issue.path, spots, file);
    const reason = reasonOf(issue, spots);
    return mistake("NETWORK_FILE_FIELD", { field: field === "" ? "the file" : field, reason }, { ...place, field });
  });
  throw invalid(file, mistakes);
}

function invalid(file: string, issues: readonly BitspikeError[]): BitspikeError {
  return mistake("NETWORK_FILE", { file, count: issues.length }, { file }, { issues });
}

async function openArrays(
  form: NetworkForm,
  spots: Spots,
  file: string,
  readArrays: ReadArrays,
): Promise<NpzFile | null> {
  if (form.arrays === undefined) return null;
  try {
    return await readArrays(form.arrays);
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    const issue = new BitspikeError(error.code, error, { field: "arrays" }, { cause: error });
    throw invalid(file, [placed(issue, spots, file)]);
  }
}

/** What parameters are called in a network that have another name in a file. */
const fileFields: Readonly<Record<string, string>> = {
  spike_value: "graded_spikes_factor",
  initial_membrane: "membrane",
  initial_current: "current",
  initial_inhibitory: "inhibitory",
};

/** A mistake of a network with the place in the file that it comes from. */
function inNetwork(issue: BitspikeError, form: NetworkForm, spots: Spots, file: string): BitspikeError {
  const { node, field } = issue.place;
  if (field === "edges" && node !== undefined) {
    const index = form.edges.findIndex((way) => namesOf(way).includes(node));
    const column = 1 + (form.edges[index]?.indexOf(node) ?? 0);
    const place = { node, field: `edges.${index}`, line: 1, column };
    return placed(new BitspikeError(issue.code, issue, place), spots, file);
  }
  const path =
    node === undefined ? "nodes" : `nodes.${node}${field === undefined ? "" : `.${fileFields[field] ?? field}`}`;
  const place = { ...(node === undefined ? {} : { node }), field: path };
  return placed(new BitspikeError(issue.code, issue, place), spots, file);
}

function namesOf(way: string): string[] {
  return way.split("->").map((name) => name.trim());
}

/** Turns nodes of the form into drafts and gathers what is wrong with them. */
class Reader {
  readonly findings: Findings = { mistakes: [], warnings: [] };
  private readonly arrays: NpzFile | null;
  private readonly spots: Spots;
  private readonly file: string;

  constructor(arrays: NpzFile | null, spots: Spots, file: string) {
    this.arrays = arrays;
    this.spots = spots;
    this.file = file;
  }

  /** Null where something is wrong with it. */
  node(name: string, form: NodeForm): DraftLeaf | null {
    const before = this.findings.mistakes.length;
    const tensors = this.tensors(name, form);
    if (this.findings.mistakes.length > before) return null;
    const found: Findings = { mistakes: [], warnings: [] };
    const draft = attempt(found, () => draftOf(name, form, tensors));
    for (const issue of found.mistakes) {
      const { field } = issue.place;
      const place = { node: name, field: `nodes.${name}${field === undefined ? "" : `.${field}`}` };
      this.findings.mistakes.push(placed(new BitspikeError(issue.code, issue, place), this.spots, this.file));
    }
    return draft;
  }

  edges(way: string, index: number): DraftEdge[] {
    const names = namesOf(way);
    const field = `edges.${index}`;
    if (names.length < 2 || names.includes("")) this.wrong(field, "names with -> between them were expected");
    return names.slice(1).map((to, i) => [names[i] ?? "", to] as const);
  }

  private wrong(field: string, reason: string): void {
    this.findings.mistakes.push(
      placed(mistake("NETWORK_FILE_FIELD", { field, reason }, { field }), this.spots, this.file),
    );
  }

  /** Every parameter of a node that may be an array. */
  private tensors(name: string, form: NodeForm): Readonly<Record<string, Tensor>> {
    const found: Record<string, Tensor> = {};
    for (const [field, value] of Object.entries(form)) {
      if (!arrayFields.has(field) || value === undefined) continue;
      const tensor = this.tensor(value, `nodes.${name}.${field}`, field);
      if (tensor !== null) found[field] = tensor;
    }
    return found;
  }

  private tensor(value: unknown, path: string, field: string): Tensor | null {
    if (typeof value === "string") return this.named(value, path);
    if (typeof value === "number") return { shape: [], data: Float64Array.of(value) };
    const shape = shapeOf(value);
    const flat = (value as readonly unknown[]).flat(4) as number[];
    if (!isEven(value, shape)) {
      this.wrong(path, `its lists are not equally long; ${shapeText(shape)} was begun`);
      return null;
    }
    // Weights are 32 bits wide as in PyTorch; constants of neurons keep what was written.
    return { shape, data: field === "weight" || field === "bias" ? Float32Array.from(flat) : Float64Array.from(flat) };
  }

  private named(array: string, path: string): Tensor | null {
    const { arrays } = this;
    if (arrays === null) {
      this.wrong(path, `${array} would be an array of a .npz file, and \`arrays\` names none`);
      return null;
    }
    if (!arrays.names.includes(array)) {
      this.wrong(path, `there is no array ${array}; the file has ${arrays.names.join(", ") || "none"}`);
      return null;
    }
    const found: Findings = { mistakes: [], warnings: [] };
    const read = attempt(found, () => arrays.read(array));
    for (const issue of found.mistakes) {
      this.findings.mistakes.push(placed(new BitspikeError(issue.code, issue, { field: path }), this.spots, this.file));
    }
    if (read === null) return null;
    const { shape, data } = read;
    return {
      shape,
      data: data instanceof Float64Array || data instanceof Float32Array ? data : Float32Array.from(data),
    };
  }
}

/** Lengths along the first elements of nested lists. */
function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function isEven(value: unknown, [length, ...rest]: readonly number[]): boolean {
  if (!Array.isArray(value)) return length === undefined;
  return value.length === length && value.every((inner) => isEven(inner, rest));
}
