/** Elements of arrays on their way into vectors and back. */

import type { Draft, Instruction } from "./encode.ts";
import { vectorsOf, type KernelGraph, type Store } from "./kernel-graph.ts";
import { bytesOf, type Region, type Storage } from "./memory.ts";
import { lanesPerVector, type Lane, type Vector } from "./vector.ts";

/** Parameters of every kernel come before those of its graph. */
export const neuron = 0;
export const end = 1;
/** The first of the graph's arguments. */
export const argument0 = 2;

/** Writes loads and stores of one function: of neurons in order, or of those of a list. */
export class Access {
  readonly #draft: Draft;
  readonly #graph: KernelGraph;
  /** Bytes of an element that occur. */
  readonly #sizes: readonly number[];
  /** Locals with the byte index of the turn's first neuron, by bytes per element. */
  readonly #index = new Map<number, number>();
  /** Locals with the neurons of the entries of a listed group. */
  readonly #targets: number[] = [];
  #gathered: number | null = null;
  #scattered: number | null = null;

  constructor(draft: Draft, graph: KernelGraph, nodes: readonly Vector[]) {
    this.#draft = draft;
    this.#graph = graph;
    const loaded = nodes.flatMap((node) =>
      node.kind === "load" ? [node.region.storage] : node.kind === "row" ? [node.storage] : [],
    );
    const all = [...loaded, ...graph.stores.map(({ region }) => region.storage)];
    if (graph.listed !== null) all.push("u32");
    this.#sizes = [...new Set(all.map(bytesOf))].toSorted((a, b) => a - b);
  }

  /** Once a turn. */
  seekTurn(): void {
    for (const size of this.#sizes) {
      if (!this.#index.has(size)) this.#index.set(size, this.#draft.local("i32"));
      this.#draft.code.get(neuron).int(Math.log2(size)).op("i32.shl").set(this.#index.get(size)!);
    }
  }

  /** Once a group of a turn. */
  seekGroup(group: number): void {
    const { code } = this.#draft;
    const { listed } = this.#graph;
    if (listed === null) return;
    for (let entry = 0; entry < this.#graph.group; entry++) {
      this.#targets[entry] ??= this.#draft.local("i32");
      this.address("u32");
      code
        .get(argument0 + listed)
        .op("i32.add")
        .memory("i32.load", (group * this.#graph.group + entry) * 4);
      code.set(this.#targets[entry]!);
    }
  }

  load(node: Vector & { kind: "load" }, part: number, group: number): void {
    if (this.#graph.listed === null) this.loadNext(node, part, group);
    else this.gather(node, part);
  }

  private loadNext({ lane, region }: Vector & { kind: "load" }, part: number, group: number): void {
    const wide = region.storage === "f64" || region.storage === "i32" || lane === "i16";
    const op = wide ? "v128.load" : region.storage === "u16" ? "v128.load16x4_u" : "v128.load16x4_s";
    this.address(region.storage);
    this.#draft.code.memory(op, this.offset(region, lane, part, group));
  }

  /** Addresses of rows are wherever the caller has them, so that they take an addition. */
  row({ lane, storage, argument }: Vector & { kind: "row" }, part: number, group: number): void {
    const { code } = this.#draft;
    const offset = (group * this.#graph.group + part * lanesPerVector[lane]) * bytesOf(storage);
    this.address(storage);
    code.get(argument0 + argument).op("i32.add");
    if (storage !== "i8") code.memory(lane === "i16" || storage === "i32" ? "v128.load" : "v128.load16x4_s", offset);
    else if (lane === "i16") code.memory("v128.load8x8_s", offset);
    else {
      code.memory("v128.load32_zero", offset).op("i16x8.extend_low_i8x16_s").op("i32x4.extend_low_i16x8_s");
    }
  }

  /** @param push puts one of the value's vectors on the stack */
  store(store: Store, group: number, push: (part: number) => void): void {
    if (this.#graph.listed === null) this.storeNext(store, group, push);
    else this.scatter(store, push);
  }

  private storeNext({ region, value }: Store, group: number, push: (part: number) => void): void {
    const { code } = this.#draft;
    const { storage } = region;
    const narrow = isNarrowed(region, value);
    const lane = narrow ? "i16" : value.lane;
    const vectors = this.#graph.group / lanesPerVector[lane];
    for (let part = 0; part < vectors; part++) {
      this.address(storage);
      push(narrow ? 2 * part : part);
      if (narrow) {
        push(vectors < 1 ? 0 : 2 * part + 1);
        code.op(narrowed(storage));
      }
      const offset = this.offset(region, lane, part, group);
      if (vectors < 1) code.memoryLane("v128.store64_lane", offset, 0);
      else code.memory("v128.store", offset);
    }
  }

  private gather({ lane, region }: Vector & { kind: "load" }, part: number): void {
    const { code } = this.#draft;
    const lanes = lanesPerVector[lane];
    const op = laneLoads[bytesOf(region.storage)]!;
    this.#gathered ??= this.#draft.local("v128");
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

  private scatter({ region, value }: Store, push: (part: number) => void): void {
    const { code } = this.#draft;
    const bytes = bytesOf(region.storage);
    const lanes = lanesPerVector[value.lane];
    this.#scattered ??= this.#draft.local("v128");
    for (let part = 0; part < vectorsOf(value, this.#graph.group); part++) {
      push(part);
      if (isNarrowed(region, value)) {
        // The low halves hold what is stored.
        push(part);
        code.op(narrowed(region.storage));
      }
      code.set(this.#scattered);
      for (let i = 0; i < lanes; i++) {
        this.addressOfTarget(part * lanes + i, region.storage);
        code.get(this.#scattered).memoryLane(laneStores[bytes]!, region.offset, i);
      }
    }
  }

  private address(storage: Storage): void {
    this.#draft.code.get(this.#index.get(bytesOf(storage))!);
  }

  /** Address of the element of one entry's neuron, the offset of the array left out. */
  private addressOfTarget(entry: number, storage: Storage): void {
    this.#draft.code
      .get(this.#targets[entry]!)
      .int(Math.log2(bytesOf(storage)))
      .op("i32.shl");
  }

  private offset(region: Region, lane: Lane, part: number, group: number): number {
    const element = group * this.#graph.group + part * lanesPerVector[lane];
    return region.offset + element * bytesOf(region.storage);
  }
}

/** Whether 32-bit lanes are stored as 16 bits. */
function isNarrowed({ storage }: Region, { lane }: Vector): boolean {
  return lane === "i32" && bytesOf(storage) === 2;
}

function narrowed(storage: Storage): Instruction {
  return storage === "u16" ? "i16x8.narrow_i32x4_u" : "i16x8.narrow_i32x4_s";
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
