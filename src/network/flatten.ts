/** From graphs inside graphs to one flat graph, and the checks of names and edges on the way. */

import { mistake } from "../errors.ts";
import { closest } from "../spelling.ts";
import type { DraftEdge, DraftGraph, DraftNode, FlatNode } from "./draft.ts";
import { attempt, type Findings } from "./findings.ts";

/** Graphs may lie in graphs this deep; real files use one or two levels. */
export const MAX_NESTING = 64;

/** Nodes without nesting. Edges are pairs of full names; the same pair occurs once. */
export interface FlatGraph {
  readonly nodes: readonly FlatNode[];
  readonly edges: readonly DraftEdge[];
}

/**
 * Put the nodes of nested graphs beside the others, named `graph.node`. Inputs and Outputs of nested graphs become
 * ports, joined to what the edges of the outer graph say.
 *
 * @param findings receives mistakes in names and edges, and a warning for every edge that is there twice
 */
export function flattenGraph(nodes: readonly DraftNode[], edges: readonly DraftEdge[], findings: Findings): FlatGraph {
  const flat: { nodes: FlatNode[]; edges: DraftEdge[] } = { nodes: [], edges: [] };
  const walk = (graph: Omit<DraftGraph, "name" | "kind">, prefix: string, depth: number): void => {
    const inside = new Map(graph.nodes.map((node) => [node.name, node]));
    for (const edge of sound(withoutRepeats(graph.edges, prefix, findings), inside, prefix, findings)) {
      const joined = attempt(findings, () => joinedNodes(edge, inside, prefix));
      if (joined !== null) flat.edges.push(joined);
    }
    for (const node of graph.nodes) {
      const name = prefix + node.name;
      if (node.kind !== "graph") flat.nodes.push(asLeaf(node, name, depth));
      else if (depth < MAX_NESTING) walk(node, `${name}.`, depth + 1);
      else throw mistake("NETWORK_NESTING", { limit: MAX_NESTING }, { node: name });
    }
  };
  walk({ nodes, edges }, "", 0);
  checkNames(flat.nodes, findings);
  return flat;
}

/**
 * Take the ports out and join what is before them to what is behind. A port between two nodes that are joined anyway
 * stays, as a Flatten that changes nothing: the value must arrive twice.
 */
export function dissolvePorts(graph: FlatGraph): FlatGraph {
  const next = new Map<string, Set<string>>(graph.nodes.map((node) => [node.name, new Set()]));
  const previous = new Map<string, Set<string>>(graph.nodes.map((node) => [node.name, new Set()]));
  const join = (from: string, to: string): void => void (next.get(from)?.add(to), previous.get(to)?.add(from));
  for (const [from, to] of graph.edges) join(from, to);
  const nodes: FlatNode[] = [];
  for (const node of graph.nodes) {
    const before = [...(previous.get(node.name) ?? [])];
    const behind = [...(next.get(node.name) ?? [])];
    const twice = before.some((from) => behind.some((to) => next.get(from)?.has(to)));
    if (node.kind !== "port") nodes.push(node);
    else if (twice) nodes.push({ kind: "flatten", name: node.name, startDim: 0, endDim: 0, inputShape: null });
    else {
      for (const from of before) next.get(from)?.delete(node.name);
      for (const to of behind) previous.get(to)?.delete(node.name);
      next.delete(node.name);
      for (const from of before) for (const to of behind) join(from, to);
    }
  }
  return { nodes, edges: [...next].flatMap(([from, ends]) => [...ends].map((to) => [from, to] as const)) };
}

function asLeaf(node: Exclude<DraftNode, DraftGraph>, name: string, depth: number): FlatNode {
  const isPort = depth > 0 && (node.kind === "input" || node.kind === "output");
  return isPort ? { kind: "port", name, shape: node.shape } : { ...node, name };
}

function withoutRepeats(edges: readonly DraftEdge[], prefix: string, findings: Findings): readonly DraftEdge[] {
  const seen = new Set<string>();
  return edges.filter(([from, to]) => {
    const key = JSON.stringify([from, to]);
    if (!seen.has(key)) return seen.add(key);
    findings.warnings.push({
      code: "NETWORK_EDGE_DUPLICATE",
      message: `The edge ${prefix}${from} -> ${prefix}${to} is there more than once; it counts once.`,
      place: { node: prefix + to },
    });
    return false;
  });
}

/** The edges whose nodes exist; each missing node is one mistake, however many edges name it. */
function sound(
  edges: readonly DraftEdge[],
  inside: ReadonlyMap<string, DraftNode>,
  prefix: string,
  findings: Findings,
): readonly DraftEdge[] {
  const missing = new Set(edges.flat().filter((name) => !inside.has(name)));
  for (const name of missing) {
    const naming = edges.filter((edge) => edge.includes(name)).map(([from, to]) => `${from} -> ${to}`);
    const where = prefix === "" ? "The network" : `The graph ${prefix.slice(0, -1)}`;
    const known = [...inside.keys()];
    const near = closest(name, known);
    const advice = near === undefined ? "Correct the edge or add the node." : `Did you mean ${near}?`;
    const facts = { missing: name, where, edges: some(naming), known: some(known), advice };
    findings.mistakes.push(mistake("NETWORK_EDGE_NODE", facts, { field: "edges", node: prefix + name }));
  }
  return edges.filter(([from, to]) => !missing.has(from) && !missing.has(to));
}

/** Full names of the two leaves that an edge joins. */
function joinedNodes([from, to]: DraftEdge, inside: ReadonlyMap<string, DraftNode>, prefix: string): DraftEdge {
  const facts = { from: prefix + from, to: prefix + to };
  const source = inside.get(from);
  const target = inside.get(to);
  if (source?.kind === "output") throw mistake("NETWORK_EDGE_FROM_OUTPUT", facts, { field: "edges", node: facts.from });
  if (target?.kind === "input") throw mistake("NETWORK_EDGE_INTO_INPUT", facts, { field: "edges", node: facts.to });
  return [portOf(source, "output", facts, facts.from), portOf(target, "input", facts, facts.to)];
}

/** The leaf that stands for a node in an edge: itself, or the only Input or Output of a nested graph. */
function portOf(
  node: DraftNode | undefined,
  kind: "input" | "output",
  facts: { readonly from: string; readonly to: string },
  name: string,
): string {
  if (node?.kind !== "graph") return name;
  const ports = node.nodes.filter((inner) => inner.kind === kind);
  const [port] = ports;
  if (port !== undefined && ports.length === 1) return `${name}.${port.name}`;
  const word = kind === "input" ? "Input" : "Output";
  throw mistake("NETWORK_SUBGRAPH_PORTS", { ...facts, graph: name, count: ports.length, word }, { node: name });
}

function checkNames(nodes: readonly FlatNode[], findings: Findings): void {
  const seen = new Set<string>();
  for (const { name } of nodes) {
    if (seen.has(name)) findings.mistakes.push(mistake("NETWORK_NODE_DUPLICATE", { name }, { node: name }));
    seen.add(name);
  }
}

/** A list for a message: at most eight names. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown || "none";
}
