/** From a graph of vector operations to a function that runs it over a range of neurons. */

import { Access, argument0, end, neuron } from "./access.ts";
import { SpikeWriter } from "./compaction.ts";
import { Draft, type WasmFunction } from "./encode.ts";
import { liveNodes, singleUses, vectorsOf, type KernelGraph, type Spikes, type Store } from "./kernel-graph.ts";
import { constantBytes, mantissaMagic, type Vector } from "./vector.ts";

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

/** Where even 32-bit words of two vectors are, and the upper half of one. */
const evenWords = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];

/** Four 16-bit words from one on, of each of two vectors in turn. */
function twice(first: number): number[] {
  return [0, 1, 2, 3].flatMap((i) => [0, 16].flatMap((from) => [from + 2 * (first + i), from + 2 * (first + i) + 1]));
}

class LoopWriter {
  readonly #name: string;
  readonly #graph: KernelGraph;
  readonly #draft: Draft;
  readonly #access: Access;
  readonly #spikes: SpikeWriter | null;
  readonly #nodes: readonly Vector[];
  /** Nodes with a single use are computed where they are used. */
  readonly #single: ReadonlySet<Vector>;
  /** The same in every turn. */
  readonly #invariant = new Set<Vector>();
  /** Locals that hold the vectors of a node. */
  readonly #held = new Map<Vector, readonly number[]>();
  readonly #changed: number;
  /** Operations where a loop leaves early. */
  #exits = 0;

