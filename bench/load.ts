/** Roofs of synaptic delivery: rows of bytes that are only loaded, some side by side, and what has to be done with each weight. */

import { Code, encodeModule } from "../dist/kernels/encode.js";
import { webAssembly, type WasmMemory } from "../dist/kernels/wasm.js";

/** Loads the rows at `count` addresses, which lie one behind the other from `addresses` on; `bytes` of each. */
export type LoadRows = (addresses: number, count: number, bytes: number) => number;

/** Vectors of each row per turn of the loop. */
const unrolled = 4;

/**
 * @param together rows side by side: `count` of a call is a multiple of it
 * @returns a function that loads whole 64 bytes, and gives some of their bits, so that they cannot be left out
 */
export function openLoad(memory: WasmMemory, together: number): LoadRows {
  const [list, end, bytes] = [0, 1, 2];
  const rows = Array.from({ length: together }, (_, row) => 3 + row);
  const stop = 3 + together;
  const sums = Array.from({ length: unrolled }, (_, i) => stop + 1 + i);
  const body = new Code();
  // The number of rows becomes the end of the list.
  body.get(list).get(end).int(2).op("i32.shl").op("i32.add").set(end);
  body.block().loop();
  body.get(list).get(end).op("i32.ge_u").branchIf(1);
  for (const [i, row] of rows.entries())
    body
      .get(list)
      .memory("i32.load", 4 * i)
      .set(row);
  body.get(rows[0]!).get(bytes).op("i32.add").set(stop);
  body.loop();
  for (let vector = 0; vector < unrolled; vector++) {
    const sum = sums[vector]!;
    for (const row of rows) {
      body
        .get(sum)
        .get(row)
        .memory("v128.load", 16 * vector)
        .op("v128.or")
        .set(sum);
    }
  }
  for (const row of rows)
    body
      .get(row)
      .int(16 * unrolled)
      .op("i32.add")
      .set(row);
  body.get(rows[0]!).get(stop).op("i32.lt_u").branchIf(0).end();
  body
    .get(list)
    .int(4 * together)
    .op("i32.add")
    .set(list)
    .branch(0)
    .end()
    .end();
  for (const sum of sums) body.get(sum);
  for (let i = 1; i < sums.length; i++) body.op("v128.or");
  body.lane("i32x4.extract_lane", 0);
  const locals = [...rows.map(() => "i32" as const), "i32" as const, ...sums.map(() => "v128" as const)];
  const load = { name: "load", parameters: ["i32", "i32", "i32"], results: ["i32"], locals, body } as const;
  const module = new webAssembly!.Module(encodeModule([load], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["load"] as LoadRows;
}

/** Vectors of eight weights that are added to sums of their own. */
const sums = 8;

/**
 * What no convolution of 8-bit weights does without: each weight of each event is widened and added, in registers.
 *
 * @param graded rows two by two, multiplied as well, and added to sums of 32 bits; the list has an even number of them
 * @returns a function of rows as above, of whole 64 bytes
 */
export function openArithmetic(memory: WasmMemory, graded: boolean): LoadRows {
  const [list, end, bytes, row, other, stop, wide, second, factor] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const first = 9;
  const body = new Code();
  body.get(bytes).op("i32x4.splat").set(factor);
  body.get(list).get(end).int(2).op("i32.shl").op("i32.add").set(end);
  body.block().loop();
  body.get(list).get(end).op("i32.ge_u").branchIf(1);
  body.get(list).memory("i32.load", 4).set(other);
  body.get(list).memory("i32.load", 0).set(row).get(row).get(bytes).op("i32.add").set(stop);
  body.loop();
  for (let vector = 0; vector < 8; vector++) {
    const sum = first + vector;
    body
      .get(row)
      .memory("v128.load8x8_s", 8 * vector)
      .set(wide);
    if (!graded) {
      body.get(sum).get(wide).op("i16x8.add").set(sum);
      continue;
    }
    body
      .get(other)
      .memory("v128.load8x8_s", 8 * vector)
      .set(second);
    for (const half of [0, 8]) {
      body.get(sum).get(wide).get(second).shuffle(pairs(half)).get(factor).op("i32x4.dot_i16x8_s");
      body.op("i32x4.add").set(sum);
    }
  }
  for (const each of [row, other]) body.get(each).int(64).op("i32.add").set(each);
  body.get(row).get(stop).op("i32.lt_u").branchIf(0).end();
  body
    .get(list)
    .int(graded ? 8 : 4)
    .op("i32.add")
    .set(list)
    .branch(0)
    .end()
    .end();
  for (let i = 0; i < sums; i++) {
    body.get(first + i);
    if (i > 0) body.op("v128.xor");
  }
  body.lane("i32x4.extract_lane", 0);
  const locals = [
    ...Array.from({ length: 3 }, () => "i32" as const),
    ...Array.from({ length: 3 + sums }, () => "v128" as const),
  ];
  const work = { name: "work", parameters: ["i32", "i32", "i32"], results: ["i32"], locals, body } as const;
  const module = new webAssembly!.Module(encodeModule([work], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["work"] as LoadRows;
}

/** Lanes of 16 bits of two vectors side by side, from a byte on. */
function pairs(from: number): number[] {
  return Array.from({ length: 16 }, (_, i) => from + 2 * (i >> 2) + (i & 1) + 16 * ((i >> 1) & 1));
}

/** Entries per turn. */
const entries = 8;

/**
 * What no list of synapses does without: the place of each target is read, and its sum of 32 bits read, changed and written.
 *
 * @returns a function of the address of so many places, 16 bits each, below 2^15, and of that of the sums; a multiple of 8
 */
export function openTouch(memory: WasmMemory): (places: number, count: number, sums: number) => void {
  const [place, end, base, at] = [0, 1, 2, 3];
  const body = new Code();
  body.get(place).get(end).int(1).op("i32.shl").op("i32.add").set(end);
  body.block().loop();
  body.get(place).get(end).op("i32.ge_u").branchIf(1);
  for (let i = 0; i < entries; i++) {
    body
      .get(place)
      .memory("i32.load16_s", 2 * i)
      .int(2)
      .op("i32.shl")
      .get(base)
      .op("i32.add")
      .set(at);
    body.get(at).get(at).memory("i32.load", 0).int(1).op("i32.add").memory("i32.store", 0);
  }
  body
    .get(place)
    .int(2 * entries)
    .op("i32.add")
    .set(place)
    .branch(0)
    .end()
    .end();
  const touch = { name: "touch", parameters: ["i32", "i32", "i32"], results: [], locals: ["i32"], body } as const;
  const module = new webAssembly!.Module(encodeModule([touch], false));
  const { exports } = new webAssembly!.Instance(module, { env: { memory } });
  return exports["touch"] as (places: number, count: number, sums: number) => void;
}
