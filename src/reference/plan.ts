/** What of a network runs for all timesteps at once, and what step by step. */

import { isStateful } from "../network/draft.ts";
import type { DiscreteNetwork, DiscreteNode, Edge } from "../network/types.ts";
import { lookup } from "./lookup.ts";

/** Nodes that run together. */
export interface Stage {
  /** In the order in which they run within one timestep. */
  readonly nodes: readonly DiscreteNode[];
  /** Whether they run step by step: they hold state, or lie on a loop. Otherwise the stage is one stateless node. */
  readonly stepped: boolean;
  /** Edges from other stages. */
  readonly incoming: readonly Edge[];
  /** Edges between nodes of this stage. */
  readonly inner: readonly Edge[];
}

/** Split a network into stages, each after all that it needs: one per loop, and one per node outside of loops. */
export function planStages(network: DiscreteNetwork): readonly Stage[] {
  const group = groups(network);
  const keys = [...new Set(group.values())];
  const inGroup = (name: string, key: number): boolean => group.get(name) === key;
  return inOrder(network, group, keys).map((key) => {
    const nodes = network.nodes.filter((node) => inGroup(node.name, key));
    const incoming = network.edges.filter((edge) => inGroup(edge.to, key) && !inGroup(edge.from, key));
    const inner = network.edges.filter((edge) => inGroup(edge.to, key) && inGroup(edge.from, key));
    if (incoming.some((edge) => edge.delayed)) throw new Error("a delayed edge must close a loop");
    return { nodes, incoming, inner, stepped: inner.length > 0 || nodes.some(isStateful) };
  });
}

/** A number per node, shared by the nodes of one loop: all that a loop's closing edge leads to and that lead back to it. */
function groups(network: DiscreteNetwork): Map<string, number> {
  const group = new Map(network.nodes.map((node, i) => [node.name, i]));
  const forward = neighbours(network.edges, (edge) => [edge.from, edge.to]);
  const backward = neighbours(network.edges, (edge) => [edge.to, edge.from]);
  const done = new Set<string>();
  for (const edge of network.edges) {
    if (!edge.delayed || done.has(edge.from)) continue;
    const before = reached(edge.from, backward);
    const loop = [...reached(edge.to, forward)].filter((name) => before.has(name));
    for (const name of loop) {
      group.set(name, lookup(group, edge.from));
      done.add(name);
    }
  }
  return group;
}

function neighbours(edges: readonly Edge[], ends: (edge: Edge) => [string, string]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const edge of edges) {
    const [from, to] = ends(edge);
    map.set(from, [...(map.get(from) ?? []), to]);
  }
  return map;
}

function reached(start: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set([start]);
  for (const name of seen) for (const other of next.get(name) ?? []) seen.add(other);
  return seen;
}

/** Groups in an order in which each comes after those it needs. */
function inOrder(network: DiscreteNetwork, group: ReadonlyMap<string, number>, keys: readonly number[]): number[] {
  const needs = new Map(keys.map((key) => [key, new Set<number>()]));
  for (const { from, to } of network.edges) {
    const [before, after] = [lookup(group, from), lookup(group, to)];
    if (before !== after) lookup(needs, after).add(before);
  }
  const ordered = new Set<number>();
  const visit = (key: number): void => {
    if (ordered.has(key)) return;
    for (const other of lookup(needs, key)) visit(other);
    ordered.add(key);
  };
  for (const key of keys) visit(key);
  return [...ordered];
}
