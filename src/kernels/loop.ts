/** From a graph of vector operations to a function that runs it over a range of neurons. */

import { Code, type Instruction, type ValueType, type WasmFunction } from "./encode.ts";
import { bytesOf, type Region, type Storage } from "./memory.ts";
import { lanesPerVector, mantissaMagic, type Lane, type Vector } from "./vector.ts";

/** What a kernel leaves behind. */
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
  /** Truths of 16 or 32 bits. */
  readonly mask: Vector;
  /** 32 bits; null where every spike carries 1. */
  readonly payload: Vector | null;
  readonly list: SpikeList;
}

/** Where the list of spikes lies. */
export interface SpikeList {
  /** Ids, ascending. */
  readonly neuron: Region<"u32">;
  readonly payload: Region<"i32">;
  /** [1] how many there are. */
  readonly count: Region<"u32">;
  /** `compactionTable`. */
  readonly table: Region<"u8">;
  /** Id of the first neuron. */
  readonly first: number;
}

/** Entries behind those of all neurons: padding up to a whole group may fire, and whole vectors are written. */
export const listPadding = 16;

/** Where in the table the places of eight lanes begin. */
const placesOffset = 256;

/**
 * [16 masks][16 bytes]: bytes of the four lanes whose bits are set, moved to the front; then [256 masks][8]: which of eight
 * lanes have their bits set, one behind the other, less 0, 1, 2, 3, 0, 1, 2, 3.
 */
export function compactionTable(): Uint8Array {
  const table = new Uint8Array(placesOffset + 256 * 8).fill(0x80, 0, placesOffset);
  for (let mask = 0; mask < 256; mask++) {
    let kept = 0;
    for (let lane = 0; lane < 8; lane++) {
      if ((mask & (1 << lane)) === 0) continue;
      if (mask < 16) for (let byte = 0; byte < 4; byte++) table[mask * 16 + kept * 4 + byte] = lane * 4 + byte;
      table[placesOffset + mask * 8 + kept] = lane - (kept & 3);
      kept++;
    }
  }
  return table;
}

/** Groups per turn of the loop: enough to hide what the loop itself costs. */
const unrolled = 4;

/**
 * The function `name(first, end, ..uniforms)`: groups of neurons from `first` on, until one reaches `end` or cannot be
 * computed here. It returns where it stopped.
 */
export function loopOf(name: string, graph: KernelGraph): LoopFunction {
  return new LoopWriter(name, graph).write();
}

export interface LoopFunction extends WasmFunction {
  /** Vector instructions per neuron, loads and stores left out. */
  readonly operations: number;
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

function vectorsOf({ lane }: Vector, group: number): number {
  return group / lanesPerVector[lane];
}

function rootsOf({ flags, stores, spikes }: KernelGraph): Vector[] {
  const written = stores.flatMap(({ value, before }) => (before === null ? [value] : [value, before]));
  const fired = spikes === null ? [] : spikes.payload === null ? [spikes.mask] : [spikes.mask, spikes.payload];
  return [...flags, ...written, ...fired];
}

/** Nodes that something depends on, operands first. */
function liveNodes(graph: KernelGraph): Vector[] {
  const live = new Set<Vector>();
  const visit = (node: Vector): void => {
    if (live.has(node)) return;
    live.add(node);
    node.args.forEach(visit);
  };
  rootsOf(graph).forEach(visit);
  return [...live].toSorted((a, b) => a.id - b.id);
}

/** Where even 32-bit words of two vectors are, and the upper half of one. */
const evenWords = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];