  constructor(name: string, graph: KernelGraph) {
    this.#name = name;
    this.#graph = graph;
    this.#draft = new Draft(["i32", "i32", ...graph.uniforms]);
    this.#nodes = liveNodes(graph);
    this.#single = singleUses(graph, this.#nodes);
    this.#access = new Access(this.#draft, graph, this.#nodes);
    const { spikes } = graph;
    this.#spikes =
      spikes === null
        ? null
        : new SpikeWriter(this.#draft, spikes.list, spikes.mask.lane, spikes.inverted, spikes.payload?.lane ?? null);
    this.#changed = this.#draft.local("v128");
  }

  write(): LoopFunction {
    const { code, parameters, locals } = this.#draft;
    this.prologue();
    const operations = this.#spikes === null ? this.range(end) : this.blocks(this.#spikes);
    this.#spikes?.close();
    this.writeChanged();
    code.get(neuron);
    return { name: this.#name, parameters, results: ["i32"], locals, body: code, operations };
  }

  /** What is the same in every turn: constants, uniforms, and what is made of nothing else. */
  private prologue(): void {
    const { code } = this.#draft;
    for (const node of this.#nodes) {
      if (!this.isInvariant(node)) continue;
      if (node.kind === "constant") code.vector(constantBytes(node.lane, node.value));
      else if (node.kind === "uniform") {
        code.get(argument0 + node.argument).op(node.lane === "f64" ? "f64x2.splat" : "i32x4.splat");
      } else this.compute(node, 0, 0);
      // All lanes are alike, and so are all vectors.
      const local = this.#draft.local("v128");
      this.#held.set(
        node,
        Array.from({ length: 4 }, () => local),
      );
      this.#invariant.add(node);
      code.set(local);
    }
    this.#spikes?.open();
  }

  private isInvariant({ kind, args }: Vector): boolean {
    if (kind === "constant" || kind === "uniform") return true;
    return args.length > 0 && args.every((arg) => this.#invariant.has(arg));
  }

  private writeChanged(): void {
    const { watch } = this.#graph;
    if (watch === null) return;
    this.#draft.code.int(0).get(this.#changed).op("v128.any_true").memory("i32.store", watch.offset);
  }

  /** Block by block, so that spikes of one can be moved to the list together. Returns as `range` does. */
  private blocks(spikes: SpikeWriter): number {
    const { code } = this.#draft;
    const stop = this.#draft.local("i32");
    code.block().loop().get(neuron).get(end).op("i32.ge_u").branchIf(1);
    spikes.beginBlock(neuron, end, stop);
    const operations = this.range(stop);
    spikes.endBlock();
    code.branch(0).end().end();
    return operations;
  }

  /**
   * All neurons before a local's.
   *
   * @returns vector instructions for each
   */
  private range(stop: number): number {
    const { code } = this.#draft;
    const before = code.operations;
    this.turns(unrolled, stop);
    const operations = (code.operations - before - this.#exits) / (unrolled * this.#graph.group);
    this.turns(1, stop);
    return operations;
  }

  /** Turns of `groups` groups while there are as many before the end. */
  private turns(groups: number, stop: number): void {
    const { code } = this.#draft;
    const neurons = groups * this.#graph.group;
    code.block().loop();
    // The last group may reach beyond the end, into the padding.
    code
      .get(neuron)
      .int(groups === 1 ? 0 : neurons)
      .op("i32.add")
      .get(stop);
    code.op(groups === 1 ? "i32.ge_u" : "i32.gt_u").branchIf(1);
    this.#access.seekTurn();
    for (let group = 0; group < groups; group++) this.group(group);
    this.#spikes?.endTurn(neurons);
    code.get(neuron).int(neurons).op("i32.add").set(neuron).branch(0).end().end();
  }

  /** One group of a turn: everything is computed before anything is written. */
  private group(group: number): void {
    this.#access.seekGroup(group);
    for (const node of this.#nodes) {
      if (this.#invariant.has(node) || this.#single.has(node)) continue;
      const { code } = this.#draft;
      if (!this.#held.has(node)) {
        this.#held.set(
          node,
          this.parts(node).map(() => this.#draft.local("v128")),
        );
      }
      for (const part of this.parts(node)) {
        this.compute(node, part, group);
        code.set(this.#held.get(node)![part]!);
      }
    }
    this.flags(group);
    for (const store of this.#graph.stores) {
      this.#access.store(store, group, (part) => this.push(store.value, part, group));
      this.noteChange(store, group);
    }
    if (this.#graph.spikes !== null) this.takeSpikes(this.#graph.spikes, group);
  }

  private parts(node: Vector): number[] {
    return Array.from({ length: vectorsOf(node, this.#graph.group) }, (_, part) => part);
  }

  private push(node: Vector, part: number, group: number): void {
    const locals = this.#held.get(node);
    if (locals === undefined) this.compute(node, part, group);
    else this.#draft.code.get(locals[part]!);
  }

  private compute(node: Vector, part: number, group: number): void {
    const { code } = this.#draft;
    switch (node.kind) {
      case "load":
        this.#access.load(node, part, group);
        break;
      case "row":
        this.#access.row(node, part, group);
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
        this.product(node, part, group);
        break;
      case "power":
        this.push(node.args[0]!, part >> 1, group);
        code.op(part % 2 === 0 ? "i64x2.extend_low_i32x4_s" : "i64x2.extend_high_i32x4_s");
        code.vector(new Uint8Array(BigInt64Array.of(1023n, 1023n).buffer)).op("i64x2.add");
        code.int(52).op("i64x2.shl");
        break;
    }
  }

  private product({ args }: Vector, part: number, group: number): void {
    const { code } = this.#draft;
    const [a, b] = args as [Vector, Vector];
    this.push(a, part >> 1, group);
    if (b.kind === "constant") {
      this.push(a, part >> 1, group);
      code.shuffle(twice(4 * (part % 2)));
      this.push(b, 0, group);
      code.op("i32x4.dot_i16x8_s");
    } else {
      this.push(b, part >> 1, group);
      code.op(part % 2 === 0 ? "i32x4.extmul_low_i16x8_s" : "i32x4.extmul_high_i16x8_s");
    }
  }

  private convert({ lane, args, as }: Vector & { kind: "convert" }, part: number, group: number): void {
    const { code } = this.#draft;
    const from = args[0]!;
    const upper = part % 2 === 1;
    if (lane === "f64") {
      this.push(from, part >> 1, group);
      if (as === "truth") code.op(upper ? "i64x2.extend_high_i32x4_s" : "i64x2.extend_low_i32x4_s");
      else {
        // Only the lower half can be converted.
        if (upper) code.get(this.#held.get(from)![part >> 1]!).shuffle(upperHalf);
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
    const { code } = this.#draft;
    const { flags } = this.#graph;
    if (flags.length === 0) return;
    let pushed = 0;
    for (const flag of flags) {
      for (const part of this.parts(flag)) {
        this.push(flag, part, group);
        if (pushed++ > 0) code.op("v128.or");
      }
    }
    // As good as `any_true` of truths, in fewer instructions of the processor.
    code.op("i8x16.bitmask").if();
    const before = code.operations;
    this.#spikes?.leave();
    this.writeChanged();
    code
      .get(neuron)
      .int(group * this.#graph.group)
      .op("i32.add")
      .op("return")
      .end();
    this.#exits += code.operations - before;
  }

  private noteChange({ value, before }: Store, group: number): void {
    if (this.#graph.watch === null || before === null) return;
    for (const part of this.parts(value)) {
      this.push(value, part, group);
      this.push(before, part, group);
      this.#draft.code.op("v128.xor").get(this.#changed).op("v128.or").set(this.#changed);
    }
  }

  /** Which neurons of a group fire, and with what. */
  private takeSpikes({ mask, payload }: Spikes, group: number): void {
    const push = (node: Vector) => (part: number) => this.push(node, part, group);
    if (payload !== null) {
      this.#spikes!.takePayloads(this.parts(payload).length, group * this.#graph.group, push(payload));
    }
    this.#spikes!.take(this.parts(mask).length, push(mask));
  }
}
