/** Blocks of a datapath as WebAssembly: one fused loop over neurons, made of the equations. */

import { rangesOf, type BlockRanges, type Interval } from "../datapath/ranges.ts";
import { fold } from "../datapath/fold.ts";
import type { Block } from "../datapath/syntax.ts";
import { encodeModule } from "./encode.ts";
import { costOf, loopOf, type KernelGraph, type SpikeList, type Store } from "./loop.ts";
import type { Region, Storage } from "./memory.ts";
import { Translator, within, type Source } from "./translate.ts";
import type { Lane, Vector } from "./vector.ts";
import { hasSimd, webAssembly, type WasmMemory } from "./wasm.ts";

/** An array of one number per neuron. */
export interface ArraySource {
  readonly region: Region;
  /** What its elements can be when the block begins. */
  readonly range: Interval;
}

/** What a kernel is made of. */
export interface KernelSpec {
  readonly block: Block;
  /** Names that stand for one number. */
  readonly constants: ReadonlyMap<string, number>;
  /** Names that stand for an array: registers, accumulators, parameters. */
  readonly arrays: ReadonlyMap<string, ArraySource>;
  /** Names that stand for a number given at each call, in the order of the arguments. */
  readonly uniforms: ReadonlyMap<string, Interval>;
  /** Names whose arrays are written, with the range that they must keep to. */
  readonly outputs: ReadonlyMap<string, { readonly region: Region; readonly range: Interval }>;
  /** Arrays that are set to 0. */
  readonly cleared: readonly Region[];
  /** Where neurons whose `spike` is not 0 are listed; null where the block has none. */
  readonly spikes: SpikeList | null;
}

/** Where elements are kept that lie in a range; null: nowhere that is exact. */
export function storageFor(range: Interval): Storage | null {
  return storages.find((storage) => within(range, limitsOf[storage])) ?? null;
}

const storages = ["i16", "u16", "i32", "f64"] as const;
const limitsOf: Readonly<Record<(typeof storages)[number], Interval>> = {
  i16: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  u16: { low: 0n, high: 2n ** 16n - 1n },
  i32: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  f64: { low: -(2n ** 53n) + 1n, high: 2n ** 53n - 1n },
};

/** Payloads travel as 32-bit integers, the most negative left out. */
const payloadRange: Interval = { low: -(2n ** 31n) + 1n, high: 2n ** 31n - 1n };

/** Runs groups of neurons from `first` on until one reaches `end` or cannot be computed; returns where it stopped. */
export type Kernel = (first: number, end: number, ...uniforms: number[]) => number;

/** A block made ready for one memory. */
export interface CompiledBlock {
  /** Neurons per group. `first` is a multiple of it, and a kernel stops at a whole group. */
  readonly group: number;
  /** What cannot be proved, so that groups may be given back to the caller. */
  readonly flagged: boolean;
  /** Smallest and largest payload of a spike. */
  readonly payload: Interval;
  readonly bytes: Uint8Array;
  /** @param memory as it was laid out */
  open(memory: WasmMemory): Kernel;
}

/**
 * Compile a block.
 *
 * @param shared whether the memory will be shared between threads
 * @returns null where it cannot be done: no SIMD here, or every run of the block fails
 */
export function compileBlock(spec: KernelSpec, shared: boolean): CompiledBlock | null {
  if (!hasSimd()) return null;
  const block = folded(spec);
  const ranges = rangesOf(block, entryRanges(spec));
  if (ranges.results.size === 0) return null;
  const graphs = (["i32", "i16"] as const).map((narrowest) => graphOf(spec, block, ranges, narrowest));
  const [graph] = graphs.toSorted((a, b) => costOf(a) / a.group - costOf(b) / b.group);
  const bytes = encodeModule([loopOf("run", graph!)], shared);
  return {
    group: graph!.group,
    flagged: graph!.flags.length > 0,
    payload: ranges.results.get("spike") ?? { low: 0n, high: 0n },
    bytes,
    open(memory) {
      const module = new webAssembly!.Module(bytes);
      const { exports } = new webAssembly!.Instance(module, { env: { memory } });
      return exports["run"] as Kernel;
    },
  };
}

/** The block with constants put in, as long as no line gives their name another value. */
function folded({ block, constants }: KernelSpec): Block {
  const known = new Map(constants);
  return block.map((line) => {
    const value = fold(line.value, known);
    known.delete(line.name);
    return { ...line, value };
  });
}

function entryRanges({ arrays, uniforms }: KernelSpec): Map<string, Interval> {
  return new Map([...[...arrays].map(([name, { range }]): [string, Interval] => [name, range]), ...uniforms]);
}

function graphOf(spec: KernelSpec, block: Block, ranges: BlockRanges, narrowest: "i16" | "i32"): KernelGraph {
  const sources = new Map<string, Source>();
  for (const [name, source] of spec.arrays) sources.set(name, { kind: "array", ...source });
  const uniforms: ("i32" | "f64")[] = [];
  for (const [name, range] of spec.uniforms) {
    const lane = within(range, limitsOf.i32) ? "i32" : "f64";
    sources.set(name, { kind: "uniform", argument: uniforms.length, lane, range });
    uniforms.push(lane);
  }
  const translator = new Translator(ranges, sources, narrowest);
  translator.block(block);
  const stores: Store[] = [];
  for (const [name, { region, range }] of spec.outputs) {
    const value = translator.result(name, range, laneFor(region, narrowest));
    if (value !== null) stores.push({ region, value: storable(translator, value), before: null });
  }
  for (const region of spec.cleared) {
    const lane = laneFor(region, narrowest);
    stores.push({ region, value: translator.graph.constant(lane, 0), before: null });
  }
  const spike = spec.spikes === null ? null : translator.spike("spike", payloadRange);
  return {
    group: narrowest === "i16" ? 8 : 4,
    flags: [...translator.flags],
    stores,
    spikes: spike === null || spec.spikes === null ? null : { ...spike, list: spec.spikes },
    watch: null,
    uniforms,
  };
}

/** Doubles that are no -0, which is not a whole number of its own. */
function storable({ graph }: Translator, value: Vector): Vector {
  return value.lane === "f64" ? graph.apply("f64", "f64x2.add", value, graph.constant("f64", 0)) : value;
}

/** The lane from which a kernel stores. */
function laneFor({ storage }: Region, narrowest: "i16" | "i32"): Lane {
  if (storage === "f64") return "f64";
  return storage === "i16" ? narrowest : "i32";
}