class LoopWriter {
  readonly #name: string;
  readonly #graph: KernelGraph;
  readonly #code = new Code();
  readonly #parameters: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #nodes: readonly Vector[];
  /** Nodes with a single use are computed where they are used. */
  readonly #single: ReadonlySet<Vector>;
  /** The same in every turn. */
  readonly #invariant = new Set<Vector>();
  /** Locals that hold the vectors of a node. */
  readonly #held = new Map<Vector, readonly number[]>();
  /** Byte index of the turn's first neuron, by bytes per element. */
  readonly #index = new Map<number, number>();
  readonly #bits: number;
  readonly #next: number;
  readonly #ids: number;
  readonly #changed: number;
  /** Neurons of the entries of a listed group. */
  readonly #targets: number[] = [];
  /** Locals with masks and payloads of neurons that are not listed yet, and locals that hold nothing any more. */
  #masks: number[] = [];
  #payloads: number[] = [];
  #spare: number[] = [];
  #places: number | null = null;
  /** Operations where a loop leaves early. */
  #exits = 0;
  #gathered: number | null = null;
  #scattered: number | null = null;

  constructor(name: string, graph: KernelGraph) {
    this.#name = name;
    this.#graph = graph;
    this.#parameters = ["i32", "i32", ...graph.uniforms];
    this.#nodes = liveNodes(graph);
    this.#single = singleUses(graph, this.#nodes);
    this.#bits = this.local("i32");
    this.#next = this.local("i32");
    this.#ids = this.local("v128");
    this.#changed = this.local("v128");
  }

  write(): LoopFunction {
    this.prologue();
    const before = this.#code.operations;
    this.turns(unrolled);
    const operations = (this.#code.operations - before - this.#exits) / (unrolled * this.#graph.group);
    this.turns(1);
    this.keepCount();
    this.epilogue();
    this.#code.get(neuron);
    return {
      name: this.#name,
      parameters: this.#parameters,
      results: ["i32"],
      locals: this.#locals,
      body: this.#code,
      operations,
    };
  }

  private local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters.length + this.#locals.length - 1;
  }

  /** What is the same in every turn: constants, uniforms, and what is made of nothing else. */
  private prologue(): void {
    const code = this.#code;
    for (const node of this.#nodes) {
      if (!this.isInvariant(node)) continue;
      if (node.kind === "constant") code.vector(constantBytes(node.lane, node.value));
      else if (node.kind === "uniform") {
        code.get(2 + node.argument).op(node.lane === "f64" ? "f64x2.splat" : "i32x4.splat");
      } else this.compute(node, 0, 0);
      // All lanes are alike, and so are all vectors.
      const local = this.local("v128");
      this.#held.set(
        node,
        Array.from({ length: 4 }, () => local),
      );
      this.#invariant.add(node);
      code.set(local);
    }
    const { spikes } = this.#graph;
    if (spikes === null) return;
    const { list } = spikes;
    code.int(0).memory("i32.load", list.count.offset).int(2).op("i32.shl").set(this.#next);
    code.get(neuron).op("i32x4.splat").vector(constantBytes("i32", list.first)).op("i32x4.add");
    code
      .vector(new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer))
      .op("i32x4.add")
      .set(this.#ids);
  }

