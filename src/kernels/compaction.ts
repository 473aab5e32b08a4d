/**
 * Neurons that fire, one behind the other in a list. Most do not, so that as little as possible is done for each: within a
 * block of neurons, the places of those that fire are moved together by a table, eight at a time, and payloads are stored
 * one behind the other for all; at the end of the block ids and payloads of those that fired go to the list.
 */

import type { Code, Draft } from "./encode.ts";
import { viewOf, type Layout, type Region } from "./memory.ts";
import { constantBytes, lanesPerVector, type Lane } from "./vector.ts";
import type { WasmMemory } from "./wasm.ts";

/** Where the list of spikes lies. */
export interface SpikeList {
  /** Ids, ascending. */
  readonly neuron: Region<"u32">;
  readonly payload: Region<"i32">;
  /** [1] how many there are. */
  readonly count: Region<"u32">;
  /** [256 masks][8]: places of those of eight lanes whose bits are set, one behind the other. */
  readonly table: Region<"u8">;
  /** [listBlock] places of neurons that fired. */
  readonly places: Region<"u16">;
  /** [listBlock] payloads of all neurons of a block, 16 or 32 bits each. */
  readonly payloads: Region<"i32">;
  /** Id of the first neuron. */
  readonly first: number;
}

/** A place is where a neuron's payload of 32 bits is within its block, so many bytes from one to the next. */
const placeBytes = 4;
/** Neurons whose spikes are moved to the list together; a multiple of what a turn of a loop takes. */
const listBlock = 512;
/** Entries behind those of all neurons: padding up to a whole group may fire, and whole vectors are written. */
const padding = 16;

/** Reserve room for the spikes of so many neurons. @param first id of the first */
export function reserveSpikes(layout: Layout, neurons: number, first: number): SpikeList {
  return {
    neuron: layout.reserve("u32", neurons + padding),
    payload: layout.reserve("i32", neurons + padding),
    count: layout.reserve("u32", 1),
    table: layout.reserve("u8", 256 * 8),
    places: layout.reserve("u16", listBlock + padding),
    payloads: layout.reserve("i32", listBlock),
    first,
  };
}

/** Write the table, and payloads of 1: kernels write them only where they can be something else. */
export function fillSpikes(memory: WasmMemory, { table, payload }: SpikeList): void {
  viewOf(memory, payload).fill(1);
  const lanes = viewOf(memory, table);
  for (let mask = 0; mask < 256; mask++) {
    let kept = mask * 8;
    for (let lane = 0; lane < 8; lane++) if ((mask & (1 << lane)) !== 0) lanes[kept++] = lane * placeBytes;
  }
}

/** Writes what lists the neurons that fire in one function. */
export class SpikeWriter {
  readonly #draft: Draft;
  readonly #list: SpikeList;
  /** Of the masks, and of the payloads: null where all are 1. */
  readonly #mask: Lane;
  readonly #payload: Lane | null;
  /** Masks hold where a neuron does not fire. */
  readonly #inverted: boolean;
  /** Locals: byte addresses behind what is listed, and behind the places of the block. */
  readonly #next: number;
  readonly #kept: number;
  /** Locals: the block's first neuron; where its turn begins among the payloads. */
  readonly #begin: number;
  readonly #turn: number;
  /** Locals: the place of the next eight neurons' first, the mask of sixteen, the place that is being moved. */
  readonly #place: number;
  readonly #bits: number;
  readonly #entry: number;
  /** Locals with masks of neurons that are not listed yet. */
  #masks: number[] = [];
  readonly #spare: number[] = [];

  /**
   * @param mask lane of the masks: 16 or 32 bits
   * @param inverted masks hold where a neuron does not fire
   * @param payload lane of the payloads
   */
  constructor(draft: Draft, list: SpikeList, mask: Lane, inverted: boolean, payload: Lane | null) {
    this.#draft = draft;
    this.#list = list;
    this.#mask = mask;
    this.#inverted = inverted;
    this.#payload = payload;
    this.#next = draft.local("i32");
    this.#kept = draft.local("i32");
    this.#begin = draft.local("i32");
    this.#turn = draft.local("i32");
    this.#bits = draft.local("i32");
    this.#entry = draft.local("i32");
    this.#place = draft.local("v128");
  }

  /** Before the first block: go on behind what the list holds. */
  open(): void {
    this.#draft.code.int(0).memory("i32.load", this.#list.count.offset).int(2).op("i32.shl").set(this.#next);
  }

