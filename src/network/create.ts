/** The one way to make a network: checked, shaped, ordered. */

import { mistake, type Warning } from "../errors.ts";
import { buildNode } from "./build.ts";
import { isStateful, shapeText, type DraftEdge, type DraftNode, type FlatNode } from "./draft.ts";
import { dissolvePorts, flattenGraph, type FlatGraph } from "./flatten.ts";
import { throwFound, type Findings } from "./findings.ts";
import { delayedEdges, distances, executionOrder, statelessCycle, type Links } from "./order.ts";
import { checkParameters, elementShape, parametersOf } from "./parameters.ts";
import { inferShapes, type NodeShapes } from "./shapes.ts";
import { sizeOf, type Edge, type Network, type NetworkNode } from "./types.ts";

/**
 * Make a network of nodes and edges: nested graphs become flat (`graph.node`), shapes are inferred and checked, the
 * order of execution and the edges that carry the previous timestep are found. Nothing is mutated; arrays are shared
 * with the drafts.
 *
 * @param edges pairs of names; edges of nested graphs are in those
 * @returns nodes in the order of execution, edges by that order, and what is odd but harmless
 * @throws a NETWORK_ error; NETWORK_MISTAKES when several were found
 */
export function createNetwork(
  nodes: readonly DraftNode[],
  edges: readonly DraftEdge[],
): { readonly network: Network; readonly warnings: readonly Warning[] } {
  const findings: Findings = { mistakes: [], warnings: [] };
  const nested = flattenGraph(nodes, edges, findings);
  checkParameters(nested.nodes, findings);
  checkEnds(nested, findings);
  throwFound(findings);
  checkCycles(nested);
  checkOutputs(nested, findings);
  throwFound(findings);
  const shapes = inferShapes(nested, findings);
  throwFound(findings);
  const graph = dissolvePorts(nested);
  warnOfLooseEnds(graph, findings);
  warnOfRepetition(graph.nodes, shapes, findings);
  return { network: ordered(graph, shapes), warnings: findings.warnings };
}

/** Nodes as numbers: their place in `graph.nodes`. */
function linksOf(graph: FlatGraph): Links {
  const index = new Map(graph.nodes.map((node, position) => [node.name, position]));
  const edges = graph.edges.map(([from, to]) => [index.get(from) ?? -1, index.get(to) ?? -1] as const);
  return { count: graph.nodes.length, edges };
}

function indicesOf(graph: FlatGraph, kind: FlatNode["kind"]): readonly number[] {
  return graph.nodes.flatMap((node, index) => (node.kind === kind ? [index] : []));
}

function ordered(graph: FlatGraph, shapes: ReadonlyMap<string, NodeShapes>): Network {
  const links = linksOf(graph);
  const distance = distances(links, indicesOf(graph, "input"));
  const delayed = delayedEdges(links, graph.nodes.map(isStateful), distance);
  const order = executionOrder(links, delayed, distance);
  const rank = new Map(order.map((index, position) => [index, position]));
  const nodes = order.flatMap((index): NetworkNode[] => {
    const node = graph.nodes[index];
    const shape = node && shapes.get(node.name);
    return node && shape ? [buildNode(node, shape)] : [];
  });
  const byRank = ([from, to]: readonly [number, number]): number =>
    (rank.get(from) ?? 0) * links.count + (rank.get(to) ?? 0);
  const edges = links.edges
    .map((link, edge) => ({ link, delayed: delayed[edge] === true }))
    .toSorted((a, b) => byRank(a.link) - byRank(b.link))
    .map(({ link, delayed }): Edge => ({ from: nameOf(graph, link[0]), to: nameOf(graph, link[1]), delayed }));
  return { nodes, edges };
}

function nameOf(graph: FlatGraph, index: number): string {
  return graph.nodes[index]?.name ?? "";
}

function checkEnds(graph: FlatGraph, findings: Findings): void {
  if (indicesOf(graph, "input").length === 0) findings.mistakes.push(mistake("NETWORK_NO_INPUT", {}));
  if (indicesOf(graph, "output").length === 0) findings.mistakes.push(mistake("NETWORK_NO_OUTPUT", {}));
}

function checkCycles(graph: FlatGraph): void {
  const cycle = statelessCycle(linksOf(graph), graph.nodes.map(isStateful));
  if (cycle === null) return;
  const names = cycle.map((index) => nameOf(graph, index));
  const [first = ""] = names;
  throw mistake("NETWORK_STATELESS_CYCLE", { loop: [...names, first].join(" -> ") }, { node: first });
}

function checkOutputs(graph: FlatGraph, findings: Findings): void {
  const fromInput = distances(linksOf(graph), indicesOf(graph, "input"));
  for (const index of indicesOf(graph, "output")) {
    const name = nameOf(graph, index);
    if (fromInput[index] !== Infinity) continue;
    findings.mistakes.push(mistake("NETWORK_OUTPUT_UNREACHABLE", { name }, { node: name }));
  }
}

/** Nodes that get nothing or lead nowhere do no harm, and are hardly meant. */
function warnOfLooseEnds(graph: FlatGraph, findings: Findings): void {
  const links = linksOf(graph);
  const backward: Links = { count: links.count, edges: links.edges.map(([from, to]) => [to, from]) };
  const toOutput = distances(backward, indicesOf(graph, "output"));
  const fed = new Set(links.edges.map(([, to]) => to));
  for (const [index, { name, kind }] of graph.nodes.entries()) {
    const isUsed = toOutput[index] !== Infinity;
    const warn = (code: string, message: string): void =>
      void findings.warnings.push({ code, message, place: { node: name } });
    if (kind !== "input" && !fed.has(index)) {
      warn("NETWORK_NODE_UNFED", `No edge leads to ${name}; it gets zeros${isUsed ? "" : ", and no Output sees it"}.`);
    } else if (!isUsed) warn("NETWORK_NODE_UNUSED", `Nothing that ${name} does reaches an Output.`);
  }
}

/** One value for a whole layer is fine as a scalar; as an array of one it may be a layer of the wrong size. */
function warnOfRepetition(
  nodes: readonly FlatNode[],
  shapes: ReadonlyMap<string, NodeShapes>,
  findings: Findings,
): void {
  for (const node of nodes) {
    const input = shapes.get(node.name)?.input ?? [];
    if (!isElementwise(node) || sizeOf(input) === 1 || elementShape(node).shape !== null) continue;
    if (parametersOf(node).every(({ tensor }) => tensor.shape.length === 0)) continue;
    const message = `${node.name} has parameters for 1 neuron and ${shapeText(input)} arrives; all neurons share them.`;
    findings.warnings.push({ code: "NETWORK_PARAMETERS_SHARED", message, place: { node: node.name } });
  }
}

function isElementwise(node: FlatNode): boolean {
  return isStateful(node) || node.kind === "scale" || node.kind === "threshold";
}