  private isInvariant({ kind, args }: Vector): boolean {
    if (kind === "constant" || kind === "uniform") return true;
    return args.length > 0 && args.every((arg) => this.#invariant.has(arg));
  }

  private epilogue(): void {
    const { watch } = this.#graph;
    if (watch === null) return;
    this.#code.int(0).get(this.#changed).op("v128.any_true").memory("i32.store", watch.offset);
  }

  /** Turns of `groups` groups while there are as many before the end. */
  private turns(groups: number): void {
    const code = this.#code;
    const neurons = groups * this.#graph.group;
    code.block().loop();
    // The last group may reach beyond the end, into the padding.
    code
      .get(neuron)
      .int(groups === 1 ? 0 : neurons)
      .op("i32.add")
      .get(end);
    code.op(groups === 1 ? "i32.ge_u" : "i32.gt_u").branchIf(1);
    for (const size of [1, 2, 4, 8]) {
      if (!this.usesSize(size)) continue;
      if (!this.#index.has(size)) this.#index.set(size, this.local("i32"));
      code.get(neuron).int(Math.log2(size)).op("i32.shl").set(this.#index.get(size)!);
    }
    for (let group = 0; group < groups; group++) this.group(group);
    if (this.#graph.spikes !== null) {
      this.listKept(this.#graph.spikes);
      this.#spare.push(...this.#masks.splice(0), ...this.#payloads.splice(0));
    }
    code.get(neuron).int(neurons).op("i32.add").set(neuron).branch(0).end().end();
  }

  private usesSize(size: number): boolean {
    if (size === 4 && this.#graph.listed !== null) return true;
    const loaded = this.#nodes.some(
      (node) =>
        (node.kind === "load" && bytesOf(node.region.storage) === size) ||
        (node.kind === "row" && bytesOf(node.storage) === size),
    );
    return loaded || this.#graph.stores.some(({ region }) => bytesOf(region.storage) === size);
  }

  /** One group of a turn: everything is computed before anything is written. */
  private group(group: number): void {
    this.seek(group);
    for (const node of this.#nodes) {
      if (this.#invariant.has(node) || this.#single.has(node)) continue;
      if (!this.#held.has(node))
        this.#held.set(
          node,
          this.parts(node).map(() => this.local("v128")),
        );
      for (const part of this.parts(node)) {
        this.compute(node, part, group);
        this.#code.set(this.#held.get(node)![part]!);
      }
    }
    this.flags(group);
    for (const store of this.#graph.stores) {
      if (this.#graph.listed === null) this.store(store, group);
      else this.scatter(store);
    }
    if (this.#graph.spikes !== null) this.spikes(this.#graph.spikes, group);
  }

  private parts(node: Vector): number[] {
    return Array.from({ length: vectorsOf(node, this.#graph.group) }, (_, part) => part);
  }

  private push(node: Vector, part: number, group: number): void {
    const locals = this.#held.get(node);
    if (locals === undefined) this.compute(node, part, group);
    else this.#code.get(locals[part]!);
  }

  private compute(node: Vector, part: number, group: number): void {
    const code = this.#code;
    switch (node.kind) {
      case "load":
        if (this.#graph.listed === null) this.load(node, part, group);
        else this.gather(node, part);
        break;
      case "row":
        this.row(node, part, group);
        break;
      case "apply":
        for (const arg of node.args) this.push(arg, part, group);
        code.op(node.op);
        break;
      case "shift":
        this.push(node.args[0]!, part, group);
        code.int(node.amount).op(node.op);
        break;
      case "convert":
        this.convert(node, part, group);
        break;
      case "product":
        for (const arg of node.args) this.push(arg, part >> 1, group);
        code.op(part % 2 === 0 ? "i32x4.extmul_low_i16x8_s" : "i32x4.extmul_high_i16x8_s");
        break;
      case "power":
        this.push(node.args[0]!, part >> 1, group);
        code.op(part % 2 === 0 ? "i64x2.extend_low_i32x4_s" : "i64x2.extend_high_i32x4_s");
        code.vector(new Uint8Array(BigInt64Array.of(1023n, 1023n).buffer)).op("i64x2.add");
        code.int(52).op("i64x2.shl");
        break;
    }
  }

  /** Addresses of rows are wherever the caller has them, so that they take an addition. */
  private row({ lane, storage, argument }: Vector & { kind: "row" }, part: number, group: number): void {
    const code = this.#code;
    const offset = (group * this.#graph.group + part * lanesPerVector[lane]) * bytesOf(storage);
    this.address(storage);
    code.get(2 + argument).op("i32.add");
    if (storage !== "i8") code.memory(lane === "i16" || storage === "i32" ? "v128.load" : "v128.load16x4_s", offset);
    else if (lane === "i16") code.memory("v128.load8x8_s", offset);
    else {
      code.memory("v128.load32_zero", offset).op("i16x8.extend_low_i8x16_s").op("i32x4.extend_low_i16x8_s");
    }
  }

  /** Neurons of the group's entries of the list. */
  private seek(group: number): void {
    const code = this.#code;
    const { listed } = this.#graph;
    if (listed === null) return;
    for (let entry = 0; entry < this.#graph.group; entry++) {
      this.#targets[entry] ??= this.local("i32");
      this.address("u32");
      code
        .get(2 + listed)
        .op("i32.add")
        .memory("i32.load", (group * this.#graph.group + entry) * 4);
      code.set(this.#targets[entry]!);
    }
  }

  /** Address of the element of one entry's neuron, the offset of the array left out. */
  private addressOfTarget(entry: number, storage: Storage): void {
    this.#code
      .get(this.#targets[entry]!)
      .int(Math.log2(bytesOf(storage)))
      .op("i32.shl");
  }

  private gather({ lane, region }: Vector & { kind: "load" }, part: number): void {
    const code = this.#code;
    const lanes = lanesPerVector[lane];
    const op = laneLoads[bytesOf(region.storage)]!;
    if (this.#gathered === null) this.#gathered = this.local("v128");
    code.vector(new Uint8Array(16)).set(this.#gathered);
    for (let i = 0; i < lanes; i++) {
      this.addressOfTarget(part * lanes + i, region.storage);
      code.get(this.#gathered).memoryLane(op, region.offset, i).set(this.#gathered);
    }
    code.get(this.#gathered);
    if (lane === "i32" && bytesOf(region.storage) === 2) {
      code.op(region.storage === "u16" ? "i32x4.extend_low_i16x8_u" : "i32x4.extend_low_i16x8_s");
    }
  }

  private scatter({ region, value }: Store): void {
    const code = this.#code;
    const bytes = bytesOf(region.storage);
    const narrow = value.lane === "i32" && bytes === 2;
    const lanes = lanesPerVector[value.lane];
    this.#scattered ??= this.local("v128");
    for (const part of this.parts(value)) {
      this.push(value, part, 0);
      // The low halves hold what is stored.
      if (narrow)
        code.get(this.held(value, part)).op(region.storage === "u16" ? "i16x8.narrow_i32x4_u" : "i16x8.narrow_i32x4_s");
      code.set(this.#scattered);
      for (let i = 0; i < lanes; i++) {
        this.addressOfTarget(part * lanes + i, region.storage);
        code.get(this.#scattered).memoryLane(laneStores[bytes]!, region.offset, i);
      }
    }
  }

  /** The local that holds a vector of a node that is used more than once. */
  private held(node: Vector, part: number): number {
    return this.#held.get(node)![part]!;
  }

  private load({ lane, region }: Vector & { kind: "load" }, part: number, group: number): void {
    const wide = region.storage === "f64" || region.storage === "i32" || lane === "i16";
    const op = wide ? "v128.load" : region.storage === "u16" ? "v128.load16x4_u" : "v128.load16x4_s";
    this.address(region.storage);
    this.#code.memory(op, this.offset(region, lane, part, group));
  }

  private address(storage: Storage): void {
    this.#code.get(this.#index.get(bytesOf(storage))!);
  }

  private offset(region: Region, lane: Lane, part: number, group: number): number {
    const element = group * this.#graph.group + part * lanesPerVector[lane];
    return region.offset + element * bytesOf(region.storage);
  }

  private convert({ lane, args, as }: Vector & { kind: "convert" }, part: number, group: number): void {
    const code = this.#code;
    const from = args[0]!;
    const upper = part % 2 === 1;
    if (lane === "f64") {
      this.push(from, part >> 1, group);
      if (as === "truth") code.op(upper ? "i64x2.extend_high_i32x4_s" : "i64x2.extend_low_i32x4_s");
      else {
        // Only the lower half can be converted.
        if (upper) this.#code.get(this.#held.get(from)![part >> 1]!).shuffle(upperHalf);
        code.op("f64x2.convert_low_i32x4_s");
      }
    } else if (from.lane === "i16") {
      this.push(from, part >> 1, group);
      code.op(upper ? "i32x4.extend_high_i16x8_s" : "i32x4.extend_low_i16x8_s");
    } else {
      for (const half of [2 * part, 2 * part + 1]) {
        this.push(from, half, group);
        if (lane === "i32" && as !== "truth") code.vector(constantBytes("f64", mantissaMagic)).op("f64x2.add");
        if (lane === "i16" && as === "low") code.vector(constantBytes("i32", 0xffff)).op("v128.and");
      }
      if (lane === "i32") code.shuffle(evenWords);
      else code.op(as === "low" ? "i16x8.narrow_i32x4_u" : "i16x8.narrow_i32x4_s");
    }
  }

  /** Leave before anything is written where the group cannot be computed here. */
  private flags(group: number): void {
    const code = this.#code;
    const { flags } = this.#graph;
    if (flags.length === 0) return;
    let pushed = 0;
    for (const flag of flags) {
      for (const part of this.parts(flag)) {
        this.push(flag, part, group);
        if (pushed++ > 0) code.op("v128.or");
      }
    }
    code.op("v128.any_true").if();
    const before = code.operations;
    if (this.#graph.spikes !== null) this.listKept(this.#graph.spikes);
    this.keepCount();
    this.epilogue();
    code
      .get(neuron)
      .int(group * this.#graph.group)
      .op("i32.add")
      .op("return")
      .end();
    this.#exits += code.operations - before;
  }

  private store({ region, value, before }: Store, group: number): void {
    const code = this.#code;
    const { storage } = region;
    const narrow = value.lane === "i32" && bytesOf(storage) === 2;
    const lane = narrow ? "i16" : value.lane;
    const vectors = this.#graph.group / lanesPerVector[lane];
    for (let part = 0; part < vectors; part++) {
      this.address(storage);
      this.push(value, narrow ? 2 * part : part, group);
      if (narrow) {
        this.push(value, vectors < 1 ? 0 : 2 * part + 1, group);
        code.op(storage === "u16" ? "i16x8.narrow_i32x4_u" : "i16x8.narrow_i32x4_s");
      }
      const offset = this.offset(region, lane, part, group);
      if (vectors < 1) code.memoryLane("v128.store64_lane", offset, 0);
      else code.memory("v128.store", offset);
    }
    if (this.#graph.watch !== null && before !== null) this.noteChange(value, before, group);
  }

  private noteChange(value: Vector, before: Vector, group: number): void {
    for (const part of this.parts(value)) {
      this.push(value, part, group);
      this.push(before, part, group);
      this.#code.op("v128.xor").get(this.#changed).op("v128.or").set(this.#changed);
    }
  }

  /** Keep which neurons of a group fire, and with what, until there are eight of them, or until the end of the turn. */
  private spikes({ mask, payload }: Spikes, group: number): void {
    this.#masks.push(...this.keep(mask, group));
    if (payload !== null) this.#payloads.push(...this.keep(payload, group));
  }

  /** The vectors of a node in locals of their own. */
  private keep(node: Vector, group: number): number[] {
    return this.parts(node).map((part) => {
      const local = this.#spare.pop() ?? this.local("v128");
      this.push(node, part, group);
      this.#code.set(local);
      return local;
    });
  }

  /** List those that are kept, sixteen at a time; the next groups may use their locals. */
  private listKept({ mask, list, payload }: Spikes): void {
    const code = this.#code;
    const each = lanesPerVector[mask.lane];
    const neurons = this.#masks.length * each;
    for (let first = 0; first < neurons; first += 16) {
      this.halfMask(this.#masks.slice(first / each, (first + 8) / each));
      const many = first + 8 < neurons;
      if (many) this.halfMask(this.#masks.slice((first + 8) / each, (first + 16) / each));
      code.op(many ? "i8x16.narrow_i16x8_s" : "i16x8.bitmask");
      if (many) code.op("i8x16.bitmask");
      code.set(this.#bits);
      const last = Math.min(16, neurons - first);
      if (payload === null) for (let eight = 0; eight < last; eight += 8) this.listEight(list, eight, last);
      else {
        for (let four = 0; four < last; four += 4) this.listFour(list, four, this.#payloads[(first + four) / 4]!);
      }
    }
  }

  /** One mask of eight, or two of four, of which the second may be missing. */
  private halfMask([low, high]: readonly number[]): void {
    const code = this.#code;
    code.get(low!);
    if (this.#graph.spikes!.mask.lane === "i16") return;
    if (high === undefined) code.vector(constantBytes("i32", 0));
    else code.get(high);
    code.op("i16x8.narrow_i32x4_s");
  }

  /** Append those of the next neurons, up to eight, whose bits are set. */
  private listEight({ table, neuron }: SpikeList, at: number, last: number): void {
    const code = this.#code;
    const own = (): Code => {
      code.get(this.#bits);
      if (last <= 8) return code;
      return at === 0 ? code.int(0xff).op("i32.and") : code.int(8).op("i32.shr_u");
    };
    this.#places ??= this.local("v128");
    own()
      .int(3)
      .op("i32.shl")
      .memory("v128.load8x8_u", table.offset + placesOffset)
      .set(this.#places);
    for (const half of ["low", "high"] as const) {
      if (half === "high" && last - at <= 4) break;
      code.get(this.#next).get(this.#places).op(`i32x4.extend_${half}_i16x8_u`).get(this.#ids).op("i32x4.add");
      code.memory("v128.store", neuron.offset + (half === "low" ? 0 : 16));
    }
    own();
    this.advance(Math.min(8, last - at));
  }

  /** Append those of the next four whose bits are set, with their payloads. */
  private listFour({ table, neuron, payload }: SpikeList, at: number, payloads: number): void {
    const code = this.#code;
    this.#places ??= this.local("v128");
    // Where the row of the table begins: the four bits, and four that are 0.
    const row = (): Code => {
      code.get(this.#bits);
      if (at === 0) return code.int(4).op("i32.shl").int(0xf0).op("i32.and");
      if (at > 4) code.int(at - 4).op("i32.shr_u");
      return code.int(0xf0).op("i32.and");
    };
    row().memory("v128.load", table.offset).set(this.#places);
    code.get(this.#next).get(this.#ids).get(this.#places).op("i8x16.swizzle").memory("v128.store", neuron.offset);
    code.get(this.#next).get(payloads).get(this.#places).op("i8x16.swizzle").memory("v128.store", payload.offset);
    row();
    this.advance(4);
  }

  /** As many entries further as there are ones in the number on the stack, and some neurons further. */
  private advance(neurons: number): void {
    const code = this.#code;
    code.op("i32.popcnt").int(2).op("i32.shl").get(this.#next).op("i32.add").set(this.#next);
    code.get(this.#ids).vector(constantBytes("i32", neurons)).op("i32x4.add").set(this.#ids);
  }

  private keepCount(): void {
    const { spikes } = this.#graph;
    if (spikes === null) return;
    this.#code.int(0).get(this.#next).int(2).op("i32.shr_u").memory("i32.store", spikes.list.count.offset);
  }
}

const laneLoads: Readonly<Record<number, Instruction>> = {
  2: "v128.load16_lane",
  4: "v128.load32_lane",
  8: "v128.load64_lane",
};
const laneStores: Readonly<Record<number, Instruction>> = {
  2: "v128.store16_lane",
  4: "v128.store32_lane",
  8: "v128.store64_lane",
};

/** Parameters of every kernel. */
const neuron = 0;
const end = 1;

/** Operations that are used once, vector for vector, by another operation or as a result. */
function singleUses(graph: KernelGraph, nodes: readonly Vector[]): ReadonlySet<Vector> {
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

function constantBytes(lane: Lane, value: number): Uint8Array {
  if (lane === "f64") return new Uint8Array(Float64Array.of(value, value).buffer);
  if (lane === "i32") return new Uint8Array(new Int32Array(4).fill(value).buffer);
  return new Uint8Array(new Int16Array(8).fill(value).buffer);
}
