/** Neurons that fire, one behind the other in a list: the lanes whose bits are set are moved to the front by a table. */

import type { Code, Draft } from "./encode.ts";
import type { Region } from "./memory.ts";
import { constantBytes, lanesPerVector, type Lane } from "./vector.ts";

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
export const placesOffset = 256;

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

/** Writes what lists the neurons that fire in one function. */
export class SpikeWriter {
  readonly #draft: Draft;
  readonly #list: SpikeList;
  /** Of the masks. */
  readonly #lane: Lane;
  readonly #bits: number;
  readonly #next: number;
  readonly #ids: number;
  readonly #places: number;
  /** Locals with masks and payloads of neurons that are not listed yet, and locals that hold nothing any more. */
  #masks: number[] = [];
  #payloads: number[] = [];
  readonly #spare: number[] = [];

  /** @param lane of the masks: 16 or 32 bits */
  constructor(draft: Draft, list: SpikeList, lane: Lane) {
    this.#draft = draft;
    this.#list = list;
    this.#lane = lane;
    this.#bits = draft.local("i32");
    this.#next = draft.local("i32");
    this.#ids = draft.local("v128");
    this.#places = draft.local("v128");
  }

  /** Before the first turn: go on behind what the list holds. @param neuron local with the first neuron */
  begin(neuron: number): void {
    const { code } = this.#draft;
    code.int(0).memory("i32.load", this.#list.count.offset).int(2).op("i32.shl").set(this.#next);
    code.get(neuron).op("i32x4.splat").vector(constantBytes("i32", this.#list.first)).op("i32x4.add");
    code
      .vector(new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer))
      .op("i32x4.add")
      .set(this.#ids);
  }

  /** Keep vectors of masks, or of payloads, that `push` puts on the stack, until they are listed. */
  keep(what: "masks" | "payloads", parts: number, push: (part: number) => void): void {
    const kept = what === "masks" ? this.#masks : this.#payloads;
    for (let part = 0; part < parts; part++) {
      const local = this.#spare.pop() ?? this.#draft.local("v128");
      push(part);
      this.#draft.code.set(local);
      kept.push(local);
    }
  }

  /** What was kept is listed: other neurons may use its locals. */
  forget(): void {
    this.#spare.push(...this.#masks.splice(0), ...this.#payloads.splice(0));
  }

  /** List those that are kept, sixteen at a time. */
  list(): void {
    const { code } = this.#draft;
    const each = lanesPerVector[this.#lane];
    const neurons = this.#masks.length * each;
    for (let first = 0; first < neurons; first += 16) {
      this.halfMask(this.#masks.slice(first / each, (first + 8) / each));
      const many = first + 8 < neurons;
      if (many) this.halfMask(this.#masks.slice((first + 8) / each, (first + 16) / each));
      code.op(many ? "i8x16.narrow_i16x8_s" : "i16x8.bitmask");
      if (many) code.op("i8x16.bitmask");
      code.set(this.#bits);
      const last = Math.min(16, neurons - first);
      if (this.#payloads.length === 0) for (let eight = 0; eight < last; eight += 8) this.listEight(eight, last);
      else for (let four = 0; four < last; four += 4) this.listFour(four, this.#payloads[(first + four) / 4]!);
    }
  }

  /** Tell how many are listed. */
  finish(): void {
    this.#draft.code.int(0).get(this.#next).int(2).op("i32.shr_u").memory("i32.store", this.#list.count.offset);
  }

  /** One mask of eight, or two of four, of which the second may be missing. */
  private halfMask([low, high]: readonly number[]): void {
    const { code } = this.#draft;
    code.get(low!);
    if (this.#lane === "i16") return;
    if (high === undefined) code.vector(constantBytes("i32", 0));
    else code.get(high);
    code.op("i16x8.narrow_i32x4_s");
  }

  /** Append those of the next neurons, up to eight, whose bits are set. */
  private listEight(at: number, last: number): void {
    const { code } = this.#draft;
    const { table, neuron } = this.#list;
    const own = (): Code => {
      code.get(this.#bits);
      if (last <= 8) return code;
      return at === 0 ? code.int(0xff).op("i32.and") : code.int(8).op("i32.shr_u");
    };
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
  private listFour(at: number, payloads: number): void {
    const { code } = this.#draft;
    const { table, neuron, payload } = this.#list;
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
    const { code } = this.#draft;
    code.op("i32.popcnt").int(2).op("i32.shl").get(this.#next).op("i32.add").set(this.#next);
    code.get(this.#ids).vector(constantBytes("i32", neurons)).op("i32x4.add").set(this.#ids);
  }
}
