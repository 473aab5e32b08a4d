/** Blocks of a datapath as WebAssembly: one fused loop over neurons, made of the equations. */

import { rangesOf, type BlockRanges, type Interval } from "../datapath/ranges.ts";
import { namesIn, type Block } from "../datapath/syntax.ts";
import { holds, within } from "./arithmetic/value.ts";
import { encodeModule } from "./encode.ts";
import { costOf, loadsOf, type KernelGraph, type Store } from "./kernel-graph.ts";
import type { SpikeList } from "./compaction.ts";
import { loopOf } from "./loop.ts";
import type { Region } from "./memory.ts";
import type { ParameterArray, Parameters } from "./parameters.ts";
import { Translator, type Source } from "./translate.ts";
import type { Lane } from "./vector.ts";
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
  readonly parameters: Parameters;
  /** Names that stand for one number beside those of the parameters. */
  readonly constants: ReadonlyMap<string, number>;
  /** Names that stand for an array: registers and accumulators. */
  readonly arrays: ReadonlyMap<string, ArraySource>;
  /** Arguments of each call: names that stand for a number, and then for an array that begins at an address. */
  readonly uniforms: ReadonlyMap<string, Interval>;
  readonly rows: ReadonlyMap<string, { readonly storage: "i8" | "i16" | "i32"; readonly range: Interval }>;
  /** The last argument is the address of a list of neurons, u32 each: rows have an element for each of its entries. */
  readonly listed: boolean;
  /** Names whose arrays are written, with the range that they must keep to. */
  readonly outputs: ReadonlyMap<string, ArraySource>;
  /** Arrays that are set to 0. */
  readonly cleared: readonly Region[];
  /** Where neurons whose `spike` is not 0 are listed; null where the block has none. */
  readonly spikes: SpikeList | null;
  /** [1] where `watch` tells whether anything changed; null: nobody asks. */
  readonly watch: Region<"u32"> | null;
}

/** Payloads travel as 32-bit integers, the most negative left out. */
const payloadRange: Interval = { low: holds.i32.low + 1n, high: holds.i32.high };

/** Runs groups of neurons from `first` on until one reaches `end` or cannot be computed; returns where it stopped. */
export type Kernel = (first: number, end: number, ...uniforms: number[]) => number;

/** What a compiled block exports. */
export interface Kernels {
  readonly run: Kernel;
  /** The same, telling beside it whether any output changed; null where nobody asked. */
  readonly watch: Kernel | null;
}

/** A block made ready for one memory. */
export interface CompiledBlock {
  /** Neurons per group. `first` is a multiple of it, and a kernel stops at a whole group. */
  readonly group: number;
  /** What cannot be proved, so that groups may be given back to the caller. */
  readonly flagged: boolean;
  /** Smallest and largest payload of a spike. */
  readonly payload: Interval;
  readonly bytes: Uint8Array;
  /** Names that it reads, constants put in. */
  readonly reads: ReadonlySet<string>;
  /** Arrays that it loads and stores for every neuron: what it moves to and from memory. */
  readonly traffic: { readonly loads: readonly Region[]; readonly stores: readonly Region[] };
  /** Vector instructions per neuron, loads and stores left out: what it computes. */
  readonly operations: number;
  /** @param memory as it was laid out */
  open(memory: WasmMemory): Kernels;
}

/**
 * Compile a block.
 *
 * @param shared whether the memory will be shared between threads
 * @returns null where there is nothing to compile: no neurons, no SIMD here, or a block of which every run fails
 */
