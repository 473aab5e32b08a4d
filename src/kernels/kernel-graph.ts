/** What a kernel computes and leaves behind, and what follows from that. */

import type { SpikeList } from "./compaction.ts";
import type { Instruction } from "./encode.ts";
import { bytesOf, type Region } from "./memory.ts";
import { lanesPerVector, type Vector } from "./vector.ts";

/** The values that a kernel writes, and what they are made of. */
export interface KernelGraph {
  /** Neurons per group: 4 or 8. */
  readonly group: number;
  /** Truths, any of which sends the neuron's group back to the caller, untouched. */
  readonly flags: readonly Vector[];
  readonly stores: readonly Store[];
  readonly spikes: Spikes | null;
  /** [1] set to whether anything that was stored differs from what was there before; null: nobody asks. */
  readonly watch: Region<"u32"> | null;
  /**
   * Which of the call's arguments is the address of a list of neurons: the loop then runs over entries of the list, and
   * arrays that are not rows are gathered and scattered. Null: it runs over the neurons.
   */
  readonly listed: number | null;
  /** Arguments of each call beside the range: whether they are doubles. */
  readonly uniforms: readonly ("i32" | "f64")[];
}

/** One array that is written, as its elements are stored. */
export interface Store {
  readonly region: Region;
  readonly value: Vector;
  /** What the array held, where it matters whether it changes. */
  readonly before: Vector | null;
}

/** Neurons that fire are listed as they arise. */
export interface Spikes {
  /** Truths of 16 or 32 bits: where a neuron fires, or where it does not. */
  readonly mask: Vector;
  readonly inverted: boolean;
  /** 16 or 32 bits; null where every spike carries 1. */
  readonly payload: Vector | null;
  readonly list: SpikeList;
}

/** An estimate of what a group costs, in instructions of the processor. */
export function costOf(graph: KernelGraph): number {
  let cost = 0;
  for (const node of liveNodes(graph)) {
    const vectors = vectorsOf(node, graph.group);
    cost += vectors * (node.kind === "apply" ? (slow[node.op] ?? 1) : node.kind === "constant" ? 0 : 1.5);
  }
  return cost;
}

/** Arrays that are loaded. */
export function loadsOf(graph: KernelGraph): Region[] {
  return [...new Set(liveNodes(graph).flatMap((node) => (node.kind === "load" ? [node.region] : [])))];
}

/** Instructions that become several. */
const slow: Readonly<Partial<Record<Instruction, number>>> = {
  "i32x4.mul": 2,
  "v128.bitselect": 3,
  "i32x4.ne": 2,
  "i32x4.le_s": 2,
  "i32x4.ge_s": 2,
  "f64x2.div": 4,
};

/** Vectors that a node takes for a group. */
export function vectorsOf({ lane }: Vector, group: number): number {
  return group / lanesPerVector[lane];
}

function rootsOf({ flags, stores, spikes }: KernelGraph): Vector[] {
  const written = stores.flatMap(({ value, before }) => (before === null ? [value] : [value, before]));
  const fired = spikes === null ? [] : spikes.payload === null ? [spikes.mask] : [spikes.mask, spikes.payload];
  return [...flags, ...written, ...fired];
}

/** Nodes that something depends on, operands first. */
export function liveNodes(graph: KernelGraph): Vector[] {
  const live = new Set<Vector>();
  const visit = (node: Vector): void => {
    if (live.has(node)) return;
    live.add(node);
    node.args.forEach(visit);
  };
  rootsOf(graph).forEach(visit);
  return [...live].toSorted((a, b) => a.id - b.id);
}

/** Operations that are used once, vector for vector, by another operation or as a result. */
export function singleUses(graph: KernelGraph, nodes: readonly Vector[]): ReadonlySet<Vector> {
  const uses = new Map<Vector, number>();
  const use = (node: Vector, times: number): void => void uses.set(node, (uses.get(node) ?? 0) + times);
  for (const node of nodes) {
    const straight = node.kind === "apply" || node.kind === "shift";
    for (const arg of node.args) use(arg, straight ? 1 : 2);
  }
  for (const root of rootsOf(graph)) use(root, 1);
  for (const { region, value } of graph.stores) {
    // Compared with what was there, or narrowed together with itself.
    if (graph.watch !== null || bytesOf(region.storage) === 2) use(value, 1);
  }
  const inline = nodes.filter(({ kind }) => kind === "apply" || kind === "shift");
  return new Set(inline.filter((node) => uses.get(node) === 1));
}