  /**
   * Before the first turn of a block.
   *
   * @param neuron local with its first neuron
   * @param end local with the last neuron of all
   * @param stop local that is set to the end of the block
   */
  beginBlock(neuron: number, end: number, stop: number): void {
    const { code } = this.#draft;
    code.get(neuron).set(this.#begin).int(0).set(this.#kept).int(0).set(this.#turn);
    code.vector(constantBytes("i16", 0)).set(this.#place);
    const blockEnd = (): Code => code.get(neuron).int(listBlock).op("i32.add");
    blockEnd().get(end);
    blockEnd().get(end).op("i32.lt_u").op("select").set(stop);
  }

  private payloadShift(): number {
    return this.#payload === "i16" ? 1 : 2;
  }

  /** Take vectors of masks that `push` puts on the stack, and list them as soon as there are those of sixteen neurons. */
  take(parts: number, push: (part: number) => void): void {
    for (let part = 0; part < parts; part++) {
      const local = this.#spare.pop() ?? this.#draft.local("v128");
      push(part);
      this.#draft.code.set(local);
      this.#masks.push(local);
    }
    if (this.#masks.length * lanesPerVector[this.#mask] === 16) this.list();
  }

  /** Store payloads that `push` puts on the stack. @param first of their neurons, counted within the turn */
  takePayloads(parts: number, first: number, push: (part: number) => void): void {
    const lanes = lanesPerVector[this.#payload!];
    for (let part = 0; part < parts; part++) {
      this.#draft.code.get(this.#turn);
      push(part);
      const element = first + part * lanes;
      this.#draft.code.memory("v128.store", this.#list.payloads.offset + (element << this.payloadShift()));
    }
  }

  /** At the end of a turn of so many neurons. */
  endTurn(neurons: number): void {
    if (this.#masks.length > 0) this.list();
    if (this.#payload === null) return;
    this.#draft.code
      .get(this.#turn)
      .int(neurons << this.payloadShift())
      .op("i32.add")
      .set(this.#turn);
  }

  /** At the end of a block, or where the function returns before it: eight entries at a time, though some of them are none. */
  endBlock(): void {
    const { code } = this.#draft;
    code.int(0).set(this.#entry).block().loop();
    code.get(this.#entry).get(this.#kept).op("i32.ge_u").branchIf(1);
    this.moveIds();
    if (this.#payload !== null) for (let i = 0; i < 8; i++) this.movePayload(this.#payload, i);
    code.get(this.#next).int(32).op("i32.add").set(this.#next);
    code.get(this.#entry).int(16).op("i32.add").set(this.#entry).branch(0).end().end();
    // Back to where the last entry ends.
    code
      .get(this.#next)
      .get(this.#entry)
      .get(this.#kept)
      .op("i32.sub")
      .int(1)
      .op("i32.shl")
      .op("i32.sub")
      .set(this.#next);
  }

  /** The function returns within a turn: nothing changes for those who go on. */
  leave(): void {
    this.listKept();
    this.endBlock();
    this.close();
  }

  /** Tell how many are listed. */
  close(): void {
    this.#draft.code.int(0).get(this.#next).int(2).op("i32.shr_u").memory("i32.store", this.#list.count.offset);
  }

  private list(): void {
    this.listKept();
    this.#spare.push(...this.#masks.splice(0));
  }

  /** Places of those of up to sixteen neurons that fired. */
  private listKept(): void {
    const { code } = this.#draft;
    const each = lanesPerVector[this.#mask];
    const [low, high] = [this.#masks.slice(0, 8 / each), this.#masks.slice(8 / each)];
    if (low.length === 0) return;
    this.halfMask(low);
    if (high.length > 0) {
      this.halfMask(high);
      code.op("i8x16.narrow_i16x8_s").op("i8x16.bitmask");
    } else code.op("i16x8.bitmask");
    if (this.#inverted) code.int(2 ** (this.#masks.length * each) - 1).op("i32.xor");
    code.set(this.#bits);
    this.listEight(0, low.length * each);
    if (high.length > 0) this.listEight(8, high.length * each);
  }

  /** One mask of eight, or two of four, of which the second may be missing. */
  private halfMask([low, high]: readonly number[]): void {
    const { code } = this.#draft;
    code.get(low!);
    if (this.#mask === "i16") return;
    if (high === undefined) code.vector(constantBytes("i32", 0));
    else code.get(high);
    code.op("i16x8.narrow_i32x4_s");
  }

  /** Append the places of those of up to eight neurons whose bits are set, from one of the bits on. */
  private listEight(from: 0 | 8, neurons: number): void {
    const { code } = this.#draft;
    // Where the row of the table begins, which has as many ones as there are places.
    const row = (): Code => {
      code.get(this.#bits).int(from === 0 ? 3 : 5);
      return code
        .op(from === 0 ? "i32.shl" : "i32.shr_u")
        .int(0x7f8)
        .op("i32.and");
    };
    code.get(this.#kept);
    row().memory("v128.load8x8_u", this.#list.table.offset).get(this.#place).op("i16x8.add");
    code.memory("v128.store", this.#list.places.offset);
    row().op("i32.popcnt").int(1).op("i32.shl").get(this.#kept).op("i32.add").set(this.#kept);
    // Always made of the same number, so that it stays in a register.
    code.get(this.#place).vector(constantBytes("i16", 8 * placeBytes));
    if (neurons < 8) code.int(Math.log2(8 / neurons)).op("i16x8.shr_u");
    code.op("i16x8.add").set(this.#place);
  }

  private moveIds(): void {
    const { code } = this.#draft;
    const { places, neuron, first } = this.#list;
    for (const half of ["low", "high"] as const) {
      code.get(this.#next).get(this.#entry).memory("v128.load", places.offset).op(`i32x4.extend_${half}_i16x8_u`);
      code.int(Math.log2(placeBytes)).op("i32x4.shr_u");
      code.get(this.#begin).int(first).op("i32.add").op("i32x4.splat").op("i32x4.add");
      code.memory("v128.store", neuron.offset + (half === "low" ? 0 : 16));
    }
  }

  private movePayload(lane: Lane, i: number): void {
    const { code } = this.#draft;
    const { places, payload, payloads } = this.#list;
    code
      .get(this.#next)
      .get(this.#entry)
      .memory("i32.load16_u", places.offset + 2 * i);
    if (lane === "i16") code.int(1).op("i32.shr_u");
    code
      .memory(lane === "i16" ? "i32.load16_s" : "i32.load", payloads.offset)
      .memory("i32.store", payload.offset + 4 * i);
  }
}