export function compileBlock(spec: KernelSpec, shared: boolean): CompiledBlock | null {
  if (spec.parameters.size === 0 || !hasSimd()) return null;
  const block = spec.parameters.simplify(spec.block, spec.constants);
  const parameters = parametersOf(block, spec.parameters);
  const ranges = rangesOf(block, entryRanges(spec, parameters));
  if (ranges.results.size === 0) return null;
  // Gathering eight at a time gains nothing.
  const lanes = spec.listed ? (["i32"] as const) : (["i32", "i16"] as const);
  const graphs = lanes.map((narrowest) => graphOf(spec, block, parameters, ranges, narrowest));
  const [graph] = graphs.toSorted((a, b) => costOf(a) / a.group - costOf(b) / b.group);
  const loop = loopOf("run", { ...graph!, watch: null });
  const functions = [loop];
  if (spec.watch !== null) functions.push(loopOf("watch", graph!));
  const bytes = encodeModule(functions, shared);
  return {
    group: graph!.group,
    flagged: graph!.flags.length > 0,
    payload: ranges.results.get("spike") ?? { low: 0n, high: 0n },
    bytes,
    traffic: { loads: loadsOf(graph!), stores: graph!.stores.map(({ region }) => region) },
    operations: loop.operations,
    reads: new Set(block.flatMap((line) => [...namesIn(line.value)])),
    open(memory) {
      const module = new webAssembly!.Module(bytes);
      const { exports } = new webAssembly!.Instance(module, { env: { memory } });
      return { run: exports["run"] as Kernel, watch: (exports["watch"] ?? null) as Kernel | null };
    },
  };
}

/** Arrays of the parameters that a block reads. */
function parametersOf(block: Block, parameters: Parameters): Map<string, ParameterArray> {
  const read = new Set(block.flatMap((line) => [...namesIn(line.value)]));
  const arrays = [...read].map((name) => [name, parameters.array(name)] as const);
  return new Map(arrays.flatMap(([name, array]) => (array === null ? [] : [[name, array]])));
}

function entryRanges(spec: KernelSpec, parameters: ReadonlyMap<string, ParameterArray>): Map<string, Interval> {
  const arrays = [...spec.arrays, ...parameters].map(([name, { range }]): [string, Interval] => [name, range]);
  const rows = [...spec.rows].map(([name, { range }]): [string, Interval] => [name, range]);
  return new Map([...arrays, ...rows, ...spec.uniforms]);
}

function graphOf(
  spec: KernelSpec,
  block: Block,
  parameters: ReadonlyMap<string, ParameterArray>,
  ranges: BlockRanges,
  narrowest: "i16" | "i32",
): KernelGraph {
  const sources = new Map<string, Source>();
  for (const [name, source] of spec.arrays) sources.set(name, { kind: "array", ...source, parameter: false });
  for (const [name, source] of parameters) sources.set(name, { kind: "array", ...source });
  const uniforms: ("i32" | "f64")[] = [];
  for (const [name, range] of spec.uniforms) {
    const lane = within(range, holds.i32) ? "i32" : "f64";
    sources.set(name, { kind: "uniform", argument: uniforms.length, lane, range });
    uniforms.push(lane);
  }
  for (const [name, row] of spec.rows) {
    sources.set(name, { kind: "row", argument: uniforms.length, ...row });
    uniforms.push("i32");
  }
  if (spec.listed) uniforms.push("i32");
  const powers = (name: string, direction: 1 | -1, add: number): Region => spec.parameters.powers(name, direction, add);
  const translator = new Translator(ranges, sources, narrowest, powers);
  translator.block(block);
  const stores: Store[] = [];
  for (const [name, { region, range }] of spec.outputs) {
    const lane = laneFor(region, narrowest);
    const value = translator.result(name, range, lane);
    const before = spec.watch !== null && sources.has(name) ? translator.before(name, lane) : null;
    if (value !== null)
      stores.push({ region, value: value.lane === "f64" ? translator.graph.withoutMinusZero(value) : value, before });
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
    watch: spec.watch,
    listed: spec.listed ? uniforms.length - 1 : null,
    uniforms,
  };
}

/** The lane from which a kernel stores. */
function laneFor({ storage }: Region, narrowest: "i16" | "i32"): Lane {
  if (storage === "f64") return "f64";
  return storage === "i16" ? narrowest : "i32";
}
